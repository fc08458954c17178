//! `cert approve`: request zip to signed zip.

use flarekit::error::{Code, Error};

use crate::cli::ApproveArgs;
use crate::environment::Environment;
use crate::output::Report;

/// Signs a request that the Project Admin has reviewed.
pub fn run(args: &ApproveArgs, env: &Environment) -> Result<Report, Error> {
    let _ = (args, env);
    Err(Error::new(Code::InternalError, "cert approve is not part of this build"))
}
