//! The passphrase of an encrypted CA key: from a file, from the environment, or asked for.

use std::io::{self, BufRead, IsTerminal, Write};
use std::path::Path;

use flarekit::error::{Code, Error, Reason, Warning, WarningCode};
use flarekit::files;
use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
use zeroize::Zeroizing;

/// The variable that holds the passphrase where there is neither a file nor a terminal.
const VARIABLE: &str = "FLAREKIT_CA_PASSPHRASE";
/// Longest passphrase file.
const LIMIT: u64 = 4096;

/// Where the passphrase comes from, once it is needed: the file; else the variable; else, on a
/// terminal, the user. Without any of these there is none.
pub fn source(file: Option<&Path>) -> impl FnMut() -> Result<Option<Zeroizing<Vec<u8>>>, Error> {
    move || match (file, std::env::var_os(VARIABLE)) {
        (Some(path), _) => from_file(path).map(Some),
        (None, Some(text)) => Ok(Some(Zeroizing::new(text.into_encoded_bytes()))),
        (None, None) => Ok(ask().ok()),
    }
}

/// The first line of the file.
fn from_file(path: &Path) -> Result<Zeroizing<Vec<u8>>, Error> {
    if path == Path::new("-") {
        let message = format!(
            "--passphrase-file: '-' is not taken for standard input; {VARIABLE} can hold the \
             passphrase, and a file of that name is ./-"
        );
        return Err(Error::because(Code::InvalidArgs, Reason::Usage, message));
    }
    let (bytes, _) = files::resolve_parent(path)
        .and_then(|path| files::read_secret(&path, LIMIT))
        .map_err(|error| error.code(Code::InvalidArgs).within("--passphrase-file"))?;
    let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    Ok(Zeroizing::new(line.to_vec()))
}

/// Asks on the terminal, without showing what is typed.
fn ask() -> io::Result<Zeroizing<Vec<u8>>> {
    let input = io::stdin();
    if !input.is_terminal() {
        return Err(io::ErrorKind::NotConnected.into());
    }
    let before = tcgetattr(&input)?;
    let mut silent = before.clone();
    silent.local_modes.remove(LocalModes::ECHO);
    write!(io::stderr(), "Passphrase of the CA key: ")?;
    tcsetattr(&input, OptionalActions::Flush, &silent)?;
    let mut line = Zeroizing::new(String::with_capacity(256));
    let read = input.lock().read_line(&mut line);
    tcsetattr(&input, OptionalActions::Flush, &before)?;
    writeln!(io::stderr())?;
    read?;
    Ok(Zeroizing::new(line.trim_end_matches(['\r', '\n']).as_bytes().to_vec()))
}

/// The warning that others can read the file. Whether its passphrase is needed, and what is wrong with
/// it otherwise, is seen when the key is opened.
pub fn readable_by_others(file: Option<&Path>) -> Option<Warning> {
    let path = file?;
    let real = files::resolve_parent(path).ok()?;
    let (_, mode) = files::read_secret(&real, LIMIT).ok()?;
    (mode & 0o077 != 0).then(|| {
        let message = format!(
            "{} has mode {:04o}: other users of this machine can read the passphrase",
            path.display(),
            mode & 0o7777
        );
        Warning::new(WarningCode::KeyReadableByOthers, message)
    })
}
