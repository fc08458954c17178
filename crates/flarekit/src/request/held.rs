//! The certificate that a participant has now, for the request of the next one.

use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::{FileNames, RequestMetadata};
use crate::audit::AuditDirectory;
use crate::definition::Definition;
use crate::digest::Digest;
use crate::error::{Code, Defect, Error, Reason, Warning, WarningCode};
use crate::files::{self, FileBytes, FileError, Found, Others};
use crate::identity::{CertType, Identity, Kind};
use crate::json;
use crate::names::{Host, Org, ParticipantName, ProjectName, shown};
use crate::pki::{AltName, Certificate, FILE_LIMIT, PrivateKey, Signer};
use crate::time::Timestamp;
use crate::verify::KitHolder;
use crate::yaml;

/// A certificate with its key, both of one participant, and valid now: it can vouch for a request.
pub struct HeldCertificate {
    pub(super) certificate: Certificate,
    pub(super) key: PrivateKey,
    identity: Identity,
    origin: Origin,
    warnings: Vec<Warning>,
}

/// What the request of the next certificate is made from.
pub struct HeldDefinition {
    /// The definition.
    pub definition: Definition,
    /// The file that it stands in, where the user named another place.
    pub found_in: Option<PathBuf>,
    /// What the user should know about it.
    pub warning: Option<Warning>,
}

/// Where it was found.
enum Origin {
    /// A startup kit, which does not have its participant's definition.
    Kit(PathBuf),
    /// A request folder, whose `site.yaml` was read with the rest.
    Folder(HeldFolder),
}

struct HeldFolder {
    path: PathBuf,
    /// Who else could exchange what is in it.
    others: Option<Others>,
    site_path: PathBuf,
    site: Result<FileBytes, FileError>,
}

/// The parts, before they are compared.
struct Parts {
    certificate: (PathBuf, Vec<u8>),
    key: (PathBuf, Zeroizing<Vec<u8>>, u32),
    origin: Origin,
}

impl HeldCertificate {
    /// Takes certificate and key of a startup kit, of flarekit or of NVFlare, or of the request
    /// folder that the kit was made from.
    pub fn open(path: &Path, now: Timestamp) -> Result<Self, Error> {
        let unreadable = |error: FileError| error.code(Code::InvalidArgs);
        let path = files::resolve(path).map_err(unreadable)?;
        let has = |name: &str| {
            files::look(&path.join(name)).map(|found| found != Found::Nothing).map_err(unreadable)
        };
        if has("startup")? {
            return Self::of_kit(path, now);
        }
        if has("request.json")? {
            return Self::of_folder(path, now);
        }
        let (reason, what) = match files::look(&path).map_err(unreadable)? {
            Found::Nothing => (Reason::FileNotFound, "does not exist"),
            _ => (Reason::UnknownArtifact, "is not a startup kit or a request folder"),
        };
        Err(Error::because(Code::InvalidArgs, reason, format!("{} {what}", path.display())))
    }

    /// Who it is.
    #[must_use]
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// The certificate.
    #[must_use]
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// What the user should know about the files.
    #[must_use]
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// Refuses a folder that is of a later certificate: the CA counts this one as replaced, and would
    /// take its holder for an impostor. The folder has that certificate once it is packaged, or a
    /// request that renews it.
    pub fn refuse_renewed(&self, folder: &Path) -> Result<(), Error> {
        let certificate = folder.join(FileNames::of(&self.identity.name).certificate);
        let packaged = files::read_named(&certificate, FILE_LIMIT)
            .ok()
            .and_then(|file| Certificate::from_pem(&file.bytes).ok());
        let asked = files::read_named(&folder.join("request.json"), json::MAX_BYTES as u64)
            .ok()
            .and_then(|file| RequestMetadata::parse(&file.bytes).ok()?.renewal)
            .map(|renewal| renewal.certificate().clone());
        let Some(newer) = packaged.into_iter().chain(asked).find(|other| self.precedes(other))
        else {
            return Ok(());
        };
        let message = format!(
            "{} is of a newer certificate of {}, valid from {}; the one to be renewed is valid from {}",
            folder.display(),
            self.identity.name,
            newer.not_before(),
            self.certificate.not_before()
        );
        Err(Error::because(Code::CertAlreadyExists, Reason::NewerCertificate, message))
    }

    /// Whether another certificate is a later one of the same participant, from the same CA.
    fn precedes(&self, other: &Certificate) -> bool {
        other.not_before() > self.certificate.not_before()
            && other.subject() == self.certificate.subject()
            && matches!((other.issuer(), self.certificate.issuer()), (Ok(a), Ok(b)) if a == b)
    }

    /// The participant's definition: of a request folder the one in it. A kit has none, so of a kit
    /// it is that of the folder which `records` name for it; else what its certificate says, with
    /// the warning that nothing else is known.
    pub fn definition(
        &self,
        records: &AuditDirectory,
        now: Timestamp,
    ) -> Result<HeldDefinition, Error> {
        match &self.origin {
            Origin::Folder(HeldFolder { path: folder, others, site_path: path, site }) => {
                let file = site.as_ref().map_err(|error| {
                    let missing = error.not_found();
                    let reason =
                        if missing { Reason::LocalSiteMissing } else { Reason::FileUnreadable };
                    Error::because(Code::LocalSiteInvalid, reason, error.to_string())
                })?;
                let definition = Definition::parse(&file.bytes)
                    .map_err(|defect| defect.within(path.display()).code(Code::LocalSiteInvalid))?;
                self.expect(&definition, path)?;
                // They would run as this user when the renewal is packaged.
                if definition.local.builders.is_some() {
                    match others {
                        Some(others) => Err(others.refused(folder)),
                        None => file.refuse_exposed(path),
                    }
                    .map_err(|error| error.code(Code::InvalidArgs))?;
                }
                Ok(HeldDefinition { definition, found_in: None, warning: None })
            }
            Origin::Kit(path) => {
                if let Some(found) = self.recorded_definition(records, now) {
                    return Ok(found);
                }
                let hosts = self.further_hosts();
                let definition = hosts
                    .and_then(|hosts| Definition::of(&self.identity, &hosts))
                    .map_err(|defect| defect.within(path.display()).code(Code::InvalidArgs))?;
                let warning = Warning::new(
                    WarningCode::DefinitionFromCertificate,
                    "a kit does not hold the participant definition, and the request folder that it \
                     was made from was not found, so the request has what the certificate says and \
                     nothing else. If the definition has more, such as \
                     capacity, connect_to, connection_security or builders, make the request anew \
                     with --participant, or the next kit will be without it",
                );
                Ok(HeldDefinition { definition, found_in: None, warning: Some(warning) })
            }
        }
    }

    /// The definition in the request folder of this very certificate, if a record names it. Others
    /// may have put something there since the record was made; but they do not have the private key,
    /// which must lie beside the definition.
    fn recorded_definition(
        &self,
        records: &AuditDirectory,
        now: Timestamp,
    ) -> Option<HeldDefinition> {
        let key = Digest::of(self.certificate.public_key().spki_der());
        records.request_folders_with_key(key).iter().find_map(|folder| {
            let folder = files::resolve_parent(folder).ok()?;
            if files::look(&folder) != Ok(Found::Directory) {
                return None;
            }
            let held = Self::of_folder(folder, now).ok()?;
            if held.certificate.der() != self.certificate.der() {
                return None;
            }
            let Origin::Folder(HeldFolder { site_path: path, .. }) = &held.origin else {
                return None;
            };
            let definition = held.definition(records, now).ok()?.definition;
            self.expect(&definition, path).ok()?;
            Some(HeldDefinition { definition, found_in: Some(path.clone()), warning: None })
        })
    }

    /// Refuses the definition of somebody else: that would be another certificate, not the next one.
    pub fn expect(&self, definition: &Definition, place: &Path) -> Result<(), Error> {
        match definition.site.identity.first_difference(&self.identity) {
            None => Ok(()),
            Some((field, defined, held)) => Err(Error::because(
                Code::InvalidArgs,
                Reason::RenewalIdentity,
                format!(
                    "{}: {field} is '{defined}', but '{held}' in the certificate that is to be \
                     renewed",
                    place.display()
                ),
            )),
        }
    }

    fn of_kit(path: PathBuf, now: Timestamp) -> Result<Self, Error> {
        let KitHolder { name, project, certificate, key } = KitHolder::read(&path)?;
        let place = certificate.0.display().to_string();
        let identify = |certificate: &Certificate| {
            identity(certificate, &name, &project)
                .map_err(|defect| defect.within(&place).code(Code::InvalidArgs))
        };
        Self::new(Parts { certificate, key, origin: Origin::Kit(path) }, identify, now)
    }

    /// Nobody exchanges what is in the folder while it is read, and all is read from this one.
    fn of_folder(path: PathBuf, now: Timestamp) -> Result<Self, Error> {
        let filled = files::lock_filled(&path).map_err(|error| error.code(Code::InvalidArgs))?;
        let folder = filled.folder();
        let place = path.join("request.json");
        let file = folder
            .read("request.json", json::MAX_BYTES as u64)
            .map_err(|error| error.code(Code::RequestMetadataInvalid))?;
        let metadata = RequestMetadata::parse(&file.bytes)
            .map_err(|defect| defect.within(place.display()).code(Code::RequestMetadataInvalid))?;
        let names = FileNames::of(&metadata.identity.name);
        let certificate = path.join(&names.certificate);
        let bytes = folder.read(&names.certificate, FILE_LIMIT).map_err(|error| {
            if error.not_found() {
                return Error::because(
                    Code::RequestDirIncomplete,
                    Reason::RenewalWithoutCertificate,
                    format!("{} has no certificate {}", path.display(), names.certificate),
                );
            }
            error.code(Code::InvalidArgs)
        })?;
        let key = path.join(&names.key);
        let (pem, mode) = folder.read_secret(&names.key, FILE_LIMIT).map_err(|error| {
            let missing = error.not_found();
            error.code(if missing { Code::KeyNotFound } else { Code::KeyInvalid })
        })?;
        let site = path.join("site.yaml");
        let definition = folder.read("site.yaml", yaml::MAX_BYTES as u64);
        let others = filled.others();
        let shown_place = certificate.display().to_string();
        let parts = Parts {
            certificate: (certificate, bytes.bytes),
            key: (key, pem, mode),
            origin: Origin::Folder(HeldFolder {
                path: path.clone(),
                others,
                site_path: site,
                site: definition,
            }),
        };
        let identify =
            |certificate: &Certificate| match metadata.identity.differs_from(certificate.subject())
            {
                None => Ok(metadata.identity.clone()),
                Some((attribute, found, expected)) => Err(Error::because(
                    Code::InvalidArgs,
                    Reason::RenewalIdentity,
                    format!(
                        "{shown_place}: {attribute} is {found}, but request.json says '{expected}'"
                    ),
                )),
            };
        Self::new(parts, identify, now)
    }

    fn new(
        parts: Parts,
        identify: impl FnOnce(&Certificate) -> Result<Identity, Error>,
        now: Timestamp,
    ) -> Result<Self, Error> {
        let Parts { certificate: (place, bytes), key: (key_place, pem, mode), origin } = parts;
        let certificate = Certificate::from_pem(&bytes)
            .map_err(|defect| defect.within(place.display()).code(Code::InvalidArgs))?;
        let identity = identify(&certificate)?;
        let key = PrivateKey::from_pem(&pem, None)
            .map_err(|defect| defect.within(key_place.display()).code(Code::KeyInvalid))?;
        if key.public_key() != certificate.public_key() {
            let message = format!("{} is not the key of {}", key_place.display(), place.display());
            return Err(Error::because(Code::KeyCertMismatch, Reason::KeyMismatch, message));
        }
        check_dates(&certificate, &place, now)?;
        let mut warnings = Vec::new();
        if let Origin::Folder(HeldFolder { path, others: Some(others), .. }) = &origin {
            warnings.push(Warning::writable_folder(path, others));
        }
        if mode & 0o077 != 0 {
            warnings.push(Warning::readable_key(&key_place, mode));
        }
        Ok(Self { certificate, key, identity, origin, warnings })
    }

    /// The names in a server's certificate besides its own.
    fn further_hosts(&self) -> Result<Vec<Host>, Defect> {
        if self.identity.cert_type.kind() != Kind::Server {
            return Ok(vec![]);
        }
        let own = Host::parse(self.identity.name.as_str())?;
        let names = self.certificate.alt_names().iter().map(|name| match name {
            AltName::Dns(name) => Host::parse(name),
            AltName::Ip(address) => Host::parse(&address.to_string()),
        });
        let mut hosts = names.collect::<Result<Vec<_>, _>>()?;
        hosts.retain(|host| !host.is_same_host(&own));
        Ok(hosts)
    }
}

/// The participant of a kit: certificate and configuration must name the same one.
fn identity(certificate: &Certificate, name: &str, project: &str) -> Result<Identity, Defect> {
    let subject = certificate.subject();
    let cert_type = CertType::parse(subject.unstructured_name.as_deref().unwrap_or_default())?;
    let identity = Identity {
        project: ProjectName::parse(project)?,
        name: ParticipantName::parse(name, cert_type)?,
        org: Org::parse(subject.organization.as_deref().unwrap_or_default())?,
        cert_type,
    };
    match identity.differs_from(subject) {
        None => Ok(identity),
        Some((attribute, found, expected)) => Err(Defect::new(
            Reason::KitIdentity,
            format!("{attribute} is {found}, but the kit's configuration says {}", shown(expected)),
        )),
    }
}

/// Outside its validity a certificate vouches for nothing.
fn check_dates(certificate: &Certificate, place: &Path, now: Timestamp) -> Result<(), Error> {
    let (first, last) = (certificate.not_before(), certificate.not_after());
    let (code, reason, when) = if now > last {
        (Code::CertExpired, Reason::CertificateExpired, format!("was valid until {last}"))
    } else if now < first {
        let when = format!("is valid only from {first}");
        (Code::CertNotYetValid, Reason::CertificateNotYetValid, when)
    } else {
        return Ok(());
    };
    let message = format!("{}: the certificate {when}; it is {now} here", place.display());
    Err(Error::because(code, reason, message))
}
