//! By what an address may be found: itself, other spellings of the same mailbox, its company's domain.

use crate::{
    participant::{domain_of, registrable},
    port::FoundBy,
    settings::is_public_mail_domain,
};

/// Domains of one provider under which the same local part is the same mailbox. Others that look alike are
/// left out on purpose: `ann@gmx.de` and `ann@gmx.net` are two people.
///
/// Google: <https://support.google.com/mail/answer/10313>, Apple: <https://support.apple.com/102338>,
/// Proton: <https://proton.me/support/addresses-and-aliases>.
const SAME_MAILBOX: [&[&str]; 3] = [
    &["gmail.com", "googlemail.com"],
    &["icloud.com", "me.com", "mac.com"],
    &["proton.me", "protonmail.com", "pm.me"],
];

/// Domains whose provider ignores dots in the local part: Google's private mailboxes, nobody else.
const DOTS_IGNORED: &[&str] = SAME_MAILBOX[0];

/// One key under which the owner of an address may stand in the CRM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CandidateKey {
    /// A normalised address.
    pub key: String,
    /// What a party found under it was found by.
    pub found_by: FoundBy,
}

/// The addresses to look a normalised address up by, strongest first, at most 12, each once.
///
/// Law: every key's own keys are among those of the address it was made from, so that asking in steps finds
/// nothing more.
///
/// ```
/// use ssi_domain::{autolink::candidate_keys, port::FoundBy};
/// let keys = candidate_keys("ann+news@shop.example");
/// assert_eq!(keys[0].key, "ann+news@shop.example");
/// assert_eq!((keys[1].key.as_str(), keys[1].found_by), ("ann@shop.example", FoundBy::PlusAddress));
/// ```
pub fn candidate_keys(address: &str) -> Vec<CandidateKey> {
    let mut keys = vec![CandidateKey {
        key: address.to_owned(),
        found_by: FoundBy::Address,
    }];
    let mut add = |local: &str, domain: &str, found_by: FoundBy| {
        let key = format!("{local}@{domain}");
        if !keys.iter().any(|known| known.key == key) {
            keys.push(CandidateKey { key, found_by });
        }
    };
    let Some((local, domain)) = address.rsplit_once('@') else {
        return keys;
    };
    let domains = SAME_MAILBOX
        .iter()
        .find(|group| group.contains(&domain))
        .copied()
        .unwrap_or_default();
    let others = || std::iter::once(domain).chain(domains.iter().copied());
    for (local, found_by) in [
        (Some(local), FoundBy::Alias),
        (untagged(local), FoundBy::PlusAddress),
    ] {
        let Some(local) = local else { continue };
        for domain in others() {
            add(local, domain, found_by);
        }
        if DOTS_IGNORED.contains(&domain) && !is_quoted(local) {
            let bare = local.replace('.', "");
            for domain in others().filter(|_| !bare.is_empty()) {
                add(&bare, domain, found_by);
            }
        }
    }
    keys
}

/// The keys under which a directory files a party's normalised address: itself, and where the provider
/// ignores dots the form without them, so that `a.nn@gmail.com` on an item finds `an.n@gmail.com`.
pub fn filed_keys(address: &str) -> Vec<String> {
    let mut keys = vec![address.to_owned()];
    if let Some((local, domain)) = address.rsplit_once('@')
        && DOTS_IGNORED.contains(&domain)
        && !is_quoted(local)
    {
        let bare = format!("{}@{}", local.replace('.', ""), DOTS_IGNORED[0]);
        if !bare.starts_with('@') && bare != address {
            keys.push(bare);
        }
    }
    keys
}

/// One key for all spellings of a normalised address: what somebody is reserved by, so that `ann+cal@gmail.com` and
/// `a.nn@googlemail.com` are not made twice (RES-01).
///
/// ```
/// use ssi_domain::autolink::mailbox_key;
/// assert_eq!(mailbox_key("ann+cal@shop.example"), "ann@shop.example");
/// assert_eq!(mailbox_key("a.nn@googlemail.com"), "ann@gmail.com");
/// ```
pub fn mailbox_key(address: &str) -> String {
    let Some((local, domain)) = address.rsplit_once('@') else {
        return address.to_owned();
    };
    let group = SAME_MAILBOX.iter().find(|group| group.contains(&domain));
    let first = group.and_then(|group| group.first()).copied();
    let local = untagged(local).unwrap_or(local);
    let bare = match DOTS_IGNORED.contains(&domain) && !is_quoted(local) {
        true => local.replace('.', ""),
        false => local.to_owned(),
    };
    let local = if bare.is_empty() { local } else { &bare };
    format!("{local}@{}", first.unwrap_or(domain))
}

/// The local part without its tag (RFC 5233): `ann` of `ann+news`. Quoted ones carry none.
fn untagged(local: &str) -> Option<&str> {
    let (base, _) = local.split_once('+')?;
    (!base.is_empty() && !is_quoted(local)).then_some(base)
}

fn is_quoted(local: &str) -> bool {
    local.starts_with('"')
}

/// The domain by which a company is known, of a normalised address: the registrable one by the public suffix
/// list. `None` for public mail domains, domain literals and names that stand under no suffix: there nobody's
/// domain says whom they work for.
///
/// ```
/// use ssi_domain::autolink::company_domain;
/// assert_eq!(company_domain("ann@mail.shop.co.uk"), Some("shop.co.uk"));
/// assert_eq!(company_domain("ann@gmail.com"), None);
/// ```
pub fn company_domain(address: &str) -> Option<&str> {
    let domain = domain_of(address);
    let literal = domain.starts_with('[') || domain.parse::<std::net::IpAddr>().is_ok();
    let company = registrable(domain).filter(|_| !literal)?;
    (!is_public_mail_domain(domain) && !is_public_mail_domain(company)).then_some(company)
}

/// What an account that stands under a domain is found by, for a participant's normalised address: the very
/// domain of the address, or one with the same registrable domain. `None`: no proof.
pub fn domain_proof(address: &str, account_domain: &str) -> Option<FoundBy> {
    let company = company_domain(address)?;
    if domain_of(address) == account_domain {
        return Some(FoundBy::Domain);
    }
    (registrable(account_domain) == Some(company)).then_some(FoundBy::RelatedDomain)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::participant::normalize;

    fn keys(address: &str) -> Vec<(String, FoundBy)> {
        let keys = candidate_keys(address).into_iter();
        keys.map(|key| (key.key, key.found_by)).collect()
    }

    /// LNK-05
    #[test]
    fn an_address_is_found_by_its_other_spellings() {
        let own = |address: &str| (address.to_owned(), FoundBy::Address);
        let alias = |address: &str| (address.to_owned(), FoundBy::Alias);
        let tag = |address: &str| (address.to_owned(), FoundBy::PlusAddress);
        let check = |address: &str, expected: &[(String, FoundBy)]| {
            assert_eq!(keys(address), expected, "{address}");
        };
        check("ann@shop.example", &[own("ann@shop.example")]);
        check(
            "ann+a+b@shop.example",
            &[own("ann+a+b@shop.example"), tag("ann@shop.example")],
        );
        check("+ann@shop.example", &[own("+ann@shop.example")]);
        check(
            "\"a+b\"@gmail.com",
            &[own("\"a+b\"@gmail.com"), alias("\"a+b\"@googlemail.com")],
        );
        check("a.nn@shop.example", &[own("a.nn@shop.example")]);
        check(
            "a.nn+x@googlemail.com",
            &[
                own("a.nn+x@googlemail.com"),
                alias("a.nn+x@gmail.com"),
                alias("ann+x@googlemail.com"),
                alias("ann+x@gmail.com"),
                tag("a.nn@googlemail.com"),
                tag("a.nn@gmail.com"),
                tag("ann@googlemail.com"),
                tag("ann@gmail.com"),
            ],
        );
        check("ann@gmx.de", &[own("ann@gmx.de")]);
        check(
            "ann@mac.com",
            &[
                own("ann@mac.com"),
                alias("ann@icloud.com"),
                alias("ann@me.com"),
            ],
        );
        check(
            "...@gmail.com",
            &[own("...@gmail.com"), alias("...@googlemail.com")],
        );
    }

    #[test]
    fn dotted_addresses_are_filed_without_dots_too() {
        assert_eq!(
            filed_keys("an.n@googlemail.com"),
            ["an.n@googlemail.com", "ann@gmail.com"]
        );
        assert_eq!(filed_keys("an.n@shop.example"), ["an.n@shop.example"]);
        assert_eq!(filed_keys("ann@gmail.com"), ["ann@gmail.com"]);
        assert_eq!(filed_keys("..@gmail.com"), ["..@gmail.com"]);
    }

    /// LNK-05
    #[test]
    fn a_company_is_known_by_its_registrable_domain() {
        for (address, company) in [
            ("ann@shop.example", Some("shop.example")),
            ("ann@a.b.shop.co.uk", Some("shop.co.uk")),
            ("ann@xn--bcher-kva.example", Some("xn--bcher-kva.example")),
            ("ann@co.uk", None),
            ("ann@localhost", None),
            ("ann@gmail.com", None),
            ("ann@mail.gmx.net", None),
            ("ann@[192.0.2.1]", None),
            ("ann@192.0.2.1", None),
            ("ann@me.github.io", Some("me.github.io")),
            ("no address", None),
        ] {
            assert_eq!(company_domain(address), company, "{address}");
        }
        let proof = |domain| domain_proof("ann@mail.shop.example", domain);
        assert_eq!(proof("mail.shop.example"), Some(FoundBy::Domain));
        assert_eq!(proof("shop.example"), Some(FoundBy::RelatedDomain));
        assert_eq!(proof("pay.shop.example"), Some(FoundBy::RelatedDomain));
        assert_eq!(proof("mill.example"), None);
        assert_eq!(domain_proof("ann@gmail.com", "gmail.com"), None);
        assert_eq!(domain_proof("a@x.co.uk", "y.co.uk"), None);
    }

    proptest! {
        /// Law: the keys of a key are among the keys; each is a normalised address, each once, few in all.
        #[test]
        fn keys_are_closed(
            local in "[a-z.+\"]{1,12}",
            domain in prop::sample::select(vec!["gmail.com", "googlemail.com", "me.com", "shop.example"]),
        ) {
            let Some(address) = normalize(&format!("{local}@{domain}")) else { return Ok(()) };
            let all: Vec<String> = keys(&address).into_iter().map(|(key, _)| key).collect();
            prop_assert!(all.len() <= 12);
            for key in &all {
                prop_assert_eq!(normalize(key), Some(key.clone()));
                for (again, _) in keys(key) {
                    prop_assert!(all.contains(&again), "{} of {}", again, key);
                }
                // A mailbox with no name but dots is nobody's.
                if local.starts_with(|c: char| c.is_ascii_lowercase()) {
                    prop_assert_eq!(mailbox_key(key), mailbox_key(&address), "one mailbox, one key");
                }
            }
            let once: std::collections::HashSet<_> = all.iter().collect();
            prop_assert_eq!(once.len(), all.len());
        }

        /// What an item is looked up by meets what a directory filed, whichever way the dots stand.
        #[test]
        fn dots_never_hide_a_mailbox(a in "[a-z]{1,6}", b in "[a-z]{1,6}") {
            let filed = filed_keys(&format!("{a}.{b}@googlemail.com"));
            let asked = candidate_keys(&format!("{a}{b}@gmail.com"));
            prop_assert!(asked.iter().any(|key| filed.contains(&key.key)));
        }
    }
}
