//! What a command takes from the machine: the home directory, the clock, the program's own name.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use flarekit::time::Timestamp;

/// The machine as a command sees it. Commands read nothing of this elsewhere.
#[derive(Debug, Clone)]
pub struct Environment {
    /// Where `.nvflare` belongs; `None` when `HOME` is unset or empty.
    pub home: Option<PathBuf>,
    /// The time at which the command began.
    pub now: Timestamp,
    /// The name under which the program was called.
    pub program: ProgramName,
}

impl Environment {
    /// The environment of this process, called as `argument_zero`.
    pub fn of_process(argument_zero: Option<OsString>) -> Self {
        let home = std::env::var_os("HOME").filter(|home| !home.is_empty()).map(PathBuf::from);
        Self {
            home,
            now: Timestamp::from_unix(seconds_since_1970()),
            program: ProgramName::from_argument(argument_zero.as_deref()),
        }
    }

    /// The time now, for a command that has waited since it began: for its turn, or for a person.
    #[expect(clippy::unused_self, reason = "it belongs to the machine as a command sees it")]
    pub fn clock(&self) -> Timestamp {
        Timestamp::from_unix(seconds_since_1970())
    }

    /// How many processors this process may use. Asked only when needed: the answer takes the
    /// reading of several files.
    #[expect(clippy::unused_self, reason = "it belongs to the machine as a command sees it")]
    pub fn processors(&self) -> usize {
        std::thread::available_parallelism().map_or(1, usize::from)
    }
}

/// A clock before 1970 counts as 1970: every certificate is then "not valid yet", which is what the
/// user is told.
fn seconds_since_1970() -> u64 {
    #[cfg(feature = "test-hooks")]
    if let Some(seconds) = crate::hooks::now() {
        return seconds;
    }
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// The two names that the program answers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProgramName {
    /// Its own.
    Flarekit,
    /// That of the reference, through a link, so that scripts written for it keep working.
    Nvflare,
}

impl ProgramName {
    /// The name in the first argument; anything unknown is flarekit under a new file name.
    pub fn from_argument(argument_zero: Option<&OsStr>) -> Self {
        let name = argument_zero.and_then(|path| Path::new(path).file_stem());
        if name == Some(OsStr::new("nvflare")) { Self::Nvflare } else { Self::Flarekit }
    }

    /// The name as the user types it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Flarekit => "flarekit",
            Self::Nvflare => "nvflare",
        }
    }
}

impl fmt::Display for ProgramName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::ProgramName;
    use std::ffi::OsStr;

    #[test]
    fn the_name_is_the_last_part_of_the_path() {
        let name = |path: &str| ProgramName::from_argument(Some(OsStr::new(path)));
        assert_eq!(name("/usr/local/bin/nvflare"), ProgramName::Nvflare);
        assert_eq!(name("nvflare.exe"), ProgramName::Nvflare);
        assert_eq!(name("./flarekit"), ProgramName::Flarekit);
        assert_eq!(name("nvflare-tool"), ProgramName::Flarekit);
        assert_eq!(ProgramName::from_argument(None), ProgramName::Flarekit);
    }
}
