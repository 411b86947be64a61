//! The labelled set of `docs/linking-accuracy.md` through the directory that really runs, on both databases.

use std::{fs, path::Path};

use serde::Deserialize;
use ssi_domain::{
    Address, Kind, PARTY_KINDS, Record, RecordId, RecordRef, SyncSettings, TenantId, Value,
    autolink::{Candidates, link_for_route},
    directory::Party,
    eligible::Route,
    participant::{Participant, normalize, normalize_domain, participants},
};
use ssi_store::Store;
use ssi_tests::{db::on_both, node::TENANT};

const OWN: &str = "me@corp.example";

#[derive(Deserialize)]
struct Crm {
    party: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    id: String,
    kind: String,
    name: String,
    addresses: Vec<String>,
    created: jiff::Timestamp,
    account: Option<String>,
    #[serde(default)]
    domains: Vec<String>,
    #[serde(default)]
    obsolete: bool,
}

#[derive(Deserialize)]
struct Items {
    item: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    from: String,
    sender: Option<String>,
    to: Vec<String>,
    #[serde(default)]
    cc: Vec<String>,
    #[serde(default)]
    blocked: Vec<String>,
    expect: String,
}

fn root() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read<T: serde::de::DeserializeOwned>(name: &str) -> T {
    let path = root().join("tests/fixtures/linking").join(name);
    toml::from_str(&fs::read_to_string(path).expect("a fixture")).expect("sound")
}

fn record(kind: Kind, id: &str) -> RecordRef {
    RecordRef {
        kind,
        id: RecordId::new(id),
    }
}

impl Row {
    fn party(&self) -> Party {
        let addresses = self.addresses.iter().filter_map(|one| normalize(one));
        let domains = self.domains.iter().filter_map(|one| normalize_domain(one));
        Party {
            record: record(self.kind.parse().expect("a kind"), &self.id),
            number: self.id.clone(),
            name: self.name.clone(),
            addresses: addresses.collect(),
            phones: Vec::new(),
            company: String::new(),
            account: self.account.as_deref().map(|id| record(Kind::Account, id)),
            domains: domains.collect(),
            created_at: Some(self.created),
            changed_at: None,
            obsolete: self.obsolete,
            hidden: false,
        }
    }
}

impl Item {
    fn people(&self) -> Vec<Participant> {
        let address = |text: &str| {
            let (name, address) = match text.rsplit_once(" <") {
                Some((name, rest)) => (name, rest.trim_end_matches('>')),
                None => ("", text),
            };
            Value::Address(Address {
                name: name.into(),
                address: address.into(),
            })
        };
        let list = |texts: &[String]| Value::List(texts.iter().map(|text| address(text)).collect());
        let mut record = Record::new()
            .with("from", address(&self.from))
            .with("to", list(&self.to))
            .with("cc", list(&self.cc));
        if let Some(sender) = &self.sender {
            record.set("sender", address(sender));
        }
        let mut settings = SyncSettings::default();
        settings.blocklist.user.clone_from(&self.blocked);
        participants(&record, &settings, OWN)
    }
}

/// What a session links an item to, by the directory of a database.
pub(super) async fn linked(store: &Store, people: &[Participant]) -> Option<String> {
    let tenant = TenantId::new(TENANT);
    let mut known = Candidates::default();
    let keys = people.iter().filter_map(|person| person.key.as_deref());
    let missing = known.missing(keys.clone());
    let local = store.candidates(&tenant, &PARTY_KINDS, &missing).await;
    local.expect("candidates").file(&missing, &mut known);
    let hits = known.behind(keys);
    let (best, _) = link_for_route(Route::Category, people, &hits);
    best.map(|hit| hit.record.id.to_string())
}

/// LNK-02, LNK-03, LNK-05, LNK-09: the numbers of the document are the numbers of the databases.
#[tokio::test(flavor = "multi_thread")]
async fn the_directory_links_as_accurately_as_the_document_says() {
    let document =
        fs::read_to_string(root().join("docs/linking-accuracy.md")).expect("the document");
    on_both(|database| {
        let document = document.clone();
        async move {
            let store = database.open().await;
            let parties: Vec<Party> = read::<Crm>("crm.toml")
                .party
                .iter()
                .map(Row::party)
                .collect();
            let tenant = TenantId::new(TENANT);
            store.put_parties(&tenant, &parties).await.expect("kept");
            for (title, file) in [("Mails", "mails.toml"), ("Events", "events.toml")] {
                let items = read::<Items>(file).item;
                let mut right = 0;
                for item in &items {
                    let best = linked(&store, &item.people()).await;
                    right += usize::from(best.as_deref().unwrap_or("none") == item.expect);
                }
                let said = format!("## {title}\n\n{} items; right: ours {right},", items.len());
                assert!(document.contains(&said), "{said}");
            }
        }
    })
    .await;
}
