//! Auto-resolving: which unknown attendees become Leads or Contacts, and under which account (RES-01 to
//! RES-08, CAL-13).
//!
//! [`resolve`] only decides. Whoever carries it out reserves the address first and asks the CRM once more:
//! somebody hidden from us must not be created twice.

mod address;
mod company;
mod person;

use std::collections::HashSet;

pub use address::{Impersonal, impersonal};
pub use company::{account_name, is_account_of};

use crate::{
    Kind, ReasonCode, Trace,
    autolink::{candidate_keys, company_domain, rank},
    name::PersonName,
    participant::{Participant, Standing},
    port::PartyHit,
    settings::{ResolveAs, SyncSettings},
};

/// The account of a party that is to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Company {
    /// None: a public mail domain, or accounts are not to be made.
    None,
    /// One the CRM has.
    Known(Box<PartyHit>),
    /// One to be made, unless the CRM turns out to have it.
    New {
        /// Its name (RES-05).
        name: String,
        /// The registrable domain it is named after, normalised.
        domain: String,
    },
}

/// A party to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Creation {
    /// Lead or Contact.
    pub kind: Kind,
    /// The participant's normalised address: what it is reserved and looked up by.
    pub address: String,
    /// The person's name; never without a last one (RES-03).
    pub name: PersonName,
    /// Its account.
    pub company: Company,
    /// Country of the account, ISO 3166-1 alpha-2 (RES-06).
    pub country: Option<String>,
}

/// Resolves the participants of an event. `hits` are the parties known behind them, employees and obsolete
/// ones included.
///
/// Laws: nobody is made twice; a longer blocklist never makes more; the answer does not depend on the order
/// of `hits`; the trace holds no addresses and no names.
pub fn resolve(
    participants: &[Participant],
    hits: &[PartyHit],
    settings: &SyncSettings,
) -> (Vec<Creation>, Trace) {
    let mut trace = Trace::new();
    let kind = match settings.resolve.people {
        ResolveAs::Off => return (Vec::new(), trace),
        ResolveAs::Lead => Kind::Lead,
        ResolveAs::Contact => Kind::Contact,
    };
    let mut counts: Vec<(ReasonCode, usize)> = Vec::new();
    let mut seen = HashSet::new();
    let mut strangers = Vec::new();
    for person in participants {
        match stranger(person, hits) {
            Ok(key) => {
                // Two spellings of one mailbox are one person.
                let keys = candidate_keys(key);
                if !keys.iter().any(|one| seen.contains(&one.key)) {
                    seen.extend(keys.into_iter().map(|one| one.key));
                    strangers.push((person, key));
                }
            }
            Err(code) => match counts.iter_mut().find(|(known, _)| *known == code) {
                Some((_, count)) => *count += 1,
                None => counts.push((code, 1)),
            },
        }
    }
    for (code, count) in counts {
        trace.note(rule(code), code, format!("{count} participants"));
    }
    let most = settings.resolve.most_per_event as usize;
    if strangers.len() > most {
        let detail = format!("{} unknown, at most {most}", strangers.len());
        trace.note("RES-01", ReasonCode::ResolveCrowd, detail);
        return (Vec::new(), trace);
    }
    let creations: Vec<Creation> = strangers
        .into_iter()
        .map(|(person, key)| Creation {
            kind,
            address: key.to_owned(),
            name: person::name_of(&person.address.name, key),
            company: company(person, key, hits, settings, &mut trace),
            country: settings.mirror.default_country.clone(),
        })
        .collect();
    if !creations.is_empty() {
        let detail = format!("{} as {kind}", creations.len());
        trace.note("RES-01", ReasonCode::ResolvePlanned, detail);
    }
    (creations, trace)
}

/// The address of somebody nobody knows, or why no party is made of a participant.
fn stranger<'a>(person: &'a Participant, hits: &[PartyHit]) -> Result<&'a str, ReasonCode> {
    match person.standing {
        Standing::External => {}
        Standing::Own | Standing::Internal => return Err(ReasonCode::InternalOnly),
        Standing::BlockedByOrg => return Err(ReasonCode::BlockedByOrg),
        Standing::BlockedByUser => return Err(ReasonCode::BlockedByUser),
        Standing::Unusable => return Err(ReasonCode::NoUsableAddress),
    }
    let key = person.key.as_deref().ok_or(ReasonCode::NoUsableAddress)?;
    let known = hits
        .iter()
        .any(|hit| hit.address == key && hit.found_by.is_own());
    if known {
        return Err(ReasonCode::ResolveKnown);
    }
    match impersonal(key, &person.address.name) {
        None => Ok(key),
        Some(Impersonal::NoReply) => Err(ReasonCode::ResolveNoReply),
        Some(Impersonal::Role) => Err(ReasonCode::ResolveRole),
        Some(Impersonal::List) => Err(ReasonCode::ResolveList),
        Some(Impersonal::Resource) => Err(ReasonCode::ResolveResource),
        Some(Impersonal::Nobody) => Err(ReasonCode::NoUsableAddress),
    }
}

/// The account a new party belongs to (RES-05).
fn company(
    person: &Participant,
    key: &str,
    hits: &[PartyHit],
    settings: &SyncSettings,
    trace: &mut Trace,
) -> Company {
    let ranked = rank(std::slice::from_ref(person), hits);
    if let Some(account) = ranked.iter().find(|hit| hit.record.kind == Kind::Account) {
        let detail = format!("account {}", account.record.id);
        trace.note("RES-05", ReasonCode::AccountKnown, detail);
        return Company::Known(Box::new((*account).clone()));
    }
    let several = hits
        .iter()
        .any(|hit| hit.address == key && hit.record.kind == Kind::Account && !hit.obsolete);
    if several {
        trace.note("RES-05", ReasonCode::SeveralAccounts, "no account is made");
        return Company::None;
    }
    if !settings.resolve.accounts || settings.mirror.accounts_read_only {
        return Company::None;
    }
    match company_domain(key).and_then(|domain| Some((domain, account_name(domain)?))) {
        Some((domain, name)) => {
            trace.note("RES-05", ReasonCode::AccountPlanned, "one account");
            Company::New {
                name,
                domain: domain.to_owned(),
            }
        }
        None => {
            trace.note("RES-05", ReasonCode::NoCompanyDomain, "no account is made");
            Company::None
        }
    }
}

fn rule(code: ReasonCode) -> &'static str {
    match code {
        ReasonCode::InternalOnly => "RES-08",
        ReasonCode::BlockedByOrg | ReasonCode::BlockedByUser => "RES-04",
        _ => "RES-01",
    }
}

#[cfg(test)]
mod tests;
