//! The mailbox as a state machine: ids, versions, sync states, sending, subscriptions.

use jiff::Timestamp;

use super::{
    Address, Comparison, Delivery, Draft, Exchange, ExtendedKey, ExtendedValue, Failure, Kind,
    Mailbox, PageLimit, Path, Restriction, Settings, Step, Value, What,
};
use crate::clock::MovableClock;
use crate::world::User;

const ANNA: &str = "anna@sandbox.example";
const BERND: &str = "bernd@sandbox.example";
const ALL: PageLimit = PageLimit {
    changes: 512,
    odd: false,
};

fn now() -> Timestamp {
    "2026-11-22T08:00:00Z".parse().expect("a valid time")
}

fn mailbox() -> Mailbox {
    Mailbox::new(ANNA, "Anna Berger", now())
}

fn server() -> (Exchange, MovableClock) {
    let clock = MovableClock::new(now());
    let mut exchange = Exchange::new(Settings::default(), clock.clock());
    for (login, address) in [("anna", ANNA), ("bernd", BERND)] {
        exchange.add_user(&User {
            login: login.to_owned(),
            password: "pw".to_owned(),
            address: address.to_owned(),
            name: login.to_owned(),
        });
    }
    (exchange, clock)
}

fn mail(subject: &str) -> Draft {
    let mut draft = Draft::new(Kind::Message);
    draft
        .properties
        .insert("Subject", Value::Text(subject.to_owned()));
    draft
        .properties
        .insert("InternetMessageId", Value::Text(format!("<{subject}@x>")));
    draft.properties.insert("IsRead", Value::Bool(false));
    draft
}

fn inbox(mailbox: &Mailbox) -> u64 {
    mailbox
        .distinguished("inbox")
        .expect("every mailbox has an inbox")
}

fn rename(item: &mut super::Item) {
    item.data
        .properties
        .insert("Subject", Value::Text("renamed".to_owned()));
}

#[test]
fn a_move_gives_a_new_id_and_the_old_one_is_gone() {
    let mut mailbox = mailbox();
    let inbox = inbox(&mailbox);
    let archive = mailbox
        .create_folder(inbox, "SAP E-Mails", "IPF.Note", now())
        .unwrap();
    let key = ExtendedKey::named("A1-B2", "CrmLink", "String");
    let mut draft = mail("a");
    draft
        .extended
        .insert(key.clone(), ExtendedValue::One("00163E".to_owned()));
    let old = mailbox.insert(inbox, draft, now()).unwrap();
    let search_key = mailbox.item(old).unwrap().search_key;

    let new = mailbox.move_item(old, archive, now()).unwrap();

    assert_ne!(mailbox.item_id(old), mailbox.item_id(new));
    assert!(mailbox.item(old).is_none());
    let moved = mailbox.item(new).unwrap();
    assert_eq!((moved.folder, moved.search_key), (archive, search_key));
    assert!(
        moved.data.extended.contains_key(&key),
        "named properties survive a move"
    );
    assert_eq!(mailbox.by_message_id("<a@x>").count(), 1);
    assert_eq!(
        mailbox.move_item(old, archive, now()),
        Err(Failure::ITEM_NOT_FOUND)
    );
    assert_eq!(
        mailbox.move_item(new, 999, now()),
        Err(Failure::FOLDER_NOT_FOUND)
    );
    assert!(
        mailbox.item(new).is_some(),
        "a refused move changes nothing"
    );
}

#[test]
fn every_change_gives_a_new_version_and_keeps_the_id() {
    let mut mailbox = mailbox();
    let key = mailbox.insert(inbox(&mailbox), mail("a"), now()).unwrap();
    let before = mailbox.item(key).unwrap().version;
    mailbox.change(key, now(), rename).unwrap();
    let after = mailbox.item(key).unwrap();
    assert!(after.version > before);
    assert_ne!(
        mailbox.change_key(before),
        mailbox.change_key(after.version)
    );
}

#[test]
fn sync_pages_bring_everything_once_and_end() {
    let mut mailbox = mailbox();
    let inbox = inbox(&mailbox);
    let keys: Vec<u64> = (0..50)
        .map(|n| mailbox.insert(inbox, mail(&n.to_string()), now()).unwrap())
        .collect();
    for odd in [false, true] {
        let (mut state, mut seen, mut pages) = (None::<String>, Vec::new(), 0);
        loop {
            let limit = PageLimit { changes: 7, odd };
            let page = mailbox.sync_items(inbox, state.as_deref(), limit).unwrap();
            assert!(page.steps.len() <= 7);
            seen.extend(page.steps);
            pages += 1;
            state = Some(page.state);
            if page.last {
                break;
            }
        }
        assert_eq!(
            seen,
            keys.iter()
                .map(|key| Step::Create(*key))
                .collect::<Vec<_>>()
        );
        assert!(pages >= 8, "{pages} pages");
        let quiet = mailbox.sync_items(inbox, state.as_deref(), ALL).unwrap();
        assert!(quiet.last && quiet.steps.is_empty());
        assert_eq!(
            Some(quiet.state),
            state,
            "nothing happened, so the state is the same"
        );
    }
}

#[test]
fn sync_tells_update_read_flag_and_delete_apart() {
    let mut mailbox = mailbox();
    let inbox = inbox(&mailbox);
    let [changed, read, deleted, moved] =
        ["a", "b", "c", "d"].map(|name| mailbox.insert(inbox, mail(name), now()).unwrap());
    let state = mailbox.sync_items(inbox, None, ALL).unwrap().state;
    mailbox.change(changed, now(), rename).unwrap();
    let set_read = |item: &mut super::Item| {
        item.data.properties.insert("IsRead", Value::Bool(true));
    };
    mailbox.change(read, now(), set_read).unwrap();
    mailbox.remove(deleted, now()).unwrap();
    let bin = mailbox.distinguished("deleteditems").unwrap();
    let in_bin = mailbox.move_item(moved, bin, now()).unwrap();
    let fleeting = mailbox.insert(inbox, mail("fleeting"), now()).unwrap();
    mailbox.remove(fleeting, now()).unwrap();

    let page = mailbox.sync_items(inbox, Some(&state), ALL).unwrap();
    let expected = [
        Step::Update(changed),
        Step::ReadFlag(read, true),
        Step::Delete(deleted),
        Step::Delete(moved),
    ];
    assert_eq!(page.steps, expected);
    let bin = mailbox.sync_items(bin, None, ALL).unwrap();
    assert_eq!(bin.steps, [Step::Create(in_bin)]);
}

/// A client that was interrupted between two pages must not miss what changed meanwhile.
#[test]
fn what_changes_between_two_pages_of_a_first_sync_is_still_new() {
    let mut mailbox = mailbox();
    let inbox = inbox(&mailbox);
    let keys = ["a", "b", "c", "d"].map(|name| mailbox.insert(inbox, mail(name), now()).unwrap());
    let limit = PageLimit {
        changes: 2,
        odd: false,
    };
    let first = mailbox.sync_items(inbox, None, limit).unwrap();
    assert_eq!(first.steps, [Step::Create(keys[0]), Step::Create(keys[1])]);
    mailbox.change(keys[3], now(), rename).unwrap();
    mailbox.remove(keys[0], now()).unwrap();
    let rest = mailbox.sync_items(inbox, Some(&first.state), ALL).unwrap();
    assert_eq!(
        rest.steps,
        [
            Step::Create(keys[2]),
            Step::Create(keys[3]),
            Step::Delete(keys[0])
        ]
    );
}

#[test]
fn sync_states_expire_and_belong_to_their_folder() {
    let mut mailbox = mailbox();
    let inbox = inbox(&mailbox);
    let sent = mailbox.distinguished("sentitems").unwrap();
    let state = mailbox.sync_items(inbox, None, ALL).unwrap().state;
    let failure = |result: Result<super::Page, Failure>| result.map(|_| ()).unwrap_err();
    assert_eq!(
        failure(mailbox.sync_items(sent, Some(&state), ALL)),
        Failure::SYNC_STATE
    );
    assert_eq!(
        failure(mailbox.sync_hierarchy(Some(&state))),
        Failure::SYNC_STATE
    );
    assert_eq!(
        failure(mailbox.sync_items(inbox, Some("H4sIAAA="), ALL)),
        Failure::SYNC_STATE
    );
    assert_eq!(
        failure(mailbox.sync_items(999, None, ALL)),
        Failure::SYNC_FOLDER_NOT_FOUND
    );
    let other = Mailbox::new(BERND, "Bernd", now());
    assert_eq!(
        failure(other.sync_items(inbox, Some(&state), ALL)),
        Failure::SYNC_STATE
    );
    mailbox.expire_sync_states();
    assert_eq!(
        failure(mailbox.sync_items(inbox, Some(&state), ALL)),
        Failure::SYNC_STATE
    );
    assert!(
        mailbox.sync_items(inbox, Some(""), ALL).is_ok(),
        "an empty state starts anew"
    );
}

#[test]
fn folders_come_change_and_go_in_the_hierarchy() {
    let mut mailbox = mailbox();
    let inbox = inbox(&mailbox);
    let state = mailbox.sync_hierarchy(None).unwrap().state;
    let made = mailbox
        .create_folder(inbox, "Kunden", "IPF.Note", now())
        .unwrap();
    let again = mailbox.create_folder(inbox, "kunden", "IPF.Note", now());
    assert_eq!(again, Err(Failure::FOLDER_EXISTS));
    let page = mailbox.sync_hierarchy(Some(&state)).unwrap();
    assert_eq!(page.steps, [Step::Create(made)]);
    mailbox
        .change_folder(made, |folder| folder.name = "Partner".to_owned())
        .unwrap();
    let page = mailbox.sync_hierarchy(Some(&page.state)).unwrap();
    assert_eq!(page.steps, [Step::Update(made)]);
    let item = mailbox.insert(made, mail("a"), now()).unwrap();
    mailbox.delete_folder(made, now()).unwrap();
    assert!(mailbox.item(item).is_none());
    assert_eq!(
        mailbox.sync_hierarchy(Some(&page.state)).unwrap().steps,
        [Step::Delete(made)]
    );
    assert_eq!(
        mailbox.delete_folder(inbox, now()),
        Err(Failure::DISTINGUISHED_FOLDER)
    );
}

#[test]
fn the_folder_counters_move_with_every_change() {
    let mut mailbox = mailbox();
    let inbox = inbox(&mailbox);
    let counters = |mailbox: &Mailbox| {
        let folder = mailbox.folder(inbox).unwrap();
        (
            folder.items.len(),
            folder.unread,
            folder.deleted,
            folder.committed,
        )
    };
    let empty = counters(&mailbox);
    let key = mailbox.insert(inbox, mail("a"), now()).unwrap();
    let one = counters(&mailbox);
    assert_eq!((one.0, one.1, one.2), (1, 1, 0));
    assert!(one.3 > empty.3);
    mailbox.change(key, now(), rename).unwrap();
    assert!(
        counters(&mailbox).3 > one.3,
        "a changed item moves the commit time"
    );
    mailbox.remove(key, now()).unwrap();
    let gone = counters(&mailbox);
    assert_eq!((gone.0, gone.1, gone.2), (0, 0, 1));
}

#[test]
fn a_sent_message_stays_as_a_copy_and_arrives_without_private_properties() {
    let (mut exchange, _) = server();
    let mut message = mail("hallo");
    message.properties.remove("InternetMessageId");
    let to = Address {
        name: String::new(),
        email: BERND.to_uppercase(),
    };
    message
        .properties
        .insert("ToRecipients", Value::Mailboxes(vec![to]));
    message
        .properties
        .insert("Categories", Value::Strings(vec!["Rot".to_owned()]));
    let sent = exchange.mailbox(ANNA).unwrap().distinguished("sentitems");
    let copy = exchange.send(ANNA, message.clone(), sent).unwrap().unwrap();
    let id = {
        let copy = exchange.mailbox(ANNA).unwrap().item(copy).unwrap();
        assert_eq!(copy.data.categories(), ["Rot"]);
        copy.data.text("InternetMessageId").to_owned()
    };
    assert!(id.starts_with('<') && id.ends_with('>'));
    let bernd = exchange.mailbox(BERND).unwrap();
    let arrived = bernd.by_message_id(&id).next().unwrap();
    assert!(arrived.unread() && arrived.data.categories().is_empty());
    message.properties.remove("ToRecipients");
    assert_eq!(
        exchange.send(ANNA, message, sent),
        Err(Failure::NO_RECIPIENTS)
    );
}

#[test]
fn a_subscription_hears_of_its_folders_only() {
    let (mut exchange, clock) = server();
    let inbox = inbox(exchange.mailbox(ANNA).unwrap());
    let wanted = vec![What::Created, What::Deleted, What::Moved, What::NewMail];
    let id = exchange
        .subscribe(ANNA, Some(vec![inbox]), wanted, Delivery::Streaming)
        .unwrap();
    let mut woken = exchange.watch();
    woken.borrow_and_update();
    clock.advance_seconds(5);
    exchange.deliver(ANNA, "inbox", mail("a")).unwrap();
    exchange.deliver(ANNA, "drafts", mail("b")).unwrap();
    exchange.deliver(BERND, "inbox", mail("c")).unwrap();
    assert!(woken.has_changed().unwrap());
    let heard: Vec<What> = exchange
        .subscription_mut(&id)
        .unwrap()
        .pending
        .iter()
        .map(|(_, event)| event.what)
        .collect();
    assert_eq!(heard, [What::Created, What::NewMail]);
    exchange.unsubscribe(&id).unwrap();
    assert_eq!(exchange.unsubscribe(&id), Err(Failure::SUBSCRIPTION));
}

#[test]
fn filters_find_by_message_id_text_time_and_extended_property() {
    let mut mailbox = mailbox();
    let inbox = inbox(&mailbox);
    let mut draft = mail("Angebot 42");
    draft
        .properties
        .insert("DateTimeReceived", Value::Time(now()));
    let extended = ExtendedKey::named("{A1}", "CrmLink", "String");
    draft
        .extended
        .insert(extended.clone(), ExtendedValue::One("x".to_owned()));
    let key = mailbox.insert(inbox, draft, now()).unwrap();
    let item = mailbox.item(key).unwrap();
    let holds = |path: Path, comparison, constant: &str| {
        Restriction::Compare(path, comparison, constant.to_owned()).matches(item)
    };
    assert!(holds(
        Path::Field("Subject"),
        Comparison::Equal,
        "angebot 42"
    ));
    assert!(holds(Path::Field("IsRead"), Comparison::Equal, "0"));
    let received = Path::Field("DateTimeReceived");
    assert!(holds(
        received.clone(),
        Comparison::Greater,
        "2026-11-22T08:59:59+01:00"
    ));
    assert!(!holds(
        received,
        Comparison::Greater,
        "2026-11-22T09:00:00+01:00"
    ));
    assert!(Restriction::Exists(Path::Extended(extended.clone())).matches(item));
    let absent = Restriction::Exists(Path::Extended(ExtendedKey::named(
        "{A1}", "Other", "String",
    )));
    assert!(Restriction::Not(Box::new(absent)).matches(item));
    assert!(holds(
        Path::Extended(ExtendedKey::tag(0x1035, "String")),
        Comparison::Equal,
        "<Angebot 42@x>"
    ));
}
