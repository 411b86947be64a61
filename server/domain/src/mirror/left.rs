//! What the filters and limits of the way down leave in the CRM, so that it can be counted and shown (CON-10, CON-11,
//! INV-15).

use super::{MirrorPlan, Named, Origin, Pair, View};
use crate::{Kind, ReasonCode, SyncSettings, settings::DownFilter};

/// How a record stands to the filter and the limit of its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Left {
    /// The filter keeps it out.
    Filter,
    /// There is no room.
    Limit,
    /// It is mirrored since the filter let it in; today it would not. It stays (docs/decisions/0053).
    Kept,
}

impl Left {
    /// The stable name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Filter => "filter",
            Self::Limit => "limit",
            Self::Kept => "kept",
        }
    }
}

impl std::str::FromStr for Left {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let all = [Self::Filter, Self::Limit, Self::Kept];
        let found = all.into_iter().find(|one| one.name() == name);
        found.ok_or_else(|| format!("{name:?} is no way of being left out"))
    }
}

/// How the record of a decided pair stands to the filter and the limit; `None`: they have nothing to say about it.
pub fn left(pair: &Pair<'_>, plan: &MirrorPlan, settings: &SyncSettings) -> Option<Left> {
    let View::Present(crm) = pair.crm else {
        return None;
    };
    let mirror = &settings.mirror;
    match (pair.known, plan.trace.decisive()) {
        (None, Some(ReasonCode::LeftByLimit)) => Some(Left::Limit),
        (None, Some(ReasonCode::LeftByFilter)) => Some(Left::Filter),
        // A kind whose switch is off is not asked about; its filter is.
        (None, Some(ReasonCode::KindOff)) if pair.enabled(settings) => Some(Left::Filter),
        (Some(known), _) if known.active && known.origin == Origin::Crm => {
            let anothers = pair.hold.named == Named::Another && !mirror.shared(pair.kind);
            let out = mirror.down_filter(pair.kind) == DownFilter::Off
                || anothers
                || !mirror.down_fits(pair.kind, &crm.value);
            out.then_some(Left::Kept)
        }
        _ => None,
    }
}

/// What an issue says about records that a limit leaves out.
pub fn limit_reached(kind: Kind, left: u64, limit: Option<u64>) -> String {
    let limit = limit.map_or_else(String::new, |limit| format!(" ({limit})"));
    format!(
        "{left} records of the kind {kind} are left in the CRM: the limit mirror.down.{kind}.limit{limit} is reached. \
         Those that came first stay. Raise the limit, or narrow mirror.down.{kind}.only; the others come down in their \
         order as soon as there is room."
    )
}
