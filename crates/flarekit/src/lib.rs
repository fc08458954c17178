//! NVIDIA FLARE's distributed provisioning as a library: *a definition becomes a request, a request
//! becomes an approval, an approval becomes a startup kit*. Each arrow is one function, and the type
//! that goes in is the proof of the stage before.
//!
//! | step | who | from | through | to |
//! |---|---|---|---|---|
//! | `cert init` | Project Admin | [`profile`] | [`ca::CreateCa`] | a CA directory |
//! | `cert request` | site, user, server | [`definition`] | [`request::Request`] | a request folder and its zip |
//! | `cert request --renew` | site, user, server | [`request::HeldCertificate`] | [`request::Request::renew`] | the same, signed with the key in use |
//! | `cert approve` | Project Admin | a request zip | [`approval::UnverifiedRequest`] → [`approval::VerifiedRequest`] → [`approval::AdmittedRequest`] → [`ca::ledger::ClearedRequest`] → [`ca::CertAuthority::sign`] → [`approval::SignedApproval`] | [`ca::ledger::RecordedApproval`] |
//! | `package` | site, user, server | a signed zip | [`approval::UnverifiedApproval`] → [`approval::VerifiedApproval`] → [`request::RequestFolder`] → [`request::LocalRequest`] → [`kit::KitInputs`] → [`kit::KitPlan`] | [`kit::StartupKit`] |
//!
//! # The rooms
//!
//! Values that cannot be bad, parsed once at the door:
//! [`names`], [`identity`], [`connection`], [`fingerprint`], [`digest`], [`time`].
//!
//! Strict readers of other people's bytes: [`yaml`], [`json`], [`archive`], [`pki`]. What they
//! refuse is a [`Defect`](error::Defect); the stage that asked gives it a [`Code`](error::Code).
//!
//! The stages: [`profile`], [`definition`], [`request`], [`approval`], [`bulk`] for many of them,
//! [`ca`], [`kit`], and [`builders`], a site's own part of it, which alone starts processes.
//! [`policy`] says no before anything is signed.
//!
//! Looking without doing: [`inspect`] shows what something is, [`verify`] checks whether it will
//! work. Both show everything they can and prove nothing to a stage.
//!
//! The machine: [`files`] is the only door to the disk but for [`ca::ledger`]'s database, [`audit`]
//! keeps records in a directory that is handed in, [`connect`] is the only door to the network. The
//! clock and the home directory belong to the program; nothing here prints.
//!
//! # What never happens
//!
//! A private key is not copied into an archive, printed, or cloned. Nothing is read twice: bytes are
//! verified, then the same bytes are parsed. `--force` bypasses no check of a fingerprint.
//!
//! Sources: the artifacts are those of NVFlare 2.9.0; certificates follow RFC 5280, keys RFC 8017
//! and RFC 5958, archives PKWARE's APPNOTE.

#![warn(clippy::disallowed_methods, clippy::disallowed_macros)]

pub mod approval;
pub mod archive;
pub mod audit;
pub mod builders;
pub mod bulk;
pub mod ca;
pub mod connect;
pub mod connection;
pub mod definition;
pub mod digest;
mod encoding;
pub mod error;
mod fields;
#[expect(clippy::disallowed_methods, reason = "this room is the door to the disk")]
pub mod files;
pub mod fingerprint;
pub mod identity;
pub mod inspect;
pub mod json;
pub mod kit;
pub mod names;
pub mod pki;
pub mod policy;
pub mod profile;
pub mod request;
pub mod time;
pub mod verify;
pub mod yaml;
