//! A text that both sides changed, on an item that bears a Smart Description (SD-02, INV-2).

use std::collections::HashMap;

use ssi_domain::Kind as Ours;
use ssi_engine::{Settle, SettleIssue};
use ssi_sandbox::{
    crm::Kind,
    exchange::{Body, EventEdit},
};
use ssi_tests::{
    db::on_both,
    scene::{Scene, marked},
};

use super::LINE;

fn plain(text: &str) -> Option<Body> {
    Some(Body {
        text: Some(text.into()),
        html: None,
    })
}

/// SD-02, INV-2: the description is no edit of the text, so that either side's can be made to stand; it is there
/// afterwards as before.
#[tokio::test(flavor = "multi_thread")]
async fn a_text_in_dispute_is_settled_above_its_description() {
    on_both(|database| async move {
        for (side, stands) in [
            (Settle::Mailbox, "Minutes from Outlook"),
            (Settle::Crm, "Minutes from the CRM"),
        ] {
            let scene = Scene::on_another(&database).await;
            scene.node.set(|settings| {
                let chosen = &mut settings.mirror.smart_description;
                chosen.insert(Ours::Appointment, vec!["subject".to_owned()]);
            });
            let key = scene.event(&EventEdit {
                body: plain("Agenda"),
                ..marked("Review", 2)
            });
            scene.calm(scene.anna).await;
            let record = scene.record(Kind::Appointment);

            scene.edit(
                key,
                &EventEdit {
                    body: plain("Minutes from Outlook"),
                    ..EventEdit::default()
                },
            );
            let theirs = "Minutes from the CRM";
            scene.screen(|person| person.write_note(Kind::Appointment, &record.object_id, theirs));
            scene.calm(scene.anna).await;
            let issue = scene.issues(scene.anna).await.remove(0);
            assert_eq!(issue.code, "both_changed");
            let settle = SettleIssue {
                request_id: None,
                caller: "anna".into(),
                side,
                choices: HashMap::new(),
            };
            let settled = scene.node.engine.settle_issue(scene.anna, issue.id, settle);
            settled.await.expect("settled");
            scene.calm(scene.anna).await;

            let text = scene.seen(key).expect("stands").item.text;
            assert!(text.contains(stands), "{side:?}: {text}");
            assert_eq!(text.matches(LINE).count(), 1, "one block: {text}");
            let notes = scene.stands(&record).expect("stands").notes;
            let notes: Vec<&str> = notes.iter().map(|note| note.text.as_str()).collect();
            assert_eq!(notes, [stands], "{side:?}");
            assert!(scene.issues(scene.anna).await.is_empty(), "closed");
        }
    })
    .await;
}
