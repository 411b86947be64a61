//! Scenarios against the whole router: the same requests a client sends, without a socket.

mod batch;
mod children;
mod filters;
mod guard;
mod habits;
mod mirrored;
mod rows;
mod rules;
mod shapes;

use axum::Router;
use axum::body::Body;
use http::{HeaderMap, Method, Request, StatusCode};
use serde_json::{Value as Json, json};
use tower::ServiceExt;

use crate::company;
use crate::serve::{C4C_PATH, routes};
use crate::world::{World, WorldConfig};

/// A served company and a client for it.
struct Tenant {
    world: World,
    router: Router,
}

/// An answer as a client sees it.
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
}

impl Answer {
    fn json(&self) -> Json {
        serde_json::from_str(&self.text).expect("the answer is JSON")
    }

    fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    /// The rows of a collection.
    fn rows(&self) -> Vec<Json> {
        let json = self.json();
        json["d"]["results"].as_array().expect(&self.text).clone()
    }

    /// The texts of one property of all rows.
    fn column(&self, name: &str) -> Vec<String> {
        let rows = self.rows().into_iter();
        rows.map(|row| row[name].as_str().unwrap().to_owned())
            .collect()
    }

    #[track_caller]
    fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        self
    }
}

const JSON: (&str, &str) = ("accept", "application/json");

impl Tenant {
    fn new() -> Self {
        Self::with(WorldConfig::default())
    }

    fn with(config: WorldConfig) -> Self {
        let world = World::new(config);
        company::fill(&mut world.crm(), world.now()).unwrap();
        Self {
            router: routes(world.clone()),
            world,
        }
    }

    async fn send(&self, method: &str, url: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut request = Request::builder()
            .method(Method::from_bytes(method.as_bytes()).unwrap())
            .uri(format!("{C4C_PATH}/{url}"))
            .header("host", "tenant.example");
        if !headers.iter().any(|(name, _)| *name == "authorization") {
            request = request.header("authorization", basic("_SSI_0", "_SSI_0-secret"));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::from(body.to_owned())).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        Answer {
            status: parts.status,
            headers: parts.headers,
            text: String::from_utf8_lossy(&body).into_owned(),
        }
    }

    async fn get(&self, url: &str) -> Answer {
        self.send("GET", &url.replace(' ', "%20"), &[JSON], "")
            .await
    }

    async fn post(&self, url: &str, body: Json) -> Answer {
        self.send("POST", url, &[JSON], &body.to_string()).await
    }

    async fn patch(&self, url: &str, body: Json) -> Answer {
        self.send("PATCH", url, &[JSON], &body.to_string()).await
    }

    /// Creates an e-mail and returns its ObjectID.
    async fn email(&self, key: &str) -> String {
        let body = json!({ "Subject": "Hello", "GroupwareItemID": key });
        let answer = self.post("EMailCollection", body).await.expect(201);
        answer.json()["d"]["results"]["ObjectID"]
            .as_str()
            .unwrap()
            .to_owned()
    }
}

fn basic(login: &str, password: &str) -> String {
    use base64::Engine as _;
    let pair = format!("{login}:{password}");
    format!(
        "Basic {}",
        base64::engine::general_purpose::STANDARD.encode(pair)
    )
}
