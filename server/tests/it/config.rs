//! Configuration: defaults, environment, and what is said about each wrong key.

use ssi_server::config::{Config, ConfigError, DEFAULTS};

fn parse(text: &str, environment: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let environment = environment
        .iter()
        .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
    Config::parse(text, environment)
}

/// The file people read and the defaults the program uses are the same.
#[test]
fn the_printed_defaults_are_the_defaults() {
    assert_eq!(parse(DEFAULTS, &[]).unwrap(), Config::default());
    assert_eq!(parse("", &[]).unwrap(), Config::default());
}

/// No key with a default is missing from the printed text.
#[test]
fn every_default_is_printed() {
    let printed: toml::Table = toml::from_str(DEFAULTS).unwrap();
    let known = toml::Table::try_from(Config::default()).unwrap();
    fn check(path: &str, known: &toml::Table, printed: &toml::Table) {
        for (key, value) in known {
            let path = format!("{path}.{key}");
            let is_list_of_sections = [
                "tenants",
                "mail_servers",
                "mailboxes",
                "issuers",
                "dev_tokens",
            ];
            if is_list_of_sections.contains(&key.as_str()) {
                assert!(
                    DEFAULTS.contains(&format!("{key}]]")),
                    "{path} is not printed"
                );
                continue;
            }
            let found = printed
                .get(key)
                .unwrap_or_else(|| panic!("{path} is not printed"));
            if let (toml::Value::Table(known), toml::Value::Table(printed)) = (value, found) {
                check(&path, known, printed);
            }
        }
    }
    check("", &known, &printed);
}

/// Whoever takes the `#` away gets a file that is read and says what it seems to say.
#[test]
fn the_printed_examples_can_be_used() {
    let examples: String = DEFAULTS
        .lines()
        .map(|line| match line.strip_prefix('#') {
            Some(rest) if !rest.starts_with(' ') => format!("{rest}\n"),
            _ => format!("{line}\n"),
        })
        .collect();
    let config = parse(&examples, &[("SSI_SERVER__STATIC_DIR", ".")]).unwrap();
    assert_eq!(config.tenants.len(), 1);
    assert_eq!(config.mailboxes.len(), 1);
    assert_eq!(config.auth.issuers[0].subject_claim, "oid");
    let settings = config.settings_of(&config.mailboxes[0]).unwrap();
    assert!(settings.auto_save);
    assert_eq!(settings.corporate_domains, ["acme.example"]);
}

const SOUND: &str = r#"
    [[tenants]]
    id = "demo"
    base_url = "http://127.0.0.1:1/odata"
    credentials = { user = "u", password = "p" }
    [[mail_servers]]
    id = "hq"
    ews_url = "https://mail.example.com/EWS/Exchange.asmx"
    credentials = { user = "u", password = "p" }
    [[mailboxes]]
    address = "Ann@Example.com"
"#;

#[test]
fn the_environment_wins_and_is_typed_by_the_key_it_fills() {
    let config = parse(
        SOUND,
        &[
            ("SSI_NODE", "n2"),
            ("SSI_SERVER__LISTEN", "127.0.0.1:0"),
            ("SSI_SERVER__MAX_REQUESTS", "7"),
            ("SSI_SERVER__CORS_ORIGINS", r#"["https://a.example"]"#),
            ("SSI_SYNC__AUTO_SAVE", "true"),
            ("SSI_SYNC__NAMES__FOLDER", "true"),
            ("SSI_TENANTS__0__CREDENTIALS__PASSWORD", "12345"),
            ("SSI_TENANTS__0__CREDENTIALS__USER", "007"),
            ("SSI_TENANTS__0__CALL_LIMIT", "3"),
            ("SSI_BIN", "not a key"),
            ("SSI_CONFIG", "not a key either"),
        ],
    )
    .unwrap();
    assert_eq!(config.node, "n2");
    assert_eq!(config.server.max_requests, 7);
    assert_eq!(config.server.cors_origins, ["https://a.example"]);
    assert!(config.sync.auto_save);
    assert_eq!(config.sync.names.folder, "true");
    let credentials = &config.tenants[0].credentials;
    assert_eq!(credentials.password.as_ref().unwrap().expose(), "12345");
    assert_eq!(credentials.user.as_deref(), Some("007"));
    assert_eq!(config.tenants[0].call_limit, 3);
}

/// SD-01: a tenant's own fields are read from files and from the configuration itself, and a Smart Description may name
/// them; what is wrong is said with file, row and what to write.
#[test]
fn the_mapping_of_a_tenant_is_read_and_checked() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("contact.toml");
    let row = |ews: &str| {
        format!(
            "kind = \"contact\"\n[[field]]\nname = \"tier\"\ntype = \"text\"\nflow = \"both\"\nwins = \"crm\"\n\
             ews = \"{ews}\"\nc4c = \"Tier_KUT\"\n"
        )
    };
    std::fs::write(&path, row("extended:PublicStrings:Tier")).unwrap();
    let with = |more: &str| SOUND.replace("id = \"demo\"", &format!("id = \"demo\"\n{more}"));
    let described = "sync.mirror.smart_description = { contact = [\"tier\"] }";
    let named = with(&format!("mapping = [{path:?}]\n{described}"));
    let config = parse(&named, &[]).unwrap();
    let tables = config.tenants[0].tables("tenants[0]").unwrap();
    let contact = tables.of(ssi_domain::Kind::Contact).unwrap();
    assert_eq!(
        contact.row("tier").unwrap().c4c.as_deref(),
        Some("Tier_KUT")
    );
    assert_eq!(ssi_server::config::own_rows(&tables).len(), 1);
    // Written into the configuration itself.
    let inline = "[[tenants.mapping]]\nkind = \"task\"\n[[tenants.mapping.field]]\nname = \"project\"\ntype = \"text\"\n\
                  flow = \"both\"\nwins = \"mail\"\news = \"task:Mileage\"\nc4c = \"Project_KUT\"\n[[mail_servers]]";
    let config = parse(&SOUND.replace("[[mail_servers]]", inline), &[]).unwrap();
    assert!(config.tenants[0].tables("").is_ok());

    let refused = |text: &str, parts: &[&str]| {
        let error = parse(text, &[]).expect_err(text).to_string();
        for part in parts {
            assert!(error.contains(part), "{part:?} is not in {error:?}");
        }
    };
    refused(
        &with(described),
        &["mailboxes[0].sync.mirror.smart_description", "tier"],
    );
    refused(
        &with("mapping = [\"nowhere.toml\"]"),
        &["tenants[0].mapping[0]", "nowhere.toml", "write the path"],
    );
    for (ews, told) in [
        ("contacts:Tier", "extended:PublicStrings"),
        ("contacts:PhoneNumber:Moon", "CarPhone"),
        ("extended:Tier", "extended:PublicStrings:Tier"),
    ] {
        std::fs::write(&path, row(ews)).unwrap();
        refused(
            &named,
            &["tenants[0].mapping[0]", "contact.toml", "\"tier\"", told],
        );
    }
    refused(
        &with("codes.visit_type = \"a b\""),
        &["tenants[0].codes.visit_type", "letters or digits"],
    );
    refused(
        &with("sizes.writes_per_batch = 0"),
        &["tenants[0].sizes.writes_per_batch", "outside 1"],
    );
}

/// Each wrong text is refused with the key and what to write instead; no message repeats a secret.
#[test]
fn a_wrong_key_is_named_with_what_to_write() {
    let check = |text: &str, key: &str, what: &str| {
        let error = parse(text, &[]).expect_err(text).to_string();
        assert!(error.contains(key), "{key:?} is not in {error:?}");
        assert!(error.contains(what), "{what:?} is not in {error:?}");
        assert!(!error.contains("hunter2"), "{error:?} shows a secret");
    };
    check("[server]\nlissten = 1", "server", "lissten");
    check("[serverr]", "serverr", "unknown field");
    check(
        "[server]\nlisten = \"nowhere\"",
        "server.listen",
        "socket address",
    );
    check(
        "[server]\nlisten = \"0.0.0.0:1\"\ntls_cert = \"x\"",
        "server.tls_key",
        "both",
    );
    check(
        "[server]\ncors_origins = [\"https://a.example/x\"]",
        "server.cors_origins[0]",
        "without path",
    );
    check(
        "[server]\nmax_request_bytes = 1",
        "server.max_request_bytes",
        "outside",
    );
    check(
        "[server]\nstatic_dir = \"/no/such/dir\"",
        "server.static_dir",
        "not a folder",
    );
    check(
        "[database]\nurl = \"mysql://hunter2@x\"",
        "database.url",
        "sqlite:PATH",
    );
    check(
        "[database]\nurl = \"sqlite::memory:\"",
        "database.url",
        "name a file",
    );
    check(
        "[database]\nurl = \"postgres://u:hunter2@h/d\"",
        "database.key_file",
        "openssl",
    );
    check("[database]\nkey = 4711", "database.key", "quotes");
    check(
        "[database]\nkey = \"hunter2\"\nkey_env = \"X\"",
        "database.key",
        "only one of",
    );
    check(
        "[sync]\ninterval_minutes = 0",
        "sync.interval_minutes",
        "outside",
    );
    check(
        "[sync]\nblocklist = { org = [\"not a domain\"] }",
        "sync.blocklist.org[0]",
        "cannot be used",
    );
    check(
        "[telemetry]\nlog_format = \"xml\"",
        "telemetry.log_format",
        "json",
    );
    check(
        "[[auth.dev_tokens]]\ntoken = \"hunter2\"\nsubject = \"a\"",
        "auth.dev_tokens[0].token",
        "16",
    );
    check(
        "server = { listen = \"0.0.0.0:1\" }\n[[auth.dev_tokens]]\ntoken = \"hunter2hunter2hunter2\"\nsubject = \"a\"",
        "auth.dev_tokens",
        "loopback",
    );
    check(
        "[[auth.issuers]]\nissuer = \"https://i\"",
        "auth.issuers[0]",
        "audiences",
    );
    let issuer = "[[auth.issuers]]\nissuer = \"https://i\"\naudiences = [\"a\"]\n";
    check(
        &format!("{issuer}algorithms = [\"HS256\"]"),
        "auth.issuers[0].algorithms[0]",
        "RS256",
    );
    check(
        &format!("{issuer}algorithms = [\"none\"]"),
        "auth.issuers[0].algorithms[0]",
        "RS256",
    );
    check(
        &format!("{issuer}jwks_url = \"http://10.0.0.1/\""),
        "auth.issuers[0].jwks_url",
        "loopback",
    );
    check("key = \"hunter2", "line 1", "not TOML");
    check("\n\n[server", "line 3", "not TOML");
}

#[test]
fn wrong_accounts_are_named_by_their_place_in_the_file() {
    let check = |from: &str, to: &str, key: &str, what: &str| {
        assert!(SOUND.contains(from), "{from}");
        let error = parse(&SOUND.replacen(from, to, 1), &[])
            .expect_err(to)
            .to_string();
        assert!(error.contains(key), "{key:?} is not in {error:?}");
        assert!(error.contains(what), "{what:?} is not in {error:?}");
    };
    assert!(parse(SOUND, &[]).is_ok());
    check(
        "http://127.0.0.1:1/odata",
        "http://c4c.example.com/",
        "tenants[0].base_url",
        "loopback",
    );
    check(
        "http://127.0.0.1:1/odata",
        "ftp://x/",
        "tenants[0].base_url",
        "https",
    );
    check(
        "http://127.0.0.1:1/odata",
        "https://u:p@x/",
        "tenants[0].base_url",
        "credentials",
    );
    check(
        "password = \"p\"",
        "",
        "tenants[0].credentials.password",
        "password_file",
    );
    check(
        "user = \"u\", ",
        "",
        "tenants[0].credentials.user",
        "user name",
    );
    check("id = \"demo\"", "id = \"a b\"", "tenants[0].id", "letters");
    check(
        "Ann@Example.com",
        "nobody",
        "mailboxes[0].address",
        "ann@example.com",
    );
    check(
        "[[mailboxes]]",
        "[[mailboxes]]\ntenant = \"x\"",
        "mailboxes[0].tenant",
        "no tenant",
    );
    check(
        "[[mailboxes]]",
        "[[mailboxes]]\nserver = \"x\"",
        "mailboxes[0].server",
        "mail_servers",
    );
    check(
        "[[mailboxes]]",
        "[[mailboxes]]\nsync = { email = 3 }",
        "mailboxes[0].sync.email",
        "boolean",
    );
    check(
        "[[mailboxes]]",
        "[[mailboxes]]\nsync = { mail = true }",
        "mailboxes[0].sync",
        "mail",
    );
    check(
        "[[mailboxes]]",
        "[[mailboxes]]\nsync = { lookback_days = 99999 }",
        "mailboxes[0].sync.lookback_days",
        "outside",
    );
    let twice = format!("{SOUND}\n[[mailboxes]]\naddress = \"ann@example.COM\"");
    let error = parse(&twice, &[]).unwrap_err().to_string();
    assert!(
        error.contains("mailboxes[1].address") && error.contains("twice"),
        "{error}"
    );
}

#[test]
fn a_variable_that_names_nothing_is_refused() {
    for (name, what) in [
        ("SSI_SERVER__LISSTEN", "lissten"),
        ("SSI_TENANTS__3__ID", "SSI_TENANTS__3__ID"),
        ("SSI_SERVER__LISTEN__PORT", "server.listen"),
    ] {
        let error = parse(SOUND, &[(name, "1")]).unwrap_err().to_string();
        assert!(error.contains(what), "{name}: {error}");
    }
}

#[test]
fn secrets_come_from_files_and_variables_and_are_never_shown() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("password");
    std::fs::write(&file, "from the file\n").unwrap();
    let text = SOUND.replacen("password = \"p\"", &format!("password_file = {file:?}"), 1);
    let config = parse(&text, &[]).unwrap();
    let password = config.tenants[0]
        .credentials
        .password("k")
        .read()
        .unwrap()
        .unwrap();
    assert_eq!(
        secrecy::ExposeSecret::expose_secret(&password),
        "from the file"
    );

    std::fs::remove_file(&file).unwrap();
    let error = config.tenants[0]
        .credentials
        .password("k")
        .read()
        .unwrap_err();
    assert_eq!(error.key, "k_file");

    let shown = format!("{:?}", parse(SOUND, &[]).unwrap());
    assert!(
        shown.contains("[secret]") && !shown.contains("\"p\""),
        "{shown}"
    );
    let written = toml::to_string(&parse(SOUND, &[]).unwrap()).unwrap();
    assert!(!written.contains("\"p\""), "{written}");
}
