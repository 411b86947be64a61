//! People whom somebody adds to the record of a meeting (decision 10): nobody is invited by us, the organizer is told.

use jiff::SignedDuration;
use ssi_sandbox::crm::{Kind, Participant};
use ssi_store::IssueRow;
use ssi_tests::{
    db::on_both,
    given::BERND,
    scene::{Scene, event, inviting, marked, person},
};

const CARLA: &str = "carla@customer.example";
const IVO: &str = "ivo@home.example";

/// The number of a partner of the world by their address.
fn number(scene: &Scene, address: &str) -> String {
    let crm = scene.given.sandbox.world().crm();
    let contacts = crm.contacts().into_iter();
    let mut all = contacts
        .map(|one| one.record)
        .chain(crm.individual_customers().into_iter().map(|one| one.record));
    let found = all.find(|record| {
        record
            .fields
            .get("Email")
            .is_some_and(|mail| mail == address)
    });
    found.expect("a partner").number
}

fn add(scene: &Scene, address: &str) -> String {
    let record = scene.record(Kind::Appointment);
    let number = number(scene, address);
    let who = Participant {
        number: number.clone(),
        address: String::new(),
        name: String::new(),
        role: String::new(),
    };
    scene.screen(|person| person.invite(Kind::Appointment, &record.object_id, &who));
    number
}

async fn told(scene: &Scene) -> Vec<IssueRow> {
    let mut issues = scene.issues(scene.anna).await;
    issues.retain(|issue| issue.code == "attendee_not_invited");
    issues
}

/// CAL-39, INV-12: an attendee added in the CRM is told by number until the organizer invites them; nothing is sent and
/// nothing is written for it.
#[tokio::test(flavor = "multi_thread")]
async fn somebody_added_in_the_crm_is_told_until_invited() {
    on_both(|database| async move {
        let scene = Scene::new(&database).await;
        let key = scene.event(&inviting(marked("Review", 3), &[BERND]));
        scene.calm(scene.anna).await;
        assert!(told(&scene).await.is_empty());
        let carla = add(&scene, CARLA);
        let ivo = add(&scene, IVO);
        scene.node.advance(SignedDuration::from_hours(25));
        scene.feed().await;
        assert_eq!(scene.session(scene.anna).await.0, 0, "nothing is written");
        let open = told(&scene).await;
        assert_eq!(open.len(), 1, "{open:?}");
        for number in [&carla, &ivo] {
            assert!(
                open[0].message.contains(number.as_str()),
                "{}",
                open[0].message
            );
        }
        assert!(!open[0].message.contains('@'), "no business data");
        scene.node.advance(SignedDuration::from_hours(25));
        scene.calm(scene.anna).await;
        assert_eq!(told(&scene).await.len(), 1);

        let mut both = inviting(event("Review", 3), &[BERND, CARLA]);
        scene.edit(key, &both);
        scene.calm(scene.anna).await;
        let open = told(&scene).await;
        assert_eq!(open.len(), 1);
        assert!(!open[0].message.contains(&carla), "she is invited by now");
        both.required = Some([BERND, CARLA, IVO].map(person).into());
        scene.edit(key, &both);
        scene.calm(scene.anna).await;
        scene.node.advance(SignedDuration::from_hours(25));
        scene.calm(scene.anna).await;
        assert!(told(&scene).await.is_empty());
        scene.assert_only_people_sent();
    })
    .await;
}

/// CAL-39: taken off the record again, nobody is told about; what its organizer settled is not told again each day.
#[tokio::test(flavor = "multi_thread")]
async fn somebody_taken_off_the_record_again_is_not_told() {
    on_both(|database| async move {
        let scene = Scene::new(&database).await;
        scene.event(&inviting(marked("Review", 3), &[BERND]));
        scene.calm(scene.anna).await;
        let carla = add(&scene, CARLA);
        scene.node.advance(SignedDuration::from_hours(25));
        scene.calm(scene.anna).await;
        let open = told(&scene).await.remove(0);
        let now = scene
            .node
            .store
            .settle_issue(scene.anna, &open.item_id, open.last_at);
        now.await.expect("settled");
        for _ in 0..2 {
            scene.node.advance(SignedDuration::from_hours(25));
            scene.calm(scene.anna).await;
            assert!(told(&scene).await.is_empty());
        }
        let record = scene.record(Kind::Appointment);
        scene.screen(|person| person.uninvite(Kind::Appointment, &record.object_id, &carla));
        scene.calm(scene.anna).await;
        assert!(told(&scene).await.is_empty());
    })
    .await;
}
