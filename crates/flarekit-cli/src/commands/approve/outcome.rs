//! What is reported of many requests.

use std::collections::BTreeMap;

use flarekit::approval::SignedZipFolder;
use flarekit::bulk::{Approved, Item};
use flarekit::ca::CertAuthority;
use flarekit::error::{Warning, WarningCode};

use super::item;
use crate::error;
use crate::output::{Answer, Format, List, Report, Rows, one_line};

/// The exit status when some requests were refused and the others are approved.
const SOME_REFUSED: u8 = 2;
const HEADS: [&str; 5] = ["NAME", "TYPE", "ORG", "RESULT", "SERIAL OR REASON"];

/// What became of the requests, in their order.
pub struct Outcome {
    rows: Rows,
    count: BTreeMap<&'static str, usize>,
    /// What to do about refusals: of how many requests, and the name of the first.
    hints: BTreeMap<(&'static str, &'static str), (usize, String)>,
    warned: Warned,
}

/// What there is to warn of, each thing once: how many requests it is about, and the name in the first
/// of them.
#[derive(Default)]
pub struct Warned(BTreeMap<(WarningCode, String), (usize, String)>);

impl Warned {
    /// Takes a request's warning down.
    pub fn add(&mut self, name: &str, warning: &Warning) {
        let key = (warning.code, item::short(&warning.message));
        self.0.entry(key).or_insert((0, name.to_owned())).0 += 1;
    }

    /// The warnings, with what they are about.
    pub fn list(self) -> Vec<Warning> {
        let said = |((code, message), (count, name))| {
            let whose = if count == 1 { name } else { format!("{count} requests") };
            Warning::new(code, message).within(whose)
        };
        self.0.into_iter().map(said).collect()
    }
}

impl Outcome {
    /// Nothing yet, to be printed in this format.
    pub fn new(format: Format) -> Self {
        let rows = Rows::of(format, &HEADS, "items");
        let (count, hints, warned) = Default::default();
        Self { rows, count, hints, warned }
    }

    /// Takes down what became of the next one.
    pub fn add(&mut self, done: &Item, folder: &SignedZipFolder) {
        let path = &done.file;
        let identity = done.identity.as_ref();
        let name = match identity {
            Some(identity) => identity.name.as_str().to_owned(),
            None => path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned(),
        };
        let counted = match &done.outcome {
            Ok(approved) => {
                self.warn(&name, approved);
                item::result(approved.how).0
            }
            Err(error) => {
                let key = (error.code().as_str(), error::hint(error));
                self.hints.entry(key).or_insert((0, name.clone())).0 += 1;
                "refused"
            }
        };
        *self.count.entry(counted).or_default() += 1;
        self.rows.add(|| item::row(name, done), || item::data(done, folder));
    }

    fn warn(&mut self, name: &str, approved: &Approved) {
        approved.warnings.iter().for_each(|warning| self.warned.add(name, warning));
    }

    /// The warnings about requests: once, if they are the same for several.
    pub fn warnings(&mut self) -> Vec<Warning> {
        std::mem::take(&mut self.warned).list()
    }

    fn counted(&self, result: &str) -> usize {
        self.count.get(result).copied().unwrap_or_default()
    }

    /// The table, and the same for programs.
    pub fn answer(
        self,
        folder: &SignedZipFolder,
        ca: &CertAuthority,
        warnings: Vec<Warning>,
    ) -> Answer {
        let refused = self.counted("refused");
        let out_dir = folder.path().display().to_string();
        let fingerprint = ca.fingerprint().to_string();
        let hints = self.hints.iter().map(|((code, hint), (count, name))| {
            let whose = match count - 1 {
                0 => one_line(name).into_owned(),
                others => format!("{} and {others} more", one_line(name)),
            };
            format!("{code} ({whose}): {hint}\n")
        });
        let mut after: String = hints.collect();
        let total: usize = self.count.values().sum();
        after.push_str(&format!(
            "\n{} of {total} requests are approved ({} now, {} sent again, {} before), {refused} \
             refused.\nout_dir: {}\nrootca_fingerprint_sha256: {fingerprint}\n",
            total - refused,
            self.counted("approved"),
            self.counted("sent_again"),
            self.counted("already_approved"),
            one_line(&out_dir),
        ));
        let mut report = Report { warnings, ..Report::default() };
        report.field("project", ca.metadata().project.as_str());
        report.field("requests", total);
        for result in ["approved", "sent_again", "already_approved", "refused"] {
            report.field(result, self.counted(result));
        }
        report.field("out_dir", out_dir);
        report.field("rootca_fingerprint_sha256", fingerprint);
        let status = if refused == 0 { 0 } else { SOME_REFUSED };
        let (before, rows) = (String::new(), self.rows);
        Answer::List(Box::new(List { before, rows, after, report, status }))
    }
}
