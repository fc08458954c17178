//! Builders of the site's own: where they work, and what is accepted of what they leave.
//!
//! They work in a directory out of sight that looks as NVFlare's provisioning has it, with the kit
//! in `wip/<name>`. The planned files come there step by step, by renaming, so that no builder
//! handles the private key's bytes. What they leave is checked and becomes the kit as a whole.

use std::path::{Component, Path, PathBuf};

use super::KitPlan;
use crate::archive::contains_private_key;
use crate::builders::{Native, Workplace};
use crate::error::{Code, Error, Reason, Warning};
use crate::files::{self, FileError, Found, StagedDir, TreeEntry};
use crate::identity::Kind;
use crate::json;
use crate::pki::FILE_LIMIT;

const DIRECTORY_MODE: u32 = 0o755;
const SECRET: u32 = 0o600;
/// Most entries of a kit: one with an application's code and its libraries has some thousands.
const MOST: usize = 100_000;
/// Most bytes of a kit: room for such an application with a model or two, but not for a builder that
/// writes without end.
const MOST_BYTES: u64 = 4 << 30;
/// What stands in NVFlare's place for a project besides the kits: a builder may keep notes in its
/// `state`, which are not kept here.
const WORK_FOLDERS: [&str; 2] = ["wip", "state"];

impl KitPlan {
    /// Runs the builders that are not native, if there are any, on the files of the plan, which are
    /// in `staged`. Afterwards their kit is there instead.
    pub(super) fn run_builders(&self, staged: &StagedDir) -> Result<Vec<Warning>, Error> {
        let Some(job) = &self.job else { return Ok(Vec::new()) };
        let parent = staged.path().parent().unwrap_or(staged.path());
        let work = StagedDir::create(parent, DIRECTORY_MODE).map_err(unwritable)?;
        let relative = Path::new("wip").join(&self.name);
        let outer = WORK_FOLDERS.iter().map(PathBuf::from).chain([relative.clone()]);
        for folder in outer.chain(self.folders().map(|folder| relative.join(folder))) {
            work.make_dir(&folder, DIRECTORY_MODE).map_err(unwritable)?;
        }
        let kit = work.path().join(&relative);
        let place = Workplace { directory: work.path(), kit: &kit };
        let warnings = job.run(&place, &mut |step| self.take_step(step, staged.path(), &kit))?;
        self.refuse_beside(work.path())?;
        self.check_tree(&kit)?;
        self.check_credentials(&kit)?;
        staged.adopt(&kit, MOST).map_err(unwritable)?;
        Ok(warnings)
    }

    fn take_step(&self, step: Native, from: &Path, kit: &Path) -> Result<(), Error> {
        for file in self.files() {
            let waiting = from.join(&file.path);
            let of_step = self.is_credential(&file.path) == (step == Native::Certificates);
            if of_step && files::look(&waiting).map_err(unwritable)? == Found::File {
                files::move_into_place(&waiting, &kit.join(&file.path))
                    .map_err(|error| refused(&error.to_string()))?;
            }
        }
        Ok(())
    }

    fn is_credential(&self, path: &Path) -> bool {
        let (certificate, key) = self.credentials();
        [certificate, key, "startup/rootCA.pem"].iter().any(|known| path == Path::new(known))
    }

    /// Nothing but this kit is installed, so nothing else may be asked for.
    fn refuse_beside(&self, work: &Path) -> Result<(), Error> {
        let known_in_wip = [self.name.as_str(), self.server.as_str()];
        for (folder, known) in [(work.to_owned(), WORK_FOLDERS), (work.join("wip"), known_in_wip)] {
            for (name, found) in files::list(&folder).map_err(unreadable)? {
                let known = known.iter().any(|known| name == *known);
                if !known || found != Found::Directory {
                    let name = name.display();
                    return Err(refused(&format!(
                        "'{name}' stands beside the kit and would not be in it"
                    )));
                }
            }
        }
        Ok(())
    }

    fn check_tree(&self, kit: &Path) -> Result<(), Error> {
        let entries = files::tree(kit, MOST).map_err(unreadable)?;
        let mut bytes = 0_u64;
        for entry in &entries {
            check_entry(entry)?;
            bytes = bytes.saturating_add(entry.size);
            if !self.is_credential(&entry.path) {
                check_for_keys(kit, entry)?;
            }
        }
        if bytes > MOST_BYTES {
            return Err(refused(&format!("it has {bytes} bytes, more than {MOST_BYTES}")));
        }
        let has = |path: &str, kind: Found| {
            entries.iter().any(|entry| entry.path == Path::new(path) && entry.found == kind)
        };
        for folder in self.folders() {
            if !entries.iter().any(|e| e.path == folder && e.found == Found::Directory) {
                return Err(refused(&format!("it has no folder {}", folder.display())));
            }
        }
        for file in self.required() {
            if !has(file, Found::File) && !has(&format!("{file}.default"), Found::File) {
                return Err(refused(&format!("it has no {file}, which NVFlare needs")));
            }
        }
        let configuration = self.configuration();
        let text = files::read(&kit.join(configuration), json::MAX_BYTES as u64)
            .map_err(unreadable)?
            .bytes;
        json::parse_own(&text, json::MAX_BYTES)
            .map_err(|defect| refused(&format!("{configuration}: {}", defect.message)))?;
        Ok(())
    }

    fn configuration(&self) -> &'static str {
        match self.kind {
            Kind::Server => "startup/fed_server.json",
            Kind::Site => "startup/fed_client.json",
            Kind::User => "startup/fed_admin.json",
        }
    }

    /// What the runtime does not start without, and the authorization, without which it would let
    /// everybody do everything.
    fn required(&self) -> impl Iterator<Item = &'static str> {
        let of_sites: &[&str] = match self.kind {
            Kind::User => &[],
            Kind::Server | Kind::Site => {
                &["local/resources.json", "local/log_config.json", "local/authorization.json"]
            }
        };
        [self.configuration()].into_iter().chain(of_sites.iter().copied())
    }

    /// The certificate, the key and the root certificate are the approved ones, byte for byte.
    fn check_credentials(&self, kit: &Path) -> Result<(), Error> {
        let (_, key) = self.credentials();
        for file in self.files().iter().filter(|file| self.is_credential(&file.path)) {
            let shown = file.path.display();
            let (bytes, mode) =
                files::read_secret(&kit.join(&file.path), FILE_LIMIT).map_err(unreadable)?;
            if *bytes != *file.bytes {
                return Err(refused(&format!("{shown} was changed")));
            }
            if file.path == Path::new(key) && mode != SECRET {
                return Err(refused(&format!("{shown} has mode {mode:04o}, and must have 0600")));
            }
        }
        Ok(())
    }
}

fn check_entry(entry: &TreeEntry) -> Result<(), Error> {
    let shown = entry.path.display();
    match entry.found {
        Found::Directory | Found::File if entry.mode & 0o002 != 0 => {
            Err(refused(&format!("everybody may write {shown} (mode {:04o})", entry.mode)))
        }
        Found::File if entry.mode & 0o6000 != 0 => {
            Err(refused(&format!("{shown} runs as its owner (mode {:04o})", entry.mode)))
        }
        Found::Directory | Found::File => Ok(()),
        Found::Link if stays_inside(entry) => Ok(()),
        Found::Link => Err(refused(&format!("the link {shown} leads out of the kit"))),
        Found::Nothing | Found::Other => {
            Err(refused(&format!("{shown} is no file, folder or link")))
        }
    }
}

/// Whether a link leads to a place in the kit, wherever the kit is moved. `..` may only stand in
/// front: behind a name it would depend on where that leads.
fn stays_inside(link: &TreeEntry) -> bool {
    let depth = link.path.components().count().saturating_sub(1);
    let Some(target) = &link.target else { return false };
    let mut parts = target.components().filter(|part| *part != Component::CurDir).peekable();
    let mut up = 0;
    while parts.next_if(|part| *part == Component::ParentDir).is_some() {
        up += 1;
    }
    up <= depth && parts.all(|part| matches!(part, Component::Normal(_)))
}

/// Builders know where the key is; a readable copy of it would be no secret.
fn check_for_keys(kit: &Path, entry: &TreeEntry) -> Result<(), Error> {
    if entry.found != Found::File || entry.mode & 0o077 == 0 || entry.size > FILE_LIMIT {
        return Ok(());
    }
    let (bytes, mode) =
        files::read_secret(&kit.join(&entry.path), FILE_LIMIT).map_err(unreadable)?;
    if contains_private_key(&bytes) {
        let shown = entry.path.display();
        return Err(refused(&format!(
            "{shown} holds a private key and has mode {mode:04o}: others could read it"
        )));
    }
    Ok(())
}

fn refused(what: &str) -> Error {
    Error::because(
        Code::BuildFailed,
        Reason::BuilderResult,
        format!("what the builders made is not installed: {what}"),
    )
}

fn unreadable(error: FileError) -> Error {
    refused(&error.to_string())
}

fn unwritable(error: FileError) -> Error {
    error.code(Code::OutputDirNotWritable)
}

#[cfg(test)]
mod tests {
    use super::{TreeEntry, check_entry, stays_inside};
    use crate::files::Found;

    fn entry(path: &str, found: Found, mode: u32) -> TreeEntry {
        TreeEntry { path: path.into(), found, mode, size: 0, target: None }
    }

    #[test]
    fn links_may_lead_to_places_in_the_kit_only() {
        for (path, target, inside) in [
            ("startup/a", "b", true),
            ("startup/a", "./sub/b", true),
            ("startup/a", "../local/b", true),
            ("startup/a", "..", true),
            ("a", "startup", true),
            ("a", "..", false),
            ("startup/a", "../..", false),
            ("startup/a", "../../other", false),
            ("startup/a", "/etc/passwd", false),
            // Where "sub" is a link to "..", this leads out.
            ("startup/a", "sub/../b", false),
            ("startup/a", "../local/../../b", false),
        ] {
            let mut link = entry(path, Found::Link, 0o777);
            link.target = Some(target.into());
            assert_eq!(stays_inside(&link), inside, "{path} -> {target}");
        }
    }

    #[test]
    fn what_others_could_use_is_refused() {
        for (found, mode, accepted) in [
            (Found::File, 0o644, true),
            (Found::File, 0o664, true),
            (Found::File, 0o666, false),
            (Found::File, 0o4755, false),
            (Found::File, 0o2755, false),
            (Found::Directory, 0o2755, true),
            (Found::Directory, 0o777, false),
            (Found::Other, 0o600, false),
        ] {
            let result = check_entry(&entry("startup/a", found, mode));
            assert_eq!(result.is_ok(), accepted, "{found:?} {mode:o}");
        }
    }
}
