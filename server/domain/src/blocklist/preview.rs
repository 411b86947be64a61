//! What an edit of the blocklist would change about an item that was saved (BL-01).

use crate::{
    ReasonCode, Record, RecordRef, SyncSettings,
    autolink::link_for_route,
    eligible::Route,
    participant::{Participant, Standing, participants},
    port::PartyHit,
};

/// How an item would be treated otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Whether it would still be saved: what a person asks for always is, what goes by itself only while
    /// somebody from outside is left.
    pub saved: bool,
    /// Why.
    pub code: ReasonCode,
    /// What it is linked with by the list as it stands.
    pub before: Option<RecordRef>,
    /// What it would be linked with.
    pub after: Option<RecordRef>,
}

/// Compares two settings about one item; `None`: nothing changes for it. `record` has the people in the
/// places of a mail; `hits` are the parties behind them.
pub fn change(
    record: &Record,
    own_address: &str,
    route: Route,
    hits: &[PartyHit],
    (before, after): (&SyncSettings, &SyncSettings),
) -> Option<Change> {
    let old = participants(record, before, own_address);
    let new = participants(record, after, own_address);
    if standings(&old) == standings(&new) {
        return None;
    }
    let linked = |people: &[Participant]| {
        let (best, _) = link_for_route(route, people, hits);
        best.map(|hit| hit.record.clone())
    };
    let (was, becomes) = (linked(&old), linked(&new));
    let external = new.iter().any(|one| one.standing == Standing::External);
    let saved = route.is_asked() || external && (route != Route::Auto || becomes.is_some());
    let by_org = new.iter().any(|one| one.standing == Standing::BlockedByOrg);
    let code = match (saved, external) {
        (true, _) => ReasonCode::SomeBlocked,
        (false, true) => ReasonCode::NoMatch,
        (false, false) if by_org => ReasonCode::BlockedByOrg,
        (false, false) => ReasonCode::BlockedByUser,
    };
    (!saved || was != becomes).then_some(Change {
        saved,
        code,
        before: was,
        after: becomes,
    })
}

fn standings(people: &[Participant]) -> Vec<Standing> {
    people.iter().map(|one| one.standing).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Kind,
        testing::{OWN, blocking, hit, mail},
    };

    /// BL-01, EM-39
    #[test]
    fn an_edit_is_shown_where_it_changes_something() {
        let (bob, eve) = ("bob@shop.example", "eve@mill.example");
        let both = mail(bob, &[OWN, eve], &[]);
        let hits = [
            hit(Kind::Contact, "bob", bob),
            hit(Kind::Contact, "eve", eve),
        ];
        let open = blocking(&[], &[]);
        let look = |record: &Record, route, entries: &[&str]| {
            let after = blocking(&[], entries);
            let said = change(record, OWN, route, &hits, (&open, &after));
            said.map(|said| {
                (
                    said.saved,
                    said.code,
                    said.after.map(|record| record.id.to_string()),
                )
            })
        };
        assert_eq!(look(&both, Route::Auto, &["x@else.example"]), None);
        assert_eq!(look(&both, Route::Auto, &[eve]), None, "the link stays");
        let other = Some((true, ReasonCode::SomeBlocked, Some("eve".to_owned())));
        assert_eq!(look(&both, Route::Auto, &[bob]), other);
        let none = Some((false, ReasonCode::BlockedByUser, None));
        assert_eq!(look(&both, Route::Auto, &[bob, "mill.example"]), none);
        let asked = Some((true, ReasonCode::SomeBlocked, None));
        assert_eq!(look(&both, Route::Category, &[bob, eve]), asked);
        let stranger = mail(bob, &[OWN, "x@else.example"], &[]);
        let unmatched = Some((false, ReasonCode::NoMatch, None));
        assert_eq!(look(&stranger, Route::Auto, &[bob]), unmatched);
    }
}
