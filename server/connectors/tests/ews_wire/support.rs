//! A server on loopback that gives canned answers and checks every request against Microsoft's schema.

use std::{
    collections::VecDeque,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use crate::schema;
use axum::{
    Router,
    body::{Body, Bytes},
    extract::State,
    http::{HeaderMap, Response, StatusCode},
    routing::post,
};
use futures::{StreamExt, stream};
use secrecy::SecretString;
use ssi_connectors::{
    ews::{Credentials, Ews, EwsConfig},
    http::CallMeter,
};
use ssi_domain::{
    FolderId,
    port::{Collections, FolderRole},
};

/// One answer of the script.
#[derive(Clone)]
pub struct Canned {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
    /// Cuts the connection after the body instead of ending it.
    pub cut: bool,
    /// Never ends the body.
    pub hang: bool,
}

/// A request as it arrived.
#[derive(Clone)]
pub struct Asked {
    pub headers: HeaderMap,
    pub body: String,
}

#[derive(Clone, Default)]
struct Script {
    answers: Arc<Mutex<VecDeque<Canned>>>,
    asked: Arc<Mutex<Vec<Asked>>>,
}

/// The server and a mailbox that talks to it.
pub struct Exchange {
    pub address: SocketAddr,
    script: Script,
}

impl Canned {
    pub fn xml(body: impl Into<Vec<u8>>) -> Self {
        Self::status(200, body)
    }

    pub fn status(status: u16, body: impl Into<Vec<u8>>) -> Self {
        let headers = vec![("content-type", "text/xml; charset=utf-8".to_owned())];
        Self {
            status,
            headers,
            body: body.into(),
            cut: false,
            hang: false,
        }
    }

    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    pub fn cut(mut self) -> Self {
        self.cut = true;
        self
    }

    pub fn hang(mut self) -> Self {
        self.hang = true;
        self
    }
}

impl Exchange {
    /// Starts a server that gives these answers in order, then status 599.
    pub async fn start(answers: impl IntoIterator<Item = Canned>) -> Self {
        let script = Script::default();
        script.answers.lock().unwrap().extend(answers);
        let router = Router::new()
            .route("/EWS/Exchange.asmx", post(answer))
            .layer(axum::extract::DefaultBodyLimit::disable())
            .with_state(script.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { address, script }
    }

    pub fn config(&self) -> EwsConfig {
        let url = format!("http://{}/EWS/Exchange.asmx", self.address)
            .parse()
            .unwrap();
        let password = SecretString::from("secret");
        let credentials = Credentials::Basic {
            user: "user".to_owned(),
            password,
        };
        let mut config = EwsConfig::new(url, credentials, "user@example.com");
        config.http.call_timeout = Duration::from_secs(20);
        config
    }

    pub fn mailbox(&self) -> Ews {
        Ews::new(self.config(), CallMeter::new()).unwrap()
    }

    /// The requests so far; each one has been checked against the schema.
    pub fn asked(&self) -> Vec<Asked> {
        let asked = self.script.asked.lock().unwrap().clone();
        for one in &asked {
            schema::check(&one.body);
        }
        asked
    }

    /// Bodies of the requests so far.
    pub fn bodies(&self) -> Vec<String> {
        self.asked().into_iter().map(|asked| asked.body).collect()
    }
}

async fn answer(State(script): State<Script>, headers: HeaderMap, body: Bytes) -> Response<Body> {
    let body = String::from_utf8(body.to_vec()).unwrap();
    script.asked.lock().unwrap().push(Asked { headers, body });
    let canned = script.answers.lock().unwrap().pop_front();
    let Some(canned) = canned else {
        return Response::builder().status(599).body(Body::empty()).unwrap();
    };
    let mut response = Response::builder().status(StatusCode::from_u16(canned.status).unwrap());
    for (name, value) in &canned.headers {
        response = response.header(*name, value);
    }
    let pieces: Vec<Result<Bytes, std::io::Error>> = canned
        .body
        .chunks(16 << 10)
        .map(|piece| Ok(Bytes::copy_from_slice(piece)))
        .collect();
    let pieces = stream::iter(pieces);
    let body = match (canned.cut, canned.hang) {
        (true, _) => {
            let end = stream::once(async { Err(std::io::Error::other("cut")) });
            Body::from_stream(pieces.chain(end))
        }
        (_, true) => Body::from_stream(pieces.chain(stream::pending())),
        _ => Body::from_stream(pieces),
    };
    response.body(body).unwrap()
}

/// An envelope around a body, with prefixes other than ours.
pub fn envelope(body: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\
         <s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Header>\
         <h:ServerVersionInfo MajorVersion=\"15\" MinorVersion=\"1\" \
         xmlns:h=\"http://schemas.microsoft.com/exchange/services/2006/types\"/></s:Header>\
         <s:Body xmlns:t=\"http://schemas.microsoft.com/exchange/services/2006/types\" \
         xmlns:m=\"http://schemas.microsoft.com/exchange/services/2006/messages\">{body}</s:Body>\
         </s:Envelope>"
    )
}

/// The answer of an operation with these response messages.
pub fn response(operation: &str, messages: &[String]) -> String {
    let inner: String = messages
        .iter()
        .map(|message| message.replace("MESSAGE", &format!("m:{operation}ResponseMessage")))
        .collect();
    envelope(&format!(
        "<m:{operation}Response><m:ResponseMessages>{inner}</m:ResponseMessages></m:{operation}Response>"
    ))
}

/// A response message that went well.
pub fn success(inner: &str) -> String {
    format!(
        "<MESSAGE ResponseClass=\"Success\"><m:ResponseCode>NoError</m:ResponseCode>{inner}</MESSAGE>"
    )
}

/// A response message that refuses.
pub fn failure(code: &str) -> String {
    format!(
        "<MESSAGE ResponseClass=\"Error\"><m:MessageText>Something.</m:MessageText>\
         <m:ResponseCode>{code}</m:ResponseCode><m:DescriptiveLinkKey>0</m:DescriptiveLinkKey></MESSAGE>"
    )
}

/// A SOAP fault as Exchange writes it.
pub fn fault(code: &str, back_off: Option<&str>) -> String {
    let pause = back_off.map_or(String::new(), |millis| {
        format!("<t:MessageXml><t:Value Name=\"BackOffMilliseconds\"> {millis} </t:Value></t:MessageXml>")
    });
    envelope(&format!(
        "<s:Fault><faultcode xmlns:a=\"u\">a:{code}</faultcode><faultstring>Some text.</faultstring>\
         <detail><e:ResponseCode xmlns:e=\"u\"> {code} </e:ResponseCode>\
         <e:Message xmlns:e=\"u\">Some text.</e:Message>{pause}</detail></s:Fault>"
    ))
}

/// A message item.
pub fn message(id: &str, inner: &str) -> String {
    format!(
        "<m:Items><t:Message><t:ItemId Id=\"{id}\" ChangeKey=\"ck-{id}\"/>{inner}</t:Message></m:Items>"
    )
}

/// Three folders.
pub fn collections() -> Collections {
    let folder = |role, id: &str| (role, FolderId::new(id));
    Collections {
        folders: vec![
            folder(FolderRole::Inbox, "in"),
            folder(FolderRole::Sent, "out"),
            folder(FolderRole::Saved, "sap"),
        ],
    }
}
