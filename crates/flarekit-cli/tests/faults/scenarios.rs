//! The commands that are tried, what they start from, and how to see that nothing is half done.

use std::path::Path;

use serde_json::Value;

use crate::Stage;
use crate::common::disk::disk;
use crate::common::{Machine, envelope};

const KIT: &str = "workspace/hospital_federation/prod_00/hospital-a";
/// In a kit, a file that the site wrote.
const OWN: &str = "local/privacy.json";
const APPROVE: &str =
    "cert approve hospital-a/hospital-a.request.zip -c ca --profile project_profile.yaml";
const PACKAGE: &str = "package hospital-a/hospital-a.signed.zip --request-dir hospital-a";

const APPROVE_MANY: &str =
    "cert approve requests --out-dir out -c ca --profile project_profile.yaml";

/// A command on a machine.
pub struct Scenario {
    pub name: &'static str,
    /// What is there before.
    pub prepare: fn(&Machine),
    pub line: &'static str,
    /// Runs commands that need either the old or the new state whole, and says what is wrong.
    pub whole: fn(&Stage) -> Result<(), String>,
    /// How a retry is refused if the killed run had been through with it.
    pub already: &'static str,
}

pub const ALL: &[Scenario] = &[
    Scenario {
        name: "init",
        prepare: request_of_somebody,
        line: "cert init --profile project_profile.yaml -o ca",
        whole: |stage| absent_or(stage, "ca", ca_is_usable),
        already: "CA_ALREADY_EXISTS",
    },
    Scenario {
        name: "init into a folder with something else",
        prepare: |m| {
            m.write("ca/notes.txt", "mine");
            request_of_somebody(m);
        },
        line: "cert init --profile project_profile.yaml -o ca",
        whole: |stage| absent_or(stage, "ca/rootCA.key", ca_is_usable),
        already: "CA_ALREADY_EXISTS",
    },
    Scenario {
        name: "init in the place of another CA",
        prepare: |m| {
            m.init();
            request_of_somebody(m);
        },
        line: "cert init --profile project_profile.yaml -o ca --deploy-version 01 --force",
        whole: ca_is_usable,
        already: "CA_VERSION_ALREADY_EXISTS",
    },
    Scenario {
        name: "request",
        prepare: |m| drop(m.init()),
        line: "cert request -p hospital-a.yaml",
        whole: |stage| absent_or(stage, "hospital-a", request_is_usable),
        already: "CERT_ALREADY_EXISTS",
    },
    Scenario {
        name: "request into a folder with something else",
        prepare: |m| {
            m.init();
            m.write("hospital-a/notes.txt", "mine");
        },
        line: "cert request -p hospital-a.yaml",
        whole: |stage| absent_or(stage, "hospital-a/hospital-a.key", request_is_usable),
        already: "CERT_ALREADY_EXISTS",
    },
    Scenario {
        name: "request in the place of another, an approval of which is in flight",
        prepare: |m| {
            m.init();
            m.ok("cert request -p hospital-a.yaml");
            m.ok(&format!("{APPROVE} --out in-flight.signed.zip"));
        },
        line: "cert request -p hospital-a.yaml --force",
        whole: |stage| {
            succeeds(stage, "package in-flight.signed.zip --request-dir hospital-a -w proof")?;
            // The new request has another key than the one that was approved.
            succeeds(stage, &format!("{APPROVE} --replace --out proof.signed.zip"))
        },
        already: "",
    },
    Scenario {
        name: "request for the renewal of a kit's certificate",
        prepare: |m| {
            approved(m);
            m.ok(PACKAGE);
        },
        line: "cert request --renew workspace/hospital_federation/prod_00/hospital-a",
        whole: |stage| absent_or(stage, "hospital-a-renewal", renewal_is_usable),
        already: "CERT_ALREADY_EXISTS",
    },
    Scenario {
        name: "approve",
        prepare: |m| {
            m.init();
            m.ok("cert request -p hospital-a.yaml --out other");
            m.ok("cert request -p hospital-a.yaml");
        },
        line: APPROVE,
        whole: approval_is_recorded_or_never_was,
        already: "CERT_ALREADY_EXISTS",
    },
    Scenario {
        name: "approve in the place of another approval",
        prepare: approved,
        line: "cert approve hospital-a/hospital-a.request.zip -c ca \
               --profile project_profile.yaml --force",
        whole: approval_is_usable,
        already: "",
    },
    Scenario {
        name: "approve many",
        prepare: |m| {
            m.init();
            for (definition, name) in
                [("hospital-a.yaml", "hospital-a"), ("alice.yaml", crate::common::USER_NAME)]
            {
                m.ok(&format!("cert request -p {definition}"));
                let zip = m.read(&format!("{name}/{name}.request.zip"));
                m.write(&format!("requests/{name}.request.zip"), zip);
            }
        },
        line: APPROVE_MANY,
        whole: all_are_approved_once,
        already: "",
    },
    Scenario {
        name: "package",
        prepare: approved,
        line: PACKAGE,
        whole: |stage| absent_or(stage, KIT, kit_is_whole),
        already: "OUTPUT_DIR_EXISTS",
    },
    Scenario {
        name: "package beside another kit",
        prepare: |m| {
            approved(m);
            m.kit("alice.yaml", crate::common::USER_NAME);
        },
        line: PACKAGE,
        whole: |stage| absent_or(stage, KIT, kit_is_whole),
        already: "OUTPUT_DIR_EXISTS",
    },
    Scenario {
        name: "package in the place of another kit",
        prepare: |m| {
            approved(m);
            m.ok(PACKAGE);
            m.write(&format!("{KIT}/{OWN}"), "{}");
        },
        line: "package hospital-a/hospital-a.signed.zip --request-dir hospital-a --force",
        whole: kit_is_whole,
        already: "",
    },
    Scenario {
        name: "deny",
        prepare: |m| {
            m.init();
            m.ok("cert request -p hospital-a.yaml");
        },
        line: "cert deny hospital-a/hospital-a.request.zip -c ca --reason late",
        whole: |stage| absent_or(stage, "hospital-a/hospital-a.denied.zip", denial_is_readable),
        already: "CERT_ALREADY_EXISTS",
    },
    Scenario {
        name: "revoke, with a new ledger",
        prepare: |m| {
            approved(m);
            std::fs::remove_file(m.path("ca/ledger.db")).unwrap();
        },
        line: "cert revoke hospital-a -c ca --reason superseded",
        whole: |stage| absent_or(stage, "ca/ledger.db", lists_are_made),
        already: "",
    },
    Scenario {
        name: "crl",
        prepare: revoked,
        line: "cert crl -c ca --out lists/crl.pem",
        whole: lists_are_made,
        already: "",
    },
    Scenario {
        name: "crl in the place of another list",
        prepare: |m| {
            approved(m);
            m.ok("cert crl -c ca");
            m.ok("cert revoke hospital-a -c ca --reason superseded");
        },
        line: "cert crl -c ca",
        whole: lists_are_made,
        already: "",
    },
];

fn revoked(m: &Machine) {
    approved(m);
    m.ok("cert revoke hospital-a -c ca --reason superseded");
}

/// The ledger holds, and a list can be made in the place of what is there.
fn lists_are_made(stage: &Stage) -> Result<(), String> {
    succeeds(stage, "audit verify -c ca")?;
    succeeds(stage, "cert crl -c ca --out lists/crl.pem")?;
    succeeds(stage, "cert crl -c ca")
}

fn denial_is_readable(stage: &Stage) -> Result<(), String> {
    succeeds(stage, "verify hospital-a/hospital-a.denied.zip")?;
    succeeds(stage, "audit verify -c ca")
}

fn approved(m: &Machine) {
    m.init();
    m.approve("hospital-a.yaml", "hospital-a");
}

fn absent_or(
    stage: &Stage,
    path: &str,
    whole: fn(&Stage) -> Result<(), String>,
) -> Result<(), String> {
    if stage.machine.exists(path) { whole(stage) } else { Ok(()) }
}

pub fn succeeds(stage: &Stage, line: &str) -> Result<(), String> {
    let output = stage.run(line, &[]);
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{line}: {}", String::from_utf8_lossy(&output.stderr)))
}

fn request_of_somebody(m: &Machine) {
    m.ok("cert request -p alice.yaml --out hospital-a");
}

/// A request of somebody else, approved and packaged, needs all of the CA.
fn ca_is_usable(stage: &Stage) -> Result<(), String> {
    let zip = "hospital-a/alice@hospital-alpha.org.request.zip";
    let approve = format!("cert approve {zip} -c ca --profile project_profile.yaml");
    succeeds(stage, &approve)?;
    let zip = "hospital-a/alice@hospital-alpha.org.signed.zip";
    succeeds(stage, &format!("package {zip} --request-dir hospital-a -w proof"))
}

/// The request zip is answered with a certificate for the key beside it.
fn request_is_usable(stage: &Stage) -> Result<(), String> {
    let approve = format!("{APPROVE} --out proof.signed.zip");
    if outcome(&approve, &stage.run(&approve, &[])) == "REQUEST_ZIP_NOT_FOUND" {
        // The key came, the zip did not: whoever opens the folder next finishes it.
        stage.run("cert request -p hospital-a.yaml", &[]);
        succeeds(stage, &approve)?;
    }
    succeeds(stage, "package proof.signed.zip --request-dir hospital-a -w proof")
}

/// The same of a renewal, whose approval needs no `--replace`.
fn renewal_is_usable(stage: &Stage) -> Result<(), String> {
    let zip = "hospital-a-renewal/hospital-a.request.zip";
    let approve =
        format!("cert approve {zip} -c ca --profile project_profile.yaml --out proof.signed.zip");
    if outcome(&approve, &stage.run(&approve, &[])) == "REQUEST_ZIP_NOT_FOUND" {
        stage.run("cert request --renew hospital-a --out hospital-a-renewal", &[]);
        succeeds(stage, &approve)?;
    }
    succeeds(stage, "package proof.signed.zip --request-dir hospital-a-renewal -w proof")
}

/// Typed again, the run has nothing to complain of, and each request has one certificate.
fn all_are_approved_once(stage: &Stage) -> Result<(), String> {
    let output = stage.run(APPROVE_MANY, &[]);
    let data = envelope(APPROVE_MANY, &output)["data"].clone();
    if data["refused"] != 0 || stage.machine.names("out").len() != 2 {
        return Err(format!("then {data}"));
    }
    let entries = stage.machine.ok("audit verify -c ca")["signed_entries"].clone();
    if entries != 2 {
        return Err(format!("{entries} entries"));
    }
    succeeds(stage, "package out/hospital-a.signed.zip --request-dir hospital-a -w proof")
}

/// Without an entry in the ledger the name is free for another request: a record alone is none.
fn approval_is_recorded_or_never_was(stage: &Stage) -> Result<(), String> {
    if !stage.machine.exists("ca/ledger.db") {
        let other = APPROVE.replace("hospital-a/", "other/");
        return succeeds(stage, &format!("{other} --out proof.signed.zip"));
    }
    absent_or(stage, "hospital-a/hospital-a.signed.zip", approval_is_usable)
}

fn approval_is_usable(stage: &Stage) -> Result<(), String> {
    succeeds(stage, &format!("{PACKAGE} -w proof"))
}

/// The kit has what a kit made elsewhere from the same approval has, and the file of the site's own
/// that was in it before.
fn kit_is_whole(stage: &Stage) -> Result<(), String> {
    succeeds(stage, &format!("{PACKAGE} -w proof"))?;
    let mut kit = disk(&stage.machine.path(KIT));
    let own = kit.remove(Path::new(OWN));
    if own.as_ref() != stage.before.get(&Path::new("work").join(KIT).join(OWN)) {
        return Err(format!("{OWN} of the kit is {own:?}"));
    }
    let proof = disk(&stage.machine.path("proof/hospital_federation/prod_00/hospital-a"));
    if kit == proof { Ok(()) } else { Err(format!("the kit holds {:?}", kit.keys())) }
}

/// The code of a refusal, or "OK".
pub fn outcome(line: &str, output: &std::process::Output) -> String {
    let envelope: Value = envelope(line, output);
    envelope["error_code"].as_str().unwrap_or("OK").to_owned()
}
