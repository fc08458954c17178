//! Names under which servers are reached: whose they are, and whether the profile's is one.

use rusqlite::named_params;

use super::clearance::{Case, shown_end, shown_serial};
use super::entry::Entry;
use super::kin::is_running;
use super::rows::{self, IS_CERTIFICATE, IS_WITHDRAWN};
use crate::approval::AdmittedRequest;
use crate::error::{Code, Error, Reason, Warning, WarningCode};
use crate::identity::{CertType, Kind};
use crate::pki::AltName;

impl Case<'_> {
    /// The valid certificates of servers, where they count: a server's own request is not compared
    /// with them.
    pub(super) fn servers(&self) -> Result<Vec<Entry>, Error> {
        if self.is_of_server() {
            return Ok(vec![]);
        }
        let condition = format!(
            "WHERE e.cert_type = 'server' AND {IS_CERTIFICATE} AND e.not_after >= :now \
             AND NOT {IS_WITHDRAWN}"
        );
        rows::entries(self.database, &condition, named_params! {":now": self.now()})
    }

    /// No client or user has a name under which a server is reached, and no server one that a
    /// client has a certificate for: the client could pose as the server.
    pub(super) fn refuse_server_names(
        &self,
        admitted: &AdmittedRequest,
        servers: &[Entry],
    ) -> Result<(), Error> {
        let identity = &self.request.identity;
        let reserved = |reason, what: String| Err(Error::because(Code::NameReserved, reason, what));
        if let Some(server) = reached_as(servers, identity.name.as_str()) {
            return reserved(
                Reason::ServerNameTaken,
                format!(
                    "a participant of type {} asks for the name '{}', under which the server \
                     '{}' is reached, as its certificate says ({})",
                    identity.cert_type,
                    identity.name,
                    server.record.name,
                    shown_serial(server)
                ),
            );
        }
        // Also one that was replaced or revoked.
        let could_pose = |entry: &&Entry| {
            is_running(entry, self.now) && entry.record.cert_type != CertType::Server
        };
        let held = |host: &str, holder: Option<&Entry>| {
            let Some(holder) = holder else { return Ok(()) };
            reserved(
                Reason::HostNameIssued,
                format!(
                    "the server would be reached as '{host}', but the {} '{}' has a certificate \
                     for that name ({}, valid until {}) and could pose as the server",
                    holder.record.cert_type,
                    holder.record.name,
                    shown_serial(holder),
                    shown_end(holder)
                ),
            )
        };
        let host = admitted.connection().server.host.as_str();
        held(host, self.kin.with_name(host).find(could_pose))?;
        if self.is_of_server() {
            for host in admitted.alt_names().iter().filter_map(dns_name) {
                let condition = format!("WHERE e.name = ?1 AND {IS_CERTIFICATE}");
                let holders = rows::entries(self.database, &condition, [host])?;
                held(host, holders.iter().find(could_pose))?;
            }
        }
        Ok(())
    }

    /// The warning that the profile's server has no certificate, and another one has: the kits would
    /// look for a server that is not there. By its name, because that is what they compare.
    pub(super) fn other_server(
        &self,
        admitted: &AdmittedRequest,
        servers: &[Entry],
    ) -> Option<Warning> {
        let host = admitted.connection().server.host.as_str();
        let is_host = |server: &Entry| server.record.name.eq_ignore_ascii_case(host);
        let last = servers.last().filter(|_| !servers.iter().any(is_host))?;
        Some(Warning::new(
            WarningCode::OtherServer,
            format!(
                "server.host in the profile is '{host}', and no server of that name has a valid \
                 certificate, but '{}' has ({}): is it the right profile?",
                last.record.name,
                shown_serial(last)
            ),
        ))
    }

    fn is_of_server(&self) -> bool {
        self.request.identity.cert_type.kind() == Kind::Server
    }
}

fn reached_as<'a>(servers: &'a [Entry], name: &str) -> Option<&'a Entry> {
    servers.iter().find(|server| {
        let names = server.record.alt_names.as_deref().unwrap_or_default();
        let hosts = names.split(", ").filter_map(|name| name.strip_prefix("DNS:"));
        hosts.chain([server.record.name.as_str()]).any(|host| host.eq_ignore_ascii_case(name))
    })
}

fn dns_name(name: &AltName) -> Option<&str> {
    match name {
        AltName::Dns(name) => Some(name),
        AltName::Ip(_) => None,
    }
}
