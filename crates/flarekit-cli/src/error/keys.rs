//! Advice about files with a key or a certificate that cannot be used.

use flarekit::error::Reason;

/// What a root's key must be.
pub const ROOT_KEY: &str = "The root's key must be RSA of 2048 to 4096 bits. Make a new CA with \
                        'cert init'; every participant must then request and package again.";

/// A root certificate or CA key that cannot be used.
pub fn of_ca(reason: Reason) -> Option<&'static str> {
    match reason {
        Reason::KeyEncrypted => Some(
            "Give the passphrase with --passphrase-file or in FLAREKIT_CA_PASSPHRASE, or run the \
             command in a terminal, where you are asked for it.",
        ),
        Reason::KeyPassphrase => Some(
            "Check the passphrase. Of --passphrase-file the first line counts, without the line \
                 break; without it, FLAREKIT_CA_PASSPHRASE counts, if it is set; without both, you \
                 are asked.",
        ),
        Reason::KeyOldEncryption => Some(
            "Encrypt it in today's way: openssl pkcs8 -topk8 -in rootCA.key -out new.key, then \
             put new.key in the place of rootCA.key.",
        ),
        Reason::KeyCostly => Some(
            "Encrypt it with fewer rounds: openssl pkcs8 -topk8 -iter 600000 -in rootCA.key -out \
             new.key, then put new.key in the place of rootCA.key.",
        ),
        Reason::PemMalformed => Some(
            "Correct with a text editor what the message names, or restore rootCA.pem and \
             rootCA.key from one backup.",
        ),
        Reason::NotAPlainFile => Some("Put the file itself there, not a link."),
        Reason::KeyNotRsa | Reason::KeySize => Some(ROOT_KEY),
        _ => None,
    }
}

/// A participant's key that cannot be used.
pub fn of_participant(reason: Reason) -> Option<&'static str> {
    match reason {
        Reason::KeyEncrypted => Some(
            "Decrypt the key with 'openssl rsa': NVFlare reads only keys without a passphrase.",
        ),
        Reason::PemMalformed => Some(
            "Correct with a text editor what the message names, or restore the key file from a \
             backup. If there is none, make a new request with 'cert request --force'.",
        ),
        _ => None,
    }
}
