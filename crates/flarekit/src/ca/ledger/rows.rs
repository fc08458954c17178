//! Entries as rows.

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ValueRef};
use rusqlite::{Connection, OptionalExtension, Params, Row, named_params};

use super::database::Database;
use super::entry::{Documents, Entry, EntryKind, Record};
use super::kin::is_of_id;
use crate::approval::VerifiedRequest;
use crate::digest::Digest;
use crate::error::{Code, Error, Reason};
use crate::fingerprint::Fingerprint;
use crate::identity::CertType;
use crate::names::RequestId;
use crate::time::Timestamp;

/// Selects whole entries; conditions follow. `e` is the entry.
const ENTRIES: &str = "
SELECT e.number, e.previous, e.hash, e.kind, e.at, e.root, e.name, e.org, e.cert_type,
       e.request_id, e.request_zip, e.request_json, e.csr, e.public_key, e.serial, e.not_before,
       e.not_after, e.alt_names, e.refers, e.successor, e.reason,
       d.certificate, d.signed_json, d.signature
FROM entries AS e LEFT JOIN documents AS d ON d.entry = e.number ";

/// Whether the entry `e` is of a certificate. `import` is one that another program issued.
pub(super) const IS_CERTIFICATE: &str = "e.kind IN ('approval', 'renewal', 'import')";

/// Whether another entry says of the certificate `e` that it was replaced or revoked.
pub(super) const IS_WITHDRAWN: &str = "EXISTS (SELECT 1 FROM entries AS x WHERE x.refers = \
                                       e.number AND x.kind IN ('revocation', 'supersession'))";

/// An entry as it was found, with the hash that was found beside it.
pub(super) struct Found {
    pub entry: Entry,
    pub hash: Digest,
}

/// The entries that fulfil a condition, each of them with its own hash, in the order of the chain.
pub(super) fn entries(
    database: &Database,
    condition: &str,
    parameters: impl Params,
) -> Result<Vec<Entry>, Error> {
    let mut found = Vec::new();
    select(database, condition, parameters, |Found { entry, hash }| {
        if entry.hash() != hash {
            return Err(changed(database, entry.number));
        }
        found.push(entry);
        Ok(())
    })?;
    // Asked for an order, SQLite would rather look at every entry than use an index and sort.
    found.sort_unstable_by_key(|entry| entry.number);
    Ok(found)
}

/// A request id names one request for ever, also after it was denied or its certificate has ended.
pub(super) fn refuse_reused_id(
    database: &Database,
    request: &VerifiedRequest,
) -> Result<(), Error> {
    let id = request.metadata().request_id.to_plain();
    refuse_id_of_another(&entries(database, "WHERE e.request_id = ?1", [id.as_str()])?, request)
}

/// The same, where the entries that have the id are known, among others.
pub(super) fn refuse_id_of_another(seen: &[Entry], request: &VerifiedRequest) -> Result<(), Error> {
    let id = &request.metadata().request_id;
    let (plain, content) = (id.to_plain(), request.metadata_sha256());
    let is_other = |entry: &&Entry| {
        is_of_id(entry, plain.as_str())
            && entry.record.request_json.is_some_and(|json| json != content)
    };
    let Some(other) = seen.iter().find(is_other) else { return Ok(()) };
    Err(Error::new(
        Code::RequestIdReused,
        format!(
            "the request id {id} is that of another request, of '{}' (entry {} of the ledger)",
            other.record.name, other.number
        ),
    ))
}

/// Whether an entry says of the certificate of another that it was replaced or revoked.
pub(super) fn is_withdrawn(database: &Database, number: u64) -> Result<bool, Error> {
    let condition = format!("WHERE e.number = ?1 AND {IS_WITHDRAWN}");
    Ok(!entries(database, &condition, [number.cast_signed()])?.is_empty())
}

/// Hands every entry on as it was found, in the order of the chain.
pub(super) fn each(
    database: &Database,
    work: impl FnMut(Found) -> Result<(), Error>,
) -> Result<(), Error> {
    select(database, "ORDER BY e.number", [], work)
}

/// The same from one entry on.
pub(super) fn each_from(
    database: &Database,
    number: u64,
    work: impl FnMut(Found) -> Result<(), Error>,
) -> Result<(), Error> {
    let condition = "WHERE e.number >= ?1 ORDER BY e.number";
    select(database, condition, [number.cast_signed()], work)
}

fn select(
    database: &Database,
    condition: &str,
    parameters: impl Params,
    mut work: impl FnMut(Found) -> Result<(), Error>,
) -> Result<(), Error> {
    let sql = format!("{ENTRIES}{condition}");
    let mut statement = database.run(|connection| connection.prepare_cached(&sql))?;
    let mut rows = database.run(|_| statement.query(parameters))?;
    while let Some(row) = database.run(|_| rows.next())? {
        let number: u64 = database.run(|_| row.get::<_, i64>(0))?.cast_unsigned();
        work(read(row).map_err(|_| changed(database, number))?)?;
    }
    Ok(())
}

/// The number and the hash of the last entry; of an empty ledger, what the first one follows.
pub(super) fn end(database: &Database) -> Result<(u64, Digest), Error> {
    let sql = "SELECT number, hash FROM entries ORDER BY number DESC LIMIT 1";
    let row = |row: &Row<'_>| Ok((row.get::<_, i64>(0)?.cast_unsigned(), digest(row, 1)?));
    let last =
        database.run(|connection| connection.prepare_cached(sql)?.query_row([], row).optional())?;
    Ok(last.unwrap_or((0, Digest::from_bytes([0; 32]))))
}

/// Adds an entry.
pub(super) fn insert(connection: &Connection, entry: &Entry) -> rusqlite::Result<()> {
    let record = &entry.record;
    let blob = |digest: Option<Digest>| digest.map(|digest| *digest.as_bytes());
    let time = |time: Option<Timestamp>| time.map(|time| time.to_unix().cast_signed());
    connection
        .prepare_cached(
            "INSERT INTO entries VALUES (:number, :previous, :hash, :kind, :at, :root, :name, :org,
             :cert_type, :request_id, :request_zip, :request_json, :csr, :public_key, :serial,
             :not_before, :not_after, :alt_names, :refers, :successor, :reason)",
        )?
        .execute(named_params! {
            ":number": entry.number.cast_signed(),
            ":previous": entry.previous.as_bytes(),
            ":hash": entry.hash().as_bytes(),
            ":kind": record.kind.as_str(),
            ":at": record.at.to_unix().cast_signed(),
            ":root": record.root.as_bytes(),
            ":name": record.name,
            ":org": record.org,
            ":cert_type": record.cert_type.as_str(),
            ":request_id": record.request_id.as_ref().map(RequestId::as_str),
            ":request_zip": blob(record.request_zip),
            ":request_json": blob(record.request_json),
            ":csr": blob(record.csr),
            ":public_key": blob(record.public_key),
            ":serial": record.serial,
            ":not_before": time(record.not_before),
            ":not_after": time(record.not_after),
            ":alt_names": record.alt_names,
            ":refers": record.refers.map(u64::cast_signed),
            ":successor": record.successor.map(u64::cast_signed),
            ":reason": record.reason,
        })?;
    let documents = &record.documents;
    if !documents.is_empty() {
        connection.prepare_cached("INSERT INTO documents VALUES (?1, ?2, ?3, ?4)")?.execute((
            entry.number.cast_signed(),
            &documents.certificate,
            &documents.signed_json,
            &documents.signature,
        ))?;
    }
    Ok(())
}

/// That an entry is not as it was written.
pub(super) fn changed(database: &Database, number: u64) -> Error {
    database.invalid(
        Reason::LedgerEntryChanged,
        format!("entry {number} is not as it was written: its hash does not fit what it says"),
    )
}

fn read(row: &Row<'_>) -> rusqlite::Result<Found> {
    let optional = |at| optional_digest(row, at);
    let time = |at| row.get(at).map(|found: Option<Seconds>| found.map(|found| found.0));
    let number = |at| row.get(at).map(|found: Option<i64>| found.map(i64::cast_unsigned));
    let record = Record {
        kind: row.get(3)?,
        at: row.get::<_, Seconds>(4)?.0,
        root: Fingerprint::from_digest(*digest(row, 5)?.as_bytes()),
        name: row.get(6)?,
        org: row.get(7)?,
        cert_type: row.get(8)?,
        request_id: row.get(9)?,
        request_zip: optional(10)?,
        request_json: optional(11)?,
        csr: optional(12)?,
        public_key: optional(13)?,
        serial: row.get(14)?,
        not_before: time(15)?,
        not_after: time(16)?,
        alt_names: row.get(17)?,
        refers: number(18)?,
        successor: number(19)?,
        reason: row.get(20)?,
        documents: Documents {
            certificate: row.get(21)?,
            signed_json: row.get(22)?,
            signature: row.get(23)?,
        },
    };
    let number = row.get::<_, i64>(0)?.cast_unsigned();
    let entry = Entry { number, previous: digest(row, 1)?, record };
    Ok(Found { entry, hash: digest(row, 2)? })
}

/// A digest in a column.
pub(super) fn digest(row: &Row<'_>, at: usize) -> rusqlite::Result<Digest> {
    Ok(row.get::<_, Bytes>(at)?.0)
}

/// A digest in a column that may hold nothing.
pub(super) fn optional_digest(row: &Row<'_>, at: usize) -> rusqlite::Result<Option<Digest>> {
    row.get(at).map(|found: Option<Bytes>| found.map(|found| found.0))
}

/// A time in a column.
pub(super) fn time(row: &Row<'_>, at: usize) -> rusqlite::Result<Timestamp> {
    Ok(row.get::<_, Seconds>(at)?.0)
}

struct Bytes(Digest);

impl FromSql for Bytes {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        <[u8; 32]>::column_result(value).map(|bytes| Self(Digest::from_bytes(bytes)))
    }
}

struct Seconds(Timestamp);

impl FromSql for Seconds {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let seconds = value.as_i64()?;
        let time = u64::try_from(seconds).map(Timestamp::from_unix);
        match time {
            // One that this program would not have written is not silently another.
            Ok(time) if time.to_unix().cast_signed() == seconds => Ok(Self(time)),
            _ => Err(FromSqlError::OutOfRange(seconds)),
        }
    }
}

impl FromSql for EntryKind {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Self::parse(value.as_str()?).ok_or(FromSqlError::InvalidType)
    }
}

impl FromSql for CertType {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Self::parse(value.as_str()?).map_err(|_| FromSqlError::InvalidType)
    }
}

impl FromSql for RequestId {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Self::parse(value.as_str()?).map_err(|_| FromSqlError::InvalidType)
    }
}
