//! Who may sign in to the tenant, and CSRF tokens.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The kind of a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserKind {
    /// Made by a communication arrangement; needs no CSRF token and is no employee.
    Technical,
    /// A person.
    Named,
}

/// Somebody who may sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CrmUser {
    /// The name for HTTP Basic.
    pub login: String,
    /// The password for HTTP Basic.
    pub password: String,
    /// Technical or named.
    pub kind: UserKind,
    /// ObjectID of the employee of a named user.
    pub employee: Option<String>,
}

/// The users and tokens of a tenant.
#[derive(Debug)]
pub struct Users {
    users: BTreeMap<String, CrmUser>,
    tokens: BTreeSet<String>,
}

/// Login of the technical user every tenant starts with.
pub const TECHNICAL_LOGIN: &str = "_SSI_0";
/// Its password.
pub const TECHNICAL_PASSWORD: &str = "_SSI_0-secret";

/// Tokens kept before the oldest are thrown away.
const MOST_TOKENS: usize = 10_000;

impl Default for Users {
    fn default() -> Self {
        let mut users = Self {
            users: BTreeMap::new(),
            tokens: BTreeSet::new(),
        };
        users.add(CrmUser {
            login: TECHNICAL_LOGIN.to_owned(),
            password: TECHNICAL_PASSWORD.to_owned(),
            kind: UserKind::Technical,
            employee: None,
        });
        users
    }
}

impl Users {
    /// Lets somebody sign in, or changes how they do.
    pub fn add(&mut self, user: CrmUser) {
        self.users.insert(user.login.to_lowercase(), user);
    }

    /// The user with this login and password.
    #[must_use]
    pub fn sign_in(&self, login: &str, password: &str) -> Option<&CrmUser> {
        let user = self.users.get(&login.to_lowercase())?;
        (user.password == password).then_some(user)
    }

    /// All users.
    pub fn iter(&self) -> impl Iterator<Item = &CrmUser> {
        self.users.values()
    }

    /// A new CSRF token: 24 base64 characters.
    pub fn issue_token(&mut self) -> String {
        if self.tokens.len() >= MOST_TOKENS {
            self.tokens.clear();
        }
        let token = STANDARD.encode(rand::random::<[u8; 16]>());
        self.tokens.insert(token.clone());
        token
    }

    /// Whether a token was issued and is still good.
    #[must_use]
    pub fn knows_token(&self, token: &str) -> bool {
        self.tokens.contains(token)
    }

    /// Makes every token stale, as a long pause does.
    pub fn expire_tokens(&mut self) {
        self.tokens.clear();
    }
}
