//! A question on the terminal that is answered with yes or no.

use std::io::{self, BufRead, IsTerminal, Write};

use flarekit::error::{Code, Error, Reason};
use rustix::termios::{QueueSelector, tcflush};

/// Refuses where nobody could see a question or answer it. To be called before there is anything to
/// ask, so that nobody waits for a question that does not come.
pub fn need_terminal(option: &str) -> Result<(), Error> {
    if io::stdin().is_terminal() && io::stderr().is_terminal() {
        return Ok(());
    }
    Err(Error::because(
        Code::InvalidArgs,
        Reason::NoTerminal,
        format!("{option} asks a question, and there is no terminal to ask it on"),
    ))
}

/// Asks. Only `y` and `yes` mean yes; anything else, and no answer, mean no.
pub fn yes(question: &str) -> Result<bool, Error> {
    ask(question).map_err(|error| {
        let message = format!("the question could not be asked on the terminal: {error}");
        Error::because(Code::InvalidArgs, Reason::NoTerminal, message)
    })
}

fn ask(question: &str) -> io::Result<bool> {
    let input = io::stdin();
    // What was typed before the question stood there is no answer to it.
    tcflush(&input, QueueSelector::IFlush)?;
    let mut err = io::stderr();
    write!(err, "{question} [y/N] ")?;
    err.flush()?;
    let mut line = String::new();
    if input.lock().read_line(&mut line)? == 0 {
        writeln!(err)?;
    }
    Ok(is_yes(&line))
}

fn is_yes(answer: &str) -> bool {
    matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes")
}

#[cfg(test)]
mod tests {
    use super::is_yes;

    #[test]
    fn only_yes_is_yes() {
        for answer in ["y\n", "Y\r\n", "yes\n", " YES \n", "y"] {
            assert!(is_yes(answer), "{answer:?}");
        }
        for answer in
            ["", "\n", "n\n", "no\n", "yea\n", "yy\n", "y n\n", "1\n", "true\n", "\u{1b}y\n"]
        {
            assert!(!is_yes(answer), "{answer:?}");
        }
    }
}
