//! Meetings: requests, updates and cancellations, the copies attendees get, and their answers
//! (MS-OXOCAL).

use jiff::Timestamp;

use super::attendee::Response;
use super::change::{Disposal, Place, apply};
use super::copies::{
    TRAVELS, associated, cancel_copy, cancelled_subject, clear_requests, live_by_uid, write_copy,
    write_occurrence,
};
use super::fields::Kind;
use super::ids::fingerprint;
use super::item::Draft;
use super::notice::{Actor, Notice, NoticeKind};
use super::property::{Address, Value};
use super::{Exchange, Failure};

/// Whom to tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// `SendToNone`.
    Nobody,
    /// `SendOnlyToAll`, `SendToAllAndSaveCopy`.
    Everybody,
    /// `SendOnlyToChanged`, `SendToChangedAndSaveCopy`: attendees who came or went.
    Changed,
}

/// Whether and how attendees are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sending {
    /// Whom.
    pub audience: Audience,
    /// A copy stays in Sent Items.
    pub keep_copy: bool,
}

impl Sending {
    /// Nobody hears of it.
    pub const NONE: Self = Self {
        audience: Audience::Nobody,
        keep_copy: false,
    };
    /// Everybody hears of it and a copy is kept, as Outlook sends.
    pub const ALL: Self = Self {
        audience: Audience::Everybody,
        keep_copy: true,
    };
}

/// What makes a change one that attendees have to answer anew.
const SIGNIFICANT: [&str; 4] = ["Start", "End", "Recurrence", "IsAllDayEvent"];

fn significant(before: &Draft, after: &Draft) -> bool {
    SIGNIFICANT
        .iter()
        .any(|name| before.properties.get(name) != after.properties.get(name))
}

/// A change of time gives the next sequence number, so that older messages are known to be out of date.
pub(super) fn count_sequence(before: &Draft, after: &mut Draft) {
    if significant(before, after) {
        let number = before.text("AppointmentSequenceNumber").parse::<u32>();
        let next = number.unwrap_or(0).saturating_add(1).to_string();
        let properties = &mut after.properties;
        properties.insert("AppointmentSequenceNumber", Value::Text(next));
    }
    let sent = Value::Bool(true);
    after.properties.insert("MeetingRequestWasSent", sent);
}

fn addresses(event: &Draft, organizer: &str) -> Vec<Address> {
    let mut found: Vec<Address> = Vec::new();
    for attendee in event.all_attendees() {
        let who = &attendee.who;
        let known = |one: &Address| one.email.eq_ignore_ascii_case(&who.email);
        if !who.email.eq_ignore_ascii_case(organizer) && !found.iter().any(known) {
            found.push(who.clone());
        }
    }
    found
}

fn without(list: &[Address], others: &[Address]) -> Vec<Address> {
    let among = |who: &Address| {
        let same = |other: &Address| other.email.eq_ignore_ascii_case(&who.email);
        others.iter().any(same)
    };
    list.iter().filter(|who| !among(who)).cloned().collect()
}

impl Exchange {
    /// Sends what has happened to a meeting to those it concerns; `before` is the event before an update.
    pub(super) fn send_meeting(
        &mut self,
        actor: &Actor,
        place: Place,
        kind: NoticeKind,
        sending: Sending,
        before: Option<&Draft>,
    ) -> Result<(), Failure> {
        let event = self.mailbox(&actor.mailbox)?.look(place)?;
        let now_invited = addresses(&event.data, &actor.mailbox);
        let was_invited = before.map(|before| addresses(before, &actor.mailbox));
        let (new, kept, gone) = match &was_invited {
            Some(was) => {
                let new = without(&now_invited, was);
                let kept = without(&now_invited, &new);
                (new, kept, without(was, &now_invited))
            }
            None if kind == NoticeKind::Request => (now_invited, Vec::new(), Vec::new()),
            None => (Vec::new(), now_invited, Vec::new()),
        };
        let kept = if sending.audience == Audience::Changed {
            Vec::new()
        } else {
            kept
        };
        let asks_again = before.is_none_or(|before| significant(before, &event.data));
        let one = |kind: NoticeKind, asks_again: bool| Outgoing {
            kind,
            place,
            keep_copy: sending.keep_copy,
            asks_again,
        };
        self.send_out(actor, &one(NoticeKind::Request, true), &event.data, &new)?;
        self.send_out(actor, &one(kind, asks_again), &event.data, &kept)?;
        self.send_out(
            actor,
            &one(NoticeKind::Cancellation, true),
            &event.data,
            &gone,
        )
    }

    fn send_out(
        &mut self,
        actor: &Actor,
        what: &Outgoing,
        event: &Draft,
        to: &[Address],
    ) -> Result<(), Failure> {
        if to.is_empty() {
            return Ok(());
        }
        let now = self.now();
        let occurrence = what.place.occurrence;
        let master = self.mailbox(&actor.mailbox)?.item(what.place.key);
        let series = master.map(|master| master.data.series.clone());
        let mailbox = self.mailbox_mut(&actor.mailbox)?;
        let owner = mailbox.owner();
        let mut message = message(event, what, &owner, to, mailbox.fresh_pair().0, now);
        if what.keep_copy
            && let Some(sent) = mailbox.distinguished("sentitems")
        {
            let mut copy = message.clone();
            copy.properties.insert("IsRead", Value::Bool(true));
            mailbox.insert(sent, copy, now)?;
            self.publish(&actor.mailbox);
        }
        message.properties.insert("IsRead", Value::Bool(false));
        for who in to {
            let Ok(mailbox) = self.mailbox_mut(&who.email) else {
                continue;
            };
            let copy = match (what.kind, occurrence) {
                (NoticeKind::Cancellation, _) => cancel_copy(mailbox, event, occurrence, now)?,
                (_, None) => {
                    let mut whole = event.clone();
                    whole.series = series.clone().unwrap_or_default();
                    Some(write_copy(mailbox, &whole, what.asks_again, now)?)
                }
                (_, Some(original)) => Some(write_occurrence(
                    mailbox,
                    event,
                    original,
                    what.asks_again,
                    now,
                )?),
            };
            let mut message = message.clone();
            if let Some(key) = copy {
                let link = associated(mailbox, key);
                message.properties.insert("AssociatedCalendarItemId", link);
            }
            self.publish(&who.email);
            self.deliver(&who.email, "inbox", message)?;
        }
        self.notices.push(Notice {
            at: now,
            from: actor.mailbox.to_ascii_lowercase(),
            cause: actor.cause.clone(),
            kind: what.kind,
            uid: event.text("UID").to_owned(),
            occurrence,
            recipients: to
                .iter()
                .map(|who| who.email.to_ascii_lowercase())
                .collect(),
        });
        Ok(())
    }

    /// The attendee answers a meeting: the copy keeps the answer, the organizer hears of it if `tell` says so,
    /// the request leaves the inbox, and a declined meeting leaves the calendar.
    ///
    /// # Errors
    /// `ErrorItemNotFound`, `ErrorCalendarIsOrganizerForAccept`, `ErrorCalendarIsCancelledForAccept`.
    pub fn respond(
        &mut self,
        actor: &Actor,
        place: Place,
        response: Response,
        tell: bool,
    ) -> Result<(), Failure> {
        let now = self.now();
        let mailbox = self.mailbox_mut(&actor.mailbox)?;
        let owner = mailbox.owner();
        let event = mailbox.look(place)?.data.clone();
        if event.flag("IsOrganizer") {
            return Err(Failure::ORGANIZER_ACCEPTS);
        }
        if event.flag("IsCancelled") {
            return Err(Failure::CANCELLED_ACCEPTS);
        }
        let mut answered = event.clone();
        let busy = match response {
            Response::Accept => "Busy",
            Response::Decline => "Free",
            _ => "Tentative",
        };
        let properties = &mut answered.properties;
        properties.insert("MyResponseType", Value::Text(response.name().to_owned()));
        properties.insert("AppointmentReplyTime", Value::Time(now));
        properties.insert("LegacyFreeBusyStatus", Value::Text(busy.to_owned()));
        answered.note_response(&owner.email, response, now);
        let uid = event.text("UID").to_owned();
        apply(mailbox, place, answered, now)?;
        clear_requests(mailbox, &uid, now)?;
        self.publish(&actor.mailbox);
        let organizer = event.mailboxes("Organizer").first().cloned();
        if let Some(organizer) = organizer.filter(|_| tell) {
            self.tell_organizer(actor, &event, place.occurrence, response, &organizer)?;
        }
        if response == Response::Decline {
            self.delete_item(actor, place, Disposal::Trash, Sending::NONE)?;
        }
        Ok(())
    }

    fn tell_organizer(
        &mut self,
        actor: &Actor,
        event: &Draft,
        occurrence: Option<Timestamp>,
        response: Response,
        organizer: &Address,
    ) -> Result<(), Failure> {
        let now = self.now();
        let mailbox = self.mailbox_mut(&actor.mailbox)?;
        let what = Outgoing {
            kind: NoticeKind::Response,
            place: Place { key: 0, occurrence },
            keep_copy: true,
            asks_again: false,
        };
        let owner = mailbox.owner();
        let to = [organizer.clone()];
        let mut message = message(event, &what, &owner, &to, mailbox.fresh_pair().0, now);
        let (class, prefix) = match response {
            Response::Accept => ("IPM.Schedule.Meeting.Resp.Pos", "Accepted: "),
            Response::Decline => ("IPM.Schedule.Meeting.Resp.Neg", "Declined: "),
            _ => ("IPM.Schedule.Meeting.Resp.Tent", "Tentative: "),
        };
        message.class = class.to_owned();
        let subject = format!("{prefix}{}", event.text("Subject"));
        let properties = &mut message.properties;
        properties.insert("Subject", Value::Text(subject));
        properties.insert("ResponseType", Value::Text(response.name().to_owned()));
        if let Some(sent) = mailbox.distinguished("sentitems") {
            let mut copy = message.clone();
            copy.properties.insert("IsRead", Value::Bool(true));
            mailbox.insert(sent, copy, now)?;
            self.publish(&actor.mailbox);
        }
        let uid = event.text("UID").to_owned();
        self.note_answer(&organizer.email, &uid, occurrence, &owner.email, response)?;
        if self.mailbox(&organizer.email).is_ok() {
            self.deliver(&organizer.email, "inbox", message)?;
        }
        self.notices.push(Notice {
            at: now,
            from: actor.mailbox.to_ascii_lowercase(),
            cause: actor.cause.clone(),
            kind: NoticeKind::Response,
            uid,
            occurrence,
            recipients: vec![organizer.email.to_ascii_lowercase()],
        });
        Ok(())
    }

    /// Writes an attendee's answer into the organizer's event, as the calendar attendant does when a response
    /// arrives. Nothing happens when there is no such event. Also how answers from outside the world come in.
    ///
    /// # Errors
    /// None that a caller could cause.
    pub fn note_answer(
        &mut self,
        organizer: &str,
        uid: &str,
        occurrence: Option<Timestamp>,
        who: &str,
        response: Response,
    ) -> Result<(), Failure> {
        let now = self.now();
        let Ok(mailbox) = self.mailbox_mut(organizer) else {
            return Ok(());
        };
        let Some(key) = live_by_uid(mailbox, uid) else {
            return Ok(());
        };
        let place = Place { key, occurrence };
        let Ok(event) = mailbox.look(place) else {
            return Ok(());
        };
        let mut event = event.data.clone();
        if event.flag("IsOrganizer") && event.note_response(who, response, now) {
            apply(mailbox, place, event, now)?;
        }
        self.publish(organizer);
        Ok(())
    }
}

/// One kind of message about one event.
pub(super) struct Outgoing {
    pub kind: NoticeKind,
    pub place: Place,
    pub keep_copy: bool,
    pub asks_again: bool,
}

pub(super) fn message(
    event: &Draft,
    what: &Outgoing,
    owner: &Address,
    to: &[Address],
    number: u64,
    now: Timestamp,
) -> Draft {
    let kind = match what.kind {
        NoticeKind::Request | NoticeKind::Update => Kind::MeetingRequest,
        NoticeKind::Cancellation => Kind::MeetingCancellation,
        NoticeKind::Response => Kind::MeetingResponse,
    };
    let mut message = Draft::new(kind);
    message.body = event.body.clone();
    for (name, value) in &event.properties {
        let allowed = TRAVELS.contains(name) && kind.field(name).is_some();
        if allowed {
            message.properties.insert(name, value.clone());
        }
    }
    let text = |text: &str| Value::Text(text.to_owned());
    let request_type = match (what.kind, what.asks_again) {
        (NoticeKind::Request, _) => "NewMeetingRequest",
        (_, true) => "FullUpdate",
        (_, false) => "InformationalUpdate",
    };
    let mut set = |name: &'static str, value: Value| {
        if kind.field(name).is_some() {
            message.properties.insert(name, value);
        }
    };
    if what.kind == NoticeKind::Cancellation {
        set("Subject", text(&cancelled_subject(event)));
    }
    set("From", Value::Mailbox(owner.clone()));
    set("Sender", Value::Mailbox(owner.clone()));
    set("ToRecipients", Value::Mailboxes(to.to_vec()));
    set("IsDraft", Value::Bool(false));
    set("IsOrganizer", Value::Bool(false));
    set("IsOutOfDate", Value::Bool(false));
    set("IsDelegated", Value::Bool(false));
    set("HasBeenProcessed", Value::Bool(true));
    set("MeetingRequestType", text(request_type));
    set(
        "IntendedFreeBusyStatus",
        text(event.text("LegacyFreeBusyStatus")),
    );
    set("MyResponseType", text("NoResponseReceived"));
    set("ResponseType", text("Unknown"));
    set("CalendarItemType", text(event.text("CalendarItemType")));
    set("DateTimeSent", Value::Time(now));
    set("DateTimeReceived", Value::Time(now));
    set("DateTimeStamp", Value::Time(now));
    if let Some(original) = what.place.occurrence {
        set("RecurrenceId", Value::Time(original));
    }
    let id = format!(
        "<{number}.{:x}@exchange.sandbox.example>",
        fingerprint(&owner.email)
    );
    set("InternetMessageId", Value::Text(id));
    set("ConversationTopic", text(event.text("Subject")));
    message.size = crate::mail::estimated_size(&message);
    message.conversation = crate::mail::conversation(&message);
    message
}
