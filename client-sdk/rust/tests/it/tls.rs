//! The client over TLS on a real socket, with a certificate of an own CA.

use crate::server::Fake;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use ssi_client::{Client, Error, IdentityToken};
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::transport::{Identity, Server, ServerTlsConfig};

struct Certificates {
    ca: String,
    server: Identity,
}

fn certificates() -> Result<Certificates, rcgen::Error> {
    let mut ca = CertificateParams::new(Vec::new())?;
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca = CertifiedIssuer::self_signed(ca, KeyPair::generate()?)?;
    let key = KeyPair::generate()?;
    let server = CertificateParams::new(vec!["localhost".into()])?.signed_by(&key, &ca)?;
    Ok(Certificates {
        ca: ca.pem(),
        server: Identity::from_pem(server.pem(), key.serialize_pem()),
    })
}

#[tokio::test]
async fn an_own_ca_is_trusted_when_given_and_only_then() -> anyhow::Result<()> {
    let certificates = certificates()?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("https://localhost:{}", listener.local_addr()?.port());
    let server = Server::builder()
        .tls_config(ServerTlsConfig::new().identity(certificates.server))?
        .add_service(Fake::default().sessions())
        .serve_with_incoming(TcpListenerStream::new(listener));
    tokio::spawn(server);

    let client = Client::builder(&url)
        .ca_certificate(certificates.ca)
        .connect()
        .await?;
    let caller = client.sign_in(IdentityToken::oidc("identity")).await?;
    assert_eq!(caller.subject, "ann");

    let other = self::certificates()?;
    let error = Client::builder(&url)
        .ca_certificate(other.ca)
        .connect()
        .await;
    assert!(matches!(error, Err(Error::Connect(_))), "{error:?}");
    Ok(())
}
