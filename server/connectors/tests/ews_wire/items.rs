//! What comes in: items, from answers as different servers write them.

use ssi_domain::{
    Address, FolderId, ItemId, Kind, RecordId, TextFormat, Value, Version,
    port::{ItemClass, Mailbox, Shape},
};

use crate::support::{Canned, Exchange, failure, message, response, success};

const FULL: &str = "<t:ParentFolderId Id=\"in\" ChangeKey=\"x\"/><t:ItemClass>IPM.Note</t:ItemClass>\
    <t:Subject>R&#xE9;sum&#233;&#x0B; &amp; <![CDATA[<more>]]></t:Subject>\
    <t:Sensitivity>Private</t:Sensitivity>\
    <t:Body BodyType=\"HTML\" IsTruncated=\"false\">&lt;p&gt;Hi&lt;/p&gt;</t:Body>\
    <t:Attachments><t:FileAttachment><t:AttachmentId Id=\"f1\"/><t:Name>a.pdf</t:Name>\
    <t:ContentType>application/pdf</t:ContentType><t:Size>1234</t:Size><t:IsInline>false</t:IsInline>\
    </t:FileAttachment><t:FileAttachment><t:AttachmentId Id=\"f2\"/><t:Name/><t:IsInline>true</t:IsInline>\
    </t:FileAttachment><t:ItemAttachment><t:AttachmentId Id=\"i1\"/><t:Name>Re: x</t:Name></t:ItemAttachment>\
    <t:ReferenceAttachment><t:AttachmentId Id=\"r1\"/><t:Name>cloud</t:Name></t:ReferenceAttachment></t:Attachments>\
    <t:DateTimeReceived>2026-11-02T10:00:05Z</t:DateTimeReceived><t:Size>4711</t:Size>\
    <t:Categories><t:String>Blau</t:String><t:String>SAP Cloud for Customer</t:String></t:Categories>\
    <t:Importance>High</t:Importance><t:InReplyTo>&lt;p@x&gt;</t:InReplyTo>\
    <t:DateTimeSent>2026-11-02T10:00:00Z</t:DateTimeSent><t:HasAttachments>true</t:HasAttachments>\
    <t:ExtendedProperty><t:ExtendedFieldURI PropertySetId=\"5B7A2F0E-3C64-4D0B-9C8E-6A1D0F4E7B21\" \
    PropertyName=\"CrmLink\" PropertyType=\"String\"/><t:Value>{\"tenant\":\"main\",\"record\":\
    {\"kind\":\"email\",\"id\":\"00AB\"}}</t:Value></t:ExtendedProperty>\
    <t:ExtendedProperty><t:ExtendedFieldURI DistinguishedPropertySetId=\"InternetHeaders\" \
    PropertyName=\"x-ssi-wish\" PropertyType=\"String\"/><t:Value> wish-1 </t:Value></t:ExtendedProperty>\
    <t:ExtendedProperty><t:ExtendedFieldURI PropertyTag=\"0x5d01\" PropertyType=\"String\"/>\
    <t:Value>sender@example.com</t:Value></t:ExtendedProperty>\
    <t:ExtendedProperty><t:ExtendedFieldURI PropertyTag=\"23810\" PropertyType=\"String\"/>\
    <t:Value>from@example.com</t:Value></t:ExtendedProperty>\
    <t:ConversationId Id=\"conv\"/><t:UnknownThing><t:Deep><t:Deeper>x</t:Deeper></t:Deep></t:UnknownThing>\
    <t:Sender><t:Mailbox><t:Name>S</t:Name><t:EmailAddress>/O=ORG/OU=X/CN=S</t:EmailAddress>\
    <t:RoutingType>EX</t:RoutingType></t:Mailbox></t:Sender>\
    <t:ToRecipients><t:Mailbox><t:Name>Anna</t:Name><t:EmailAddress>anna@example.com</t:EmailAddress>\
    <t:RoutingType>SMTP</t:RoutingType></t:Mailbox><t:Mailbox><t:Name>Intern</t:Name>\
    <t:EmailAddress>/o=ORG/cn=I</t:EmailAddress><t:RoutingType>EX</t:RoutingType></t:Mailbox></t:ToRecipients>\
    <t:From><t:Mailbox><t:Name>F</t:Name><t:EmailAddress>/O=ORG/OU=X/CN=F</t:EmailAddress>\
    <t:RoutingType>EX</t:RoutingType></t:Mailbox></t:From>\
    <t:InternetMessageId>&lt;m1@example.com&gt;</t:InternetMessageId><t:References>&lt;a@x&gt; &lt;p@x&gt;</t:References>";

async fn one(answer: String) -> ssi_domain::port::Item {
    let server = Exchange::start([Canned::xml(answer)]).await;
    let items = server
        .mailbox()
        .get(&[ItemId::new("asked")], Shape::Full)
        .await
        .unwrap();
    items.into_iter().next().unwrap().unwrap().unwrap()
}

fn address(name: &str, address: &str) -> Address {
    Address {
        name: name.to_owned(),
        address: address.to_owned(),
    }
}

#[tokio::test]
async fn an_item_is_read_whole() {
    let item = one(response("GetItem", &[success(&message("a", FULL))])).await;
    let record = &item.record;
    assert_eq!(item.id, ItemId::new("asked"));
    assert_eq!(
        (item.version, item.kind),
        (Version::new("ck-a"), Kind::Email)
    );
    assert_eq!(
        (item.folder, item.class),
        (Some(FolderId::new("in")), ItemClass::Message)
    );
    assert_eq!(record.text("subject"), "Résumé  & <more>");
    assert_eq!(
        record.get("importance"),
        Some(&Value::Choice("high".to_owned()))
    );
    assert_eq!(
        record.get("sensitivity"),
        Some(&Value::Choice("private".to_owned()))
    );
    assert_eq!(record.text("message_id"), "<m1@example.com>");
    assert_eq!(record.text("in_reply_to"), "<p@x>");
    assert_eq!(record.text("references"), "<a@x> <p@x>");
    assert_eq!(record.text("conversation"), "conv");
    assert_eq!(
        record.get("sent_at"),
        Some(&Value::Instant("2026-11-02T10:00:00Z".parse().unwrap()))
    );
    let Some(Value::RichText(body)) = record.get("body") else {
        panic!("{record:?}")
    };
    assert_eq!(
        (body.format, body.text.as_str()),
        (TextFormat::Html, "<p>Hi</p>")
    );
    // Exchange-internal addresses: the hidden SMTP address where there is one, else as written.
    assert_eq!(
        record.addresses("from"),
        [&address("F", "from@example.com")]
    );
    assert_eq!(
        record.addresses("sender"),
        [&address("S", "sender@example.com")]
    );
    let to = [
        &address("Anna", "anna@example.com"),
        &address("Intern", "/o=ORG/cn=I"),
    ];
    assert_eq!(record.addresses("to"), to);
    assert_eq!(item.categories, ["Blau", "SAP Cloud for Customer"]);
    assert_eq!((item.size_bytes, item.has_attachments), (4711, true));
    let link = item.link.unwrap();
    assert_eq!(
        (link.tenant.as_str(), link.record.id),
        ("main", RecordId::new("00AB"))
    );
    assert_eq!(item.wish.as_deref(), Some("wish-1"));
    let files: Vec<(&str, bool, bool)> = item
        .attachments
        .iter()
        .map(|one| (one.id.as_str(), one.is_file, one.inline))
        .collect();
    let expected = [
        ("f1", true, false),
        ("f2", true, true),
        ("i1", false, false),
        ("r1", false, false),
    ];
    assert_eq!(files, expected);
    let order: Vec<&str> = record.iter().map(|(name, _)| name).collect();
    assert_eq!(&order[..4], ["subject", "from", "sender", "to"]);
}

#[tokio::test]
async fn prefixes_encodings_and_damaged_marks_make_no_difference() {
    let plain = response("GetItem", &[success(&message("a", FULL))]);
    let expected = one(plain.clone()).await;
    let other = plain
        .replace("<t:", "<ty-2:")
        .replace("</t:", "</ty-2:")
        .replace("xmlns:t=", "xmlns:ty-2=");
    assert_eq!(one(other).await, expected);
    let bare = plain.split_once("?>").unwrap().1.to_owned();
    assert_eq!(one(bare.clone()).await, expected);
    assert_eq!(one(format!("\u{FEFF}{plain}")).await, expected);
    let utf16: Vec<u8> = bare.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let server = Exchange::start([Canned::xml([b"\xFE\xFF", utf16.as_slice()].concat())]).await;
    let items = server
        .mailbox()
        .get(&[ItemId::new("asked")], Shape::Full)
        .await
        .unwrap();
    assert_eq!(items[0].as_ref().unwrap().as_ref(), Some(&expected));
    let damaged = plain.replace("{\"tenant\"", "{tenant");
    assert_eq!(one(damaged).await.link, None);
}

#[tokio::test]
async fn other_classes_are_told_apart() {
    for (element, class_name, class, kind) in [
        (
            "MeetingRequest",
            "IPM.Schedule.Meeting.Request",
            ItemClass::MeetingNotice,
            Kind::Email,
        ),
        (
            "MeetingCancellation",
            "",
            ItemClass::MeetingNotice,
            Kind::Email,
        ),
        (
            "Message",
            "REPORT.IPM.Note.NDR",
            ItemClass::Report,
            Kind::Email,
        ),
        ("Item", "IPM.Note.SMIME", ItemClass::Message, Kind::Email),
        (
            "Contact",
            "IPM.Contact",
            ItemClass::Other("IPM.Contact".into()),
            Kind::Contact,
        ),
    ] {
        let inner = format!(
            "<m:Items><t:{element}><t:ItemId Id=\"a\" ChangeKey=\"k\"/><t:ItemClass>{class_name}</t:ItemClass>\
             </t:{element}></m:Items>"
        );
        let item = one(response("GetItem", &[success(&inner)])).await;
        assert_eq!(
            (item.class, item.kind),
            (class, kind),
            "{element} {class_name}"
        );
    }
}

#[tokio::test]
async fn entries_left_undone_are_asked_again_and_order_is_kept() {
    let stopped = failure("ErrorBatchProcessingStopped").replace("\"Error\"", "\"Warning\"");
    let server = Exchange::start([
        Canned::xml(response(
            "GetItem",
            &[
                success(&message("a", "")),
                failure("ErrorItemNotFound"),
                stopped.clone(),
                stopped.clone(),
            ],
        )),
        Canned::xml(response(
            "GetItem",
            &[success(&message("c", "")), stopped.clone()],
        )),
        Canned::xml(response("GetItem", &[success(&message("d", ""))])),
        Canned::xml(response("GetItem", &[stopped])),
    ])
    .await;
    let mailbox = server.mailbox();
    let ids = ["a", "b", "c", "d"].map(ItemId::new);
    let items = mailbox.get(&ids, Shape::Headers).await.unwrap();
    let versions: Vec<Option<String>> = items
        .into_iter()
        .map(|item| item.unwrap().map(|item| item.version.as_str().to_owned()))
        .collect();
    assert_eq!(
        versions,
        [
            Some("ck-a".into()),
            None,
            Some("ck-c".into()),
            Some("ck-d".into())
        ]
    );
    assert_eq!(server.asked().len(), 3);
    // Nothing done at all is an error, not an endless loop.
    assert_eq!(
        mailbox
            .get(&ids[..1], Shape::Headers)
            .await
            .unwrap_err()
            .code(),
        "transient"
    );
}

/// A poisoned item spoils its batch; the others must still be read.
#[tokio::test]
async fn one_poisoned_item_does_not_spoil_the_others() {
    let good = |id: &str| Canned::xml(response("GetItem", &[success(&message(id, ""))]));
    let bad = || Canned::status(500, crate::support::fault("ErrorInternalServerError", None));
    let server = Exchange::start([bad(), good("a"), bad(), good("c")]).await;
    let ids = ["a", "b", "c"].map(ItemId::new);
    let items = server.mailbox().get(&ids, Shape::Headers).await.unwrap();
    assert!(items[0].is_ok() && items[2].is_ok());
    assert_eq!(items[1].as_ref().unwrap_err().code(), "item_broken");
}

#[tokio::test]
async fn items_that_refuse_the_fields_of_other_classes_are_read_in_two_steps() {
    let refused = || {
        Canned::xml(response(
            "GetItem",
            &[failure("ErrorInvalidPropertyRequest")],
        ))
    };
    let mail = || Canned::xml(response("GetItem", &[success(&message("a", ""))]));
    let task = || {
        let task = "<m:Items><t:Task><t:ItemId Id=\"t\" ChangeKey=\"1\"/></t:Task></m:Items>";
        Canned::xml(response("GetItem", &[success(task)]))
    };
    let server = Exchange::start([refused(), mail(), refused(), task(), refused()]).await;
    let mailbox = server.mailbox();
    let one = [ItemId::new("a")];
    let items = mailbox.get(&one, Shape::Headers).await.unwrap();
    assert!(matches!(items[0], Ok(Some(_))));
    // By now it is known that several classes at once are refused. A task without its fields would look
    // as if somebody had emptied it: it is an error.
    let other = [ItemId::new("t")];
    let items = mailbox.get(&other, Shape::Headers).await.unwrap();
    assert_eq!(items[0].as_ref().unwrap_err().code(), "item_broken");
    let bodies = server.bodies();
    let asks = |at: usize, class: &str| bodies[at].contains(&format!("\"{class}:"));
    assert!(asks(0, "message") && asks(0, "calendar") && asks(0, "task") && asks(0, "contacts"));
    for narrow in [1, 3] {
        assert!(
            !asks(narrow, "message") && !asks(narrow, "task"),
            "{narrow}"
        );
    }
    assert!(asks(2, "message") && !asks(2, "calendar"));
    assert!(asks(4, "task") && !asks(4, "message"));
}

#[tokio::test]
async fn too_slow_a_batch_is_asked_in_smaller_ones() {
    let slow = Canned::xml(response("GetItem", &[failure("ErrorTimeoutExpired")]));
    let fault = Canned::status(500, crate::support::fault("ErrorTimeoutExpired", None));
    let item = |id: &str| Canned::xml(response("GetItem", &[success(&message(id, ""))]));
    let server = Exchange::start([fault, item("a"), item("b"), item("c"), slow]).await;
    let ids = ["a", "b", "c"].map(ItemId::new);
    let items = server.mailbox().get(&ids, Shape::Headers).await.unwrap();
    assert!(items.iter().all(|item| matches!(item, Ok(Some(_)))));
    assert_eq!(server.asked().len(), 4);
}
