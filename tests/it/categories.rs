//! Our categories in the master list of a mailbox, over EWS, on both databases (MBX-01, CAL-01, CON-01).

use base64::{Engine as _, prelude::BASE64_STANDARD};
use jiff::SignedDuration;
use ssi_sandbox::exchange::{CATEGORY_LIST, Configuration};
use ssi_tests::{
    db::on_both,
    given::{ANNA, Given},
    node::Node,
};

const OURS: [&str; 6] = [
    "SAP Cloud for Customer",
    "Sync Error",
    "Visit",
    "Phone Call",
    "Account",
    "Individual Customer",
];

fn list(given: &Given) -> String {
    let exchange = given.sandbox.world().exchange();
    let mailbox = exchange.mailbox(ANNA).expect("mailbox");
    let calendar = mailbox.distinguished("calendar").expect("calendar");
    let list = mailbox.configuration(calendar, CATEGORY_LIST);
    let xml = list.and_then(|list| list.xml.clone()).expect("a list");
    let xml = BASE64_STANDARD.decode(xml).expect("base64");
    String::from_utf8(xml).expect("text")
}

fn count(given: &Given, name: &str) -> usize {
    list(given).matches(&format!("name=\"{name}\"")).count()
}

/// MBX-01, CAL-01, CON-01: every category that chooses a kind is offered; what users delete comes back, what is theirs
/// stays.
#[tokio::test(flavor = "multi_thread")]
async fn every_category_is_offered_and_comes_back() {
    on_both(|database| async move {
        let given = Given::world().await;
        let node = Node::start(&database, &given, "one").await;
        let mailbox = node.mailbox(ANNA).await;
        node.calm(mailbox).await;
        for name in OURS {
            assert_eq!(count(&given, name), 1, "{name}");
        }
        let bare = "<?xml version=\"1.0\"?><categories xmlns=\"CategoryList.xsd\">\
                    <category name=\"visit\" color=\"3\"/><category name=\"Mine\" color=\"2\"/></categories>";
        {
            let mut exchange = given.sandbox.world().exchange();
            let theirs = exchange.mailbox_mut(ANNA).expect("mailbox");
            let calendar = theirs.distinguished("calendar").expect("calendar");
            let content = Configuration {
                xml: Some(BASE64_STANDARD.encode(bare)),
                ..Configuration::default()
            };
            let written = theirs.update_configuration(calendar, CATEGORY_LIST, content);
            written.expect("written");
        }
        node.advance(SignedDuration::from_hours(25));
        node.calm(mailbox).await;
        for name in OURS {
            let wanted = usize::from(name != "Visit");
            assert_eq!(count(&given, name), wanted, "{name}");
        }
        assert_eq!(count(&given, "visit"), 1, "another case is the same category");
        assert_eq!(count(&given, "Mine"), 1);
        let before = given.writes();
        node.advance(SignedDuration::from_hours(25));
        node.step(mailbox).await;
        assert_eq!(given.writes(), before, "INV-4");
    })
    .await;
}
