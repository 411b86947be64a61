//! What the port of a mailbox watches for: what is read of an item, and what is written to it.

use ssi_domain::{ItemId, Kind, Record, port::Item as Told};
use ssi_sandbox::exchange::{Draft, Item, Kind as ItemKind, Mailbox};

use super::{
    letter::{KNOWN, Place},
    mailbox::SimMailbox,
    mark::stamp,
    thing::Side,
};

impl SimMailbox {
    /// INV-13: what is private, or what nobody asked for, is never read whole.
    pub(super) fn seen_whole(&self, mailbox: &Mailbox, item: &Item) {
        if item.data.kind == ItemKind::Message {
            return self.mail_is_read(item.data.text("Subject"), "whole");
        }
        let folder = mailbox.folder(item.folder);
        let own = folder.is_some_and(|folder| folder.name.starts_with("SAP "));
        let asked = own || !item.data.categories().is_empty() || stamp(&item.data).is_some();
        let private = item.data.text("Sensitivity") == "Private";
        // It may have asked when its headers were read, a moment ago.
        let id = ItemId::new(format!("i{}", item.key));
        let asked = asked || self.memory.asked(&self.address, &id);
        let subject = item.data.text("Subject");
        let asked = asked || self.chaos.watch().is_clicked(subject);
        if private || !asked {
            self.chaos
                .watch()
                .break_law(format!("INV-13: {subject} was read whole"));
        }
    }

    /// INV-11: what attendees see is written in the organizer's mailbox only.
    pub(super) fn written(&self, draft: &Draft, set: &Record) {
        let attendee = draft.properties.contains_key("IsOrganizer") && !draft.flag("IsOrganizer");
        if attendee && set.iter().next().is_some() {
            let subject = draft.text("Subject");
            self.chaos.watch().break_law(format!(
                "INV-11: an attendee's copy of {subject} was written"
            ));
        }
    }

    /// INV-18: what does not travel to the mailbox is not written there.
    pub(super) fn directed(&self, kind: Kind, fields: &Record) {
        if let Some(what) = self.chosen.against(kind, fields, Side::Mail) {
            let law = format!("INV-18: {what} was written in the mailbox");
            self.chaos.watch().break_law(law);
        }
    }

    /// INV-13: the body and the attachments of a mail that nobody asked for are never read.
    pub(super) fn mail_is_read(&self, subject: &str, how: &str) {
        let mut watch = self.chaos.watch();
        if !watch.is_asked(subject) {
            watch.break_law(format!("INV-13: {subject} was read {how}"));
        }
    }

    /// Notes which mails an answer shows as asked for: by category, by folder, or because somebody the CRM knows
    /// takes part.
    pub(super) fn shown(&self, told: Option<&Told>) {
        let Some(mail) = told.filter(|told| told.kind == Kind::Email) else {
            return;
        };
        let folder = mail.folder.as_ref().and_then(Self::folder);
        let exchange = self.world.exchange();
        let place = exchange
            .mailbox(&self.address)
            .ok()
            .zip(folder)
            .map_or(Place::Elsewhere, |(mailbox, folder)| {
                Place::of(mailbox, folder)
            });
        let people = ["from", "to", "cc"];
        let people = people.iter().flat_map(|name| mail.record.addresses(name));
        let known = people.into_iter().any(|who| who.address == KNOWN);
        let auto = self.chosen.settings.auto_save && known;
        if place.asks(&mail.categories, auto) {
            let subject = mail.record.text("subject");
            self.chaos.watch().show_asked(subject);
        }
    }
}
