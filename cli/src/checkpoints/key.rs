//! The public key, as a PEM file.

use anyhow::{Context, Result, ensure};
use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use domain::value::Digest;

const BEGIN: &str = "-----BEGIN PUBLIC KEY-----";
const END: &str = "-----END PUBLIC KEY-----";

/// Characters in a line of a PEM file (RFC 7468, section 2).
const LINE: usize = 64;

/// An RSA public key: `SubjectPublicKeyInfo` (RFC 5280), in DER.
#[derive(Debug, Clone)]
pub struct PublicKey(Vec<u8>);

impl PublicKey {
    /// Reads a PEM file.
    pub fn from_pem(text: &str) -> Result<Self> {
        let (_, rest) = text.split_once(BEGIN).context("it has no line `BEGIN PUBLIC KEY`")?;
        let (body, _) = rest.split_once(END).context("it has no line `END PUBLIC KEY`")?;
        let body: String = body.split_whitespace().collect();
        let der = BASE64_STANDARD.decode(body).context("it is not Base64 between the two lines")?;
        ensure!(!der.is_empty(), "there is nothing between the two lines");
        Ok(Self(der))
    }

    /// Whether this is the signature of a text by this key: RSASSA-PKCS1-v1_5 with SHA-256.
    pub fn verifies(&self, text: &str, signature: &[u8]) -> bool {
        let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &self.0);
        key.verify(text.as_bytes(), signature).is_ok()
    }

    /// The SHA-256 digest of the key, by which people compare keys.
    pub fn fingerprint(&self) -> Digest {
        Digest::plain(&self.0)
    }
}

/// A key in DER as a PEM file.
pub fn pem_of(der: &[u8]) -> String {
    let body = BASE64_STANDARD.encode(der);
    let mut text = format!("{BEGIN}\n");
    let mut rest = body.as_str();
    while let Some((line, more)) = rest.split_at_checked(LINE) {
        text.extend([line, "\n"]);
        rest = more;
    }
    if !rest.is_empty() {
        text.extend([rest, "\n"]);
    }
    text + END + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_as_it_was_printed_whatever_stands_around_it() {
        for length in [1, 47, 48, 49, 422] {
            let key = vec![7; length];
            let text = format!("of portcullis\n{}\n", pem_of(&key).replace('\n', "\r\n"));
            assert_eq!(PublicKey::from_pem(&text).unwrap().0, key);
            assert!(text.lines().all(|line| line.len() <= LINE));
        }
        for wrong in ["", BEGIN, &format!("{BEGIN}\n{END}"), &format!("{BEGIN}\n~~\n{END}")] {
            assert!(PublicKey::from_pem(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_signature_of_nonsense_is_none() {
        let key = PublicKey::from_pem(&pem_of(b"no key")).unwrap();
        assert!(!key.verifies("text", b"signature"));
    }
}
