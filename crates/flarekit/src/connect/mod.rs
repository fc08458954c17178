//! The only door to the network: a connection to a server, made to see how far it gets.
//!
//! Nothing is sent but a TLS handshake, and what it shows is told. TLS itself is the work of the
//! `rustls` crate; here stand the trust that it is given and the words for what it finds.

mod client_key;
mod judge;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod tls;

pub use client_key::ClientCredentials;
pub use tls::{Met, Tls, handshake};

use std::io;
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

use crate::error::{Defect, Reason};
use crate::names::{HostName, Port};

/// Opens a connection. Every address of the host is tried, each for so long.
///
/// # Errors
/// [`Reason::ServerNotResolved`], [`Reason::ServerRefused`], [`Reason::ServerTimedOut`],
/// [`Reason::ServerUnreachable`].
#[expect(clippy::disallowed_methods, reason = "this room is the door to the network")]
pub fn reach(host: &HostName, port: Port, timeout: Duration) -> Result<TcpStream, Defect> {
    let unresolved = |why: String| {
        Defect::new(Reason::ServerNotResolved, format!("the name '{host}' leads nowhere{why}"))
    };
    let addresses = (host.as_str(), port.get())
        .to_socket_addrs()
        .map_err(|error| unresolved(format!(": {error}")))?;
    let mut failure = unresolved(String::new());
    for address in addresses {
        match TcpStream::connect_timeout(&address, timeout) {
            Ok(stream) => return Ok(stream),
            Err(error) => failure = unreached(&error, &format!("{host}:{port} ({address})")),
        }
    }
    Err(failure)
}

fn unreached(error: &io::Error, place: &str) -> Defect {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => Defect::new(
            Reason::ServerRefused,
            format!("{place} refuses connections: nothing listens at this port"),
        ),
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => {
            Defect::new(Reason::ServerTimedOut, format!("{place} did not answer in time"))
        }
        _ => Defect::new(Reason::ServerUnreachable, format!("{place} was not reached: {error}")),
    }
}
