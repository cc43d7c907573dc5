//! SHA-256 over canonical bytes, which names a thing by its content.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// A SHA-256 digest, written as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Digest([u8; 32]);

impl Digest {
    /// All zeros: the hash before the first entry of a chain.
    pub const ZERO: Self = Self([0; 32]);

    /// Hashes the parts one after the other, under a tag that says what kind of
    /// thing they are, so that a digest of one kind never passes for another.
    pub fn of_bytes(tag: &str, parts: &[&[u8]]) -> Self {
        let mut hash = Sha256::new();
        hash.update(tag.as_bytes());
        hash.update([0]);
        for part in parts {
            hash.update(part);
        }
        Self(hash.finalize().into())
    }

    /// Hashes bytes without a tag, as `sha256sum` does, so that people can compare the digest.
    pub fn plain(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The digest of these bytes, which were hashed elsewhere.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Hashes the [`canonical`] form of a value under a tag.
    pub fn of(tag: &str, value: &impl Serialize) -> Self {
        Self::of_bytes(tag, &[&canonical(value)])
    }

    /// The 32 bytes themselves.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl FromStr for Digest {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut bytes = [0; 32];
        match hex::decode_to_slice(text, &mut bytes) {
            Ok(()) if !text.contains(|c: char| c.is_ascii_uppercase()) => Ok(Self(bytes)),
            Ok(()) | Err(_) => Err("a digest is 64 lower-case hexadecimal digits".to_owned()),
        }
    }
}

impl TryFrom<String> for Digest {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        digest.to_string()
    }
}

/// The only byte string for a value: JSON without white space, the keys of every object in byte
/// order. For ASCII keys and whole numbers this is RFC 8785.
///
/// Keys are sorted here, not by the map that holds them: a dependency can switch
/// that map to insertion order for the whole build.
///
/// # Panics
///
/// Never for the types of this project, which have string keys and plain values.
#[expect(clippy::expect_used, reason = "our types have string keys and plain values")]
pub fn canonical(value: &impl Serialize) -> Vec<u8> {
    let value = serde_json::to_value(value).expect("a value of ours is always JSON");
    let mut text = String::new();
    write_sorted(&value, &mut text);
    text.into_bytes()
}

/// [`canonical`] as text, which is how values are stored and shown.
pub fn canonical_text(value: &impl Serialize) -> String {
    String::from_utf8_lossy(&canonical(value)).into_owned()
}

/// Writes the [`canonical`] form of a value.
pub(crate) fn write_sorted(value: &Value, out: &mut String) {
    match value {
        Value::Object(map) => {
            let mut fields: Vec<_> = map.iter().collect();
            fields.sort_unstable_by_key(|(key, _)| key.as_bytes());
            write_list(out, ['{', '}'], fields, |(key, value), out| {
                out.push_str(&Value::from(key.as_str()).to_string());
                out.push(':');
                write_sorted(value, out);
            });
        }
        Value::Array(items) => write_list(out, ['[', ']'], items, write_sorted),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            out.push_str(&value.to_string());
        }
    }
}

fn write_list<T>(
    out: &mut String,
    [open, close]: [char; 2],
    items: impl IntoIterator<Item = T>,
    write: impl Fn(T, &mut String),
) {
    out.push(open);
    for (index, item) in items.into_iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        write(item, out);
    }
    out.push(close);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_same_content_has_one_byte_string_whatever_the_order_of_its_keys() {
        let value = json!({"b": [1, {"z": null, "a": "é\n\""}], "a": true});
        assert_eq!(
            String::from_utf8(canonical(&value)).unwrap(),
            r#"{"a":true,"b":[1,{"a":"é\n\"","z":null}]}"#
        );
    }

    #[test]
    fn a_digest_of_one_kind_never_passes_for_another() {
        assert_ne!(Digest::of("grant", &"x"), Digest::of("rules", &"x"));
        assert_ne!(Digest::of_bytes("a", &[b"bc"]), Digest::of_bytes("ab", &[b"c"]));
    }

    #[test]
    fn a_digest_is_read_only_in_the_form_it_is_written() {
        let digest = Digest::of("test", &1);
        assert_eq!(digest.to_string().parse(), Ok(digest));
        for wrong in ["", "00", &digest.to_string().to_uppercase(), &format!("{digest}0")] {
            assert!(wrong.parse::<Digest>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_plain_digest_is_what_sha256sum_says() {
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(Digest::plain(b"abc").to_string(), abc);
    }
}
