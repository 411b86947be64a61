//! `docs/mapping.md`, made from the tables.

use super::{Backend, Flow, Table, ValueType, Wins};

/// The documentation of these tables in Markdown.
pub fn document(tables: &[Table]) -> String {
    let mut out = String::from(
        "# Field mapping\n\n\
         Made from `server/domain/tables/*.toml`; change a table, then run \
         `UPDATE_DOCS=1 cargo test -p ssi-domain mapping`.\n\n\
         A tenant can replace rows or add rows of its own with the same schema. *Flow*: `to_crm` travels \
         from the mailbox to the CRM, `to_mail` back, `both` either way, `none` is read for decisions \
         only. *Wins* says who is right when both sides changed. *Cut* is the longest text the CRM takes, \
         in characters; a cut is said in the trace. *Later* marks fields that are read only once saving \
         is decided.\n",
    );
    for table in tables {
        out.push_str(&format!("\n## {}\n\n", table.kind()));
        out.push_str("| Field | Type | Flow | Wins | Conversion | Cut | Later |");
        out.push_str(" Exchange (EWS) | Graph | Google | C4C |\n");
        out.push_str("|---|---|---|---|---|---|---|---|---|---|---|\n");
        for row in table.rows() {
            let cells = [
                row.name.clone(),
                row.value.name().to_owned(),
                row.flow.name().to_owned(),
                row.wins.name().to_owned(),
                row.transform.clone().unwrap_or_default(),
                row.max_chars.map(|n| n.to_string()).unwrap_or_default(),
                if row.after_decision {
                    "yes".to_owned()
                } else {
                    String::new()
                },
            ];
            let paths = Backend::ALL.map(|backend| {
                row.path(backend)
                    .map(|path| format!("`{path}`"))
                    .unwrap_or_default()
            });
            let all: Vec<&str> = cells.iter().chain(&paths).map(String::as_str).collect();
            out.push_str(&format!("| {} |\n", all.join(" | ").replace("  ", " ")));
        }
    }
    out
}

impl Backend {
    /// The mailbox backends.
    pub const MAIL: [Backend; 3] = [Backend::Ews, Backend::Graph, Backend::Google];

    /// Every backend, in the order of the documentation.
    pub const ALL: [Backend; 4] = [Backend::Ews, Backend::Graph, Backend::Google, Backend::C4c];

    /// The name of its column in a table.
    pub fn name(self) -> &'static str {
        match self {
            Backend::Ews => "ews",
            Backend::Graph => "graph",
            Backend::Google => "google",
            Backend::C4c => "c4c",
        }
    }
}

impl ValueType {
    /// The name tables use.
    pub fn name(self) -> &'static str {
        match self {
            ValueType::Text => "text",
            ValueType::RichText => "rich_text",
            ValueType::Address => "address",
            ValueType::Addresses => "addresses",
            ValueType::Phone => "phone",
            ValueType::Instant => "instant",
            ValueType::When => "when",
            ValueType::Date => "date",
            ValueType::Zone => "zone",
            ValueType::Choice => "choice",
            ValueType::Bool => "bool",
            ValueType::Number => "number",
            ValueType::Ref => "ref",
            ValueType::Texts => "texts",
        }
    }
}

impl Flow {
    /// The name tables use.
    pub fn name(self) -> &'static str {
        match self {
            Flow::ToCrm => "to_crm",
            Flow::ToMail => "to_mail",
            Flow::Both => "both",
            Flow::None => "none",
        }
    }
}

impl Wins {
    /// The name tables use.
    pub fn name(self) -> &'static str {
        match self {
            Wins::Mail => "mail",
            Wins::Crm => "crm",
        }
    }
}
