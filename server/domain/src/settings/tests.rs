use super::*;

fn check(change: impl FnOnce(&mut SyncSettings), key: &str) {
    let mut settings = SyncSettings::default();
    change(&mut settings);
    let error = settings.validate().expect_err("must be refused");
    assert_eq!(error.key, key, "{error}");
}

/// CFG-02
#[test]
fn defaults_are_valid_and_do_nothing_unasked() {
    let settings = SyncSettings::default();
    settings.validate().expect("defaults hold");
    assert!(!settings.auto_save && !settings.eml_copy);
    assert_eq!(settings.lookback_days, 0);
    assert_eq!(settings.names.category, "SAP Cloud for Customer");
}

#[test]
fn the_offending_key_is_named() {
    check(|s| s.interval_minutes = 0, "interval_minutes");
    check(|s| s.attachment_max_bytes = 0, "attachment_max_bytes");
    check(
        |s| s.signature_picture_below_bytes = u64::MAX,
        "signature_picture_below_bytes",
    );
    check(
        |s| s.allowed_extensions = vec!["pdf".into(), "a/b".into()],
        "allowed_extensions[1]",
    );
    check(
        |s| s.blocklist.user = vec!["not an entry".into()],
        "blocklist.user[0]",
    );
    check(
        |s| s.corporate_domains = vec!["gmail.com".into()],
        "corporate_domains[0]",
    );
    check(|s| s.names.folder = " ".into(), "names.folder");
    check(
        |s| s.names.error_category = s.names.category.clone(),
        "names.error_category",
    );
    check(
        |s| s.budgets.deletions_percent = 101,
        "budgets.deletions_percent",
    );
    check(
        |s| s.blocklist.org = vec!["a.example".into(); 10_001],
        "blocklist.org",
    );
}

#[test]
fn unknown_keys_are_refused_and_missing_ones_take_defaults() {
    let settings: SyncSettings = serde_json::from_str(r#"{"auto_save": true}"#).expect("reads");
    assert!(settings.auto_save && settings.email);
    assert!(serde_json::from_str::<SyncSettings>(r#"{"autosave": true}"#).is_err());
    let text = serde_json::to_string(&SyncSettings::default()).expect("serialises");
    let back: SyncSettings = serde_json::from_str(&text).expect("reads back");
    assert_eq!(back, SyncSettings::default());
}
