//! Names under which servers are reached: whose they are, and whether the profile's is one.

use rusqlite::named_params;

use super::clearance::{Case, shown_end, shown_serial};
use super::entry::Entry;
use super::rows::{self, IS_CERTIFICATE};
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
        // Said in so many words, because SQLite would rather look at every entry, in order.
        let condition = "e.number IN (SELECT s.number FROM entries AS s INDEXED BY \
                         entries_of_servers WHERE s.cert_type = 'server' AND s.not_after >= :now)";
        self.valid(condition, named_params! {":now": self.now()})
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
        let mut hosts = vec![admitted.connection().server.host.to_string()];
        if self.is_of_server() {
            hosts.extend(admitted.alt_names().iter().filter_map(dns_name));
        }
        for host in hosts {
            let holders = self.running_with_name(&host)?;
            let Some(holder) =
                holders.iter().find(|entry| entry.record.cert_type != CertType::Server)
            else {
                continue;
            };
            return reserved(
                Reason::HostNameIssued,
                format!(
                    "the server would be reached as '{host}', but the {} '{}' has a certificate \
                     for that name ({}, valid until {}) and could pose as the server",
                    holder.record.cert_type,
                    holder.record.name,
                    shown_serial(holder),
                    shown_end(holder)
                ),
            );
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

    /// Certificates for a name that have not ended, also those that were replaced or revoked.
    fn running_with_name(&self, name: &str) -> Result<Vec<Entry>, Error> {
        let condition =
            format!("WHERE e.name = :name AND {IS_CERTIFICATE} AND e.not_after >= :now");
        let parameters = named_params! {":now": self.now(), ":name": name};
        rows::entries(self.database, &condition, parameters)
    }
}

fn reached_as<'a>(servers: &'a [Entry], name: &str) -> Option<&'a Entry> {
    servers.iter().find(|server| {
        let names = server.record.alt_names.as_deref().unwrap_or_default();
        let hosts = names.split(", ").filter_map(|name| name.strip_prefix("DNS:"));
        hosts.chain([server.record.name.as_str()]).any(|host| host.eq_ignore_ascii_case(name))
    })
}

fn dns_name(name: &AltName) -> Option<String> {
    match name {
        AltName::Dns(name) => Some(name.clone()),
        AltName::Ip(_) => None,
    }
}
