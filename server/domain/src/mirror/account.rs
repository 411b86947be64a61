//! Which account a contact's company is (CON-31, CON-32, CON-36).

use super::{Pair, Rules};
use crate::{Kind, ReasonCode, Record, Trace, merge::stands_for, port::PartyHit};

/// Of accounts with exactly the company's name the earliest created that is in use (CON-31).
pub fn earliest_account(exact: &[PartyHit]) -> Option<&PartyHit> {
    exact.iter().filter(|hit| !hit.obsolete).min_by_key(|hit| {
        // Numbers are given in order; of two accounts of one moment the smaller is the earlier.
        let number = hit.number.trim_start_matches('0');
        (
            hit.created_at.is_none(),
            hit.created_at,
            number.len(),
            number.to_owned(),
        )
    })
}

/// The only account in use whose name contains the company (CON-32); several are none (CON-36).
pub fn only_account<'a>(company: &str, alike: &'a [PartyHit]) -> Option<&'a PartyHit> {
    let mut partial = alike
        .iter()
        .filter(|hit| !hit.obsolete && holds(&hit.name, company));
    match (partial.next(), partial.next()) {
        (Some(hit), None) => Some(hit),
        _ => None,
    }
}

/// Says that a contact's company is not what its account is called, or that it has none (CON-33). While accounts are
/// read only, having none is nothing to tell (CON-23).
pub(super) fn note_account(
    pair: &Pair<'_>,
    (mail, crm): (&Record, &Record),
    rules: &Rules<'_>,
    trace: &mut Trace,
) {
    let (company, account) = (mail.text("company").trim(), crm.text("company").trim());
    let quiet = account.is_empty() && rules.settings.mirror.accounts_read_only;
    if pair.kind == Kind::Contact && !company.is_empty() && !quiet && !stands_for(company, account)
    {
        trace.note("CON-33", ReasonCode::AccountMissing, "company");
    }
}

fn holds(name: &str, company: &str) -> bool {
    let wanted = company.trim().to_lowercase();
    !wanted.is_empty() && name.to_lowercase().contains(&wanted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{RecordId, RecordRef};

    fn account(id: &str, name: &str, created: i64) -> PartyHit {
        let record = RecordRef {
            kind: Kind::Account,
            id: RecordId::new(id),
        };
        PartyHit {
            number: id.into(),
            name: name.into(),
            created_at: jiff::Timestamp::from_second(created).ok(),
            ..PartyHit::bare(record)
        }
    }

    #[test]
    fn the_exact_name_then_the_only_one_that_contains_it() {
        let mut exact = [
            account("2", "Silverstar", 20),
            account("1", "SILVERSTAR", 10),
        ];
        let number = |hit: Option<&PartyHit>| hit.map(|hit| hit.number.clone());
        assert_eq!(
            number(earliest_account(&exact)).as_deref(),
            Some("1"),
            "CON-31"
        );
        exact[1].obsolete = true;
        assert_eq!(number(earliest_account(&exact)).as_deref(), Some("2"));
        let mut alike = [
            account("2", "Silverstar", 20),
            account("3", "Silverstar Wholesale", 5),
        ];
        let only = |company: &str, alike: &[PartyHit]| number(only_account(company, alike));
        assert_eq!(only("wholesale", &alike).as_deref(), Some("3"), "CON-32");
        assert_eq!(only("silver", &alike), None, "CON-36");
        assert_eq!(only("gold", &alike), None);
        assert_eq!(only("", &alike), None, "CON-35");
        alike[0].obsolete = true;
        assert_eq!(only("silver", &alike).as_deref(), Some("3"));
    }
}
