//! The commands and their options, as the user types them. The doc comments are the help texts.

mod cert;
mod examples;
mod grammar;
#[cfg(test)]
mod page;
mod values;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;

use crate::output::Format;

pub use cert::{
    ApproveArgs, CertCommand, CrlArgs, DenyArgs, ExpiringArgs, InitArgs, ListArgs, RequestArgs,
    RevokeArgs,
};
pub use examples::examples;
pub use grammar::{
    commands_of, complete_for, find, names_a_format, offered, options_from, outline,
};
pub use values::USUAL_DAYS;

/// Issue certificates and startup kits for the sites, users and server of a federation.
///
/// Each participant makes its own private key and keeps it. The Project Admin signs requests and
/// never sees a private key.
///
/// The steps: the Project Admin runs `cert init` once. A participant runs `cert request` and sends
/// the request zip. The Project Admin runs `cert approve` and returns the signed zip. The
/// participant runs `package` and starts the kit.
#[derive(Debug, Parser)]
#[command(name = "flarekit", version)]
pub struct Cli {
    /// How to print the result: lines for people, or one JSON object for programs. Stands anywhere
    /// on the command line; the last one wins.
    #[arg(long, global = true, help_heading = "Options of every command")]
    #[arg(value_name = "FORMAT", value_parser = values::format(&["txt", "json"]))]
    pub format: Option<Format>,

    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a project's root CA, request certificates, approve requests.
    ///
    /// `cert request` is for everyone who takes part: sites, users and the server. All others are
    /// for the Project Admin.
    Cert {
        /// What to do with certificates.
        #[command(subcommand)]
        command: CertCommand,
    },
    Package(PackageArgs),
    Inspect(InspectArgs),
    Verify(VerifyArgs),
    /// Prove and export the ledger of what was approved.
    ///
    /// For the Project Admin and for auditors. Neither command needs the CA's key or changes
    /// anything.
    Audit {
        /// What to do with the ledger.
        #[command(subcommand)]
        command: AuditCommand,
    },
    /// Try a policy for approvals.
    ///
    /// For the Project Admin. A policy says which requests may be approved: see `cert approve
    /// --policy`.
    Policy {
        /// What to do with the policy.
        #[command(subcommand)]
        command: PolicyCommand,
    },
    Completions(CompletionsArgs),
}

/// The commands under `audit`.
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    Verify(AuditVerifyArgs),
    Export(AuditExportArgs),
}

/// The commands under `policy`.
#[derive(Debug, Subcommand)]
pub enum PolicyCommand {
    Check(PolicyCheckArgs),
}

/// Try a policy on requests, and sign nothing.
///
/// Who: the Project Admin, after writing a policy and before relying on it.
///
/// Reads: the policy, the project profile, and request zips or directories of them. It needs neither
/// the CA nor its key, and does not know what was issued before.
///
/// Writes: nothing. Prints which requests `cert approve --policy` would sign, with the request_digest
/// of each, and which rule denies each of the others. The exit status is 2 if it would not sign them
/// all, 0 if it would.
///
/// Next: change the policy, or approve the requests with `cert approve --policy`.
#[derive(Debug, Args)]
pub struct PolicyCheckArgs {
    /// The policy (YAML).
    #[arg(value_name = "POLICY")]
    pub policy: PathBuf,

    /// The request zips to try it on, and directories: of these, every *.request.zip directly in it,
    /// sorted by name. Without any, only the policy is read.
    #[arg(value_name = "REQUEST_ZIP")]
    pub request_zips: Vec<PathBuf>,

    /// The project profile (YAML), which says what a server is called.
    #[arg(long, value_name = "FILE")]
    pub profile: PathBuf,

    /// For how many days the certificates would be valid. If not given: as `cert approve --policy`
    /// has it.
    #[arg(long, value_name = "DAYS", value_parser = values::days)]
    #[arg(allow_negative_numbers = true)]
    pub valid_days: Option<u32>,
}

/// Prove that the ledger is as the CA wrote it.
///
/// Who: the Project Admin or an auditor, from time to time and before relying on the ledger.
///
/// Reads: rootCA.pem and the ledger in the CA directory. It does not need the CA's key.
///
/// Writes: nothing. If an entry was changed, removed or exchanged, the first one is named.
///
/// Next: note the number of entries and ledger_sha256 somewhere else. A later ledger with fewer
/// entries was cut off or replaced by an older one. ledger_sha256 is the hash of the last entry, which
/// covers all before it; it is not the SHA-256 of the file.
#[derive(Debug, Args)]
pub struct AuditVerifyArgs {
    /// The CA directory that `cert init` made, or a copy of it.
    #[arg(short, long, value_name = "DIR")]
    pub ca_dir: PathBuf,
}

/// Print every entry of the ledger, after proving it.
///
/// Who: the Project Admin or an auditor.
///
/// Reads: rootCA.pem and the ledger in the CA directory. It does not need the CA's key.
///
/// Writes: nothing. Prints JSON Lines, one object an entry, or with --csv comma-separated values.
///
/// Next: open it in a spreadsheet, or hand it to a program.
#[derive(Debug, Args)]
pub struct AuditExportArgs {
    /// The CA directory that `cert init` made, or a copy of it.
    #[arg(short, long, value_name = "DIR")]
    pub ca_dir: PathBuf,

    /// Print comma-separated values instead of JSON Lines.
    #[arg(long)]
    pub csv: bool,
}

/// Build the startup kit from the signed zip and the local private key.
///
/// Who: the participant, on the machine that made the request.
///
/// Reads: the signed zip that the Project Admin returned, and the request folder. A denied zip is
/// explained; give --fingerprint with it, too, because anyone could have made it.
///
/// Writes: <workspace>/<project>/prod_<NN>/<name>/ with startup, local and transfer. The kits of
/// other participants in the same directory stay as they are.
///
/// Runs: the programs and Python classes that are listed under `builders` in site.yaml of the
/// request folder, if there are any.
///
/// Next: a site or the server runs startup/start.sh in the kit, a user startup/fl_admin.sh.
#[derive(Debug, Args)]
pub struct PackageArgs {
    /// The signed zip that the Project Admin returned.
    // The reference's name for it, which programs read in the schema.
    #[arg(id = "input", value_name = "SIGNED_ZIP")]
    pub signed_zip: PathBuf,

    /// The directory under which the kit is made.
    #[arg(short, long, value_name = "DIR", default_value = "workspace")]
    pub workspace: PathBuf,

    /// The folder that `cert request` made. If not given, it is looked for in the record of the
    /// request and beside the signed zip.
    #[arg(long, value_name = "DIR")]
    pub request_dir: Option<PathBuf>,

    /// The fingerprint of the root certificate as the Project Admin told you in another trusted way
    /// than by sending the zip. Packaging stops if the zip has another root.
    #[arg(long, value_name = "SHA256", visible_alias = "expected-fingerprint")]
    pub fingerprint: Option<String>,

    /// The Python, with NVFlare, for Python classes under `builders` in site.yaml: a path, or a name
    /// on the PATH. Without such classes no Python is needed.
    #[arg(long, value_name = "PYTHON", default_value = "python3")]
    pub python: PathBuf,

    /// Replace this participant's existing kit. The old one is kept in a backup.
    #[arg(long)]
    pub force: bool,
}

/// Show what a file or folder is and says: a zip, a certificate, a CA directory, a kit.
///
/// Who: anyone who was sent something, before trusting it.
///
/// Reads: a request zip, a signed zip, a denied zip, a certificate, a certificate signing request, a
/// revocation list, a private key, a CA directory, a request folder or a startup kit. What it is, is
/// told by its content.
///
/// Writes: nothing. What the thing says is shown as it says it; beside that stands what was
/// verified, what was not, and what is wrong. A private key is never shown.
///
/// Next: compare request_digest or the fingerprint with the other side, by telephone.
#[derive(Debug, Args)]
pub struct InspectArgs {
    /// What to look at.
    #[arg(value_name = "FILE|DIR")]
    pub path: PathBuf,
}

/// Check that a startup kit or a zip is whole, fits together and is valid now.
///
/// Who: a participant, before starting a kit or when it does not connect; anyone who was sent a zip.
///
/// Reads: a startup kit, made by flarekit or by NVFlare, a signed zip, a denied zip, or a request
/// zip. With
/// --connect the kit's server, too, over the network.
///
/// Writes: nothing. Each check is told with what was found: ok, warning, failed or skipped. The
/// command fails if one of them did.
///
/// Next: do what the hint says about the first check that failed, and verify again.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// The startup kit's folder, or the zip.
    #[arg(value_name = "KIT|ZIP")]
    pub path: PathBuf,

    /// The fingerprint of the root certificate as the Project Admin told you in another trusted way
    /// than by sending the zip.
    #[arg(long, value_name = "SHA256", visible_alias = "expected-fingerprint")]
    pub fingerprint: Option<String>,

    /// The revocation list that the Project Admin gave you (`cert crl`): the check fails if the kit's
    /// certificate is on it.
    #[arg(long, value_name = "FILE")]
    pub crl: Option<PathBuf>,

    /// Connect to the server that the kit is configured for, and make a TLS handshake with the kit's
    /// certificates. Nothing else is sent.
    #[arg(long)]
    pub connect: bool,

    /// How long the connection may take, and then the handshake.
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = values::timeout)]
    #[arg(allow_negative_numbers = true)]
    pub timeout: u32,
}

/// Print a script that lets a shell complete commands and options.
///
/// Who: anyone who types these commands often.
///
/// Reads: nothing.
///
/// Writes: the script, to standard output.
///
/// Next: store it where your shell looks for completions, for zsh a folder in its fpath, and open a new
/// shell.
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell that you use.
    #[arg(value_name = "SHELL")]
    pub shell: Shell,
}
