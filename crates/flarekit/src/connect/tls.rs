//! The handshake, and what its failure means.

use std::io;
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::client::ClientConnection;
use rustls::pki_types::{ServerName, UnixTime};
use rustls::time_provider::TimeProvider;
use rustls::{CertificateError, ClientConfig, Error, InvalidMessage, ProtocolVersion};

use super::client_key::{ClientCredentials, Presenter};
use super::judge::{Judge, Seen};
use crate::error::{Defect, Reason};
use crate::names::HostName;
use crate::pki::{AltName, Certificate};
use crate::time::Timestamp;

/// A handshake takes a handful of reads; a server that sends single bytes is not waited for.
const READS: usize = 64;
/// How long a server gets to object to the client's certificate. In TLS 1.3 the client is done
/// before the server has looked at it (RFC 8446 section 4.4.2.4).
const OBJECTION: Duration = Duration::from_secs(2);

/// What the handshake needs to know.
#[derive(Debug, Clone, Copy)]
pub struct Tls<'a> {
    /// The host that the server must be certified for.
    pub host: &'a HostName,
    /// Whether a certificate for another host is refused. The runtime's grpc does so, its tcp and
    /// http do not.
    pub host_counts: bool,
    /// The protocol inside TLS, offered by ALPN: "h2" for grpc.
    pub protocol: Option<&'static str>,
    /// The only root that is trusted.
    pub root: &'a Certificate,
    /// What is shown to a server that asks; nothing, if the participant shows nothing.
    pub credentials: Option<&'a ClientCredentials>,
    /// The time by which certificates are judged.
    pub now: Timestamp,
    /// How long the handshake may take.
    pub timeout: Duration,
}

/// A server that was met: the handshake is complete.
#[derive(Debug)]
pub struct Met {
    /// The server's certificate.
    pub certificate: Option<Certificate>,
    /// Whether that is for another host, where this does not count.
    pub other_host: bool,
    /// Whether the server asked for the client's certificate.
    pub asked: bool,
}

/// The time that was handed in, for `rustls`.
#[derive(Debug)]
pub(super) struct At(pub Timestamp);

impl TimeProvider for At {
    fn current_time(&self) -> Option<UnixTime> {
        Some(UnixTime::since_unix_epoch(Duration::from_secs(self.0.to_unix())))
    }
}

/// Makes a TLS handshake over the connection, and closes it.
///
/// # Errors
/// One of the `Server…` reasons.
pub fn handshake(mut stream: TcpStream, tls: &Tls<'_>) -> Result<Met, Defect> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let judge = Arc::new(Judge::new(tls.root, tls.host_counts, Arc::clone(&provider))?);
    let presenter = Arc::new(Presenter::new(tls.credentials));
    let broken = |error: Error| Defect::new(Reason::CryptoFailed, error.to_string());
    let mut config = ClientConfig::builder_with_details(provider, Arc::new(At(tls.now)))
        .with_safe_default_protocol_versions()
        .map_err(broken)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::clone(&judge) as _)
        .with_client_cert_resolver(Arc::clone(&presenter) as _);
    config.alpn_protocols =
        tls.protocol.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
    let name = ServerName::try_from(tls.host.as_str().to_owned()).map_err(|error| {
        Defect::new(Reason::HostName, format!("'{}' cannot be asked for: {error}", tls.host))
    })?;
    let mut connection = ClientConnection::new(Arc::new(config), name).map_err(broken)?;

    let mut greet = || -> Result<(), Stop> {
        run(&mut connection, &mut stream, tls.timeout)?;
        let may_object = connection.protocol_version() == Some(ProtocolVersion::TLSv1_3);
        if presenter.was_asked() && may_object {
            set_timeout(&stream, tls.timeout.min(OBJECTION))?;
            listen(&mut connection, &mut stream)?;
        }
        connection.send_close_notify();
        // The server may have gone already.
        let _ = connection.write_tls(&mut stream);
        Ok(())
    };
    let outcome = greet();
    let seen = judge.seen();
    match outcome {
        Ok(()) => Ok(Met {
            certificate: seen.certificate,
            other_host: seen.other_host,
            asked: presenter.was_asked(),
        }),
        Err(stop) => Err(explain(&stop, &seen, presenter.was_asked(), tls)),
    }
}

/// Why a handshake ended.
#[derive(Debug)]
enum Stop {
    Tls(Error),
    Io(io::Error),
    Closed,
    Endless,
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

fn set_timeout(stream: &TcpStream, timeout: Duration) -> io::Result<()> {
    stream.set_read_timeout(Some(timeout))?;
    stream.set_write_timeout(Some(timeout))
}

/// Writes and reads until both sides have what they need, or the time is up: a server that sends a
/// little now and then gets no more of it.
#[expect(clippy::disallowed_methods, reason = "how long it takes, not what the time is")]
fn run(
    connection: &mut ClientConnection,
    stream: &mut TcpStream,
    timeout: Duration,
) -> Result<(), Stop> {
    let begun = Instant::now();
    let hurry = |stream: &TcpStream| {
        let left = timeout.saturating_sub(begun.elapsed());
        if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { set_timeout(stream, left) }
    };
    for _ in 0..READS {
        while connection.wants_write() {
            hurry(stream)?;
            connection.write_tls(stream)?;
        }
        if !connection.is_handshaking() {
            return Ok(());
        }
        hurry(stream)?;
        if connection.read_tls(stream)? == 0 {
            return Err(Stop::Closed);
        }
        if let Err(error) = connection.process_new_packets() {
            // Tells the server why; that it listens is not needed.
            let _ = connection.write_tls(stream);
            return Err(Stop::Tls(error));
        }
    }
    Err(Stop::Endless)
}

/// Waits for an objection to the client's certificate. Whoever says nothing, or goes on, has none.
fn listen(connection: &mut ClientConnection, stream: &mut TcpStream) -> Result<(), Stop> {
    match connection.read_tls(stream) {
        Ok(0) => Err(Stop::Closed),
        Ok(_) => connection.process_new_packets().map(drop).map_err(Stop::Tls),
        Err(error) if is_timeout(&error) => Ok(()),
        Err(error) => Err(Stop::Io(error)),
    }
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock)
}

fn explain(stop: &Stop, seen: &Seen, asked: bool, tls: &Tls<'_>) -> Defect {
    let (reason, message) = match stop {
        Stop::Tls(Error::InvalidCertificate(error)) => return refused_server(error, seen, tls),
        // Once asked, what the server objects to is the client's certificate, or that there is none.
        Stop::Tls(Error::AlertReceived(alert)) if asked => (
            Reason::ServerRejectedCertificate,
            match tls.credentials {
                Some(_) => format!("the server does not accept the kit's certificate ({alert:?})"),
                None => format!("the server demands a certificate ({alert:?})"),
            },
        ),
        Stop::Tls(Error::AlertReceived(alert)) => (
            Reason::ServerHandshakeFailed,
            format!("the server broke off the handshake ({alert:?})"),
        ),
        Stop::Tls(Error::InvalidMessage(
            InvalidMessage::HandshakePayloadTooLarge | InvalidMessage::CertificatePayloadTooLarge,
        )) => (
            Reason::ServerHandshakeFailed,
            "the server's part of the handshake is too large; perhaps its certificate has too many \
             names"
                .to_owned(),
        ),
        Stop::Tls(Error::InvalidMessage(_)) => {
            (Reason::ServerNotTls, "what answers there does not speak TLS".to_owned())
        }
        Stop::Tls(error) => {
            (Reason::ServerHandshakeFailed, format!("the handshake failed: {error}"))
        }
        Stop::Io(error) if is_timeout(error) => (
            Reason::ServerTimedOut,
            "the server accepted the connection and did not answer the handshake in time; perhaps \
             it does not speak TLS"
                .to_owned(),
        ),
        Stop::Closed | Stop::Io(_) if asked => (
            Reason::ServerRejectedCertificate,
            "the server closed the connection when it had asked for a certificate".to_owned(),
        ),
        Stop::Closed | Stop::Io(_) if !seen.presented => (
            Reason::ServerNotTls,
            "the server closed the connection instead of answering; perhaps it does not speak TLS"
                .to_owned(),
        ),
        Stop::Closed => {
            (Reason::ServerHandshakeFailed, "the server closed the connection".to_owned())
        }
        Stop::Io(error) => {
            (Reason::ServerHandshakeFailed, format!("the connection broke: {error}"))
        }
        Stop::Endless => {
            (Reason::ServerHandshakeFailed, "the handshake did not come to an end".to_owned())
        }
    };
    Defect::new(reason, message)
}

/// What is wrong with the server's certificate.
fn refused_server(error: &CertificateError, seen: &Seen, tls: &Tls<'_>) -> Defect {
    use CertificateError as E;
    let now = tls.now;
    let bound = |date: fn(&Certificate) -> Timestamp| {
        seen.certificate.as_ref().map_or_else(String::new, |found| format!(" {}", date(found)))
    };
    let (reason, message) = match error {
        E::NotValidForName | E::NotValidForNameContext { .. } => {
            let names = seen.certificate.as_ref().map_or(&[][..], Certificate::alt_names);
            let names: Vec<String> = names.iter().map(AltName::listed).collect();
            let message = format!(
                "the server's certificate is not for '{}' but for {}",
                tls.host,
                names.join(", ")
            );
            (Reason::ServerWrongHost, message)
        }
        E::UnknownIssuer | E::BadSignature => {
            let message = "the server's certificate was issued by another root than the kit's";
            (Reason::ServerOtherRoot, message.to_owned())
        }
        E::Expired | E::ExpiredContext { .. } => {
            let until = bound(Certificate::not_after);
            let message = format!(
                "the server's certificate, or its root's, was valid until{until}; it is {now} here"
            );
            (Reason::ServerCertificateExpired, message)
        }
        E::NotValidYet | E::NotValidYetContext { .. } => {
            let from = bound(Certificate::not_before);
            let message =
                format!("the server's certificate is valid only from{from}; it is {now} here");
            (Reason::ServerCertificateNotYetValid, message)
        }
        other => {
            let message = format!("the server's certificate cannot be used: {other}");
            (Reason::ServerHandshakeFailed, message)
        }
    };
    Defect::new(reason, message)
}
