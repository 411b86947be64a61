//! Loops.

use ssi_sandbox::{
    crm::Value as CrmValue,
    exchange::{Body, Kind},
};
use ssi_tests::{given::ANNA, people::People};

use crate::scene::{APPOINTMENTS, Scene, on_both, review};

/// C 43, C 44: delete, import again, delete, at every run.
#[tokio::test(flavor = "multi_thread")]
async fn frappe_7136_what_was_deleted_stays_deleted() {
    on_both(|scene| async move {
        let made = scene.make(review());
        scene.calm().await;
        scene.given.discard(&made);
        scene.calm().await;
        for _ in 0..3 {
            assert_eq!(scene.sync().await, 0);
        }
        assert!(scene.given.items(ANNA, Kind::CalendarItem).is_empty());
        assert_eq!(
            scene.given.records(APPOINTMENTS).len(),
            1,
            "cancelled, not made again"
        );
    })
    .await;
}

/// C 43, C 44: the same where nobody remembers any more that it was deleted: the database is a backup from before. The
/// record says by its key that it was made of an item (INV-1).
#[tokio::test(flavor = "multi_thread")]
async fn frappe_7136_a_deleted_item_stays_deleted_when_a_backup_is_restored() {
    on_both(|scene| async move {
        scene.node.store.close().await;
        let backup = scene.database.copy().await;
        let later = Scene::in_world(scene.given, scene.database, "one").await;
        let made = later.make(review());
        later.calm().await;
        later.given.discard(&made);
        later.node.store.close().await;

        let restored = Scene::in_world(later.given, backup, "two").await;
        restored.calm().await;
        assert!(restored.events(ANNA).is_empty(), "it does not come down");
        assert!(
            !restored.is_cancelled(&restored.appointment()),
            "nobody knows who deleted what (INV-5)"
        );
    })
    .await;
}

/// C 42: HTML normalisation makes every event look changed for ever.
#[tokio::test(flavor = "multi_thread")]
async fn ogcs_2269_a_body_that_closes_nothing_is_no_edit() {
    on_both(|scene| async move {
        let mut draft = review();
        draft.body = Body {
            html: Some("<p>Agenda<ul><li>one<li><b>two".into()),
            text: None,
        };
        scene.make(draft);
        scene.calm().await;
        assert_eq!(scene.sync().await, 0, "INV-4");
    })
    .await;
}

/// C 41: a write of one's own comes back as somebody else's change, for ever.
#[tokio::test(flavor = "multi_thread")]
async fn calcom_24124_our_own_writes_are_no_news() {
    on_both(|scene| async move {
        let made = scene.make(review());
        scene.calm().await;
        let key = scene.appointment();
        for number in 0..3 {
            let place = format!("  Room  {number} ");
            scene
                .given
                .change(APPOINTMENTS, &key, &[("Location", CrmValue::text(place))]);
            assert!(scene.sync().await > 0, "somebody's change travels");
            assert_eq!(scene.sync().await, 0, "and is not sent back (INV-4)");
        }
        let seen = scene.given.see(&made).expect("stands");
        assert!(
            seen.text("Location").contains("Room  2"),
            "the last word of a person stands"
        );
        assert!(scene.field(&key, "Location").contains("Room  2"));
    })
    .await;
}
