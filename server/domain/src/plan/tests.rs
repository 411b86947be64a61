use proptest::prelude::*;

use super::*;
use crate::{
    AttachmentId, ReasonCode, RichText, SyncSettings, TextFormat, Value,
    attachment::{AttachmentDecision, choose},
    eligible::Route,
    identity::EmailIdentity,
    mapping::Table,
    port::{Item, LinkStamp, PartyHit, PartyRole},
    settings::Budgets,
    testing::{OWN, file, hit, item, mail, record},
};

const BOB: &str = "bob@shop.example";

/// What a test changes of a plan for a mail from Bob in the Inbox.
struct Given {
    item: Item,
    folder: FolderRole,
    saved: Option<RecordRef>,
    route: Route,
    links: Vec<PartyHit>,
    known: Vec<PartyHit>,
    owner: Option<PartyHit>,
    attachments: Vec<(AttachmentId, AttachmentDecision)>,
    message_copy: bool,
    edits: Edits,
}

fn given(item: Item) -> Given {
    Given {
        item,
        folder: FolderRole::Inbox,
        saved: None,
        route: Route::Category,
        links: Vec::new(),
        known: Vec::new(),
        owner: None,
        attachments: Vec::new(),
        message_copy: false,
        edits: Edits::default(),
    }
}

impl Given {
    fn plan(&self) -> Plan {
        email_plan(&EmailPlan {
            item: &self.item,
            folder: Some(self.folder),
            identity: &EmailIdentity::of(&self.item.record, self.item.size_bytes),
            saved: self.saved.as_ref(),
            route: self.route,
            settings: &SyncSettings::default(),
            table: Table::email(),
            tenant: &TenantId::new("prod"),
            own_address: OWN,
            links: &self.links,
            known: &self.known,
            owner: self.owner.as_ref(),
            attachments: &self.attachments,
            message_copy: self.message_copy,
            edits: &self.edits,
        })
    }
}

fn from_bob() -> Item {
    let body = RichText {
        format: TextFormat::Html,
        text: "<p>Hello<p>Bob".into(),
    };
    item(
        mail(BOB, &[OWN, "eve@mill.example"], &["joe@corp.example"])
            .with("importance", Value::Choice("high".into()))
            .with("body", Value::RichText(body)),
    )
}

/// The created record, its parties and attachments.
fn created(plan: &Plan) -> (&Record, &[RecordParty], &[PlannedAttachment]) {
    match &plan.effects[0] {
        Effect::CreateRecord {
            record,
            parties,
            attachments,
            ..
        } => (record, parties, attachments),
        other => panic!("not a create: {other:?}"),
    }
}

fn noted(plan: &Plan, code: ReasonCode) -> Vec<&str> {
    let steps = plan.trace.0.iter().filter(|step| step.code == code);
    steps
        .map(|step| step.detail.as_deref().unwrap_or_default())
        .collect()
}

/// EM-01, EM-31
#[test]
fn a_mail_becomes_a_record_with_its_people() {
    let plan = Given {
        links: vec![
            hit(Kind::Contact, "bob", BOB),
            hit(Kind::Account, "shop", BOB),
        ],
        known: vec![hit(Kind::Lead, "lead", BOB), hit(Kind::Contact, "bob", BOB)],
        owner: Some(hit(Kind::Employee, "ann", OWN)),
        ..given(from_bob())
    }
    .plan();

    let (fields, parties, _) = created(&plan);
    assert_eq!(fields.text("subject"), "Offer");
    assert_eq!(fields.text("body"), "Hello\n\nBob");
    assert_eq!(fields.text("importance"), "2");
    assert_eq!(fields.text("direction"), "2");
    assert!(fields.get("to").is_none() && fields.get("message_id").is_none());
    let parties: Vec<_> = parties
        .iter()
        .map(|p| {
            let record = p.party.as_ref().map_or("-", |hit| hit.record.id.as_str());
            (p.role, p.address.address.as_str(), record, p.main)
        })
        .collect();
    assert_eq!(
        parties,
        [
            (PartyRole::Sender, BOB, "bob", true),
            (PartyRole::To, OWN, "-", false),
            (PartyRole::To, "eve@mill.example", "-", false),
            (PartyRole::Cc, "joe@corp.example", "-", false),
            (PartyRole::Owner, "", "ann", true),
            (PartyRole::Linked, "", "bob", true),
            (PartyRole::Linked, "", "shop", true),
        ]
    );
}

/// Marks come after the record, the way back after the mark (EM-21, MBX-03).
#[test]
fn the_item_is_marked_and_taken_back() {
    let mut item = from_bob();
    item.categories = vec!["Red".into(), "sync error".into()];
    let plan = Given {
        folder: FolderRole::Saved,
        ..given(item)
    }
    .plan();
    let classes: Vec<_> = plan.effects.iter().map(Effect::class).collect();
    assert_eq!(
        classes,
        [
            EffectClass::CreateRecord,
            EffectClass::MarkItem,
            EffectClass::MoveItem
        ]
    );
    assert_eq!(
        plan.effects[1],
        Effect::MarkItem {
            item: ItemId::new("item-1"),
            categories: vec!["Red".into(), "SAP Cloud for Customer".into()],
            stamp: Some(Stamp {
                tenant: TenantId::new("prod"),
                record: StampRecord::Created
            }),
        }
    );
    assert_eq!(
        plan.effects[2],
        Effect::MoveItem {
            item: ItemId::new("item-1"),
            to: FolderRole::Inbox
        }
    );
}

#[test]
fn an_open_mail_stays_where_it_is() {
    let plan = Given {
        folder: FolderRole::Saved,
        route: Route::Hand,
        ..given(from_bob())
    }
    .plan();
    let classes: Vec<_> = plan.effects.iter().map(Effect::class).collect();
    assert_eq!(classes, [EffectClass::CreateRecord, EffectClass::MarkItem]);
}

/// EM-01: saving again adds links and makes no second record.
#[test]
fn a_saved_mail_gets_links_only() {
    let saved = record(Kind::Email, "R1");
    let mut item = from_bob();
    let stamp = LinkStamp {
        tenant: "prod".into(),
        record: saved.clone(),
    };
    let again = |item: &Item, links: &[PartyHit]| {
        let plan = Given {
            saved: Some(saved.clone()),
            route: Route::Hand,
            links: links.to_vec(),
            ..given(item.clone())
        }
        .plan();
        plan.effects.iter().map(Effect::class).collect::<Vec<_>>()
    };
    let links = [hit(Kind::Contact, "bob", BOB)];
    assert_eq!(
        again(&item, &links),
        [EffectClass::LinkRecord, EffectClass::MarkItem]
    );
    item.link = Some(stamp);
    assert_eq!(again(&item, &links), [EffectClass::LinkRecord]);
    assert_eq!(again(&item, &[]), []);
}

/// INV-4, EM-05
#[test]
fn settling_twice_does_nothing() {
    let saved = record(Kind::Email, "R1");
    let (settings, tenant) = (SyncSettings::default(), TenantId::new("prod"));
    let settle = |item: &Item, folder| {
        let input = MarkPlan {
            item,
            folder: Some(folder),
            settings: &settings,
            tenant: &tenant,
        };
        settle_plan(&input, &saved).effects
    };
    let mut item = from_bob();
    let first = settle(&item, FolderRole::Saved);
    assert_eq!(first.len(), 2);
    item.link = Some(LinkStamp {
        tenant: "prod".into(),
        record: saved.clone(),
    });
    assert_eq!(
        settle(&item, FolderRole::Inbox),
        [],
        "a category taken off stays off"
    );
    assert_eq!(
        settle(&item, FolderRole::Saved).len(),
        1,
        "still in our folder"
    );
    item.categories = vec!["Sync Error".into()];
    let healed = settle(&item, FolderRole::Inbox);
    assert!(
        matches!(&healed[..], [Effect::MarkItem { categories, stamp: None, .. }] if categories.is_empty()),
        "{healed:?}"
    );
}

/// MBX-03
#[test]
fn a_failed_item_is_marked_once() {
    let (settings, tenant) = (SyncSettings::default(), TenantId::new("prod"));
    let mut item = from_bob();
    let plan = |item: &Item| {
        error_plan(&MarkPlan {
            item,
            folder: None,
            settings: &settings,
            tenant: &tenant,
        })
    };
    let Some(Effect::MarkItem {
        categories,
        stamp: None,
        ..
    }) = plan(&item).effects.pop()
    else {
        panic!("no mark");
    };
    assert_eq!(categories, ["Sync Error"]);
    item.categories = vec!["SYNC ERROR".into()];
    assert_eq!(plan(&item).effects, []);
}

/// INV-15
#[test]
fn what_is_cut_is_said() {
    let many: Vec<String> = (0..10_000).map(|n| format!("p{n}@mill.example")).collect();
    let long = format!("{}@mill.example", "l".repeat(300));
    let record = mail(BOB, &many, &[long])
        .with("subject", "ä".repeat(800))
        .with("body", "Hello");
    let plan = given(item(record)).plan();
    let (fields, parties, _) = created(&plan);
    assert_eq!(fields.text("subject"), "ä".repeat(765));
    assert_eq!(
        noted(&plan, ReasonCode::TextCut),
        ["subject: 35 characters"]
    );
    assert_eq!(parties.len(), MOST_RECIPIENTS);
    assert_eq!(noted(&plan, ReasonCode::RecipientsCut), ["9501 of 10002"]);
    assert_eq!(noted(&plan, ReasonCode::RecipientUnusable), ["1 of 10002"]);
    assert_eq!(
        fields.text("body"),
        "Hello\n\n[9502 of 10002 participants are not listed here.]"
    );
}

/// INV-14: one address the CRM cannot store does not cost the mail.
#[test]
fn an_author_without_usable_address_keeps_the_name() {
    let author = |address: &str| {
        let from = Value::Address(crate::Address {
            name: "Bob\r\nB".into(),
            address: address.into(),
        });
        let plan = given(item(mail(BOB, &[OWN], &[]).with("from", from))).plan();
        let (fields, parties, _) = created(&plan);
        let author = fields.addresses("from")[0].clone();
        (author.name, author.address, parties.len())
    };
    let is = |address: &str, parties| ("Bob B".to_owned(), address.to_owned(), parties);
    assert_eq!(author("SMTP:Bob@shop.example"), is(BOB, 2));
    assert_eq!(author("/O=CORP/CN=BOB"), is("", 1));
    assert_eq!(
        author(&format!("{}@shop.example", "b".repeat(300))),
        is("", 1)
    );
    let sender_only = mail(BOB, &[OWN], &[]);
    let mut record = sender_only;
    record.remove("from");
    record.set("sender", crate::testing::address(BOB));
    let plan = given(item(record)).plan();
    assert_eq!(created(&plan).0.addresses("from")[0].address, BOB);
}

/// EM-11
#[test]
fn the_dialogs_changes_are_kept() {
    let edits = Edits {
        subject: Some("Mine".into()),
        body: Some("Text <b>".into()),
    };
    let plan = Given {
        edits,
        ..given(from_bob())
    }
    .plan();
    let (fields, ..) = created(&plan);
    assert_eq!(
        (fields.text("subject"), fields.text("body")),
        ("Mine", "Text <b>")
    );
}

#[test]
fn what_the_owner_sent_is_outbound() {
    let direction = |from: &str, folder| {
        let plan = Given {
            folder,
            ..given(item(mail(from, &[BOB], &[])))
        }
        .plan();
        created(&plan).0.text("direction").to_owned()
    };
    assert_eq!(direction(BOB, FolderRole::Inbox), "2");
    assert_eq!(direction("Ann@Corp.Example", FolderRole::Inbox), "1");
    assert_eq!(direction("alias@other.example", FolderRole::Sent), "1");
}

/// EM-12, EM-50, EM-53
#[test]
fn chosen_attachments_are_planned() {
    let mut item = from_bob();
    item.attachments = vec![
        file("a/b.pdf", 9_000),
        file("x.exe", 9_000),
        file("OFFER.eml", 9_000),
    ];
    let attachments = choose(&item.attachments, &SyncSettings::default());
    let plan = Given {
        attachments,
        message_copy: true,
        ..given(item)
    }
    .plan();
    let (.., planned) = created(&plan);
    assert_eq!(planned.len(), 2);
    assert_eq!(planned[0].name, "b.pdf");
    assert_eq!(planned[0].media_type, "application/octet-stream");
    assert_eq!(
        noted(&plan, ReasonCode::AttachmentTypeProhibited),
        ["1 of 3 attachments"]
    );
    assert_eq!(
        noted(&plan, ReasonCode::AttachmentRenamed),
        ["1 of 3 attachments"]
    );
    let Effect::CreateRecord { message_copy, .. } = &plan.effects[0] else {
        panic!("no create")
    };
    assert_eq!(message_copy.as_deref(), Some("message Offer.eml"));
}

/// INV-7, INV-12
#[test]
fn budgets_hold_the_mailbox() {
    let check = |class, count, linked, expected: Budget| {
        let mut tally = Tally::of(&[given(from_bob()).plan()]);
        tally.add(class, count);
        assert_eq!(super::check(&tally, &Budgets::default(), linked), expected);
    };
    let held = |class, wanted, allowed| Budget::Held {
        class,
        wanted,
        allowed,
    };
    check(EffectClass::CreateRecord, 1_000_000, 0, Budget::Go);
    check(EffectClass::DeleteRecord, 5, 0, Budget::Go);
    check(
        EffectClass::DeleteRecord,
        6,
        0,
        held(EffectClass::DeleteRecord, 6, 5),
    );
    let cancel = EffectClass::CancelRecord;
    check(cancel, 5, 0, Budget::Go);
    check(cancel, 6, 0, held(cancel, 6, 5));
    let mut both = Tally::default();
    both.add(cancel, 3);
    both.add(EffectClass::DeleteRecord, 3);
    assert_eq!(
        super::check(&both, &Budgets::default(), 0),
        held(EffectClass::DeleteRecord, 6, 5),
        "cancelling counts as deleting"
    );
    let mut sides = Tally::default();
    sides.add(cancel, 3);
    sides.add(EffectClass::DeleteItem, 3);
    assert_eq!(
        super::check(&sides, &Budgets::default(), 0),
        held(cancel, 6, 5),
        "what goes on either side counts together"
    );
    check(EffectClass::DeleteRecord, 20, 1_000, Budget::Go);
    check(
        EffectClass::DeleteRecord,
        21,
        1_000,
        held(EffectClass::DeleteRecord, 21, 20),
    );
    check(
        EffectClass::DeleteItem,
        6,
        10,
        held(EffectClass::DeleteItem, 6, 5),
    );
}

proptest! {
    /// Nothing of a mail may stand in a trace: it is stored, logged and shown to key users.
    #[test]
    fn traces_carry_no_content(word in "[a-z]{12}") {
        let secret = |domain: &str| format!("{word}@{domain}");
        let mut item = item(
            mail(&secret("shop.example"), &[secret("mill.example")], &[secret("[]")])
                .with("subject", word.repeat(100))
                .with("body", word.as_str()),
        );
        item.attachments = vec![file(&format!("{word}.exe"), 9_000), file(&format!("a/{word}"), 9_000)];
        let attachments = choose(&item.attachments, &SyncSettings::default());
        let plan = Given { attachments, message_copy: true, ..given(item) }.plan();
        let text = serde_json::to_string(&plan.trace).expect("serialises");
        prop_assert!(!text.contains(&word), "{text}");
    }

    #[test]
    fn the_same_mail_gives_the_same_plan(subject in "\\PC{0,30}", body in "\\PC{0,60}") {
        let html = RichText { format: TextFormat::Html, text: body };
        let given = given(item(
            mail(BOB, &[OWN], &[]).with("subject", subject).with("body", Value::RichText(html)),
        ));
        prop_assert_eq!(given.plan(), given.plan());
    }
}
