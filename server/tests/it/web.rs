//! The port as browsers, proxies and Prometheus see it: grpc-web over HTTP/1.1, CORS, files, metrics, TLS.

use prost::Message as _;
use ssi_proto::v1::{
    GetCallerRequest, GetCallerResponse, session_service_client::SessionServiceClient,
};

use crate::support::{ANN, Server, browser, signed};

#[tokio::test]
async fn a_browser_calls_over_http_1_with_grpc_web() {
    let server = Server::start().await;
    let call = |token: &'static str| {
        let mut frame = vec![0, 0, 0, 0, 0];
        GetCallerRequest {}.encode(&mut frame).unwrap();
        browser()
            .post(server.url("/ssi.v1.SessionService/GetCaller"))
            .header("content-type", "application/grpc-web+proto")
            .header("x-grpc-web", "1")
            .header("authorization", format!("Bearer {token}"))
            .body(frame)
            .send()
    };
    let answer = call(ANN).await.unwrap();
    assert_eq!(answer.version(), http::Version::HTTP_11);
    assert_eq!(answer.status(), 200);
    let body = answer.bytes().await.unwrap();
    let length = u32::from_be_bytes(body[1..5].try_into().unwrap()) as usize;
    let message = GetCallerResponse::decode(&body[5..5 + length]).unwrap();
    assert_eq!(message.caller.unwrap().subject, "ann");
    let trailers = String::from_utf8_lossy(&body[5 + length..]).into_owned();
    assert!(trailers.contains("grpc-status:0"), "{trailers}");

    let refused = call("nonsense").await.unwrap();
    assert_eq!(refused.status(), 200);
    let header = refused.headers().get("grpc-status").cloned();
    let body = refused.bytes().await.unwrap();
    let in_body = String::from_utf8_lossy(&body).contains("grpc-status:16");
    assert!(
        in_body || header.is_some_and(|status| status == "16"),
        "{body:?}"
    );
    server.running.stop().await;
}

#[tokio::test]
async fn only_listed_origins_may_call_from_a_browser() {
    let server = Server::with("server.cors_origins = [\"https://addin.example.com\"]").await;
    let preflight = |origin: &'static str| {
        browser()
            .request(
                http::Method::OPTIONS,
                server.url("/ssi.v1.AddInService/SaveEmail"),
            )
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .header(
                "access-control-request-headers",
                "authorization,content-type,grpc-timeout,x-grpc-web",
            )
            .send()
    };
    let good = preflight("https://addin.example.com").await.unwrap();
    let text = |name: &str| {
        good.headers()
            .get(name)
            .unwrap()
            .to_str()
            .unwrap()
            .to_lowercase()
    };
    assert_eq!(
        text("access-control-allow-origin"),
        "https://addin.example.com"
    );
    for header in [
        "authorization",
        "content-type",
        "grpc-timeout",
        "x-grpc-web",
    ] {
        assert!(
            text("access-control-allow-headers").contains(header),
            "{header}"
        );
    }
    for origin in [
        "https://evil.example.com",
        "http://addin.example.com",
        "null",
    ] {
        let bad = preflight(origin).await.unwrap();
        assert!(
            bad.headers().get("access-control-allow-origin").is_none(),
            "{origin}"
        );
    }
    let call = browser()
        .post(server.url("/ssi.v1.SessionService/GetCaller"))
        .header("origin", "https://addin.example.com")
        .header("content-type", "application/grpc-web+proto")
        .body(vec![0, 0, 0, 0, 0])
        .send()
        .await
        .unwrap();
    let exposed = call.headers()["access-control-expose-headers"]
        .to_str()
        .unwrap()
        .to_owned();
    for header in ["grpc-status", "grpc-message", "grpc-status-details-bin"] {
        assert!(exposed.contains(header), "{exposed}");
    }
    server.running.stop().await;
}

#[tokio::test]
async fn health_metrics_and_files_are_on_the_same_port() {
    let files = tempfile::tempdir().unwrap();
    std::fs::write(files.path().join("index.html"), "<p>sidebar</p>").unwrap();
    let server = Server::with(&format!(
        "server.static_dir = {:?}\ntelemetry.metrics_token = \"metrics-token\"",
        files.path()
    ))
    .await;
    let get = |path: &str| browser().get(server.url(path));

    let health = get("/healthz").send().await.unwrap();
    assert_eq!(health.status(), 200);
    assert_eq!(
        health.json::<serde_json::Value>().await.unwrap()["database"],
        "ok"
    );
    let page = get("/").send().await.unwrap();
    assert_eq!(page.headers()["x-content-type-options"], "nosniff");
    assert!(page.text().await.unwrap().contains("sidebar"));
    for path in [
        "/no-such-file",
        "/../ssi.db",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/..%2f..%2fetc/passwd",
    ] {
        assert!(
            get(path).send().await.unwrap().status().is_client_error(),
            "{path}"
        );
    }

    let mut sessions = SessionServiceClient::new(server.channel().await);
    sessions
        .get_caller(signed(ANN, GetCallerRequest {}))
        .await
        .unwrap();
    assert_eq!(get("/metrics").send().await.unwrap().status(), 401);
    let metrics = get("/metrics")
        .bearer_auth("metrics-token")
        .send()
        .await
        .unwrap()
        .text()
        .await;
    let metrics = metrics.unwrap();
    let line = "ssi_requests_total{method=\"/ssi.v1.SessionService/GetCaller\",code=\"Ok\"}";
    assert!(metrics.contains(line), "{metrics}");
    assert!(!metrics.contains("ann@"), "metrics name nobody");
    server.running.stop().await;
}

#[tokio::test]
async fn tls_speaks_both_versions_of_http() {
    let folder = tempfile::tempdir().unwrap();
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let (cert, key) = (
        folder.path().join("cert.pem"),
        folder.path().join("key.pem"),
    );
    std::fs::write(&cert, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let server = Server::with(&format!(
        "server.tls_cert = {cert:?}\nserver.tls_key = {key:?}"
    ))
    .await;
    let port = server.running.address.port();
    let root = reqwest::Certificate::from_pem(made.cert.pem().as_bytes()).unwrap();
    let _ = rustls::crypto::ring::default_provider().install_default();
    for (http1, version) in [
        (true, http::Version::HTTP_11),
        (false, http::Version::HTTP_2),
    ] {
        let mut client = reqwest::Client::builder()
            .no_proxy()
            .tls_certs_only([root.clone()]);
        if http1 {
            client = client.http1_only();
        }
        let answer = client
            .build()
            .unwrap()
            .get(format!("https://localhost:{port}/healthz"));
        let answer = answer.send().await.unwrap();
        assert_eq!((answer.status().as_u16(), answer.version()), (200, version));
    }
    let plain = browser()
        .get(format!("http://localhost:{port}/healthz"))
        .send()
        .await;
    assert!(plain.is_err(), "no plain http on a TLS port");
    server.running.stop().await;
}
