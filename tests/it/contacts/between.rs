//! Edits in the CRM between our write and our read (INV-2).

use std::time::Duration;

use ssi_sandbox::{
    GatePoint, GateRule,
    crm::{ContactForm, Kind},
    exchange::{Body, ContactEdit},
};
use ssi_tests::{
    db::on_both,
    desk::{Desk, named},
};

fn notes(text: &str) -> ContactEdit {
    ContactEdit {
        notes: Some(Body::plain(text)),
        ..ContactEdit::default()
    }
}

fn gate() -> GateRule {
    GateRule {
        face: Some("odata".into()),
        operation: None,
        nth: 1,
        point: GatePoint::After,
    }
}

fn note(desk: &Desk) -> String {
    let notes = desk.stored("Notiz").expect("up").record.notes;
    notes.into_iter().map(|note| note.text).collect()
}

/// A session, and an edit at the moment when the CRM has done what the session asked for and not answered yet.
async fn session_with(desk: &Desk, done: impl Fn() -> bool, edit: impl FnOnce()) {
    let faults = desk.given.sandbox.world().faults();
    let between = async {
        let mut held = faults.add_gate(gate());
        loop {
            faults.gate_reached(held).await;
            if done() {
                edit();
                faults.release_gate(held);
                return;
            }
            let next = faults.add_gate(gate());
            faults.release_gate(held);
            held = next;
        }
    };
    let both = async { tokio::join!(desk.session(), between) };
    let worked = tokio::time::timeout(Duration::from_secs(60), both).await;
    worked.expect("the write came");
}

async fn mirrored(desk: &Desk) -> (u64, String) {
    let card = ContactEdit {
        notes: Some(Body::plain("Old")),
        ..named("Rosa", "Notiz")
    };
    let key = desk.contact("SAP Contacts", &card);
    desk.calm().await;
    assert_eq!(note(desk), "Old");
    (key, desk.stored("Notiz").expect("up").record.object_id)
}

/// INV-2: a note edited in the CRM right after ours was written is not taken for ours: both are kept, and the sides
/// come to agree.
#[tokio::test(flavor = "multi_thread")]
async fn a_note_edited_right_after_ours_is_not_lost() {
    on_both(|database| async move {
        let desk = Desk::open(&database).await;
        let (key, id) = mirrored(&desk).await;
        let edited = desk.outlook().edit_contact(key, &notes("From Outlook"));
        edited.expect("edited");
        let edit = || desk.screen(|person| person.write_note(Kind::Contact, &id, "From the CRM"));
        session_with(&desk, || note(&desk) == "From Outlook", edit).await;
        assert_eq!(note(&desk), "From the CRM");
        desk.node.advance(jiff::SignedDuration::from_mins(10));
        desk.calm().await;
        let seen = desk.seen("Notiz").expect("stands").item.text;
        assert_eq!(
            (note(&desk).as_str(), seen.trim()),
            ("From the CRM", "From the CRM")
        );
        let issues = desk.issues().await;
        assert_eq!(issues.len(), 1, "{issues:?}");
        assert_eq!(issues[0].code, "both_changed", "the other value is kept");
        desk.assert_at_rest().await;
    })
    .await;
}

/// INV-2: another field edited in the CRM right after our note was written comes down, and our note stands.
#[tokio::test(flavor = "multi_thread")]
async fn another_field_edited_right_after_our_note_comes_down() {
    on_both(|database| async move {
        let desk = Desk::open(&database).await;
        let (key, id) = mirrored(&desk).await;
        let edited = desk.outlook().edit_contact(key, &notes("From Outlook"));
        edited.expect("edited");
        let form = ContactForm {
            job_title: Some("Buyer".into()),
            ..ContactForm::default()
        };
        let edit = || desk.screen(|person| person.edit(&id, &form));
        session_with(&desk, || note(&desk) == "From Outlook", edit).await;
        desk.node.advance(jiff::SignedDuration::from_mins(10));
        desk.calm().await;
        let seen = desk.seen("Notiz").expect("stands");
        assert_eq!(
            (seen.item.text.trim(), seen.job_title.as_str()),
            ("From Outlook", "Buyer")
        );
        assert_eq!(note(&desk), "From Outlook");
        assert!(desk.issues().await.is_empty());
        desk.assert_at_rest().await;
    })
    .await;
}
