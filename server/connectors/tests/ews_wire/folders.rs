//! What comes in about folders: changes, pulses, moves, searches, the dry run.

use ssi_connectors::{ews::Ews, http::CallMeter, readonly::ReadOnly};
use ssi_domain::{
    Cursor, FolderId, ItemId, Version,
    port::{Change, FolderRole, ItemClass, ItemWrite, Mailbox, MailboxSetup},
};

use crate::support::{Canned, Exchange, collections, failure, message, response, success};

#[tokio::test]
async fn changes_come_in_order_with_what_the_listing_says() {
    let page = "<m:SyncState>s1</m:SyncState><m:IncludesLastItemInRange>false</m:IncludesLastItemInRange>\
        <m:Changes><t:Create><t:Message><t:ItemId Id=\"a\" ChangeKey=\"1\"/><t:ItemClass>IPM.Note</t:ItemClass>\
        <t:DateTimeReceived>2026-11-02T10:00:05Z</t:DateTimeReceived>\
        <t:Categories><t:String>SAP</t:String></t:Categories></t:Message></t:Create>\
        <t:Update><t:MeetingRequest><t:ItemId Id=\"b\" ChangeKey=\"2\"/></t:MeetingRequest></t:Update>\
        <t:ReadFlagChange><t:ItemId Id=\"c\" ChangeKey=\"3\"/><t:IsRead>true</t:IsRead></t:ReadFlagChange>\
        <t:Delete><t:ItemId Id=\"d\" ChangeKey=\"4\"/></t:Delete></m:Changes>";
    let last = "<m:SyncState>s2</m:SyncState><m:IncludesLastItemInRange>true</m:IncludesLastItemInRange><m:Changes/>";
    let server = Exchange::start([
        Canned::xml(response("SyncFolderItems", &[success(page)])),
        Canned::xml(response(
            "SyncFolderItems",
            &[failure("ErrorInvalidPropertyRequest")],
        )),
        Canned::xml(response("SyncFolderItems", &[success(last)])),
    ])
    .await;
    let mailbox = server.mailbox();
    let folder = FolderId::new("in");
    let first = mailbox.changes(&folder, None).await.unwrap();
    assert!(first.more);
    assert_eq!(first.cursor, Cursor::new("s1"));
    let [Change::Upsert(a), Change::Upsert(b), Change::Gone(d)] = &first.changes[..] else {
        panic!("{:?}", first.changes)
    };
    assert_eq!(
        (a.id.as_str(), a.class.as_ref()),
        ("a", Some(&ItemClass::Message))
    );
    assert_eq!(a.categories.as_deref(), Some(&["SAP".to_owned()][..]));
    assert_eq!(
        (b.id.as_str(), &b.class, &b.categories),
        ("b", &None, &None)
    );
    assert_eq!(d.as_str(), "d");
    // A server that refuses the extra properties is asked for ids only, from then on.
    let second = mailbox.changes(&folder, Some(&first.cursor)).await.unwrap();
    assert!(!second.more && second.changes.is_empty());
    let bodies = server.bodies();
    assert!(bodies[1].contains("item:Categories") && bodies[1].contains(">s1<"));
    assert!(!bodies[2].contains("item:Categories"));
}

/// A listing that lacks what it must have is an error, never an empty page.
#[tokio::test]
async fn a_listing_without_state_or_ids_is_an_error() {
    let state = "<m:SyncState>s</m:SyncState>";
    let last = "<m:IncludesLastItemInRange>true</m:IncludesLastItemInRange>";
    let more = "<m:IncludesLastItemInRange>false</m:IncludesLastItemInRange>";
    for inner in [
        String::new(),
        state.to_owned(),
        last.to_owned(),
        format!("{state}{last}<m:Changes><t:Create><t:Message/></t:Create></m:Changes>"),
        format!("{state}{last}<m:Changes><t:Delete><t:ItemId Id=\"\"/></t:Delete></m:Changes>"),
        format!("{state}{more}<m:Changes/>"),
    ] {
        let server =
            Exchange::start([Canned::xml(response("SyncFolderItems", &[success(&inner)]))]).await;
        let cursor = Cursor::new("s");
        let page = server
            .mailbox()
            .changes(&FolderId::new("in"), Some(&cursor))
            .await;
        assert_eq!(
            page.expect_err(&inner).code(),
            "unreadable_answer",
            "{inner}"
        );
    }
}

#[tokio::test]
async fn the_pulse_is_equal_while_nothing_happens() {
    let folder = |total: u32, commit: &str, deleted: u32| {
        success(&format!(
            "<m:Folders><t:Folder><t:FolderId Id=\"f\"/><t:TotalCount>{total}</t:TotalCount>\
             <t:ExtendedProperty><t:ExtendedFieldURI PropertyTag=\"0x670a\" PropertyType=\"SystemTime\"/>\
             <t:Value>{commit}</t:Value></t:ExtendedProperty>\
             <t:ExtendedProperty><t:ExtendedFieldURI PropertyTag=\"0x670b\" PropertyType=\"Integer\"/>\
             <t:Value>{deleted}</t:Value></t:ExtendedProperty></t:Folder></m:Folders>"
        ))
    };
    let answer = |last: String| {
        let same = folder(1, "2026-11-02T10:00:00Z", 0);
        Canned::xml(response("GetFolder", &[same.clone(), same, last]))
    };
    let bare = success(
        "<m:Folders><t:Folder><t:FolderId Id=\"f\"/><t:TotalCount>1</t:TotalCount></t:Folder></m:Folders>",
    );
    let server = Exchange::start([
        answer(folder(5, "2026-11-02T10:00:00Z", 2)),
        answer(folder(5, "2026-11-02T10:00:00Z", 2)),
        answer(folder(5, "2026-11-02T10:00:01Z", 2)),
        answer(folder(5, "2026-11-02T10:00:00Z", 3)),
        answer(bare),
        answer(failure("ErrorItemNotFound")),
        answer(failure("ErrorInvalidPropertyRequest")),
    ])
    .await;
    let mailbox = server.mailbox();
    let folders = collections();
    let first = mailbox.pulse(&folders).await.unwrap();
    assert!(first.is_some());
    assert_eq!(mailbox.pulse(&folders).await.unwrap(), first);
    assert_ne!(mailbox.pulse(&folders).await.unwrap(), first);
    assert_ne!(mailbox.pulse(&folders).await.unwrap(), first);
    assert_eq!(mailbox.pulse(&folders).await.unwrap(), None);
    assert_eq!(mailbox.pulse(&folders).await.unwrap_err().code(), "gone");
    assert_eq!(mailbox.pulse(&folders).await.unwrap(), None);
    // Known by now not to work: no further call.
    assert_eq!(mailbox.pulse(&folders).await.unwrap(), None);
    assert_eq!(server.asked().len(), 7);
}

/// Exchange tells whole seconds: a second change within the same one would not be seen.
#[tokio::test]
async fn a_change_of_this_very_second_gives_no_pulse() {
    let folder = success(
        "<m:Folders><t:Folder><t:FolderId Id=\"f\"/><t:TotalCount>1</t:TotalCount>\
         <t:ExtendedProperty><t:ExtendedFieldURI PropertyTag=\"0x670A\" PropertyType=\"SystemTime\"/>\
         <t:Value>2026-11-02T10:00:00Z</t:Value></t:ExtendedProperty>\
         <t:ExtendedProperty><t:ExtendedFieldURI PropertyTag=\"0x670B\" PropertyType=\"Integer\"/>\
         <t:Value>0</t:Value></t:ExtendedProperty></t:Folder></m:Folders>",
    );
    let answer = |date: &str| {
        let folders = [folder.clone(), folder.clone(), folder.clone()];
        Canned::xml(response("GetFolder", &folders)).header("date", date)
    };
    let server = Exchange::start([
        answer("Mon, 02 Nov 2026 10:00:00 GMT"),
        answer("Mon, 02 Nov 2026 10:00:01 GMT"),
        answer("Mon, 02 Nov 2026 10:00:02 GMT"),
    ])
    .await;
    let mailbox = server.mailbox();
    assert_eq!(mailbox.pulse(&collections()).await.unwrap(), None);
    assert_eq!(mailbox.pulse(&collections()).await.unwrap(), None);
    assert!(mailbox.pulse(&collections()).await.unwrap().is_some());
}

#[tokio::test]
async fn a_move_gives_the_new_id_or_says_that_it_does_not_know() {
    let server = Exchange::start([Canned::xml(response(
        "MoveItem",
        &[
            success(&message("new", "")),
            success("<m:Items/>"),
            failure("ErrorItemNotFound"),
        ],
    ))])
    .await;
    let to = FolderId::new("sap");
    let writes = ["a", "b", "c"].map(|id| ItemWrite::Move {
        item: ItemId::new(id),
        to: to.clone(),
    });
    let done = server.mailbox().put(&writes).await.unwrap();
    let first = done[0].as_ref().unwrap();
    assert_eq!(
        (first.id.as_str(), &first.version),
        ("new", &Some(Version::new("ck-new")))
    );
    assert_eq!(done[1].as_ref().unwrap_err().code(), "outcome_unknown");
    assert_eq!(done[2].as_ref().unwrap_err().code(), "gone");
}

#[tokio::test]
async fn message_ids_are_found_over_all_folders_and_pages() {
    let hits = |ids: &[&str], last: bool| {
        let items: String = ids
            .iter()
            .map(|id| format!("<t:Message><t:ItemId Id=\"{id}\"/></t:Message>"))
            .collect();
        success(&format!(
            "<m:RootFolder IndexedPagingOffset=\"{}\" TotalItemsInView=\"9\" IncludesLastItemInRange=\"{last}\">\
             <t:Items>{items}</t:Items></m:RootFolder>",
            ids.len()
        ))
    };
    let server = Exchange::start([
        Canned::xml(response(
            "FindItem",
            &[hits(&["a"], true), hits(&[], true), hits(&["b"], false)],
        )),
        Canned::xml(response("FindItem", &[hits(&["c"], true)])),
        Canned::xml(response(
            "FindItem",
            &[
                hits(&[], true),
                failure("ErrorAccessDenied"),
                hits(&[], true),
            ],
        )),
    ])
    .await;
    let mailbox = server.mailbox();
    let found = mailbox
        .find_by_message_id("<m@x>", &collections())
        .await
        .unwrap();
    let ids: Vec<&str> = found.iter().map(ItemId::as_str).collect();
    assert_eq!(ids, ["a", "b", "c"]);
    // A folder that cannot be searched is not a folder without hits.
    assert!(
        mailbox
            .find_by_message_id("<m@x>", &collections())
            .await
            .is_err()
    );
}

#[tokio::test]
async fn a_dry_run_finds_folders_and_writes_nothing() {
    let folder = |id: &'static str| {
        success(&format!(
            "<m:Folders><t:Folder><t:FolderId Id=\"{id}\"/><t:DisplayName>x</t:DisplayName></t:Folder></m:Folders>"
        ))
    };
    let none =
        success("<m:RootFolder IncludesLastItemInRange=\"true\"><t:Folders/></m:RootFolder>");
    let server = Exchange::start([
        Canned::xml(response(
            "GetFolder",
            &["in", "out", "cal", "tas", "con", "bin"].map(folder),
        )),
        Canned::xml(response("FindFolder", std::slice::from_ref(&none))),
        Canned::xml(response("FindFolder", &[none])),
    ])
    .await;
    let mailbox = ReadOnly::new(Ews::new(server.config(), CallMeter::new()).unwrap());
    let setup = MailboxSetup {
        own_folders: vec![(FolderRole::Saved, "SAP E-Mails".to_owned())],
        categories: vec![("Sync Error".to_owned(), 0)],
        known: None,
    };
    let found = mailbox.prepare(&setup).await.unwrap();
    assert_eq!(found.folders.len(), 5);
    let write = ItemWrite::Move {
        item: ItemId::new("a"),
        to: FolderId::new("x"),
    };
    let outcomes = mailbox.put(&[write]).await.unwrap();
    assert_eq!(outcomes[0].as_ref().unwrap_err().code(), "refused");
    assert_eq!(server.asked().len(), 3);
}
