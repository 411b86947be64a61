//! To whose calendar visits go ("Sync Visit To", CAL-38).

use ssi_domain::settings::VisitsTo;
use ssi_sandbox::crm::VisitForm;
use ssi_tests::{
    db::on_both,
    given::{ANNA, BERND},
    people::People,
    scene::{Scene, at},
};

async fn goes_to(setting: VisitsTo, expected: &'static str) {
    on_both(move |database| async move {
        let scene = Scene::new(&database).await;
        scene
            .node
            .set(|settings| settings.mirror.visits_to = setting);
        scene.calm(scene.anna).await;
        scene.calm(scene.bernd).await;
        let form = VisitForm {
            subject: Some("Walk-through".into()),
            start: Some(at(2, 9)),
            end: Some(at(2, 10)),
            owner: Some(scene.given.employee(ANNA)),
            organizer: Some(scene.given.employee(BERND)),
            ..VisitForm::default()
        };
        scene.screen(|person| person.create(&form));
        for _ in 0..2 {
            scene.calm(scene.anna).await;
            scene.calm(scene.bernd).await;
        }
        let events = |address: &str| scene.given.sandbox.world().person(address).events().len();
        let found: Vec<&str> = [ANNA, BERND]
            .into_iter()
            .filter(|address| events(address) > 0)
            .collect();
        assert_eq!(found, [expected], "CAL-37, CAL-38");
        for mailbox in [scene.anna, scene.bernd] {
            let rows = scene.node.store.count_mirrors(mailbox).await.expect("read");
            let has = mailbox
                == if expected == ANNA {
                    scene.anna
                } else {
                    scene.bernd
                };
            assert_eq!(rows, u64::from(has), "CAL-37: one writer");
        }
    })
    .await;
}

/// CAL-37, CAL-38
#[tokio::test(flavor = "multi_thread")]
async fn a_visit_goes_to_its_organizer() {
    goes_to(VisitsTo::Organizer, BERND).await;
}

/// CAL-37, CAL-38
#[tokio::test(flavor = "multi_thread")]
async fn a_visit_goes_to_its_owner_where_the_organization_says_so() {
    goes_to(VisitsTo::Owner, ANNA).await;
}
