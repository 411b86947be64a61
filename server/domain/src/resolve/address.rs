//! Addresses behind which no single person sits: nobody is made a Lead or a Contact of them.

use crate::participant::{domain_of, registrable};

/// What sits behind an address in place of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Impersonal {
    /// Nobody reads answers.
    NoReply,
    /// A function of a company: `info@`, `sales@`.
    Role,
    /// A mailing list or group.
    List,
    /// A room, a device, a calendar.
    Resource,
    /// Nothing a person could have: no letter before the `@`.
    Nobody,
}

/// Local parts without separators that say that nobody reads answers, in the languages of our users.
const NO_REPLY: &[&str] = &[
    "autoreply",
    "bounce",
    "bounces",
    "donotreply",
    "keineantwort",
    "mailerdaemon",
    "nepasrepondre",
    "nepasrepondere",
    "nichtantworten",
    "noanswer",
    "noreply",
    "noreplies",
    "noresponder",
    "nonrispondere",
    "naoresponda",
    "naoresponder",
    "neodpovidat",
    "nieodpowiadaj",
    "geenantwoord",
    "notification",
    "notifications",
    "notify",
    "automailer",
    "postmaster",
    "systemmail",
    "alerts",
    "alert",
];

/// Local parts that start so are no-reply addresses whatever follows (`noreply-prod-7@`).
const NO_REPLY_STARTS: &[&str] = &[
    "noreply",
    "donotreply",
    "bounce",
    "mailerdaemon",
    "nichtantworten",
];

/// Functions of companies, in the languages of our users.
const ROLES: &[&str] = &[
    "abuse",
    "accounting",
    "accounts",
    "admin",
    "administration",
    "administrator",
    "agenda",
    "anfrage",
    "anfragen",
    "assistance",
    "backoffice",
    "bestellung",
    "bestellungen",
    "bewerbung",
    "billing",
    "booking",
    "bookings",
    "buchhaltung",
    "calendar",
    "career",
    "careers",
    "commercial",
    "compras",
    "comptabilite",
    "contabilidad",
    "contact",
    "contacto",
    "contato",
    "contatti",
    "customercare",
    "customerservice",
    "datenschutz",
    "dispatch",
    "einkauf",
    "empfang",
    "enquiries",
    "events",
    "export",
    "facturacion",
    "facturation",
    "fakturace",
    "feedback",
    "finance",
    "frontdesk",
    "hello",
    "help",
    "helpdesk",
    "hostmaster",
    "hr",
    "info",
    "informacion",
    "information",
    "inquiries",
    "invoice",
    "invoices",
    "it",
    "jobs",
    "kantoor",
    "kontakt",
    "kundenservice",
    "legal",
    "logistics",
    "logistik",
    "mail",
    "mailbox",
    "marketing",
    "media",
    "newsletter",
    "obchod",
    "office",
    "order",
    "orders",
    "personal",
    "post",
    "presse",
    "press",
    "privacy",
    "purchasing",
    "receipts",
    "reception",
    "rechnung",
    "rechnungen",
    "recruiting",
    "reservations",
    "root",
    "sales",
    "sekretariat",
    "security",
    "sekretaerin",
    "service",
    "shop",
    "sklep",
    "spedition",
    "support",
    "team",
    "technik",
    "ventas",
    "vendas",
    "vendite",
    "verkauf",
    "verkoop",
    "versand",
    "vertrieb",
    "webmaster",
    "zentrale",
];

/// Words that name rooms and devices.
const RESOURCES: &[&str] = &[
    "besprechungsraum",
    "besprechungszimmer",
    "boardroom",
    "conferenceroom",
    "confroom",
    "konferenzraum",
    "meetingraum",
    "meetingroom",
    "projector",
    "beamer",
    "sitzungszimmer",
    "videoconf",
    "huddle",
    "room",
    "raum",
    "salle",
    "sala",
];

/// Domains under which no person has an address: calendars and lists of the big providers.
const NO_PEOPLE: &[(&str, Impersonal)] = &[
    ("calendar.google.com", Impersonal::Resource),
    ("groups.io", Impersonal::List),
    ("googlegroups.com", Impersonal::List),
    ("yahoogroups.com", Impersonal::List),
    ("groups.outlook.com", Impersonal::List),
    ("freelists.org", Impersonal::List),
];

/// Labels of mail domains that serve lists.
const LIST_LABELS: &[&str] = &["lists", "list", "listserv", "mailman", "groups"];

/// What sits behind a normalised address with this name beside it, if that is no person.
///
/// ```
/// use ssi_domain::resolve::{Impersonal, impersonal};
/// assert_eq!(impersonal("no-reply@shop.example", ""), Some(Impersonal::NoReply));
/// assert_eq!(impersonal("sales-uk@shop.example", ""), Some(Impersonal::Role));
/// assert_eq!(impersonal("rust-users@lists.shop.example", ""), Some(Impersonal::List));
/// assert_eq!(impersonal("ann.lee@shop.example", "Ann Lee"), None);
/// ```
pub fn impersonal(key: &str, name: &str) -> Option<Impersonal> {
    let local = key.rsplit_once('@').map_or(key, |(local, _)| local);
    let untagged = local.split('+').next().unwrap_or(local);
    let words: Vec<&str> = untagged
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    let joined = words.concat();
    let bare = joined.trim_end_matches(|c: char| c.is_ascii_digit());
    let first = words.first().copied().unwrap_or_default();
    if NO_REPLY.contains(&bare)
        || NO_REPLY_STARTS
            .iter()
            .any(|start| joined.starts_with(start))
    {
        return Some(Impersonal::NoReply);
    }
    let domain = domain_of(key);
    let below = |parent: &str| {
        domain
            .strip_suffix(parent)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    if let Some((_, what)) = NO_PEOPLE.iter().find(|(parent, _)| below(parent)) {
        return Some(*what);
    }
    let host = domain.split_once('.').map_or(domain, |(host, _)| host);
    let list_domain = LIST_LABELS.contains(&host) && registrable(domain) != Some(domain);
    let list_local = [
        "-request",
        "-owner",
        "-bounces",
        "-subscribe",
        "-unsubscribe",
    ]
    .iter()
    .any(|end| untagged.ends_with(end))
        || ["owner-", "list-", "all-"]
            .iter()
            .any(|start| untagged.starts_with(start));
    if list_domain || list_local {
        return Some(Impersonal::List);
    }
    let is_resource = RESOURCES.contains(&bare)
        || words.len() > 1 && RESOURCES.contains(&first)
        || names_a_room(name);
    if is_resource {
        return Some(Impersonal::Resource);
    }
    // A role with a place or a number: `sales-uk`, `info2`. A longer second word may be a person's name.
    let place = words.len() == 2 && words.get(1).is_some_and(|word| word.chars().count() <= 3);
    if ROLES.contains(&bare) || place && ROLES.contains(&first) {
        return Some(Impersonal::Role);
    }
    (!joined.chars().any(char::is_alphabetic)).then_some(Impersonal::Nobody)
}

/// Whether a display name is a room's. Words that are family names too count only beside a number or in a
/// longer name.
fn names_a_room(name: &str) -> bool {
    let name = name.chars().take(200).collect::<String>().to_lowercase();
    let words: Vec<&str> = name
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    let (Some(first), Some(last)) = (words.first(), words.last()) else {
        return false;
    };
    let clear = words
        .iter()
        .any(|word| RESOURCES.contains(word) && !ALSO_NAMES.contains(word));
    let pair = words.windows(2).any(|pair| {
        pair[1] == "room" && matches!(pair[0], "meeting" | "conference" | "conf" | "board")
    });
    let numbered = words
        .iter()
        .any(|word| word.chars().any(|c| c.is_ascii_digit()));
    let vague = ALSO_NAMES.contains(first) || ALSO_NAMES.contains(last);
    let long = words.len() > 2 && ALSO_NAMES.contains(first);
    clear || pair || vague && (numbered || long || *last == "room")
}

/// Words for rooms that are family names as well.
const ALSO_NAMES: &[&str] = &["room", "raum", "salle", "sala"];
