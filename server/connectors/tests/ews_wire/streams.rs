//! Attachments and MIME: streamed, bounded, never a second copy.

use base64::{Engine, prelude::BASE64_STANDARD};
use ssi_domain::{
    AttachmentId, ItemId,
    port::{Content, Mailbox, PortError},
};

use crate::support::{Canned, Exchange, failure, fault, response, success};

const LIMIT: u64 = 30 << 20;

fn file(content: &str) -> String {
    success(&format!(
        "<m:Attachments><t:FileAttachment><t:AttachmentId Id=\"att\"/><t:Name>a&lt;t:Content&gt;.pdf</t:Name>\
         <t:ContentType>application/pdf</t:ContentType>{content}</t:FileAttachment></m:Attachments>"
    ))
}

fn attachment(content: &str) -> Canned {
    Canned::xml(response("GetAttachment", &[file(content)]))
}

async fn content(answer: Canned, limit: u64) -> Result<Content, PortError> {
    let server = Exchange::start([answer]).await;
    server
        .mailbox()
        .content(&AttachmentId::new("att"), limit)
        .await
}

fn decoded(content: &Content) -> Vec<u8> {
    BASE64_STANDARD.decode(content.chunks().concat()).unwrap()
}

#[tokio::test]
async fn content_comes_without_white_space_however_it_is_written() {
    for (written, meant) in [
        ("<t:Content>aGVsbG8=</t:Content>", "hello"),
        ("<t:Content>\r\n  aGVs\r\nbG8=\r\n</t:Content>", "hello"),
        ("<t:Content>aGVs&#xD;\nbG8=&#xD;&#xA;</t:Content>", "hello"),
        ("<x:Content xmlns:x='u' a='>'>aGVsbG8=</x:Content>", "hello"),
        (
            "<!-- <t:Content>AAAA</t:Content> --><t:Content>aGVsbG8=</t:Content>",
            "hello",
        ),
        (
            "<t:Note><![CDATA[<t:Content>AAAA]]></t:Note><t:Content>aGVsbG8=</t:Content>",
            "hello",
        ),
        ("<t:Content/>", ""),
        ("<t:Content></t:Content>", ""),
        ("<t:Size>0</t:Size>", ""),
    ] {
        let content = content(attachment(written), LIMIT).await.unwrap();
        assert_eq!(decoded(&content), meant.as_bytes(), "{written}");
    }
}

#[tokio::test]
async fn utf16_answers_are_understood() {
    let text = response("GetAttachment", &[file("<t:Content>aGVsbG8=</t:Content>")]);
    let text = text.replace("utf-8", "utf-16");
    let units: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let content = content(Canned::xml([b"\xFF\xFE", units.as_slice()].concat()), LIMIT)
        .await
        .unwrap();
    assert_eq!(decoded(&content), b"hello");
}

#[tokio::test]
async fn what_is_no_content_is_an_error() {
    let item = "<m:Attachments><t:ItemAttachment><t:AttachmentId Id=\"a\"/><t:Message/></t:ItemAttachment></m:Attachments>";
    for (answer, code) in [
        (attachment("<t:Content>aGVsbG8</t:Content>"), "item_broken"),
        (attachment("<t:Content>aG*sbG8=</t:Content>"), "item_broken"),
        (attachment("<t:Content>aA==aGVs</t:Content>"), "item_broken"),
        (attachment("<t:Content>aA=== </t:Content>"), "item_broken"),
        (attachment("<t:Size>5</t:Size>"), "unreadable_answer"),
        (
            Canned::xml(response("GetAttachment", &[success(item)])),
            "item_broken",
        ),
        (
            Canned::xml(response("GetAttachment", &[failure("ErrorItemNotFound")])),
            "gone",
        ),
        (
            Canned::xml(response(
                "GetAttachment",
                &[failure("ErrorInvalidAttachmentId")],
            )),
            "gone",
        ),
        (
            Canned::xml(response(
                "GetAttachment",
                &[failure("ErrorAttachmentSizeLimitExceeded")],
            )),
            "item_broken",
        ),
        (
            Canned::status(500, fault("ErrorServerBusy", None)),
            "backend_wait",
        ),
        (Canned::xml(fault("ErrorServerBusy", None)), "backend_wait"),
        (
            Canned::xml("<html><body>Server Error in '/EWS' Application.</body></html>"),
            "transient",
        ),
        (Canned::xml(""), "transient"),
    ] {
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        let error = content(answer, LIMIT).await.expect_err(&text);
        assert_eq!(error.code(), code, "{text}: {error}");
    }
}

#[tokio::test]
async fn larger_than_asked_for_is_refused_early() {
    let big = BASE64_STANDARD.encode(vec![7_u8; 300_000]);
    let answer = attachment(&format!("<t:Content>{big}</t:Content>"));
    let fits = content(answer.clone(), 300_000).await.unwrap();
    assert_eq!(fits.decoded_len(), 300_000);
    let error = content(answer, 299_999).await.unwrap_err();
    assert!(matches!(error, PortError::Refused { .. }), "{error}");
}

/// INV-5: a cut attachment is never taken for a whole one.
#[tokio::test]
async fn an_answer_cut_at_any_byte_is_an_error() {
    let whole = response(
        "GetAttachment",
        &[file("<t:Content>aGVsbG8gd29ybGQh</t:Content>")],
    );
    let server =
        Exchange::start((0..whole.len()).map(|length| Canned::xml(&whole.as_bytes()[..length])))
            .await;
    let mailbox = server.mailbox();
    for length in 0..whole.len() {
        let got = mailbox.content(&AttachmentId::new("att"), LIMIT).await;
        assert!(got.is_err(), "cut at {length}");
    }
}

/// The content is kept once: chunks of the size of the content, whatever pieces the network brought.
#[tokio::test]
async fn twenty_five_megabytes_are_held_once() {
    let bytes: Vec<u8> = (0..25_u32 << 20)
        .map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect();
    let mut text = String::new();
    for line in BASE64_STANDARD.encode(&bytes).as_bytes().chunks(76) {
        text.push_str(std::str::from_utf8(line).unwrap());
        text.push_str("\r\n");
    }
    let answer = attachment(&format!("<t:Content>{text}</t:Content>"));
    drop(text);
    let server = Exchange::start([answer]).await;
    let mailbox = server.mailbox();
    let before = resident();
    let content = mailbox
        .content(&AttachmentId::new("att"), LIMIT)
        .await
        .unwrap();
    let grown = resident().saturating_sub(before);
    assert_eq!(content.decoded_len(), bytes.len());
    assert!(
        content
            .chunks()
            .iter()
            .all(|chunk| chunk.len() <= 256 << 10)
    );
    assert_eq!(decoded(&content), bytes);
    // The test's server copies the answer once more in pieces (34 MB) in the same process.
    let allowed = 2 * bytes.len() + (40 << 20);
    assert!(
        grown <= allowed,
        "{grown} bytes for {} bytes of content",
        bytes.len()
    );
}

/// Resident memory of this process in bytes; 0 where the system does not say.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<usize>().ok());
    kilobytes.unwrap_or(0) * 1024
}

#[tokio::test]
async fn mime_is_streamed_too() {
    let item = |inner: &str| {
        let inner =
            format!("<m:Items><t:Message>{inner}<t:ItemId Id=\"a\"/></t:Message></m:Items>");
        Canned::xml(response("GetItem", &[success(&inner)]))
    };
    let server = Exchange::start([
        item("<t:MimeContent CharacterSet=\"UTF-8\">RnJvbTogYQ0K</t:MimeContent>"),
        item(""),
        Canned::xml(response(
            "GetItem",
            &[failure("ErrorMimeContentConversionFailed")],
        )),
        Canned::xml(response("GetItem", &[failure("ErrorItemNotFound")])),
    ])
    .await;
    let mailbox = server.mailbox();
    let id = ItemId::new("a");
    assert_eq!(
        decoded(&mailbox.mime(&id, LIMIT).await.unwrap()),
        b"From: a\r\n"
    );
    for code in ["item_broken", "item_broken", "gone"] {
        assert_eq!(mailbox.mime(&id, LIMIT).await.unwrap_err().code(), code);
    }
}
