//! Reason codes: the one closed list of why something was or was not done.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

macro_rules! reasons {
    ($($(#[$doc:meta])* $variant:ident = $code:literal, $text:literal;)+) => {
        /// Why something was or was not done. The codes are stable: they are stored, sent to clients
        /// and counted.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum ReasonCode {
            $($(#[$doc])* $variant,)+
        }

        impl ReasonCode {
            /// Every code.
            pub const ALL: &[ReasonCode] = &[$(ReasonCode::$variant,)+];

            /// The stable name, in snake case.
            pub fn as_str(self) -> &'static str {
                match self { $(ReasonCode::$variant => $code,)+ }
            }

            /// A sentence for the user that says what to do next where something can be done.
            pub fn text(self) -> &'static str {
                match self { $(ReasonCode::$variant => $text,)+ }
            }
        }
    };
}

reasons! {
    // What was decided.
    /// Route: the save button (EM-02).
    SavedByHand = "saved_by_hand", "Saved because you pressed Save.";
    /// Route: a wish left while composing (EM-02).
    SavedByWish = "saved_by_wish", "Saved because you asked for it while writing the message.";
    /// Route: the category (EM-20).
    SavedByCategory = "saved_by_category", "Saved because the message carries the category.";
    /// Route: our folder (EM-20).
    SavedByFolder = "saved_by_folder", "Saved because the message was put into the folder for saving.";
    /// Route: a tracked thread (EM-45).
    SavedByThread = "saved_by_thread", "Saved because it belongs to a thread you track. Untrack the thread to stop.";
    /// Route: auto-save (EM-30).
    SavedByAuto = "saved_by_auto", "Saved automatically because a known customer takes part. Block the address to stop.";
    /// The item is or was saved before (EM-01).
    AlreadySaved = "already_saved", "Already saved; a message is stored only once.";
    /// The item carries the mark of another tenant (SET-12).
    SavedInOtherTenant = "saved_in_other_tenant", "This message was saved to another system. Save it by hand to store it here as well.";
    /// Only headers were looked at; more must be read.
    HeadersNeeded = "headers_needed", "The message has to be looked at more closely.";
    /// The decision waits for a look-up of the participants (EM-30).
    MatchNeeded = "match_needed", "The participants have to be looked up in the CRM.";

    /// What was asked for needs a saved item.
    NotSaved = "not_saved", "The item is not saved in the CRM. Save it first.";
    /// The item is no event.
    NotAnEvent = "not_an_event", "This item is no event. Only events become appointments, visits or phone calls.";

    // Mirroring.
    /// Mirrored because of its category or folder (CAL-03, CON-01, TSK-02).
    MirrorAsked = "mirror_asked", "Kept in step with the CRM because of its category or folder.";
    /// Mirrored because automatic capturing takes it (CAL-10).
    MirrorAuto = "mirror_auto", "Kept in step with the CRM because events with known people are captured automatically.";
    /// Mirrored because a record of the CRM concerns the mailbox's owner (CAL-38).
    MirrorFromCrm = "mirror_from_crm", "Comes from the CRM, where you are its owner or organizer.";
    /// The record was made from an item of some mailbox: it never becomes a second one (INV-1).
    BornInMailbox = "born_in_mailbox", "The record was made from an item in a mailbox and is kept in step there.";
    /// Mirrored because a person pressed Save in the add-in.
    MirrorByHand = "mirror_by_hand", "Kept in step with the CRM because you pressed Save.";
    /// Both sides agree.
    InStep = "in_step", "Mailbox and CRM agree; nothing had to be written.";
    /// The record follows the item.
    RecordFollows = "record_follows", "The record in the CRM was brought up to date.";
    /// The item follows the record.
    ItemFollows = "item_follows", "The item in the mailbox was brought up to date.";
    /// Both sides changed one field to different values (INV-2).
    BothChanged = "both_changed", "Both sides were changed to different values. One was taken; look at the issue for the other.";
    /// Edited on one side, deleted on the other: it survives (INV-6).
    EditBeatsDelete = "edit_beats_delete", "It was deleted on one side and changed on the other. It was kept; delete it again if you meant it.";
    /// One side could not be read: nothing is decided (INV-5).
    NotReadable = "not_readable", "One side could not be read just now. Nothing was changed; it is tried again.";
    /// The user took the category off or moved the item out of the folder (CAL-07).
    Released = "released", "No longer kept in step because the category or folder was taken away. The record stays in the CRM.";
    /// The event left the time window (CAL-20).
    OutOfScope = "out_of_scope", "The event is too old to be kept in step.";
    /// The item is private and private ones are not stored (CAL-70).
    PrivateNotStored = "private_not_stored", "Private items are not stored in the CRM. Change the setting to store the bare time.";
    /// The item turned private; its record is not taken away for that (CAL-70, docs/decisions/0055).
    PrivateLeft = "private_left", "The item is private now, so it is no longer kept in step. Its record stays in the CRM as it was, because others use it there or deletions are switched off. Take the private mark off to go on, or remove the record in the CRM.";
    /// The item is private: only its time is stored (CAL-70).
    PrivatePlaceholder = "private_placeholder", "The item is private; the CRM holds its time and nothing else.";
    /// Deleted on the other side (CAL-51 to CAL-54, 5.3).
    DeletionFollows = "deletion_follows", "It was deleted or cancelled on the other side.";
    /// Deleted in the CRM; the item stays and is no longer kept in step (CAL-51, CAL-53).
    RecordGone = "record_gone", "The record is gone from the CRM. The item was kept and is no longer kept in step.";
    /// Deleted in the mailbox; by the settings the record stays (ours).
    ItemDeleted = "item_deleted", "The item is gone from the mailbox. By the settings the record stays in the CRM.";
    /// Restored because the kind is read only in the mailbox (CON-21, TSK-03).
    Restored = "restored", "Changes in the mailbox are not allowed for this kind; the state of the CRM was restored.";
    /// Uploading is not allowed for this kind (CON-20).
    ReadOnlyKind = "read_only_kind", "Records of this kind are read only here: the item stays in your mailbox and is not stored. Create the record in the CRM, or ask your administrator to lift the switch.";
    /// A task that is done for long (TSK-09).
    TaskOver = "task_over", "The task is done for longer than such tasks are kept in step.";
    /// The record names somebody else as organizer, owner or processor now (CAL-55).
    HandedOver = "handed_over", "The record belongs to somebody else now; their mailbox keeps it in step from now on.";
    /// A record that comes down to somebody else's mailbox (CAL-38).
    NamesAnother = "names_another", "The record comes down to the mailbox of whom it names.";
    /// The CRM knows no employee with the mailbox's address (CON-10).
    NoEmployee = "no_employee", "The CRM has no employee with this mailbox's address: nothing of its owner comes down, and what is made of its items has no owner. Enter the address at the employee in SAP Cloud for Customer, or correct it here; it is looked for again whenever the CRM's changes are read.";
    /// A record that the filter of its kind keeps out (CON-10).
    LeftByFilter = "left_by_filter", "Left in the CRM by the filter of its kind. Widen mirror.down for it to come down.";
    /// A record for which there is no room (CON-11).
    LeftByLimit = "left_by_limit", "Left in the CRM: the limit of its kind is reached. Raise the limit or narrow the filter; it comes down as soon as there is room.";
    /// Fields of records are shown in the text of meetings (SD-04).
    AttendeesSeeFields = "attendees_see_fields", "Fields of the record are shown in the text of meetings, and whoever takes part sees them, people outside too. Take them out of sync.mirror.smart_description if they should not.";
    /// Another mailbox writes for the record (CAL-37).
    OtherWriter = "other_writer", "The organizer's mailbox keeps this meeting in step.";
    /// Mirroring of this kind is switched off.
    KindOff = "kind_off", "This kind of item is not kept in step by the settings.";
    /// A series cannot be held by the CRM (CAL-60).
    RecurrenceNotHeld = "recurrence_not_held", "The CRM cannot hold this series. Single events can be stored one by one.";
    /// An occurrence comes down with its series and never as an event of its own (CAL-64).
    PartOfSeries = "part_of_series", "It is an occurrence of a series, and is kept in step where that series stands.";
    /// An occurrence was edited in the CRM and cannot be changed in this mailbox (CAL-64).
    OccurrenceStays = "occurrence_stays", "An occurrence of this series was changed in the CRM and cannot be changed here.";
    /// An occurrence was cancelled in the CRM and stays in this mailbox (CAL-51, CAL-53, CAL-54, CAL-64).
    OccurrenceKept = "occurrence_kept", "This occurrence was cancelled or deleted in the CRM. It was kept here, because the series was made in a mailbox or others take part. Delete the occurrence in Outlook if it does not take place.";
    /// An event became a series or a series a single event (CAL-62).
    FormChanged = "form_changed", "It became a series or a single event. Its record was made anew and the old one taken away.";
    /// The CRM has no code for the zone of an event (INV-16).
    ZoneShownAsUtc = "zone_shown_as_utc", "The CRM has no such time zone and shows the event in UTC. Its times are right on both sides.";
    /// The item lacks something the other side needs.
    FieldMissing = "field_missing", "A field that the other side needs is empty. Fill it in and the item is taken in the next session.";
    /// The times of an event make no sense.
    TimeImpossible = "time_impossible", "The event ends before it starts or lies outside the calendar. Correct its times.";
    /// Outside the window of automatic capturing (CAL-11).
    OutsideWindow = "outside_window", "The event lies outside the days that are captured automatically. Give it the category to store it.";
    /// Somebody stands on the record whom the meeting does not invite (CAL-39).
    AttendeeNotInvited = "attendee_not_invited", "Somebody stands on the record in the CRM whom your meeting does not invite. Invite them in Outlook, or take them off the record.";
    /// The former organizer's copy (CAL-35).
    TakenOver = "taken_over", "The organizer's mailbox keeps this meeting in step from now on.";

    /// An account was made for a contact's company (CON-33).
    AccountMade = "account_made", "No account was called like the contact's company, so one was created in the CRM. Please complete it.";
    /// No account was found for a contact's company, and the CRM refused a new one or the one made is gone (CON-33).
    AccountMissing = "account_missing", "No account could be found or made for the contact's company: the contact has none, or still the one it had. Create the account in the CRM and choose it in the contact, or correct the company.";
    /// A contact's company is unknown and accounts are read only (CON-23).
    AccountReadOnly = "account_read_only", "No account is called like the contact's company, and none is created because accounts are read only here. Create it in the CRM and choose it in the contact.";

    // Auto-resolving.
    /// Unknown attendees become parties of the CRM (RES-01).
    ResolvePlanned = "resolve_planned", "Unknown attendees are created in the CRM, as your organization chose.";
    /// The address is known to the CRM, be it an employee's or an obsolete record's (RES-01).
    ResolveKnown = "resolve_known", "The address is known to the CRM.";
    /// The address was resolved before; what became of it since is somebody's decision (RES-01).
    ResolveOnce = "resolve_once", "A record was made for this address before; it is not made again.";
    /// A record was made for an unknown attendee (RES-01).
    Resolved = "resolved", "A record was created for an unknown attendee. Please complete it.";
    /// The CRM refused the record of an unknown attendee.
    ResolveRefused = "resolve_refused", "The CRM refused the record of an unknown attendee. Create it by hand.";
    /// Nobody reads answers to the address (RES-01).
    ResolveNoReply = "resolve_no_reply", "Nobody sits behind this address: it takes no answers.";
    /// The address belongs to a function of a company (RES-01).
    ResolveRole = "resolve_role", "The address belongs to a department, not to a person.";
    /// The address belongs to a list or group (RES-01).
    ResolveList = "resolve_list", "The address belongs to a mailing list or group.";
    /// The address belongs to a room or device (RES-01).
    ResolveResource = "resolve_resource", "The address belongs to a room or device.";
    /// More unknown people than a meeting has: an audience (RES-01).
    ResolveCrowd = "resolve_crowd", "Too many unknown people take part; none of them was created.";
    /// An account is made for the company of an unknown attendee (RES-05).
    AccountPlanned = "account_planned", "An account is created for a company nobody knows, named after its domain.";
    /// The account of an unknown attendee's company is known (RES-05).
    AccountKnown = "account_known", "The account of the company is known.";
    /// The domain names no company (RES-05).
    NoCompanyDomain = "no_company_domain", "The address says nothing about a company.";

    // Why nothing was saved.
    /// E-mail saving is switched off (EM-04).
    SyncOff = "sync_off", "Saving of e-mails is switched off. Switch it on in the settings.";
    /// No route asks for it (INV-22).
    NotAsked = "not_asked", "Nothing asks for saving this message. Give it the category or press Save.";
    /// Not in Inbox, Sent or our folder (EM-03, EM-37).
    OutsideFolders = "outside_folders", "Only messages in Inbox, Sent Items and the folder for saving can be saved. Move the message there.";
    /// A report, receipt or meeting notice (EM-38).
    ServiceMessage = "service_message", "Delivery reports, receipts and meeting notices cannot be saved.";
    /// An item of a mail folder that is no message.
    NotAnEmail = "not_an_email", "This item is not an e-mail message and cannot be saved as one.";
    /// A draft that was not sent yet.
    NotSentYet = "not_sent_yet", "The message has not been sent yet. Send it first.";
    /// Older than the start of saving (EM-34).
    BeforeStart = "before_start", "Older than the start of automatic saving. Press Save to store it.";
    /// Only colleagues take part (EM-35).
    InternalOnly = "internal_only", "Only people of your own organization take part. Press Save to store it anyway.";
    /// Everybody outside is blocked, somebody by the organization (EM-36).
    BlockedByOrg = "blocked_by_org", "Your organization excluded the participants from automatic saving. Press Save to store it anyway.";
    /// Everybody outside is blocked by the user (EM-36).
    BlockedByUser = "blocked_by_user", "You excluded the participants from automatic saving. Remove them from your blocklist or press Save.";
    /// Nobody has an address that can be looked up.
    NoUsableAddress = "no_usable_address", "No participant has an address that can be looked up. Press Save to store it anyway.";
    /// Nobody is known to the CRM (EM-40).
    NoMatch = "no_match", "No participant is a known contact or individual customer. Create one or press Save.";

    /// The item was deleted or moved away between listing and reading.
    ItemGone = "item_gone", "The message was deleted or moved away before it could be looked at.";
    /// The item keeps failing and waits for somebody to act (INV-14).
    Parked = "parked", "The message could not be processed and was set aside. See its issue for the reason, then retry.";

    // Rules that let an item through.
    /// In one of the folders (EM-03).
    InFolders = "in_folders", "The message lies in a folder that is processed.";
    /// An ordinary message (EM-38).
    OrdinaryMessage = "ordinary_message", "The message is an ordinary e-mail.";
    /// Switched on (EM-04).
    SyncOn = "sync_on", "Saving of e-mails is switched on.";
    /// New enough (EM-34).
    NewEnough = "new_enough", "The message arrived after saving was started.";
    /// Somebody outside takes part (EM-35).
    ExternalFound = "external_found", "Somebody outside your organization takes part.";
    /// Some are blocked, others not (EM-39).
    SomeBlocked = "some_blocked", "Some participants are blocked; they are not linked, the others are.";
    /// Asked for although only internal or blocked people take part (BL-01).
    AskedAlthoughExcluded = "asked_although_excluded", "Stored because you asked for it, although its participants are internal or blocked; they are not linked.";
    /// Somebody is known to the CRM (EM-31).
    MatchFound = "match_found", "A participant is known to the CRM.";

    // Identity.
    /// The item has a Message-ID (EM-06).
    MessageId = "message_id", "Recognised by its Message-ID.";
    /// The item has no usable Message-ID; a digest stands for it (EM-06).
    NoMessageId = "no_message_id", "The message has no usable Message-ID; it is recognised by date, sender, subject and size.";
    /// The Message-ID already belongs to another mail (INV-1).
    MessageIdReused = "message_id_reused", "Another message with the same Message-ID was saved before; this one is stored as well.";
    /// Somebody else is saving the same item now (INV-1).
    HeldByOther = "held_by_other", "The same message is being saved by somebody else at this moment. Try again in a minute.";

    // Links.
    /// The party that is linked (LNK-02).
    Linked = "linked", "Linked to this record.";
    /// A candidate that lost to one of higher rank (LNK-05).
    LowerRank = "lower_rank", "Another record comes first.";
    /// A candidate of somebody who stands later on the item (LNK-05).
    StandsLater = "stands_later", "It belongs to somebody who stands later on the item.";
    /// A candidate of a kind that comes after the linked one's (LNK-05).
    KindAfter = "kind_after", "A record of another kind comes first.";
    /// A candidate found by less: a tag, an alias, a relation or a domain (LNK-05).
    WeakerProof = "weaker_proof", "Another record was found by a better match of the address.";
    /// A candidate that shares the address with one whose name fits (LNK-05).
    OtherName = "other_name", "Another record under this address has the name that stands on the item.";
    /// A candidate like the linked one, which is pinned.
    NotPinned = "not_pinned", "Another record like it is pinned.";
    /// A candidate that was created later than the linked one (LNK-05).
    CreatedLater = "created_later", "A record that was created earlier comes first.";
    /// An account found by domain where a better proof names one (LNK-05).
    BetterProof = "better_proof", "The account is known by more than the domain of the address.";
    /// Accounts found by a domain that several stand under (LNK-05).
    SeveralAccounts = "several_accounts", "Several accounts stand under the domain of the address. Choose one by hand.";
    /// A candidate that is obsolete in the CRM.
    Obsolete = "obsolete", "The record is obsolete in the CRM.";
    /// A candidate that is a colleague (LNK-06).
    EmployeeNotLinked = "employee_not_linked", "Colleagues are participants, never linked customers.";
    /// A candidate whose address is internal or blocked (LNK-05).
    AddressNotLinked = "address_not_linked", "The record belongs to an address that is internal or blocked.";
    /// A candidate of a kind this route does not link (EM-31).
    KindNotLinked = "kind_not_linked", "Records of this kind are not linked on this route.";
    /// Nobody to link; saved all the same (EM-40).
    SavedUnlinked = "saved_unlinked", "Stored without a link because no participant is known. Link it by hand.";
    /// Cleared in the dialog (EM-11).
    ClearedByUser = "cleared_by_user", "You cleared this record in the dialog.";
    /// Added by hand in the dialog (LNK-01).
    ChosenByHand = "chosen_by_hand", "You chose this record.";

    // Attachments.
    /// Stored (EM-50).
    AttachmentTaken = "attachment_taken", "The attachment is stored.";
    /// Saving of attachments is off (EM-04).
    AttachmentsOff = "attachments_off", "Saving of attachments is switched off. Switch it on in the settings.";
    /// Larger than the limit (EM-50).
    AttachmentTooLarge = "attachment_too_large", "The attachment is larger than the limit. Store it where it can be shared and link to it.";
    /// Extension prohibited (EM-51).
    AttachmentTypeProhibited = "attachment_type_prohibited", "Files of this type are not stored. Ask your key user if they should be.";
    /// Extension not on the list of allowed ones (EM-50).
    AttachmentTypeNotAllowed = "attachment_type_not_allowed", "Files of this type are not on the list of allowed types. Ask your key user to add it.";
    /// A small picture of the body (EM-51).
    AttachmentSignaturePicture = "attachment_signature_picture", "A small picture of the message text, taken for part of a signature.";
    /// An attached item or cloud link (EM-50).
    AttachmentNotAFile = "attachment_not_a_file", "An attached item or a link to a cloud file has no content of its own to store.";
    /// More attachments than the bound (EM-50).
    AttachmentTooMany = "attachment_too_many", "The message has more attachments than can be stored. Store the others by hand.";
    /// Its content cannot be read from the mailbox (INV-14).
    AttachmentUnreadable = "attachment_unreadable", "The mail server does not hand the attachment out. Store it by hand if it is needed.";
    /// The CRM refuses it (INV-14).
    AttachmentRefused = "attachment_refused", "The CRM refuses the attachment; the message is stored without it. Ask your key user about allowed files.";
    /// Cleared by the user (EM-11).
    AttachmentCleared = "attachment_cleared", "You cleared this attachment in the dialog.";
    /// Renamed to make the name usable or unique (EM-11).
    AttachmentRenamed = "attachment_renamed", "The file name was changed because it was empty, unsafe or used twice.";
    /// The copy of the whole message (EM-12).
    MessageCopyTaken = "message_copy_taken", "A copy of the whole message is stored with it.";

    // What was cut (INV-15).
    /// A value that the CRM cannot hold as it is (INV-15).
    ValueKept = "value_kept", "A value has no form in the CRM and stays in the mailbox only. Correct it there to have it stored.";
    /// A text was longer than the CRM takes (INV-15).
    TextCut = "text_cut", "A text was longer than the CRM takes; the rest stays in the mailbox only. Shorten it, or put the rest elsewhere.";
    /// More recipients than the CRM takes (INV-15).
    RecipientsCut = "recipients_cut", "The message has more recipients than the CRM takes; the first ones are stored.";
    /// An address too long or unreadable for the CRM (INV-15).
    RecipientUnusable = "recipient_unusable", "A recipient has no address the CRM could store; the name is kept in the mailbox only.";
    /// More participants than are looked at (INV-15).
    ParticipantsCut = "participants_cut", "The message has more participants than are looked up; the first ones are.";

    // Effects.
    /// The record was planned (EM-01).
    RecordPlanned = "record_planned", "A record is created in the CRM.";
    /// Links were planned (LNK-01).
    LinksPlanned = "links_planned", "Links are added to the record.";
    /// The item is marked (EM-21).
    MarkPlanned = "mark_planned", "The message is marked as saved.";
    /// The item goes back to the Inbox (EM-21).
    MovePlanned = "move_planned", "The message goes back to the Inbox.";
    /// The chosen fields of the record are shown below the item's text (SD-01).
    DescriptionSet = "description_set", "The fields of the record below the text were brought up to date.";
    /// The item is marked as failed (MBX-03).
    ErrorMarked = "error_marked", "The message could not be saved and is marked. See its issue for the reason.";
    /// A budget is exceeded; nothing was done (INV-7).
    BudgetExceeded = "budget_exceeded", "More would change than is allowed at once, so nothing was done. Check the list and confirm or ask your key user.";
    /// Within the budgets (INV-7).
    WithinBudget = "within_budget", "The changes are within the limits of a session.";
}

impl fmt::Display for ReasonCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text is not a reason code.
#[derive(Debug, thiserror::Error)]
#[error("unknown reason code {0:?}")]
pub struct UnknownReason(String);

impl FromStr for ReasonCode {
    type Err = UnknownReason;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .iter()
            .copied()
            .find(|code| code.as_str() == text)
            .ok_or_else(|| UnknownReason(text.to_owned()))
    }
}

impl Serialize for ReasonCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for ReasonCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_code_is_unique_snake_case_and_reads_back() {
        let mut seen = BTreeSet::new();
        for code in ReasonCode::ALL {
            let name = code.as_str();
            assert!(seen.insert(name), "{name} stands twice");
            assert!(
                name.chars().all(|c| c.is_ascii_lowercase() || c == '_'),
                "{name}"
            );
            assert_eq!(name.parse::<ReasonCode>().expect("known"), *code);
            let json = serde_json::to_string(code).expect("serialises");
            assert_eq!(
                serde_json::from_str::<ReasonCode>(&json).expect("reads back"),
                *code
            );
        }
        assert!("no_such_code".parse::<ReasonCode>().is_err());
    }

    #[test]
    fn every_text_is_a_sentence() {
        for code in ReasonCode::ALL {
            let text = code.text();
            assert!(text.ends_with('.') && text.len() > 15, "{code}: {text}");
            assert!(text.starts_with(char::is_uppercase), "{code}: {text}");
        }
    }
}
