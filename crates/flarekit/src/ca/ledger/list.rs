//! Which certificates there are, and how they stand.

use rusqlite::{Row, ToSql};

use super::rows::{self, IS_CERTIFICATE, time};
use super::view::LedgerView;
use crate::error::Error;
use crate::identity::{CertType, Kind};
use crate::time::Timestamp;

/// How a certificate stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// In use.
    Valid,
    /// Ended.
    Expired,
    /// Another was issued in its place.
    Replaced,
    /// Withdrawn.
    Revoked,
}

impl State {
    /// Every state.
    pub const ALL: &[Self] = &[Self::Valid, Self::Expired, Self::Replaced, Self::Revoked];

    /// The name of the state.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Expired => "expired",
            Self::Replaced => "replaced",
            Self::Revoked => "revoked",
        }
    }
}

/// The order of a list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Order {
    /// By name, and by end where names are equal.
    #[default]
    Name,
    /// By end, and by name where ends are equal.
    End,
}

impl Order {
    /// The name of the order.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::End => "end",
        }
    }
}

/// Which certificates are wanted.
#[derive(Debug, Clone, Default)]
pub struct Certificates {
    /// In one of these states; of any, where none is named.
    pub states: Vec<State>,
    /// Of this kind of participant.
    pub kind: Option<Kind>,
    /// Of this organisation.
    pub org: Option<String>,
    /// Ending between these two, inclusively.
    pub end: Option<(Timestamp, Timestamp)>,
    /// In this order.
    pub order: Order,
}

impl Certificates {
    /// A condition that follows from the others, and that an index answers: what is wanted are few
    /// of many then.
    fn narrower(&self) -> Option<&'static str> {
        match (self.states.as_slice(), self.kind) {
            (_, Some(Kind::Server)) => Some(" AND e.cert_type = 'server'"),
            (_, Some(Kind::User)) => Some(" AND e.cert_type NOT IN ('client', 'server')"),
            ([State::Revoked], _) => Some(
                " AND e.number IN (SELECT x.refers FROM entries AS x INDEXED BY \
                 entries_by_reference WHERE x.refers IS NOT NULL AND x.kind = 'revocation')",
            ),
            ([State::Replaced], _) => Some(
                " AND e.number IN (SELECT x.refers FROM entries AS x INDEXED BY \
                 entries_by_reference WHERE x.refers IS NOT NULL AND x.kind = 'supersession')",
            ),
            ([State::Expired], _) => Some(" AND e.not_after < ?1"),
            _ => None,
        }
    }
}

/// A certificate in the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuedCertificate {
    /// The number of its entry.
    pub entry: u64,
    /// Whose it is.
    pub name: String,
    /// Of which organisation.
    pub org: String,
    /// What its holder may be.
    pub cert_type: CertType,
    /// How it stands.
    pub state: State,
    /// Its serial number.
    pub serial: String,
    /// Its first second, where the ledger knows it.
    pub not_before: Option<Timestamp>,
    /// Its last second.
    pub not_after: Timestamp,
    /// The names in it, where the ledger knows them.
    pub alt_names: Option<String>,
    /// The request that it was issued for.
    pub request_id: Option<String>,
}

const COLUMNS: &str = "
SELECT e.number, e.name, e.org, e.cert_type, e.serial, e.not_before, e.not_after, e.alt_names,
       e.request_id,
       CASE WHEN EXISTS (SELECT 1 FROM entries AS x
                         WHERE x.refers = e.number AND x.kind = 'revocation') THEN 'revoked'
            WHEN EXISTS (SELECT 1 FROM entries AS x
                         WHERE x.refers = e.number AND x.kind = 'supersession') THEN 'replaced'
            WHEN e.not_after < ?1 THEN 'expired'
            ELSE 'valid' END AS state
FROM entries AS e WHERE ";

impl LedgerView {
    /// Hands on the certificates that are wanted, as they stand now, one after the other: there may
    /// be very many. Without a ledger there are none.
    ///
    /// # Errors
    /// If the ledger cannot be read; some may have been handed on by then.
    pub fn certificates(
        &self,
        wanted: &Certificates,
        now: Timestamp,
        each: &mut dyn FnMut(&IssuedCertificate),
    ) -> Result<(), Error> {
        let Some(database) = self.database() else { return Ok(()) };
        let seconds = |time: Timestamp| time.to_unix().cast_signed();
        let mut sql = format!("{COLUMNS}{IS_CERTIFICATE}");
        let mut parameters: Vec<Box<dyn ToSql>> = vec![Box::new(seconds(now))];
        let mut add = |column: &str, condition: &str, parameter: Box<dyn ToSql>| {
            parameters.push(parameter);
            sql.push_str(&format!(" AND {column} {condition} ?{}", parameters.len()));
        };
        if let Some(org) = &wanted.org {
            add("e.org", "=", Box::new(org.clone()));
        }
        if let Some((from, to)) = wanted.end {
            add("e.not_after", ">=", Box::new(seconds(from)));
            add("e.not_after", "<=", Box::new(seconds(to)));
        }
        let types = CertType::ALL.iter().map(|of| (of.as_str(), of.kind()));
        let others = types.filter(|(_, kind)| wanted.kind.is_some_and(|wanted| wanted != *kind));
        for (cert_type, _) in others {
            add("e.cert_type", "<>", Box::new(cert_type));
        }
        let narrower = wanted.narrower();
        let others = State::ALL.iter().filter(|state| !wanted.states.contains(state));
        for state in others.filter(|_| !wanted.states.is_empty()) {
            add("state", "<>", Box::new(state.as_str()));
        }
        sql.push_str(narrower.unwrap_or_default());
        sql.push_str(match (wanted.order, narrower) {
            (Order::Name, None) => " ORDER BY e.name, e.not_after, e.number",
            // Few are sorted faster than all are gone through in order: the sign keeps SQLite from
            // the index.
            (Order::Name, Some(_)) => " ORDER BY +e.name, e.not_after, e.number",
            (Order::End, _) => " ORDER BY e.not_after, e.name, e.number",
        });

        let mut statement = database.run(|connection| connection.prepare(&sql))?;
        let parameters = rusqlite::params_from_iter(parameters.iter());
        let mut rows = database.run(|_| statement.query(parameters))?;
        while let Some(row) = database.run(|_| rows.next())? {
            let number = database.run(|_| row.get::<_, i64>(0))?.cast_unsigned();
            each(&read(row, number).map_err(|_| rows::changed(database, number))?);
        }
        Ok(())
    }
}

fn read(row: &Row<'_>, entry: u64) -> rusqlite::Result<IssuedCertificate> {
    let state = row.get_ref(9)?.as_str()?;
    Ok(IssuedCertificate {
        entry,
        name: row.get(1)?,
        org: row.get(2)?,
        cert_type: row.get(3)?,
        serial: row.get(4)?,
        not_before: row.get::<_, Option<i64>>(5)?.map(|_| time(row, 5)).transpose()?,
        not_after: time(row, 6)?,
        alt_names: row.get(7)?,
        request_id: row.get(8)?,
        state: State::ALL
            .iter()
            .copied()
            .find(|known| known.as_str() == state)
            .unwrap_or(State::Expired),
    })
}
