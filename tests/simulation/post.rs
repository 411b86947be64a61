//! What people do with e-mails: they arrive and are sent, marked, moved, copied and thrown away, and their records
//! are edited and deleted.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use ssi_sandbox::{
    crm::Value as CrmValue,
    exchange::{Address, Attachment, Content, Draft, Kind, Value},
};

use super::{
    deed::Stage,
    letter::{BLOCKED, Copy, Erased, KNOWN, Letter, OWN_CATEGORY, SET, STRANGER, body_of},
};
use crate::{
    given::{ANNA, BERND, CATEGORY, FOLDER},
    people::{People, marked, text},
};

/// Who writes to whom, and where it lies in the mailbox.
struct Route {
    from: &'static str,
    to: Vec<&'static str>,
    cc: Vec<&'static str>,
    folder: &'static str,
}

fn who(address: &str, name: &str) -> Address {
    Address {
        name: name.into(),
        email: address.into(),
    }
}

impl Route {
    /// The mail as the servers deliver it.
    fn draft(
        &self,
        tag: &str,
        message_id: &str,
        (sent, received): (Timestamp, Timestamp),
        enclosed: &[Arc<Attachment>],
    ) -> Draft {
        let people = |all: &[&str]| {
            let all = all.iter().map(|address| who(address, ""));
            Value::Mailboxes(all.collect())
        };
        let mut draft = Draft::new(Kind::Message);
        for (name, value) in [
            ("Subject", text(tag)),
            ("From", Value::Mailbox(who(self.from, tag))),
            ("ToRecipients", people(&self.to)),
            ("CcRecipients", people(&self.cc)),
            ("DateTimeSent", Value::Time(sent)),
            ("DateTimeReceived", Value::Time(received)),
            ("InternetMessageId", text(message_id)),
        ] {
            draft.properties.insert(name, value);
        }
        draft.body.text = Some(body_of(tag).into());
        draft.attachments = enclosed.to_vec();
        draft.size = 2_000;
        marked(draft, &[OWN_CATEGORY])
    }
}

impl Stage<'_> {
    /// A person does something with mail. Answers what, for the trace.
    pub(super) fn letter_deed(&mut self) -> String {
        if self.letters.len() < 2 {
            return self.arrive();
        }
        match self.chaos.below(18) {
            0..5 => self.arrive(),
            5..8 => self.ask(true),
            8 => self.ask(false),
            9..12 => self.put_elsewhere(),
            12 | 13 => self.duplicate(),
            14 => self.throw_away(),
            15 | 16 => self.erase_record(),
            _ => self.rename_record(),
        }
    }

    fn route(&self, mailbox: &'static str) -> Route {
        let colleague = if mailbox == ANNA { BERND } else { ANNA };
        let (from, cc, sent) = match self.chaos.below(10) {
            0..4 => (KNOWN, Vec::new(), false),
            4 | 5 => (STRANGER, Vec::new(), false),
            6 => (BLOCKED, Vec::new(), false),
            7 => (colleague, Vec::new(), false),
            8 => (BLOCKED, vec![KNOWN], false),
            _ => (mailbox, Vec::new(), true),
        };
        Route {
            from,
            to: vec![if sent { KNOWN } else { mailbox }],
            cc,
            folder: if sent { "sentitems" } else { "inbox" },
        }
    }

    /// A mail arrives in a mailbox, or in both, or is sent.
    fn arrive(&mut self) -> String {
        let (tag, mailbox) = (format!("M{}x", self.number), self.mailbox());
        let colleague = if mailbox == ANNA { BERND } else { ANNA };
        let mut route = self.route(mailbox);
        let both = self.chaos.happens(400);
        if both {
            route.to.push(colleague);
        }
        let now = self.world.now().round(jiff::Unit::Second).expect("a time");
        let (message_id, sent) = self.name_and_time(&tag, now);
        let enclosed = self.enclose(&tag);
        let draft = route.draft(&tag, &message_id, (sent, now), &enclosed);
        let asked = self.chaos.happens(400);
        let first = match asked {
            true => marked(draft.clone(), &[OWN_CATEGORY, CATEGORY]),
            false => draft.clone(),
        };
        {
            let mut exchange = self.world.exchange();
            let delivered = exchange.deliver(mailbox, route.folder, first);
            delivered.expect("delivered");
            if both {
                let delivered = exchange.deliver(colleague, "inbox", draft);
                delivered.expect("delivered");
            }
        }
        let known = [route.from, route.to[0]].contains(&KNOWN) || route.cc.contains(&KNOWN);
        let named = |other: &&mut Letter| other.message_id == message_id;
        let mut shares_id = false;
        for other in self.letters.iter_mut().filter(named) {
            other.shares_id = true;
            shares_id = true;
        }
        let told = format!(
            "mail {tag} {message_id} from {} to {mailbox} {both} {asked} {}",
            route.from,
            enclosed.len()
        );
        self.letters.push(Letter {
            tag,
            message_id,
            shares_id,
            enclosed,
            known,
            saved: false,
            renamed: None,
            erased: None,
            by_hand: Vec::new(),
        });
        told
    }

    /// The Message-ID of a new mail and when it was sent: some have none, and some programs give every mail they send
    /// the same one.
    fn name_and_time(&self, tag: &str, now: Timestamp) -> (String, Timestamp) {
        match self.chaos.below(16) {
            0 => (String::new(), now),
            1 => {
                let other = self.chaos.one(self.letters);
                let id = other.map_or(String::new(), |other| other.message_id.clone());
                let earlier = SignedDuration::from_mins(self.number as i64);
                (id, now - earlier)
            }
            _ => (format!("<{tag}@customer.example>"), now),
        }
    }

    /// Two files at most; often of one name, sometimes a program or a picture of the signature.
    fn enclose(&self, tag: &str) -> Vec<Arc<Attachment>> {
        let files = (0..self.chaos.below(3) as u64).map(|number| {
            let (name, content_type, inline) = match self.chaos.below(8) {
                0 => ("run.exe", "application/octet-stream", false),
                1 => ("logo.png", "image/png", true),
                2 => ("notes.txt", "text/plain", false),
                _ => ("offer.pdf", "application/pdf", false),
            };
            let long = [1, 300][self.chaos.below(2)];
            let content = format!("{tag} {number} ").repeat(long);
            Arc::new(Attachment {
                number: number + 1,
                name: name.into(),
                content_type: content_type.into(),
                content_id: None,
                content_location: None,
                inline,
                modified: self.world.now(),
                content: Content::File(content.into()),
            })
        });
        files.collect()
    }

    /// A copy of some mail.
    fn pick_copy(&self, wanted: impl Fn(&Copy) -> bool) -> Option<(String, Copy)> {
        let letters = self.letters.iter();
        let mut copies: Vec<(String, Copy)> = letters
            .flat_map(|letter| {
                let copies = letter.copies(self.world).into_iter();
                copies.map(|copy| (letter.tag.clone(), copy))
            })
            .filter(|(_, copy)| wanted(copy))
            .collect();
        match copies.is_empty() {
            true => None,
            false => Some(copies.swap_remove(self.chaos.below(copies.len()))),
        }
    }

    /// Somebody puts the category on a mail, or takes it off.
    fn ask(&mut self, on: bool) -> String {
        let has = |copy: &Copy| copy.draft.categories().iter().any(|name| name == CATEGORY);
        let Some((tag, copy)) = self.pick_copy(|copy| has(copy) != on) else {
            return "no mail to mark".into();
        };
        let categories: &[&str] = match on {
            true => &[OWN_CATEGORY, CATEGORY],
            false => &[OWN_CATEGORY],
        };
        let owner = self.world.person(&copy.made.mailbox);
        let done = owner.set_categories(copy.made.key, categories);
        format!("mark {tag} {on} {} {}", copy.made.mailbox, done.is_ok())
    }

    fn put_elsewhere(&mut self) -> String {
        let Some((tag, copy)) = self.pick_copy(|_| true) else {
            return "no mail to move".into();
        };
        let to = [FOLDER, FOLDER, "inbox", "junkemail"][self.chaos.below(4)];
        let owner = self.world.person(&copy.made.mailbox);
        // Our folder may not be there yet.
        let moved = owner.move_item(copy.made.key, to);
        format!("move {tag} {} to {to} {}", copy.made.mailbox, moved.is_ok())
    }

    fn duplicate(&mut self) -> String {
        let Some((tag, copy)) = self.pick_copy(|_| true) else {
            return "no mail to copy".into();
        };
        let to = [FOLDER, "inbox"][self.chaos.below(2)];
        let mut exchange = self.world.exchange();
        let now = exchange.now();
        let mailbox = exchange.mailbox_mut(&copy.made.mailbox);
        let mailbox = mailbox.expect("a mailbox");
        let by_name = mailbox.folder_by_name(to).map(|folder| folder.key);
        let folder = mailbox.distinguished(to).or(by_name);
        let done = folder.is_some_and(|to| mailbox.copy_item(copy.made.key, to, now).is_ok());
        format!("copy {tag} {} to {to} {done}", copy.made.mailbox)
    }

    fn throw_away(&mut self) -> String {
        let Some((tag, copy)) = self.pick_copy(|_| true) else {
            return "no mail to delete".into();
        };
        self.world.discard(&copy.made);
        format!("throw {tag} away {}", copy.made.mailbox)
    }

    fn pick_saved(&self) -> Option<(usize, String)> {
        let letters = self.letters.iter().enumerate();
        let saved = letters.filter_map(|(at, letter)| {
            let record = letter.records(self.world).into_iter().next()?;
            Some((at, record))
        });
        let saved: Vec<(usize, String)> = saved.collect();
        self.chaos.one(&saved).cloned()
    }

    /// In the CRM somebody deletes a mail.
    fn erase_record(&mut self) -> String {
        let Some((at, record)) = self.pick_saved() else {
            return "no saved mail to delete".into();
        };
        self.world.erase(SET, &record);
        let letter = &mut self.letters[at];
        let copies = letter.copies(self.world);
        let known = copies.iter().any(|copy| copy.mark().is_some());
        let erased = match known {
            true => Erased::Marked,
            false => Erased::Unmarked,
        };
        letter.erased = Some(erased);
        letter.saved = false;
        letter.renamed = None;
        format!("erase {} {erased:?}", letter.tag)
    }

    /// In the CRM somebody gives a saved mail another subject.
    fn rename_record(&mut self) -> String {
        let Some((at, record)) = self.pick_saved() else {
            return "no saved mail to edit".into();
        };
        let value = format!("V{}", self.number);
        let fields = [("Subject", CrmValue::text(value.clone()))];
        self.world.change(SET, &record, &fields);
        let letter = &mut self.letters[at];
        letter.renamed = Some(value);
        format!("rename the record of {}", letter.tag)
    }
}
