//! Which account a contact's company is (CON-31, CON-32, CON-36).

use crate::port::PartyHit;

/// The account with exactly this name, the earliest created; else the only one whose name contains it.
pub fn choose_account<'a>(company: &str, hits: &'a [PartyHit]) -> Option<&'a PartyHit> {
    let wanted = company.trim().to_lowercase();
    let standing: Vec<&PartyHit> = hits.iter().filter(|hit| !hit.obsolete).collect();
    let name = |hit: &PartyHit| hit.name.trim().to_lowercase();
    let exact = standing
        .iter()
        .filter(|hit| name(hit) == wanted)
        .min_by_key(|hit| {
            // Numbers are given in order; of two accounts of one moment the smaller is the earlier.
            let number = hit.number.trim_start_matches('0');
            (
                hit.created_at.is_none(),
                hit.created_at,
                number.len(),
                number.to_owned(),
            )
        });
    let mut partial = standing.iter().filter(|hit| name(hit).contains(&wanted));
    match (exact, partial.next(), partial.next()) {
        (Some(hit), _, _) | (None, Some(hit), None) => Some(hit),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Kind, RecordId, RecordRef};

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
        let hits = [
            account("2", "Silverstar", 20),
            account("1", "SILVERSTAR", 10),
            account("3", "Silverstar Wholesale", 5),
        ];
        let chosen = |company: &str, hits: &[PartyHit]| {
            choose_account(company, hits).map(|hit| hit.number.clone())
        };
        assert_eq!(
            chosen(" silverstar ", &hits).as_deref(),
            Some("1"),
            "CON-31"
        );
        assert_eq!(chosen("wholesale", &hits).as_deref(), Some("3"), "CON-32");
        assert_eq!(chosen("silver", &hits), None, "CON-36");
        assert_eq!(chosen("gold", &hits), None);
        let mut gone = hits;
        gone[1].obsolete = true;
        assert_eq!(chosen("silverstar", &gone).as_deref(), Some("2"));
    }
}
