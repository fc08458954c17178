//! `cert request`: participant definition to request folder.

use flarekit::error::{Code, Error};

use crate::cli::RequestArgs;
use crate::environment::Environment;
use crate::output::Report;

/// Creates a private key and the request for its certificate.
pub fn run(args: &RequestArgs, env: &Environment) -> Result<Report, Error> {
    let _ = (args, env);
    Err(Error::new(Code::InternalError, "cert request is not part of this build"))
}
