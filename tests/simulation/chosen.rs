//! What the organization of a history chose: its settings and its mapping tables.

use std::sync::Arc;

use ssi_domain::{
    Kind, Record, SyncSettings,
    mapping::{Flow, Tables},
    settings::DownRule,
};

use super::{
    Chaos, Plot,
    letter::BLOCKED,
    thing::{Form, Side, TASK},
};

/// Calls have no place in C4C: the text people edit lies in an extension field of the tenant.
const CALLS: &str = r#"
    kind = "phone_call"
    [[field]]
    name = "location"
    type = "text"
    flow = "both"
    wins = "mail"
    max_chars = 120
    ews = "calendar:Location"
    c4c = "dataloader1_KUT"
"#;

/// The fields people edit that may be made to travel one way, with their paths.
const DIRECTED: [(Kind, &str, &str, &str); 2] = [
    (
        Kind::Appointment,
        "location",
        "calendar:Location",
        "Location",
    ),
    (Kind::Contact, "job_title", "contacts:JobTitle", "JobTitle"),
];

/// How what people edit travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// Both ways.
    Both,
    /// From one side only: what the other one sets stays there.
    From(Side),
    /// From the CRM only, and what the mailbox sets is undone (TSK-03).
    Restored,
}

impl Way {
    /// Whether what this side sets reaches the other one.
    pub(super) fn carries(self, side: Side) -> bool {
        match self {
            Self::Both => true,
            Self::From(from) => side == from,
            Self::Restored => side == Side::Crm,
        }
    }
}

/// What was chosen. Cheap to clone.
#[derive(Clone)]
pub(super) struct Chosen {
    pub(super) settings: Arc<SyncSettings>,
    pub(super) tables: Tables,
    /// Most tasks that come down to a mailbox.
    pub(super) limit: Option<usize>,
    /// Bytes of attachments that travel inside a create.
    pub(super) inline_bytes: usize,
    /// How much of what people do concerns mails, in per mille.
    pub(super) mail_share: usize,
}

impl Chosen {
    pub(super) fn draw(chaos: &Chaos, plot: Plot) -> Self {
        let mut settings = SyncSettings {
            email: false,
            ..SyncSettings::default()
        };
        let budget = if chaos.happens(300) { 1 } else { 1_000 };
        settings.budgets.deletions = budget;
        settings.budgets.deletions_percent = 0;
        settings.mirror.cancel_instead_of_delete = chaos.happens(700);
        let mut tables = Tables::built_in();
        if plot.kinds {
            tables = tables.with_overrides(CALLS).expect("a table");
        }
        if plot.directions {
            settings.mirror.tasks_read_only = chaos.happens(150);
            for (kind, name, ews, c4c) in DIRECTED {
                let flow = ["both", "both", "both", "to_crm", "to_mail"][chaos.below(5)];
                let text = format!(
                    "kind = \"{kind}\"\n[[field]]\nname = \"{name}\"\ntype = \"text\"\nflow = \"{flow}\"\n\
                     wins = \"mail\"\news = \"{ews}\"\nc4c = \"{c4c}\"\n"
                );
                tables = tables.with_overrides(&text).expect("a table");
            }
        }
        let limit = (plot.limits && chaos.happens(200)).then(|| 1 + chaos.below(2));
        if let Some(limit) = limit {
            let rule = DownRule {
                limit: u32::try_from(limit).ok(),
                ..DownRule::default()
            };
            settings.mirror.down.insert(Kind::Task, rule);
        }
        let (inline_bytes, mail_share) = match plot.mails {
            true => draw_mails(chaos, &mut settings),
            false => (0, 0),
        };
        Self {
            settings: Arc::new(settings),
            tables,
            limit,
            inline_bytes,
            mail_share,
        }
    }

    /// Deletions a session may carry out unasked.
    pub(super) fn budget(&self) -> usize {
        self.settings.budgets.deletions as usize
    }

    /// How what people edit on things of a form travels.
    pub(super) fn way(&self, form: Form) -> Way {
        if form == TASK && self.settings.mirror.tasks_read_only {
            return Way::Restored;
        }
        let of_form = DIRECTED.iter().find(|(kind, ..)| form.record == *kind);
        let flow = of_form.and_then(|(kind, name, ..)| {
            let row = self.tables.of(*kind)?.row(name)?;
            Some(row.flow)
        });
        match flow {
            Some(Flow::ToCrm) => Way::From(Side::Mail),
            Some(Flow::ToMail) => Way::From(Side::Crm),
            _ => Way::Both,
        }
    }

    /// INV-18: a field among these that does not travel to this side.
    pub(super) fn against(&self, kind: Kind, fields: &Record, to: Side) -> Option<String> {
        if to == Side::Crm && kind == Kind::Task && self.settings.mirror.tasks_read_only {
            return Some("a task that is read only".into());
        }
        let table = self.tables.of(kind)?;
        let names = fields.iter().map(|(name, _)| name);
        let mut rows = names.filter_map(|name| table.row(name));
        let wrong = rows.find(|row| match to {
            Side::Crm => row.flow == Flow::ToMail,
            Side::Mail => row.flow == Flow::ToCrm,
        });
        wrong.map(|row| row.name.clone())
    }
}

/// How mails are saved; answers how many bytes of attachments travel inside a create, and how much of the history
/// concerns mails.
fn draw_mails(chaos: &Chaos, settings: &mut SyncSettings) -> (usize, usize) {
    settings.email = true;
    settings.auto_save = chaos.happens(400);
    // The clocks may be a day apart: whatever arrives in a history is new.
    settings.lookback_days = 3;
    settings.blocklist.org = vec![BLOCKED.into()];
    settings.email_attachments = !chaos.happens(100);
    settings.eml_copy = chaos.happens(200);
    let inline_bytes = [0, 100, 10_000][chaos.below(3)];
    (inline_bytes, [300, 300, 850][chaos.below(3)])
}
