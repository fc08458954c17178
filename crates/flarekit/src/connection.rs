//! How participants reach the server.

use std::fmt;

use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};

use crate::error::{Defect, Reason};
use crate::names::{HostName, Port, shown};

macro_rules! words {
    ($(#[$meta:meta])* $type:ident, $field:literal { $($(#[$doc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $type { $($(#[$doc])* $variant,)+ }

        impl $type {
            /// Every value.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// Parses the word, without regard to case and surrounding space, as the reference
            /// does.
            pub fn parse(text: &str) -> Result<Self, Defect> {
                let word = text.trim().to_ascii_lowercase();
                Self::ALL.iter().copied().find(|known| known.as_str() == word).ok_or_else(|| {
                    let known: Vec<_> = Self::ALL.iter().map(|value| value.as_str()).collect();
                    Defect::new(
                        Reason::FieldValue,
                        format!("{} {} is not one of {}", $field, shown(text), known.join(", ")),
                    )
                })
            }

            /// The word.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

words! {
    /// NVFlare's communication driver.
    Scheme, "scheme" {
        /// gRPC.
        Grpc = "grpc",
        /// Plain TCP framing.
        Tcp = "tcp",
        /// HTTP and WebSocket.
        Http = "http",
    }
}

words! {
    /// How a connection is secured, from nothing to certificates on both sides.
    ConnectionSecurity, "connection_security" {
        /// Not encrypted.
        Clear = "clear",
        /// The server shows its certificate.
        Tls = "tls",
        /// Both sides show their certificates.
        Mtls = "mtls",
    }
}

impl ConnectionSecurity {
    /// What keeps a peer configured with `self` from connecting to a server configured with
    /// `server`, if anything: both sides must agree on TLS, and an `mtls` server demands a
    /// certificate that only an `mtls` peer presents.
    #[must_use]
    pub fn obstacle_at(self, server: Self) -> Option<&'static str> {
        match (self, server) {
            (Self::Clear, Self::Tls | Self::Mtls) => Some("they do not encrypt, the server does"),
            (Self::Tls | Self::Mtls, Self::Clear) => Some("they encrypt, the server does not"),
            (Self::Tls, Self::Mtls) => Some("they present no certificate, the server demands one"),
            _ => None,
        }
    }
}

/// Where the server listens, as the Project Admin approved it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// The host that participants connect to.
    pub host: HostName,
    /// The port for federated learning.
    pub fed_learn_port: Port,
    /// The port for users' consoles; it may be the same.
    pub admin_port: Port,
}

/// The endpoint as the artifacts write it.
impl Serialize for Endpoint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(3))?;
        map.serialize_entry("host", self.host.as_str())?;
        map.serialize_entry("fed_learn_port", &self.fed_learn_port.get())?;
        map.serialize_entry("admin_port", &self.admin_port.get())?;
        map.end()
    }
}

/// The connection parameters that every signed zip of a federation carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    /// The driver.
    pub scheme: Scheme,
    /// The default for every participant.
    pub security: ConnectionSecurity,
    /// The server's endpoint.
    pub server: Endpoint,
}

impl Connection {
    /// The server's endpoint for federated learning: `scheme://host:port`.
    #[must_use]
    pub fn endpoint_url(&self) -> String {
        format!("{}://{}:{}", self.scheme, self.server.host, self.server.fed_learn_port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_trimmed_and_folded() {
        assert_eq!(Scheme::parse(" GRPC ").unwrap(), Scheme::Grpc);
        assert_eq!(ConnectionSecurity::parse("mTLS").unwrap(), ConnectionSecurity::Mtls);
        let defect = Scheme::parse("uds").unwrap_err();
        assert_eq!(defect.message, "scheme 'uds' is not one of grpc, tcp, http");
    }

    #[test]
    fn a_server_can_ask_for_more_than_its_peers_give() {
        use ConnectionSecurity::{Clear, Mtls, Tls};
        for (peer, server, connects) in [
            (Tls, Mtls, false),
            (Clear, Tls, false),
            (Tls, Clear, false),
            (Mtls, Tls, true),
            (Tls, Tls, true),
            (Clear, Clear, true),
        ] {
            assert_eq!(peer.obstacle_at(server).is_none(), connects, "{peer} to {server}");
        }
    }
}
