//! What a signature said, as the fields of a form.

use std::collections::BTreeMap;

use super::{Draft, FORMS};
use crate::{
    Kind,
    signature::{Field, Prefill},
};

/// A draft of the kind with what is known of a sender; for a contact the account beside it, if a company is known.
pub fn prefilled(kind: Kind, known: &Prefill, address: &str) -> Draft {
    let street = [Field::Street, Field::HouseNumber].map(|field| known.text(field));
    let street = street.join(" ");
    let about_person = [
        ("given_name", known.text(Field::FirstName)),
        ("middle_name", known.text(Field::MiddleName)),
        ("surname", known.text(Field::LastName)),
        ("job_title", known.text(Field::JobTitle)),
        ("department", known.text(Field::Department)),
        ("company", known.text(Field::Company)),
        ("mobile", known.text(Field::Mobile)),
        ("email", address),
    ];
    let about_company = [
        ("phone", known.text(Field::Phone)),
        ("fax", known.text(Field::Fax)),
        ("street", street.trim()),
        ("postal_code", known.text(Field::PostalCode)),
        ("city", known.text(Field::City)),
        ("country", known.text(Field::Country)),
        ("website", known.text(Field::WebSite)),
    ];
    let of_kind = |kind: Kind, pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
        let form = FORMS.get(&kind);
        pairs
            .iter()
            .filter(|(name, text)| {
                !text.is_empty() && form.is_some_and(|form| form.fields.contains_key(*name))
            })
            .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
            .collect()
    };
    let company = known.text(Field::Company);
    let account_fields = || {
        let mut pairs = vec![("name", company)];
        pairs.extend(about_company);
        of_kind(Kind::Account, &pairs)
    };
    if kind == Kind::Account {
        return Draft {
            kind,
            fields: if company.is_empty() {
                BTreeMap::new()
            } else {
                account_fields()
            },
            account: None,
            contact: None,
        };
    }
    let pairs: Vec<_> = about_person.into_iter().chain(about_company).collect();
    let nested = kind == Kind::Contact && !company.is_empty();
    Draft {
        kind,
        fields: of_kind(kind, &pairs),
        account: nested.then(|| {
            Box::new(Draft {
                kind: Kind::Account,
                fields: account_fields(),
                account: None,
                contact: None,
            })
        }),
        contact: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        TextFormat,
        signature::{Mail, prefill},
    };

    #[test]
    fn a_contact_comes_with_its_account() {
        let known = prefill(&Mail {
            body: "Hi\n\nBest regards\nAnn Lee\nSales Manager\nShop Ltd\n5 High Street\nLondon NW1 6XE\nTel: +44 20 7946 0100",
            format: TextFormat::Plain,
            display_name: "Ann Lee",
            address: "ann@shop.example",
        });
        let draft = prefilled(Kind::Contact, &known, "ann@shop.example");
        assert_eq!(draft.fields["surname"], "Lee");
        assert_eq!(draft.fields["street"], "High Street 5");
        assert_eq!(draft.fields["email"], "ann@shop.example");
        assert!(!draft.fields.contains_key("company"));
        let account = draft.account.expect("a company is known");
        assert_eq!(account.fields["name"], "Shop Ltd");
        assert!(!account.fields.contains_key("email"));
        assert!(crate::create::record(&prefilled(Kind::Lead, &known, "ann@shop.example")).is_ok());
    }
}
