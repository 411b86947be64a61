//! Tasks and contacts.

use super::*;

#[test]
fn a_task_counts_in_days_and_its_fields_follow_each_other() {
    let (world, _) = world();
    let anna = world.person(ANNA);
    let key = anna
        .create_task(&TaskEdit {
            subject: Some("anrufen".to_owned()),
            start: Some(Some(date(2026, 11, 25))),
            due: Some(Some(date(2026, 11, 24))),
            ..TaskEdit::default()
        })
        .unwrap();
    let view = anna.task(key).unwrap();
    assert_eq!(
        (view.start, view.due),
        (Some(date(2026, 11, 25)), Some(date(2026, 11, 25)))
    );
    assert_eq!(
        (view.status.as_str(), view.is_complete),
        ("NotStarted", false)
    );
    let edit = |edit: TaskEdit| {
        anna.edit_task(key, &edit).unwrap();
        let view = anna.task(key).unwrap();
        (view.status, view.percent, view.completed)
    };
    let status = |status: &str| TaskEdit {
        status: Some(status.to_owned()),
        ..TaskEdit::default()
    };
    let percent = |percent| TaskEdit {
        percent: Some(percent),
        ..TaskEdit::default()
    };
    let found = |status: &str, percent, day| (status.to_owned(), percent, day);
    assert_eq!(edit(percent(40)), found("InProgress", 40.0, None));
    assert_eq!(
        edit(status("WaitingOnOthers")),
        found("WaitingOnOthers", 40.0, None)
    );
    assert_eq!(
        edit(percent(100)),
        found("Completed", 100.0, Some(date(2026, 11, 22)))
    );
    assert_eq!(edit(status("InProgress")), found("InProgress", 0.0, None));
    assert_eq!(
        edit(status("Completed")),
        found("Completed", 100.0, Some(date(2026, 11, 22)))
    );
    assert_eq!(edit(status("NotStarted")), found("NotStarted", 0.0, None));
    assert_eq!(anna.edit_task(key, &status("Fertig")), Err(Failure::SCHEMA));
    let day = anna.task(key).unwrap().due;
    edit(TaskEdit {
        importance: Some("High".to_owned()),
        ..TaskEdit::default()
    });
    assert_eq!(
        anna.task(key).unwrap().due,
        day,
        "an unrelated edit does not shift days"
    );
}

#[test]
fn a_completed_recurring_task_stays_and_the_next_one_comes() {
    let (world, _) = world();
    let anna = world.person(ANNA);
    let recurrence = |pattern, count| {
        let start = date(2026, 11, 23);
        let range = Range::Numbered { start, count };
        Some(Some(Recurrence { pattern, range }))
    };
    let done = TaskEdit {
        status: Some("Completed".to_owned()),
        ..TaskEdit::default()
    };
    let key = anna
        .create_task(&TaskEdit {
            subject: Some("gießen".to_owned()),
            start: Some(Some(date(2026, 11, 23))),
            due: Some(Some(date(2026, 11, 24))),
            recurrence: recurrence(Pattern::Daily { interval: 7 }, 2),
            ..TaskEdit::default()
        })
        .unwrap();
    anna.edit_task(key, &done).unwrap();
    let open = anna.task(key).unwrap();
    assert_eq!(
        (open.start, open.due),
        (Some(date(2026, 11, 30)), Some(date(2026, 12, 1)))
    );
    assert!(!open.is_complete && open.recurrence.is_some());
    let kept: Vec<_> = anna
        .tasks()
        .into_iter()
        .filter(|task| task.is_complete)
        .collect();
    assert_eq!(kept.len(), 1);
    assert_eq!(
        (kept[0].due, &kept[0].recurrence),
        (Some(date(2026, 11, 24)), &None)
    );
    // The last one is done where it stands.
    anna.edit_task(key, &done).unwrap();
    assert!(anna.task(key).unwrap().is_complete);
    assert_eq!(anna.tasks().len(), 2);

    let unit = crate::exchange::Unit::Week;
    let key = anna
        .create_task(&TaskEdit {
            due: Some(Some(date(2026, 11, 1))),
            recurrence: recurrence(Pattern::Regeneration { unit, interval: 2 }, 9),
            ..TaskEdit::default()
        })
        .unwrap();
    anna.edit_task(key, &done).unwrap();
    let due = anna.task(key).unwrap().due;
    assert_eq!(due, Some(date(2026, 12, 6)), "two weeks after today");
}

#[test]
fn a_contact_gets_its_generated_names_and_keeps_its_dictionaries() {
    let (world, _) = world();
    let anna = world.person(ANNA);
    let text = |text: &str| Some(text.to_owned());
    let entry = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    let address = PostalAddress {
        city: "Wien".to_owned(),
        street: "Ring 1".to_owned(),
        ..PostalAddress::default()
    };
    let key = anna
        .create_contact(&ContactEdit {
            given_name: text("Eva"),
            surname: text("Huber"),
            company: text("Huber GmbH"),
            emails: [entry("EmailAddress1", "eva@example.com")].into(),
            phones: [
                entry("MobilePhone", "+43 1"),
                entry("BusinessPhone", "+43 2"),
            ]
            .into(),
            addresses: [("Business".to_owned(), address.clone())].into(),
            birthday: Some(Some(date(1980, 2, 29))),
            notes: Some(Body::plain("kommt gern")),
            ..ContactEdit::default()
        })
        .unwrap();
    let view = anna.contact(key).unwrap();
    assert_eq!(
        (view.display_name.as_str(), view.file_as.as_str()),
        ("Eva Huber", "Huber, Eva")
    );
    assert_eq!(view.birthday, Some(date(1980, 2, 29)));
    assert_eq!(view.addresses["Business"], address);
    assert_eq!(
        (view.item.subject.as_str(), view.item.text.as_str()),
        ("Eva Huber", "kommt gern")
    );

    anna.edit_contact(
        key,
        &ContactEdit {
            surname: text("Maier"),
            phones: [entry("MobilePhone", "")].into(),
            ..ContactEdit::default()
        },
    )
    .unwrap();
    let view = anna.contact(key).unwrap();
    assert_eq!(
        (view.display_name.as_str(), view.file_as.as_str()),
        ("Eva Maier", "Maier, Eva")
    );
    assert_eq!(view.phones.keys().collect::<Vec<_>>(), ["BusinessPhone"]);
    anna.edit_contact(
        key,
        &ContactEdit {
            file_as_mapping: text("Company"),
            ..ContactEdit::default()
        },
    )
    .unwrap();
    assert_eq!(anna.contact(key).unwrap().file_as, "Huber GmbH");
    let unknown = ContactEdit {
        phones: [entry("Fernschreiber", "1")].into(),
        ..ContactEdit::default()
    };
    assert_eq!(anna.edit_contact(key, &unknown), Err(Failure::SCHEMA));
}
