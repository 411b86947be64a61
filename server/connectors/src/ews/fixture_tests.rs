//! The vendor's own examples, and what exchangelib keeps as seen, through the readers they belong to.

use std::{
    fs,
    path::{Path, PathBuf},
};

use ssi_domain::port::{Change, ItemClass};

use super::{
    envelope::{self, Payload, Reply},
    failure::Failure,
    op::{
        create_folder::CreateFolder,
        create_item::CreateItem,
        delete_item::DeleteItem,
        find_folder::FindFolder,
        find_item::FindItem,
        get_attachment::{Found, GetAttachment},
        get_folder::GetFolder,
        get_item::GetItem,
        move_item::MoveItem,
        sync_folder_items::SyncFolderItems,
        update_item::UpdateItem,
        user_configuration::{
            CreateUserConfiguration, GetUserConfiguration, UpdateUserConfiguration,
        },
    },
    read_any,
    scan::Extractor,
    xml::{self, XmlError},
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/ews")
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(files(&path));
        } else {
            all.push(path);
        }
    }
    all.sort();
    all
}

fn read<T: Payload>(path: &Path) -> Result<Reply<T>, XmlError> {
    envelope::read(&xml::decode(&fs::read(path).unwrap()))
}

/// All answers of an operation in the fixtures, by file name.
fn answers<T: Payload>() -> Vec<(String, Vec<Result<T, Failure>>)> {
    let marker = T::RESPONSE;
    let mut all = Vec::new();
    for path in files(&root()) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.extension().is_none_or(|extension| extension != "xml") || name.contains(".request.")
        {
            continue;
        }
        match read::<T>(&path) {
            Ok(Reply::Messages(messages)) => all.push((name, messages)),
            Ok(Reply::Fault(_)) | Err(XmlError::Unexpected) => {}
            Err(error) => assert!(
                !String::from_utf8_lossy(&fs::read(&path).unwrap()).contains(marker),
                "{name}: {error}"
            ),
        }
    }
    all
}

#[test]
fn every_file_goes_through_every_reader() {
    let mut count = 0;
    for path in files(&root()) {
        read_any(&fs::read(&path).unwrap());
        count += 1;
    }
    assert!(count > 400, "{count} files");
}

/// Every file in an operation's folder that is an answer is read by the operation's reader.
#[test]
fn each_answer_is_read_by_its_operation() {
    fn check<T: Payload>(folder: &str) {
        let mut read_files = 0;
        for path in files(&root().join("docs").join(folder)) {
            let name = path.to_string_lossy().into_owned();
            if !name.ends_with(".response.xml") {
                continue;
            }
            let text = fs::read_to_string(&path).unwrap();
            if !text.contains(T::RESPONSE) {
                continue;
            }
            let reply = envelope::read::<T>(&text);
            assert!(
                matches!(reply, Ok(Reply::Messages(_))),
                "{name}: {:?}",
                reply.err()
            );
            read_files += 1;
        }
        assert!(read_files > 0, "{folder}");
    }
    check::<CreateFolder>("CreateFolder");
    check::<CreateItem>("CreateItem");
    check::<DeleteItem>("DeleteItem");
    check::<CreateUserConfiguration>("CreateUserConfiguration");
    check::<FindFolder>("FindFolder");
    check::<FindItem>("FindItem");
    check::<GetAttachment>("GetAttachment");
    check::<GetFolder>("GetFolder");
    check::<GetItem>("GetItem");
    check::<GetUserConfiguration>("GetUserConfiguration");
    check::<MoveItem>("MoveItem");
    check::<SyncFolderItems>("SyncFolderItems");
    check::<UpdateItem>("UpdateItem");
    check::<UpdateUserConfiguration>("UpdateUserConfiguration");
}

#[test]
fn faults_are_read_with_code_and_pause() {
    let fault = |file: &str| match read::<GetItem>(&root().join(file)).unwrap() {
        Reply::Fault(fault) => fault,
        Reply::Messages(_) => panic!("{file} is a fault"),
    };
    let busy = fault("exchangelib/test_services__L111.Fault.xml");
    assert_eq!(busy.code, "ErrorServerBusy");
    assert_eq!(busy.back_off.map(|pause| pause.as_millis()), Some(297_749));
    let schema = fault("docs/Fault/updateitem-operation-contact__3.response.xml");
    assert_eq!(schema.code, "ErrorSchemaValidation");
    let old = fault("docs/Fault/getuseroofsettings-operation__2.response.xml");
    assert_eq!(old.code, "ErrorAccessDenied");
    for path in files(&root().join("docs/Fault")) {
        let Ok(Reply::Fault(fault)) = read::<GetItem>(&path) else {
            panic!("{path:?}")
        };
        assert!(fault.code.starts_with("Error"), "{path:?}: {}", fault.code);
    }
}

#[test]
fn folders_are_read_with_id_and_name() {
    let found = answers::<FindFolder>();
    assert!(found.len() >= 8, "{}", found.len());
    let (_, messages) = found
        .iter()
        .find(|(name, _)| name == "findfolder-operation__1.response.xml")
        .unwrap();
    let page = messages[0].as_ref().unwrap();
    assert!(page.complete && page.last);
    assert_eq!(
        (page.folders[0].id.as_str(), page.folders[0].name.as_str()),
        ("AQAnAH", "TestFolder")
    );
    let busy = found
        .iter()
        .find(|(name, _)| name.contains("ErrorTooManyObjectsOpened"))
        .unwrap();
    assert_eq!(
        busy.1[0].as_ref().unwrap_err().code,
        "ErrorTooManyObjectsOpened"
    );

    let got = answers::<GetFolder>();
    assert!(got.len() >= 10, "{}", got.len());
    let codes: Vec<&str> = got
        .iter()
        .flat_map(|(_, all)| all)
        .filter_map(|m| m.as_ref().err())
        .map(|f| &*f.code)
        .collect();
    assert!(codes.contains(&"ErrorInvalidIdMalformed"), "{codes:?}");
    for folder in got
        .iter()
        .flat_map(|(_, all)| all)
        .filter_map(|message| message.as_ref().ok())
    {
        assert!(
            folder
                .folder
                .as_ref()
                .is_some_and(|folder| !folder.id.is_empty())
        );
    }
}

#[test]
fn changes_are_read_with_state_and_ids() {
    let all = answers::<SyncFolderItems>();
    let of = |name: &str| all.iter().find(|(file, _)| file == name).unwrap().1[0].as_ref();
    let page = of("how-to-synchronize-items-by-using-ews-in-exchange__4.response.xml").unwrap();
    assert_eq!(
        page.sync_state.as_deref(),
        Some("H4sIAAAAAAAEAO29B2AcSZY==")
    );
    assert_eq!(page.last, Some(true));
    let Change::Upsert(hint) = &page.changes[0] else {
        panic!("{:?}", page.changes)
    };
    assert_eq!(
        (hint.id.as_str(), &hint.class),
        ("q04QAAAA==", &Some(ItemClass::Message))
    );
    assert_eq!(
        hint.received_at.map(|at| at.to_string()).as_deref(),
        Some("2013-08-29T15:22:10Z")
    );
    let error = of("syncfolderitems-operation__2.response.xml").unwrap_err();
    assert_eq!(error.code, "ErrorInvalidSyncStateData");
}

#[test]
fn items_are_read_with_their_fields() {
    let all = answers::<GetItem>();
    assert!(all.len() >= 15, "{}", all.len());
    let mut items = 0;
    for (name, messages) in all {
        for message in messages {
            let Ok(message) = message else { continue };
            let draft = message
                .item
                .unwrap_or_else(|| panic!("{name}: success without item"));
            let id = ssi_domain::ItemId::new(draft.id());
            let item = draft.into_item(&id);
            items += 1;
            if name == "how-to-get-attachments-by-using-ews-in-exchange__2.response.xml" {
                assert!(
                    item.has_attachments || !item.attachments.is_empty(),
                    "{item:?}"
                );
                assert!(
                    item.attachments
                        .iter()
                        .all(|one| !one.id.as_str().is_empty())
                );
            }
        }
    }
    assert!(items >= 15, "{items}");
}

#[test]
fn attachments_are_taken_out_of_the_stream() {
    let mut files_read = 0;
    for path in files(&root().join("docs/GetAttachment")) {
        let bytes = fs::read(&path).unwrap();
        if !String::from_utf8_lossy(&bytes).contains("GetAttachmentResponseMessage ") {
            continue;
        }
        for piece in [1, 7, bytes.len()] {
            let mut extractor = Extractor::new("Content", 1 << 20);
            let fed = bytes
                .chunks(piece)
                .try_for_each(|piece| extractor.feed(piece));
            // One example of the documentation is shortened to what is no base64 any more.
            let Ok(extracted) = fed.and_then(|()| extractor.finish()) else {
                continue;
            };
            let text = String::from_utf8(extracted.skeleton).unwrap();
            let Ok(Reply::Messages(messages)) = envelope::read::<GetAttachment>(&text) else {
                panic!("{path:?}")
            };
            let is_file = matches!(
                messages[0],
                Ok(GetAttachment {
                    found: Some(Found::File { .. })
                })
            );
            assert_eq!(extracted.content.is_some(), is_file, "{path:?}");
            files_read += 1;
        }
    }
    assert!(files_read >= 3, "{files_read}");
}

/// INV-5: however an answer is cut, it is an error, never an empty success.
#[test]
fn an_answer_cut_at_any_byte_is_an_error() {
    let mut cut = 0;
    for path in files(&root()) {
        let bytes = fs::read(&path).unwrap();
        let whole = String::from_utf8_lossy(&bytes).into_owned();
        let Ok(Reply::Messages(_)) = envelope::read::<GetItem>(&whole) else {
            continue;
        };
        let end = bytes.iter().rposition(|byte| *byte == b'>').unwrap();
        for length in 0..end {
            let text = xml::decode(&bytes[..length]);
            let reply = envelope::read::<GetItem>(&text);
            assert!(
                reply.is_err(),
                "{path:?} cut at {length} was read as {reply:?}"
            );
            cut += 1;
        }
    }
    assert!(cut > 10_000, "{cut}");
}

proptest::proptest! {
    /// Whatever stands in an answer, reading it ends without a panic.
    #[test]
    fn damaged_answers_never_panic(
        pick in 0_usize..10_000,
        at in 0_usize..10_000,
        cut in 0_usize..200,
        noise in proptest::collection::vec(proptest::num::u8::ANY, 0..40),
    ) {
        let all = files(&root().join("docs/GetAttachment"));
        let mut bytes = fs::read(&all[pick % all.len()]).unwrap();
        let at = at % (bytes.len() + 1);
        let end = (at + cut).min(bytes.len());
        bytes.splice(at..end, noise);
        read_any(&bytes);
    }
}
