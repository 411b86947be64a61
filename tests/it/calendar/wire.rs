//! The rules that must never break, read off the wire: nobody is told by us (INV-12), only what changed is written (INV-10),
//! each write names the version it was decided at (INV-2), and what we do not map stays as it is.

use http::{Method, header};
use ssi_sandbox::{
    crm::{AppointmentForm, Kind, Value as CrmValue},
    exchange::{EventEdit, ExtendedKey, ExtendedName, ExtendedValue},
};
use ssi_tests::{
    db::on_both,
    given::BERND,
    people::{Made, People},
    scene::{Scene, at, inviting, marked},
    tap::{Asked, Tap},
};

const CARLA: &str = "carla@customer.example";

/// Parts of C4C's answers and batches are looked at as text: `PATCH path`, headers, body.
fn changes(asked: &[Asked]) -> Vec<(String, Option<String>, serde_json::Value)> {
    let mut found = Vec::new();
    for one in asked {
        let is_merge = one.method == Method::PATCH
            || one.method == Method::PUT
            || one
                .headers
                .get("x-http-method")
                .is_some_and(|method| method == "MERGE");
        if is_merge && !one.path.ends_with("$batch") {
            let tag = one
                .headers
                .get(header::IF_MATCH)
                .and_then(|tag| tag.to_str().ok());
            let body = serde_json::from_str(&one.body).expect("JSON");
            found.push((one.path.clone(), tag.map(str::to_owned), body));
            continue;
        }
        // One part of a batch: request line, headers, an empty line, the body.
        for part in one
            .body
            .split("\r\n--")
            .filter(|part| part.contains("PATCH ") || part.contains("MERGE "))
        {
            let at = part
                .find("PATCH ")
                .or_else(|| part.find("MERGE "))
                .expect("found");
            let (head, rest) = part[at..].split_once("\r\n\r\n").expect("head and body");
            let tag = head.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case("if-match")
                    .then(|| value.trim().to_owned())
            });
            let body = serde_json::from_str(rest.trim()).expect("JSON");
            found.push((
                head.lines().next().unwrap_or_default().to_owned(),
                tag,
                body,
            ));
        }
    }
    found
}

/// INV-12: every write of a calendar item says that nobody is to be told.
fn assert_silent(asked: &[Asked]) -> usize {
    let mut writes = 0;
    for one in asked {
        let operation = [
            "CreateItem",
            "UpdateItem",
            "DeleteItem",
            "SendItem",
            "CreateAttachment",
        ]
        .into_iter()
        .find(|name| {
            one.body.contains(&format!("<m:{name} ")) || one.body.contains(&format!("<m:{name}>"))
        });
        let wanted: &[&str] = match operation {
            None => continue,
            Some("SendItem") => panic!("INV-12: nothing is ever sent"),
            Some("CreateItem") => &["SendMeetingInvitations=\"SendToNone\""],
            Some("UpdateItem") => &["SendMeetingInvitationsOrCancellations=\"SendToNone\""],
            Some("DeleteItem") => &["SendMeetingCancellations=\"SendToNone\""],
            Some(_) => &[],
        };
        writes += 1;
        for attribute in wanted {
            assert!(
                one.body.contains(attribute),
                "INV-12: {operation:?} without {attribute}"
            );
        }
        for told in ["SendToAll", "SendOnlyTo", "SendAndSaveCopy"] {
            assert!(!one.body.contains(told), "INV-12: {told}");
        }
    }
    writes
}

async fn tapped(scene: &Scene, tap: &Tap) -> Vec<Asked> {
    tap.take();
    scene.calm(scene.anna).await;
    tap.take()
}

/// INV-12: making, changing, marking and deleting items tells nobody, on the wire and in the world.
#[tokio::test(flavor = "multi_thread")]
async fn every_write_to_a_calendar_says_that_nobody_is_to_be_told() {
    on_both(|database| async move {
        let (scene, tap) = Scene::tapped(&database).await;
        let key = scene.event(&inviting(marked("Review", 2), &[BERND, CARLA]));
        assert!(
            assert_silent(&tapped(&scene, &tap).await) > 0,
            "it was marked"
        );
        let record = scene.record(Kind::Appointment);
        let form = AppointmentForm {
            subject: Some("Review, edited".into()),
            start: Some(at(3, 9)),
            end: Some(at(3, 10)),
            ..AppointmentForm::default()
        };
        scene.screen(|person| person.edit(&record.object_id, &form));
        assert!(
            assert_silent(&tapped(&scene, &tap).await) > 0,
            "it was changed"
        );
        assert_eq!(scene.seen(key).expect("stands").start, at(3, 9));

        let anna = scene.given.employee(ssi_tests::given::ANNA);
        let form = AppointmentForm {
            subject: Some("From the CRM".into()),
            start: Some(at(2, 9)),
            end: Some(at(2, 10)),
            owner: Some(anna.clone()),
            organizer: Some(anna),
            ..AppointmentForm::default()
        };
        let made = scene.screen(|person| person.create(&form));
        assert!(
            assert_silent(&tapped(&scene, &tap).await) > 0,
            "it was made"
        );
        scene.screen(|person| person.delete(Kind::Appointment, &made));
        assert!(
            assert_silent(&tapped(&scene, &tap).await) > 0,
            "it was deleted"
        );
        scene.assert_only_people_sent();
    })
    .await;
}

/// INV-2, INV-10: a change of one field writes this field alone, at the version that was read.
#[tokio::test(flavor = "multi_thread")]
async fn only_what_changed_is_written_at_the_version_that_was_read() {
    on_both(|database| async move {
        let (scene, tap) = Scene::tapped(&database).await;
        let key = scene.event(&marked("Review", 2));
        scene.calm(scene.anna).await;
        let record = scene.record(Kind::Appointment);
        scene.edit(
            key,
            &EventEdit {
                location: Some("Room 5".into()),
                ..EventEdit::default()
            },
        );
        let asked = tapped(&scene, &tap).await;
        let written = changes(&asked);
        assert_eq!(written.len(), 1, "{written:#?}");
        let (_, tag, body) = &written[0];
        assert!(
            tag.as_ref().is_some_and(|tag| tag.len() > 4),
            "guarded: {tag:?}"
        );
        assert_eq!(*body, serde_json::json!({ "Location": "Room 5" }), "INV-10");

        let form = AppointmentForm {
            location: Some("Room 6".into()),
            ..AppointmentForm::default()
        };
        scene.screen(|person| person.edit(&record.object_id, &form));
        let asked = tapped(&scene, &tap).await;
        let updates: Vec<_> = asked
            .iter()
            .filter(|one| one.body.contains("<m:UpdateItem"))
            .collect();
        assert_eq!(updates.len(), 1);
        let body = &updates[0].body;
        assert!(
            body.contains("ConflictResolution=\"NeverOverwrite\"") && body.contains("ChangeKey=\""),
            "{body}"
        );
        assert!(body.contains("calendar:Location") && body.contains("Room 6"));
        for other in [
            "item:Subject",
            "item:Body",
            "calendar:Start",
            "RequiredAttendees",
            "item:Sensitivity",
        ] {
            assert!(!body.contains(other), "INV-10: {other} in {body}");
        }
    })
    .await;
}

/// INV-10: fields that nobody maps are as they were on both sides after changes in both directions.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_mapped_stays_untouched() {
    on_both(|database| async move {
        let scene = Scene::new(&database).await;
        let key = scene.event(&EventEdit {
            busy: Some("OOF".into()),
            reminder: Some(Some(7)),
            ..marked("Review", 2)
        });
        let made = Made {
            mailbox: ssi_tests::given::ANNA.into(),
            key,
        };
        let property = ExtendedKey {
            name: ExtendedName::Named {
                set: "00020329-0000-0000-c000-000000000046".into(),
                name: "MyOwn".into(),
            },
            kind: "String".into(),
        };
        scene.given.edit_quietly(&made, |draft| {
            draft
                .extended
                .insert(property.clone(), ExtendedValue::One("keep me".into()));
        });
        scene.calm(scene.anna).await;
        let record = scene.record(Kind::Appointment);
        let unmapped = [("Category", "0004"), ("AvailabilityCode", "04")];
        let fields: Vec<_> = unmapped
            .iter()
            .map(|(name, value)| (*name, CrmValue::text(*value)))
            .collect();
        scene
            .given
            .change("AppointmentCollection", &record.object_id, &fields);

        scene.edit(
            key,
            &EventEdit {
                subject: Some("Mine".into()),
                ..EventEdit::default()
            },
        );
        scene.calm(scene.anna).await;
        let form = AppointmentForm {
            location: Some("Theirs".into()),
            ..AppointmentForm::default()
        };
        scene.screen(|person| person.edit(&record.object_id, &form));
        scene.calm(scene.anna).await;
        let record = scene.stands(&record).expect("stands");
        assert_eq!(record.title, "Mine");
        for (name, value) in unmapped {
            assert_eq!(record.field(name), value, "INV-10");
        }
        let seen = scene.seen(key).expect("stands");
        assert_eq!(
            (seen.location.as_str(), seen.busy.as_str()),
            ("Theirs", "OOF")
        );
        assert!(seen.item.reminds && seen.reminder_minutes == 7);
        assert_eq!(
            seen.item.extended.get(&property),
            Some(&ExtendedValue::One("keep me".into()))
        );
    })
    .await;
}
