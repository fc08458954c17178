//! Micro-benchmarks: how long each room takes for its part of a command, so that a regression has
//! an address. Of all rooms only the ledger touches the disk here.
//!
//! `cargo bench -p flarekit --bench rooms`; with a word after `--`, only what contains it.

#![expect(clippy::unwrap_used, reason = "a measurement may stop")]

use std::fs;
use std::hint::black_box;
use std::path::Path;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use flarekit::approval::{
    AdmittedRequest, RootTrust, SignedApproval, UnverifiedApproval, UnverifiedRequest,
    VerifiedApproval, VerifiedRequest,
};
use flarekit::archive::{self, Limits};
use flarekit::audit::AuditDirectory;
use flarekit::ca::CertAuthority;
use flarekit::ca::ledger::{Ledger, LedgerView, Writing};
use flarekit::kit::{KitInputs, KitPlan};
use flarekit::pki::{Certificate, Csr};
use flarekit::profile::ProjectProfile;
use flarekit::request::{LocalRequest, RequestFolder, Search};
use flarekit::time::Timestamp;
use flarekit::{json, yaml};

const PROFILE: &[u8] = include_bytes!("../../../examples/hospital/project_profile.yaml");
const SITE: &str = "hospital-a";

fn vector(relative: &str) -> Vec<u8> {
    fs::read(folder(relative)).unwrap()
}

fn folder(relative: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/valid/flarekit-0.1.0").join(relative)
}

/// A day after the vectors were made.
fn now() -> Timestamp {
    Timestamp::parse("2026-11-24T06:00:00Z").unwrap()
}

fn request_zip() -> Vec<u8> {
    vector(&format!("requests/{SITE}/{SITE}.request.zip"))
}

fn signed_zip() -> Vec<u8> {
    vector(&format!("signed/{SITE}.signed.zip"))
}

fn verified_request(zip: &[u8]) -> VerifiedRequest {
    UnverifiedRequest::read(zip, "the request zip").unwrap().verify().unwrap()
}

fn verified_approval(zip: &[u8]) -> VerifiedApproval {
    let unverified = UnverifiedApproval::read(zip, "the signed zip").unwrap();
    unverified.verify(RootTrust::Unpinned, now()).unwrap()
}

fn readers(criterion: &mut Criterion) {
    let zip = request_zip();
    let member =
        |name: &str| archive::read(&zip, &Limits::ARTIFACT).unwrap().get(name).unwrap().to_vec();
    let (site, metadata) = (member("site.yaml"), member("request.json"));
    let (csr, certificate) = (member(&format!("{SITE}.csr")), vector("ca/rootCA.pem"));
    criterion.bench_function("archive/read a request zip", |bench| {
        bench.iter(|| archive::read(black_box(&zip), &Limits::ARTIFACT).unwrap());
    });
    criterion.bench_function("archive/write a request zip", |bench| {
        let members = [("request.json", &*metadata), ("site.yaml", &*site), ("csr", &*csr)];
        bench.iter(|| archive::write(black_box(&members)).unwrap());
    });
    criterion.bench_function("yaml/read site.yaml", |bench| {
        bench.iter(|| yaml::parse(black_box(&site), yaml::Dialect::Archive).unwrap());
    });
    criterion.bench_function("json/read request.json", |bench| {
        bench.iter(|| json::parse(black_box(&metadata)).unwrap());
    });
    criterion.bench_function("pki/read a CSR", |bench| {
        bench.iter(|| Csr::from_pem(black_box(&csr)).unwrap());
    });
    criterion.bench_function("pki/read a certificate", |bench| {
        bench.iter(|| Certificate::from_pem(black_box(&certificate)).unwrap());
    });
}

/// The CA of the vectors, and a directory for its ledger.
struct Desk {
    ca: CertAuthority,
    profile: ProjectProfile,
    place: tempfile::TempDir,
}

impl Desk {
    fn new() -> Self {
        let place = tempfile::tempdir().unwrap();
        fs::write(place.path().join("rootCA.pem"), vector("ca/rootCA.pem")).unwrap();
        let (ca, _) = CertAuthority::open(&folder("ca"), &mut || Ok(None)).unwrap();
        Self { ca, profile: ProjectProfile::parse(PROFILE, "the profile").unwrap(), place }
    }

    fn ledger(&self) -> Ledger {
        let nothing = AuditDirectory::in_home(None);
        Ledger::open(self.place.path(), self.ca.fingerprint(), &nothing, now()).unwrap().0
    }

    fn admit(&self, request: VerifiedRequest) -> AdmittedRequest {
        AdmittedRequest::admit(request, &self.ca, &self.profile).unwrap()
    }

    fn sign(&self, writing: &Writing<'_>, zip: &[u8]) -> SignedApproval {
        let admitted = self.admit(verified_request(zip));
        self.ca.sign(writing.clear(admitted, true, now()).unwrap(), 30, now()).unwrap()
    }
}

fn approving(criterion: &mut Criterion) {
    let (desk, zip) = (Desk::new(), request_zip());
    criterion.bench_function("approval/verify a request", |bench| {
        bench.iter(|| verified_request(black_box(&zip)));
    });
    criterion.bench_function("approval/admit a request", |bench| {
        let request = || verified_request(&zip);
        bench.iter_batched(request, |request| desk.admit(request), BatchSize::SmallInput);
    });
    criterion.bench_function("ca/sign", |bench| {
        let mut ledger = desk.ledger();
        let writing = ledger.begin().unwrap();
        let cleared = || writing.clear(desk.admit(verified_request(&zip)), true, now()).unwrap();
        bench.iter_batched(
            cleared,
            |cleared| desk.ca.sign(cleared, 30, now()).unwrap(),
            BatchSize::SmallInput,
        );
    });
}

fn keeping(criterion: &mut Criterion) {
    let (desk, zip) = (Desk::new(), request_zip());
    criterion.bench_function("ledger/clear a request", |bench| {
        let mut ledger = desk.ledger();
        let writing = ledger.begin().unwrap();
        let admitted = || desk.admit(verified_request(&zip));
        bench.iter_batched(
            admitted,
            |admitted| writing.clear(admitted, true, now()).unwrap(),
            BatchSize::SmallInput,
        );
    });
    criterion.bench_function("ledger/add an approval", |bench| {
        let mut ledger = desk.ledger();
        let mut writing = ledger.begin().unwrap();
        let signer = Desk::new();
        let mut other = signer.ledger();
        let apart = other.begin().unwrap();
        bench.iter_batched(
            || signer.sign(&apart, &zip),
            |approval| writing.record(approval, now()).unwrap(),
            BatchSize::SmallInput,
        );
    });
    criterion.bench_function("ledger/add one and make it durable", |bench| {
        let mut ledger = desk.ledger();
        bench.iter(|| {
            let writing = ledger.begin().unwrap();
            let approval = desk.sign(&writing, &zip);
            writing.commit_one(approval, &desk.ca, now()).unwrap()
        });
    });
    criterion.bench_function("ledger/verify", |bench| {
        bench.iter(|| LedgerView::open(desk.place.path()).unwrap().verify().unwrap());
    });
}

fn packaging(criterion: &mut Criterion) {
    let zip = signed_zip();
    let approval = verified_approval(&zip);
    let requests = folder(&format!("requests/{SITE}"));
    criterion.bench_function("approval/verify an approval", |bench| {
        bench.iter(|| verified_approval(black_box(&zip)));
    });
    criterion.bench_function("kit/plan", |bench| {
        bench.iter_batched(
            || accepted(&approval, &requests),
            |local| {
                let inputs = KitInputs::new(&approval, local, "python3".as_ref()).unwrap();
                KitPlan::new(inputs).unwrap()
            },
            BatchSize::SmallInput,
        );
    });
}

fn accepted(approval: &VerifiedApproval, requests: &Path) -> LocalRequest {
    let search = Search {
        request_id: approval.request_id(),
        name: &approval.identity().name,
        given: Some(requests),
        signed_zip: requests,
        audit: &AuditDirectory::in_home(None),
    };
    let found = RequestFolder::find(&search).unwrap();
    found.accept(&approval.approved_request()).unwrap()
}

criterion_group!(rooms, readers, approving, keeping, packaging);
criterion_main!(rooms);
