//! What a history may hold beside appointments, tasks and contacts under the default settings. Each part can be left
//! out by its name: `simulate --without clicks`. For what is left out nothing is drawn, so that a seed plays the same
//! history as before there was that part.

/// The parts that are in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plot {
    /// Events also become visits and phone calls; the text of calls lies in an extension field of the tenant.
    pub kinds: bool,
    /// Fields that travel one way only, and tasks that are read only in the mailbox.
    pub directions: bool,
    /// Limits to what comes down.
    pub limits: bool,
    /// People save events by hand while sessions run.
    pub clicks: bool,
    /// E-mails with attachments, which are saved once.
    pub mails: bool,
}

impl Default for Plot {
    fn default() -> Self {
        Self {
            kinds: true,
            directions: true,
            limits: true,
            clicks: true,
            mails: true,
        }
    }
}

impl Plot {
    /// None of them.
    pub const PLAIN: Self = Self {
        kinds: false,
        directions: false,
        limits: false,
        clicks: false,
        mails: false,
    };

    /// Leaves one out by name; `false`: there is none of that name.
    pub fn without(&mut self, name: &str) -> bool {
        let part = match name {
            "kinds" => &mut self.kinds,
            "directions" => &mut self.directions,
            "limits" => &mut self.limits,
            "clicks" => &mut self.clicks,
            "mails" => &mut self.mails,
            _ => return false,
        };
        *part = false;
        true
    }
}
