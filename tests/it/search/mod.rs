//! What the sidebar shows, finds, pins and creates (SRCH-01 to SRCH-12, SB-02, SB-05), over gRPC through the SDK and
//! the real program, on both databases.

mod cards;
mod composing;
mod local;
mod pins;
mod services;
mod typing;

use futures::TryStreamExt as _;
use ssi_client::{
    Client, name,
    v1::{InitialSearchRequest, NotFoundCard, NoticeCard, PartyCard, RecordKind, card::Content},
};
use ssi_tests::{given::ANNA, process::until};

/// The cards of one initial search, sorted by what they are; a record shown again stands as it was shown last.
#[derive(Debug, Default)]
struct Shown {
    parties: Vec<PartyCard>,
    unknown: Vec<NotFoundCard>,
    notices: Vec<NoticeCard>,
}

impl Shown {
    /// Without Carla's company: a running server finds it by her domain as soon as its directory is filled, which is
    /// not what the test is about.
    fn without_company(mut self) -> Self {
        self.parties.retain(|card| {
            let record = card.record.as_ref();
            record.is_none_or(|record| record.display_name != "Customer Ltd")
        });
        self
    }

    fn names(&self) -> Vec<&str> {
        let records = self.parties.iter().filter_map(|card| card.record.as_ref());
        records.map(|record| record.display_name.as_str()).collect()
    }

    fn unknown(&self) -> Vec<&str> {
        let people = self
            .unknown
            .iter()
            .filter_map(|card| card.participant.as_ref());
        people.map(|person| person.address.as_str()).collect()
    }

    fn codes(&self) -> Vec<&str> {
        self.notices.iter().map(|card| card.code.as_str()).collect()
    }
}

/// Waits until the directory answers for the CRM, which finds no company by a domain.
async fn directory_is_filled(client: &Client) {
    let kinds = [
        RecordKind::Contact,
        RecordKind::Lead,
        RecordKind::Account,
        RecordKind::Employee,
    ];
    until("the directory is filled", async || {
        let status = client.sync().status(name::mailbox(ANNA)).await;
        let fills = status.expect("a status").directory_fills;
        kinds.iter().all(|kind| {
            let mut of_kind = fills.iter().filter(|fill| fill.kind() == *kind);
            of_kind.any(|fill| fill.fill_time.is_some())
        })
    })
    .await;
}

/// The cards of a request, of Anna's mailbox if it names none.
async fn show(client: &Client, mut request: InitialSearchRequest) -> Shown {
    if request.mailbox.is_empty() {
        request.mailbox = name::mailbox(ANNA);
    }
    let cards = client
        .add_in()
        .initial_search(request)
        .await
        .expect("opened");
    let cards: Vec<_> = cards.try_collect().await.expect("cards");
    let mut shown = Shown::default();
    for card in cards {
        match card.content.expect("a card says something") {
            Content::Party(card) => {
                let record = |card: &PartyCard| card.record.clone().unwrap_or_default().name;
                let mut all = shown.parties.iter_mut();
                match all.find(|one| record(one) == record(&card)) {
                    Some(one) => *one = card,
                    None => shown.parties.push(card),
                }
            }
            Content::NotFound(card) => shown.unknown.push(card),
            Content::Notice(card) => shown.notices.push(card),
        }
    }
    shown
}

/// The cards of an item.
async fn cards_of(client: &Client, item: &str) -> Shown {
    let request = InitialSearchRequest {
        item_id: item.into(),
        ..Default::default()
    };
    show(client, request).await
}
