//! Schema versions a request may ask for.

/// A value of `RequestServerVersion`, newest last.
///
/// <https://learn.microsoft.com/exchange/client-developer/web-service-reference/requestserverversion>
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ServerVersion {
    /// Exchange 2007 SP1.
    Exchange2007Sp1,
    /// Exchange 2010.
    Exchange2010,
    /// Exchange 2010 SP1.
    Exchange2010Sp1,
    /// Exchange 2010 SP2.
    Exchange2010Sp2,
    /// Exchange 2013.
    Exchange2013,
    /// Exchange 2013 SP1.
    Exchange2013Sp1,
    /// Exchange 2016 and later.
    Exchange2016,
}

const ALL: [ServerVersion; 7] = [
    ServerVersion::Exchange2007Sp1,
    ServerVersion::Exchange2010,
    ServerVersion::Exchange2010Sp1,
    ServerVersion::Exchange2010Sp2,
    ServerVersion::Exchange2013,
    ServerVersion::Exchange2013Sp1,
    ServerVersion::Exchange2016,
];

impl ServerVersion {
    /// The name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Exchange2007Sp1 => "Exchange2007_SP1",
            Self::Exchange2010 => "Exchange2010",
            Self::Exchange2010Sp1 => "Exchange2010_SP1",
            Self::Exchange2010Sp2 => "Exchange2010_SP2",
            Self::Exchange2013 => "Exchange2013",
            Self::Exchange2013Sp1 => "Exchange2013_SP1",
            Self::Exchange2016 => "Exchange2016",
        }
    }

    /// The next older one.
    pub(crate) fn older(self) -> Option<Self> {
        (self as usize).checked_sub(1).map(|at| ALL[at])
    }

    pub(crate) fn to_u8(self) -> u8 {
        self as u8
    }

    pub(crate) fn from_u8(at: u8) -> Self {
        ALL.get(usize::from(at))
            .copied()
            .unwrap_or(Self::Exchange2007Sp1)
    }
}
