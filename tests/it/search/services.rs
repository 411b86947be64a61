//! Records and people over gRPC: who may, what is answered, what is refused.

use std::collections::HashMap;

use ssi_client::{
    IdentityToken, name,
    v1::{
        AnswerLinkOfferRequest, CreateRecordRequest, ListCreatedPartiesRequest,
        ListLinkOffersRequest, NewRecord, PrefillRecordRequest, PreviewBlocklistRequest,
        RecordKind, UpdateBlocklistRequest, blocklist_entry::Layer,
    },
};
use ssi_tests::{
    db::on_both,
    given::{ANNA, BERND, Given, eml},
    process::program,
    served::{reason, served, served_with},
};

use super::directory_is_filled;

fn new(kind: RecordKind, fields: &[(&str, &str)]) -> NewRecord {
    let text = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    NewRecord {
        kind: kind.into(),
        fields: fields
            .iter()
            .map(text)
            .collect::<HashMap<_, _>>()
            .into_iter()
            .collect(),
        ..Default::default()
    }
}

fn create(mailbox: &str, record: NewRecord) -> CreateRecordRequest {
    CreateRecordRequest {
        mailbox: name::mailbox(mailbox),
        request_id: uuid::Uuid::new_v4().to_string(),
        new_record: Some(record),
        ..Default::default()
    }
}

/// SB-05, SB-07, SRCH-03: checked field by field, duplicates first, then made once per click and readable.
#[tokio::test(flavor = "multi_thread")]
async fn records_are_created_over_the_wire() {
    on_both(|database| async move {
        let given = Given::world().await;
        let (process, client) = served(&database, &given).await;
        let records = client.records();
        let bad = create(ANNA, new(RecordKind::Ticket, &[("subject", " ")]));
        assert_eq!(reason(records.create(bad).await), "invalid_field");
        let lead = create(ANNA, new(RecordKind::Lead, &[("subject", "Somebody")]));
        assert_eq!(reason(records.create(lead).await), "feature_off");

        let twin = [("surname", "Other"), ("email", "carla@customer.example")];
        let mut twin = create(ANNA, new(RecordKind::Contact, &twin));
        let answer = records.create(twin.clone()).await.expect("looked at");
        assert!(answer.record.is_none());
        assert_eq!(answer.duplicates[0].display_name, "Carla Kundin");
        twin.allow_duplicates = true;
        let first = records.create(twin.clone()).await.expect("made");
        let again = records.create(twin).await.expect("made once");
        assert_eq!(first.record, again.record);
        let made = first.record.expect("a record");
        let read = records.get(&made.name).await.expect("read").expect("there");
        assert_eq!(read.email_addresses, ["carla@customer.example"]);
        let gone = name::record(RecordKind::Contact, "00163E0DBD9E1ED596E6B04E6E59AAAA");
        assert_eq!(records.get(&gone).await.expect("asked"), None);

        let item = given.mail(eml("f@x", "Max Muster <max@muster.example>", ANNA, "Fill"));
        let prefill = |mailbox: &str, address: &str| PrefillRecordRequest {
            mailbox: name::mailbox(mailbox),
            item_id: item.clone(),
            kind: RecordKind::Contact.into(),
            address: address.into(),
            ..Default::default()
        };
        let filled = records.prefill(prefill(ANNA, "")).await.expect("filled");
        assert_eq!(filled.fields["given_name"], "Max");
        let nobody = records.prefill(prefill(ANNA, "no@body.example")).await;
        assert_eq!(reason(nobody), "participant_not_found");

        let theirs = create(BERND, new(RecordKind::Account, &[("name", "Theirs")]));
        assert_eq!(reason(records.create(theirs).await), "not_your_mailbox");
        let theirs = records.prefill(prefill(BERND, "")).await;
        assert_eq!(reason(theirs), "not_your_mailbox");
        process.kill().await;
    })
    .await;
}

/// BL-02, BL-05, RES-01: the lists of people are one's own.
#[tokio::test(flavor = "multi_thread")]
async fn people_are_listed_and_blocked_over_the_wire() {
    on_both(|database| async move {
        let given = Given::world().await;
        let (process, client) = served(&database, &given).await;
        let people = client.people();
        let update = |mailbox: &str, add: &[&str]| UpdateBlocklistRequest {
            mailbox: name::mailbox(mailbox),
            add: add.iter().map(|&one| one.into()).collect(),
            ..Default::default()
        };
        let list = people
            .update_blocklist(update(ANNA, &["Spam.example"]))
            .await;
        let own: Vec<_> = list.expect("stored").into_iter().collect();
        let own = own.iter().filter(|one| one.layer() == Layer::User);
        let own: Vec<&str> = own.map(|one| one.entry.as_str()).collect();
        assert_eq!(own, ["spam.example"]);
        let list = people.blocklist(name::mailbox(ANNA)).await.expect("listed");
        assert!(list.iter().any(|one| one.layer() == Layer::Corporate));
        let nobody = people
            .update_blocklist(update(ANNA, &["not an entry"]))
            .await;
        assert_eq!(reason(nobody), "invalid_field");
        let preview = |mailbox: &str| PreviewBlocklistRequest {
            mailbox: name::mailbox(mailbox),
            add: vec!["customer.example".into()],
            ..Default::default()
        };
        let looked = people
            .preview_blocklist(preview(ANNA))
            .await
            .expect("looked");
        assert!(looked.changes.is_empty() && !looked.is_cut);
        let created = |mailbox: &str| ListCreatedPartiesRequest {
            mailbox: name::mailbox(mailbox),
            ..Default::default()
        };
        let made = people.created_parties(created(ANNA)).await.expect("listed");
        assert!(made.items.is_empty());
        let offers = |mailbox: &str| ListLinkOffersRequest {
            mailbox: name::mailbox(mailbox),
            ..Default::default()
        };
        let open = people.link_offers(offers(ANNA)).await.expect("listed");
        assert!(open.items.is_empty());
        let answer = |mailbox: &str| AnswerLinkOfferRequest {
            mailbox: name::mailbox(mailbox),
            offer_id: uuid::Uuid::new_v4().to_string(),
            take: true,
            ..Default::default()
        };
        let unknown = people.answer_link_offer(answer(ANNA)).await;
        assert_eq!(reason(unknown), "offer_not_found");

        let refused = [
            reason(people.blocklist(name::mailbox(BERND)).await),
            reason(people.update_blocklist(update(BERND, &["x.example"])).await),
            reason(people.preview_blocklist(preview(BERND)).await),
            reason(people.created_parties(created(BERND)).await.map(drop)),
            reason(people.link_offers(offers(BERND)).await.map(drop)),
            reason(people.answer_link_offer(answer(BERND)).await),
        ];
        assert_eq!(refused, ["not_your_mailbox"; 6]);
        process.kill().await;
    })
    .await;
}

const KEY_TOKEN: &str = "key-token-0123456789abcdef0123456789abcdef";

/// RES-01: the report of a whole tenant is its key users'; how far the directory is can be seen on a mailbox, and
/// the directory can be shown and forgotten from the command line.
#[tokio::test(flavor = "multi_thread")]
async fn key_users_see_the_tenants_report_and_its_directory() {
    on_both(|database| async move {
        let given = Given::world().await;
        let more = format!(
            "[[auth.dev_tokens]]\ntoken = \"{KEY_TOKEN}\"\nsubject = \"kay\"\naddresses = []\nkey_user = true\n"
        );
        let (process, client) = served_with(&database, &given, &more).await;
        let whole = ListCreatedPartiesRequest {
            mailbox: name::mailbox(ANNA),
            whole_tenant: true,
            ..Default::default()
        };
        let refused = client.people().created_parties(whole.clone()).await;
        assert_eq!(reason(refused.map(drop)), "not_your_mailbox");
        directory_is_filled(&client).await;
        let signed = client.sign_in(IdentityToken::oidc(KEY_TOKEN)).await;
        signed.expect("signed in");
        let made = client.people().created_parties(whole).await;
        assert!(made.expect("listed").items.is_empty());
        process.kill().await;

        let config = database.folder().join("ssi.toml");
        let told = directory(&["status"], &config).await;
        assert!(told.contains("demo contact: filled since"), "{told}");
        assert!(directory(&["drop", "demo"], &config).await.contains("forgotten"));
        let told = directory(&["status", "demo"], &config).await;
        assert!(told.contains("demo: empty"), "{told}");
    })
    .await;
}

/// What `ssi directory` says.
async fn directory(arguments: &[&str], config: &std::path::Path) -> String {
    let output = tokio::process::Command::new(program("ssi"))
        .arg("directory")
        .args(arguments)
        .arg("--config")
        .arg(config)
        .output()
        .await
        .expect("ssi runs");
    String::from_utf8_lossy(&output.stdout).into_owned()
}
