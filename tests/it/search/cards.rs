//! The cards of an item that exists.

use ssi_client::{
    name,
    v1::{
        CreateRecordRequest, GetItemStateRequest, NewRecord, ParticipantRole, PrefillRecordRequest,
        RecordKind, SaveEmailRequest, SaveEventRequest, item_state::State,
    },
};
use ssi_sandbox::{
    company::PartyKind,
    crm::Value as CrmValue,
    exchange::{Sending, Value},
};
use ssi_tests::{
    calm::tomorrow,
    db::on_both,
    given::{ANNA, BERND, Given, eml},
    people::{People, attendee, event},
    served::{served, served_with},
};

use super::{cards_of, directory_is_filled, show};

const CARLA: &str = "Carla Kundin <carla@customer.example>";

/// SRCH-01, SRCH-02, SRCH-04, SRCH-05, SRCH-07: known records in the order of the participants, unknown ones with
/// what may be created, colleagues not at all; asking again answers the same.
#[tokio::test(flavor = "multi_thread")]
async fn a_mail_shows_everybody_outside() {
    on_both(|database| async move {
        let given = Given::world().await;
        let (process, client) = served(&database, &given).await;
        directory_is_filled(&client).await;
        let to = format!("{ANNA}, {BERND}, \"Who Else\" <who@unknown.example>");
        let mail = eml("m@x", CARLA, &to, "All").replace(
            "Subject:",
            "Cc: lea@prospect.example, office@customer.example\r\nBcc: ivo@home.example\r\nSubject:",
        );
        let item = given.mail(mail);

        let shown = cards_of(&client, &item).await;

        assert_eq!(shown.names(), ["Carla Kundin", "Customer Ltd", "Inquiry of Lea Neu"]);
        let carla = &shown.parties[0];
        let who = carla.participant.as_ref().expect("found by an address");
        assert_eq!(
            (who.display_name.as_str(), who.role()),
            ("Carla Kundin", ParticipantRole::From)
        );
        assert!(carla.ticked && !carla.linked && !carla.pinned);
        let ranks: Vec<i32> = shown.parties.iter().map(|card| card.rank).collect();
        assert_eq!(ranks, [0, 1, 2]);
        assert_eq!(shown.unknown(), ["who@unknown.example"]);
        let unknown = &shown.unknown[0];
        let who = unknown.participant.as_ref().expect("somebody");
        assert_eq!(
            (who.display_name.as_str(), who.role()),
            ("Who Else", ParticipantRole::To)
        );
        let creatable: Vec<RecordKind> = unknown.creatable_kinds().collect();
        assert_eq!(creatable, [RecordKind::Contact], "leads are off by default");
        assert!(shown.notices.is_empty());
        let again = cards_of(&client, &item).await;
        assert_eq!(again.names(), shown.names());
        process.kill().await;
    })
    .await;
}

/// SRCH-07, SB-05: a lead is offered where leads may be created.
#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_address_offers_what_may_be_created() {
    on_both(|database| async move {
        let given = Given::world().await;
        let more = "[sync.sidebar]\ncreate = [\"lead\", \"contact\", \"task\"]\n";
        let (process, client) = served_with(&database, &given, more).await;
        let item = given.mail(eml("u@x", "new@unknown.example", ANNA, "New"));
        let shown = cards_of(&client, &item).await;
        let creatable: Vec<RecordKind> = shown.unknown[0].creatable_kinds().collect();
        assert_eq!(creatable, [RecordKind::Contact, RecordKind::Lead]);
        process.kill().await;
    })
    .await;
}

/// SRCH-06, SRCH-09, BL-04: who is internal or blocked is not looked up, and a mail of such people only has nothing to
/// save; one of addresses that cannot be used says so.
#[tokio::test(flavor = "multi_thread")]
async fn where_nobody_is_left_there_is_a_notice() {
    on_both(|database| async move {
        let given = Given::world().await;
        let more = "[sync.blocklist]\norg = [\"customer.example\"]\n";
        let (process, client) = served_with(&database, &given, more).await;
        let internal = given.mail(eml("i@x", BERND, ANNA, "Internal"));
        let blocked = given.mail(eml("b@x", CARLA, ANNA, "Blocked"));
        let both = given.mail(eml(
            "2@x",
            CARLA,
            &format!("{ANNA}, ivo@home.example"),
            "Both",
        ));
        let unusable = given.mail(eml("n@x", "\"Nobody\" <nobody>", ANNA, "Unusable"));
        for (item, code) in [
            (&internal, "internal_only"),
            (&blocked, "blocked_by_org"),
            (&unusable, "no_usable_address"),
        ] {
            let shown = cards_of(&client, item).await;
            assert_eq!(shown.codes(), [code]);
            let text = &shown.notices[0].message;
            assert_eq!(text, "Nothing to save in SAP Cloud for Customer");
            assert!(shown.parties.is_empty() && shown.unknown.is_empty());
        }
        assert_eq!(cards_of(&client, &both).await.names(), ["Ivo Einzel"]);
        process.kill().await;
    })
    .await;
}

/// SRCH-08: what the mail is linked with is shown, also a link somebody made in the CRM; one whose record is gone
/// is not.
#[tokio::test(flavor = "multi_thread")]
async fn linked_records_are_shown_in_any_case() {
    on_both(|database| async move {
        let given = Given::world().await;
        let (process, client) = served(&database, &given).await;
        let item = given.mail(eml("l@x", CARLA, ANNA, "Linked"));
        let deal = given.record(
            "OpportunityCollection",
            &[
                ("Name", CrmValue::text("Deal")),
                ("ProspectPartyID", CrmValue::text("1000001")),
                (
                    "MainEmployeeResponsiblePartyID",
                    CrmValue::text(given.employee(ANNA)),
                ),
            ],
        );
        let deal = name::record(RecordKind::Opportunity, &deal);
        let saved = client
            .add_in()
            .save_email(SaveEmailRequest {
                mailbox: name::mailbox(ANNA),
                item_id: item.clone(),
                use_found_records: true,
                linked_records: vec![deal],
                ..Default::default()
            })
            .await;
        saved.expect("saved");
        let account = given.party(PartyKind::Account, "info@other.example", "Other Ltd");
        let number = given.field("CorporateAccountCollection", &account, "AccountID");
        let email = given.emails()[0].object_id.clone();
        given.change(
            "EMailCollection",
            &email,
            &[(
                "MainAccountPartyID",
                CrmValue::text(number.expect("a number")),
            )],
        );

        let shown = cards_of(&client, &item).await.without_company();

        let mut names = shown.names();
        assert_eq!(names[0], "Carla Kundin", "known by address first");
        names.sort_unstable();
        assert_eq!(names, ["Carla Kundin", "Deal", "Other Ltd"]);
        assert!(shown.parties.iter().all(|card| card.linked), "{shown:?}");
        let without = shown
            .parties
            .iter()
            .filter(|card| card.participant.is_none());
        assert_eq!(without.count(), 2);
        process.kill().await;
    })
    .await;
}

/// SRCH-02, SRCH-03, SRCH-08: an event shows organizer, required and optional people, what it is linked with once it
/// is saved, prefills from its people, and a new record is linked with it.
#[tokio::test(flavor = "multi_thread")]
async fn an_event_is_searched_linked_and_prefilled_like_a_mail() {
    on_both(|database| async move {
        let given = Given::world().await;
        let (process, client) = served(&database, &given).await;
        let mut draft = event("Review", &tomorrow(9), &tomorrow(10));
        let required = ["carla@customer.example", "dora.dritte@unknown.example"];
        let required = required.into_iter().map(attendee).collect();
        draft
            .properties
            .insert("RequiredAttendees", Value::Attendees(required));
        draft.properties.insert(
            "OptionalAttendees",
            Value::Attendees(vec![attendee("ivo@home.example")]),
        );
        let made = given.make(ANNA, "calendar", draft, Sending::NONE);
        let item = given.id_of(&made);

        let shown = cards_of(&client, &item).await.without_company();

        assert_eq!(shown.names(), ["Carla Kundin", "Ivo Einzel"]);
        assert_eq!(shown.unknown(), ["dora.dritte@unknown.example"]);
        let role = |at: usize| shown.parties[at].participant.as_ref().map(|one| one.role());
        assert_eq!(role(0), Some(ParticipantRole::Required));
        assert_eq!(role(1), Some(ParticipantRole::Optional));

        let saved = client
            .add_in()
            .save_event(SaveEventRequest {
                mailbox: name::mailbox(ANNA),
                item_id: item.clone(),
                kind: RecordKind::Appointment.into(),
                use_found_records: true,
                ..Default::default()
            })
            .await;
        saved.expect("saved");
        let shown = cards_of(&client, &item).await.without_company();
        assert!(shown.parties.iter().all(|card| card.linked), "{shown:?}");
        let state = client
            .add_in()
            .item_state(GetItemStateRequest {
                mailbox: name::mailbox(ANNA),
                item_id: item.clone(),
                ..Default::default()
            })
            .await
            .expect("a state");
        assert_eq!(state.state(), State::Saved);

        let filled = client
            .records()
            .prefill(PrefillRecordRequest {
                mailbox: name::mailbox(ANNA),
                item_id: item.clone(),
                kind: RecordKind::Contact.into(),
                address: "dora.dritte@unknown.example".into(),
                ..Default::default()
            })
            .await
            .expect("prefilled");
        assert_eq!(filled.fields["surname"], "Dritte");
        let created = client
            .records()
            .create(CreateRecordRequest {
                mailbox: name::mailbox(ANNA),
                request_id: uuid::Uuid::new_v4().to_string(),
                new_record: Some(NewRecord {
                    kind: RecordKind::Contact.into(),
                    fields: filled.fields,
                    ..Default::default()
                }),
                item_id: item.clone(),
                ..Default::default()
            })
            .await
            .expect("created");
        assert!(created.item_linked);
        let shown = cards_of(&client, &item).await.without_company();
        assert_eq!(shown.parties.len(), 3, "{shown:?}");
        assert!(shown.unknown.is_empty());
        process.kill().await;
    })
    .await;
}

/// INV-15: of very many addresses the first hundred are looked up, and one card says how many were not.
#[tokio::test(flavor = "multi_thread")]
async fn of_very_many_addresses_the_rest_is_counted() {
    on_both(|database| async move {
        let given = Given::world().await;
        let (process, client) = served(&database, &given).await;
        let many: Vec<String> = (0..150).map(|at| format!("p{at}@many.example")).collect();
        let to = format!("{ANNA}, {}", many.join(",\r\n "));
        let item = given.mail(eml("many@x", CARLA, &to, "Many"));
        let shown = cards_of(&client, &item).await.without_company();
        assert_eq!(shown.names(), ["Carla Kundin"]);
        assert_eq!(shown.unknown.len(), 99);
        assert_eq!(shown.codes(), ["not_looked_up"]);
        let notice = &shown.notices[0];
        assert_eq!(notice.count, 51);
        assert_eq!(notice.message, "51 more addresses were not looked up");
        process.kill().await;
    })
    .await;
}

/// SRCH-01: an item that is not there is refused, as is one of a mailbox of somebody else.
#[tokio::test(flavor = "multi_thread")]
async fn an_item_that_is_not_there_is_refused() {
    on_both(|database| async move {
        let given = Given::world().await;
        let (process, client) = served(&database, &given).await;
        let request = |mailbox: &str, item: &str| ssi_client::v1::InitialSearchRequest {
            mailbox: name::mailbox(mailbox),
            internet_message_id: item.into(),
            ..Default::default()
        };
        given.mail(eml("here@x", CARLA, ANNA, "Here"));
        assert_eq!(
            show(&client, request(ANNA, "<here@x>")).await.parties.len(),
            1
        );
        for (mailbox, item, reason) in [
            (ANNA, "<gone@x>", "item_not_found"),
            (ANNA, "", "invalid_field"),
            (BERND, "<here@x>", "not_your_mailbox"),
        ] {
            let opened = client.add_in().initial_search(request(mailbox, item)).await;
            let error = opened.err().expect("refused");
            assert_eq!(error.reason(), Some(reason));
        }
        process.kill().await;
    })
    .await;
}
