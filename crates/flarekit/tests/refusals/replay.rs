//! The steps of the commands, at a time that the tests hand in.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use flarekit::approval::{
    AdmittedRequest, RootTrust, SignedZipFile, UnverifiedAnswer, UnverifiedRequest, VerifiedDenial,
    keep_approval,
};
use flarekit::archive::Limits;
use flarekit::audit::AuditDirectory;
use flarekit::ca::CertAuthority;
use flarekit::ca::ledger::Ledger;
use flarekit::definition::Definition;
use flarekit::error::{Code, Error, Reason};
use flarekit::fingerprint::Fingerprint;
use flarekit::kit::{KitInputs, KitPlan, ProdDir};
use flarekit::names::RequestId;
use flarekit::pki::PrivateKey;
use flarekit::profile::ProjectProfile;
use flarekit::request::{self, Request, RequestFolder, Search};
use flarekit::{files, yaml};
use serde_json::json;

use crate::case::{Case, Refusal};
use crate::forge::key_of;
use crate::forge::renewal::RenewalForge;
use crate::generate;
use crate::machine::{Machine, PARTICIPANTS, SERVER, SITE, now, valid, valid_text};

/// Does what a command does, as `crates/flarekit-cli/src/commands` has it.
pub fn run(machine: &Machine, command: &[String]) -> Result<(), Error> {
    let words: Vec<&str> = command.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["cert", "approve", zip, "--ca-dir", ca, "--profile", profile, "--out", out] => {
            approve(machine, zip, ca, profile, out)
        }
        ["package", zip, "--request-dir", folder] => {
            package(machine, zip, folder, RootTrust::Unpinned)
        }
        ["package", zip, "--request-dir", folder, "--fingerprint", fingerprint] => {
            let pinned = RootTrust::Pinned(Fingerprint::parse(fingerprint).unwrap());
            package(machine, zip, folder, pinned)
        }
        ["cert", "request", "--participant", definition, "--out", out] => {
            request(machine, definition, out)
        }
        other => panic!("no such command: {other:?}"),
    }
}

fn approve(machine: &Machine, zip: &str, ca: &str, profile: &str, out: &str) -> Result<(), Error> {
    let zip_path = machine.path(zip);
    let bytes = read_archive(machine, zip, Code::InvalidArgs)?;
    let request = UnverifiedRequest::read(&bytes, zip)?.verify()?;
    let (ca, _) = CertAuthority::open(&machine.path(ca), &mut || Ok(None))?;
    let profile = ProjectProfile::parse(&read_text(machine, profile)?, profile)?;
    let admitted = AdmittedRequest::admit(request, &ca, &profile)?;
    let out = SignedZipFile::open(&machine.path(out), false)?;
    let audit = AuditDirectory::in_home(Some(&machine.path("home")));
    let (mut ledger, _) = Ledger::open(ca.directory(), ca.fingerprint(), &audit, now())?;
    let writing = ledger.begin()?;
    let cleared = writing.clear(admitted, false, now())?;
    let approval = ca.sign(cleared, 1095, now())?;
    let prepared = out.prepare(&approval)?;
    let records = audit.approval_records();
    let record = approval.audit_record(&zip_path, out.path(), &ca);
    let record = records.write_ahead(&approval.request().request_id, &record).sync();
    let recorded = writing.commit_one(approval, &ca, now())?;
    prepared.place(&recorded)?;
    let _ = records.name(record).keep();
    Ok(())
}

fn package(machine: &Machine, zip: &str, folder: &str, trust: RootTrust) -> Result<(), Error> {
    let bytes = read_archive(machine, zip, Code::InvalidSignedZip)?;
    let audit = AuditDirectory::in_home(Some(&machine.path("home")));
    let approval = match UnverifiedAnswer::read(&bytes, zip)? {
        UnverifiedAnswer::Approval(approval) => approval.verify(trust, now())?,
        UnverifiedAnswer::Denial(denial) => {
            return Err(explain(machine, &denial.verify(trust)?, zip, folder, &audit));
        }
    };
    let search = Search {
        request_id: approval.request_id(),
        name: &approval.identity().name,
        given: Some(&machine.path(folder)),
        signed_zip: &machine.path(zip),
        audit: &audit,
    };
    let folder = RequestFolder::find(&search)?;
    let local = folder.accept(&approval.approved_request())?;
    let plan = KitPlan::new(KitInputs::new(&approval, local, "python3".as_ref())?)?;
    let identity = approval.identity();
    let prod = ProdDir::open(
        &machine.path("workspace"),
        &identity.project,
        &approval.deploy_version(),
        approval.fingerprint(),
    )?;
    prod.install(&plan, &identity.name, false, now())?;
    assert_eq!(keep_approval(&folder, &approval), None);
    Ok(())
}

/// What a denial that is in order ends in.
fn explain(
    machine: &Machine,
    denial: &VerifiedDenial,
    zip: &str,
    folder: &str,
    audit: &AuditDirectory,
) -> Error {
    let search = Search {
        request_id: denial.request_id(),
        name: &denial.identity().name,
        given: Some(&machine.path(folder)),
        signed_zip: &machine.path(zip),
        audit,
    };
    let refused = |reason| Error::because(Code::RequestDenied, reason, "it was denied");
    match RequestFolder::find(&search) {
        Ok(folder) if denial.is_of(&folder) => Error::new(Code::RequestDenied, "it was denied"),
        Ok(_) => refused(Reason::RequestDirOtherRequest),
        Err(error) if error.reason() == Some(Reason::RequestDirOtherRequest) => {
            refused(Reason::RequestDirOtherRequest)
        }
        Err(_) => refused(Reason::RequestDirSearched),
    }
}

fn request(machine: &Machine, definition: &str, out: &str) -> Result<(), Error> {
    let parsed = Definition::parse(&read_text(machine, definition)?).map_err(|defect| {
        let code = Definition::request_code(defect.reason);
        defect.within(definition).code(code)
    })?;
    parsed.refuse_unsupported(Code::InvalidArgs)?;
    let name = &parsed.site.identity.name;
    let folder = machine.path(out);
    request::refuse_occupied(&folder, name, false)?;
    let key = PrivateKey::generate().unwrap();
    let request = Request::create(&parsed, key, RequestId::from_random([7; 16]), now())?;
    let audit = AuditDirectory::in_home(Some(&machine.path("home")));
    request::store(&request, &folder, false, &audit, now())?;
    Ok(())
}

fn read_archive(machine: &Machine, path: &str, unusable: Code) -> Result<Vec<u8>, Error> {
    files::read(&machine.path(path), Limits::ARTIFACT.archive_bytes)
        .map(|file| file.bytes)
        .map_err(|error| error.code(unusable))
}

fn read_text(machine: &Machine, path: &str) -> Result<Vec<u8>, Error> {
    files::read(&machine.path(path), yaml::MAX_BYTES as u64)
        .map(|file| file.bytes)
        .map_err(|error| error.code(Code::InvalidArgs))
}

/// What is wrong with the answer to a vector, if anything.
pub fn complaint(case: &Case) -> Option<String> {
    let machine = Machine::altered(case);
    let before = machine.tree();
    let Ok(answer) = catch_unwind(AssertUnwindSafe(|| run(&machine, &case.command))) else {
        return Some("it panicked".to_owned());
    };
    let Err(error) = answer else { return Some("it was accepted".to_owned()) };
    let found = Refusal(error.code(), error.reason());
    if found != case.refusal {
        return Some(format!("{found:?} instead of {:?}: {error}", case.refusal));
    }
    let after = machine.tree();
    let paths: BTreeSet<&PathBuf> = before.keys().chain(after.keys()).collect();
    let written: Vec<&PathBuf> =
        paths.into_iter().filter(|path| before.get(*path) != after.get(*path)).collect();
    let stated = &case.stated()["written"];
    (*stated != json!(written)).then(|| format!("{written:?} were written instead of {stated}"))
}

/// Without this, a machine on which nothing works would pass every vector.
#[test]
fn the_valid_machine_is_served() {
    for (name, definition) in PARTICIPANTS {
        for command in
            [generate::approve(name), generate::package(name), generate::request(definition)]
        {
            let machine = Machine::valid();
            let before = machine.tree();
            run(&machine, &command).unwrap();
            assert!(machine.tree().len() > before.len(), "{command:?} wrote nothing");
        }
    }
}

/// Without this, a program that believes no renewal would pass every vector of one.
#[test]
fn a_renewal_that_is_in_order_is_served() {
    for (name, _) in PARTICIPANTS {
        let mut forge = RenewalForge::of(name, "none");
        forge.sign(key_of(name));
        let command = generate::approve(name);
        let refusal = Refusal(Code::RenewalInvalid, None);
        let case = Case::new("request-zip", "none", "a renewal", refusal)
            .file(&format!("{name}/{name}.request.zip"), forge.request.zip.encode());
        run(&Machine::altered(&case), &command).unwrap();
    }
}

/// The vectors' README says why.
#[test]
fn what_is_not_read_may_be_altered() {
    let refusal = Refusal(Code::RequestDirMismatch, None);
    let altered = || Case::new("request-folder", "none", "what is not read", refusal);
    let of_another = |ending: &str| valid(&format!("{SERVER}/{SERVER}.{ending}"));
    let mut cases = vec![];
    for ending in ["csr", "request.zip"] {
        let file = format!("{SITE}/{SITE}.{ending}");
        cases.push((altered().without(&file), generate::package(SITE)));
        cases.push((altered().file(&file, of_another(ending)), generate::package(SITE)));
    }
    let request = format!("{SITE}/request.json");
    for (file, command) in
        [(request.as_str(), generate::package(SITE)), ("ca/ca.json", generate::approve(SITE))]
    {
        let text = valid_text(file).replacen('{', "{\"x\": 1,", 1);
        cases.push((altered().file(file, text), command));
    }
    for (case, command) in cases {
        run(&Machine::altered(&case), &command).unwrap();
    }
}

/// Without this, a program that believes no denial would pass every vector of one.
#[test]
fn a_denial_that_is_in_order_is_explained() {
    let command = generate::explain(&valid("ca/rootCA.pem"));
    let zip = generate::DENIED_ZIP;
    let case = Case::new("denied-zip", "none", "a denial", Code::RequestDenied)
        .command(&command)
        .file(zip, valid(zip));
    assert_eq!(complaint(&case), None);
}
