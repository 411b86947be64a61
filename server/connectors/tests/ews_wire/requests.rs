//! What goes out: every request stands in the order of Microsoft's schema and says what it should.

use crate::{
    schema,
    support::{Canned, Exchange, collections, failure, fault, message, response, success},
};
use ssi_connectors::{
    ews::{Ews, ServerVersion},
    http::CallMeter,
};
use ssi_domain::{
    AttachmentId, Cursor, FolderId, ItemId, Kind, RecordId, RecordRef, Version,
    port::{FolderRole, ItemWrite, LinkStamp, Mailbox, MailboxSetup, Shape},
};

fn check_order_of(requests: &[&str]) {
    for request in requests {
        schema::check(request);
    }
}

/// The checker itself must refuse what the schema refuses, or it proves nothing.
#[test]
fn the_checker_knows_order_names_and_values() {
    let get_item = |inner: &str| {
        format!(
            "<s:Envelope xmlns:s='u'><s:Body><m:GetItem>{inner}</m:GetItem></s:Body></s:Envelope>"
        )
    };
    let shape = "<m:ItemShape><t:BaseShape>IdOnly</t:BaseShape></m:ItemShape>";
    let ids = "<m:ItemIds><t:ItemId Id='a'/></m:ItemIds>";
    check_order_of(&[&get_item(&format!("{shape}{ids}"))]);
    for bad in [
        format!("{ids}{shape}"),
        shape.to_owned(),
        format!("{shape}{}", ids.replace("Id='a'", "")),
        format!("{shape}{}", ids.replace("Id=", "Ident=")),
        format!("{}{ids}", shape.replace("IdOnly", "Everything")),
        format!("{shape}{ids}<m:More/>"),
        format!(
            "{}{ids}",
            shape.replace(
                "</t:BaseShape>",
                "</t:BaseShape><t:AdditionalProperties><t:FieldURI FieldURI='item:Nonsense'/>\
                 </t:AdditionalProperties>"
            )
        ),
    ] {
        let request = get_item(&bad);
        let refused = std::panic::catch_unwind(|| schema::check(&request));
        assert!(refused.is_err(), "{bad}");
    }
}

/// The vendor's own requests pass the checker where the index says that they are valid.
#[test]
fn the_checker_takes_the_vendors_requests() {
    let root =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/ews/docs");
    let index = std::fs::read_to_string(root.join("INDEX.tsv")).unwrap();
    let mut checked = 0;
    for line in index.lines() {
        let columns: Vec<&str> = line.split('\t').collect();
        let ours = [
            "GetItem/",
            "UpdateItem/",
            "MoveItem/",
            "SyncFolderItems/",
            "FindItem/",
            "FindFolder/",
            "GetFolder/",
            "CreateFolder/",
            "CreateItem/",
            "DeleteItem/",
            "GetAttachment/",
            "GetUserConfiguration/",
        ];
        if columns[0].ends_with(".request.xml")
            && ours.iter().any(|folder| columns[0].starts_with(folder))
            && columns[5] == "yes"
        {
            let request = std::fs::read_to_string(root.join(columns[0])).unwrap();
            // Answers to other items: the checker does not know their restricted types.
            if request.contains("ReferenceItemId") {
                continue;
            }
            schema::check(&request);
            checked += 1;
        }
    }
    assert!(checked > 50, "{checked}");
}

#[tokio::test]
async fn a_read_asks_for_the_fields_of_the_mapping_table_and_no_more() {
    let answer = Canned::xml(response("GetItem", &[success(&message("a", ""))]));
    let server = Exchange::start([answer.clone(), answer]).await;
    let mailbox = server.mailbox();
    mailbox
        .get(&[ItemId::new("a")], Shape::Headers)
        .await
        .unwrap();
    mailbox.get(&[ItemId::new("a")], Shape::Full).await.unwrap();
    let bodies = server.bodies();
    for uri in [
        "item:Subject",
        "message:From",
        "message:InternetMessageId",
        "item:Categories",
    ] {
        assert!(bodies[0].contains(&format!("FieldURI=\"{uri}\"")), "{uri}");
    }
    // INV-13: neither bodies nor attachments before the decision.
    for uri in ["item:Body", "item:Attachments", "MimeContent"] {
        assert!(!bodies[0].contains(uri), "{uri}");
    }
    assert!(bodies[1].contains("item:Body") && bodies[1].contains("item:Attachments"));
    assert!(!bodies[1].contains("MimeContent"));
}

#[tokio::test]
async fn headers_name_version_sign_in_and_mailbox() {
    let answer = Canned::xml(response("GetItem", &[success(&message("a", ""))]));
    let server = Exchange::start([answer]).await;
    let mut config = server.config();
    config.impersonate = Some("anna@example.com".to_owned());
    let meter = CallMeter::new();
    let mailbox = Ews::new(config, meter.clone()).unwrap();
    mailbox
        .get(&[ItemId::new("a")], Shape::Headers)
        .await
        .unwrap();
    let asked = &server.asked()[0];
    assert_eq!(asked.headers["authorization"], "Basic dXNlcjpzZWNyZXQ=");
    assert_eq!(asked.headers["x-anchormailbox"], "anna@example.com");
    assert_eq!(asked.headers["content-type"], "text/xml; charset=utf-8");
    assert!(
        asked
            .body
            .contains("<t:RequestServerVersion Version=\"Exchange2016\"/>")
    );
    assert!(asked.body.contains(
        "<t:ExchangeImpersonation><t:ConnectingSID><t:PrimarySmtpAddress>anna@example.com\
         </t:PrimarySmtpAddress></t:ConnectingSID></t:ExchangeImpersonation>"
    ));
    assert_eq!((meter.calls(), mailbox.calls()), (1, 1));
}

#[tokio::test]
async fn an_older_server_makes_us_step_down_once_and_remember() {
    let item = || Canned::xml(response("GetItem", &[success(&message("a", ""))]));
    let server = Exchange::start([
        Canned::status(500, fault("ErrorInvalidServerVersion", None)),
        Canned::xml(fault("ErrorIncorrectSchemaVersion", None)),
        Canned::xml(response(
            "GetItem",
            &[failure("ErrorInvalidSchemaVersionForMailboxVersion")],
        )),
        item(),
        item(),
    ])
    .await;
    let mailbox = server.mailbox();
    for _ in 0..2 {
        let items = mailbox
            .get(&[ItemId::new("a")], Shape::Headers)
            .await
            .unwrap();
        assert!(matches!(items[0], Ok(Some(_))));
    }
    let versions: Vec<String> = server
        .bodies()
        .iter()
        .map(|body| {
            body.split("Version=\"")
                .nth(1)
                .unwrap()
                .split('"')
                .next()
                .unwrap()
                .to_owned()
        })
        .collect();
    let expected = [
        "Exchange2016",
        "Exchange2013_SP1",
        "Exchange2013",
        "Exchange2010_SP2",
        "Exchange2010_SP2",
    ];
    assert_eq!(versions, expected);
}

#[tokio::test]
async fn nothing_newer_than_the_version_is_sent() {
    let server = Exchange::start([
        Canned::xml(response("UpdateItem", &[success(&message("a", ""))])),
        Canned::xml(response("GetItem", &[success(&message("a", ""))])),
    ])
    .await;
    let mut config = server.config();
    config.version = ServerVersion::Exchange2007Sp1;
    let mailbox = Ews::new(config, CallMeter::new()).unwrap();
    mailbox.put(&[mark("a", &["x"], None)]).await.unwrap();
    mailbox
        .get(&[ItemId::new("a")], Shape::Headers)
        .await
        .unwrap();
    let bodies = server.bodies();
    assert!(!bodies[0].contains("SuppressReadReceipts"), "{}", bodies[0]);
    assert!(!bodies[1].contains("ConversationId"), "{}", bodies[1]);
}

fn mark(id: &str, categories: &[&str], link: Option<LinkStamp>) -> ItemWrite {
    ItemWrite::Mark {
        item: ItemId::new(id),
        version: Version::new("ck"),
        categories: categories.iter().map(|one| (*one).to_owned()).collect(),
        link,
    }
}

/// INV-12, INV-2
#[tokio::test]
async fn a_mark_sets_categories_and_link_together_and_tells_nobody() {
    let server = Exchange::start([Canned::xml(response(
        "UpdateItem",
        &[success(&message("a", "")), success(&message("b", ""))],
    ))])
    .await;
    let record = RecordRef {
        kind: Kind::Email,
        id: RecordId::new("0011\"<"),
    };
    let link = LinkStamp {
        tenant: "main".to_owned(),
        record,
    };
    let writes = [
        mark("a&b", &["Rot & <Blau>", "SAP"], Some(link)),
        mark("b", &[], None),
    ];
    let done = server.mailbox().put(&writes).await.unwrap();
    assert_eq!(
        done[0].as_ref().unwrap().version,
        Some(Version::new("ck-a"))
    );
    let body = &server.bodies()[0];
    for part in [
        "SendMeetingInvitationsOrCancellations=\"SendToNone\"",
        "ConflictResolution=\"NeverOverwrite\" MessageDisposition=\"SaveOnly\" \
         SuppressReadReceipts=\"true\"",
        "<t:ItemId Id=\"a&amp;b\" ChangeKey=\"ck\"/>",
        "<t:String>Rot &amp; &lt;Blau&gt;</t:String><t:String>SAP</t:String>",
        "PropertyName=\"CrmLink\" PropertyType=\"String\"",
        "<t:DeleteItemField><t:FieldURI FieldURI=\"item:Categories\"/></t:DeleteItemField>",
    ] {
        assert!(body.contains(part), "{part} in {body}");
    }
}

#[tokio::test]
async fn every_operation_is_written_in_the_order_of_the_schema() {
    let server = Exchange::start([]).await;
    let mailbox = server.mailbox();
    let folders = collections();
    let folder = FolderId::new("in");
    let _ = mailbox.check().await;
    let _ = mailbox.pulse(&folders).await;
    let _ = mailbox.changes(&folder, None).await;
    let _ = mailbox.changes(&folder, Some(&Cursor::new("state"))).await;
    let _ = mailbox
        .find_by_message_id("<a&\"b@example.com>", &folders)
        .await;
    let _ = mailbox.content(&AttachmentId::new("att"), 10).await;
    let _ = mailbox.mime(&ItemId::new("a"), 10).await;
    let to = FolderId::new("sap");
    let _ = mailbox
        .put(&[ItemWrite::Move {
            item: ItemId::new("a"),
            to,
        }])
        .await;
    assert_eq!(server.asked().len(), 8);
}

#[tokio::test]
async fn preparing_makes_only_what_is_missing() {
    let folder = |id: &str, parent: &str, name: &str| {
        success(&format!(
            "<m:Folders><t:Folder><t:FolderId Id=\"{id}\" ChangeKey=\"k\"/>\
             <t:ParentFolderId Id=\"{parent}\"/><t:DisplayName>{name}</t:DisplayName></t:Folder></m:Folders>"
        ))
    };
    let none = success(
        "<m:RootFolder TotalItemsInView=\"0\" IncludesLastItemInRange=\"true\"><t:Folders/></m:RootFolder>",
    );
    let server = Exchange::start([
        Canned::xml(response(
            "GetFolder",
            &[
                folder("in", "root", "Posteingang"),
                folder("out", "root", "Gesendet"),
                folder("cal", "root", "Kalender"),
                failure("ErrorFolderNotFound"),
                folder("con", "root", "Kontakte"),
                folder("bin", "root", "Papierkorb"),
                folder("old", "bin", "SAP E-Mails"),
            ],
        )),
        Canned::xml(response("FindFolder", std::slice::from_ref(&none))),
        Canned::xml(response("FindFolder", &[none])),
        Canned::xml(response(
            "CreateFolder",
            &[folder("new", "root", "SAP E-Mails")],
        )),
        Canned::xml(response(
            "GetUserConfiguration",
            &[failure("ErrorItemNotFound")],
        )),
        Canned::xml(response("CreateUserConfiguration", &[success("")])),
    ])
    .await;
    let mut known = collections();
    known.folders[2].1 = FolderId::new("old");
    let setup = MailboxSetup {
        own_folders: vec![(FolderRole::Saved, "SAP E-Mails".to_owned())],
        categories: vec![("Sync Error".to_owned(), 0)],
        known: Some(known),
    };
    let found = server.mailbox().prepare(&setup).await.unwrap();
    let ids: Vec<&str> = found.folders.iter().map(|(_, id)| id.as_str()).collect();
    assert_eq!(ids, ["in", "out", "new", "cal", "con"]);
    let bodies = server.bodies();
    assert_eq!(bodies.len(), 6);
    assert!(bodies[5].contains("<t:UserConfigurationName Name=\"CategoryList\">"));
}
