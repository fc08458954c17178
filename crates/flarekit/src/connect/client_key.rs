//! The participant's certificate and key in a handshake. The key signs where it is: `rustls` gets
//! no copy of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustls::client::ResolvesClientCert;
use rustls::pki_types::CertificateDer;
use rustls::sign::{CertifiedKey, Signer, SigningKey};
use rustls::{Error, SignatureAlgorithm, SignatureScheme};

use crate::pki::{Certificate, PrivateKey};

/// What a participant shows a server that asks for it.
#[derive(Debug)]
pub struct ClientCredentials {
    certificate: Certificate,
    key: Arc<PrivateKey>,
}

impl ClientCredentials {
    /// The certificate and its key.
    #[must_use]
    pub fn new(certificate: Certificate, key: PrivateKey) -> Self {
        Self { certificate, key: Arc::new(key) }
    }
}

/// Shows the credentials, if there are any, and remembers whether the server asked.
#[derive(Debug)]
pub(super) struct Presenter {
    key: Option<Arc<CertifiedKey>>,
    asked: AtomicBool,
}

impl Presenter {
    pub fn new(credentials: Option<&ClientCredentials>) -> Self {
        let key = credentials.map(|credentials| {
            let chain = vec![CertificateDer::from(credentials.certificate.der().to_vec())];
            Arc::new(CertifiedKey::new(chain, Arc::new(Key(Arc::clone(&credentials.key)))))
        });
        Self { key, asked: AtomicBool::new(false) }
    }

    /// Whether the server asked for a certificate.
    pub fn was_asked(&self) -> bool {
        self.asked.load(Ordering::Relaxed)
    }
}

impl ResolvesClientCert for Presenter {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.asked.store(true, Ordering::Relaxed);
        self.key.clone()
    }

    fn has_certs(&self) -> bool {
        // Also without credentials: only who has some is told that the server asked.
        true
    }
}

/// The private key as `rustls` uses one.
#[derive(Debug)]
struct Key(Arc<PrivateKey>);

impl SigningKey for Key {
    fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        // TLS 1.3 offers only the first, TLS 1.2 both.
        [SignatureScheme::RSA_PSS_SHA256, SignatureScheme::RSA_PKCS1_SHA256]
            .into_iter()
            .find(|scheme| offered.contains(scheme))
            .map(|scheme| -> Box<dyn Signer> {
                Box::new(HandshakeSigner { key: Arc::clone(&self.0), scheme })
            })
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        SignatureAlgorithm::RSA
    }
}

#[derive(Debug)]
struct HandshakeSigner {
    key: Arc<PrivateKey>,
    scheme: SignatureScheme,
}

impl Signer for HandshakeSigner {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        let signed = match self.scheme {
            SignatureScheme::RSA_PKCS1_SHA256 => {
                crate::pki::Signer::sign_certificate(&*self.key, message)
            }
            _ => self.key.sign_handshake(message),
        };
        signed.map_err(|defect| Error::General(defect.message))
    }

    fn scheme(&self) -> SignatureScheme {
        self.scheme
    }
}
