//! What Exchange answers when it will not do something: response code and text.
//! <https://learn.microsoft.com/exchange/client-developer/web-service-reference/responsecode>

/// A refusal with Exchange's own code and words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failure {
    /// `ResponseCode`.
    pub code: &'static str,
    /// `MessageText`.
    pub text: &'static str,
}

const fn failure(code: &'static str, text: &'static str) -> Failure {
    Failure { code, text }
}

impl Failure {
    /// The item is gone, was moved, or never was in this mailbox.
    pub const ITEM_NOT_FOUND: Self = failure(
        "ErrorItemNotFound",
        "The specified object was not found in the store.",
    );
    /// No such folder.
    pub const FOLDER_NOT_FOUND: Self = failure(
        "ErrorFolderNotFound",
        "The specified folder could not be found in the store.",
    );
    /// The folder to synchronise is gone.
    pub const SYNC_FOLDER_NOT_FOUND: Self = failure(
        "ErrorSyncFolderNotFound",
        "The folder to synchronize could not be found.",
    );
    /// A folder of that name exists.
    pub const FOLDER_EXISTS: Self = failure(
        "ErrorFolderExists",
        "A folder with the specified name already exists.",
    );
    /// Distinguished folders stay.
    pub const DISTINGUISHED_FOLDER: Self = failure(
        "ErrorDeleteDistinguishedFolder",
        "Distinguished folders cannot be deleted.",
    );
    /// A sync state that is broken, foreign or expired.
    pub const SYNC_STATE: Self = failure(
        "ErrorInvalidSyncStateData",
        "The synchronization state data is invalid.",
    );
    /// An object of that name exists.
    pub const ITEM_SAVE: Self = failure(
        "ErrorItemSave",
        "An attempt to save an item failed because it already exists.",
    );
    /// Id element without an id.
    pub const ID_EMPTY: Self = failure("ErrorInvalidIdEmpty", "Id must be non-empty.");
    /// Not an id.
    pub const ID_MALFORMED: Self = failure("ErrorInvalidIdMalformed", "Id is malformed.");
    /// Not a change key.
    pub const CHANGE_KEY: Self = failure("ErrorInvalidChangeKey", "The change key is invalid.");
    /// An item id was expected, a folder id came, or the other way round.
    pub const WRONG_OBJECT: Self = failure(
        "ErrorCannotUseItemIdForFolderId",
        "Id of one kind of object was used for another.",
    );
    /// Somebody else changed the item.
    pub const CONFLICT: Self = failure(
        "ErrorIrresolvableConflict",
        "The send or update operation could not be performed because the change key passed in the request does not match the current change key for the item.",
    );
    /// The operation needs a change key.
    pub const CHANGE_KEY_REQUIRED: Self = failure(
        "ErrorChangeKeyRequiredForWriteOperations",
        "The change key is required for this operation.",
    );
    /// No such mailbox.
    pub const NO_MAILBOX: Self = failure(
        "ErrorNonExistentMailbox",
        "The SMTP address has no mailbox associated with it.",
    );
    /// The account may not act for that mailbox.
    pub const IMPERSONATE_DENIED: Self = failure(
        "ErrorImpersonateUserDenied",
        "The account does not have permission to impersonate the requested user.",
    );
    /// The account may not open that.
    pub const ACCESS_DENIED: Self = failure(
        "ErrorAccessDenied",
        "Access is denied. Check credentials and try again.",
    );
    /// No such attachment.
    pub const ATTACHMENT_NOT_FOUND: Self = failure(
        "ErrorInvalidAttachmentId",
        "The attachment id is invalid or the attachment no longer exists.",
    );
    /// No such subscription.
    pub const SUBSCRIPTION: Self = failure("ErrorSubscriptionNotFound", "Subscription not found.");
    /// Too many subscriptions.
    pub const TOO_MANY_SUBSCRIPTIONS: Self = failure(
        "ErrorExceededSubscriptionCount",
        "The maximum number of subscriptions has been exceeded.",
    );
    /// A watermark nobody issued, or one that is too old.
    pub const WATERMARK: Self = failure(
        "ErrorInvalidWatermark",
        "The watermark used for creating this subscription was not found.",
    );
    /// The message is larger than the server takes.
    pub const TOO_BIG: Self = failure(
        "ErrorMessageSizeExceeded",
        "The message exceeds the maximum supported size.",
    );
    /// A message without any recipient cannot be sent.
    pub const NO_RECIPIENTS: Self = failure(
        "ErrorInvalidRecipients",
        "At least one recipient isn't valid.",
    );
    /// MIME content that is not base64.
    pub const MIME: Self = failure(
        "ErrorMimeContentInvalidBase64String",
        "The MIME content is not a valid base64 string.",
    );
    /// A request that makes no sense to the schema.
    pub const SCHEMA: Self = failure(
        "ErrorSchemaValidation",
        "The request failed schema validation.",
    );
    /// A request with parts that do not fit together.
    pub const REQUEST: Self = failure("ErrorInvalidRequest", "The request is invalid.");
    /// A name that matches nobody.
    pub const NO_RESULTS: Self = failure("ErrorNameResolutionNoResults", "No results were found.");
    /// A name that matches several.
    pub const MULTIPLE_RESULTS: Self = failure(
        "ErrorNameResolutionMultipleResults",
        "Multiple results were found.",
    );
    /// A field that cannot be set.
    pub const SET_PROPERTY: Self = failure(
        "ErrorInvalidPropertySet",
        "Set action is invalid for property.",
    );
    /// A time zone nobody knows, without rules of its own.
    pub const TIME_ZONE: Self = failure("ErrorTimeZone", "The time zone isn't valid.");
    /// A recurrence that makes no sense.
    pub const RECURRENCE: Self = failure(
        "ErrorCalendarInvalidRecurrence",
        "The recurrence is invalid.",
    );
    /// A date or number an event or a task cannot have.
    pub const CALENDAR_VALUE: Self = failure(
        "ErrorCalendarInvalidPropertyValue",
        "The calendar property has an invalid value.",
    );
    /// An event that ends before it begins.
    pub const END_BEFORE_START: Self = failure(
        "ErrorCalendarEndDateIsEarlierThanStartDate",
        "EndDate is earlier than StartDate.",
    );
    /// An event longer than five years.
    pub const TOO_LONG: Self = failure(
        "ErrorCalendarDurationIsTooLong",
        "The duration of the calendar item is too long.",
    );
    /// A recurrence that falls on no day.
    pub const NO_OCCURRENCE: Self = failure(
        "ErrorRecurrenceHasNoOccurrence",
        "The recurrence has no occurrences in the specified range.",
    );
    /// An event longer than the pause between its occurrences.
    pub const SPAN_TOO_BIG: Self = failure(
        "ErrorOccurrenceTimeSpanTooBig",
        "The time span of an occurrence exceeds the interval of the recurrence.",
    );
    /// An occurrence moved onto or over its neighbour.
    pub const OCCURRENCE_CROSSING: Self = failure(
        "ErrorOccurrenceCrossingBoundary",
        "Modified occurrence is crossing or overlapping adjacent occurrence.",
    );
    /// There is no occurrence of that number.
    pub const OCCURRENCE_INDEX: Self = failure(
        "ErrorCalendarOccurrenceIndexIsOutOfRecurrenceRange",
        "Occurrence index is out of recurrence range.",
    );
    /// The occurrence of that number was deleted.
    pub const OCCURRENCE_DELETED: Self = failure(
        "ErrorCalendarOccurrenceIsDeletedFromRecurrence",
        "Occurrence with this index was previously deleted from the recurrence.",
    );
    /// OccurrenceItemId for something that is no series.
    pub const NOT_A_MASTER: Self = failure(
        "ErrorCalendarCannotUseIdForOccurrenceId",
        "The RecurringMasterId is not the id of a recurring master.",
    );
    /// RecurringMasterItemId for something that is no occurrence.
    pub const NOT_AN_OCCURRENCE: Self = failure(
        "ErrorCalendarCannotUseIdForRecurringMasterId",
        "The OccurrenceId is not the id of an occurrence of a recurring calendar item.",
    );
    /// Occurrences cannot leave their series.
    pub const MOVE_OCCURRENCE: Self = failure(
        "ErrorCalendarCannotMoveOrCopyOccurrence",
        "Moving or copying a calendar occurrence is not supported.",
    );
    /// More than two years in a calendar view.
    pub const VIEW_TOO_BIG: Self = failure(
        "ErrorCalendarViewRangeTooBig",
        "The calendar view window exceeds two years.",
    );
    /// A calendar view of another kind of folder.
    pub const NO_CALENDAR_FOLDER: Self = failure(
        "ErrorCalendarFolderIsInvalidForCalendarView",
        "A calendar view can only be requested for a calendar folder.",
    );
    /// SendMeetingInvitations is missing.
    pub const INVITATIONS_REQUIRED: Self = failure(
        "ErrorSendMeetingInvitationsRequired",
        "SendMeetingInvitations attribute is required for calendar items.",
    );
    /// SendMeetingInvitationsOrCancellations is missing.
    pub const UPDATES_REQUIRED: Self = failure(
        "ErrorSendMeetingInvitationsOrCancellationsRequired",
        "SendMeetingInvitationsOrCancellations attribute is required for calendar items.",
    );
    /// SendMeetingCancellations is missing.
    pub const CANCELLATIONS_REQUIRED: Self = failure(
        "ErrorSendMeetingCancellationsRequired",
        "SendMeetingCancellations attribute is required for calendar items.",
    );
    /// AffectedTaskOccurrences is missing.
    pub const TASK_OCCURRENCES_REQUIRED: Self = failure(
        "ErrorAffectedTaskOccurrencesRequired",
        "AffectedTaskOccurrences attribute is required for tasks.",
    );
    /// An event in a folder for something else.
    pub const NOT_A_CALENDAR: Self = failure(
        "ErrorCannotCreateCalendarItemInNonCalendarFolder",
        "Cannot create a calendar item in a folder that is not a calendar folder.",
    );
    /// A task in a folder for something else.
    pub const NOT_A_TASK_FOLDER: Self = failure(
        "ErrorCannotCreateTaskInNonTaskFolder",
        "Cannot create a task in a folder that is not a task folder.",
    );
    /// Only the organizer may do that.
    pub const NOT_ORGANIZER: Self = failure(
        "ErrorCalendarIsNotOrganizer",
        "The user must be the organizer of the meeting to perform this operation.",
    );
    /// The organizer cannot answer.
    pub const ORGANIZER_ACCEPTS: Self = failure(
        "ErrorCalendarIsOrganizerForAccept",
        "The organizer of the meeting cannot respond to it.",
    );
    /// A cancelled meeting cannot be answered.
    pub const CANCELLED_ACCEPTS: Self = failure(
        "ErrorCalendarIsCancelledForAccept",
        "The meeting was cancelled.",
    );
    /// Too many attendees.
    pub const TOO_MANY_ATTENDEES: Self = failure(
        "ErrorCalendarInvalidPropertyValue",
        "The meeting has too many attendees.",
    );
    /// Unknown `RequestServerVersion`.
    pub const SERVER_VERSION: Self = failure(
        "ErrorInvalidServerVersion",
        "The specified server version is invalid.",
    );
}
