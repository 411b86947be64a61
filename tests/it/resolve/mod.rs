//! Unknown attendees become Leads or Contacts of the CRM (RES-01 to RES-08, CAL-13), over HTTP, on both databases.

mod once;
mod who;

use ssi_domain::SyncSettings;
use ssi_sandbox::exchange::{Attendee, Draft, Sending, Value};
use ssi_tests::{
    desk::Desk,
    given::{ANNA, CATEGORY, Given},
    people::{Made, People, attendee, event, marked},
};

const APPOINTMENTS: &str = "AppointmentCollection";
const LEADS: &str = "LeadCollection";
const CONTACTS: &str = "ContactCollection";
const ACCOUNTS: &str = "CorporateAccountCollection";

/// Contacts and accounts are made.
fn as_contacts(settings: &mut SyncSettings) {
    settings.resolve.people = ssi_domain::settings::ResolveAs::Contact;
    settings.resolve.accounts = true;
    settings.mirror.default_country = Some("DE".into());
}

/// Leads are made, and no accounts.
fn as_leads(settings: &mut SyncSettings) {
    settings.resolve.people = ssi_domain::settings::ResolveAs::Lead;
}

/// A categorised meeting of a mailbox with these attendees, `Name <address>` or an address.
fn meeting(given: &Given, mailbox: &str, subject: &str, people: &[&str]) -> Made {
    let day = jiff::Zoned::now().timestamp() + jiff::SignedDuration::from_hours(48);
    let end = day + jiff::SignedDuration::from_hours(1);
    let mut draft = event(subject, &day.to_string(), &end.to_string());
    invite(&mut draft, people);
    given.make(
        mailbox,
        "calendar",
        marked(draft, &[CATEGORY]),
        Sending::ALL,
    )
}

fn invite(draft: &mut Draft, people: &[&str]) {
    let people: Vec<Attendee> = people
        .iter()
        .map(|text| match text.split_once(" <") {
            Some((name, rest)) => {
                let mut one = attendee(rest.trim_end_matches('>'));
                one.who.name = name.to_owned();
                one
            }
            None => attendee(text),
        })
        .collect();
    draft
        .properties
        .insert("RequiredAttendees", Value::Attendees(people));
}

/// The rows of a set whose field has this value.
fn rows(desk: &Desk, set: &str, field: &str, value: &str) -> Vec<String> {
    let mut rows = desk.given.records(set);
    rows.retain(|key| desk.given.field(set, key, field).as_deref() == Some(value));
    rows
}

fn anna(desk: &Desk, subject: &str, people: &[&str]) -> Made {
    meeting(&desk.given, ANNA, subject, people)
}
