//! `docs/commands.md`, made from the grammar. The test compares the file with what it should be.

use std::fmt::Write as _;
use std::path::Path;

use clap::Command;

use super::{find, offered};
use crate::environment::ProgramName;

const INTRODUCTION: &str = "\
# Commands

<!-- Made from the grammar in the source by the test `the_page_is_current`; do not edit. -->

What `flarekit <command> --help` prints. [errors.md](errors.md) lists the codes and exit statuses,
[guide.md](guide.md) tells how the commands work together.
";

/// The width of a narrow terminal.
const WIDTH: usize = 80;

fn page() -> String {
    let mut page = String::from(INTRODUCTION);
    describe(&mut page, &offered(ProgramName::Flarekit), &[]);
    page
}

/// Adds the help of the command at this path, and of those below it.
fn describe(page: &mut String, root: &Command, path: &[String]) {
    let command = find(root, path);
    let name: Vec<&str> = ["flarekit"].into_iter().chain(path.iter().map(String::as_str)).collect();
    let help = command.clone().term_width(WIDTH).render_long_help().to_string();
    let help: String = help.lines().map(|line| format!("{}\n", line.trim_end())).collect();
    write!(page, "\n## {}\n\n```text\n{}\n```\n", name.join(" "), help.trim_end()).unwrap();
    for below in super::commands_of(command) {
        let path: Vec<String> = path.iter().cloned().chain([below]).collect();
        describe(page, root, &path);
    }
}

#[test]
fn the_page_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/commands.md");
    if std::env::var_os("FLAREKIT_REGENERATE").is_some() {
        std::fs::write(&path, page()).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == page(),
        "docs/commands.md is out of date: run FLAREKIT_REGENERATE=1 cargo test -p flarekit-cli page"
    );
}
