//! The conditions of a statement: operator, then condition key, then values.
//!
//! IAM does not tell operators and keys apart by case. A map that kept the last of two would
//! silently drop a restriction, so a name that occurs twice is refused.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition.html>

use std::{collections::BTreeMap, fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{Error, MapAccess, Visitor},
};

use super::OneOrMany;

/// Conditions, by operator and key. All of them must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(super) struct Conditions(UniqueNames<UniqueNames<OneOrMany<Scalar>>>);

/// Drops operators without keys. They have no effect, and the fence must not be added under one.
impl<'de> Deserialize<'de> for Conditions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut operators = UniqueNames::<UniqueNames<_>>::deserialize(deserializer)?;
        operators.0.retain(|_, keys| !keys.0.is_empty());
        Ok(Self(operators))
    }
}

/// A value to compare with. IAM accepts numbers and truth values without quotes, and they are kept
/// as they were written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Scalar {
    Text(String),
    Truth(bool),
    Number(serde_json::Number),
}

/// A map whose names differ by more than case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
struct UniqueNames<T>(BTreeMap<String, T>);

impl Conditions {
    /// One condition.
    pub(super) fn one(operator: &str, key: &str, value: String) -> Self {
        let mut conditions = Self::default();
        conditions.add(operator, key, value);
        conditions
    }

    /// One condition that any of these values fulfils.
    pub(super) fn one_of(operator: &str, key: &str, values: impl Iterator<Item = String>) -> Self {
        let values = OneOrMany::Many(values.map(Scalar::Text).collect());
        let keys = UniqueNames([(key.to_owned(), values)].into());
        Self(UniqueNames([(operator.to_owned(), keys)].into()))
    }

    /// Adds a condition to the others. The operator must not have this key yet.
    pub(super) fn add(&mut self, operator: &str, key: &str, value: String) {
        let same = |own: &&String| own.eq_ignore_ascii_case(operator);
        let operator = self.0.0.keys().find(same).cloned().unwrap_or_else(|| operator.to_owned());
        let keys = self.0.0.entry(operator).or_default();
        keys.0.insert(key.to_owned(), OneOrMany::One(Scalar::Text(value)));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.0.is_empty()
    }

    /// The condition keys, under all operators.
    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        self.all().map(|(_, key, _)| key)
    }

    /// Each condition: operator, key, values.
    pub(super) fn all(&self) -> impl Iterator<Item = (&str, &str, &[Scalar])> {
        let operators = self.0.0.iter();
        operators.flat_map(|(operator, keys)| {
            let keys = keys.0.iter();
            keys.map(move |(key, values)| (operator.as_str(), key.as_str(), values.all()))
        })
    }
}

impl fmt::Display for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Truth(truth) => write!(f, "{truth}"),
            Self::Number(number) => write!(f, "{number}"),
        }
    }
}

impl<T> Default for UniqueNames<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for UniqueNames<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Unique(PhantomData))
    }
}

/// Reads the entries of a [`UniqueNames`] one by one, so that none replaces another.
struct Unique<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Unique<T> {
    type Value = UniqueNames<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut names = BTreeMap::<String, T>::new();
        while let Some(name) = map.next_key::<String>()? {
            if names.keys().any(|other| other.eq_ignore_ascii_case(&name)) {
                return Err(A::Error::custom(format!("`{name}` stands here twice")));
            }
            names.insert(name, map.next_value()?);
        }
        Ok(UniqueNames(names))
    }
}
