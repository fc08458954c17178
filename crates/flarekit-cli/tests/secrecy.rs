//! Key material is in the key files and nowhere else, and everything has the mode that the contract
//! gives it, whatever the umask.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, also in its helpers"
)]

mod common;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Output;

use common::archives::Members;
use common::disk::{Entry, disk};
use common::{Machine, SERVER_NAME, Sandbox, USER_NAME};

const BASE64: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";

/// Runs everything there is, twice where `--force` keeps something, some of it refused, and gives
/// all that was printed.
fn everything(m: &Machine, run: &dyn Fn(&str) -> Output) -> Vec<u8> {
    let mut lines = vec!["cert init --profile project_profile.yaml -o ca".to_owned()];
    for (definition, name) in
        [("hospital-a.yaml", "hospital-a"), ("alice.yaml", USER_NAME), ("server.yaml", SERVER_NAME)]
    {
        let request = format!("cert request -p {definition}");
        let approve =
            format!("cert approve {name}/{name}.request.zip -c ca --profile project_profile.yaml");
        let package = format!("package {name}/{name}.signed.zip");
        lines.extend([request.clone(), approve.clone(), package.clone()]);
        lines.extend([request.clone(), approve.clone(), package.clone()]);
        lines.push(format!("{request} --force"));
        lines.push(format!("{approve} --force --format json"));
        lines.push(format!("{approve} --force --replace --format json"));
        lines.push(format!("{package} --force --format json"));
    }
    lines.push("cert init --profile project_profile.yaml -o ca --force --deploy-version 01".into());
    // What only looks, at keys and at folders with keys in them.
    let kit = "workspace/hospital_federation/prod_00/hospital-a";
    for place in ["ca", "ca/rootCA.key", "hospital-a", "hospital-a/hospital-a.key", kit] {
        lines.push(format!("inspect {place}"));
        lines.push(format!("inspect {place} --format json"));
        lines.push(format!("verify {place}"));
    }
    // Keys where archives belong.
    lines.push("cert approve ca/rootCA.key -c ca --profile project_profile.yaml".into());
    lines.push("package hospital-a/hospital-a.key --request-dir hospital-a".into());
    // And where text belongs.
    lines.push("cert init --profile ca/rootCA.key -o other".into());
    lines.push("cert request -p hospital-a/hospital-a.key".into());
    let mut printed = Vec::new();
    for line in &lines {
        let output = run(line);
        assert!(matches!(output.status.code(), Some(0 | 1 | 4)), "{line}: {output:?}");
        printed.extend([output.stdout, output.stderr].concat());
    }
    assert!(m.exists("workspace/hospital_federation/.bak/prod_00"));
    printed
}

/// Every file of the sandbox and every member of its zips, by path.
fn contents(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut all = BTreeMap::new();
    for (path, entry) in disk(root) {
        let Entry::File(_, bytes) = entry else { continue };
        if path.extension().is_some_and(|ending| ending == "zip") {
            let members = Members::of(&bytes).0;
            all.extend(members.into_iter().map(|(name, bytes)| (path.join(name), bytes)));
        }
        all.insert(path, bytes);
    }
    all
}

/// Every run of 16 base64 digits from the middle of a line: too long to be there by chance.
fn fragments(pem: &[u8]) -> Vec<Vec<u8>> {
    let text = std::str::from_utf8(pem).unwrap();
    let body = text.lines().filter(|line| line.len() >= 48);
    let lines = body.filter(|line| line.chars().all(|c| BASE64.contains(c)));
    lines.map(|line| line.as_bytes()[16..32].to_vec()).collect()
}

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[test]
fn key_material_is_only_in_key_files() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    let printed = everything(&m, &|line| m.run(line));
    let all = contents(sandbox.path());
    let (keys, others): (BTreeMap<_, _>, BTreeMap<_, _>) =
        all.into_iter().partition(|(path, _)| path.extension().is_some_and(|end| end == "key"));

    // Two roots; for each of three participants two requests, one kit and one replaced kit.
    assert_eq!(keys.len(), 2 + 3 * 4, "{:?}", keys.keys());
    let work = Path::new("m").join("work");
    for path in keys.keys() {
        let file = path.file_name().unwrap().to_str().unwrap();
        let folder = path.parent().unwrap().file_name().unwrap().to_str().unwrap();
        let expected = match file {
            "rootCA.key" => folder == "ca" || path.starts_with(work.join("ca/.bak")),
            "server.key" | "client.key" => folder == "startup",
            _ => ["hospital-a", USER_NAME, SERVER_NAME]
                .iter()
                .any(|name| file == format!("{name}.key") && path.starts_with(work.join(name))),
        };
        assert!(expected, "{}", path.display());
    }

    let fragments: Vec<Vec<u8>> = keys.values().flat_map(|pem| fragments(pem)).collect();
    assert!(fragments.len() > 14 * 20, "{}", fragments.len());
    let printed = ("what was printed".into(), printed);
    for (path, bytes) in others.iter().chain([(&printed.0, &printed.1)]) {
        assert!(!holds(bytes, b"PRIVATE KEY-----"), "{}", PathBuf::from(path).display());
        for fragment in &fragments {
            assert!(!holds(bytes, fragment), "{}", PathBuf::from(path).display());
        }
    }
}

/// The mode that the contract gives to a path below a machine's home or current directory. A kit
/// can be read by others; the way to a replaced one cannot be gone.
fn mode_of(path: &str, entry: &Entry) -> u32 {
    let parts: Vec<&str> = path.split('/').collect();
    let file = parts[parts.len() - 1];
    let in_workspace = parts[0] == "workspace";
    let leads_to_backup = parts.get(2) == Some(&".bak") && parts.len() <= 4;
    let is_record = in_workspace && parts.get(2) == Some(&"state");
    match entry {
        Entry::Directory(_) if in_workspace && !leads_to_backup && !is_record => 0o755,
        Entry::Directory(_) => 0o700,
        _ if is_record
            || parts[0] == ".nvflare"
            || file.ends_with(".key")
            || file.ends_with(".zip") =>
        {
            0o600
        }
        _ if ["ca.json", "ledger.db", "request.json"].contains(&file) => 0o600,
        _ if in_workspace && file.ends_with(".sh") => 0o755,
        _ => 0o644,
    }
}

#[test]
fn modes_are_those_of_the_contract_under_any_umask() {
    for umask in ["000", "022", "077", "777"] {
        let sandbox = Sandbox::new();
        let m = sandbox.seeded("m");
        let flarekit = assert_cmd::cargo::cargo_bin("flarekit");
        let masked = format!("umask {umask}; exec \"$0\" \"$@\"");
        everything(&m, &|line| {
            let mut shell = m.program("/bin/sh");
            shell.arg("-c").arg(&masked).arg(&flarekit).args(common::words(line)).output().unwrap()
        });
        for root in [&m.home, &m.cwd] {
            for (path, entry) in disk(root) {
                let path = path.to_str().unwrap();
                if !path.contains('/') && path.ends_with(".yaml") {
                    continue;
                }
                let (Entry::Directory(mode) | Entry::File(mode, _)) = &entry else {
                    panic!("{path} is neither a file nor a directory");
                };
                let expected = mode_of(path, &entry);
                assert_eq!(*mode, expected, "umask {umask}: {path}: {mode:o}, not {expected:o}");
            }
        }
    }
}
