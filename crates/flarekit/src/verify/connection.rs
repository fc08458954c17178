//! Whether the kit's participant would be let in by the server that it is configured for.

use std::time::Duration;

use super::Checks;
use super::kit::Dial;
use crate::connect::{self, ClientCredentials, Met, Tls};
use crate::connection::ConnectionSecurity;
use crate::error::{Defect, Reason};
use crate::names::{HostName, common_name, shown};
use crate::time::Timestamp;

/// The first of these checks: whether somebody listens.
pub(super) const REACH: &str = "reach";

/// Connects as the kit would, and shows the kit's certificate if the server asks for it.
///
/// Under `clear` there is nothing to see but that somebody listens.
pub(super) fn check_connection(dial: Dial, timeout: Duration, now: Timestamp) -> Checks {
    let mut checks = Checks::default();
    let Dial { driver, host, port, security, server_identity, root, certificate, key } = dial;
    let stream = match connect::reach(&host, port, timeout) {
        Err(defect) => {
            checks.failed(REACH, defect);
            checks.skipped("tls", "no connection, no handshake");
            return checks;
        }
        Ok(stream) => stream,
    };
    checks.ok(REACH, format!("{host}:{port} accepts connections"));
    if security == ConnectionSecurity::Clear {
        checks.skipped(
            "tls",
            "connection_security is 'clear': nothing is encrypted, and nobody shows a certificate",
        );
        return checks;
    }
    let credentials = ClientCredentials::new(certificate, key);
    let is_grpc = driver.trim_start_matches('a') == "grpc";
    let tls = Tls {
        host: &host,
        host_counts: is_grpc,
        protocol: is_grpc.then_some("h2"),
        root: &root,
        credentials: Some(&credentials),
        now,
        timeout,
    };
    let met = match connect::handshake(stream, &tls) {
        Err(defect) => {
            checks.failed("tls", defect);
            return checks;
        }
        Ok(met) => met,
    };
    checks.ok("tls", "the server has a valid certificate of the kit's root");
    check_server(&mut checks, &met, &host, server_identity.as_deref());
    let without = || {
        connect::reach(&host, port, timeout)
            .and_then(|stream| connect::handshake(stream, &Tls { credentials: None, ..tls }))
            .map(drop)
    };
    check_client_certificate(&mut checks, security, met.asked, without);
    checks
}

/// The certificate is of the server that the kit names.
fn check_server(checks: &mut Checks, met: &Met, host: &HostName, identity: Option<&str>) {
    const NAME: &str = "server";
    if met.other_host {
        checks.warning(
            NAME,
            format!(
                "the server's certificate is not for '{host}'; with this scheme NVFlare does not \
                 mind, but a proxy or another server may be answering"
            ),
        );
    }
    let expected = identity.unwrap_or_else(|| common_name(host.as_str()));
    match &met.certificate {
        Some(certificate) if certificate.subject().common_name == expected => {
            checks.ok(NAME, format!("its certificate is that of '{expected}'"));
        }
        Some(certificate) => checks.failed(
            NAME,
            Defect::new(
                Reason::ServerIdentity,
                format!(
                    "its certificate is that of {}, but the kit is for the server '{expected}'",
                    shown(&certificate.subject().common_name)
                ),
            ),
        ),
        None => checks.skipped(NAME, "its certificate is not of a form that flarekit reads"),
    }
}

/// Under `tls` the runtime shows no certificate. A server that asks for one may or may not insist,
/// and only a handshake without one tells.
fn check_client_certificate(
    checks: &mut Checks,
    security: ConnectionSecurity,
    asked: bool,
    without: impl FnOnce() -> Result<(), Defect>,
) {
    const NAME: &str = "client certificate";
    match (security, asked) {
        (ConnectionSecurity::Mtls, true) => {
            checks.ok(NAME, "the server asked for the kit's certificate, and did not object to it");
        }
        (ConnectionSecurity::Mtls, false) => checks.warning(
            NAME,
            "the server asks for none, although the kit's connection_security is 'mtls': it lets \
             in who has no certificate",
        ),
        (_, false) => checks.ok(NAME, "the server asks for none"),
        (_, true) => match without() {
            Ok(()) => checks.ok(NAME, "the server asks for one and does not insist"),
            Err(defect) => {
                let what = "the kit's connection_security is 'tls', under which NVFlare shows no \
                            certificate";
                checks.failed(NAME, defect.within(what));
            }
        },
    }
}

#[cfg(test)]
mod tests {
    use rustls::ALL_VERSIONS;

    use super::super::kit::Dial;
    use super::super::{Checks, Outcome};
    use super::check_connection;
    use crate::connect::testing::{Asks, LONG, TestCa, TestServer, here, host, key, now};
    use crate::connection::ConnectionSecurity::{self, Clear, Mtls, Tls};
    use crate::error::Reason;
    use crate::names::Port;

    /// What a kit of our CA finds at this port.
    fn found(driver: &str, security: ConnectionSecurity, identity: &str, port: Port) -> Checks {
        let ca = TestCa::ours();
        let certificate = ca.certificate("site", "client", &[here()]);
        let dial = Dial {
            driver: driver.to_owned(),
            host: host("127.0.0.1"),
            port,
            security,
            server_identity: Some(identity.to_owned()),
            root: ca.root,
            certificate,
            key: key(),
        };
        check_connection(dial, LONG, now())
    }

    fn server(asks: Asks, connections: usize) -> TestServer {
        let ca = TestCa::ours();
        let certificate = ca.certificate("server", "server", &[here()]);
        TestServer::tls(&ca, &certificate, asks, ALL_VERSIONS, connections)
    }

    #[track_caller]
    fn outcomes(checks: &Checks) -> Vec<(&str, Outcome, Option<Reason>)> {
        checks.all().iter().map(|check| (check.name, check.outcome, check.reason)).collect()
    }

    #[test]
    fn a_server_that_fits_passes_every_check() {
        for (driver, security, asks) in
            [("grpc", Tls, Asks::Nobody), ("agrpc", Mtls, Asks::Everybody)]
        {
            let server = server(asks, 1);
            let checks = found(driver, security, "server", server.port);
            let names = ["reach", "tls", "server", "client certificate"];
            assert_eq!(outcomes(&checks), names.map(|name| (name, Outcome::Ok, None)));
            server.end();
        }
    }

    #[test]
    fn a_tls_kit_shows_no_certificate_and_a_server_may_insist() {
        let insists = server(Asks::Everybody, 2);
        let checks = found("grpc", Tls, "server", insists.port);
        let last = checks.all().last().unwrap();
        assert_eq!(last.outcome, Outcome::Failed, "{last:?}");
        assert_eq!(last.reason, Some(Reason::ServerRejectedCertificate));
        insists.end();

        let only_asks = server(Asks::Anybody, 2);
        let checks = found("grpc", Tls, "server", only_asks.port);
        assert_eq!(checks.all().last().unwrap().outcome, Outcome::Ok, "{checks:?}");
        only_asks.end();
    }

    #[test]
    fn a_server_that_asks_an_mtls_kit_for_nothing_is_worth_a_warning() {
        let server = server(Asks::Nobody, 1);
        let checks = found("grpc", Mtls, "server", server.port);
        let last = checks.all().last().unwrap();
        assert_eq!((last.name, last.outcome), ("client certificate", Outcome::Warning));
        server.end();
    }

    #[test]
    fn another_participant_is_not_the_server() {
        let server = server(Asks::Nobody, 1);
        let checks = found("grpc", Tls, "another", server.port);
        let wrong = ("server", Outcome::Failed, Some(Reason::ServerIdentity));
        assert!(outcomes(&checks).contains(&wrong), "{checks:?}");
        server.end();
    }

    #[test]
    fn the_host_counts_for_grpc_only() {
        let ca = TestCa::ours();
        let names = [crate::pki::AltName::Dns("elsewhere.example".to_owned())];
        let certificate = ca.certificate("server", "server", &names);
        for (driver, check) in [
            ("grpc", ("tls", Outcome::Failed, Some(Reason::ServerWrongHost))),
            ("tcp", ("server", Outcome::Warning, None)),
        ] {
            let server = TestServer::tls(&ca, &certificate, Asks::Nobody, ALL_VERSIONS, 1);
            let checks = found(driver, Tls, "server", server.port);
            assert!(outcomes(&checks).contains(&check), "{checks:?}");
            server.end();
        }
    }

    #[test]
    fn without_encryption_only_the_port_is_looked_at() {
        let server = TestServer::plain(b"", false);
        let checks = found("grpc", Clear, "server", server.port);
        let expected = [("reach", Outcome::Ok, None), ("tls", Outcome::Skipped, None)];
        assert_eq!(outcomes(&checks), expected);
        server.end();
        let checks = found("grpc", Clear, "server", TestServer::nobody());
        assert_eq!(checks.all()[0].reason, Some(Reason::ServerRefused));
    }
}
