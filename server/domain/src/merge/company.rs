//! The company of a contact beside the account it stands for (CON-30 to CON-36, docs/decisions/0043).
//!
//! The two are not the same text: "Goldberg" may be all that "Goldberg Wholesale Ltd" is called by somebody. What
//! stands for the account is agreement, and nobody's wording is replaced by it.

use super::{Direction, Sides, fields::Verdict};
use crate::Record;

/// The field.
pub(super) const COMPANY: &str = "company";

/// Longest name of an account, in characters; what is longer is looked for and made by its beginning.
const LONGEST: usize = 40;

/// Whether a company, as somebody wrote it, stands for the account of this name (CON-31, CON-32).
pub fn stands_for(company: &str, account: &str) -> bool {
    let (company, account) = (folded(company), folded(account));
    if company.is_empty() || account.is_empty() {
        return company == account;
    }
    let cut: String = company.chars().take(LONGEST).collect();
    account.contains(cut.trim())
}

/// What becomes of a verdict that looks at the texts alone. `moved` says whether mailbox and CRM were edited since
/// they agreed, `named` whether the item bore the account's own name then.
pub(super) fn soften(
    verdict: Verdict,
    sides: Sides<'_>,
    direction: Direction,
    moved: Option<(bool, bool)>,
    named: bool,
) -> Verdict {
    let (mail, crm) = (company(sides.mail), company(sides.crm));
    match verdict {
        // An emptied company is no word about the account, and another spelling of its name no other account.
        Verdict::ToCrm if folded(mail).is_empty() || folded(mail) == folded(crm) => Verdict::Leave,
        // The account was renamed, or changed for one that the company stands for as well.
        Verdict::ToMail
            if direction == Direction::Both
                && moved == Some((false, true))
                && !named
                && stands_for(mail, crm) =>
        {
            Verdict::Leave
        }
        other => other,
    }
}

fn company(record: &Record) -> &str {
    record.text(COMPANY)
}

fn folded(text: &str) -> String {
    text.trim().to_lowercase()
}
