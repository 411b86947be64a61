//! The cards of an item that is being composed.

use ssi_client::v1::{InitialSearchRequest, Participant, ParticipantRole as Role};
use ssi_tests::{
    db::on_both,
    given::{ANNA, BERND, Given},
    served::served,
};

use super::show;

fn person(address: &str, role: Role) -> Participant {
    Participant {
        address: address.into(),
        display_name: String::new(),
        role: role.into(),
    }
}

/// SRCH-02: while composing the recipients come from the client, hidden ones too.
#[tokio::test(flavor = "multi_thread")]
async fn hidden_recipients_are_looked_up_while_composing() {
    on_both(|database| async move {
        let given = Given::world().await;
        let (process, client) = served(&database, &given).await;
        let request = |participants| InitialSearchRequest {
            participants,
            ..Default::default()
        };
        let people = vec![
            person("ivo@home.example", Role::Bcc),
            person(ANNA, Role::From),
            person("CARLA@customer.example", Role::Unspecified),
            person("who@unknown.example", Role::Cc),
            person(BERND, Role::To),
        ];
        let shown = show(&client, request(people)).await;
        assert_eq!(shown.names(), ["Carla Kundin", "Ivo Einzel"]);
        let role = |at: usize| shown.parties[at].participant.as_ref().map(|one| one.role());
        assert_eq!((role(0), role(1)), (Some(Role::To), Some(Role::Bcc)));
        assert_eq!(shown.unknown(), ["who@unknown.example"]);

        let shown = show(&client, request(vec![person(BERND, Role::To)])).await;
        assert_eq!(shown.codes(), ["internal_only"]);

        let many = (0..501).map(|at| person(&format!("p{at}@x.example"), Role::To));
        let mut refused = request(many.collect());
        refused.mailbox = ssi_client::name::mailbox(ANNA);
        let error = client.add_in().initial_search(refused).await.err();
        assert_eq!(error.expect("refused").reason(), Some("invalid_field"));
        process.kill().await;
    })
    .await;
}
