//! Whether a kit's scripts are as this version writes them. Who can change a script decides what
//! runs with the site's key.

use super::super::Checks;
use super::KitFolder;
use crate::identity::Kind;
use crate::kit::content;
use crate::pki::DistinguishedName;

const NAME: &str = "scripts";

/// What a script was found to be.
enum Found {
    /// As this version writes it.
    Ours,
    /// One of ours, with changes, or of another version.
    Changed,
    /// Somebody else's, for instance NVFlare's own.
    Foreign,
}

/// Compares the scripts, with the kit's own values filled in.
pub(super) fn check(checks: &mut Checks, folder: &KitFolder, subject: Option<&DistinguishedName>) {
    let (mut ours, mut changed, mut foreign) = (Vec::new(), Vec::new(), Vec::new());
    for (name, template) in scripts(folder.kind, subject) {
        let Some(file) = folder.startup(name) else { continue };
        match compare(&file.bytes, &template) {
            Found::Ours => ours.push(name),
            Found::Changed => changed.push(name),
            Found::Foreign => foreign.push(name),
        }
    }
    if !changed.is_empty() {
        let names = changed.join(", ");
        let what = "is not as this version of flarekit writes it: another version made the kit, or \
                    somebody changed it";
        checks.warning(NAME, format!("{names} {what}"));
    }
    if !foreign.is_empty() {
        let names = foreign.join(", ");
        let what = "not flarekit's, so nothing can be said about changes in it";
        checks.skipped(NAME, format!("{names}: {what}"));
    }
    if !ours.is_empty() {
        checks.ok(NAME, format!("{} as flarekit writes them", ours.join(", ")));
    }
}

/// The names of the scripts of this kind of kit.
pub(super) fn names(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Server | Kind::Site => &["start.sh", "sub_start.sh", "stop_fl.sh"],
        Kind::User => &["fl_admin.sh"],
    }
}

/// Whether nobody can start the participant without this script.
pub(super) fn starts(name: &str) -> bool {
    name != "stop_fl.sh"
}

fn scripts(
    kind: Kind,
    subject: Option<&DistinguishedName>,
) -> impl Iterator<Item = (&'static str, String)> {
    let (name, org) = subject.map_or(("", ""), |subject| {
        (subject.common_name.as_str(), subject.organization.as_deref().unwrap_or_default())
    });
    names(kind).iter().map(move |script| {
        let text = match *script {
            "start.sh" => content::START.to_owned(),
            "stop_fl.sh" => content::STOP.to_owned(),
            "fl_admin.sh" => content::FL_ADMIN.to_owned(),
            _ => content::sub_start_of(kind, name, org),
        };
        (*script, text)
    })
}

fn compare(script: &[u8], template: &str) -> Found {
    let Ok(script) = std::str::from_utf8(script) else { return Found::Foreign };
    let same = match template.split_once(content::FOLDER) {
        None => script == template,
        Some((before, after)) => {
            let word = script.strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
            word.is_some_and(is_one_word)
        }
    };
    // The sentence after the interpreter says whose script it is.
    let title = |text: &str| text.lines().nth(1).map(str::to_owned);
    match (same, title(script) == title(template)) {
        (true, _) => Found::Ours,
        (false, true) => Found::Changed,
        (false, false) => Found::Foreign,
    }
}

/// Whether a shell sees one word in this and runs nothing: what
/// [`shell_word`](crate::kit::shell_word) gives for some text.
fn is_one_word(word: &str) -> bool {
    let unquoted = word.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
    let text = unquoted.map_or_else(|| word.to_owned(), |inner| inner.replace(r"'\''", "'"));
    crate::kit::shell_word(&text) == word
}

#[cfg(test)]
mod tests {
    use super::{Found, compare, is_one_word};

    #[test]
    fn the_configuration_folder_is_a_word_and_nothing_more() {
        for good in ["config", "''", "'a b'", r"'it'\''s'"] {
            assert!(is_one_word(good), "{good}");
        }
        for bad in ["a b", "$(id)", "x;id", "'a'$(id)'b'", "'a' 'b'", "x\nid", "'x", "'"] {
            assert!(!is_one_word(bad), "{bad}");
        }
    }

    #[test]
    fn scripts_are_ours_changed_or_foreign() {
        let template = "#!/bin/sh\n# Title.\nA=@CONFIG_FOLDER@\nrun\n";
        let of = |text: &str| compare(text.as_bytes(), template);
        assert!(matches!(of("#!/bin/sh\n# Title.\nA=x\nrun\n"), Found::Ours));
        assert!(matches!(of("#!/bin/sh\n# Title.\nA=$(id)\nrun\n"), Found::Changed));
        assert!(matches!(of("#!/bin/sh\n# Title.\nA=x\nrun\nid\n"), Found::Changed));
        assert!(matches!(of("#!/bin/sh\nrun\n"), Found::Foreign));
    }
}
