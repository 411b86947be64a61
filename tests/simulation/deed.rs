//! What people do in a history. Every value they set is unique, so that it is known whose it was.

use jiff::{SignedDuration, Timestamp};
use ssi_sandbox::{
    World,
    crm::Value as CrmValue,
    exchange::{Draft, Kind, Value},
};

use super::{
    Chaos, Plot,
    chosen::Chosen,
    letter::Letter,
    thing::{CONTACT, EVENT, Form, Side, TASK, Thing},
};
use crate::{
    given::{ANNA, BERND},
    people::{Made, People, marked, text},
};

/// People, their things, and the chance that moves them.
pub(super) struct Stage<'a> {
    pub(super) world: &'a World,
    pub(super) chaos: &'a Chaos,
    pub(super) plot: Plot,
    pub(super) chosen: &'a Chosen,
    pub(super) things: &'a mut Vec<Thing>,
    pub(super) letters: &'a mut Vec<Letter>,
    /// How many things were done so far; part of every value.
    pub(super) number: usize,
}

impl Stage<'_> {
    /// A person does something. Answers what, for the trace.
    pub(super) fn deed(&mut self) -> String {
        if self.plot.mails && self.chaos.happens(self.chosen.mail_share) {
            return self.letter_deed();
        }
        if self.things.len() < 2 {
            return match self.chaos.happens(700) {
                true => self.make_item(),
                false => self.make_record(),
            };
        }
        match self.chaos.below(21) {
            0..4 => self.make_item(),
            4 | 5 => self.make_record(),
            6..9 => self.edit(Side::Mail),
            9..12 => self.edit(Side::Crm),
            12 => self.delete(Side::Mail),
            13 => self.delete(Side::Crm),
            14 => self.release(),
            15 => self.file_elsewhere(),
            16 => self.share(),
            17 => self.postpone(Side::Mail),
            18 => self.postpone(Side::Crm),
            19 => self.reassign(),
            _ => self.spree(),
        }
    }

    pub(super) fn tag(&self) -> String {
        format!("T{}x", self.number)
    }

    pub(super) fn mailbox(&self) -> &'static str {
        if self.chaos.happens(500) { ANNA } else { BERND }
    }

    pub(super) fn soon(&self) -> (Timestamp, Timestamp) {
        let hours = 24 + self.chaos.below(200) as i64;
        let start = self.world.now() + SignedDuration::from_hours(hours);
        let start = start.round(jiff::Unit::Second).expect("in range");
        (start, start + SignedDuration::from_hours(1))
    }

    /// A value nobody set before, for the field of a form.
    fn value(&self, form: Form) -> String {
        match form == TASK {
            true => {
                let days = SignedDuration::from_hours(24 * self.number as i64);
                let first: Timestamp = "2030-01-01T00:00:00Z".parse().expect("a time");
                (first + days).to_string()
            }
            false => format!("V{}", self.number),
        }
    }

    fn pick(&self, wanted: impl Fn(&Thing) -> bool) -> Option<usize> {
        let found: Vec<usize> = (0..self.things.len())
            .filter(|at| wanted(&self.things[*at]))
            .collect();
        self.chaos.one(&found).copied()
    }

    fn edit(&mut self, side: Side) -> String {
        // Also what is deleted on the other side: an edit beats a deletion.
        let wanted = |thing: &Thing| {
            thing.is_living() || thing.deleted == Some(side.other()) && !thing.released
        };
        let Some(at) = self.pick(wanted) else {
            return "nothing to edit".into();
        };
        let value = self.value(self.things[at].form);
        let world = self.world;
        let thing = &mut self.things[at];
        if !thing.stands(world, side) {
            return format!("edit {} not there", thing.tag);
        }
        let carried = thing.way.carries(side);
        let (here, there) = (thing.value(world, side), thing.value(world, side.other()));
        set_on(world, thing, side, &value);
        thing.uncontested = here == there || !thing.stands(world, side.other());
        if carried && thing.deleted == Some(side.other()) {
            thing.outlives = Some(side);
        }
        thing.edits.push((side, value));
        format!("edit {} {side:?}", thing.tag)
    }

    fn delete(&mut self, side: Side) -> String {
        let wanted = |thing: &Thing| {
            thing.is_living() && (side == Side::Mail || thing.form.set != CONTACT.set)
        };
        let Some(at) = self.pick(wanted) else {
            return "nothing to delete".into();
        };
        let world = self.world;
        let thing = &mut self.things[at];
        if !thing.stands(world, side) {
            return format!("delete {} not there", thing.tag);
        }
        let kept = side.other();
        let unknown = thing.stands(world, kept)
            && thing.value(world, kept) != thing.value(world, side)
            && thing.edits.iter().any(|(by, _)| *by == kept);
        match side {
            Side::Mail => {
                if let Some((made, _)) = thing.item(world) {
                    world.discard(&made);
                }
            }
            Side::Crm => {
                if let Some(key) = thing.record(world) {
                    world.erase(thing.form.set, &key);
                }
            }
        }
        thing.deleted = Some(side);
        // The last edit of the kept side is not here yet: nobody who deleted it has seen it.
        let last = thing.edits.last().is_some_and(|(by, _)| *by == kept);
        if unknown && last && thing.way.carries(kept) {
            thing.outlives = Some(kept);
        }
        format!("delete {} {side:?}", thing.tag)
    }

    /// Many deletions at once: a person tidies up, or a program runs wild.
    fn spree(&mut self) -> String {
        let told: Vec<String> = (0..3).map(|_| self.delete(Side::Mail)).collect();
        told.join(", ")
    }

    fn release(&mut self) -> String {
        let wanted = |thing: &Thing| thing.is_living() && thing.form.is_event();
        let Some(at) = self.pick(wanted) else {
            return "nothing to release".into();
        };
        let world = self.world;
        let thing = &mut self.things[at];
        let Some((made, _)) = thing.item(world) else {
            return "nothing to release".into();
        };
        world.edit_quietly(&made, |draft| {
            draft.properties.remove("Categories");
        });
        thing.released = true;
        format!("release {}", thing.tag)
    }

    /// Tasks and contacts are put into another folder of ours or out of it; their category stays.
    fn file_elsewhere(&mut self) -> String {
        let wanted = |thing: &Thing| thing.is_living() && !thing.form.is_event();
        let Some(at) = self.pick(wanted) else {
            return "nothing to move".into();
        };
        let thing = &self.things[at];
        // Between the creation of its record and its mark a task has nothing that survives a move: whoever moves
        // it in that moment gets it twice.
        let marked = thing
            .item(self.world)
            .filter(|(_, draft)| !draft.extended.is_empty());
        let Some((made, _)) = marked else {
            return "nothing to move".into();
        };
        let own = match thing.form == TASK {
            true => "SAP Tasks",
            false => "SAP Contacts",
        };
        let standard = if thing.form == TASK {
            "tasks"
        } else {
            "contacts"
        };
        let to = if self.chaos.happens(500) {
            own
        } else {
            standard
        };
        // Our folder may not be there yet.
        let moved = self.world.person(thing.mailbox).move_item(made.key, to);
        format!("move {} to {to} {}", thing.tag, moved.is_ok())
    }

    /// A colleague categorises the copy of a meeting, or notes something on it.
    fn share(&mut self) -> String {
        let wanted =
            |thing: &Thing| thing.is_living() && thing.form.is_event() && thing.former.is_empty();
        let Some(at) = self.pick(wanted) else {
            return "nothing to share".into();
        };
        let world = self.world;
        let note = self.value(EVENT);
        let thing = &mut self.things[at];
        let colleague = if thing.mailbox == ANNA { BERND } else { ANNA };
        let Some((copy, _)) = thing.items_in(world, colleague).into_iter().next() else {
            return format!("share {} no copy", thing.tag);
        };
        // Colleagues need not agree on what it is; it stays what it became first.
        let category = match self.plot.kinds && self.chaos.happens(300) {
            true => EVENT.category,
            false => thing.form.category,
        };
        let is_noted = thing.shared;
        set_quietly(world, &copy, |draft| match is_noted {
            true => drop(draft.properties.insert("Location", text(&note))),
            false => {
                *draft = marked(
                    std::mem::replace(draft, Draft::new(Kind::CalendarItem)),
                    &[category],
                )
            }
        });
        thing.shared = true;
        format!("share {} {is_noted}", thing.tag)
    }

    /// In the CRM a task or an event is given to a colleague.
    fn reassign(&mut self) -> String {
        // An invited colleague has the meeting already; what hangs between the mailboxes stays with them.
        let wanted = |thing: &Thing| {
            thing.is_living() && thing.form.set != CONTACT.set && !thing.invited && !thing.shared
        };
        let Some(at) = self.pick(wanted) else {
            return "nothing to reassign".into();
        };
        let world = self.world;
        let thing = &mut self.things[at];
        let Some(key) = thing
            .record(world)
            .filter(|_| thing.stands(world, Side::Crm))
        else {
            return format!("reassign {} no record", thing.tag);
        };
        // What a lost create made of a task is told from others' tasks of that name by whose it is: whoever gives it
        // away before it is marked has it twice.
        let unmarked = |(_, draft): &(Made, Draft)| draft.extended.is_empty();
        if thing.form == TASK && thing.item(world).as_ref().is_some_and(unmarked) {
            return format!("reassign {} not yet", thing.tag);
        }
        let colleague = if thing.mailbox == ANNA { BERND } else { ANNA };
        let number = CrmValue::text(world.employee(colleague));
        let fields = thing.form.owners.map(|name| (name, number.clone()));
        world.change(thing.form.set, &key, &fields);
        thing.former.push(thing.mailbox);
        thing.mailbox = colleague;
        thing.uncontested = false;
        format!("reassign {} to {colleague}", thing.tag)
    }

    /// An event takes place at another time.
    fn postpone(&mut self, side: Side) -> String {
        // What left the mirrored days comes back when it is moved in the CRM; in the mailbox it has lost its category.
        let now = self.world.now();
        let recent = |thing: &Thing| {
            let days = SignedDuration::from_hours(24 * 20);
            side == Side::Crm || thing.ends.is_some_and(|end| end > now - days)
        };
        let wanted = |thing: &Thing| thing.is_living() && thing.form.is_event() && recent(thing);
        let Some(at) = self.pick(wanted) else {
            return "nothing to postpone".into();
        };
        let (start, end) = self.soon();
        let world = self.world;
        let thing = &mut self.things[at];
        if !thing.stands(world, side) {
            return format!("postpone {} not there", thing.tag);
        }
        match side {
            Side::Mail => {
                if let Some((made, _)) = thing.item(world) {
                    world.edit(&made, |draft| {
                        draft.properties.insert("Start", Value::Time(start));
                        draft.properties.insert("End", Value::Time(end));
                    });
                }
            }
            Side::Crm => {
                let at = |at: Timestamp| CrmValue::Instant(at.as_microsecond());
                if let (Some(key), Some((from, to))) = (thing.record(world), thing.form.times) {
                    let fields = [(from, at(start)), (to, at(end))];
                    world.change(thing.form.set, &key, &fields);
                }
            }
        }
        thing.ends = thing.ends.max(Some(end));
        format!("postpone {} {side:?}", thing.tag)
    }
}

fn set_quietly(world: &World, made: &Made, change: impl FnOnce(&mut Draft)) {
    world.edit_quietly(made, change);
}

fn set_on(world: &World, thing: &Thing, side: Side, value: &str) {
    match side {
        Side::Mail => {
            let Some((made, _)) = thing.item(world) else {
                return;
            };
            let value = match thing.form == TASK {
                true => Value::Time(value.parse().expect("a time")),
                false => text(value),
            };
            world.edit(&made, |draft| {
                draft.properties.insert(thing.form.field.0, value);
            });
        }
        Side::Crm => {
            let Some(key) = thing.record(world) else {
                return;
            };
            let value = match thing.form == TASK {
                true => {
                    let at: Timestamp = value.parse().expect("a time");
                    CrmValue::Instant(at.as_microsecond())
                }
                false => CrmValue::text(value),
            };
            world.change(thing.form.set, &key, &[(thing.form.field.1, value)]);
        }
    }
}
