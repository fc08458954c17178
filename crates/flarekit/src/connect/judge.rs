//! Judging the server's certificate: by the kit's root alone, as the runtime does.

use std::sync::{Arc, Mutex};

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

use crate::error::{Defect, Reason};
use crate::pki::Certificate;

/// What was seen of the server's certificate.
#[derive(Debug, Clone, Default)]
pub(super) struct Seen {
    /// Whether it was seen at all.
    pub presented: bool,
    /// The certificate, if it is of a form that this program reads.
    pub certificate: Option<Certificate>,
    /// Whether it is for another host than the one that was meant.
    pub other_host: bool,
}

/// `webpki`'s judgement, which it neither adds to nor, but for the host where that does not count,
/// takes from.
#[derive(Debug)]
pub(super) struct Judge {
    webpki: Arc<WebPkiServerVerifier>,
    host_counts: bool,
    seen: Mutex<Seen>,
}

impl Judge {
    /// Trusts this root and no other. `host_counts` says whether the certificate must be for the
    /// host.
    pub fn new(
        root: &Certificate,
        host_counts: bool,
        provider: Arc<CryptoProvider>,
    ) -> Result<Self, Defect> {
        let unusable = |error: &dyn std::fmt::Display| {
            Defect::new(Reason::RootNotACa, format!("the root certificate cannot be used: {error}"))
        };
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from(root.der().to_vec())).map_err(|error| unusable(&error))?;
        let webpki = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider)
            .build()
            .map_err(|error| unusable(&error))?;
        Ok(Self { webpki, host_counts, seen: Mutex::new(Seen::default()) })
    }

    /// What was seen so far.
    pub fn seen(&self) -> Seen {
        self.seen.lock().map(|seen| seen.clone()).unwrap_or_default()
    }
}

impl ServerCertVerifier for Judge {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let judged = self.webpki.verify_server_cert(
            end_entity,
            intermediates,
            server_name,
            ocsp_response,
            now,
        );
        let other_host = matches!(
            judged,
            Err(Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. }
            ))
        );
        if let Ok(mut seen) = self.seen.lock() {
            let certificate = Certificate::from_der(end_entity).ok();
            *seen = Seen { presented: true, certificate, other_host };
        }
        // webpki compares the name last, so everything else is in order then.
        if other_host && !self.host_counts {
            return Ok(ServerCertVerified::assertion());
        }
        judged
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.webpki.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.webpki.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.webpki.supported_verify_schemes()
    }
}
