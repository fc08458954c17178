//! Copies of an approval for the requester to look at.

use super::VerifiedApproval;
use super::metadata::ROOT_FILE;
use crate::ca::METADATA;
use crate::error::{Warning, WarningCode};
use crate::files::{self, Found};
use crate::request::{FileNames, RequestFolder};

/// Puts copies of what was approved into the request folder, for its owner to look at. Nothing reads
/// them back, so a folder that cannot be written is worth a warning only.
#[must_use]
pub fn keep_approval(folder: &RequestFolder, approval: &VerifiedApproval) -> Option<Warning> {
    let certificate = FileNames::of(&approval.identity().name).certificate;
    let copies = [
        ("signed.json", approval.signed_json()),
        (certificate.as_str(), approval.certificate_pem()),
        (ROOT_FILE, approval.root_pem()),
    ];
    let unfit = |why: String| {
        let message = format!("the kit is complete, but the request folder got no copy: {why}");
        Some(Warning::new(WarningCode::RequestFolderNotUpdated, message))
    };
    // The root certificate of a CA has the same name.
    if !matches!(files::look(&folder.path().join(METADATA)), Ok(Found::Nothing)) {
        return unfit(format!("{} is a CA directory, too", folder.path().display()));
    }
    files::sweep(folder.path());
    let error = files::write_all_replacing(folder.path(), &copies, 0o644).err()?;
    unfit(error.to_string())
}
