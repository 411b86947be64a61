//! Why this record was linked and why none of the others: one step per candidate, bounded.

use std::collections::HashSet;

use super::rank::{Field, Rank};
use crate::port::FoundBy;
use crate::{Kind, ReasonCode, RecordRef, Trace, participant::Participant, port::PartyHit};

/// Steps of a trace about candidates that were not linked, at most; more are counted (INV-15).
pub(super) const MOST_STEPS: usize = 20;

/// The trace of a choice of one.
pub(super) fn say(
    best: Option<&PartyHit>,
    participants: &[Participant],
    hits: &[PartyHit],
    tiers: &[&[Kind]],
) -> Trace {
    let mut trace = Trace::new();
    match best {
        Some(hit) => trace.note("LNK-02", ReasonCode::Linked, found(hit)),
        None => {
            let detail = format!("{} found", hits.len());
            trace.note("EM-40", ReasonCode::SavedUnlinked, detail);
        }
    }
    let allowed: Vec<Kind> = tiers.iter().flat_map(|tier| tier.iter().copied()).collect();
    let field = Field::new(participants, hits);
    let tier = |hit: &PartyHit| {
        tiers
            .iter()
            .position(|tier| tier.contains(&hit.record.kind))
    };
    let winner = best.and_then(|best| field.rank(best).map(|rank| (tier(best), rank)));
    // In an order of its own: the order of the answers says nothing.
    let mut others: Vec<(&PartyHit, Option<Rank<'_>>)> =
        hits.iter().map(|hit| (hit, field.rank(hit))).collect();
    others.sort_by(|(a, rank_a), (b, rank_b)| {
        let key = |hit: &PartyHit| (hit.obsolete, hit.record.clone());
        (rank_a.is_none(), rank_a)
            .cmp(&(rank_b.is_none(), rank_b))
            .then_with(|| key(a).cmp(&key(b)))
    });
    let mut told = HashSet::new();
    let mut untold = 0_usize;
    for (hit, rank) in &others {
        if best.is_some_and(|best| best.record == hit.record) || !told.insert(&hit.record) {
            continue;
        }
        if told.len() > MOST_STEPS {
            untold += 1;
            continue;
        }
        let (rule, code) = field.refusal(hit, &allowed).unwrap_or_else(|| {
            let code = match (&winner, rank) {
                (Some((first, _)), _) if tier(hit) > *first => ReasonCode::KindAfter,
                (Some((_, winner)), Some(rank)) => beaten(winner, rank),
                _ => ReasonCode::LowerRank,
            };
            ("LNK-05", code)
        });
        trace.note(rule, code, name(&hit.record));
    }
    if untold > 0 {
        trace.note("LNK-05", ReasonCode::LowerRank, format!("{untold} more"));
    }
    trace
}

/// What of the order decided between the linked record and another.
fn beaten(winner: &Rank<'_>, other: &Rank<'_>) -> ReasonCode {
    if winner.place != other.place {
        ReasonCode::StandsLater
    } else if winner.kind != other.kind {
        ReasonCode::KindAfter
    } else if winner.found_by != other.found_by {
        ReasonCode::WeakerProof
    } else if winner.other_name != other.other_name {
        ReasonCode::OtherName
    } else if winner.unpinned != other.unpinned {
        ReasonCode::NotPinned
    } else if (winner.undated, winner.created_at) != (other.undated, other.created_at) {
        ReasonCode::CreatedLater
    } else {
        ReasonCode::LowerRank
    }
}

/// Cuts the trace of a choice of many and counts what was cut.
pub(super) fn bounded(trace: &mut Trace, linked: usize) {
    let untold = trace.0.len().saturating_sub(MOST_STEPS);
    if untold > 0 {
        trace.0.truncate(MOST_STEPS);
        let detail = format!("{untold} more, {linked} in all");
        trace.note("LNK-01", ReasonCode::Linked, detail);
    }
}

/// The record, and by what it was found where that was not its own address.
fn found(hit: &PartyHit) -> String {
    let by = match hit.found_by {
        FoundBy::Address | FoundBy::Hand => "",
        FoundBy::Alias => " by alias",
        FoundBy::PlusAddress => " by plus_address",
        FoundBy::Relation => " by relation",
        FoundBy::Domain => " by domain",
        FoundBy::RelatedDomain => " by related_domain",
    };
    format!("{}{by}", name(&hit.record))
}

pub(super) fn name(record: &RecordRef) -> String {
    format!("{} {}", record.kind, record.id)
}
