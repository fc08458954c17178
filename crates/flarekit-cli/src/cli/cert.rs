//! The commands under `cert`.

use std::path::PathBuf;

use clap::builder::ArgPredicate;
use clap::{Args, Subcommand};
use flarekit::ca::ledger::{Order, State};
use flarekit::identity::Kind;
use flarekit::names::{DeployVersion, Remark, RootOrg};
use flarekit::pki::RevocationReason;

use super::values::{self, VALID_DAYS};

/// The commands under `cert`.
#[derive(Debug, Subcommand)]
pub enum CertCommand {
    Init(InitArgs),
    Request(RequestArgs),
    Approve(ApproveArgs),
    Deny(DenyArgs),
    Revoke(RevokeArgs),
    Crl(CrlArgs),
    List(ListArgs),
    Expiring(ExpiringArgs),
}

/// Make the root CA of a project.
///
/// Who: the Project Admin, once for each project.
///
/// Reads: the project's name, from the project profile.
///
/// Writes: rootCA.pem, rootCA.key and ca.json into the CA directory. Whoever has rootCA.key can
/// issue certificates for the whole project: keep a backup in a safe place and never send it.
///
/// Next: run `cert approve` for each request zip that you receive.
#[derive(Debug, Args)]
pub struct InitArgs {
    /// The project profile (YAML). Its `name` becomes the CN of the root certificate.
    #[arg(long, value_name = "FILE")]
    pub profile: PathBuf,

    /// The CA directory, made if it does not exist.
    #[arg(short, long, value_name = "DIR", visible_alias = "ca-dir", visible_short_alias = 'c')]
    pub output_dir: PathBuf,

    /// Your organisation, for the O of the root certificate: 1 to 64 characters on one line. Left out
    /// if not given.
    #[arg(long, value_name = "ORG", value_parser = values::root_org)]
    pub org: Option<RootOrg>,

    /// For how many days the root certificate is valid. No certificate outlives its root.
    #[arg(long, value_name = "DAYS", default_value = "3650", value_parser = values::days)]
    #[arg(allow_negative_numbers = true)]
    pub valid_days: u32,

    /// The generation of the deployment, two digits: kits go to prod_<NN>. Leave it as it is unless
    /// you replace the CA of a running project.
    #[arg(long, value_name = "NN", default_value = "00", value_parser = values::deploy_version)]
    pub deploy_version: DeployVersion,

    /// Replace an existing CA by one with another --deploy-version. The old files are kept under
    /// .bak in the CA directory.
    #[arg(long)]
    pub force: bool,
}

/// Make a private key and a request for its certificate.
///
/// Who: the admin of a site, a user, or the server's admin, on the machine that will keep the key.
///
/// Reads: a participant definition (YAML) with the project's name and one participant. With --renew,
/// the certificate and the key that are in use, from a kit or a request folder.
///
/// Writes: the request folder with the private key, the certificate signing request, site.yaml,
/// request.json and <name>.request.zip. The private key is not in the zip and never leaves the
/// folder.
///
/// Next: send <name>.request.zip, and nothing else, to the Project Admin. Keep the folder: you need
/// it for `package`.
#[derive(Debug, Args)]
pub struct RequestArgs {
    /// The participant definition (YAML): the project's name and one entry under `participants`.
    /// With --renew it may be left out: the definition is then the one in the request folder, of a
    /// kit the one in the folder that it was made from. If that is gone, it is what the certificate
    /// says.
    #[arg(short, long, value_name = "FILE", required_unless_present = "renew")]
    pub participant: Option<PathBuf>,

    /// Ask for the certificate that comes after the one in this startup kit or request folder, and
    /// sign the request with its key. Needs no --replace to be approved.
    #[arg(long, value_name = "KIT|REQUEST_DIR")]
    pub renew: Option<PathBuf>,

    /// With --renew: keep the private key. If not given, a new one is made.
    #[arg(long, requires = "renew")]
    pub keep_key: bool,

    /// The request folder, into which the request zip is put. If not given: a folder named like the
    /// participant, in the current one; with --renew, <name>-renewal.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,

    /// Make a new key and request although the folder has one. The old ones are kept in a backup.
    #[arg(long)]
    pub force: bool,
}

/// Sign requests: a certificate and the server's address for each.
///
/// Who: the Project Admin, after making sure that each request comes from whom it names.
///
/// Reads: a request zip or many, the CA directory, and the project profile with the address of the
/// server.
///
/// Writes: <name>.signed.zip with the certificate, rootCA.pem and the approved connection details,
/// and an entry in the CA directory's ledger. A request that was approved before gets the same
/// certificate again.
///
/// Many: with --out-dir, several request zips and directories of them are approved in one run, in
/// the given order. One that is refused does not stop the others, and the exit status is 2 then. If
/// the run was interrupted, type it again: it goes on, and issues nothing twice.
///
/// Next: return the signed zip, and tell the requester rootca_fingerprint_sha256 in another trusted
/// way, for example by telephone.
#[derive(Debug, Args)]
pub struct ApproveArgs {
    /// The request zip that the participant sent. With --out-dir there may be several, and
    /// directories: of these, every *.request.zip directly in it, sorted by name.
    #[arg(id = "request_zip", value_name = "REQUEST_ZIP", required = true)]
    pub requests: Vec<PathBuf>,

    /// The CA directory that `cert init` made.
    #[arg(short, long, value_name = "DIR")]
    pub ca_dir: PathBuf,

    /// The project profile (YAML) with name, scheme, connection_security and server.
    // To the reference, no other option begins with --p.
    #[arg(long, value_name = "FILE", alias = "p")]
    pub profile: PathBuf,

    /// The signed zip to write. If not given: <name>.signed.zip beside the request zip.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,

    /// The directory for the signed zips of many requests, made if it does not exist. What is there
    /// already for the same certificate stays.
    #[arg(long, value_name = "DIR", conflicts_with = "out")]
    pub out_dir: Option<PathBuf>,

    /// The file whose first line is the passphrase of an encrypted rootCA.key, or a
    /// pipe such as /dev/stdin. If not given: FLAREKIT_CA_PASSPHRASE, or you are asked.
    #[arg(long, value_name = "FILE")]
    pub passphrase_file: Option<PathBuf>,

    /// For how many days the certificate is valid, at most until the root certificate ends. If not
    /// given, and --policy allows fewer days, as many as it allows.
    #[arg(long, value_name = "DAYS", value_parser = values::days)]
    #[arg(allow_negative_numbers = true)]
    #[arg(default_value = VALID_DAYS, default_value_if("policy", ArgPredicate::IsPresent, None))]
    pub valid_days: Option<u32>,

    /// Sign only what this policy (YAML) allows.
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,

    /// The digest of the request zip as the requester told you: request_digest, which is the first
    /// 80 bits, or all of request_zip_sha256, in any case and with or without dashes and spaces.
    /// Another zip is refused.
    #[arg(long, value_name = "DIGEST", conflicts_with = "out_dir")]
    pub expect_digest: Option<String>,

    /// With --out-dir: a file with the digests of the request zips as the requesters told or sent them
    /// to you, one a line, each with the participant's name behind it or as `sha256sum` prints it;
    /// lines that begin with `#` do not count. A zip that is not in it, or is of another participant,
    /// is refused.
    #[arg(long, value_name = "FILE", requires = "out_dir")]
    pub expect_digests: Option<PathBuf>,

    /// Show the request, what would be signed and what differs from before, and ask on the terminal
    /// whether to sign it. With --out-dir, show all of them in a table, with what each would replace,
    /// and ask once.
    #[arg(long)]
    pub review: bool,

    /// Issue the certificate although the participant, or another one with the same key, has a
    /// valid one. That one counts as replaced, but works until it ends. With --out-dir, a certificate
    /// that was issued for the very same request is not replaced.
    #[arg(long)]
    pub replace: bool,

    /// Replace an existing signed zip.
    #[arg(long)]
    pub force: bool,
}

/// Say no to a request, in writing.
///
/// Who: the Project Admin.
///
/// Reads: a request zip, which is verified as `cert approve` does, and the CA directory.
///
/// Writes: <name>.denied.zip with the reason, signed by the CA, and an entry in the CA directory's
/// ledger. The request cannot be approved any more. One that was denied before gets the same denied
/// zip again.
///
/// Next: return the denied zip, and tell the requester rootca_fingerprint_sha256 in another trusted
/// way: without it, anyone could have made the zip. `package` explains it to the requester, who can
/// make a new request with `cert request --force`.
#[derive(Debug, Args)]
pub struct DenyArgs {
    /// The request zip that the participant sent.
    #[arg(value_name = "REQUEST_ZIP")]
    pub request_zip: PathBuf,

    /// The CA directory that `cert init` made.
    #[arg(short, long, value_name = "DIR")]
    pub ca_dir: PathBuf,

    /// Why, in one line of at most 500 characters. The requester will read it.
    #[arg(long, value_name = "TEXT", value_parser = values::remark)]
    pub reason: Remark,

    /// The denied zip to write. If not given: <name>.denied.zip beside the request zip.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,

    /// The file whose first line is the passphrase of an encrypted rootCA.key, or a
    /// pipe such as /dev/stdin. If not given: FLAREKIT_CA_PASSPHRASE, or you are asked.
    #[arg(long, value_name = "FILE")]
    pub passphrase_file: Option<PathBuf>,

    /// Replace an existing denied zip.
    #[arg(long)]
    pub force: bool,
}

/// Take a certificate back: it, and its key, shall not count any more.
///
/// Who: the Project Admin, for example after a key was stolen or a site has left.
///
/// Reads: the CA directory and its ledger.
///
/// Writes: an entry in the ledger. The name is free for a new request; the key is never approved
/// again. NVFlare does not ask anybody whether a certificate was revoked: it works until it ends,
/// unless something in front of the server refuses it.
///
/// Next: run `cert crl` and give the list to what stands in front of the server.
#[derive(Debug, Args)]
pub struct RevokeArgs {
    /// The participant's name, or the certificate's serial number (0x..., or as crl.serials.txt has
    /// it). If the participant has several certificates, the serial number is needed, or --all.
    #[arg(value_name = "NAME|SERIAL", required_unless_present = "certificate")]
    pub which: Option<String>,

    /// The certificate's file, for one that the CA issued and that the ledger does not know.
    #[arg(long, value_name = "FILE", conflicts_with = "which")]
    pub certificate: Option<PathBuf>,

    /// The CA directory that `cert init` made.
    #[arg(short, long, value_name = "DIR")]
    pub ca_dir: PathBuf,

    /// Why: one of the reasons that revocation lists know. For key-compromise, every other certificate
    /// of the same key is revoked, too.
    #[arg(long, value_name = "REASON", value_parser = values::revocation_reason())]
    pub reason: RevocationReason,

    /// What else there is to say, in one line of at most 500 characters. It is kept in the ledger.
    #[arg(long, value_name = "TEXT", value_parser = values::remark)]
    pub note: Option<Remark>,

    /// Every certificate of the participant that has not ended.
    #[arg(long, conflicts_with = "certificate")]
    pub all: bool,

    /// The file whose first line is the passphrase of an encrypted rootCA.key, or a
    /// pipe such as /dev/stdin. If not given: FLAREKIT_CA_PASSPHRASE, or you are asked.
    #[arg(long, value_name = "FILE")]
    pub passphrase_file: Option<PathBuf>,
}

/// Make the list of revoked certificates (X.509 CRL), and a plain list of their serial numbers.
///
/// Who: the Project Admin, after each `cert revoke` and before the last list ends.
///
/// Reads: the CA directory and its ledger, which is proved first.
///
/// Writes: the list, signed by the CA, and the serial numbers. Lists that were made before are
/// replaced. Certificates that have ended stay on the list.
///
/// Next: give the list to what stands in front of the server, as the guide shows: NVFlare 2.9 itself
/// does not ask for one.
#[derive(Debug, Args)]
pub struct CrlArgs {
    /// The CA directory that `cert init` made.
    #[arg(short, long, value_name = "DIR")]
    pub ca_dir: PathBuf,

    /// The list to write. If not given: crl.pem, or with --der crl.der, in the current directory.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,

    /// The file for the serial numbers, one a line. If not given: named like the list, with the
    /// ending .serials.txt.
    #[arg(long, value_name = "FILE")]
    pub serials: Option<PathBuf>,

    /// After how many days there will be a newer list, at most when the root certificate ends. Many
    /// programs let nobody in whose list has ended.
    #[arg(long, value_name = "DAYS", default_value = "30", value_parser = values::days)]
    #[arg(allow_negative_numbers = true)]
    pub valid_days: u32,

    /// Write the list in DER instead of PEM.
    #[arg(long)]
    pub der: bool,

    /// The file whose first line is the passphrase of an encrypted rootCA.key, or a
    /// pipe such as /dev/stdin. If not given: FLAREKIT_CA_PASSPHRASE, or you are asked.
    #[arg(long, value_name = "FILE")]
    pub passphrase_file: Option<PathBuf>,
}

/// List the certificates that were issued.
///
/// Who: the Project Admin.
///
/// Reads: the ledger in the CA directory. It does not need the CA's key.
///
/// Writes: nothing. Prints a table, with --csv a file for a spreadsheet.
///
/// Next: `cert expiring` tells which end soon, `audit verify` whether the ledger was changed.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// The CA directory that `cert init` made.
    #[arg(short, long, value_name = "DIR")]
    pub ca_dir: PathBuf,

    /// Only those in this state: in use, ended, replaced by another, or revoked. May be given several
    /// times, for those in any of these.
    #[arg(long, value_name = "STATE", value_parser = values::state())]
    pub state: Vec<State>,

    /// Only those of sites, of the server, or of users.
    #[arg(long, value_name = "KIND", value_parser = values::kind())]
    pub kind: Option<Kind>,

    /// Only those of this organisation.
    #[arg(long, value_name = "ORG")]
    pub org: Option<String>,

    /// Sort by name, or by the end of validity.
    #[arg(long, value_name = "ORDER", default_value = "name", value_parser = values::order())]
    pub sort: Order,

    /// Print comma-separated values instead of a table.
    #[arg(long)]
    pub csv: bool,
}

/// Tell which certificates end soon, the root certificate included.
///
/// Who: the Project Admin, or a job that runs every day.
///
/// Reads: rootCA.pem and the ledger in the CA directory. It does not need the CA's key.
///
/// Writes: nothing. Prints a table, with --ics a calendar. The exit status is 2 if anything ends
/// soon, 0 if nothing does.
///
/// Next: those named run `cert request --renew` with their kit and send the request zip; approve it
/// with `cert approve`. What has ended already needs an ordinary request; of somebody who has left,
/// revoke it by its serial number, and it is not named any more.
#[derive(Debug, Args)]
pub struct ExpiringArgs {
    /// The CA directory that `cert init` made.
    #[arg(short, long, value_name = "DIR")]
    pub ca_dir: PathBuf,

    /// How far to look ahead: days or weeks, for example 30d or 8w; a number alone is days. What has
    /// ended already is named, too, however long ago, until its name gets another certificate or it is
    /// revoked.
    #[arg(long, value_name = "TIME", default_value = "30d", value_parser = values::span)]
    #[arg(allow_negative_numbers = true)]
    pub within: u32,

    /// Print a calendar (iCalendar, .ics) instead of a table. It reminds two weeks before each end.
    #[arg(long)]
    pub ics: bool,
}
