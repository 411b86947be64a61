//! What may be saved: a first look at a listing, the judgement on the headers, the match for auto-save.

mod service;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    Kind, ReasonCode, Record, SyncSettings, TenantId, Trace, Value,
    participant::{Participant, Standing, participants},
    port::{FolderRole, Item, ItemClass, LinkStamp, PartyHit},
};

/// How saving was asked for, strongest first. Several may hold; the first is the item's route.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Route {
    /// The save button on an open mail.
    Hand,
    /// The save button while composing; fulfilled when the sent copy appears.
    Wish,
    /// The category (EM-20).
    Category,
    /// Our folder (EM-20).
    Folder,
    /// A tracked thread (EM-45).
    Thread,
    /// Auto-save (EM-30).
    Auto,
}

impl Route {
    /// The reason that says "saved by this route".
    pub fn reason(self) -> ReasonCode {
        match self {
            Route::Hand => ReasonCode::SavedByHand,
            Route::Wish => ReasonCode::SavedByWish,
            Route::Category => ReasonCode::SavedByCategory,
            Route::Folder => ReasonCode::SavedByFolder,
            Route::Thread => ReasonCode::SavedByThread,
            Route::Auto => ReasonCode::SavedByAuto,
        }
    }

    /// Whether a person asked for exactly this item. Internal and blocked people then do not stop saving
    /// (EM-35 and EM-36 are exceptions of automatic saving, BL-01), they are only not linked.
    pub fn is_asked(self) -> bool {
        !matches!(self, Route::Thread | Route::Auto)
    }

    fn rule(self) -> &'static str {
        match self {
            Route::Hand | Route::Wish => "EM-02",
            Route::Category | Route::Folder => "EM-20",
            Route::Thread => "EM-45",
            Route::Auto => "EM-30",
        }
    }
}

/// What is known of an item from a listing of changes.
#[derive(Debug, Clone, Copy)]
pub struct Glance<'a> {
    /// The folder that was listed.
    pub folder: FolderRole,
    /// The class, if the listing says.
    pub class: Option<&'a ItemClass>,
    /// The categories, if the listing says.
    pub categories: Option<&'a [String]>,
    /// When it was received (sent copies: stored), if the listing says.
    pub received_at: Option<Timestamp>,
    /// Whether the mailbox has wishes that wait for a sent copy.
    pub wishes_open: bool,
    /// Whether the mailbox tracks threads.
    pub threads_tracked: bool,
}

/// What to do with a listed item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// Read its headers and judge.
    ReadHeaders,
    /// Nothing can ask for it.
    Skip(ReasonCode),
}

/// Looks at a listed item, so that only what may be saved is read. `start` is when sync was started.
///
/// Law: an item that [`judge`] would not skip is never skipped here.
pub fn first_look(glance: &Glance<'_>, settings: &SyncSettings, start: Timestamp) -> Look {
    if !settings.email {
        return Look::Skip(ReasonCode::SyncOff);
    }
    if let Some(code) = glance.class.and_then(service::refused_class) {
        return Look::Skip(code);
    }
    let asked = glance.folder == FolderRole::Saved
        || glance
            .categories
            .is_none_or(|list| has_category(list, &settings.names.category))
        || (glance.wishes_open && glance.folder == FolderRole::Sent)
        || (glance.threads_tracked && settings.thread_auto_save);
    if asked {
        return Look::ReadHeaders;
    }
    if !settings.auto_save {
        return Look::Skip(ReasonCode::NotAsked);
    }
    match glance.received_at {
        Some(at) if at < earliest(settings, start) => Look::Skip(ReasonCode::BeforeStart),
        _ => Look::ReadHeaders,
    }
}

/// What is known of an item when its headers were read.
#[derive(Debug, Clone, Copy)]
pub struct MailFacts<'a> {
    /// The folder it lies in; `None`: none of ours.
    pub folder: Option<FolderRole>,
    /// Its class.
    pub class: &'a ItemClass,
    /// Its mapped fields.
    pub record: &'a Record,
    /// Its categories.
    pub categories: &'a [String],
    /// Our mark on it.
    pub link: Option<&'a LinkStamp>,
    /// The tenant that would store it.
    pub tenant: &'a TenantId,
    /// The mailbox's address.
    pub own_address: &'a str,
    /// When sync was started for the mailbox (EM-34).
    pub start: Timestamp,
    /// Whether the user pressed Save on it.
    pub by_hand: bool,
    /// Whether a wish waits for it.
    pub wished: bool,
    /// Its thread is tracked since the mail received at this time (the mail server's clock, INV-17).
    pub tracked_since: Option<Timestamp>,
}

impl<'a> MailFacts<'a> {
    /// The facts of an item nobody asked for by hand, wish or thread.
    pub fn of(
        item: &'a Item,
        folder: Option<FolderRole>,
        tenant: &'a TenantId,
        own_address: &'a str,
        start: Timestamp,
    ) -> Self {
        Self {
            folder,
            class: &item.class,
            record: &item.record,
            categories: &item.categories,
            link: item.link.as_ref(),
            tenant,
            own_address,
            start,
            by_hand: false,
            wished: false,
            tracked_since: None,
        }
    }
}

/// What a judgement comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Save it.
    Save {
        /// How it was asked for.
        route: Route,
    },
    /// Save it if a participant is known: ask [`after_match`] with the parties found.
    NeedsMatch {
        /// How it was asked for.
        route: Route,
    },
    /// Do not save it.
    Skip(ReasonCode),
}

/// A verdict with its reasons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// What to do.
    pub verdict: Verdict,
    /// Who takes part, in the order LNK-05 asks for.
    pub participants: Vec<Participant>,
    /// Why.
    pub trace: Trace,
}

/// Judges a mail by its headers (EM-03, EM-04, EM-20, EM-30…EM-40, EM-45, BL-01…BL-06).
pub fn judge(facts: &MailFacts<'_>, settings: &SyncSettings) -> Judgement {
    let mut trace = Trace::new();
    let people = participants(facts.record, settings, facts.own_address);
    let verdict = match decide(facts, settings, &people, &mut trace) {
        Ok(verdict) => verdict,
        Err((rule, code)) => {
            trace.stop(rule, code);
            Verdict::Skip(code)
        }
    };
    Judgement {
        verdict,
        participants: people,
        trace,
    }
}

/// The normalised addresses that auto-save and linking look up: external people, in order, at most `most`.
pub fn addresses_to_match(participants: &[Participant], most: usize) -> Vec<String> {
    participants
        .iter()
        .filter(|person| person.standing == Standing::External)
        .filter_map(|person| person.key.clone())
        .take(most)
        .collect()
}

/// Ends a judgement that waits for the look-up: saved only if an external participant is a known
/// Contact or Individual Customer (EM-30, EM-31, EM-40).
pub fn after_match(judgement: Judgement, hits: &[PartyHit]) -> Judgement {
    let Judgement {
        verdict,
        participants,
        mut trace,
    } = judgement;
    let Verdict::NeedsMatch { route } = verdict else {
        return Judgement {
            verdict,
            participants,
            trace,
        };
    };
    let known = |hit: &&PartyHit| {
        matches!(hit.record.kind, Kind::Contact | Kind::IndividualCustomer) && !hit.obsolete
    };
    let external: std::collections::HashSet<&str> = participants
        .iter()
        .filter(|person| person.standing == Standing::External)
        .filter_map(|person| person.key.as_deref())
        .collect();
    let count = hits
        .iter()
        .filter(known)
        .filter(|hit| external.contains(hit.address.as_str()))
        .count();
    let verdict = if count == 0 {
        trace.stop("EM-40", ReasonCode::NoMatch);
        Verdict::Skip(ReasonCode::NoMatch)
    } else {
        trace.note("EM-31", ReasonCode::MatchFound, format!("{count} found"));
        trace.pass(route.rule(), route.reason());
        Verdict::Save { route }
    };
    Judgement {
        verdict,
        participants,
        trace,
    }
}

type Refusal = (&'static str, ReasonCode);

fn decide(
    facts: &MailFacts<'_>,
    settings: &SyncSettings,
    people: &[Participant],
    trace: &mut Trace,
) -> Result<Verdict, Refusal> {
    // By hand works without sync; every other route is part of it.
    if !settings.email && !facts.by_hand {
        return Err(("EM-04", ReasonCode::SyncOff));
    }
    if settings.email {
        trace.pass("EM-04", ReasonCode::SyncOn);
    }
    if let Some(code) =
        service::refused_class(facts.class).or_else(|| service::refused_headers(facts.record))
    {
        return Err(("EM-38", code));
    }
    trace.pass("EM-38", ReasonCode::OrdinaryMessage);
    if facts.folder.is_none() {
        return Err(("EM-03", ReasonCode::OutsideFolders));
    }
    trace.pass("EM-03", ReasonCode::InFolders);
    if let Some(stamp) = facts.link.filter(|_| !facts.by_hand) {
        return Err(if stamp.tenant == facts.tenant.as_str() {
            ("EM-01", ReasonCode::AlreadySaved)
        } else {
            ("SET-12", ReasonCode::SavedInOtherTenant)
        });
    }
    let route = route(facts, settings)?;
    if route == Route::Auto {
        trace.pass("EM-34", ReasonCode::NewEnough);
    }
    let excluded = excluded(people, trace);
    if route.is_asked() {
        if excluded.is_some() {
            trace.note(
                "BL-01",
                ReasonCode::AskedAlthoughExcluded,
                format!("{} people", people.len()),
            );
        }
    } else if let Some(refusal) = excluded {
        return Err(refusal);
    }
    if route == Route::Auto {
        trace.pass("EM-30", ReasonCode::MatchNeeded);
        return Ok(Verdict::NeedsMatch { route });
    }
    trace.pass(route.rule(), route.reason());
    Ok(Verdict::Save { route })
}

/// The strongest route that asks for the mail.
fn route(facts: &MailFacts<'_>, settings: &SyncSettings) -> Result<Route, Refusal> {
    if facts.by_hand {
        return Ok(Route::Hand);
    }
    if facts.wished {
        return Ok(Route::Wish);
    }
    if has_category(facts.categories, &settings.names.category) {
        return Ok(Route::Category);
    }
    if facts.folder == Some(FolderRole::Saved) {
        return Ok(Route::Folder);
    }
    let arrived = ["received_at", "sent_at"]
        .iter()
        .find_map(|field| facts.record.get(field).and_then(Value::as_instant));
    if let Some(since) = facts.tracked_since.filter(|_| settings.thread_auto_save)
        && arrived.is_none_or(|at| at >= since)
    {
        return Ok(Route::Thread);
    }
    if !settings.auto_save {
        return Err(("INV-22", ReasonCode::NotAsked));
    }
    if arrived.is_some_and(|at| at < earliest(settings, facts.start)) {
        return Err(("EM-34", ReasonCode::BeforeStart));
    }
    Ok(Route::Auto)
}

/// Why automatic saving must leave the mail alone, judged by its people (EM-35, EM-36, EM-39).
fn excluded(people: &[Participant], trace: &mut Trace) -> Option<Refusal> {
    let count = |standing| {
        people
            .iter()
            .filter(|person| person.standing == standing)
            .count()
    };
    let external = count(Standing::External);
    let by_org = count(Standing::BlockedByOrg);
    let blocked = by_org + count(Standing::BlockedByUser);
    if external > 0 {
        trace.note(
            "EM-35",
            ReasonCode::ExternalFound,
            format!("{external} of {}", people.len()),
        );
        if blocked > 0 {
            trace.note(
                "EM-39",
                ReasonCode::SomeBlocked,
                format!("{blocked} of {}", people.len()),
            );
        }
        return None;
    }
    Some(if by_org > 0 {
        ("EM-36", ReasonCode::BlockedByOrg)
    } else if blocked > 0 {
        ("EM-36", ReasonCode::BlockedByUser)
    } else if count(Standing::Internal) + count(Standing::Own) > 0 {
        ("EM-35", ReasonCode::InternalOnly)
    } else {
        ("EM-30", ReasonCode::NoUsableAddress)
    })
}

/// Whether an item was listed with the category and then read without it: by a server that lags behind the one that
/// listed it, or because somebody took it off in between. What it asks for is known only after another look.
pub fn is_read_without(listed: &[String], read: &[String], settings: &SyncSettings) -> bool {
    let name = &settings.names.category;
    has_category(listed, name) && !has_category(read, name)
}

/// Category names are compared without case, as Outlook does.
fn has_category(categories: &[String], name: &str) -> bool {
    let name = name.to_lowercase();
    categories
        .iter()
        .any(|category| category.trim().to_lowercase() == name)
}

fn earliest(settings: &SyncSettings, start: Timestamp) -> Timestamp {
    let back = SignedDuration::from_hours(24 * i64::from(settings.lookback_days));
    start.checked_sub(back).unwrap_or(Timestamp::MIN)
}

#[cfg(test)]
mod tests;
