//! Private keys: made, read and written, never shown.

use std::fmt;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{
    KeyPair as _, RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaEncoding, RsaPssSaltLength,
    RsaSignatureEncoding,
};
use const_oid::db::rfc5912;
use der::asn1::{AnyRef, UintRef};
use der::{Decode, Sequence};
use pkcs8::pkcs5::pbes2::Kdf;
use pkcs8::{EncryptedPrivateKeyInfoRef, PrivateKeyInfoRef};
use x509_cert::spki::AlgorithmIdentifierRef;
use zeroize::Zeroizing;

use super::armor::{self, Content};
use super::public_key::other;
use super::{PublicKey, Signer, asn1};
use crate::error::{Defect, Reason};

/// The one label under which keys are written: the runtime and the reference read it.
const PKCS1: &str = "RSA PRIVATE KEY";

/// Most rounds of PBKDF2: a few seconds. OpenSSL writes 2048, and 600,000 are advised (OWASP,
/// "Password Storage Cheat Sheet", 2023).
const PBKDF2_ROUNDS: u32 = 5_000_000;

/// Most blocks of 128 bytes that scrypt may need, N times r (RFC 7914 section 2): 32 MiB. OpenSSL
/// uses half of it and reads no more.
const SCRYPT_MEMORY: u64 = 1 << 18;

/// Most such blocks over all its passes, N times r times p: about a second. OpenSSL makes one pass
/// (p = 1), and this is four over the most memory.
const SCRYPT_WORK: u64 = 1 << 20;

static CONTENT: RsaSignatureEncoding = RSA_PSS_SHA256.with_pss_salt_length(RsaPssSaltLength::Max);

/// An RSA private key. It neither clones nor prints, and its memory is wiped.
pub struct PrivateKey {
    pair: KeyPair,
    public: PublicKey,
}

impl PrivateKey {
    /// Makes a new RSA-2048 key with the exponent 65537.
    ///
    /// # Errors
    /// [`Reason::CryptoFailed`].
    pub fn generate() -> Result<Self, Defect> {
        let pair = KeyPair::generate(KeySize::Rsa2048)
            .map_err(|_| Defect::new(Reason::CryptoFailed, "no RSA key could be made"))?;
        Self::new(pair)
    }

    /// Reads one key: PKCS#1, PKCS#8, or PKCS#8 encrypted with a passphrase (PBES2).
    ///
    /// # Errors
    /// [`Reason::PemMalformed`], [`Reason::PemLabel`], [`Reason::DerMalformed`],
    /// [`Reason::KeyNotRsa`], [`Reason::KeySize`], [`Reason::KeyEncrypted`] without a passphrase,
    /// [`Reason::KeyPassphrase`] with a wrong one, [`Reason::KeyOldEncryption`],
    /// [`Reason::KeyCostly`].
    pub fn from_pem(pem: &[u8], passphrase: Option<&[u8]>) -> Result<Self, Defect> {
        let block = armor::read_any(pem)?;
        let Content::Der(der) = block.content else {
            return Err(Defect::new(
                Reason::KeyOldEncryption,
                "the key is encrypted in OpenSSL's old format, expected PKCS#8 or no encryption",
            ));
        };
        match block.label {
            PKCS1 => Self::from_pkcs1(&der),
            "PRIVATE KEY" => Self::from_pkcs8(&der),
            "ENCRYPTED PRIVATE KEY" => Self::from_encrypted(&der, passphrase),
            "EC PRIVATE KEY" | "DSA PRIVATE KEY" => Err(Defect::new(
                Reason::KeyNotRsa,
                format!("the key is a PEM block \"{}\", expected an RSA key", block.label),
            )),
            other => Err(Defect::new(
                Reason::PemLabel,
                format!("is a PEM block \"{other}\", expected \"{PKCS1}\""),
            )),
        }
    }

    /// Writes the key as unencrypted PKCS#1 PEM, byte for byte as the reference does.
    ///
    /// # Errors
    /// [`Reason::CryptoFailed`].
    pub fn to_pem(&self) -> Result<Zeroizing<String>, Defect> {
        let failed = || Defect::new(Reason::CryptoFailed, "the key could not be written");
        // The library writes PKCS#8 only, whose content is the PKCS#1 structure.
        let pkcs8: Pkcs8V1Der<'_> = self.pair.as_der().map_err(|_| failed())?;
        let info = PrivateKeyInfoRef::from_der(pkcs8.as_ref()).map_err(|_| failed())?;
        armor::write(PKCS1, info.private_key.as_bytes())
    }

    /// Signs a TLS handshake: RSASSA-PSS with SHA-256 and a salt as long as the hash (RFC 8446
    /// section 4.2.3).
    ///
    /// # Errors
    /// [`Reason::CryptoFailed`].
    pub fn sign_handshake(&self, message: &[u8]) -> Result<Vec<u8>, Defect> {
        self.sign(&RSA_PSS_SHA256, message)
    }

    fn new(pair: KeyPair) -> Result<Self, Defect> {
        let public = PublicKey::from_rsa(pair.public_key().as_ref())?;
        Ok(Self { pair, public })
    }

    fn from_pkcs1(der: &[u8]) -> Result<Self, Defect> {
        // Not through `asn1::read`, whose comparison would leave a copy of the key in memory; the
        // structure has only numbers, which the decoder accepts in their one encoding.
        let key = RsaPrivateKey::from_der(der).map_err(|e| asn1::malformed("private key", e))?;
        let public = asn1::RsaPublicKey { modulus: key.modulus, exponent: key.exponent };
        let public = PublicKey::from_rsa(&asn1::write(&public, "public key")?)?;
        if !(2048..=8192).contains(&public.bits()) {
            return Err(Defect::new(
                Reason::KeySize,
                format!("the key is {}, expected at least 2048 bits", public.algorithm_name()),
            ));
        }
        let pair = KeyPair::from_der(der).map_err(|_| {
            Defect::new(Reason::DerMalformed, "the private key's numbers do not fit together")
        })?;
        Ok(Self { pair, public })
    }

    fn from_pkcs8(der: &[u8]) -> Result<Self, Defect> {
        let info =
            PrivateKeyInfoRef::from_der(der).map_err(|e| asn1::malformed("private key", e))?;
        if info.algorithm.oid != rfc5912::RSA_ENCRYPTION {
            return Err(Defect::new(
                Reason::KeyNotRsa,
                format!("the key is {}, expected RSA", other(&info.algorithm)),
            ));
        }
        Self::from_pkcs1(info.private_key.as_bytes())
    }

    fn from_encrypted(der: &[u8], passphrase: Option<&[u8]>) -> Result<Self, Defect> {
        let outer: Encrypted<'_> =
            Encrypted::from_der(der).map_err(|e| asn1::malformed("encrypted private key", e))?;
        let known = EncryptedPrivateKeyInfoRef::from_der(der).ok();
        let Some(info) = known.filter(|info| info.encryption_algorithm.pbes2().is_some()) else {
            return Err(Defect::new(
                Reason::KeyOldEncryption,
                format!(
                    "the key is encrypted by the method {}, expected PBES2 with AES",
                    outer.algorithm.oid
                ),
            ));
        };
        let Some(passphrase) = passphrase else {
            return Err(Defect::new(
                Reason::KeyEncrypted,
                "the key is encrypted and no passphrase was given",
            ));
        };
        refuse_costly(&info)?;
        let wrong = || Defect::new(Reason::KeyPassphrase, "the passphrase does not open the key");
        let plain = info.decrypt(passphrase).map_err(|_| wrong())?;
        // With a wrong passphrase, one time in 256 the padding is right and the content is not.
        PrivateKeyInfoRef::from_der(plain.as_bytes()).map_err(|_| wrong())?;
        Self::from_pkcs8(plain.as_bytes())
    }

    fn sign(&self, encoding: &'static dyn RsaEncoding, message: &[u8]) -> Result<Vec<u8>, Defect> {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair
            .sign(encoding, &SystemRandom::new(), message, &mut signature)
            .map_err(|_| Defect::new(Reason::CryptoFailed, "the key could not sign"))?;
        Ok(signature)
    }
}

impl Signer for PrivateKey {
    fn public_key(&self) -> &PublicKey {
        &self.public
    }

    fn sign_certificate(&self, tbs: &[u8]) -> Result<Vec<u8>, Defect> {
        self.sign(&RSA_PKCS1_SHA256, tbs)
    }

    fn sign_content(&self, bytes: &[u8]) -> Result<Vec<u8>, Defect> {
        self.sign(&CONTENT, bytes)
    }
}

/// Names the key by its public half.
impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateKey({}, {})", self.public.algorithm_name(), self.public.sha256_hex())
    }
}

/// Refuses an encryption that would keep the machine busy for long, or would fill its memory: the
/// file says how much work a passphrase takes.
fn refuse_costly(info: &EncryptedPrivateKeyInfoRef<'_>) -> Result<(), Defect> {
    let costly = match info.encryption_algorithm.pbes2().map(|scheme| &scheme.kdf) {
        Some(Kdf::Pbkdf2(kdf)) => kdf.iteration_count > PBKDF2_ROUNDS,
        Some(Kdf::Scrypt(kdf)) => {
            // RFC 7914 section 2; the crate computes with what it was not made for.
            if kdf.cost_parameter < 2 || !kdf.cost_parameter.is_power_of_two() {
                return Err(Defect::new(
                    Reason::DerMalformed,
                    "the key's encryption has a cost that scrypt does not know",
                ));
            }
            let memory = kdf.cost_parameter.saturating_mul(kdf.block_size.into());
            let work = memory.saturating_mul(kdf.parallelization.into());
            memory > SCRYPT_MEMORY || work > SCRYPT_WORK
        }
        _ => false,
    };
    if !costly {
        return Ok(());
    }
    Err(Defect::new(
        Reason::KeyCostly,
        format!(
            "the key is encrypted so that opening it takes too much work, expected at most \
             {PBKDF2_ROUNDS} rounds of PBKDF2, or scrypt in 32 MiB"
        ),
    ))
}

/// `EncryptedPrivateKeyInfo` (RFC 5958 section 3) with any encryption.
#[derive(Sequence)]
struct Encrypted<'a> {
    algorithm: AlgorithmIdentifierRef<'a>,
    data: AnyRef<'a>,
}

/// `RSAPrivateKey` (RFC 8017 appendix A.1.2), of two primes.
#[derive(Sequence)]
struct RsaPrivateKey<'a> {
    version: u8,
    modulus: UintRef<'a>,
    exponent: UintRef<'a>,
    private_exponent: UintRef<'a>,
    prime1: UintRef<'a>,
    prime2: UintRef<'a>,
    exponent1: UintRef<'a>,
    exponent2: UintRef<'a>,
    coefficient: UintRef<'a>,
}

#[cfg(test)]
mod tests {
    use super::{
        EncryptedPrivateKeyInfoRef, Kdf, PBKDF2_ROUNDS, PrivateKey, SCRYPT_MEMORY, SCRYPT_WORK,
        refuse_costly,
    };
    use crate::error::Reason;
    use crate::pki::Signer;
    use crate::pki::testing::vector;
    use pkcs8::pkcs5::EncryptionScheme;

    const PKCS1: &[u8] = vector!("valid/keys/rsa-2048.pkcs1.pem");
    const PKCS8: &[u8] = vector!("valid/keys/rsa-2048.pkcs8.pem");
    const ENCRYPTED: &[u8] = vector!("valid/keys/rsa-2048.encrypted.pem");
    const SCRYPT: &[u8] = vector!("valid/keys/rsa-2048.scrypt.pem");

    fn refusal(pem: &[u8], passphrase: Option<&[u8]>) -> Reason {
        PrivateKey::from_pem(pem, passphrase).unwrap_err().reason
    }

    #[test]
    fn every_form_of_one_key_is_written_as_pkcs1() {
        let correct = Some(b"correct".as_slice());
        for (pem, passphrase) in
            [(PKCS1, None), (PKCS8, None), (ENCRYPTED, correct), (SCRYPT, correct)]
        {
            let key = PrivateKey::from_pem(pem, passphrase).unwrap();
            assert_eq!(key.to_pem().unwrap().as_bytes(), PKCS1);
        }
    }

    #[test]
    fn new_keys_fit_the_runtime_and_show_no_secret() {
        let key = PrivateKey::generate().unwrap();
        key.public_key().require_participant_key().unwrap();
        assert_eq!(key.public_key().exponent(), Some(65537));
        let pem = key.to_pem().unwrap();
        let again = PrivateKey::from_pem(pem.as_bytes(), None).unwrap();
        assert_eq!(again.public_key(), key.public_key());
        let hash = key.public_key().sha256_hex();
        assert_eq!(format!("{key:?}"), format!("PrivateKey(RSA-2048, {hash})"));
    }

    /// A verifier insists on the salt's length, which content has otherwise.
    #[test]
    fn a_handshake_is_signed_with_a_salt_as_long_as_the_hash() {
        use aws_lc_rs::signature::{RSA_PSS_2048_8192_SHA256, UnparsedPublicKey};

        let key = PrivateKey::from_pem(PKCS1, None).unwrap();
        let public = UnparsedPublicKey::new(&RSA_PSS_2048_8192_SHA256, key.public.key_bytes());
        let signature = key.sign_handshake(b"hello").unwrap();
        public.verify(b"hello", &signature).unwrap();
        public.verify(b"Hello", &signature).unwrap_err();
        key.public.verify_content(b"hello", &signature).unwrap_err();
        public.verify(b"hello", &key.sign_content(b"hello").unwrap()).unwrap_err();
    }

    #[test]
    fn refuses_what_it_cannot_open() {
        assert_eq!(refusal(ENCRYPTED, None), Reason::KeyEncrypted);
        assert_eq!(refusal(ENCRYPTED, Some(b"wrong")), Reason::KeyPassphrase);
        for pem in [
            vector!("valid/keys/rsa-2048.old-encryption.pem").as_slice(),
            vector!("valid/keys/rsa-2048.pbes1.pem"),
        ] {
            assert_eq!(refusal(pem, Some(b"correct")), Reason::KeyOldEncryption);
        }
        for pem in [
            vector!("invalid/keys/rsa-2048.costly-pbkdf2.pem").as_slice(),
            vector!("invalid/keys/rsa-2048.costly-scrypt.pem"),
        ] {
            assert_eq!(refusal(pem, Some(b"correct")), Reason::KeyCostly);
        }
        let no_cost = vector!("invalid/keys/rsa-2048.scrypt-without-cost.pem");
        assert_eq!(refusal(no_cost, Some(b"correct")), Reason::DerMalformed);
    }

    /// What is said about a key that is encrypted with these costs.
    fn cost(pem: &[u8], change: impl Fn(&mut Kdf)) -> Option<Reason> {
        let der = crate::pki::armor::read(pem, "ENCRYPTED PRIVATE KEY").unwrap();
        let mut info = EncryptedPrivateKeyInfoRef::try_from(der.as_slice()).unwrap();
        let EncryptionScheme::Pbes2(scheme) = &mut info.encryption_algorithm else {
            panic!("another encryption")
        };
        change(&mut scheme.kdf);
        refuse_costly(&info).err().map(|defect| defect.reason)
    }

    #[test]
    fn the_work_for_a_passphrase_has_a_bound() {
        let pbkdf2 = |rounds: u32| {
            cost(ENCRYPTED, |kdf| match kdf {
                Kdf::Pbkdf2(kdf) => kdf.iteration_count = rounds,
                _ => panic!("another derivation"),
            })
        };
        assert_eq!(pbkdf2(PBKDF2_ROUNDS), None);
        assert_eq!(pbkdf2(PBKDF2_ROUNDS + 1), Some(Reason::KeyCostly));
        let scrypt = |cost_parameter: u64, block_size: u16, parallelization: u16| {
            cost(SCRYPT, |kdf| match kdf {
                Kdf::Scrypt(kdf) => {
                    kdf.cost_parameter = cost_parameter;
                    kdf.block_size = block_size;
                    kdf.parallelization = parallelization;
                }
                _ => panic!("another derivation"),
            })
        };
        // RFC 7914 section 2: the cost is larger than 1 and a power of 2.
        for cost in [0, 1, 3, 6] {
            assert_eq!(scrypt(cost, 8, 1), Some(Reason::DerMalformed), "{cost}");
        }
        assert_eq!(scrypt(2, 8, 1), None);
        // The memory, and at that the work.
        let full = SCRYPT_MEMORY / 8;
        assert!(full.is_power_of_two());
        assert_eq!(scrypt(full, 8, 1), None);
        assert_eq!(scrypt(full, 9, 1), Some(Reason::KeyCostly));
        let times = u16::try_from(SCRYPT_WORK / SCRYPT_MEMORY).unwrap();
        assert_eq!(scrypt(full, 8, times), None);
        assert_eq!(scrypt(full, 8, times + 1), Some(Reason::KeyCostly));
    }

    #[test]
    fn refuses_other_keys() {
        for pem in [
            vector!("valid/keys/ec-p256.pkcs8.pem").as_slice(),
            vector!("valid/keys/ec-p256.sec1.pem"),
        ] {
            assert_eq!(refusal(pem, None), Reason::KeyNotRsa);
        }
        assert_eq!(refusal(vector!("valid/keys/rsa-1024.pkcs8.pem"), None), Reason::KeySize);
        let certificate = vector!("valid/reference-2.9.0/rootCA.pem");
        assert_eq!(refusal(certificate, None), Reason::PemLabel);
    }

    #[test]
    fn refuses_numbers_that_do_not_fit_and_trailing_bytes() {
        let mut der = crate::pki::armor::read(PKCS1, super::PKCS1).unwrap();
        let last = der.len() - 1;
        der[last] ^= 1;
        let changed = crate::pki::armor::write(super::PKCS1, &der).unwrap();
        assert_eq!(refusal(changed.as_bytes(), None), Reason::DerMalformed);
        der[last] ^= 1;
        der.push(0);
        let longer = crate::pki::armor::write(super::PKCS1, &der).unwrap();
        assert_eq!(refusal(longer.as_bytes(), None), Reason::DerMalformed);
    }
}
