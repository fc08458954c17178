//! Reading: all checks on the headers, then inflating within what they declared.

use super::headers::{self, Member, malformed, unreadable};
use super::name::AGAIN;
use super::{Limits, Members, content, end};
use crate::error::{Defect, Reason};
use flate2::{Crc, Decompress, FlushDecompress, Status};
use rawzip::ZipArchive;

/// Reads an archive that another party made, or refuses it.
///
/// # Errors
/// One of the `ZIP_…` reasons or [`Reason::KeyMaterialInArchive`]; the message names the member.
pub fn read(bytes: &[u8], limits: &Limits) -> Result<Members, Defect> {
    read_counting(bytes, limits, &mut Work::default())
}

/// What reading cost, also when it ended in a refusal.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Work {
    /// Members whose headers were looked at.
    pub(super) members: usize,
    /// Bytes that were inflated.
    pub(super) inflated: u64,
    /// Bytes that were looked at in search of a private key.
    pub(super) searched: u64,
}

/// Reads, and counts the work.
pub(super) fn read_counting(
    bytes: &[u8],
    limits: &Limits,
    work: &mut Work,
) -> Result<Members, Defect> {
    let size = bytes.len() as u64;
    if size > limits.archive_bytes {
        let message = format!(
            "the archive has {size} bytes, more than the limit of {}",
            limits.archive_bytes
        );
        return Err(Defect::new(Reason::ZipTooLarge, message));
    }
    let end = end::read(bytes)?;
    let archive = ZipArchive::from_slice(bytes).map_err(unreadable)?;
    headers::refuse_keys(&archive)?;
    if end.members > limits.members {
        let (found, limit) = (end.members, limits.members);
        let again = headers::is_zipped_again(&archive).then(|| format!("; {AGAIN}"));
        let again = again.unwrap_or_default();
        let message =
            format!("the archive has {found} members, more than the limit of {limit}{again}");
        return Err(Defect::new(Reason::ZipTooManyMembers, message));
    }
    if archive.eocd_offset() != end.offset || archive.directory_offset() != end.directory {
        return Err(malformed("the archive has more than one end record"));
    }
    let members = headers::check(bytes, &archive, &end, limits, &mut work.members)?;
    // One for all members: its tables are large.
    let mut inflater = Decompress::new(false);
    let contents = members.iter().map(|member| accepted(member, &mut inflater, work));
    contents.collect::<Result<_, _>>().map(Members)
}

fn accepted(
    member: &Member<'_>,
    inflater: &mut Decompress,
    work: &mut Work,
) -> Result<(String, Vec<u8>), Defect> {
    let name = member.name;
    let bytes = if member.deflated {
        inflate(member, inflater, &mut work.inflated)?
    } else {
        member.data.to_vec()
    };
    let mut crc = Crc::new();
    crc.update(&bytes);
    if crc.sum() != member.crc32 {
        let message = format!("member {name} does not match its checksum");
        return Err(Defect::new(Reason::ZipChecksum, message));
    }
    if content::search(&bytes, &mut work.searched) {
        let message = format!("member {name} holds a private key");
        return Err(Defect::new(Reason::KeyMaterialInArchive, message));
    }
    Ok((name.to_owned(), bytes))
}

/// Inflates into a buffer of the declared size plus one byte, which must stay free.
fn inflate(
    member: &Member<'_>,
    inflater: &mut Decompress,
    inflated: &mut u64,
) -> Result<Vec<u8>, Defect> {
    let (name, declared) = (member.name, member.size);
    let mut bytes = vec![0; declared.saturating_add(1)];
    inflater.reset(false);
    let status = inflater.decompress(member.data, &mut bytes, FlushDecompress::Finish);
    let found = inflater.total_out();
    *inflated += found;
    let status =
        status.map_err(|error| malformed(format!("member {name} cannot be inflated: {error}")))?;
    if found > declared as u64 || (status == Status::StreamEnd && found != declared as u64) {
        let found = if found > declared as u64 { "more".to_owned() } else { found.to_string() };
        let message = format!("member {name} declares {declared} bytes but inflates to {found}");
        return Err(Defect::new(Reason::ZipChecksum, message));
    }
    if status != Status::StreamEnd {
        return Err(malformed(format!("member {name}: its compressed data is cut short")));
    }
    if inflater.total_in() != member.data.len() as u64 {
        return Err(malformed(format!("member {name}: bytes follow its compressed data")));
    }
    bytes.truncate(declared);
    Ok(bytes)
}
