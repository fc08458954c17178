//! Servers in this process, with certificates of our own CA code, for the tests of what connects.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, LazyLock};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, SupportedProtocolVersion};

use super::tls::At;
use crate::names::{HostName, Port};
use crate::pki::{
    AltName, Certificate, DistinguishedName, LeafProfile, PrivateKey, PublicKey, Serial, Signer,
    Validity, issue_leaf, issue_root,
};
use crate::time::Timestamp;

/// How long a test waits for a step that should take no time at all.
pub const LONG: Duration = Duration::from_secs(30);
/// How long it waits for something that does not come.
pub const SHORT: Duration = Duration::from_millis(200);

/// A key read once, and one for a second CA.
static KEY: LazyLock<PrivateKey> = LazyLock::new(key);
static OTHER_KEY: LazyLock<PrivateKey> = LazyLock::new(|| PrivateKey::generate().unwrap());

/// 2026-11-23T07:00:00Z.
pub fn now() -> Timestamp {
    Timestamp::from_unix(1_795_417_200)
}

/// The key of every participant here.
pub fn key() -> PrivateKey {
    PrivateKey::from_pem(KEY_PEM, None).unwrap()
}

const KEY_PEM: &[u8] = include_bytes!("../../tests/vectors/valid/keys/rsa-2048.pkcs1.pem");

/// A CA, in which no file is involved.
pub struct TestCa {
    pub root: Certificate,
    key: &'static PrivateKey,
}

impl TestCa {
    /// The project's.
    pub fn ours() -> Self {
        Self::of(&KEY, "project")
    }

    /// Another one of the same name.
    pub fn other() -> Self {
        Self::of(&OTHER_KEY, "project")
    }

    fn of(key: &'static PrivateKey, name: &str) -> Self {
        let subject = name_of(name, None);
        let alt_name = AltName::Dns(name.to_owned());
        let serial = Serial::random().unwrap();
        let root = issue_root(key, &subject, &alt_name, validity(), serial).unwrap();
        Self { root, key }
    }

    /// A certificate for the key of all participants, valid for a year around [`now`].
    pub fn certificate(&self, name: &str, kind: &str, names: &[AltName]) -> Certificate {
        self.certify(name, kind, names, key().public_key())
    }

    fn certify(&self, cn: &str, kind: &str, names: &[AltName], key: &PublicKey) -> Certificate {
        let serial = Serial::random().unwrap();
        let subject = name_of(cn, Some(kind));
        let profile = LeafProfile::ClientServer;
        issue_leaf(&self.root, self.key, &subject, key, profile, names, validity(), serial).unwrap()
    }
}

fn name_of(cn: &str, kind: Option<&str>) -> DistinguishedName {
    DistinguishedName {
        common_name: cn.to_owned(),
        organization: kind.map(|_| "org".to_owned()),
        unstructured_name: kind.map(str::to_owned),
    }
}

fn validity() -> Validity {
    Validity {
        not_before: now().minus_seconds(182 * 24 * 60 * 60),
        not_after: now().plus_days(183).unwrap(),
    }
}

/// The address of every server here, as a certificate names it.
pub fn here() -> AltName {
    AltName::Ip("127.0.0.1".parse().unwrap())
}

pub fn host(text: &str) -> HostName {
    HostName::parse(text).unwrap()
}

/// Whom a server lets in.
#[derive(Clone, Copy, PartialEq)]
pub enum Asks {
    Nobody,
    /// Asks, and takes those who have none.
    Anybody,
    /// Demands a certificate of its root.
    Everybody,
}

/// A server that serves a number of connections and ends.
pub struct TestServer {
    pub port: Port,
    thread: JoinHandle<()>,
}

impl TestServer {
    /// Serves TLS with this certificate.
    pub fn tls(
        ca: &TestCa,
        certificate: &Certificate,
        asks: Asks,
        versions: &'static [&'static SupportedProtocolVersion],
        connections: usize,
    ) -> Self {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from(ca.root.der().to_vec())).unwrap();
        let builder = WebPkiClientVerifier::builder_with_provider(roots.into(), provider.clone());
        let builder = match asks {
            Asks::Anybody => builder.allow_unauthenticated(),
            _ => builder,
        };
        let verifier = match asks {
            Asks::Nobody => WebPkiClientVerifier::no_client_auth(),
            _ => builder.build().unwrap(),
        };
        let chain = vec![CertificateDer::from(certificate.der().to_vec())];
        let key = PrivateKeyDer::from_pem_slice(KEY_PEM).unwrap();
        let mut config = ServerConfig::builder_with_details(provider, Arc::new(At(now())))
            .with_protocol_versions(versions)
            .unwrap()
            .with_client_cert_verifier(verifier)
            .with_single_cert(chain, key)
            .unwrap();
        config.alpn_protocols = vec![b"h2".to_vec()];
        let config = Arc::new(config);
        Self::start(connections, move |mut stream| {
            let mut connection = ServerConnection::new(Arc::clone(&config)).unwrap();
            // It ends with an error where the client is to be refused.
            let _ = connection.complete_io(&mut stream);
            let _ = std::io::copy(&mut stream, &mut std::io::sink());
        })
    }

    /// Says this to whoever connects, and waits until they leave, or does not.
    pub fn plain(says: &'static [u8], waits: bool) -> Self {
        Self::start(1, move |mut stream| {
            let _ = stream.write_all(says);
            let mut hello = [0; 1];
            let _ = stream.read(&mut hello);
            if waits {
                let _ = std::io::copy(&mut stream, &mut std::io::sink());
            }
        })
    }

    /// Says this byte by byte, with a pause after each, as long as somebody listens.
    pub fn dripping(says: &'static [u8], pause: Duration) -> Self {
        Self::start(1, move |mut stream| {
            for byte in says.chunks(1) {
                if stream.write_all(byte).is_err() {
                    return;
                }
                thread::sleep(pause);
            }
        })
    }

    /// A port at which nothing listens: the system gives it to nobody.
    pub fn nobody() -> Port {
        Port::new(1).unwrap()
    }

    /// Waits for the end, so that no thread outlives its test.
    pub fn end(self) {
        self.thread.join().unwrap();
    }

    fn start(connections: usize, mut serve: impl FnMut(TcpStream) + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = Port::new(listener.local_addr().unwrap().port().into()).unwrap();
        let thread = thread::spawn(move || {
            for _ in 0..connections {
                let (stream, _) = listener.accept().unwrap();
                stream.set_read_timeout(Some(LONG)).unwrap();
                serve(stream);
            }
        });
        Self { port, thread }
    }
}
