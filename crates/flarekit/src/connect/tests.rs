use rustls::version::{TLS12, TLS13};
use rustls::{ALL_VERSIONS, SupportedProtocolVersion};

use super::testing::{Asks, LONG, SHORT, TestCa, TestServer, here, host, key, now};
use super::{ClientCredentials, Met, Tls, handshake, reach};
use crate::error::{Defect, Reason};
use crate::pki::{AltName, Certificate};
use crate::time::Timestamp;

const HOST: &str = "127.0.0.1";
/// Each version alone.
const VERSIONS: [&[&SupportedProtocolVersion]; 2] = [&[&TLS13], &[&TLS12]];

/// A server of our CA for its address, and a client that trusts it, each with something changed.
struct Scene {
    issuer: TestCa,
    names: Vec<AltName>,
    asks: Asks,
    versions: &'static [&'static SupportedProtocolVersion],
    host_counts: bool,
    client: Option<Certificate>,
    now: Timestamp,
}

impl Scene {
    fn new() -> Self {
        Self {
            issuer: TestCa::ours(),
            names: vec![here()],
            asks: Asks::Nobody,
            versions: ALL_VERSIONS,
            host_counts: true,
            client: Some(TestCa::ours().certificate("site", "client", &[here()])),
            now: now(),
        }
    }

    fn play(self) -> Result<Met, Defect> {
        let ca = TestCa::ours();
        let certificate = self.issuer.certificate("server", "server", &self.names);
        let server = TestServer::tls(&ca, &certificate, self.asks, self.versions, 1);
        let credentials = self.client.map(|certificate| ClientCredentials::new(certificate, key()));
        let host = host(HOST);
        let stream = reach(&host, server.port, LONG).unwrap();
        let met = handshake(
            stream,
            &Tls {
                host: &host,
                host_counts: self.host_counts,
                protocol: Some("h2"),
                root: &ca.root,
                credentials: credentials.as_ref(),
                now: self.now,
                timeout: LONG,
            },
        );
        server.end();
        met
    }

    #[track_caller]
    fn refused(self) -> Reason {
        self.play().unwrap_err().reason
    }
}

#[test]
fn a_server_of_the_kits_root_is_met() {
    for versions in VERSIONS {
        let met = Scene { versions, ..Scene::new() }.play().unwrap();
        assert!(!met.asked && !met.other_host);
        assert_eq!(met.certificate.unwrap().subject().common_name, "server");
    }
}

#[test]
fn the_kits_certificate_is_shown_to_a_server_that_asks() {
    for versions in VERSIONS {
        let scene = Scene { asks: Asks::Everybody, versions, ..Scene::new() };
        assert!(scene.play().unwrap().asked);
    }
}

#[test]
fn a_server_may_refuse_the_kit() {
    for versions in VERSIONS {
        let stranger = TestCa::other().certificate("site", "client", &[here()]);
        for client in [Some(stranger), None] {
            let scene = Scene { asks: Asks::Everybody, versions, client, ..Scene::new() };
            assert_eq!(scene.refused(), Reason::ServerRejectedCertificate);
        }
        let scene = Scene { asks: Asks::Anybody, versions, client: None, ..Scene::new() };
        assert!(scene.play().unwrap().asked);
    }
}

#[test]
fn a_certificate_for_another_host_is_told_apart() {
    let names = || vec![AltName::Dns("server.example".to_owned())];
    let refused = Scene { names: names(), ..Scene::new() }.play().unwrap_err();
    assert_eq!(refused.reason, Reason::ServerWrongHost);
    assert_eq!(
        refused.message,
        "the server's certificate is not for '127.0.0.1' but for DNS:server.example"
    );
    let met = Scene { names: names(), host_counts: false, ..Scene::new() }.play().unwrap();
    assert!(met.other_host);
}

#[test]
fn another_root_is_told_apart_whether_the_host_counts_or_not() {
    for host_counts in [true, false] {
        let scene = Scene { issuer: TestCa::other(), host_counts, ..Scene::new() };
        assert_eq!(scene.refused(), Reason::ServerOtherRoot);
        let names = vec![AltName::Dns("elsewhere".to_owned())];
        let scene = Scene { issuer: TestCa::other(), names, host_counts, ..Scene::new() };
        assert_eq!(scene.refused(), Reason::ServerOtherRoot);
    }
}

#[test]
fn the_time_that_was_handed_in_decides() {
    let late = now().plus_days(184).unwrap();
    let scene = Scene { now: late, ..Scene::new() };
    assert_eq!(scene.refused(), Reason::ServerCertificateExpired);
    let early = now().minus_seconds(200 * 24 * 60 * 60);
    let refused = Scene { now: early, ..Scene::new() }.play().unwrap_err();
    assert_eq!(refused.reason, Reason::ServerCertificateNotYetValid);
    assert!(refused.message.ends_with(&format!("it is {early} here")), "{refused}");
}

#[test]
fn what_does_not_speak_tls_is_told_apart() {
    let root = TestCa::ours().root;
    let host = host(HOST);
    for (says, waits, timeout, reason) in [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n".as_slice(), true, LONG, Reason::ServerNotTls),
        (b"", false, LONG, Reason::ServerNotTls),
        // A message with 64 KiB, as of a server whose certificate has too many names.
        (&[22, 3, 3, 0, 4, 11, 1, 0, 0], true, LONG, Reason::ServerHandshakeFailed),
        (b"", true, SHORT, Reason::ServerTimedOut),
    ] {
        let server = TestServer::plain(says, waits);
        let stream = reach(&host, server.port, LONG).unwrap();
        let tls = Tls {
            host: &host,
            host_counts: true,
            protocol: None,
            root: &root,
            credentials: None,
            now: now(),
            timeout,
        };
        let refused = handshake(stream, &tls).unwrap_err();
        assert_eq!(refused.reason, reason, "{refused}");
        server.end();
    }
}

#[test]
fn a_port_without_a_listener_refuses() {
    let refused = reach(&host(HOST), TestServer::nobody(), LONG).unwrap_err();
    assert_eq!(refused.reason, Reason::ServerRefused);
    assert!(refused.message.starts_with("127.0.0.1:"), "{refused}");
}

/// Each byte comes in time, and all of them would take ten times as long: then the server leaves.
#[test]
fn a_server_that_drips_gets_no_more_time() {
    const HELLO: &[u8] = &[22, 3, 3, 0, 100, 2, 0, 0, 96, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let root = TestCa::ours().root;
    let host = host(HOST);
    let server = TestServer::dripping(HELLO, SHORT / 2);
    let stream = reach(&host, server.port, LONG).unwrap();
    let tls = Tls {
        host: &host,
        host_counts: true,
        protocol: None,
        root: &root,
        credentials: None,
        now: now(),
        timeout: SHORT,
    };
    let refused = handshake(stream, &tls).unwrap_err();
    assert_eq!(refused.reason, Reason::ServerTimedOut, "{refused}");
    server.end();
}
