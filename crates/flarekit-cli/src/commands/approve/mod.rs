//! `cert approve`: [one](one) request zip to its signed zip, or [many](many).

mod item;
mod many;
mod one;
mod outcome;
mod table;

use std::path::Path;

use flarekit::error::{Code, Error, Reason};
use flarekit::files::{self, Found};

use crate::cli::ApproveArgs;
use crate::environment::Environment;
use crate::output::{Answer, Format};

/// Approves one request or many.
pub fn run(args: &ApproveArgs, env: &Environment, format: Format) -> Result<Answer, Error> {
    match (&args.out_dir, args.requests.as_slice()) {
        (Some(out_dir), _) => many::run(args, out_dir, env, format),
        (None, [request_zip]) if !is_directory(request_zip) => {
            one::run(args, request_zip, env).map(Answer::Report)
        }
        (None, requests) => {
            let what = match requests {
                [directory] => format!("{} is a directory", directory.display()),
                several => format!("there are {} requests", several.len()),
            };
            let message = format!("{what}, and no --out-dir says where the signed zips go");
            Err(Error::because(Code::InvalidArgs, Reason::OutDirNeeded, message))
        }
    }
}

fn is_directory(path: &Path) -> bool {
    files::resolve(path).is_ok_and(|path| files::look(&path) == Ok(Found::Directory))
}
