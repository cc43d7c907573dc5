//! KMS: the key that signs statements. Its private part never leaves KMS.

use aws_config::SdkConfig;
use aws_sdk_kms::{
    Client,
    primitives::Blob,
    types::{MessageType, SigningAlgorithmSpec},
};
use domain::value::Digest;
use service::{Fault, ports::Signer};

/// An asymmetric key for RSASSA-PKCS1-v1_5 with SHA-256.
#[derive(Debug, Clone)]
pub struct SigningKey {
    client: Client,
    key: String,
}

impl SigningKey {
    /// The key of this ARN.
    pub fn new(sdk: &SdkConfig, key: String) -> Self {
        Self { client: Client::new(sdk), key }
    }

    /// The public key: `SubjectPublicKeyInfo` (RFC 5280), in DER.
    pub async fn public(&self) -> Result<Vec<u8>, Fault> {
        let answer = self.client.get_public_key().key_id(&self.key).send().await;
        let answer = answer.map_err(|error| Fault::new("read public key", error).on(&self.key))?;
        let missing = || Fault::new("read public key", "there is no answer").on(&self.key);
        answer.public_key.map(Blob::into_inner).ok_or_else(missing)
    }
}

impl Signer for SigningKey {
    fn key(&self) -> &str {
        &self.key
    }

    async fn sign(&self, text: &str) -> Result<Vec<u8>, Fault> {
        // KMS takes 4,096 bytes at most, or the digest of any text.
        // <https://docs.aws.amazon.com/kms/latest/APIReference/API_Sign.html>
        let digest = Digest::plain(text.as_bytes());
        let signed = self
            .client
            .sign()
            .key_id(&self.key)
            .message(Blob::new(digest.as_bytes()))
            .message_type(MessageType::Digest)
            .signing_algorithm(SigningAlgorithmSpec::RsassaPkcs1V15Sha256)
            .send()
            .await
            .map_err(|error| Fault::new("sign with key", error).on(&self.key))?;
        let missing = || Fault::new("sign with key", "there is no answer").on(&self.key);
        signed.signature.map(Blob::into_inner).ok_or_else(missing)
    }
}
