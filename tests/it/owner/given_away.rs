//! A record is given to somebody else in the CRM (CAL-55, CAL-38, TSK-09, CON-10).

use ssi_domain::MailboxId;
use ssi_sandbox::{
    crm::{Schema, Value as CrmValue, uuid_of},
    exchange::{Draft, Kind, Sending},
};
use ssi_tests::{
    db::on_both,
    given::{ANNA, BERND, CATEGORY},
    people::{Made, People, event, marked, text},
    scene::{Scene, at},
};

/// A record and how its owner is written.
struct Form {
    set: &'static str,
    kind: Kind,
    name: (&'static str, &'static str),
    owner: &'static [&'static str],
    by_uuid: bool,
}

const TASK: Form = Form {
    set: "TasksCollection",
    kind: Kind::Task,
    name: ("Subject", "Subject"),
    owner: &["MainEmployeeResponsiblePartyID", "ProcessorPartyID"],
    by_uuid: false,
};
const VISIT: Form = Form {
    set: "VisitCollection",
    kind: Kind::CalendarItem,
    name: ("Subject", "Subject"),
    owner: &["OwnerPartyID", "OrganizerPartyID"],
    by_uuid: false,
};
const APPOINTMENT: Form = Form {
    set: "AppointmentCollection",
    ..VISIT
};
const CONTACT: Form = Form {
    set: "ContactCollection",
    kind: Kind::Contact,
    name: ("Surname", "LastName"),
    owner: &["ContactOwnerUUID"],
    by_uuid: true,
};

/// The property of a set that a time lies in.
fn times(form: &Form) -> Vec<(&'static str, CrmValue)> {
    let value = |hour| CrmValue::Instant(at(2, hour).as_microsecond());
    match form.set {
        "VisitCollection" => vec![("StartDateTime", value(9)), ("EndDateTime", value(10))],
        "AppointmentCollection" => vec![("StartDate", value(9)), ("EndDate", value(10))],
        _ => Vec::new(),
    }
}

struct Play {
    scene: Scene,
    form: Form,
    /// The mailbox that has its session first, each time.
    first: MailboxId,
    second: MailboxId,
}

impl Play {
    fn owned_by(&self, address: &str) -> Vec<(&'static str, CrmValue)> {
        let value = match self.form.by_uuid {
            false => CrmValue::text(self.scene.given.employee(address)),
            true => {
                let crm = self.scene.given.world().crm();
                let set = Schema::standard().set("EmployeeCollection").expect("set");
                let rows = crm.rows(set.name);
                let row = rows
                    .into_iter()
                    .find(|row| crm.text(set, row, "Email").eq_ignore_ascii_case(address));
                CrmValue::Guid(uuid_of(&row.expect("an employee").key).expect("a UUID"))
            }
        };
        let names = self.form.owner.iter();
        names.map(|name| (*name, value.clone())).collect()
    }

    /// Anna's record, made in the CRM.
    fn record(&self) -> String {
        let mut fields = vec![(self.form.name.1, CrmValue::text("Shared"))];
        fields.extend(times(&self.form));
        fields.extend(self.owned_by(ANNA));
        self.scene.given.record(self.form.set, &fields)
    }

    fn give(&self, key: &str, address: &str) {
        let fields = self.owned_by(address);
        self.scene.given.change(self.form.set, key, &fields);
    }

    fn items(&self, address: &str) -> Vec<(Made, Draft)> {
        let items = self.scene.given.items(address, self.form.kind).into_iter();
        items
            .filter(|(_, draft)| draft.text(self.form.name.0) == "Shared")
            .collect()
    }

    fn marked(&self, address: &str) -> usize {
        let items = self.items(address).into_iter();
        items
            .filter(|(_, draft)| !draft.categories().is_empty())
            .count()
    }

    /// Two sessions of each in the order of the play; no mailbox ever has two items.
    async fn sessions(&self) {
        for _ in 0..2 {
            self.scene.feed().await;
            for mailbox in [self.first, self.second] {
                self.scene.session(mailbox).await;
                for address in [ANNA, BERND] {
                    assert!(
                        self.items(address).len() <= 1,
                        "INV-1: two items for {address}"
                    );
                }
            }
        }
    }

    /// A further session writes nothing (INV-4).
    async fn assert_rest(&self) {
        self.sessions().await;
        self.scene.feed().await;
        for mailbox in [self.first, self.second] {
            assert_eq!(self.scene.session(mailbox).await.0, 0, "INV-4");
        }
        self.scene.assert_only_people_sent();
    }
}

/// Plays with both orders of the two mailboxes, on both databases.
async fn in_both_orders<F: Future<Output = ()>>(
    form: fn() -> Form,
    play: impl Fn(Play) -> F + Copy,
) {
    on_both(|database| async move {
        for former_first in [true, false] {
            let scene = Scene::on_another(&database).await;
            scene.calm(scene.anna).await;
            scene.calm(scene.bernd).await;
            let (anna, bernd) = (scene.anna, scene.bernd);
            let (first, second) = if former_first {
                (anna, bernd)
            } else {
                (bernd, anna)
            };
            play(Play {
                scene,
                form: form(),
                first,
                second,
            })
            .await;
        }
    })
    .await;
}

/// Anna has it, then Bernd, then Anna again, then Bernd edits and Anna does.
async fn there_and_back(play: Play, stays: bool) {
    let key = play.record();
    play.sessions().await;
    assert_eq!(
        (play.marked(ANNA), play.items(BERND).len()),
        (1, 0),
        "CAL-38"
    );

    play.give(&key, BERND);
    play.assert_rest().await;
    assert_eq!(play.marked(BERND), 1, "it came down to whom it names");
    assert_eq!(play.marked(ANNA), 0, "CAL-55: not kept in step any more");
    assert_eq!(play.items(ANNA).len(), usize::from(stays));
    let (his, _) = play.items(BERND).remove(0);
    let edit = |made: &Made, value: &str| {
        play.scene.given.edit(made, |draft| {
            draft.properties.insert("Body", text(value));
        });
    };
    edit(&his, "By Bernd");
    play.sessions().await;
    assert!(
        play.scene
            .given
            .field(play.form.set, &key, play.form.name.1)
            .is_some()
    );

    play.give(&key, ANNA);
    play.assert_rest().await;
    assert_eq!(
        (play.marked(ANNA), play.marked(BERND)),
        (1, 0),
        "and back again"
    );
}

/// TSK-09: a task that came down goes again with its owner, and comes down to the next one.
#[tokio::test(flavor = "multi_thread")]
async fn a_task_follows_its_owner() {
    in_both_orders(|| TASK, |play| there_and_back(play, false)).await;
}

/// CON-10
#[tokio::test(flavor = "multi_thread")]
async fn a_contact_follows_its_owner() {
    in_both_orders(|| CONTACT, |play| there_and_back(play, false)).await;
}

/// CAL-55, CAL-38: the former owner keeps the visit, without its category.
#[tokio::test(flavor = "multi_thread")]
async fn a_visit_follows_its_organizer() {
    in_both_orders(|| VISIT, |play| there_and_back(play, true)).await;
}

/// CAL-55, INV-1, INV-2: an appointment that was born in a mailbox comes down to its new organizer; what its maker
/// edits from then on stays theirs.
#[tokio::test(flavor = "multi_thread")]
async fn an_appointment_born_in_a_mailbox_follows_its_organizer() {
    in_both_orders(
        || APPOINTMENT,
        |play| async move {
            let (start, end) = (at(2, 9).to_string(), at(2, 10).to_string());
            let draft = marked(event("Shared", &start, &end), &[CATEGORY]);
            let hers = play
                .scene
                .given
                .make(ANNA, "calendar", draft, Sending::NONE);
            play.sessions().await;
            let keys = play.scene.given.records(play.form.set);
            assert_eq!(keys.len(), 1);
            play.give(&keys[0], BERND);
            play.assert_rest().await;
            assert_eq!(
                (play.marked(ANNA), play.items(ANNA).len()),
                (0, 1),
                "CAL-55"
            );
            assert_eq!(play.marked(BERND), 1, "CAL-38");

            play.scene.given.edit(&hers, |draft| {
                draft.properties.insert("Location", text("Hers"));
            });
            let (his, _) = play.items(BERND).remove(0);
            play.scene.given.edit(&his, |draft| {
                draft.properties.insert("Location", text("His"));
            });
            play.assert_rest().await;
            let place = play.scene.given.field(play.form.set, &keys[0], "Location");
            assert_eq!(place.as_deref(), Some("His"), "CAL-37: one writer");
            assert_eq!(play.scene.given.records(play.form.set).len(), 1, "INV-1");

            play.scene.given.discard(&hers);
            play.assert_rest().await;
            let status = play
                .scene
                .given
                .field(play.form.set, &keys[0], "LifeCycleStatusCode");
            assert_ne!(
                status.as_deref(),
                Some("4"),
                "INV-5: it is not hers to cancel"
            );
        },
    )
    .await;
}

/// INV-6: a task that its former owner edited stays with them, released.
#[tokio::test(flavor = "multi_thread")]
async fn an_edited_task_stays_with_its_former_owner() {
    in_both_orders(
        || TASK,
        |play| async move {
            let key = play.record();
            play.sessions().await;
            let (hers, _) = play.items(ANNA).remove(0);
            play.give(&key, BERND);
            play.scene.given.edit(&hers, |draft| {
                draft.properties.insert("Importance", text("High"));
            });
            play.assert_rest().await;
            assert_eq!((play.items(ANNA).len(), play.marked(ANNA)), (1, 0), "INV-6");
            assert_eq!(play.marked(BERND), 1);
        },
    )
    .await;
}

/// INV-1: an invited colleague who is given the meeting has it in the calendar already.
#[tokio::test(flavor = "multi_thread")]
async fn a_meeting_is_not_put_beside_its_invitation() {
    in_both_orders(
        || APPOINTMENT,
        |play| async move {
            let (start, end) = (at(2, 9).to_string(), at(2, 10).to_string());
            let mut draft = marked(event("Shared", &start, &end), &[CATEGORY]);
            let invited =
                ssi_sandbox::exchange::Value::Attendees(vec![ssi_tests::people::attendee(BERND)]);
            draft.properties.insert("RequiredAttendees", invited);
            play.scene.given.make(ANNA, "calendar", draft, Sending::ALL);
            play.sessions().await;
            let keys = play.scene.given.records(play.form.set);
            play.give(&keys[0], BERND);
            play.assert_rest().await;
            assert_eq!(
                play.items(BERND).len(),
                1,
                "INV-1: the invitation and nothing else"
            );
            assert_eq!(play.marked(ANNA), 0, "CAL-55");
        },
    )
    .await;
}
