//! `docs/errors.md`, made from the tables. The test compares the file with what it should be.

use std::fmt::Write as _;
use std::path::Path;

use flarekit::error::{Code, Reason, WarningCode};

use super::codes;

const INTRODUCTION: &str = "\
# Errors and warnings

<!-- Made from the tables in the source by the test `the_page_is_current`; do not edit. -->

When a command fails, nothing was changed. (If only the result could not be printed because a disk is
full, the exit status is 1 although the work is done.) It says what it found, what to do (`Hint`), and its
published names: the code, and often a finer reason. Scripts can rely on the names and on the exit
status; the sentences may improve. With `--format json` the same stands in `error_code`, `reason`,
`message` and `hint` of one JSON object on standard output. `verify` tells all its checks, also when
one failed.

| exit status | meaning |
|---|---|
| 0 | done |
| 1 | the state of things prevents it: something exists already, is missing, expired or unreadable |
| 2 | done, but `cert approve --out-dir` refused some of the requests, `cert expiring` found something that ends soon, or `policy check` something that would not be signed |
| 4 | the input is invalid or does not fit together, or the command line is wrong |
| 5 | a defect of flarekit |
| 130 | interrupted |

## Codes

Two codes have two exit statuses: `REQUEST_DIR_NOT_FOUND` is 4 when the folder was given with
`--request-dir`, and `LOCAL_SITE_INVALID` is 1 when site.yaml is missing.

";

fn page() -> String {
    let mut page = String::from(INTRODUCTION);
    page.push_str("| code | exit | meaning | what to do |\n|---|---|---|---|\n");
    for code in Code::ALL {
        let (status, hint) = codes::row(*code);
        let (meaning, hint) = (cell(code.meaning()), cell(hint));
        writeln!(page, "| `{code}` | {status} | {meaning} | {hint} |").unwrap();
    }
    page.push_str("\n## Reasons\n\n| reason | meaning |\n|---|---|\n");
    for reason in Reason::ALL {
        writeln!(page, "| `{reason}` | {} |", cell(reason.meaning())).unwrap();
    }
    page.push_str("\n## Warnings\n\n");
    page.push_str("The command succeeded, and this is worth knowing. In JSON they are the list\n");
    page.push_str("`warnings` of `data`.\n\n| warning | meaning |\n|---|---|\n");
    for warning in WarningCode::ALL {
        writeln!(page, "| `{warning}` | {} |", cell(warning.meaning())).unwrap();
    }
    page
}

/// Markdown takes `<name>` for a tag and `|` for the end of the cell.
fn cell(text: &str) -> String {
    text.replace('<', "&lt;").replace('|', "\\|")
}

#[test]
fn the_page_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/errors.md");
    if std::env::var_os("FLAREKIT_REGENERATE").is_some() {
        std::fs::write(&path, page()).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == page(),
        "docs/errors.md is out of date: run FLAREKIT_REGENERATE=1 cargo test -p flarekit-cli page"
    );
}
