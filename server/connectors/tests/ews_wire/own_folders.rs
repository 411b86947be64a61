//! Folders of our own, found again or made, and what is found in them.

use ssi_domain::{
    FolderId, Kind, RecordId, RecordRef,
    port::{Collections, FolderRole, LinkStamp, Mailbox, MailboxSetup},
};

use crate::support::{Canned, Exchange, collections, failure, response, success};

fn folder(id: &str, parent: &str, name: &str, class: &str) -> String {
    success(&format!(
        "<m:Folders><t:TasksFolder><t:FolderId Id=\"{id}\"/><t:ParentFolderId Id=\"{parent}\"/>\
         <t:FolderClass>{class}</t:FolderClass><t:DisplayName>{name}</t:DisplayName></t:TasksFolder></m:Folders>"
    ))
}

fn children(folders: &[(&str, &str, &str)]) -> Canned {
    let all: String = folders
        .iter()
        .map(|(id, name, class)| {
            format!(
                "<t:Folder><t:FolderId Id=\"{id}\"/><t:FolderClass>{class}</t:FolderClass>\
                 <t:DisplayName>{name}</t:DisplayName></t:Folder>"
            )
        })
        .collect();
    Canned::xml(response(
        "FindFolder",
        &[success(&format!(
            "<m:RootFolder IncludesLastItemInRange=\"true\"><t:Folders>{all}</t:Folders></m:RootFolder>"
        ))],
    ))
}

#[tokio::test]
async fn own_folders_are_found_by_id_then_by_name_and_made_where_they_belong() {
    let standard = ["in", "out", "cal", "tas", "con", "bin"];
    let mut got: Vec<String> = standard
        .iter()
        .map(|id| folder(id, "root", "x", ""))
        .collect();
    got.push(folder("mine", "root", "Renamed", "IPF.Note"));
    got.push(folder("thrown", "bin", "SAP Tasks", "IPF.Task"));
    let server = Exchange::start([
        Canned::xml(response("GetFolder", &got)),
        // Below the tasks, then at the top: a mail folder of the same name is not ours.
        children(&[]),
        children(&[
            ("mail", "SAP Tasks", "IPF.Note"),
            ("kunden", "sap contacts ", "IPF.Contact"),
        ]),
        Canned::xml(response(
            "CreateFolder",
            &[folder("made", "tas", "SAP Tasks", "IPF.Task")],
        )),
        // Below the contacts; the top is known by now.
        children(&[("acc", "SAP Accounts", "IPF.Contact.Custom")]),
    ])
    .await;
    let own = |role, name: &str| (role, name.to_owned());
    let setup = MailboxSetup {
        own_folders: vec![
            own(FolderRole::Saved, "SAP E-Mails"),
            own(FolderRole::OwnTasks, "SAP Tasks"),
            own(FolderRole::OwnContacts, "SAP Contacts"),
            own(FolderRole::OwnAccounts, "SAP Accounts"),
        ],
        categories: vec![],
        known: Some(Collections {
            folders: vec![
                (FolderRole::Saved, FolderId::new("mine")),
                (FolderRole::OwnTasks, FolderId::new("thrown")),
            ],
        }),
    };
    let found = server.mailbox().prepare(&setup).await.unwrap();
    let id = |role| found.folder(role).map(FolderId::as_str);
    assert_eq!(id(FolderRole::Saved), Some("mine"));
    assert_eq!(id(FolderRole::OwnTasks), Some("made"));
    assert_eq!(id(FolderRole::OwnContacts), Some("kunden"));
    assert_eq!(id(FolderRole::OwnAccounts), Some("acc"));
    assert_eq!(id(FolderRole::Calendar), Some("cal"));
    let roles: Vec<FolderRole> = found.folders.iter().map(|(role, _)| *role).collect();
    assert!(roles.is_sorted());
    let bodies = server.bodies();
    assert_eq!(bodies.len(), 5);
    assert!(bodies[3].contains("<t:DistinguishedFolderId Id=\"tasks\"/>"));
    assert!(bodies[3].contains("<t:FolderClass>IPF.Task</t:FolderClass>"));
}

/// A Message-ID is a question only mail folders understand.
#[tokio::test]
async fn message_ids_are_looked_for_in_mail_folders_only() {
    let none = success("<m:RootFolder IncludesLastItemInRange=\"true\"><t:Items/></m:RootFolder>");
    let answer = Canned::xml(response("FindItem", &[none.clone(), none.clone(), none]));
    let server = Exchange::start([answer]).await;
    let mut folders = collections();
    folders
        .folders
        .push((FolderRole::Calendar, FolderId::new("cal")));
    folders
        .folders
        .push((FolderRole::OwnContacts, FolderId::new("con")));
    let hits = server
        .mailbox()
        .find_by_message_id("<m@x>", &folders)
        .await
        .unwrap();
    assert!(hits.is_empty());
    let body = &server.bodies()[0];
    assert!(!body.contains("Id=\"cal\"") && !body.contains("Id=\"con\""));
}

/// An item of a listing with the text of a mark.
fn hit(id: &str, text: &str) -> String {
    format!(
        "<t:Task><t:ItemId Id=\"{id}\" ChangeKey=\"k\"/><t:ExtendedProperty><t:ExtendedFieldURI \
         PropertySetId=\"5b7a2f0e-3c64-4d0b-9c8e-6a1d0f4e7b21\" PropertyName=\"CrmLink\" \
         PropertyType=\"String\"/><t:Value>{text}</t:Value></t:ExtendedProperty></t:Task>"
    )
}

/// INV-9
#[tokio::test]
async fn items_are_found_by_the_exact_text_of_our_mark() {
    let link = LinkStamp {
        tenant: "main".to_owned(),
        record: RecordRef {
            kind: Kind::Task,
            id: RecordId::new("00ab"),
        },
    };
    let text = "{\"tenant\":\"main\",\"record\":{\"kind\":\"task\",\"id\":\"00ab\"}}";
    let items = [
        hit("same", text),
        hit("other case", &text.replace("00ab", "00AB")),
        hit("cut", &text[..20]),
        "<t:Task><t:ItemId Id=\"silent\"/></t:Task>".to_owned(),
    ]
    .concat();
    let page = success(&format!(
        "<m:RootFolder IncludesLastItemInRange=\"true\"><t:Items>{items}</t:Items></m:RootFolder>"
    ));
    let server = Exchange::start([
        Canned::xml(response("FindItem", &[page])),
        Canned::xml(response("FindItem", &[failure("ErrorAccessDenied")])),
    ])
    .await;
    let mailbox = server.mailbox();
    let folders = [FolderId::new("tas")];
    let found = mailbox.find_by_link(&link, &folders).await.unwrap();
    let ids: Vec<&str> = found.iter().map(ssi_domain::ItemId::as_str).collect();
    assert_eq!(ids, ["same", "cut", "silent"]);
    let body = &server.bodies()[0];
    assert!(body.contains("<t:IsEqualTo><t:ExtendedFieldURI PropertySetId="));
    assert!(body.contains(
        "Value=\"{&quot;tenant&quot;:&quot;main&quot;,&quot;record&quot;:{&quot;kind&quot;:&quot;task&quot;"
    ));
    // A folder that cannot be searched is not a folder without hits.
    assert!(mailbox.find_by_link(&link, &folders).await.is_err());
    assert!(mailbox.find_by_link(&link, &[]).await.unwrap().is_empty());
}

/// INV-1: a restored database asks for many marks in few searches.
#[tokio::test]
async fn many_marks_are_asked_for_together() {
    let links: Vec<LinkStamp> = (0..26)
        .map(|number| LinkStamp {
            tenant: "main".into(),
            record: RecordRef {
                kind: Kind::Task,
                id: RecordId::new(format!("00{number}")),
            },
        })
        .collect();
    let text = "{\"tenant\":\"main\",\"record\":{\"kind\":\"task\",\"id\":\"007\"}}";
    let found = format!(
        "{}{}",
        hit("seventh", text),
        hit("other", &text.replace("007", "0099"))
    );
    let page = |items: &str| {
        success(&format!(
            "<m:RootFolder IncludesLastItemInRange=\"true\"><t:Items>{items}</t:Items></m:RootFolder>"
        ))
    };
    let server = Exchange::start([
        Canned::xml(response("FindItem", &[page(&found)])),
        Canned::xml(response("FindItem", &[page("")])),
    ])
    .await;
    let mailbox = server.mailbox();
    let folders = [FolderId::new("tas")];
    let found = mailbox.find_by_links(&links, &folders).await.unwrap();
    let ids: Vec<&str> = found.iter().map(ssi_domain::ItemId::as_str).collect();
    assert_eq!(ids, ["seventh"]);
    let bodies = server.bodies();
    assert_eq!(bodies.len(), 2, "25 marks are one search");
    assert_eq!(bodies[0].matches("<t:IsEqualTo>").count(), 25);
    assert!(bodies[0].contains("<m:Restriction><t:Or><t:IsEqualTo>"));
    assert!(!bodies[1].contains("<t:Or>"), "one is none of several");
}
