//! Checks that no type can: what belongs together, what is too small, what is missing.

use ssi_domain::{mapping::Tables, participant};
use url::Url;

use super::{
    AuthConfig, Config, Credentials, Issuer, MailServer, Problem, ServerConfig,
    rules::{check_id, check_url, push, required, unique, within},
};

/// Most entries of one list; more are a mistake.
const MOST: usize = 100_000;

/// Algorithms we check signatures of. HMAC and `none` can never be configured.
pub const ALGORITHMS: [&str; 3] = ["RS256", "PS256", "ES256"];

impl Config {
    /// Everything that is wrong, in the order of the file. Reads no secret.
    pub fn problems(&self) -> Vec<Problem> {
        let mut found = Vec::new();
        check_id("node", &self.node, &mut found);
        self.server.check(&mut found);
        self.check_database(&mut found);
        self.auth
            .check(self.server.listen.ip().is_loopback(), &mut found);
        let before_tenants = found.len();
        let tables = self.check_tenants(&mut found);
        // A field of a Smart Description may be one that only some tenant has.
        let mut known = std::iter::once(Tables::built_in()).chain(tables.iter().cloned());
        if let Err(error) = self.sync.validate()
            && !known.any(|tables| self.sync.validate_for(&tables).is_ok())
        {
            found.insert(
                before_tenants,
                Problem::new(format!("sync.{}", error.key), error.why),
            );
        }
        for (at, server) in self.mail_servers.iter().enumerate() {
            let key = format!("mail_servers[{at}]");
            check_id(&format!("{key}.id"), &server.id, &mut found);
            server.check(&key, &mut found);
        }
        let ids = self.mail_servers.iter().map(|server| server.id.as_str());
        unique("mail_servers", "id", ids, &mut found);
        self.check_mailboxes(&tables, &mut found);
        found
    }

    fn check_database(&self, found: &mut Vec<Problem>) {
        let url = self.database.url.expose();
        let postgres = url.starts_with("postgres://") || url.starts_with("postgresql://");
        let sqlite = self.database.sqlite_path();
        match &sqlite {
            Some(path) if path.as_os_str().is_empty() || url.contains(":memory:") => {
                found.push(Problem::new(
                    "database.url",
                    "name a file, as in sqlite:ssi.db",
                ));
            }
            None if !postgres => found.push(Problem::new(
                "database.url",
                "write sqlite:PATH or postgres://user:password@host/database",
            )),
            _ => {}
        }
        within(
            "database.keep_days",
            u64::from(self.database.keep_days),
            2,
            36_500,
            found,
        );
        push(self.database.key().check(), found);
        if postgres && !self.database.key().is_given() {
            let why = "all nodes on a PostgreSQL share one key: write key_file = \"PATH\" (64 \
                       hexadecimal digits, as `openssl rand -hex 32` makes them)";
            found.push(Problem::new("database.key_file", why));
        }
    }

    /// Answers the mapping of each tenant.
    fn check_tenants(&self, found: &mut Vec<Problem>) -> Vec<Tables> {
        let mut tables = Vec::with_capacity(self.tenants.len());
        for (at, tenant) in self.tenants.iter().enumerate() {
            let key = format!("tenants[{at}]");
            check_id(&format!("{key}.id"), &tenant.id, found);
            check_url(
                &format!("{key}.base_url"),
                &tenant.base_url,
                tenant.allow_insecure,
                found,
            );
            if let Some(url) = &tenant.people_url {
                check_url(&format!("{key}.people_url"), url, true, found);
            }
            if !(1..=64).contains(&tenant.call_limit) {
                found.push(Problem::new(
                    format!("{key}.call_limit"),
                    "write 1 to 64; C4C bears 6",
                ));
            }
            tenant
                .credentials
                .check(&format!("{key}.credentials"), found);
            let secret = format!("{key}.events_secret");
            push(tenant.events_secret(&secret).check(), found);
            for (name, why) in tenant
                .codes
                .problems()
                .into_iter()
                .chain(tenant.sizes.problems())
            {
                found.push(Problem::new(format!("{key}.{name}"), why));
            }
            tables.push(tenant.tables(&key).unwrap_or_else(|problems| {
                found.extend(problems);
                Tables::built_in()
            }));
        }
        let ids = self.tenants.iter().map(|tenant| tenant.id.as_str());
        unique("tenants", "id", ids, found);
        tables
    }

    fn check_mailboxes(&self, tables: &[Tables], found: &mut Vec<Problem>) {
        let said = found.iter().any(|problem| problem.key.starts_with("sync."));
        for (at, mailbox) in self.mailboxes.iter().enumerate() {
            let key = format!("mailboxes[{at}]");
            if participant::normalize(&mailbox.address).is_none() {
                found.push(Problem::new(
                    format!("{key}.address"),
                    "write an address such as ann@example.com",
                ));
            }
            match (self.tenant_of(mailbox), &mailbox.tenant) {
                (Some(_), _) => {}
                (None, Some(id)) => found.push(Problem::new(
                    format!("{key}.tenant"),
                    format!("there is no tenant {id:?} in [[tenants]]"),
                )),
                (None, None) => {
                    found.push(Problem::new(
                        format!("{key}.tenant"),
                        "write the id of one of [[tenants]]",
                    ));
                }
            }
            if mailbox.ews.is_some() && mailbox.server.is_some() {
                found.push(Problem::new(
                    format!("{key}.server"),
                    "write either server or ews",
                ));
            }
            match (&mailbox.ews, self.mail_server_of(mailbox)) {
                (Some(ews), _) => ews.check(&format!("{key}.ews"), found),
                (None, Some(_)) => {}
                (None, None) => found.push(Problem::new(
                    format!("{key}.server"),
                    "write the id of one of [[mail_servers]], or a section [mailboxes.ews]",
                )),
            }
            match self.settings_of(mailbox) {
                Err(problem) => {
                    found.push(Problem::new(format!("{key}.{}", problem.key), problem.why))
                }
                Ok(settings) => {
                    let of = self.tenant_of(mailbox);
                    let of = self
                        .tenants
                        .iter()
                        .position(|one| of.is_some_and(|of| of.id == one.id));
                    let own = of
                        .and_then(|at| tables.get(at))
                        .cloned()
                        .unwrap_or_default();
                    if let Err(error) = settings.validate_for(&own)
                        && !said
                    {
                        found.push(Problem::new(format!("{key}.sync.{}", error.key), error.why));
                    }
                }
            }
        }
        let addresses: Vec<_> = self
            .mailboxes
            .iter()
            .map(|m| m.address.to_lowercase())
            .collect();
        unique(
            "mailboxes",
            "address",
            addresses.iter().map(String::as_str),
            found,
        );
        if self.mailboxes.len() > MOST {
            found.push(Problem::new(
                "mailboxes",
                format!("at most {MOST} entries are allowed"),
            ));
        }
    }
}

impl ServerConfig {
    fn check(&self, found: &mut Vec<Problem>) {
        if self.tls_cert.is_some() != self.tls_key.is_some() {
            let missing = if self.tls_cert.is_some() {
                "tls_key"
            } else {
                "tls_cert"
            };
            found.push(Problem::new(
                format!("server.{missing}"),
                "TLS needs both tls_cert and tls_key",
            ));
        }
        for (at, origin) in self.cors_origins.iter().enumerate() {
            let sound = Url::parse(origin).is_ok_and(|url| {
                url.origin().is_tuple() && url.origin().ascii_serialization() == *origin
            });
            if !sound {
                let why = "write an origin without path, such as https://addin.example.com";
                found.push(Problem::new(format!("server.cors_origins[{at}]"), why));
            }
        }
        if let Some(folder) = &self.static_dir
            && !folder.is_dir()
        {
            let why = format!("{} is not a folder", folder.display());
            found.push(Problem::new("server.static_dir", why));
        }
        let as_u64 = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        for (key, value, least, most) in [
            (
                "max_request_bytes",
                as_u64(self.max_request_bytes),
                4 << 10,
                64 << 20,
            ),
            ("max_requests", as_u64(self.max_requests), 1, 100_000),
            (
                "max_connections",
                as_u64(self.max_connections),
                1,
                1_000_000,
            ),
            ("max_streams", u64::from(self.max_streams), 1, 10_000),
            ("max_watchers", as_u64(self.max_watchers), 1, 1_000_000),
            ("max_call_seconds", self.max_call_seconds, 1, 3_600),
            ("shutdown_seconds", self.shutdown_seconds, 0, 3_600),
            (
                "parallel_sessions",
                as_u64(self.parallel_sessions),
                1,
                10_000,
            ),
        ] {
            within(&format!("server.{key}"), value, least, most, found);
        }
    }
}

impl AuthConfig {
    fn check(&self, loopback: bool, found: &mut Vec<Problem>) {
        let minutes = u64::from(self.session_minutes);
        within("auth.session_minutes", minutes, 1, 7 * 24 * 60, found);
        let skew = u64::from(self.clock_skew_seconds);
        within("auth.clock_skew_seconds", skew, 0, 600, found);
        for (at, issuer) in self.issuers.iter().enumerate() {
            issuer.check(&format!("auth.issuers[{at}]"), found);
        }
        let names = self.issuers.iter().map(|issuer| issuer.issuer.as_str());
        unique("auth.issuers", "issuer", names, found);
        if !self.dev_tokens.is_empty() && !loopback {
            let why = "fixed tokens are allowed only while server.listen is a loopback address";
            found.push(Problem::new("auth.dev_tokens", why));
        }
        for (at, token) in self.dev_tokens.iter().enumerate() {
            let length = token.token.expose().len();
            if !(16..=4096).contains(&length) || token.token.expose().contains(char::is_whitespace)
            {
                let why = "write at least 16 characters without spaces";
                found.push(Problem::new(format!("auth.dev_tokens[{at}].token"), why));
            }
            if token.subject.is_empty() {
                let key = format!("auth.dev_tokens[{at}].subject");
                found.push(Problem::new(key, "write whom the token stands for"));
            }
        }
    }
}

impl Issuer {
    fn check(&self, key: &str, found: &mut Vec<Problem>) {
        if self.issuer.is_empty() {
            found.push(Problem::new(
                format!("{key}.issuer"),
                "write the iss claim of its tokens",
            ));
        }
        if self.audiences.iter().all(String::is_empty) {
            let why = "write the audience (aud) of tokens made for this server";
            found.push(Problem::new(format!("{key}.audiences"), why));
        }
        match (&self.jwks_url, &self.discovery_url) {
            (Some(_), Some(_)) => {
                let why = "write either discovery_url or jwks_url";
                found.push(Problem::new(format!("{key}.jwks_url"), why));
            }
            (Some(url), None) => {
                check_url(&format!("{key}.jwks_url"), url, self.allow_insecure, found)
            }
            (None, Some(url)) => {
                check_url(
                    &format!("{key}.discovery_url"),
                    url,
                    self.allow_insecure,
                    found,
                );
            }
            (None, None) => check_url(
                &format!("{key}.issuer"),
                &self.issuer,
                self.allow_insecure,
                found,
            ),
        }
        for (at, name) in self.algorithms.iter().enumerate() {
            if !ALGORITHMS.contains(&name.as_str()) {
                let why = format!("{name:?} is not one of RS256, PS256, ES256");
                found.push(Problem::new(format!("{key}.algorithms[{at}]"), why));
            }
        }
        if self.algorithms.is_empty() {
            let why = "write at least one of RS256, PS256, ES256";
            found.push(Problem::new(format!("{key}.algorithms"), why));
        }
        if self.subject_claim.is_empty() {
            found.push(Problem::new(
                format!("{key}.subject_claim"),
                "write sub or oid",
            ));
        }
    }
}

impl MailServer {
    fn check(&self, key: &str, found: &mut Vec<Problem>) {
        check_url(
            &format!("{key}.ews_url"),
            &self.ews_url,
            self.allow_insecure,
            found,
        );
        self.credentials.check(&format!("{key}.credentials"), found);
    }
}

impl Credentials {
    fn check(&self, key: &str, found: &mut Vec<Problem>) {
        let password_key = format!("{key}.password");
        let password = self.password(&password_key);
        let Some(oauth2) = &self.oauth2 else {
            if self.user.as_deref().is_none_or(str::is_empty) {
                let why = "write a user name, or a section oauth2";
                found.push(Problem::new(format!("{key}.user"), why));
            }
            required(&password, found);
            return;
        };
        if self.user.is_some() || password.is_given() {
            found.push(Problem::new(
                key,
                "write either user and password or oauth2",
            ));
        }
        check_url(
            &format!("{key}.oauth2.token_url"),
            &oauth2.token_url,
            false,
            found,
        );
        if oauth2.client_id.is_empty() {
            found.push(Problem::new(
                format!("{key}.oauth2.client_id"),
                "write the client id",
            ));
        }
        let (secret, refresh) = (
            format!("{key}.oauth2.client_secret"),
            format!("{key}.oauth2.refresh_token"),
        );
        let refresh = oauth2.refresh_token(&refresh);
        push(refresh.check(), found);
        if refresh.is_given() {
            push(oauth2.client_secret(&secret).check(), found);
        } else {
            required(&oauth2.client_secret(&secret), found);
        }
    }
}
