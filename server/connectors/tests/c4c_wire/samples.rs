//! Recorded answers of real tenants.

use std::path::{Path, PathBuf};

use serde_json::{Value as Json, json};
use ssi_connectors::c4c::read_any;
use ssi_domain::{Kind, Record, Value, port::Crm};

use crate::server::{Reply, Server, record};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/c4c/light-odata")
}

#[test]
fn recorded_answers_are_read() {
    for (name, readers) in [("ServiceRequest.json", 1), ("error.json", 1)] {
        let bytes = std::fs::read(folder().join(name)).unwrap();
        assert_eq!(read_any(&bytes), readers, "{name}");
    }
}

#[test]
fn recorded_answers_cut_anywhere_are_never_read_as_shorter_ones() {
    let whole = std::fs::read(folder().join("ServiceRequest.json")).unwrap();
    let end = whole.trim_ascii_end().len();
    for cut in (0..end).step_by(7).chain(end - 20..end) {
        assert_eq!(read_any(&whole[..cut]), 0, "cut at {cut}");
    }
}

/// The rows of a recorded answer, which its recorder had taken out of their envelope.
fn recorded(name: &str) -> Vec<Json> {
    let path = folder().join("../latonaio").join(name);
    let whole: Json = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let rows = whole["message"].as_array().unwrap().clone();
    assert!(!rows.is_empty());
    rows
}

async fn read(kind: Kind, mut row: Json, children: Json) -> Record {
    for (name, rows) in children.as_object().unwrap() {
        row[name] = rows.clone();
    }
    let server = Server::start(move |_, _| Reply::rows(row.clone())).await;
    let found = server
        .crm()
        .get(&[record(kind, "X")])
        .await
        .unwrap()
        .remove(0);
    found.unwrap().value
}

#[tokio::test]
async fn a_recorded_appointment_is_read_with_its_attendees() {
    let row = recorded("activity-appointment-collection-01-sample.json").remove(0);
    let parties =
        recorded("activity-appointment-collection-02-appointment-involved-parties-sample.json");
    let children = json!({"AppointmentInvolvedParties": parties, "AppointmentTextCollection": []});
    let found = read(Kind::Appointment, row, children).await;
    assert_eq!(found.text("subject"), "Roadshow 2019");
    let start = found.get("start").and_then(Value::as_instant).unwrap();
    assert_eq!(start.to_string(), "2019-11-12T21:00:00Z");
    assert_eq!(found.get("zone"), Some(&Value::Zone("UTC".into())));
    assert_eq!(found.text("organizer_id"), "8000000006");
    assert_eq!(found.text("owner_id"), "8000000020");
    let Some(Value::List(attendees)) = found.get("attendee_ids") else {
        panic!("{found:?}");
    };
    assert_eq!(attendees.len(), 6);
    assert_eq!(attendees[0], "1000138".into());
}

#[tokio::test]
async fn recorded_tasks_and_partners_are_read() {
    for row in recorded("activity-task-collection-01-sample.json") {
        let children = json!({"TasksTextCollection": [], "TasksInvolvedParties": []});
        let found = read(Kind::Task, row, children).await;
        assert!(
            matches!(found.get("due"), Some(Value::Date(_))),
            "{found:?}"
        );
        let percent = found.get("percent");
        assert!(
            matches!(percent, Some(Value::Number(0 | 100))),
            "{percent:?}"
        );
    }
    for row in recorded("contact-contact-collection-01-sample.json") {
        let found = read(Kind::Contact, row, json!({"ContactTextCollection": []})).await;
        assert!(!found.text("surname").is_empty() && !found.text("account_id").is_empty());
    }
    for row in recorded("contact-corporate-account-01-sample.json") {
        let found = read(
            Kind::Account,
            row,
            json!({"CorporateAccountTextCollection": []}),
        )
        .await;
        assert!(!found.text("name").is_empty() && !found.text("number").is_empty());
    }
}
