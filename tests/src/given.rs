//! The world before a test acts, in the domain's words.

use bytes::Bytes;
use ssi_sandbox::{
    Sandbox, WorldConfig,
    company::{self, NewParty, PartyKind},
    crm::EmailView,
    mail::{self, Destination},
};

/// Anna's address: the mailbox most tests act in.
pub const ANNA: &str = "anna@sandbox.example";
/// Bernd's address: her colleague.
pub const BERND: &str = "bernd@sandbox.example";
/// The category that asks for saving (EM-20).
pub const CATEGORY: &str = "SAP Cloud for Customer";
/// Our folder (EM-20).
pub const FOLDER: &str = "SAP E-Mails";

/// A running world with a few partners in the CRM.
pub struct Given {
    /// The sandbox, on a free port.
    pub sandbox: Sandbox,
}

impl Given {
    /// Anna and Bernd are employees; the CRM knows a contact, an individual customer, a lead and an account.
    pub async fn world() -> Self {
        Self::world_at(ssi_sandbox::clock::system()).await
    }

    /// The same, with the world's clock in the test's hand.
    pub async fn world_at(clock: ssi_sandbox::Clock) -> Self {
        let config = WorldConfig {
            clock,
            ..WorldConfig::default()
        };
        let sandbox = Sandbox::start(config).await.expect("the sandbox listens");
        let given = Self { sandbox };
        given.party(PartyKind::Employee, ANNA, "Anna Berger");
        given.party(PartyKind::Employee, BERND, "Bernd Vogel");
        given.party(
            PartyKind::Contact { account: None },
            "carla@customer.example",
            "Carla Kundin",
        );
        given.party(
            PartyKind::IndividualCustomer,
            "ivo@home.example",
            "Ivo Einzel",
        );
        given.party(PartyKind::Lead, "lea@prospect.example", "Lea Neu");
        given.party(
            PartyKind::Account,
            "office@customer.example",
            "Customer Ltd",
        );
        given
    }

    /// A partner in the CRM; answers its ObjectID.
    pub fn party(&self, kind: PartyKind, address: &str, name: &str) -> String {
        let world = self.sandbox.world();
        let party = NewParty {
            kind,
            address: address.into(),
            name: name.into(),
        };
        let now = world.now();
        let mut crm = world.crm();
        company::add_party(&mut crm, now, &party).expect("the partner is accepted")
    }

    /// Puts a mail into Anna's inbox; answers its item id.
    pub fn mail(&self, eml: impl Into<Vec<u8>>) -> String {
        self.mail_in(ANNA, "inbox", &[], eml)
    }

    /// Puts a categorised mail into Anna's inbox.
    pub fn marked_mail(&self, eml: impl Into<Vec<u8>>) -> String {
        self.mail_in(ANNA, "inbox", &[CATEGORY], eml)
    }

    /// Puts a mail into a folder of a mailbox.
    pub fn mail_in(
        &self,
        mailbox: &str,
        folder: &str,
        categories: &[&str],
        eml: impl Into<Vec<u8>>,
    ) -> String {
        let categories: Vec<String> = categories.iter().map(|c| (*c).to_owned()).collect();
        let to = Destination {
            mailbox,
            folder,
            categories: &categories,
        };
        let raw = Bytes::from(eml.into());
        mail::deliver(self.sandbox.world(), &to, &raw)
            .expect("delivered")
            .item_id
    }

    /// The e-mails in the CRM.
    pub fn emails(&self) -> Vec<EmailView> {
        self.sandbox.world().crm().emails()
    }

    /// Law INV-1: no key has two records.
    pub fn assert_nothing_twice(&self) {
        let per_key = self.sandbox.world().crm().emails_per_key();
        let twice: Vec<_> = per_key.iter().filter(|(_, count)| **count > 1).collect();
        assert!(twice.is_empty(), "records twice: {twice:?}");
    }

    /// Outward writes that reached the sandbox since it was last asked to forget them.
    pub fn writes(&self) -> usize {
        let effects = self.sandbox.world().effects();
        effects
            .iter()
            .filter(|(_, effect)| effect.face != "world")
            .count()
    }

    /// The categories on an item of a mailbox, wherever it lies now.
    pub fn categories_of(&self, mailbox: &str, message_id: &str) -> Vec<String> {
        let exchange = self.sandbox.world().exchange();
        let mailbox = exchange.mailbox(mailbox).expect("mailbox exists");
        mailbox
            .by_message_id(message_id)
            .next()
            .map(|item| item.data.categories().to_vec())
            .unwrap_or_default()
    }
}

/// A plain mail.
pub fn eml(id: &str, from: &str, to: &str, subject: &str) -> String {
    format!(
        "Message-ID: <{id}>\r\nDate: Mon, 16 Nov 2026 09:30:00 +0000\r\nFrom: {from}\r\nTo: {to}\r\n\
         Subject: {subject}\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n\
         Dear all,\r\nthis is about {subject}.\r\n"
    )
}

/// A mail with one attachment of `bytes` random-looking bytes.
pub fn eml_with_attachment(id: &str, from: &str, name: &str, bytes: usize) -> Vec<u8> {
    use base64::Engine as _;
    let content: Vec<u8> = (0..bytes).map(|at| (at * 31 % 251) as u8).collect();
    let encoded = base64::engine::general_purpose::STANDARD.encode(content);
    let mut mail = format!(
        "Message-ID: <{id}>\r\nDate: Mon, 16 Nov 2026 09:30:00 +0000\r\nFrom: {from}\r\nTo: {ANNA}\r\n\
         Subject: with {name}\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"b\"\r\n\r\n\
         --b\r\nContent-Type: text/plain\r\n\r\nSee the file.\r\n\
         --b\r\nContent-Type: application/pdf; name=\"{name}\"\r\n\
         Content-Disposition: attachment; filename=\"{name}\"\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n"
    )
    .into_bytes();
    for line in encoded.as_bytes().chunks(76) {
        mail.extend_from_slice(line);
        mail.extend_from_slice(b"\r\n");
    }
    mail.extend_from_slice(b"--b--\r\n");
    mail
}
