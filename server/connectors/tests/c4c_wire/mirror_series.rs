//! Changes and deletions of series.

use http::Method;
use serde_json::json;
use ssi_domain::{
    Kind, Record, Value,
    port::{Crm, PortError},
};

use crate::{
    mirror_update::{delete, update},
    server::{ID, Reply, Server, record},
};

#[tokio::test]
async fn a_series_changes_its_times_as_a_whole() {
    let server = Server::start(|seen, _| {
        if seen.method == Method::GET {
            return Reply::rows(json!({
                "__metadata": {"etag": "W/\"1\""}, "ObjectID": ID, "SubjectName": "Weekly",
                "RecurrenceStartDate": "/Date(1795424400000)/", "Duration": "PT30M", "TimeZone": "UTC",
                "RecurrencePattern": "2", "RecurEveryWeeksOn": 1, "WeeklyIsMonday": true, "NoEndDate": true,
                "RecurringActivityText": [], "RecurringActivityParty": [],
            }));
        }
        Reply::new(204, "")
    })
    .await;
    let series = record(Kind::Appointment, &format!("series:{ID}"));
    let set = Record::new().with("subject", "Longer").with(
        "end",
        Value::Instant("2026-11-23T10:00:00Z".parse().unwrap()),
    );
    let crm = server.crm();
    let answers = crm
        .put(vec![update(series.clone(), set, None)])
        .await
        .unwrap();
    answers[0].as_ref().unwrap();
    let sent = server.seen().pop().unwrap();
    assert_eq!(sent.target, format!("RecurringActivityCollection('{ID}')"));
    assert_eq!(sent.header("if-match"), "W/\"1\"");
    let body = sent.json();
    assert_eq!(body["SubjectName"], "Longer");
    assert_eq!(body["Duration"], "PT1H");
    assert_eq!(body["RecurrenceStartDate"], "/Date(1795424400000)/");
    assert_eq!(body["WeeklyIsMonday"], true);
    assert_eq!(body["NoEndDate"], true);

    // Words alone need no look at the record.
    let before = server.lines().len();
    let set = Record::new().with("subject", "Other");
    crm.put(vec![update(series.clone(), set, None)])
        .await
        .unwrap()[0]
        .as_ref()
        .unwrap();
    assert_eq!(server.lines().len(), before + 1);

    for (record, rule) in [(series, ""), (record(Kind::Visit, ID), "FREQ=DAILY")] {
        let set = Record::new().with("recurrence", rule);
        let answers = crm.put(vec![update(record, set, None)]).await.unwrap();
        let Err(PortError::Refused { field, .. }) = &answers[0] else {
            panic!("{answers:?}");
        };
        assert_eq!(field.as_deref(), Some("recurrence"));
    }
}

#[tokio::test]
async fn a_series_is_deleted_where_it_lives() {
    let server = Server::start(|_, _| Reply::new(204, "")).await;
    let write = delete(record(Kind::Visit, &format!("series:{ID}")));
    server.crm().put(vec![write]).await.unwrap()[0]
        .as_ref()
        .unwrap();
    assert_eq!(
        server.lines(),
        [format!("DELETE RecurringActivityCollection('{ID}')")]
    );
}
