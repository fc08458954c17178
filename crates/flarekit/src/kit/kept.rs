//! What a site has changed in its kit's `local` folder, and keeps when the kit is replaced.

use std::path::{Path, PathBuf};

use super::record::{Digests, KitRecord, digest};
use crate::error::{Code, Error, Warning, WarningCode};
use crate::files::{self, FileError, Found, StagedDir};

/// The folder of a kit that belongs to the site.
const LOCAL: &str = "local";

/// What became of the site's own files.
#[derive(Debug, Default)]
pub(super) struct OwnFiles {
    /// These are in the new kit, too.
    pub kept: Vec<PathBuf>,
    /// Another user could have put these there, which could be programs: they are not.
    left: Vec<PathBuf>,
    /// Why the first of them was left.
    why: Option<String>,
    /// A folder in which a group may write; of files, too many are so.
    group: Option<String>,
    /// What stood in the place of the folder: nothing of it is in the new kit.
    no_folder: Option<&'static str>,
}

impl OwnFiles {
    /// Carries over from the old kit what is the site's own: whatever is not in the new one, and
    /// files that differ from what `package` wrote there, or, where nothing is recorded, from the
    /// new ones.
    pub fn carry_over(
        old: &Path,
        record: Option<&KitRecord>,
        new: &StagedDir,
        planned: &Digests,
    ) -> Result<Self, Error> {
        let folder = old.join(LOCAL);
        let mut own = Self::default();
        own.no_folder = match files::look(&folder).map_err(unreadable)? {
            Found::Directory => None,
            Found::Nothing => return Ok(own),
            Found::Link => Some("a symbolic link, and what it leads to"),
            Found::File | Found::Other => Some("no folder, and what was in its place"),
        };
        if own.no_folder.is_some() {
            return Ok(own);
        }
        // Below this directory nothing is taken.
        let mut closed = None;
        for below in ["", LOCAL].map(Path::new) {
            if closed.is_none() && !own.trusts(old, below, Found::Directory)? {
                closed = Some(below.to_owned());
            }
        }
        // It is the site's own folder, of whatever size.
        for entry in files::tree(&folder, usize::MAX).map_err(unreadable)? {
            let (path, found) = (Path::new(LOCAL).join(entry.path), entry.found);
            if found == Found::Other {
                continue;
            }
            let mut taken = !closed.as_ref().is_some_and(|closed| path.starts_with(closed));
            if found == Found::Directory && taken && !own.trusts(old, &path, found)? {
                closed = Some(path.clone());
                taken = false;
            }
            match is_own(old, &path, found, record, planned) {
                Ok(true) => {}
                Ok(false) => continue,
                // Another user may have put there what cannot even be read.
                Err(_) if !taken || !own.trusts(old, &path, found)? => {}
                Err(error) => return Err(error),
            }
            taken = taken && (found == Found::Directory || own.trusts(old, &path, found)?);
            if taken {
                new.carry(&path, &old.join(&path)).map_err(unreadable)?;
            }
            match found {
                Found::Directory => {}
                _ if taken => own.kept.push(path),
                _ => own.left.push(path),
            }
        }
        Ok(own)
    }

    /// Whether nobody else could have put this there, or changed it. A group that may is told.
    fn trusts(&mut self, old: &Path, path: &Path, found: Found) -> Result<bool, Error> {
        let shown = || {
            let is_kit = path.as_os_str().is_empty();
            if is_kit { "the kit's folder".to_owned() } else { path.display().to_string() }
        };
        match files::refuse_others(&old.join(path)) {
            Ok(others) => {
                let group = others.filter(|_| found == Found::Directory && self.group.is_none());
                if let Some(group) = group {
                    self.group = Some(format!("{}: {group}", shown()));
                }
                Ok(true)
            }
            Err(error) if error.is_exposed() => {
                self.why.get_or_insert_with(|| format!("{}: {}", shown(), error.detail()));
                Ok(false)
            }
            Err(error) => Err(unreadable(error)),
        }
    }

    /// What the user should know, when the old kit is in the backup.
    pub fn warnings(&self, backup: &Path) -> Vec<Warning> {
        let mut warnings = Vec::new();
        if let Some(what) = self.no_folder {
            let message = format!(
                "{LOCAL} of the old kit was {what} is not in the new kit, which has the defaults. \
                 Copy what is yours from {}",
                backup.join(LOCAL).display()
            );
            warnings.push(Warning::new(WarningCode::LocalFilesLeft, message));
        }
        if let Some(why) = self.why.as_ref().filter(|_| !self.left.is_empty()) {
            let names: Vec<String> =
                self.left.iter().map(|path| path.display().to_string()).collect();
            let message = format!(
                "files of the old kit that another user could have put there are not in the new \
                 one: {} ({why}). Copy what is yours from {}",
                names.join(", "),
                backup.display()
            );
            warnings.push(Warning::new(WarningCode::LocalFilesLeft, message));
        }
        if let Some(group) = self.group.as_ref().filter(|_| !self.kept.is_empty()) {
            let message = format!("files of the old kit were taken over, and of {group}");
            warnings.push(Warning::new(WarningCode::FolderWritableByOthers, message));
        }
        warnings
    }
}

/// Says of a kit that is gone where the last one is, of which nothing was taken over. Without a way
/// to exchange two directories, a run that was killed leaves none in its place.
pub(super) fn gone(last: &Path) -> Warning {
    let message = format!(
        "an older kit of this name was put aside and is not in its place any more: nothing of its \
         {LOCAL} is in the new one. Copy what is yours from {}",
        last.join(LOCAL).display()
    );
    Warning::new(WarningCode::LocalFilesLeft, message)
}

/// Says what of the new kit is closed to a group that could use the old one.
pub(super) fn closed(paths: &[PathBuf]) -> Option<Warning> {
    const NAMED: usize = 3;
    let name = |path: &PathBuf| match path.as_os_str().is_empty() {
        true => "the kit's folder".to_owned(),
        false => path.display().to_string(),
    };
    let mut names: Vec<String> = paths.iter().map(name).collect();
    names.sort();
    let more = match names.len().saturating_sub(NAMED) {
        0 => String::new(),
        count => format!(" and {count} more"),
    };
    names.truncate(NAMED);
    let message = format!(
        "these could not be given the group that they had in the old kit, perhaps because you are not \
         in it; the one that they have now may do no more than everybody: {}{more}. Who may can set the \
         group with chgrp, and the mode with chmod",
        names.join(", ")
    );
    (!paths.is_empty()).then(|| Warning::new(WarningCode::GroupNotKept, message))
}

fn is_own(
    old: &Path,
    path: &Path,
    found: Found,
    record: Option<&KitRecord>,
    planned: &Digests,
) -> Result<bool, Error> {
    let name = path.to_string_lossy();
    let Some(new) = planned.get(&*name) else { return Ok(true) };
    if found != Found::File {
        return Ok(true);
    }
    let actual = digest(&old.join(path)).map_err(unreadable)?;
    Ok(match record {
        Some(record) => !record.wrote(&name, actual),
        None => actual != *new,
    })
}

fn unreadable(error: FileError) -> Error {
    error.code(Code::OutputDirNotWritable)
}
