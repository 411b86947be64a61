//! A person at the screen, and what stays of their work.

use bytes::Bytes;
use jiff::Timestamp;

use super::*;
use crate::company;
use crate::crm::{Operation, Schema, Switch};

const LENA: &str = "LKELLER";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn now() -> Timestamp {
    at("2026-11-22T08:00:00Z")
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn crm() -> Crm {
    let mut crm = Crm::default();
    company::fill(&mut crm, now()).unwrap();
    crm.reset_writes();
    crm
}

fn review() -> AppointmentForm {
    AppointmentForm {
        subject: some("Review"),
        start: Some(at("2026-11-23T09:00:00Z")),
        end: Some(at("2026-11-23T10:00:00Z")),
        zone: some("CET"),
        location: some("Room 1"),
        account: some("1000009"),
        contact: some("1100029"),
        people: Some(vec![
            Participant {
                number: "8000000002".into(),
                ..Participant::default()
            },
            Participant {
                address: "guest@elsewhere.example".into(),
                name: "A Guest".into(),
                ..Participant::default()
            },
        ]),
        note: some("Bring the drawings"),
        ..AppointmentForm::default()
    }
}

#[test]
fn an_appointment_shows_everything_a_person_sees() {
    let mut crm = crm();
    let key = crm.person(LENA, now()).unwrap().create(&review()).unwrap();
    let seen = crm.appointment(&key).unwrap();
    assert_eq!(seen.subject, "Review");
    assert_eq!(seen.start, Some(at("2026-11-23T09:00:00Z")));
    assert_eq!((seen.zone.as_str(), seen.end_zone.as_str()), ("CET", "CET"));
    assert_eq!(seen.status, "1");
    assert_eq!(seen.owner, "8000000001", "the owner is who acts");
    assert_eq!(seen.organizer, "8000000001");
    assert_eq!(seen.record.title, "Review");
    assert_eq!(seen.record.notes[0].text, "Bring the drawings");
    assert_eq!(seen.record.made_by, Channel::Person);
    let has = |number: &str, role: &str| {
        let mut parties = seen.record.parties.iter();
        parties.any(|party| party.number == number && party.role == role)
    };
    assert!(has("8000000001", "35") && has("8000000001", "39") && has("1000009", "34"));
    assert!(has("8000000002", ATTENDEE));
    let guest = seen.record.parties.iter().find(|p| p.number.is_empty());
    let guest = guest.unwrap();
    assert_eq!(
        (guest.address.as_str(), guest.name.as_str()),
        ("guest@elsewhere.example", "A Guest")
    );
    assert_eq!(crm.appointments().len(), 1);
    assert_eq!(
        crm.by_number(Kind::Appointment, &seen.record.number),
        Some(key)
    );
}

#[test]
fn an_edit_touches_what_it_says_and_moves_the_clocks() {
    let mut crm = crm();
    let key = crm.person(LENA, now()).unwrap().create(&review()).unwrap();
    let before = crm.record(Kind::Appointment, &key).unwrap();
    let later = at("2026-11-22T09:00:00Z");
    let form = AppointmentForm {
        location: some(""),
        people: Some(vec![Participant {
            number: "8000000003".into(),
            ..Participant::default()
        }]),
        note: some("Changed"),
        ..AppointmentForm::default()
    };
    crm.person(LENA, later).unwrap().edit(&key, &form).unwrap();
    let seen = crm.appointment(&key).unwrap();
    assert_eq!(
        (seen.subject.as_str(), seen.location.as_str()),
        ("Review", "")
    );
    let attendees = seen.record.parties.iter().filter(|p| p.role == ATTENDEE);
    let numbers: Vec<_> = attendees.map(|p| p.number.as_str()).collect();
    assert_eq!(numbers, ["8000000003"]);
    let notes: Vec<_> = seen.record.notes.iter().map(|n| n.text.as_str()).collect();
    assert_eq!(notes, ["Changed"]);
    assert!(seen.record.changed_on > before.changed_on && seen.record.etag > before.etag);
    assert!(seen.record.changed_on >= Some(later));
}

#[test]
fn a_change_of_a_node_moves_the_roots_change_date() {
    let mut crm = crm();
    let key = crm.person(LENA, now()).unwrap().create(&review()).unwrap();
    for (child_moves, moved) in [(Switch::Off, false), (Switch::On, true)] {
        crm.settings.child_moves_root_etag = child_moves;
        let before = crm.record(Kind::Appointment, &key).unwrap();
        let text = format!("note {moved}");
        let mut person = crm.person(LENA, now()).unwrap();
        person.write_note(Kind::Appointment, &key, &text).unwrap();
        let after = crm.record(Kind::Appointment, &key).unwrap();
        assert!(after.changed_on > before.changed_on);
        assert_eq!(after.etag > before.etag, moved);
    }
}

#[test]
fn visits_calls_series_and_tasks_are_made_changed_and_deleted() {
    let mut crm = crm();
    let (start, end) = (at("2026-11-23T09:00:00Z"), at("2026-11-23T10:00:00Z"));
    let mut person = crm.person(LENA, now()).unwrap();
    let visit = VisitForm {
        subject: some("Plant"),
        start: Some(start),
        end: Some(end),
        location: some("Hall 3"),
        additional_location: some("Gate 2"),
        account: some("1000009"),
        ..VisitForm::default()
    };
    let visit = person.create(&visit).unwrap();
    let call = PhoneCallForm {
        subject: some("Call back"),
        start: Some(start),
        end: Some(end),
        direction: some("2"),
        contact: some("1100029"),
        note: some("About the offer"),
        ..PhoneCallForm::default()
    };
    let call = person.create(&call).unwrap();
    let series = SeriesForm {
        subject: some("Weekly"),
        start: Some(start),
        duration: some("PT1H"),
        pattern: some("2"),
        more: vec![
            ("RecurEveryWeeksOn", Value::Int(1)),
            ("WeeklyIsMonday", Value::Bool(true)),
        ],
        ..SeriesForm::default()
    };
    let series = person.create(&series).unwrap();
    let task = TaskForm {
        subject: some("Offer"),
        due: Some(end),
        priority: some("2"),
        percent: some("25.00"),
        people: None,
        ..TaskForm::default()
    };
    let task = person.create(&task).unwrap();
    let done = TaskForm {
        status: some("3"),
        completed: Some(end),
        ..TaskForm::default()
    };
    person.edit(&task, &done).unwrap();

    let seen = crm.visit(&visit).unwrap();
    assert_eq!(
        (seen.location.as_str(), seen.additional_location.as_str()),
        ("Hall 3", "Gate 2")
    );
    assert_eq!(
        (seen.owner.as_str(), seen.organizer.as_str()),
        ("8000000001", "8000000001")
    );
    assert!(
        seen.record
            .parties
            .iter()
            .any(|p| p.number == "1000009" && p.role == "34")
    );
    let seen = crm.phone_call(&call).unwrap();
    assert_eq!(
        (seen.direction.as_str(), seen.organizer.as_str()),
        ("2", "8000000001")
    );
    assert_eq!(seen.record.notes[0].text, "About the offer");
    let seen = crm.one_series(&series).unwrap();
    assert_eq!(
        (seen.pattern.as_str(), seen.duration.as_str()),
        ("2", "PT1H")
    );
    assert!(seen.record.is("WeeklyIsMonday"));
    let seen = crm.task(&task).unwrap();
    assert_eq!((seen.status.as_str(), seen.completed), ("3", Some(end)));
    assert_eq!(
        (seen.owner.as_str(), seen.percent.as_str()),
        ("8000000001", "25.00")
    );

    let kinds = [
        (Kind::Visit, visit),
        (Kind::PhoneCall, call),
        (Kind::Series, series),
        (Kind::Task, task),
    ];
    for (kind, key) in &kinds {
        crm.person(LENA, now()).unwrap().delete(*kind, key).unwrap();
        assert_eq!(crm.record(*kind, key), None);
        assert_eq!(crm.records(*kind), []);
    }
    let gone: Vec<_> = crm.deletions().map(|gone| gone.object_id.clone()).collect();
    assert_eq!(gone, kinds.map(|(_, key)| key));
    assert!(
        crm.rows("PhoneCallNotesCollection").is_empty(),
        "nodes go along"
    );
}

#[test]
fn partners_are_made_and_retired_but_not_deleted() {
    let mut crm = crm();
    let mut person = crm.person(LENA, now()).unwrap();
    let account = AccountForm {
        name: some("Werk GmbH"),
        role: some("CRM000"),
        phone: some("+49 6227 74747"),
        postal_address: PostalForm {
            city: some("Walldorf"),
            country: some("DE"),
            ..PostalForm::default()
        },
        ..AccountForm::default()
    };
    let account = person.create(&account).unwrap();
    let number = person.crm.account(&account).unwrap().record.number;
    let contact = ContactForm {
        first_name: some("Eva"),
        last_name: some("Alt"),
        phone: some("+49 (6227) 1"),
        account: Some(number.clone()),
        business_address: PostalForm {
            city: some("Bonn"),
            ..PostalForm::default()
        },
        note: some("Met at the fair"),
        ..ContactForm::default()
    };
    let contact = person.create(&contact).unwrap();
    let customer = IndividualCustomerForm {
        last_name: some("Alone"),
        role: some("CRM000"),
        ..IndividualCustomerForm::default()
    };
    let customer = person.create(&customer).unwrap();
    let no_name = ContactForm {
        last_name: some("   "),
        ..ContactForm::default()
    };
    assert_eq!(
        person.create(&no_name),
        Err(Refusal::Mandatory("LastName".to_owned()))
    );
    let refused = person.delete(Kind::Contact, &contact);
    assert!(
        matches!(refused, Err(Refusal::NotOffered { .. })),
        "{refused:?}"
    );
    person.retire(Kind::Contact, &contact).unwrap();
    person.purge(Kind::IndividualCustomer, &customer).unwrap();

    let seen = crm.contact(&contact).unwrap();
    assert_eq!(seen.status, "4");
    assert_eq!(
        (seen.record.title.as_str(), seen.account.as_str()),
        ("Eva Alt", number.as_str())
    );
    assert_eq!(seen.accounts, [number]);
    assert_eq!(seen.business_address.city, "Bonn");
    assert_eq!(seen.record.field("NormalisedPhone"), "+4962271");
    assert_eq!(seen.record.notes[0].text, "Met at the fair");
    let seen = crm.account(&account).unwrap();
    assert_eq!(
        seen.contacts,
        [crm.contact(&contact).unwrap().record.number]
    );
    assert_eq!(
        seen.record.field("FormattedPostalAddressDescription"),
        "Walldorf / DE"
    );
    assert_eq!(crm.individual_customer(&customer), None);
    assert_eq!(crm.deletions().len(), 1);
    let mut person = crm.person(LENA, now()).unwrap();
    person.purge(Kind::Contact, &contact).unwrap();
    let left = crm.account(&account).unwrap();
    assert!(
        left.contacts.is_empty(),
        "the relation goes with the contact"
    );
}

#[test]
fn files_and_people_come_and_go() {
    let mut crm = crm();
    let mut person = crm.person(LENA, now()).unwrap();
    let key = person.create(&AppointmentForm::default()).unwrap();
    let file = File {
        name: "plan.pdf".into(),
        mime_type: "application/pdf".into(),
        content: Bytes::from_static(b"%PDF"),
    };
    person.attach(Kind::Appointment, &key, &file).unwrap();
    let who = Participant {
        number: "1100029".into(),
        ..Participant::default()
    };
    person.invite(Kind::Appointment, &key, &who).unwrap();
    let refused = person.invite(Kind::Contact, &key, &who);
    assert!(matches!(refused, Err(Refusal::NotOffered { .. })));
    let seen = person.crm.record(Kind::Appointment, &key).unwrap();
    let files: Vec<_> = seen
        .attachments
        .iter()
        .map(|f| (f.name.as_str(), f.size))
        .collect();
    assert_eq!(files, [("plan.pdf", 4)]);
    assert_eq!(person.detach(Kind::Appointment, &key, "other"), Ok(0));
    assert_eq!(person.detach(Kind::Appointment, &key, "plan.pdf"), Ok(1));
    assert_eq!(person.uninvite(Kind::Appointment, &key, "1100029"), Ok(1));
    assert_eq!(
        person.uninvite(Kind::Appointment, &key, "8000000001"),
        Ok(0),
        "the header's stay"
    );
}

#[test]
fn a_refused_save_leaves_nothing_and_counts_nothing() {
    let mut crm = crm();
    let mut form = review();
    form.people = Some(vec![Participant {
        number: "8000000002".into(),
        role: "no such role".into(),
        ..Participant::default()
    }]);
    let mut person = crm.person(LENA, now()).unwrap();
    assert!(person.create(&form).is_err());
    form.people = None;
    form.end = Some(at("2026-11-23T08:00:00Z"));
    let refused = person.create(&form);
    assert!(
        matches!(refused, Err(Refusal::EndBeforeStart { .. })),
        "{refused:?}"
    );
    assert_eq!(crm.records(Kind::Appointment), []);
    assert!(crm.writes().is_empty() && crm.deletions().len() == 0);
    crm.settings.checks_periods = Switch::Off;
    crm.person(LENA, now()).unwrap().create(&form).unwrap();
    assert!(crm.person("NOBODY", now()).is_err());
}

#[test]
fn writes_are_counted_by_operation_set_and_channel() {
    let mut crm = crm();
    let key = crm.person(LENA, now()).unwrap().create(&review()).unwrap();
    let set = Schema::standard().set("AppointmentCollection").unwrap();
    crm.act_as(Author::default(), now().as_microsecond());
    let subject = set.position("Subject").unwrap();
    let draft = Draft {
        values: vec![(subject, Value::text("By a call"))],
        children: Vec::new(),
    };
    crm.update(set, &key, &draft, Omitted::Kept).unwrap();
    let seen = crm.record(Kind::Appointment, &key).unwrap();
    assert_eq!(
        (seen.made_by, seen.changed_by),
        (Channel::Person, Channel::Integration)
    );
    let count = |operation, set, channel| crm.writes().get(&(operation, set, channel)).copied();
    assert_eq!(
        count(Operation::Create, "AppointmentCollection", Channel::Person),
        Some(1)
    );
    assert_eq!(
        count(
            Operation::Create,
            "AppointmentInvolvedPartiesCollection",
            Channel::Person
        ),
        Some(2)
    );
    assert_eq!(
        count(
            Operation::Update,
            "AppointmentCollection",
            Channel::Integration
        ),
        Some(1)
    );
    assert_eq!(crm.written_by(Channel::Integration), 1);
    crm.delete(set, &key).unwrap();
    let gone = crm.deletions().next().unwrap();
    assert_eq!(
        (gone.set, gone.channel),
        ("AppointmentCollection", Channel::Integration)
    );
    assert_eq!(gone.number, seen.number);
    crm.reset_writes();
    assert_eq!(crm.written_by(Channel::Person), 0);
}
