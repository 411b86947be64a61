use super::*;

fn glance(folder: FolderRole) -> Glance<'static> {
    Glance {
        folder,
        class: Some(&ItemClass::Message),
        categories: Some(&[]),
        received_at: Some(at(1_000)),
        wishes_open: false,
        threads_tracked: false,
    }
}

#[test]
fn a_listing_is_read_on_only_where_something_can_ask() {
    let off = SyncSettings::default();
    let auto = blocking(&[], &[]);
    let look = |glance: Glance<'_>, settings: &SyncSettings| first_look(&glance, settings, at(500));
    let inbox = glance(FolderRole::Inbox);
    let sent = glance(FolderRole::Sent);
    assert_eq!(look(inbox, &off), Look::Skip(ReasonCode::NotAsked));
    assert_eq!(look(inbox, &auto), Look::ReadHeaders);
    assert_eq!(look(glance(FolderRole::Saved), &off), Look::ReadHeaders);
    assert_eq!(
        look(
            Glance {
                categories: None,
                ..inbox
            },
            &off
        ),
        Look::ReadHeaders
    );
    let categories = [CATEGORY.to_owned()];
    assert_eq!(
        look(
            Glance {
                categories: Some(&categories),
                ..inbox
            },
            &off
        ),
        Look::ReadHeaders
    );
    assert_eq!(
        look(
            Glance {
                wishes_open: true,
                ..inbox
            },
            &off
        ),
        Look::Skip(ReasonCode::NotAsked)
    );
    assert_eq!(
        look(
            Glance {
                wishes_open: true,
                ..sent
            },
            &off
        ),
        Look::ReadHeaders
    );
    assert_eq!(
        look(
            Glance {
                threads_tracked: true,
                ..inbox
            },
            &off
        ),
        Look::ReadHeaders
    );
    let old = Glance {
        received_at: Some(at(1)),
        ..inbox
    };
    assert_eq!(look(old, &auto), Look::Skip(ReasonCode::BeforeStart));
    let report = Glance {
        class: Some(&ItemClass::Report),
        ..glance(FolderRole::Saved)
    };
    assert_eq!(look(report, &auto), Look::Skip(ReasonCode::ServiceMessage));
    let switched_off = SyncSettings {
        email: false,
        ..auto
    };
    assert_eq!(look(inbox, &switched_off), Look::Skip(ReasonCode::SyncOff));
}

prop_compose! {
    fn any_mail()(
        from in prop::sample::select(vec!["bob@shop.example", "joe@corp.example", OWN, "x@bad.example", "junk", "MAILER-DAEMON@a.example"]),
        to in prop::collection::vec(prop::sample::select(vec![OWN, "bob@shop.example", "eve@bad.example", "joe@corp.example"]), 0..4),
        received in 0_i64..2_000,
    ) -> Record {
        mail(from, &to, &[]).with("received_at", at(received))
    }
}

proptest! {
    /// INV-22: a longer blocklist never saves more.
    #[test]
    fn a_longer_blocklist_never_saves_more(
        record in any_mail(),
        list in prop::collection::vec(prop::sample::select(vec!["bad.example", "shop.example", "bob@shop.example"]), 0..3),
        more in prop::sample::select(vec!["bad.example", "shop.example", "eve@bad.example"]),
    ) {
        let mut longer = list.clone();
        longer.push(more);
        let saves = |list: &[&str]| !matches!(verdict(&record, &blocking(list, &[])), Verdict::Skip(_));
        prop_assert!(saves(&list) || !saves(&longer));
    }

    /// What the first look skips, the judgement would skip as well.
    #[test]
    fn the_first_look_skips_nothing_that_would_be_saved(
        record in any_mail(),
        auto_save: bool,
        categorised: bool,
        wished: bool,
        folder in prop::sample::select(vec![FolderRole::Inbox, FolderRole::Sent, FolderRole::Saved]),
        since in prop::option::of(0_i64..2_000),
    ) {
        // A wish waits for the copy in Sent only.
        let wished = wished && folder == FolderRole::Sent;
        let settings = SyncSettings { auto_save, ..SyncSettings::default() };
        let categories = if categorised { vec![CATEGORY.to_owned()] } else { Vec::new() };
        let judgement = judged(&record, &settings, |facts| {
            facts.folder = Some(folder);
            facts.categories = &categories;
            facts.wished = wished;
            facts.tracked_since = since.map(at);
        });
        let look = first_look(&Glance {
            categories: Some(&categories),
            received_at: record.get("received_at").and_then(Value::as_instant),
            wishes_open: wished,
            threads_tracked: since.is_some(),
            ..glance(folder)
        }, &settings, at(500));
        prop_assert!(look == Look::ReadHeaders || matches!(judgement.verdict, Verdict::Skip(_)));
    }
}
