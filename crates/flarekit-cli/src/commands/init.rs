//! `cert init`: profile to root CA.

use flarekit::error::{Code, Error};

use crate::cli::InitArgs;
use crate::environment::Environment;
use crate::output::Report;

/// Creates the root CA of a project.
pub fn run(args: &InitArgs, env: &Environment) -> Result<Report, Error> {
    let _ = (args, env);
    Err(Error::new(Code::InternalError, "cert init is not part of this build"))
}
