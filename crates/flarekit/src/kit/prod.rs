//! `<workspace>/<project>/prod_<NN>`: where the kits of one deployment appear, each at once.

use std::path::{Path, PathBuf};

use super::KitPlan;
use super::kept::{self, OwnFiles};
use super::record::{self, Digests, KitRecord};
use super::running;
use crate::error::{Code, Error, Reason, Warning, WarningCode};
use crate::files::{self, Compared, Comparison, FileError, Found, Lock, StagedDir};
use crate::fingerprint::Fingerprint;
use crate::names::{DeployVersion, ParticipantName, ProjectName};
use crate::pki::{Certificate, FILE_LIMIT};
use crate::time::Timestamp;

/// Kits and the directories above them can be read by others; only keys cannot.
const DIRECTORY_MODE: u32 = 0o755;
/// Where `package --force` puts the kits it replaces, beside the `prod_NN` and not inside: the
/// reference looks for root certificates everywhere inside.
const BACKUP: &str = ".bak";
/// How long a name may be there.
const NAME_IN_BACKUP: usize = 200;
/// Where a kit has its root certificate: itself, and its copy in a moved workspace.
const ROOT: &str = "startup/rootCA.pem";
const MOVED_ROOT: &str = "kit/startup/rootCA.pem";

/// A deployment's directory, all of whose kits are of one root CA.
pub struct ProdDir {
    project_dir: PathBuf,
    path: PathBuf,
    name: String,
    root: Fingerprint,
    /// Held from the check of the roots to the installation, where the directory exists.
    lock: Option<Lock>,
}

/// A kit on disk.
#[derive(Debug)]
pub struct StartupKit {
    /// The kit's folder.
    pub path: PathBuf,
    /// Where the kit that was replaced is now.
    pub backup: Option<PathBuf>,
    /// The site's own files of the replaced kit's `local` folder, which are in the new one too.
    pub kept: Vec<PathBuf>,
    /// What builders of the site's own want to be known, and in what others have a hand.
    pub warnings: Vec<Warning>,
}

impl ProdDir {
    /// Opens the directory of a deployment, which need not exist yet. Kits of another root CA in it
    /// are a hard error that nothing bypasses.
    pub fn open(
        workspace: &Path,
        project: &ProjectName,
        version: &DeployVersion,
        root: Fingerprint,
    ) -> Result<Self, Error> {
        let workspace = files::resolve(workspace).map_err(unwritable)?;
        let project_dir = workspace.join(project.as_str());
        let name = format!("prod_{version}");
        let path = project_dir.join(&name);
        let mut lock = None;
        for directory in [&workspace, &project_dir, &path] {
            match files::look(directory).map_err(unwritable)? {
                Found::Nothing => break,
                Found::Directory => {}
                found @ (Found::File | Found::Link | Found::Other) => {
                    let what = match found {
                        Found::Link => "is a symbolic link",
                        _ => "exists and is not a directory",
                    };
                    return Err(Error::because(
                        Code::OutputDirNotWritable,
                        Reason::NotADirectory,
                        format!("{} {what}", directory.display()),
                    ));
                }
            }
            if directory == &path {
                lock = Some(files::lock_dir(&path).map_err(unwritable)?);
                check_roots(&path, root)?;
            }
        }
        Ok(Self { project_dir, path, name, root, lock })
    }

    /// Where the participant's kit is or will be.
    fn kit_path(&self, name: &ParticipantName) -> PathBuf {
        self.path.join(name.as_str())
    }

    /// Refuses to go on if the participant's kit is there already and may not be replaced.
    fn refuse_existing(&self, name: &ParticipantName, force: bool) -> Result<(), Error> {
        let target = self.kit_path(name);
        match files::look(&target).map_err(unwritable)? {
            Found::Nothing => Ok(()),
            Found::Directory if force => running::refuse(&target),
            Found::Directory => Err(exists(&target)),
            Found::File | Found::Link | Found::Other => Err(Error::because(
                Code::OutputDirNotWritable,
                Reason::NotADirectory,
                format!("{} exists and is not a kit's folder", target.display()),
            )),
        }
    }

    /// Writes the kit out of sight, lets the site's own builders work on it, and lets it appear at
    /// once. With `force`, an existing kit changes places with it and moves into a backup, and what
    /// the site changed in its `local` folder is carried over.
    pub fn install(
        mut self,
        plan: &KitPlan,
        name: &ParticipantName,
        force: bool,
        now: Timestamp,
    ) -> Result<StartupKit, Error> {
        self.refuse_existing(name, force)?;
        let target = self.kit_path(name);
        // First, so that a failure removes them last.
        let parents = files::make_dirs(&self.project_dir, DIRECTORY_MODE).map_err(unwritable)?;
        files::sweep(&self.project_dir);
        files::sweep_backups(&self.project_dir.join(BACKUP).join(&self.name));
        let staged = StagedDir::create(&self.project_dir, DIRECTORY_MODE).map_err(unwritable)?;
        fill(&staged, plan)?;
        // Builders may take their time; meanwhile others may package.
        let lock = self.lock.take().filter(|_| plan.builders().is_empty());
        let mut warnings = plan.run_builders(&staged)?;
        let created = files::make_dirs(&self.path, DIRECTORY_MODE).map_err(unwritable)?;
        // A directory that was not locked may have been filled meanwhile, by another root's kit.
        let _lock = match lock {
            Some(lock) => lock,
            None => {
                let lock = files::lock_dir(&self.path).map_err(unwritable)?;
                check_roots(&self.path, self.root)?;
                lock
            }
        };
        let replaces = force && files::look(&target).map_err(unwritable)? == Found::Directory;
        let path = KitRecord::path(&self.project_dir, &self.name, name.as_str());
        let record = KitRecord::read(&path);
        let planned = if plan.builders().is_empty() {
            record::planned(plan)
        } else {
            record::digests(staged.path()).map_err(unwritable)?
        };
        let own = if replaces {
            running::refuse(&target)?;
            OwnFiles::carry_over(&target, record.as_ref(), &staged, &planned)?
        } else {
            OwnFiles::default()
        };
        let gone = if replaces || record.is_none() { None } else { self.last_backup(name) };
        let before = match record {
            Some(record) if replaces => record.installed(&target),
            _ => Digests::new(),
        };
        let record = KitRecord::write_next(&path, &planned, &before).map_err(unwritable)?;
        let backup = if replaces {
            warnings.extend(newer_before(&target, plan));
            let backup = self.backup_place(name, &staged, now)?;
            let closed = staged.exchange(&target, DIRECTORY_MODE, &backup).map_err(unwritable)?;
            warnings.extend(own.warnings(&backup));
            warnings.extend(kept::closed(&closed));
            Some(backup)
        } else {
            staged.publish(&target, DIRECTORY_MODE).map_err(|error| {
                error.code_or(Code::OutputDirExists, Code::OutputDirNotWritable)
            })?;
            warnings.extend(gone.map(|last| kept::gone(&last)));
            None
        };
        record.keep();
        created.keep();
        parents.keep();
        warnings.extend(self.exposed());
        Ok(StartupKit { path: target, backup, kept: own.kept, warnings })
    }

    /// Where another user could exchange the kit for one of theirs.
    fn exposed(&self) -> Option<Warning> {
        let above = self.project_dir.parent().into_iter();
        let directories = above.chain([self.project_dir.as_path(), &self.path]);
        let exposed: Vec<String> = directories.filter_map(files::exchanged_by_others).collect();
        (!exposed.is_empty()).then(|| {
            let message = format!(
                "{}: who can write there can exchange the kit and its scripts",
                exposed.join("; ")
            );
            Warning::new(WarningCode::FolderWritableByOthers, message)
        })
    }

    /// Where the kit that is replaced goes.
    fn backup_place(
        &self,
        name: &ParticipantName,
        new: &StagedDir,
        now: Timestamp,
    ) -> Result<PathBuf, Error> {
        let suffix = new.backup_name(now).map_err(unwritable)?;
        let backups = self.project_dir.join(BACKUP);
        let deployment = backups.join(&self.name);
        files::refuse_link(&backups).map_err(unwritable)?;
        files::refuse_link(&deployment).map_err(unwritable)?;
        Ok(deployment.join(format!("{}-{suffix}", in_backup(name))))
    }

    /// The kit of this name that was replaced last, if any was and is still there.
    fn last_backup(&self, name: &ParticipantName) -> Option<PathBuf> {
        let deployment = self.project_dir.join(BACKUP).join(&self.name);
        let mut found = files::list(&deployment).ok()?;
        found.retain(|(backup, is)| {
            // The time and the mark behind it have no '-'.
            let kit = backup.to_str().and_then(|backup| backup.rsplitn(3, '-').nth(2));
            *is == Found::Directory && kit == Some(in_backup(name))
        });
        found.pop().map(|(last, _)| deployment.join(last))
    }
}

/// The name that a kit has in the backups. What is put behind it must fit, too: a directory's name
/// has 255 bytes at most, and a participant's is ASCII.
fn in_backup(name: &ParticipantName) -> &str {
    let name = name.as_str();
    name.get(..NAME_IN_BACKUP).unwrap_or(name)
}

fn fill(staged: &StagedDir, plan: &KitPlan) -> Result<(), Error> {
    for folder in plan.folders() {
        staged.make_dir(folder, DIRECTORY_MODE).map_err(unwritable)?;
    }
    for file in plan.files() {
        staged.write(&file.path, &file.bytes, file.mode).map_err(unwritable)?;
    }
    Ok(())
}

/// The kit that is replaced may be of a renewal, and the signed zip the one before it.
fn newer_before(replaced: &Path, plan: &KitPlan) -> Option<Warning> {
    let (name, _) = plan.credentials();
    let planned = plan.files().iter().find(|file| file.path == Path::new(name))?;
    let new = Certificate::from_pem(&planned.bytes).ok()?;
    // The second place is that of a moved workspace.
    let before = [replaced.join(name), replaced.join("kit").join(name)]
        .iter()
        .find_map(|path| Certificate::from_pem(&files::read(path, FILE_LIMIT).ok()?.bytes).ok())?;
    (before.not_before() > new.not_before()).then(|| {
        let message = format!(
            "the kit that was there before has a newer certificate, valid from {} to {}; this one is \
             valid from {} to {}. If this signed zip was not meant, package the newer one again",
            before.not_before(),
            before.not_after(),
            new.not_before(),
            new.not_after()
        );
        Warning::new(WarningCode::OlderCertificate, message)
    })
}

fn unwritable(error: FileError) -> Error {
    error.code(Code::OutputDirNotWritable)
}

fn exists(target: &Path) -> Error {
    Error::new(Code::OutputDirExists, format!("a kit exists already: {}", target.display()))
}

/// The root certificate of every kit must be the given one. Only where kits have theirs is looked:
/// users may put anything into the other folders of a kit.
fn check_roots(prod: &Path, expected: Fingerprint) -> Result<(), Error> {
    let unreadable = |error: FileError| error.code(Code::RootcaLoadFailed);
    let mut roots = Roots { prod, expected, seen: Vec::new() };
    let comparison = Comparison::of(prod).map_err(unreadable)?;
    for (kit, found) in files::list(prod).map_err(unreadable)? {
        let kit = Path::new(&kit);
        if found == Found::Directory && !roots.is_like_before(&comparison, kit) {
            roots.check(kit)?;
        }
    }
    Ok(())
}

/// A check of many kits, nearly all of which have the very same file.
struct Roots<'a> {
    prod: &'a Path,
    expected: Fingerprint,
    /// The last file that held the expected certificate.
    seen: Vec<u8>,
}

impl Roots<'_> {
    /// Whether the kit's root certificate is byte for byte one that was found right before, in the
    /// usual place and in no other.
    fn is_like_before(&self, comparison: &Comparison, kit: &Path) -> bool {
        !self.seen.is_empty()
            && comparison.with(&kit.join(MOVED_ROOT), &self.seen) == Compared::Nothing
            && comparison.with(&kit.join(ROOT), &self.seen) == Compared::Same
    }

    fn check(&mut self, kit: &Path) -> Result<(), Error> {
        let unreadable = |error: FileError| error.code(Code::RootcaLoadFailed);
        let kit = self.prod.join(kit);
        let startup = kit.join("startup");
        let copied = self.check_one(&kit.join(MOVED_ROOT))?;
        // In a moved workspace, 'startup' is a link to the folder of the second place.
        if files::look(&startup).map_err(unreadable)? == Found::Link {
            if !copied {
                let what = format!("{} is a symbolic link", startup.display());
                return Err(Error::because(Code::RootcaLoadFailed, Reason::NotADirectory, what));
            }
        } else {
            self.check_one(&kit.join(ROOT))?;
        }
        Ok(())
    }

    /// Says whether there is one.
    fn check_one(&mut self, path: &Path) -> Result<bool, Error> {
        let pem = match files::read(path, FILE_LIMIT) {
            Ok(file) => file.bytes,
            Err(error) if error.not_found() => return Ok(false),
            Err(error) => return Err(error.code(Code::RootcaLoadFailed)),
        };
        let root = Certificate::from_pem(&pem)
            .map_err(|defect| defect.within(path.display()).code(Code::RootcaLoadFailed))?;
        let (actual, expected) = (Fingerprint::from_digest(root.sha256()), self.expected);
        if actual == expected {
            self.seen = pem;
            return Ok(true);
        }
        Err(Error::because(
            Code::RootcaFingerprintMismatch,
            Reason::PackageRootFingerprint,
            format!(
                "{} holds kits of another root CA: {} has {actual}, the signed zip has {expected}",
                self.prod.display(),
                path.display()
            ),
        ))
    }
}
