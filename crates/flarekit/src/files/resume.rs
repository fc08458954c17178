//! Going on with, or back from, what a run was [publishing](super::publish).
//!
//! A set of which something may have been seen and used, such as a request that was sent, is not
//! taken back. But days may have passed since its run died, and somebody may have put the folder in
//! order by hand. So nothing takes the place of a file that the run did not leave there, what makes
//! way is in the backup before, and what finds no place is kept beside it. Whoever comes next is told.

use super::dirs::make_dirs;
use super::error::{FileError, FileErrorKind};
use super::folder::backups_of;
use super::look::{Found, list};
use super::publish::{MARK, SECOND, SPARE, commit, is_publishing};
use super::read::read;
use super::{change, guard, reach, sys};
use rustix::fs::{AtFlags, statat};
use std::ffi::{OsStr, OsString};
use std::fs::{File, Metadata, symlink_metadata};
use std::io::{self, BufReader, Read as _};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// The name of a further link that is on its way.
const LINK: &str = "link";
/// The longest name that Linux knows (`NAME_MAX`).
const LONGEST_NAME: u64 = 255;
/// What happened.
const INTERRUPTED: &str = "a command that was putting files into it was interrupted";
/// Ends the name of a backup of what was to be published, and found no place.
const KEPT: &str = "interrupted";

/// Finishes what killed runs left in the middle. The caller has the directory's exclusive lock.
///
/// # Errors
/// [`FileErrorKind::Unfinished`] if somebody has changed something there since, or it may not be
/// written, or the system's refusal.
pub(super) fn settle(directory: &Path) -> Result<(), FileError> {
    let refused = |why| FileError::new("use", directory, FileErrorKind::Unfinished, why);
    for staging in unfinished(directory)? {
        match go_on(&staging, directory).map_err(FileError::on("write", directory)) {
            Ok(None) => {}
            Ok(Some(told)) => return Err(refused(told)),
            Err(error) if error.kind() == FileErrorKind::PermissionDenied => {
                let not_writable = "it may not be written: make it writable, and run this again";
                return Err(refused(format!("{INTERRUPTED}, and {not_writable}")));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// The staging directories of dead runs that were publishing. Only those count that are the user's
/// own, and that nobody else can enter: nobody else can have put the mark there, or the files.
pub(super) fn unfinished(directory: &Path) -> Result<Vec<PathBuf>, FileError> {
    unfinished_of(directory, guard::is_private)
}

/// Refuses a folder of another user in which a run of theirs died: what is in it may be half of this
/// and half of that.
///
/// # Errors
/// [`FileErrorKind::Unfinished`], or the system's refusal.
pub(super) fn refuse_unfinished(directory: &Path, owner: u32) -> Result<(), FileError> {
    if unfinished_of(directory, |found| found.uid() == owner)?.is_empty() {
        return Ok(());
    }
    let detail =
        format!("{INTERRUPTED}, and only the user {owner}, whose folder it is, can finish it");
    Err(FileError::new("use", directory, FileErrorKind::Unfinished, detail))
}

/// That a run died while it was putting files into a folder, if one did: for those who only look, and
/// finish nothing.
#[must_use]
pub fn interrupted(folder: &Path) -> Option<FileError> {
    let owner = symlink_metadata(folder).ok()?.uid();
    let unfinished = unfinished_of(folder, |found| found.uid() == owner).ok()?;
    let why = format!("{INTERRUPTED}: repeat that command, which finishes it first");
    let error = || FileError::new("use", folder, FileErrorKind::Unfinished, why);
    (!unfinished.is_empty()).then(error)
}

fn unfinished_of(
    directory: &Path,
    counts: impl Fn(&Metadata) -> bool,
) -> Result<Vec<PathBuf>, FileError> {
    let mut found = Vec::new();
    for (name, is) in list(directory)? {
        let staging = directory.join(&name);
        if is == Found::Directory
            && name.to_str().is_some_and(sys::is_random_name)
            && is_publishing(&staging)
            && reach::open_dir(&staging).is_ok_and(|staging| {
                // Its run holds the lock alone. Those who look do not keep each other from seeing that
                // it is dead.
                staging.metadata().is_ok_and(|found| counts(&found))
                    && staging.try_lock_shared().is_ok()
            })
        {
            found.push(staging);
        }
    }
    Ok(found)
}

/// What was being published.
struct Marked<'a> {
    staging: &'a Path,
    into: &'a Path,
    new: Vec<OsString>,
    /// What was there before, in whichever place it is now.
    old: Vec<OsString>,
    /// Where the old files are, if there were any.
    backup: Option<PathBuf>,
}

/// What is in the place of a new file.
#[derive(PartialEq, Eq)]
enum Place {
    /// The new file.
    Done,
    /// Nothing, or the old file before it was replaced.
    Free,
    /// The old file, which had been replaced.
    Restored,
    /// Something else.
    Changed,
}

impl<'a> Marked<'a> {
    fn read(staging: &'a Path, into: &'a Path) -> io::Result<Self> {
        let refused = |error: FileError| io::Error::other(error.to_string());
        let mark = read(&staging.join(MARK), LONGEST_NAME).map_err(refused)?.bytes;
        let files = |directory: &Path| match list(directory) {
            Err(error) if error.not_found() => Ok(vec![]),
            other => other.map_err(refused),
        };
        let new = files(staging)?.into_iter();
        let new = new.filter(|(name, is)| *is == Found::File && name != MARK);
        let backup = backup_named(&mark, into)?;
        let mut old = match &backup {
            Some(backup) => [files(&staging.join(SPARE))?, files(backup)?].concat(),
            None => vec![],
        };
        old.sort_by(|(one, _), (other, _)| one.cmp(other));
        old.dedup_by(|(one, _), (other, _)| one == other);
        let names = |(name, _)| name;
        let (new, old) = (new.map(names).collect(), old.into_iter().map(names).collect());
        Ok(Self { staging, into, new, old, backup })
    }

    fn place(&self, name: &OsStr) -> Place {
        let there = identity(&self.into.join(name));
        let [new, spare, aside] =
            [Some(self.staging.to_owned()), self.spare(), self.backup.clone()]
                .map(|directory| directory.and_then(|directory| identity(&directory.join(name))));
        match there {
            None => Place::Free,
            _ if there == new => Place::Done,
            _ if there == spare && self.was_placed(name) => Place::Restored,
            _ if there == spare => Place::Free,
            // The run itself was going back, which uses up the spare links.
            _ if there == aside && spare.is_none() => Place::Free,
            _ => Place::Changed,
        }
    }

    fn spare(&self) -> Option<PathBuf> {
        self.backup.is_some().then(|| self.staging.join(SPARE))
    }

    fn was_placed(&self, name: &OsStr) -> bool {
        identity(&self.staging.join(SECOND).join(name)).is_none()
    }

    /// Whether an old file is in its place, or a copy of it.
    fn is_back(&self, name: &OsStr) -> bool {
        let there = self.into.join(name);
        self.spare().iter().chain(&self.backup).any(|directory| {
            let old = directory.join(name);
            identity(&old).is_some_and(|old| identity(&there) == Some(old))
                || same_content(&old, &there)
        })
    }

    /// Whether somebody has brought an old file back that had been replaced. A new file may have the
    /// same content.
    fn is_restored(&self, name: &OsString) -> bool {
        self.old.contains(name)
            && self.was_placed(name)
            && (self.place(name) != Place::Done || self.was_written_to(name))
            && self.is_back(name)
    }

    /// Whether somebody has brought all the old files back.
    fn is_undone(&self) -> bool {
        self.new.iter().any(|name| self.is_restored(name))
            && self.old.iter().all(|name| self.is_back(name))
    }

    /// Whether a new file has got other content since: by now, or with the time of the old one.
    fn was_written_to(&self, name: &OsStr) -> bool {
        let time = |path: PathBuf| path.symlink_metadata().and_then(|found| found.modified()).ok();
        let new = time(self.staging.join(name));
        let old = self.spare().and_then(|spare| time(spare.join(name)));
        new > time(self.staging.join(MARK)) || new == old
    }

    /// Puts a new file into its place, where nothing is, or the old file.
    fn put(&self, name: &OsStr) -> io::Result<()> {
        let to = self.into.join(name);
        let mut from = self.staging.join(SECOND).join(name);
        if identity(&from).is_none() {
            from = self.staging.join(SECOND).join(LINK);
            let _ = change::remove_file(&from);
            change::hard_link(&self.staging.join(name), &from)?;
        }
        match &self.backup {
            Some(backup) if identity(&to).is_some() => {
                keep(&to, backup)?;
                change::rename(&from, &to)
            }
            _ => change::rename_new(&from, &to),
        }
    }

    /// Keeps new files that find no place, and says where.
    fn keep_new(&self, names: &[&OsString]) -> io::Result<PathBuf> {
        let staging = self.staging.file_name().unwrap_or_default();
        let mut base =
            self.backup.as_deref().and_then(Path::file_name).unwrap_or(staging).to_owned();
        base.push("-");
        base.push(KEPT);
        let kept = backups_of(self.into).join(base.to_string_lossy().trim_start_matches('.'));
        for name in names {
            keep(&self.staging.join(name), &kept)?;
        }
        Ok(kept)
    }

    /// Leaves the old files where somebody has put them.
    fn undo(&self) -> io::Result<String> {
        let is_new_only = |name: &OsString| !self.old.contains(name);
        let mut aside: Vec<_> = self.new.iter().collect();
        aside.retain(|name| is_new_only(name) || self.place(name) != Place::Done);
        let kept = match aside.is_empty() {
            true => "the command's own were overwritten with them".to_owned(),
            false => format!("those of the command are in {}", self.keep_new(&aside)?.display()),
        };
        for name in self.new.iter().filter(|name| is_new_only(name)) {
            if self.place(name) == Place::Done {
                change::remove_file(&self.into.join(name))?;
            }
        }
        Ok(format!(
            "a command that was replacing files in it was interrupted, and the old ones are back since. \
             They stay; {kept}"
        ))
    }

    /// Keeps the old files that somebody has taken out of the backup, and not put in their place.
    fn keep_spare(&self) -> io::Result<()> {
        let (Some(spare), Some(backup)) = (self.spare(), &self.backup) else { return Ok(()) };
        for name in &self.old {
            let file = spare.join(name);
            let found = identity(&file);
            let lost = |place: &Path| identity(&place.join(name)) != found;
            if found.is_some() && lost(backup) && lost(self.into) {
                keep(&file, backup)?;
            }
        }
        Ok(())
    }

    /// Does what is left to do.
    fn finish(&self) -> io::Result<Option<String>> {
        let mut changed = Vec::new();
        for name in &self.new {
            match self.place(name) {
                Place::Done => {}
                Place::Free => self.put(name)?,
                Place::Restored | Place::Changed => changed.push(name),
            }
        }
        for name in self.old.iter().filter(|name| !self.new.contains(name)) {
            let there = self.into.join(name);
            let is_old = |directory: &PathBuf| identity(&directory.join(name)) == identity(&there);
            if let Some(backup) = &self.backup
                && identity(&there).is_some()
                && self.spare().iter().chain([backup]).any(is_old)
            {
                keep(&there, backup)?;
                change::remove_file(&there)?;
            }
        }
        if changed.is_empty() {
            return Ok(None);
        }
        let kept = self.keep_new(&changed)?;
        Ok(Some(format!(
            "{INTERRUPTED}, and something else is in the place of {} since. That stays; what the \
             command had written is in {}",
            listed(&changed),
            kept.display()
        )))
    }

    /// Nobody but whoever did that knows what is meant.
    fn half_undone(&self, restored: &[&OsString]) -> String {
        let missing: Vec<_> = self.old.iter().filter(|name| !self.is_back(name)).collect();
        // What was copied over a new file is all that is left of it.
        let or_finish = match restored.iter().any(|name| self.place(name) == Place::Done) {
            true => String::new(),
            false => format!(", or move {} away", listed(restored)),
        };
        format!(
            "a command that was replacing files in it was interrupted, and of the old ones only some \
             are back since. Bring back {} too, from {}{or_finish}; then run this again",
            listed(&missing),
            self.backup.as_deref().unwrap_or(self.staging).display(),
        )
    }
}

fn listed(names: &[&OsString]) -> String {
    names.iter().map(|name| name.to_string_lossy()).collect::<Vec<_>>().join(", ")
}

fn backup_named(mark: &[u8], into: &Path) -> io::Result<Option<PathBuf>> {
    if mark.is_empty() {
        return Ok(None);
    }
    match Path::new(OsStr::from_bytes(mark)).file_name() {
        Some(name) if name.as_bytes() == mark => Ok(Some(backups_of(into).join(name))),
        _ => Err(io::Error::other("the mark of a run that was publishing names no backup")),
    }
}

/// Does what is left to do, and says what somebody should know. Killed in the middle, it can be done
/// again.
fn go_on(staging: &Path, into: &Path) -> io::Result<Option<String>> {
    let marked = Marked::read(staging, into)?;
    let told = if marked.is_undone() {
        Some(marked.undo()?)
    } else {
        let mut restored: Vec<_> = marked.new.iter().collect();
        restored.retain(|name| marked.is_restored(name));
        if !restored.is_empty() {
            return Ok(Some(marked.half_undone(&restored)));
        }
        marked.finish()?
    };
    marked.keep_spare()?;
    change::sync_dir(into)?;
    commit(staging)?;
    // What cannot be removed now is swept by the next run.
    let _ = change::remove_tree(staging);
    Ok(told)
}

/// Brings the old files back, for a run that meets a refusal. The disk may refuse to make that
/// durable; then the next run goes on instead.
pub(super) fn roll_back(staging: &Path, into: &Path) -> io::Result<()> {
    let marked = Marked::read(staging, into)?;
    for name in marked.new.iter().filter(|name| !marked.old.contains(name)) {
        if marked.place(name) == Place::Done {
            change::remove_file(&into.join(name))?;
        }
    }
    for name in &marked.old {
        let (there, spare) = (into.join(name), staging.join(SPARE).join(name));
        let found = identity(&there);
        if found.is_none() || found == identity(&staging.join(name)) {
            let aside = marked.backup.as_deref().unwrap_or(into).join(name);
            if identity(&spare).is_some() {
                change::rename(&spare, &there)?;
            } else if identity(&aside).is_some() {
                // It had no second link. It may be a directory, which replaces no file.
                if found.is_some() {
                    change::remove_file(&there)?;
                }
                change::rename_new(&aside, &there)?;
            }
        }
    }
    let _ = change::sync_dir(into);
    change::remove_file(&staging.join(MARK))?;
    let _ = change::sync_dir(staging);
    if let Some(backup) = &marked.backup {
        for name in &marked.old {
            let aside = identity(&backup.join(name));
            if aside.is_some() && aside == identity(&into.join(name)) {
                change::remove_file(&backup.join(name))?;
            }
        }
        // Somebody may have put something of theirs into it.
        let _ = change::remove_dir(backup);
    }
    change::remove_tree(staging)
}

/// Gives a file a further link in a directory of backups, or beside that if something else has its
/// name there.
fn keep(file: &Path, directory: &Path) -> io::Result<()> {
    let name = file.file_name().unwrap_or_default();
    let mut directory = directory.to_owned();
    for _ in 0..sys::ATTEMPTS {
        let link = directory.join(name);
        if identity(&link).is_some_and(|link| identity(file) == Some(link)) {
            return Ok(());
        }
        make_dirs(&directory, 0o700).map_err(|error| io::Error::other(error.to_string()))?.keep();
        match change::hard_link(file, &link) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                directory.as_mut_os_string().push("-");
            }
            linked => return linked.and_then(|()| change::sync_dir(&directory)),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

/// Which file is at a path, if one is; links are not followed.
pub(super) fn identity(path: &Path) -> Option<(u64, u64)> {
    let (directory, name) = reach::parent(path).ok()?;
    let found = statat(&directory, name, AtFlags::SYMLINK_NOFOLLOW).ok()?;
    Some((found.st_dev, found.st_ino))
}

fn same_content(one: &Path, other: &Path) -> bool {
    let open = |path| reach::open(path, false).ok();
    let length =
        |file: &File| file.metadata().ok().filter(Metadata::is_file).map(|found| found.len());
    let (Some(one), Some(other)) = (open(one), open(other)) else { return false };
    length(&one).is_some()
        && length(&one) == length(&other)
        && BufReader::new(one)
            .bytes()
            .zip(BufReader::new(other).bytes())
            .all(|pair| matches!(pair, (Ok(one), Ok(other)) if one == other))
}
