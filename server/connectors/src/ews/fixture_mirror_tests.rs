//! The vendor's examples of calendar items, tasks and contacts, field by field.

use std::{fs, path::Path};

use jiff::civil::date;
use ssi_domain::{
    ItemId, Kind, Value,
    port::{EventRole, Item, Series},
};

use super::{
    envelope::{self, Reply},
    op::get_item::GetItem,
    xml,
};

/// The items of an example.
fn items(name: &str) -> Vec<Item> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/fixtures/ews/docs/GetItem")
        .join(name);
    let bytes = fs::read(path).unwrap();
    let Ok(Reply::Messages(messages)) = envelope::read::<GetItem>(&xml::decode(&bytes)) else {
        panic!("{name}")
    };
    let item = |message: Result<GetItem, _>| {
        let draft = message.ok()?.item?;
        Some(draft.into_item(&ItemId::new("asked")))
    };
    messages.into_iter().filter_map(item).collect()
}

fn instant(text: &str) -> Value {
    Value::Instant(text.parse().unwrap())
}

#[test]
fn the_vendors_appointment_is_read() {
    let [item] = &items("getitem-operation-calendar-item__3.response.xml")[..] else {
        panic!("one item")
    };
    let record = &item.record;
    assert_eq!(item.kind, Kind::Appointment);
    assert_eq!(record.get("start"), Some(&instant("2006-06-16T00:30:00Z")));
    assert_eq!(record.get("end"), Some(&instant("2006-06-16T01:00:00Z")));
    assert_eq!(record.text("show_as"), "busy");
    assert_eq!(record.text("zone"), "America/Los_Angeles");
    assert_eq!(record.get("reminder_minutes"), Some(&Value::Number(15)));
    assert_eq!(
        record.addresses("organizer")[0].address,
        "someone@example.com"
    );
    // The meetings beside it are not it.
    assert_eq!(record.get("subject"), None);
    let event = item.event.as_ref().unwrap();
    assert_eq!((event.role, event.meeting), (EventRole::Organizer, false));
    assert_eq!(event.series, Series::Single);
}

#[test]
fn the_vendors_series_is_read() {
    let [item] =
        &items("how-to-create-a-recurring-series-by-using-ews-in-exchange__4.response.xml")[..]
    else {
        panic!("one item")
    };
    assert_eq!(
        item.record.text("recurrence"),
        "FREQ=WEEKLY;BYDAY=SA;COUNT=10"
    );
    let Series::Master {
        not_representable, ..
    } = &item.event.as_ref().unwrap().series
    else {
        panic!("a master")
    };
    assert_eq!(*not_representable, None);
    // The documentation's batch shows a master of which it leaves the pattern out.
    let batch = items("how-to-process-calendar-items-in-batches-in-exchange__6.response.xml");
    assert_eq!(batch.len(), 3);
    let Series::Master {
        not_representable, ..
    } = &batch[1].event.as_ref().unwrap().series
    else {
        panic!("a master")
    };
    assert!(not_representable.is_some());
    let event = batch[2].event.as_ref().unwrap();
    assert!(event.meeting && !batch[2].record.addresses("required").is_empty());
}

#[test]
fn the_vendors_contact_and_task_are_read() {
    let [contact] = &items("getitem-operation-contact__1.response.xml")[..] else {
        panic!("one item")
    };
    let record = &contact.record;
    assert_eq!(contact.kind, Kind::Contact);
    for (field, text) in [
        ("given_name", "Tanja"),
        ("surname", "Plate"),
        ("display_name", "Tanja Plate"),
        ("job_title", "Project Manager"),
        ("company", "Northwind Traders"),
        ("email", "tplate@example.com"),
        ("phone", "5625550199"),
        ("street", "12345 67th Ave"),
        ("city", "Whittier"),
        // This example writes `Country` where the schema says `CountryOrRegion`.
        ("country", "USA"),
    ] {
        assert_eq!(record.text(field), text, "{field}");
    }
    assert_eq!(record.get("birthday"), None);

    let [task] = &items("getitem-operation-task__1.response.xml")[..] else {
        panic!("one item")
    };
    assert_eq!((task.kind, &task.event), (Kind::Task, &None));
    assert_eq!(task.record.text("subject"), "Buy new shoes");
    assert_eq!(task.record.text("status"), "not_started");
    assert_eq!(task.record.get("percent"), Some(&Value::Number(0)));
    assert_eq!(task.record.get("due"), None);
}

/// A proposal of a new time is a message with times of its own; it is no event.
#[test]
fn meeting_requests_stay_messages() {
    let name = "how-to-propose-a-new-meeting-time-by-using-ews-in-exchange__1.response.xml";
    let [item] = &items(name)[..] else {
        panic!("one item")
    };
    assert_eq!((item.kind, &item.event), (Kind::Email, &None));
}

#[test]
fn days_of_the_reader_are_those_of_civil_dates() {
    assert_eq!(
        super::value::civil_date("2014-03-08-08:00"),
        Some(date(2014, 3, 8))
    );
}
