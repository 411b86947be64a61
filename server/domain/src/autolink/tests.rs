use proptest::prelude::*;

use super::{why::MOST_STEPS, *};
use crate::{
    Kind, ReasonCode, RecordRef, SyncSettings,
    eligible::Route,
    participant::{Participant, participants},
    port::PartyHit,
    testing::{OWN, at, blocking, hit, mail, record},
};

const BOB: &str = "bob@shop.example";
const EVE: &str = "eve@mill.example";

/// A mail from Bob to the mailbox and Eve.
fn people(settings: &SyncSettings) -> Vec<Participant> {
    participants(&mail(BOB, &[OWN, EVE], &[]), settings, OWN)
}

fn linked(route: Route, hits: &[PartyHit]) -> Option<String> {
    let (hit, _) = link_for_route(route, &people(&SyncSettings::default()), hits);
    hit.map(|hit| hit.record.id.to_string())
}

/// LNK-05
#[test]
fn the_ranking_is_place_kind_age_id() {
    let older = |second, party: PartyHit| PartyHit {
        created_at: Some(at(second)),
        ..party
    };
    let hits = [
        hit(Kind::Contact, "eve-c", EVE),
        hit(Kind::Account, "bob-a", BOB),
        hit(Kind::Lead, "bob-l", BOB),
        hit(Kind::IndividualCustomer, "bob-i", BOB),
        hit(Kind::Contact, "bob-c-undated", BOB),
        older(20, hit(Kind::Contact, "bob-c-20b", BOB)),
        older(20, hit(Kind::Contact, "bob-c-20a", BOB)),
        older(10, hit(Kind::Contact, "bob-c-10", BOB)),
        older(10, hit(Kind::Contact, "bob-c-10", BOB)),
        PartyHit {
            obsolete: true,
            ..hit(Kind::Contact, "bob-old", BOB)
        },
        hit(Kind::Employee, "bob-e", BOB),
        hit(Kind::Contact, "own", OWN),
        hit(Kind::Contact, "stranger", "x@else.example"),
    ];
    let people = people(&SyncSettings::default());
    let ids: Vec<_> = rank(&people, &hits)
        .iter()
        .map(|hit| hit.record.id.as_str())
        .collect();
    assert_eq!(
        ids,
        [
            "bob-c-10",
            "bob-c-20a",
            "bob-c-20b",
            "bob-c-undated",
            "bob-i",
            "bob-l",
            "bob-a",
            "eve-c",
        ]
    );
}

/// EM-31, LNK-02, LNK-04
#[test]
fn routes_link_in_tiers() {
    let lead = hit(Kind::Lead, "lead", BOB);
    let account = hit(Kind::Account, "account", BOB);
    let contact = hit(Kind::Contact, "contact", EVE);
    let all = [account.clone(), lead.clone(), contact];
    assert_eq!(linked(Route::Auto, &all).as_deref(), Some("contact"));
    assert_eq!(linked(Route::Category, &all).as_deref(), Some("contact"));
    let others = [account.clone(), lead];
    assert_eq!(linked(Route::Auto, &others), None);
    assert_eq!(linked(Route::Folder, &others).as_deref(), Some("lead"));
    assert_eq!(linked(Route::Wish, &[account]).as_deref(), Some("account"));
    assert_eq!(linked(Route::Category, &[]), None);
}

/// LNK-05, EM-39
#[test]
fn blocked_and_internal_people_are_not_linked() {
    let hits = [
        hit(Kind::Contact, "bob", BOB),
        hit(Kind::Contact, "eve", EVE),
    ];
    let people = people(&blocking(&[], &["shop.example"]));
    let (best, trace) = link_one(&people, &hits, &[Kind::Contact]);
    assert_eq!(best.map(|hit| hit.record.id.as_str()), Some("eve"));
    let told: Vec<_> = trace
        .0
        .iter()
        .map(|step| (step.code, step.detail.as_deref()))
        .collect();
    assert_eq!(
        told,
        [
            (ReasonCode::Linked, Some("contact eve")),
            (ReasonCode::AddressNotLinked, Some("contact bob")),
        ]
    );
}

/// INV-15: many candidates are counted, not listed without end.
#[test]
fn the_trace_of_many_candidates_is_bounded() {
    let hits: Vec<_> = (0..1_000)
        .map(|n| hit(Kind::Contact, &format!("{n:04}"), BOB))
        .collect();
    let (_, trace) = link_one(&people(&SyncSettings::default()), &hits, &[Kind::Contact]);
    assert!(trace.0.len() <= MOST_STEPS + 2, "{}", trace.0.len());
    let last = trace
        .0
        .last()
        .and_then(|step| step.detail.as_deref())
        .unwrap_or_default();
    assert_eq!(last, "979 more");
}

fn ticked(found: &[PartyHit], ticks: Option<&[RecordRef]>, chosen: &[RecordRef]) -> Vec<String> {
    let found: Vec<&PartyHit> = found.iter().collect();
    let (linked, trace) = link_ticked(&found, ticks, chosen);
    assert!(trace.0.len() >= linked.len());
    linked
        .into_iter()
        .map(|record| record.id.to_string())
        .collect()
}

/// LNK-01
#[test]
fn the_add_in_links_all_found_and_what_was_chosen() {
    let found = [hit(Kind::Contact, "a", BOB), hit(Kind::Account, "b", BOB)];
    let chosen = [record(Kind::Opportunity, "o"), record(Kind::Contact, "a")];
    assert_eq!(ticked(&found, None, &[]), ["a", "b"]);
    assert_eq!(ticked(&found, None, &chosen), ["a", "b", "o"]);
}

/// LNK-01: the list left ticked is final.
#[test]
fn the_ticked_list_is_final() {
    let found = [hit(Kind::Contact, "a", BOB), hit(Kind::Account, "b", BOB)];
    let b = record(Kind::Account, "b");
    let ticket = record(Kind::Ticket, "t");
    assert_eq!(ticked(&found, Some(std::slice::from_ref(&b)), &[]), ["b"]);
    assert_eq!(ticked(&found, Some(&[]), &[]), [""; 0]);
    assert_eq!(
        ticked(&found, Some(&[ticket.clone(), b]), &[ticket]),
        ["b", "t"]
    );
}

/// LNK-06
#[test]
fn employees_are_never_linked() {
    let found = [hit(Kind::Employee, "e", BOB)];
    let employee = record(Kind::Employee, "e");
    assert_eq!(ticked(&found, None, &[]), [""; 0]);
    assert_eq!(
        ticked(
            &[],
            Some(std::slice::from_ref(&employee)),
            std::slice::from_ref(&employee)
        ),
        [""; 0]
    );
}

prop_compose! {
    fn any_hit()(
        kind in prop::sample::select(vec![Kind::Contact, Kind::IndividualCustomer, Kind::Lead, Kind::Account, Kind::Employee]),
        id in "[a-d]",
        address in prop::sample::select(vec![BOB, EVE, OWN]),
        created in prop::option::of(0_i64..3),
        obsolete: bool,
    ) -> PartyHit {
        PartyHit { created_at: created.map(at), obsolete, ..hit(kind, &id, address) }
    }
}

proptest! {
    #[test]
    fn an_unrelated_party_never_changes_a_link(hits in prop::collection::vec(any_hit(), 0..8), place in 0_usize..8) {
        let people = people(&SyncSettings::default());
        let mut more = hits.clone();
        let stranger = PartyHit { created_at: Some(at(0)), ..hit(Kind::Contact, "0", "x@else.example") };
        more.insert(place.min(hits.len()), stranger);
        for route in [Route::Auto, Route::Category] {
            prop_assert_eq!(
                link_for_route(route, &people, &hits).0,
                link_for_route(route, &people, &more).0
            );
        }
    }

    #[test]
    fn the_order_of_answers_never_matters(
        (hits, shuffled) in prop::collection::vec(any_hit(), 0..8)
            .prop_flat_map(|hits| (Just(hits.clone()), Just(hits).prop_shuffle()))
    ) {
        let people = people(&SyncSettings::default());
        let ids = |hits: &[PartyHit]| -> Vec<RecordRef> {
            rank(&people, hits).into_iter().map(|hit| hit.record.clone()).collect()
        };
        prop_assert_eq!(ids(&hits), ids(&shuffled));
    }

    /// INV-22
    #[test]
    fn a_longer_blocklist_never_links_more(
        hits in prop::collection::vec(any_hit(), 0..8),
        more in prop::sample::select(vec![BOB, EVE, "shop.example"]),
    ) {
        let open = people(&SyncSettings::default());
        let blocked = people(&blocking(&[more], &[]));
        let (few, all) = (rank(&blocked, &hits), rank(&open, &hits));
        prop_assert!(few.iter().all(|hit| all.iter().any(|other| other.record == hit.record)));
    }
}
