//! The passphrase of an encrypted CA key: from a file, from the environment, or asked for.

use std::io::{self, IsTerminal, Stdin, Write};
use std::path::Path;

use flarekit::ca::CertAuthority;
use flarekit::error::{Code, Error, Reason, Warning, WarningCode};
use flarekit::files;
use rustix::process::{Signal, getpid, kill_process};
use rustix::termios::{
    LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr,
};
use zeroize::Zeroizing;

/// The variable that holds the passphrase where there is neither a file nor a terminal.
const VARIABLE: &str = "FLAREKIT_CA_PASSPHRASE";
/// Longest passphrase file, and longest line: what a terminal hands over at most (termios(3)).
const LIMIT: u64 = 4096;
/// The control character that is none (POSIX: `_POSIX_VDISABLE`, 0 on Linux).
const DISABLED: u8 = 0;

/// Opens a CA, with a passphrase if its key is encrypted, and says what is the matter with the file.
pub fn open_ca(
    directory: &Path,
    file: Option<&Path>,
) -> Result<(CertAuthority, Vec<Warning>), Error> {
    let mut source = source(file);
    let mut needed = false;
    let (ca, mut warnings) = CertAuthority::open(directory, &mut || {
        needed = true;
        source()
    })?;
    if let Some(path) = file {
        warnings.extend(readable_by_others(path)?);
        if !needed {
            warnings.push(not_needed(&ca, path));
        }
    }
    Ok((ca, warnings))
}

/// Where the passphrase comes from, once it is needed: the file; else the variable; else, on a
/// terminal, the user, who is asked again as long as the answer is wrong. Without any of these there
/// is none, and there is no other in a file or a variable.
fn source(file: Option<&Path>) -> impl FnMut() -> Result<Option<Zeroizing<Vec<u8>>>, Error> {
    let mut asked = 0;
    move || {
        asked += 1;
        let first = asked == 1;
        match (file, std::env::var_os(VARIABLE)) {
            (None, None) => Ok(ask(if first { "" } else { "This is not it. " }).ok().flatten()),
            _ if !first => Ok(None),
            (Some(path), _) => from_file(path).map(Some),
            (None, Some(text)) if text.is_empty() => Err(empty(&format!("{VARIABLE} is empty"))),
            (None, Some(text)) => Ok(Some(Zeroizing::new(text.into_encoded_bytes()))),
        }
    }
}

fn empty(what: &str) -> Error {
    Error::because(Code::CaLoadFailed, Reason::KeyPassphrase, what)
}

/// The first line of the file.
fn from_file(path: &Path) -> Result<Zeroizing<Vec<u8>>, Error> {
    if path == Path::new("-") {
        let message = format!(
            "--passphrase-file: '-' is not taken for standard input, which is /dev/stdin; {VARIABLE} \
             can hold the passphrase, too, and a file of that name is ./-"
        );
        return Err(Error::because(Code::InvalidArgs, Reason::Usage, message));
    }
    let bytes = files::read_secret_anywhere(path, LIMIT)
        .map_err(|error| error.code(Code::InvalidArgs).within("--passphrase-file"))?;
    let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    if line.is_empty() {
        let what = format!("--passphrase-file: the first line of {} is empty", path.display());
        return Err(empty(&what));
    }
    Ok(Zeroizing::new(line.to_vec()))
}

/// Asks on the terminal, without showing what is typed. An empty line is an answer, the end of the input
/// is none.
fn ask(before: &str) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
    let input = io::stdin();
    if !input.is_terminal() {
        return Err(io::ErrorKind::NotConnected.into());
    }
    loop {
        let silence = Silence::on(&input)?;
        write!(io::stderr(), "{before}Passphrase of the CA key: ")?;
        let typed = silence.read_line();
        drop(silence);
        writeln!(io::stderr())?;
        match typed? {
            Typed::Line(line) => return Ok(Some(line)),
            Typed::End => return Ok(None),
            Typed::Sign(signal) => {
                // As the terminal would have done it, had it not been told to leave that to us.
                kill_process(getpid(), signal)?;
                // Still here: who started this has it ignore the signal, as a shell does behind '&'.
                if signal == Signal::INT {
                    return Ok(None);
                }
            }
        }
    }
}

/// What came from the terminal.
enum Typed {
    Line(Zeroizing<Vec<u8>>),
    /// Ctrl-D, or the terminal has gone away.
    End,
    /// Ctrl-C or Ctrl-Z.
    Sign(Signal),
}

/// A terminal that shows nothing, until this is dropped. Its signs for signals end a line instead of
/// ending or stopping this process, which would leave a terminal behind that stays silent.
struct Silence<'a> {
    terminal: &'a Stdin,
    before: Termios,
}

impl<'a> Silence<'a> {
    fn on(terminal: &'a Stdin) -> io::Result<Self> {
        let before = tcgetattr(terminal)?;
        let mut silent = before.clone();
        silent.local_modes.remove(LocalModes::ECHO | LocalModes::ISIG);
        let codes = &mut silent.special_codes;
        codes[SpecialCodeIndex::VEOL] = codes[SpecialCodeIndex::VINTR];
        codes[SpecialCodeIndex::VEOL2] = codes[SpecialCodeIndex::VSUSP];
        // What was typed before the question stood there is no answer to it.
        tcsetattr(terminal, OptionalActions::Flush, &silent)?;
        Ok(Self { terminal, before })
    }

    /// Reads a line, past the buffer of standard input, which would keep it.
    fn read_line(&self) -> io::Result<Typed> {
        let mut line = Zeroizing::new(vec![0; usize::try_from(LIMIT).unwrap_or_default()]);
        let mut length = 0;
        while let Some(rest) = line.get_mut(length..).filter(|rest| !rest.is_empty()) {
            let count = match rustix::io::read(self.terminal, &mut *rest) {
                Err(rustix::io::Errno::INTR) => continue,
                read => read?,
            };
            let last = rest.get(..count).and_then(<[u8]>::last).copied();
            length += count;
            match last {
                Some(sign) if self.is(SpecialCodeIndex::VINTR, sign) => {
                    return Ok(Typed::Sign(Signal::INT));
                }
                Some(sign) if self.is(SpecialCodeIndex::VSUSP, sign) => {
                    return Ok(Typed::Sign(Signal::TSTP));
                }
                Some(b'\n') => {
                    length -= 1;
                    break;
                }
                Some(_) => {}
                None if length == 0 => return Ok(Typed::End),
                None => break,
            }
        }
        line.truncate(length);
        Ok(Typed::Line(line))
    }

    fn is(&self, code: SpecialCodeIndex, byte: u8) -> bool {
        byte != DISABLED
            && self.before.local_modes.contains(LocalModes::ISIG)
            && self.before.special_codes[code] == byte
    }
}

impl Drop for Silence<'_> {
    fn drop(&mut self) {
        // That it fails cannot be helped: the terminal has gone away.
        let _ = tcsetattr(self.terminal, OptionalActions::Flush, &self.before);
    }
}

/// The warning that others can read the file, which must be there also where the key is not encrypted:
/// a path that is wrong would be found out when it is too late. What is wrong with its passphrase is
/// seen when the key is opened.
fn readable_by_others(path: &Path) -> Result<Option<Warning>, Error> {
    let mode = files::mode(path)
        .map_err(|error| error.code(Code::InvalidArgs).within("--passphrase-file"))?;
    Ok((mode & 0o077 != 0).then(|| {
        let message = format!(
            "{} has mode {:04o}: other users of this machine can read the passphrase",
            path.display(),
            mode & 0o7777
        );
        Warning::new(WarningCode::KeyReadableByOthers, message)
    }))
}

/// The warning for whoever believes the key to be encrypted, which it is not.
fn not_needed(ca: &CertAuthority, file: &Path) -> Warning {
    let message = format!(
        "the CA key in {} is not encrypted: the passphrase in {} was not needed, and protects nothing",
        ca.directory().display(),
        file.display()
    );
    Warning::new(WarningCode::PassphraseNotNeeded, message)
}
