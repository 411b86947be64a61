//! What people make.

use jiff::Timestamp;
use ssi_sandbox::{
    crm::Value as CrmValue,
    exchange::{Draft, Kind, Sending, Value},
};

use super::{
    chosen::Way,
    deed::Stage,
    thing::{CONTACT, EVENT, EVENTS, Form, Side, TASK, Thing, Wish},
};
use crate::{
    given::{ANNA, BERND},
    people::{People, attendee, event, marked, text},
};

impl Stage<'_> {
    fn thing(&self, form: Form, tag: &str, mailbox: &'static str, born: Side) -> Thing {
        let way = self.chosen.way(form);
        let mut made = Thing::new(form, way, tag.to_owned(), mailbox, born);
        if way == Way::Restored && born == Side::Mail {
            // What is read only is not taken from there (CON-20).
            made.wish = Wish::Unasked;
        }
        made
    }

    /// What the next event becomes.
    fn event_form(&self) -> Form {
        match self.plot.kinds {
            true => EVENTS[[0, 0, 1, 2][self.chaos.below(4)]],
            false => EVENT,
        }
    }

    pub(super) fn make_item(&mut self) -> String {
        let (tag, mailbox) = (self.tag(), self.mailbox());
        let (form, kind, folder, name) = match self.chaos.below(10) {
            0 | 1 => (CONTACT, Kind::Contact, "contacts", "contact"),
            2..5 => (TASK, Kind::Task, "tasks", "task"),
            _ => return self.make_event(tag, mailbox),
        };
        let mut draft = Draft::new(kind);
        draft.properties.insert(form.name.0, text(&tag));
        let draft = marked(draft, &[form.category]);
        self.world.make(mailbox, folder, draft, Sending::NONE);
        let made = self.thing(form, &tag, mailbox, Side::Mail);
        self.things.push(made);
        format!("make {name} {tag}")
    }

    fn make_event(&mut self, tag: String, mailbox: &'static str) -> String {
        let (start, end) = self.soon();
        let mut draft = event(&tag, &start.to_string(), &end.to_string());
        let mut made = self.thing(self.event_form(), &tag, mailbox, Side::Mail);
        made.ends = Some(end);
        made.wish = match self.chaos.below(10) {
            0 => Wish::Private,
            1 => Wish::Unasked,
            _ => Wish::Mirrored,
        };
        if made.wish != Wish::Unasked {
            draft = marked(draft, &[made.form.category]);
        }
        if made.wish == Wish::Private {
            draft.properties.insert("Sensitivity", text("Private"));
        }
        let sending = match made.wish == Wish::Mirrored && self.chaos.happens(400) {
            true => {
                let colleague = if mailbox == ANNA { BERND } else { ANNA };
                let invited = Value::Attendees(vec![attendee(colleague)]);
                draft.properties.insert("RequiredAttendees", invited);
                made.invited = true;
                Sending::ALL
            }
            false => Sending::NONE,
        };
        self.world.make(mailbox, "calendar", draft, sending);
        let told = format!("make {} {tag} {:?}", made.form.record, made.wish);
        self.things.push(made);
        told
    }

    pub(super) fn make_record(&mut self) -> String {
        let (tag, mailbox) = (self.tag(), self.mailbox());
        let owner = CrmValue::text(self.world.employee(mailbox));
        let is_task = self.chaos.happens(400);
        let form = if is_task { TASK } else { self.event_form() };
        let mut made = self.thing(form, &tag, mailbox, Side::Crm);
        let mut fields = vec![(form.name.1, CrmValue::text(tag.clone()))];
        fields.extend(form.owners.map(|name| (name, owner.clone())));
        if let Some((from, to)) = form.times {
            let (start, end) = self.soon();
            let at = |at: Timestamp| CrmValue::Instant(at.as_microsecond());
            fields.extend([(from, at(start)), (to, at(end))]);
            made.ends = Some(end);
        }
        self.world.record(form.set, &fields);
        self.things.push(made);
        format!("make record {} {tag}", form.record)
    }
}
