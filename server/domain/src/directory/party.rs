//! A party as the directory keeps it.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::{
    RecordRef,
    autolink::{company_domain, domain_proof, filed_keys},
    participant::normalize_domain,
    port::{FoundBy, PartyHit},
};

/// A party of the CRM: what it takes to find it and to show it in a list, nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Party {
    /// The record.
    pub record: RecordRef,
    /// The number people see; of employees the business partner id.
    pub number: String,
    /// Its display name.
    pub name: String,
    /// Its addresses, normalised ([`crate::participant::normalize`]).
    pub addresses: Vec<String>,
    /// Its telephone numbers in comparable form ([`crate::phone::normal`]).
    pub phones: Vec<String>,
    /// The company as people read it; empty for parties that are none and have none.
    pub company: String,
    /// The account a contact or a lead belongs to.
    pub account: Option<RecordRef>,
    /// Domains of its web site, normalised.
    pub domains: Vec<String>,
    /// When the record was created.
    pub created_at: Option<Timestamp>,
    /// When it last changed.
    pub changed_at: Option<Timestamp>,
    /// Marked obsolete in the CRM: never a candidate, never found by text.
    pub obsolete: bool,
    /// Kept out of the search by text (SRCH-12).
    pub hidden: bool,
}

impl Party {
    /// The keys it is filed under by address, each once.
    pub fn address_keys(&self) -> BTreeSet<String> {
        let addresses = self.addresses.iter();
        addresses.flat_map(|address| filed_keys(address)).collect()
    }

    /// The domains it is filed under: those of its addresses and its web site and their registrable ones, each
    /// once. Public mail domains are none.
    pub fn domain_keys(&self) -> BTreeSet<String> {
        let of_addresses = self.addresses.iter().cloned();
        let of_web = self.domains.iter().map(|domain| format!("www@{domain}"));
        let mut keys = BTreeSet::new();
        for address in of_addresses.chain(of_web) {
            if let Some(company) = company_domain(&address) {
                keys.insert(company.to_owned());
                keys.extend(normalize_domain(crate::participant::domain_of(&address)));
            }
        }
        keys
    }

    /// What it is found by for an address, by the domains it really stands under and not by the keys it is filed
    /// under; `None`: not by a domain.
    pub fn proof(&self, address: &str) -> Option<FoundBy> {
        let of_addresses = self.addresses.iter();
        let of_addresses = of_addresses.map(|own| crate::participant::domain_of(own));
        let of_web = self.domains.iter().map(String::as_str);
        let proofs = of_addresses
            .chain(of_web)
            .filter_map(|domain| domain_proof(address, domain));
        proofs.min()
    }

    /// As a hit. `address`: the key that led to it.
    pub fn hit(&self, address: &str, found_by: FoundBy) -> PartyHit {
        PartyHit {
            number: self.number.clone(),
            name: self.name.clone(),
            address: address.to_owned(),
            found_by,
            account: self.account.clone(),
            created_at: self.created_at,
            changed_at: self.changed_at,
            obsolete: self.obsolete,
            ..PartyHit::bare(self.record.clone())
        }
    }

    /// The texts a search looks into, best first.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        [
            self.name.as_str(),
            self.number.as_str(),
            self.company.as_str(),
        ]
        .into_iter()
        .chain(self.addresses.iter().map(String::as_str))
    }
}

/// The domain of a web site as people write it, with or without scheme and path.
pub fn site_domain(site: &str) -> Option<String> {
    let site = site.trim();
    let rest = site.split_once("://").map_or(site, |(_, rest)| rest);
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = host.rsplit('@').next().unwrap_or_default();
    let host = host.split(':').next().unwrap_or_default();
    normalize_domain(host).filter(|domain| domain.contains('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_web_site_has_a_domain_however_it_is_written() {
        for (site, domain) in [
            ("https://www.Shop.example/de?x=1", Some("www.shop.example")),
            ("www.shop.example", Some("www.shop.example")),
            ("http://user@shop.example:8080/", Some("shop.example")),
            ("bücher.example", Some("xn--bcher-kva.example")),
            ("none", None),
            ("", None),
            ("http://", None),
        ] {
            assert_eq!(site_domain(site).as_deref(), domain, "{site}");
        }
    }
}
