//! Events, tasks and contacts on the wire: what clients have to say, and what they read back.

use super::{call, codes, find, sandbox};
use crate::Sandbox;
use crate::exchange::{Cause, EventEdit, NoticeKind, Pattern, Range, Recurrence};
use crate::xml::Element;

const ANNA: &str = "anna@sandbox.example";
const BERND: &str = "bernd@sandbox.example";

fn create(attributes: &str, item: &str) -> String {
    format!("<CreateItem {attributes}><Items>{item}</Items></CreateItem>")
}

async fn code(sandbox: &Sandbox, body: &str) -> String {
    codes(&call(sandbox, "anna", "", body).await).remove(0)
}

fn id_of(answer: &Element) -> String {
    let id = find(answer, "ItemId").expect("an id");
    let part = |name: &str| id.attribute(name).expect("id and change key").to_owned();
    format!("Id=\"{}\" ChangeKey=\"{}\"", part("Id"), part("ChangeKey"))
}

async fn made(sandbox: &Sandbox, header: &str, attributes: &str, item: &str) -> String {
    let answer = call(sandbox, "anna", header, &create(attributes, item)).await;
    assert_eq!(codes(&answer), ["NoError"], "{answer:?}");
    id_of(&answer)
}

async fn get(sandbox: &Sandbox, id: &str) -> Element {
    let body = format!(
        "<GetItem><ItemShape><BaseShape>AllProperties</BaseShape></ItemShape><ItemIds>{id}</ItemIds></GetItem>"
    );
    let answer = call(sandbox, "anna", "", &body).await;
    assert_eq!(codes(&answer), ["NoError"], "{answer:?}");
    find(&answer, "Items").expect("items").children[0].clone()
}

fn update(id: &str, attributes: &str, updates: &str) -> String {
    format!(
        "<UpdateItem {attributes}><ItemChanges><ItemChange><ItemId {id}/><Updates>{updates}</Updates></ItemChange>\
</ItemChanges></UpdateItem>"
    )
}

fn set(field: &str, kind: &str, content: &str) -> String {
    format!(
        "<SetItemField><FieldURI FieldURI=\"{field}\"/><{kind}>{content}</{kind}></SetItemField>"
    )
}

const QUIET: &str = "SendMeetingInvitations=\"SendToNone\"";
const QUIETLY: &str =
    "ConflictResolution=\"NeverOverwrite\" SendMeetingInvitationsOrCancellations=\"SendToNone\"";
const EVENT: &str = "<CalendarItem><Subject>x</Subject><Start>2026-12-01T09:00:00Z</Start><End>2026-12-01T10:00:00Z</End></CalendarItem>";

#[tokio::test]
async fn events_and_tasks_need_the_attributes_that_say_who_hears_of_it() {
    let sandbox = sandbox().await;
    assert_eq!(
        code(&sandbox, &create("", EVENT)).await,
        "ErrorSendMeetingInvitationsRequired"
    );
    let id = made(&sandbox, "", QUIET, EVENT).await;
    let subject = set("item:Subject", "CalendarItem", "<Subject>y</Subject>");
    let bare = update(&id, "ConflictResolution=\"AlwaysOverwrite\"", &subject);
    assert_eq!(
        code(&sandbox, &bare).await,
        "ErrorSendMeetingInvitationsOrCancellationsRequired"
    );
    let delete = |more: &str, id: &str| {
        format!(
            "<DeleteItem DeleteType=\"HardDelete\" {more}><ItemIds><ItemId {id}/></ItemIds></DeleteItem>"
        )
    };
    assert_eq!(
        code(&sandbox, &delete("", &id)).await,
        "ErrorSendMeetingCancellationsRequired"
    );
    let task = made(&sandbox, "", "", "<Task><Subject>t</Subject></Task>").await;
    assert_eq!(
        code(&sandbox, &delete("", &task)).await,
        "ErrorAffectedTaskOccurrencesRequired"
    );
    let quietly = delete("SendMeetingCancellations=\"SendToNone\"", &id);
    assert_eq!(code(&sandbox, &quietly).await, "NoError");
    let all = delete("AffectedTaskOccurrences=\"AllOccurrences\"", &task);
    assert_eq!(code(&sandbox, &all).await, "NoError");
}

#[tokio::test]
async fn times_without_a_zone_are_those_of_the_context_and_come_back_in_utc() {
    let sandbox = sandbox().await;
    let context =
        "<TimeZoneContext><TimeZoneDefinition Id=\"Pacific Standard Time\"/></TimeZoneContext>";
    let item = "<CalendarItem><Subject>x</Subject><Start>2026-07-01T09:00:00</Start><End>2026-07-01T10:00:00</End></CalendarItem>";
    let id = made(&sandbox, context, QUIET, item).await;
    let read = get(&sandbox, &format!("<ItemId {id}/>")).await;
    assert_eq!(read.child_text("Start"), Some("2026-07-01T16:00:00Z"));
    assert_eq!(
        read.child_text("StartWallClock"),
        Some("2026-07-01T09:00:00-07:00")
    );
    assert_eq!(
        read.child_text("StartTimeZoneId"),
        Some("Pacific Standard Time")
    );
    let zone = read
        .child("StartTimeZone")
        .and_then(|zone| zone.attribute("Id"));
    assert_eq!(zone, Some("Pacific Standard Time"));
    let unknown = "<TimeZoneContext><TimeZoneDefinition Id=\"Mittelerde\"/></TimeZoneContext>";
    let refused = call(&sandbox, "anna", unknown, &create(QUIET, item)).await;
    assert_eq!(codes(&refused), ["ErrorTimeZone"]);
    let strange = item.replace(
        "</End>",
        "</End><StartTimeZone Id=\"tzone://Microsoft/Custom\" Name=\"eigene\"><Periods>\
<Period Bias=\"-PT90M\" Name=\"Standard\" Id=\"s\"/></Periods></StartTimeZone>",
    );
    let id = made(&sandbox, "", QUIET, &strange).await;
    let read = get(&sandbox, &format!("<ItemId {id}/>")).await;
    assert_eq!(
        read.child_text("StartWallClock"),
        Some("2026-07-01T10:30:00+01:30")
    );
    assert!(read.path(&["StartTimeZone", "Periods", "Period"]).is_some());
}

#[tokio::test]
async fn what_the_server_says_about_an_event_cannot_be_written() {
    let sandbox = sandbox().await;
    let claims = "<CalendarItem><Subject>x</Subject><IsCancelled>true</IsCancelled></CalendarItem>";
    assert_eq!(
        code(&sandbox, &create(QUIET, claims)).await,
        "ErrorInvalidPropertySet"
    );
    let id = made(&sandbox, "", QUIET, EVENT).await;
    let uid = set("calendar:UID", "CalendarItem", "<UID>other</UID>");
    assert_eq!(
        code(&sandbox, &update(&id, QUIETLY, &uid)).await,
        "ErrorInvalidPropertySet"
    );
    let start = "<DeleteItemField><FieldURI FieldURI=\"calendar:Start\"/></DeleteItemField>";
    assert_eq!(
        code(&sandbox, &update(&id, QUIETLY, start)).await,
        "ErrorInvalidPropertyDelete"
    );
    let busy = set(
        "calendar:LegacyFreeBusyStatus",
        "CalendarItem",
        "<LegacyFreeBusyStatus>Perhaps</LegacyFreeBusyStatus>",
    );
    assert_eq!(
        code(&sandbox, &update(&id, QUIETLY, &busy)).await,
        "ErrorSchemaValidation"
    );
}

#[tokio::test]
async fn an_old_change_key_of_an_event_is_a_conflict() {
    let sandbox = sandbox().await;
    let id = made(&sandbox, "", QUIET, EVENT).await;
    let anna = sandbox.world().person(ANNA);
    let key = anna.events()[0].item.place;
    anna.set_categories(key, &["Rot"]).unwrap();
    let subject = set("item:Subject", "CalendarItem", "<Subject>y</Subject>");
    assert_eq!(
        code(&sandbox, &update(&id, QUIETLY, &subject)).await,
        "ErrorIrresolvableConflict"
    );
    assert_eq!(anna.event(key).unwrap().item.subject, "x");
    // What does not collide with the other writer is merged, if the client wants that.
    let merging = QUIETLY.replace("NeverOverwrite", "AutoResolve");
    assert_eq!(
        code(&sandbox, &update(&id, &merging, &subject)).await,
        "NoError"
    );
    let categories = "<Categories><String>Blau</String></Categories>";
    let categories = set("item:Categories", "CalendarItem", categories);
    assert_eq!(
        code(&sandbox, &update(&id, &merging, &categories)).await,
        "ErrorIrresolvableConflict"
    );
    let event = anna.event(key).unwrap();
    assert_eq!(
        (event.item.subject.as_str(), event.item.categories),
        ("y", vec!["Rot".to_owned()])
    );
}

#[tokio::test]
async fn an_event_is_found_by_its_clean_object_id() {
    let sandbox = sandbox().await;
    made(&sandbox, "", QUIET, EVENT).await;
    let id = made(&sandbox, "", QUIET, EVENT).await;
    let uri = "<ExtendedFieldURI DistinguishedPropertySetId=\"Meeting\" PropertyId=\"35\" PropertyType=\"Binary\"/>";
    let shape = format!(
        "<GetItem><ItemShape><BaseShape>IdOnly</BaseShape><AdditionalProperties>{uri}</AdditionalProperties>\
</ItemShape><ItemIds><ItemId {id}/></ItemIds></GetItem>"
    );
    let read = call(&sandbox, "anna", "", &shape).await;
    let value = find(&read, "Value").expect("the object id").text.clone();
    let search = format!(
        "<FindItem Traversal=\"Shallow\"><ItemShape><BaseShape>IdOnly</BaseShape></ItemShape><Restriction><IsEqualTo>{uri}\
<FieldURIOrConstant><Constant Value=\"{value}\"/></FieldURIOrConstant></IsEqualTo></Restriction>\
<ParentFolderIds><DistinguishedFolderId Id=\"calendar\"/></ParentFolderIds></FindItem>"
    );
    let found = call(&sandbox, "anna", "", &search).await;
    let root = find(&found, "RootFolder").expect("an answer");
    assert_eq!(root.attribute("TotalItemsInView"), Some("1"));
    assert_eq!(id_of(root), id);
}

#[tokio::test]
async fn occurrences_are_addressed_by_number_by_id_and_through_their_series() {
    let sandbox = sandbox().await;
    let start = jiff::civil::date(2026, 12, 1);
    let anna = sandbox.world().person(ANNA);
    anna.create_event(&EventEdit {
        subject: Some("täglich".to_owned()),
        start: "2026-12-01T09:00:00Z".parse().ok(),
        end: "2026-12-01T10:00:00Z".parse().ok(),
        recurrence: Some(Some(Recurrence {
            pattern: Pattern::Daily { interval: 1 },
            range: Range::Numbered { start, count: 3 },
        })),
        ..EventEdit::default()
    })
    .unwrap();
    let master = anna.events().remove(0).item.id;
    let third = format!("<OccurrenceItemId RecurringMasterId=\"{master}\" InstanceIndex=\"3\"/>");
    let read = get(&sandbox, &third).await;
    assert_eq!(read.child_text("CalendarItemType"), Some("Occurrence"));
    assert_eq!(read.child_text("Start"), Some("2026-12-03T09:00:00Z"));
    let id = read
        .child("ItemId")
        .and_then(|id| id.attribute("Id"))
        .unwrap();
    assert_ne!(id, master);
    let by_id = get(&sandbox, &format!("<ItemId Id=\"{id}\"/>")).await;
    assert_eq!(by_id, read);
    let series = get(
        &sandbox,
        &format!("<RecurringMasterItemId OccurrenceId=\"{id}\"/>"),
    )
    .await;
    assert_eq!(
        series.child_text("CalendarItemType"),
        Some("RecurringMaster")
    );
    let range = series.path(&["Recurrence", "NumberedRecurrence", "StartDate"]);
    assert_eq!(range.map(|day| day.text.as_str()), Some("2026-12-01+01:00"));
    let wrong = |id: &str| {
        format!(
            "<GetItem><ItemShape><BaseShape>IdOnly</BaseShape></ItemShape><ItemIds>{id}</ItemIds></GetItem>"
        )
    };
    let not_one = wrong(&format!(
        "<RecurringMasterItemId OccurrenceId=\"{master}\"/>"
    ));
    assert_eq!(
        code(&sandbox, &not_one).await,
        "ErrorCalendarCannotUseIdForRecurringMasterId"
    );
    let folder = "<ToFolderId><DistinguishedFolderId Id=\"deleteditems\"/></ToFolderId>";
    let go = format!("<MoveItem>{folder}<ItemIds><ItemId Id=\"{id}\"/></ItemIds></MoveItem>");
    assert_eq!(
        code(&sandbox, &go).await,
        "ErrorCalendarCannotMoveOrCopyOccurrence"
    );
    // An exception of its own: a category on one day only.
    let category = set(
        "item:Categories",
        "CalendarItem",
        "<Categories><String>Rot</String></Categories>",
    );
    let loud = "ConflictResolution=\"AlwaysOverwrite\" SendMeetingInvitationsOrCancellations=\"SendToNone\"";
    let change = update(&format!("Id=\"{id}\""), loud, &category);
    assert_eq!(code(&sandbox, &change).await, "NoError");
    let event = anna.events().remove(0);
    assert_eq!(event.exceptions[0].item.categories, ["Rot"]);
    assert_eq!(event.item.categories, Vec::<String>::new());
    let view = "<FindItem Traversal=\"Shallow\"><ItemShape><BaseShape>IdOnly</BaseShape></ItemShape>\
<CalendarView StartDate=\"2026-01-01T00:00:00Z\" EndDate=\"2029-01-01T00:00:00Z\"/>\
<ParentFolderIds><DistinguishedFolderId Id=\"calendar\"/></ParentFolderIds></FindItem>";
    assert_eq!(code(&sandbox, view).await, "ErrorCalendarViewRangeTooBig");
    let inbox = view
        .replace("2029", "2027")
        .replace("\"calendar\"", "\"inbox\"");
    assert_eq!(
        code(&sandbox, &inbox).await,
        "ErrorCalendarFolderIsInvalidForCalendarView"
    );
}

#[tokio::test]
async fn a_notice_names_the_program_that_caused_it() {
    let sandbox = sandbox().await;
    let guests = "<RequiredAttendees><Attendee><Mailbox><EmailAddress>bernd@sandbox.example</EmailAddress></Mailbox></Attendee>\
<Attendee><Mailbox><Name>Eva</Name><EmailAddress>eva@example.com</EmailAddress></Mailbox></Attendee></RequiredAttendees>";
    let meeting = EVENT.replace("</End>", &format!("</End>{guests}"));
    let id = made(
        &sandbox,
        "",
        "SendMeetingInvitations=\"SendOnlyToAll\"",
        &meeting,
    )
    .await;
    let [notice] = sandbox.world().notices().try_into().expect("one notice");
    let login = "anna".to_owned();
    assert_eq!(
        (notice.kind, notice.cause),
        (NoticeKind::Request, Cause::Ews { login })
    );
    assert_eq!(notice.recipients, [BERND, "eva@example.com"]);
    let subject = set("item:Subject", "CalendarItem", "<Subject>y</Subject>");
    let quiet = call(&sandbox, "anna", "", &update(&id, QUIETLY, &subject)).await;
    assert_eq!(sandbox.world().notices().len(), 1);
    let bernd = sandbox.world().person(BERND);
    assert_eq!(bernd.events()[0].item.subject, "x");
    let reference = id_of(&quiet).replace("Id=", "ReferenceItemId Id=");
    let reference = reference.trim_start_matches("ReferenceItemId ");
    let cancel = format!("<CancelCalendarItem><ReferenceItemId {reference}/></CancelCalendarItem>");
    let cancel = create("MessageDisposition=\"SendAndSaveCopy\"", &cancel);
    assert_eq!(code(&sandbox, &cancel).await, "NoError");
    assert!(bernd.events()[0].is_cancelled);
    let last = sandbox.world().notices().pop().expect("a cancellation");
    assert_eq!(last.kind, NoticeKind::Cancellation);
}

#[tokio::test]
async fn dictionary_entries_are_set_and_removed_one_by_one() {
    let sandbox = sandbox().await;
    let contact = "<Contact><GivenName>Eva</GivenName><Surname>Huber</Surname><EmailAddresses>\
<Entry Key=\"EmailAddress1\">eva@example.com</Entry></EmailAddresses></Contact>";
    let id = made(&sandbox, "", "", contact).await;
    let entry = |uri: &str, index: &str, content: &str| {
        let target = format!("<IndexedFieldURI FieldURI=\"{uri}\" FieldIndex=\"{index}\"/>");
        if content.is_empty() {
            return format!("<DeleteItemField>{target}</DeleteItemField>");
        }
        format!("<SetItemField>{target}<Contact>{content}</Contact></SetItemField>")
    };
    let street = "<PhysicalAddresses><Entry Key=\"Home\"><Street>Ring 1</Street></Entry></PhysicalAddresses>";
    let city =
        "<PhysicalAddresses><Entry Key=\"Home\"><City>Wien</City></Entry></PhysicalAddresses>";
    let phone = "<PhoneNumbers><Entry Key=\"Pager\">1</Entry></PhoneNumbers>";
    let updates = [
        entry("contacts:PhysicalAddress:City", "Home", city),
        entry("contacts:PhysicalAddress:Street", "Home", street),
        entry("contacts:PhoneNumber", "Pager", phone),
        entry("contacts:EmailAddress", "EmailAddress1", ""),
    ]
    .concat();
    let change = update(&id, "ConflictResolution=\"NeverOverwrite\"", &updates);
    assert_eq!(code(&sandbox, &change).await, "NoError");
    let id = id.split(" ChangeKey").next().unwrap();
    let read = get(&sandbox, &format!("<ItemId {id}/>")).await;
    assert!(read.child("EmailAddresses").is_none());
    let home = read.path(&["PhysicalAddresses", "Entry"]).unwrap();
    let parts: Vec<&str> = home
        .children
        .iter()
        .map(|part| part.name.as_str())
        .collect();
    assert_eq!(parts, ["Street", "City"], "in schema order");
    assert_eq!(read.path(&["PhoneNumbers", "Entry"]).unwrap().text, "1");
    assert_eq!(read.child_text("FileAs"), Some("Huber, Eva"));
    let name = read.path(&["CompleteName", "FullName"]);
    assert_eq!(name.map(|name| name.text.as_str()), Some("Eva Huber"));
}
