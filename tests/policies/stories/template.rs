//! The template as CloudFormation reads it with given parameters: conditions are decided and
//! references replaced.

use std::{collections::BTreeMap, fs};

use saphyr::{LoadableYamlNode, Scalar, Yaml};
use serde_json::{Map, Value, json};

use crate::case::ACCOUNT;

/// The region and the stack.
pub(crate) const REGION: &str = "eu-central-1";
pub(crate) const STACK: &str = "portcullis";

/// The template with parameters.
pub(crate) struct Template {
    parameters: BTreeMap<String, Value>,
    conditions: BTreeMap<String, Value>,
    resources: Map<String, Value>,
}

impl Template {
    /// Reads the template. Parameters that are not given have their defaults.
    pub(crate) fn with(given: &[(&str, Value)]) -> Self {
        let path = local::workspace::root().join("infra/template.yaml");
        let text = fs::read_to_string(path).unwrap();
        let root = plain(&Yaml::load_from_str(&text).unwrap()[0]);
        let mut parameters = BTreeMap::new();
        for (name, parameter) in root["Parameters"].as_object().unwrap() {
            let list = parameter["Type"] == "CommaDelimitedList";
            let default = parameter.get("Default").cloned().unwrap_or(Value::Null);
            parameters.insert(name.clone(), if list { json!([""]) } else { default });
        }
        for (name, value) in given {
            let known = parameters.insert((*name).to_owned(), value.clone());
            assert!(known.is_some(), "the template has no parameter {name}");
        }
        let conditions = root["Conditions"].as_object().unwrap().clone().into_iter().collect();
        let resources = root["Resources"].as_object().unwrap().clone();
        Self { parameters, conditions, resources }
    }

    /// The properties of a resource, or `None` if its condition does not hold.
    pub(crate) fn resource(&self, name: &str) -> Option<Value> {
        let resource = self.resources.get(name).unwrap_or_else(|| panic!("there is no {name}"));
        let condition = resource.get("Condition").and_then(Value::as_str);
        if condition.is_some_and(|condition| !self.holds(condition)) {
            return None;
        }
        self.resolve(&resource["Properties"])
    }

    /// The policy documents of a function's role: its own, and the managed ones with its power.
    pub(crate) fn policies_of(&self, function: &str) -> Vec<Value> {
        let role = self.resource(&format!("{function}Role")).unwrap();
        let mut policies = Vec::new();
        for own in role["Policies"].as_array().unwrap() {
            policies.push(own["PolicyDocument"].clone());
        }
        for managed in role.get("ManagedPolicyArns").and_then(Value::as_array).into_iter().flatten()
        {
            let policy = self.resource(managed.as_str().unwrap()).unwrap();
            policies.push(policy["PolicyDocument"].clone());
        }
        policies
    }

    /// The names of the resources of a type.
    pub(crate) fn all(&self, kind: &str) -> Vec<&str> {
        let of_kind = |(_, resource): &(&String, &Value)| resource["Type"] == kind;
        self.resources.iter().filter(of_kind).map(|(name, _)| name.as_str()).collect()
    }

    fn holds(&self, condition: &str) -> bool {
        self.resolve(&self.conditions[condition]).unwrap() == json!(true)
    }

    /// The value of a node, or `None` for `AWS::NoValue`.
    fn resolve(&self, node: &Value) -> Option<Value> {
        match node {
            Value::Object(map) => match map.iter().next().map(|(name, node)| (name.as_str(), node))
            {
                Some((tag, argument)) if map.len() == 1 && tag.starts_with('!') => {
                    self.call(tag, argument)
                }
                Some(("Condition", name)) if map.len() == 1 && name.is_string() => {
                    Some(json!(self.holds(name.as_str().unwrap())))
                }
                _ => {
                    let fields = map.iter();
                    let fields = fields
                        .filter_map(|(name, value)| Some((name.clone(), self.resolve(value)?)));
                    Some(Value::Object(fields.collect()))
                }
            },
            Value::Array(list) => {
                Some(list.iter().filter_map(|element| self.resolve(element)).collect())
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                Some(node.clone())
            }
        }
    }

    fn call(&self, tag: &str, argument: &Value) -> Option<Value> {
        let arguments = || match self.resolve(argument) {
            Some(Value::Array(list)) => list,
            other => panic!("{tag} takes a list, not {other:?}"),
        };
        match tag {
            "!Ref" => self.reference(argument.as_str().unwrap()),
            "!GetAtt" => Some(json!(self.attribute(argument.as_str().unwrap()))),
            "!Sub" => Some(json!(self.substituted(argument))),
            "!If" => {
                let [condition, then, otherwise] = argument.as_array().unwrap().as_slice() else {
                    panic!("!If takes three arguments")
                };
                let holds = self.holds(condition.as_str().unwrap());
                self.resolve(if holds { then } else { otherwise })
            }
            "!Equals" => {
                let arguments = arguments();
                Some(json!(arguments[0] == arguments[1]))
            }
            "!Not" => Some(json!(arguments()[0] == json!(false))),
            "!And" => Some(json!(arguments().iter().all(|one| *one == json!(true)))),
            "!Or" => Some(json!(arguments().iter().any(|one| *one == json!(true)))),
            "!Join" => {
                let arguments = arguments();
                let parts = arguments[1].as_array().unwrap().iter();
                let parts: Vec<_> = parts.map(|part| part.as_str().unwrap()).collect();
                Some(json!(parts.join(arguments[0].as_str().unwrap())))
            }
            "!Split" => {
                let arguments = arguments();
                let [separator, text] = [0, 1].map(|at| arguments[at].as_str().unwrap());
                Some(json!(text.split(separator).collect::<Vec<_>>()))
            }
            other => panic!("this does not know {other}"),
        }
    }

    fn reference(&self, name: &str) -> Option<Value> {
        Some(match name {
            "AWS::NoValue" => return None,
            "AWS::Partition" => json!("aws"),
            "AWS::AccountId" => json!(ACCOUNT),
            "AWS::Region" => json!(REGION),
            "AWS::StackName" => json!(STACK),
            name => self.parameters.get(name).cloned().unwrap_or_else(|| json!(name)),
        })
    }

    /// The ARN of a resource, as far as our policies look at it.
    pub(crate) fn attribute(&self, path: &str) -> String {
        let (name, attribute) = path.split_once('.').unwrap();
        let here = format!("{REGION}:{ACCOUNT}");
        let kind =
            self.resources.get(name).map_or("", |resource| resource["Type"].as_str().unwrap());
        match (kind, attribute) {
            ("AWS::DynamoDB::Table", "Arn") => format!("arn:aws:dynamodb:{here}:table/{name}"),
            ("AWS::DynamoDB::Table", "StreamArn") => {
                format!("arn:aws:dynamodb:{here}:table/{name}/stream/2026-05-04T00:00:00.000")
            }
            ("AWS::SQS::Queue", "Arn") => format!("arn:aws:sqs:{here}:{name}"),
            ("AWS::Logs::LogGroup", "Arn") => format!("arn:aws:logs:{here}:log-group:{name}:*"),
            ("AWS::Events::EventBus", "Arn") => format!("arn:aws:events:{here}:event-bus/{name}"),
            ("AWS::KMS::Key", "Arn") => format!("arn:aws:kms:{here}:key/{name}"),
            ("AWS::S3::Bucket", "Arn") => format!("arn:aws:s3:::{}", name.to_lowercase()),
            ("AWS::IAM::Role", "Arn") => format!("arn:aws:iam::{ACCOUNT}:role/{name}"),
            // The SAM transform makes rules of a function's events, with names like this.
            ("", "Arn") => format!("arn:aws:events:{here}:rule/{STACK}-{name}-1"),
            (_, attribute) => format!("{name}.{attribute}"),
        }
    }

    fn substituted(&self, argument: &Value) -> String {
        let text = argument.as_str().or_else(|| argument[0].as_str()).unwrap();
        let own = argument.get(1).and_then(Value::as_object);
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, variable)) = rest.split_once("${") {
            let (name, after) = variable.split_once('}').unwrap();
            out += before;
            out += &match own.and_then(|own| own.get(name)) {
                Some(value) => self.resolve(value).unwrap().as_str().unwrap().to_owned(),
                None if name.contains('.') => self.attribute(name),
                None => self.reference(name).unwrap().as_str().unwrap().to_owned(),
            };
            rest = after;
        }
        out + rest
    }
}

/// The node as JSON, with a tag as the only name of an object.
fn plain(node: &Yaml<'_>) -> Value {
    match node {
        Yaml::Value(Scalar::Null) => Value::Null,
        Yaml::Value(Scalar::Boolean(truth)) => json!(truth),
        Yaml::Value(Scalar::Integer(number)) => json!(number),
        Yaml::Value(Scalar::FloatingPoint(number)) => json!(number.into_inner()),
        Yaml::Value(Scalar::String(text)) => json!(text),
        Yaml::Sequence(list) => list.iter().map(plain).collect(),
        Yaml::Mapping(map) => {
            let fields =
                map.iter().map(|(name, value)| (name.as_str().unwrap().to_owned(), plain(value)));
            Value::Object(fields.collect())
        }
        Yaml::Tagged(tag, node) => json!({ format!("!{}", tag.suffix): plain(node) }),
        Yaml::Representation(..) | Yaml::Alias(_) | Yaml::BadValue => {
            panic!("this is not in a template")
        }
    }
}
