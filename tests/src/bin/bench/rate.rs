//! The request rate of a cheap method of our server, beside a bare tonic server that only says hello.

use std::time::{Duration, Instant};

use ssi_proto::v1::{
    GetCallerRequest, GetCallerResponse,
    session_service_client::SessionServiceClient,
    session_service_server::{SessionService, SessionServiceServer},
};
use ssi_tests::{
    db::Database,
    given::{ANNA, Given},
    process::{ANNA_TOKEN, configure, program},
};
use tonic::{Request, Response, Status, transport::Channel};

use crate::{Reach, line};

const CALLERS: usize = 32;
const TIME: Duration = Duration::from_secs(3);

/// Answers without looking at anything.
struct Hello;

#[tonic::async_trait]
impl SessionService for Hello {
    async fn create_session(
        &self,
        _request: Request<ssi_proto::v1::CreateSessionRequest>,
    ) -> Result<Response<ssi_proto::v1::CreateSessionResponse>, Status> {
        Err(Status::unimplemented("hello only"))
    }

    async fn get_caller(
        &self,
        _request: Request<GetCallerRequest>,
    ) -> Result<Response<GetCallerResponse>, Status> {
        Ok(Response::new(GetCallerResponse::default()))
    }
}

pub(super) async fn run() -> anyhow::Result<()> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let bare = tokio::spawn(
        tonic::transport::Server::builder()
            .add_service(SessionServiceServer::new(Hello))
            .serve_with_incoming(tokio_stream::wrappers::TcpListenerStream::new(listener)),
    );
    let hello = rate(&format!("http://{address}")).await?;
    bare.abort();

    let database = Database::sqlite().await;
    let given = Given::world().await;
    let config = configure(&database, &given, &[ANNA], "");
    let ready = database.folder().join("ready");
    let mut server = tokio::process::Command::new(program("ssi"))
        .args(["serve", "--config"])
        .arg(&config)
        .arg("--ready-file")
        .arg(&ready)
        .kill_on_drop(true)
        .spawn()?;
    let started = Instant::now();
    while std::fs::read_to_string(&ready)
        .unwrap_or_default()
        .trim()
        .is_empty()
    {
        anyhow::ensure!(
            started.elapsed() < Duration::from_secs(30),
            "the server did not start"
        );
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let text = std::fs::read_to_string(&ready)?;
    let url = text.trim();
    let url = if url.starts_with("http") {
        url.to_owned()
    } else {
        format!("http://{url}")
    };
    let ours = rate(&url).await?;
    server.kill().await?;
    line("cheap method, bare tonic", hello, "calls/s", None);
    line("cheap method, this server", ours, "calls/s", None);
    line(
        "cheap method beside bare tonic",
        ours / hello,
        "x",
        Some(Reach::AtLeast(0.3)),
    );
    Ok(())
}

async fn rate(url: &str) -> anyhow::Result<f64> {
    let channel = Channel::from_shared(url.to_owned())?.connect().await?;
    let until = Instant::now() + TIME;
    let callers = (0..CALLERS).map(|_| {
        let mut client = SessionServiceClient::new(channel.clone());
        tokio::spawn(async move {
            let mut count = 0_u64;
            while Instant::now() < until {
                let mut request = Request::new(GetCallerRequest::default());
                let bearer = format!("Bearer {ANNA_TOKEN}").parse()?;
                request.metadata_mut().insert("authorization", bearer);
                client.get_caller(request).await?;
                count += 1;
            }
            anyhow::Ok(count)
        })
    });
    let mut all = 0;
    for caller in futures::future::join_all(callers).await {
        all += caller??;
    }
    Ok(all as f64 / TIME.as_secs_f64())
}
