//! Which certificates end soon, or have ended and nobody took notice.

use super::list::{Certificates, IssuedCertificate, Order, State};
use super::rows::IS_CERTIFICATE;
use super::view::LedgerView;
use crate::error::Error;
use crate::time::Timestamp;

impl LedgerView {
    /// Hands on the valid certificates that end until then, and before them those that have ended,
    /// however long ago, if their names got no other one since. Whatever became of that one, somebody
    /// knew.
    ///
    /// # Errors
    /// As [`certificates`](Self::certificates).
    pub fn ending(
        &self,
        until: Timestamp,
        now: Timestamp,
        each: &mut dyn FnMut(&IssuedCertificate),
    ) -> Result<(), Error> {
        let wanted = Certificates {
            states: vec![State::Valid, State::Expired],
            end: Some((Timestamp::from_unix(0), until)),
            order: Order::End,
            ..Certificates::default()
        };
        let mut outcome = Ok(());
        self.certificates(&wanted, now, &mut |certificate| {
            let over = match certificate.state {
                State::Expired => self.has_successor(certificate),
                _ => Ok(false),
            };
            match over {
                Ok(false) => each(certificate),
                Ok(true) => {}
                Err(error) => outcome = Err(error),
            }
        })?;
        outcome
    }

    fn has_successor(&self, certificate: &IssuedCertificate) -> Result<bool, Error> {
        let Some(database) = self.database() else { return Ok(false) };
        let sql = format!(
            "SELECT EXISTS (SELECT 1 FROM entries AS e WHERE e.name = ?1 AND e.number > ?2 AND \
             {IS_CERTIFICATE})"
        );
        let parameters = (&certificate.name, certificate.entry.cast_signed());
        database.run(|connection| {
            connection.prepare_cached(&sql)?.query_row(parameters, |row| row.get(0))
        })
    }
}
