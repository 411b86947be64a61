//! The texts about people: blocklists, records made for unknown attendees, offered links.

use crate::dialect::rows;

statements! {
    BLOCKLIST_ENTRIES = "SELECT sealed, created_at FROM blocklist_entry WHERE mailbox = $1 \
        ORDER BY created_at, digest";
    BLOCKLIST_COUNT = "SELECT COUNT(*) FROM blocklist_entry WHERE mailbox = $1";
    BLOCKLIST_PUT = "INSERT INTO blocklist_entry (mailbox, digest, sealed, created_at) \
        VALUES ($1, $2, $3, $4) ON CONFLICT (mailbox, digest) DO NOTHING";
    BLOCKLIST_DROP = "DELETE FROM blocklist_entry WHERE mailbox = $1 AND digest = $2";

    MADE_PUT = "INSERT INTO made_party (link, tenant, mailbox, record_kind, record_id, for_kind, for_key, \
        made_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (link) DO NOTHING";
    MADE_OF_MAILBOX = "SELECT link, mailbox, record_kind, record_id, for_kind, for_key, made_at \
        FROM made_party WHERE mailbox = $1 AND (made_at, link) < ($2, $3) \
        ORDER BY made_at DESC, link DESC LIMIT $4";
    MADE_OF_TENANT = "SELECT link, mailbox, record_kind, record_id, for_kind, for_key, made_at \
        FROM made_party WHERE tenant = $1 AND (made_at, link) < ($2, $3) \
        ORDER BY made_at DESC, link DESC LIMIT $4";

    UNKNOWN_EXPIRE = "DELETE FROM unknown_address WHERE at < $1";

    OFFERS_OPEN = "SELECT id, mailbox, link, record_kind, record_id, state, at FROM link_offer \
        WHERE mailbox = $1 AND state = 'open' AND (at, id) > ($2, $3) ORDER BY at, id LIMIT $4";
    OFFER_GET = "SELECT id, mailbox, link, record_kind, record_id, state, at FROM link_offer \
        WHERE id = $1 AND mailbox = $2";
    OFFER_SETTLE = "UPDATE link_offer SET state = $1 WHERE id = $2 AND mailbox = $3 AND state = 'open'";
    LINK_BY_ID = "SELECT kind, identity_key, record_kind, record_id, targets FROM link WHERE id = $1";
    PINS = "SELECT record_kind, record_id FROM pin WHERE mailbox = $1 \
        ORDER BY created_at DESC, record_kind, record_id";
    PIN_COUNT = "SELECT COUNT(*) FROM pin WHERE mailbox = $1";
    PIN_PUT = "INSERT INTO pin (mailbox, record_kind, record_id, created_at) VALUES ($1, $2, $3, $4) \
        ON CONFLICT (mailbox, record_kind, record_id) DO NOTHING";
    PIN_DROP = "DELETE FROM pin WHERE mailbox = $1 AND record_kind = $2 AND record_id = $3";
    TRACES_SAVED = "SELECT item_id FROM trace WHERE mailbox = $1 AND decision = 'saved' \
        ORDER BY at DESC, item_id LIMIT $2";
    LINKS_SAVED = "SELECT trace.at, link.record_kind, link.record_id, link.targets FROM trace \
        JOIN copy ON copy.mailbox = trace.mailbox AND copy.item_id = trace.item_id \
        JOIN link ON link.id = copy.link \
        WHERE trace.mailbox = $1 AND trace.decision = 'saved' ORDER BY trace.at DESC, trace.item_id LIMIT $2";
}

/// Notes addresses that nobody was known for.
pub(crate) fn unknown_put(count: usize) -> String {
    format!(
        "INSERT INTO unknown_address (tenant, digest, link, mailbox, at) VALUES {} \
         ON CONFLICT (tenant, digest, link) DO NOTHING",
        rows("({}, {}, {}, {}, {})", count)
    )
}

/// Links whose items carry one of these addresses and nobody for it, with what they are linked with.
pub(crate) fn unknown_links(list: &str) -> String {
    format!(
        "SELECT unknown_address.digest, unknown_address.link, unknown_address.mailbox, link.targets \
         FROM unknown_address JOIN link ON link.id = unknown_address.link \
         WHERE unknown_address.tenant = $1 AND unknown_address.digest IN ({list})"
    )
}

/// Offers a party for links; one that was offered before stays as it is, also when it was refused.
pub(crate) fn offers_put(count: usize) -> String {
    format!(
        "INSERT INTO link_offer (id, mailbox, link, record_kind, record_id, state, at) VALUES {} \
         ON CONFLICT (link, record_kind, record_id) DO NOTHING",
        rows("({}, {}, {}, {}, {}, {}, {})", count)
    )
}

/// The texts that are built, for the test that prepares them.
pub(crate) fn built() -> Vec<(&'static str, String)> {
    let list = crate::dialect::placeholders(2, 2);
    vec![
        ("unknown_put", unknown_put(2)),
        ("unknown_links", unknown_links(&list)),
        ("offers_put", offers_put(2)),
    ]
}
