//! `package`: signed zip to startup kit.

use flarekit::error::{Code, Error};

use crate::cli::PackageArgs;
use crate::environment::Environment;
use crate::output::Report;

/// Builds the startup kit of a participant.
pub fn run(args: &PackageArgs, env: &Environment) -> Result<Report, Error> {
    let _ = (args, env);
    Err(Error::new(Code::InternalError, "package is not part of this build"))
}
