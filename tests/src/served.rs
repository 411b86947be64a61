//! The real program over gRPC, for tests that talk to it as an add-in does.

use ssi_client::{Client, Error, IdentityToken};

use crate::{
    db::Database,
    given::{ANNA, BERND, Given},
    process::{ANNA_TOKEN, Process, configure, until},
};

/// The program on a free port, and a client that is signed in as Anna.
pub async fn served(database: &Database, given: &Given) -> (Process, Client) {
    served_with(database, given, "").await
}

/// The same, with more in its configuration.
pub async fn served_with(database: &Database, given: &Given, more: &str) -> (Process, Client) {
    let (process, address) = served_at(database, given, more).await;
    let client = Client::connect(&address).await.expect("connected");
    client
        .sign_in(IdentityToken::oidc(ANNA_TOKEN))
        .await
        .expect("signed in");
    (process, client)
}

/// A request of Anna's, for tests that speak without the SDK.
pub fn signed<T>(message: T) -> tonic::Request<T> {
    let mut request = tonic::Request::new(message);
    let bearer = format!("Bearer {ANNA_TOKEN}").parse().expect("a header");
    request.metadata_mut().insert("authorization", bearer);
    request
}

/// The program on a free port, and the address it listens at.
pub async fn served_at(database: &Database, given: &Given, more: &str) -> (Process, String) {
    let config = configure(database, given, &[ANNA, BERND], more);
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = free.local_addr().expect("an address").to_string();
    drop(free);
    let text = std::fs::read_to_string(&config).expect("the configuration");
    let text = text.replace("127.0.0.1:0", &address);
    std::fs::write(&config, text).expect("written");
    let process = Process::start(&["serve"], &config);
    until("the program listens", async || {
        tokio::net::TcpStream::connect(&address).await.is_ok()
    })
    .await;
    (process, format!("http://{address}"))
}

/// The reason a call was refused for.
pub fn reason<T: std::fmt::Debug>(answer: Result<T, Error>) -> String {
    let error = answer.expect_err("refused");
    error.reason().unwrap_or("no reason").to_owned()
}
