//! GitHub's own description of its API, and the question every request and answer is asked: do you fit it?

use std::collections::BTreeMap;
use std::sync::{LazyLock, OnceLock};

use jsonschema::Validator;
use serde_json::{Map, Value};

use crate::path_template::PathTemplate;
use crate::schema::standalone;

const SLICE: &str = include_str!("../data/github-openapi-slice.json");
const AGENT_ASSIGNMENT: &str = include_str!("../data/agent-assignment.json");

/// The operations that accept `agent_assignment`, which GitHub documents in words but not in its description.
const HAND_OVER: [(&str, &str); 3] = [
    ("POST", "/repos/{owner}/{repo}/issues"),
    ("PATCH", "/repos/{owner}/{repo}/issues/{issue_number}"),
    ("POST", "/repos/{owner}/{repo}/issues/{issue_number}/assignees"),
];

static DESCRIPTION: LazyLock<Description> = LazyLock::new(Description::read);

/// All described operations.
pub(crate) struct Description {
    operations: Vec<Operation>,
    components: Map<String, Value>,
    agent_assignment: Validator,
}

/// One method on one path.
pub(crate) struct Operation {
    pub(crate) method: String,
    pub(crate) path: PathTemplate,
    parameters: Vec<Parameter>,
    body: Option<Body>,
    answers: BTreeMap<u16, Option<Checked>>,
}

struct Parameter {
    name: String,
    required: bool,
    checked: Checked,
}

struct Body {
    required: bool,
    /// The names the description lists; none when its schema is not a plain object.
    known: Option<Vec<String>>,
    checked: Checked,
}

/// A schema whose validator is built when it is first needed: most tests touch few operations.
struct Checked {
    schema: Value,
    validator: OnceLock<Validator>,
}

impl Checked {
    fn new(schema: &Value) -> Self {
        Checked { schema: schema.clone(), validator: OnceLock::new() }
    }

    fn check(&self, value: &Value) -> Result<(), String> {
        let validator = self.validator.get_or_init(|| {
            let schema = standalone(&self.schema, &Description::get().components);
            jsonschema::draft7::new(&schema).expect("every schema of the description is a valid one")
        });
        complaints(validator, value)
    }
}

fn complaints(validator: &Validator, value: &Value) -> Result<(), String> {
    let found: Vec<String> = validator
        .iter_errors(value)
        .take(5)
        .map(|error| {
            let mut text = error.to_string();
            if text.chars().count() > 300 {
                text = text.chars().take(300).chain("…".chars()).collect();
            }
            format!("at '{}': {text}", error.instance_path())
        })
        .collect();
    if found.is_empty() { Ok(()) } else { Err(found.join("; ")) }
}

impl Description {
    /// The one description of this process.
    pub(crate) fn get() -> &'static Description {
        &DESCRIPTION
    }

    fn read() -> Self {
        let mut slice: Value = serde_json::from_str(SLICE).expect("the vendored description is JSON");
        let overlay: Value = serde_json::from_str(AGENT_ASSIGNMENT).expect("the overlay is JSON");
        let Value::Object(paths) = slice["paths"].take() else { panic!("the description has paths") };
        let mut operations = Vec::new();
        for (path, methods) in &paths {
            for (method, described) in methods.as_object().into_iter().flatten() {
                operations.push(Operation::read(&method.to_uppercase(), path, described, &slice["components"]));
            }
        }
        let Value::Object(components) = slice["components"]["schemas"].take() else { panic!("it has schemas") };
        let agent_assignment = jsonschema::draft7::new(&overlay).expect("the overlay is a schema");
        Description { operations, components, agent_assignment }
    }

    /// The operation a request asks for, with the values in its path.
    pub(crate) fn find(&self, method: &str, path: &str) -> Option<(&Operation, BTreeMap<String, String>)> {
        let fitting = self.operations.iter().filter(|operation| operation.method == method);
        fitting
            .filter_map(|operation| operation.path.values(path).map(|values| (operation, values)))
            .max_by_key(|(operation, _)| operation.path.literals())
    }
}

impl Operation {
    fn read(method: &str, path: &str, described: &Value, components: &Value) -> Self {
        let resolve = |value: &Value| match value["$ref"].as_str() {
            Some(target) => components.pointer(target.trim_start_matches("#/components")).cloned(),
            None => Some(value.clone()),
        };
        let schema_of = |value: &Value| value["content"]["application/json"].get("schema").cloned();
        let listed = described["parameters"].as_array().into_iter().flatten().filter_map(resolve);
        let parameters = listed
            .filter(|parameter| parameter["in"] == "query")
            .map(|parameter| Parameter {
                name: parameter["name"].as_str().unwrap_or_default().to_owned(),
                required: parameter["required"] == true,
                checked: Checked::new(&parameter["schema"]),
            })
            .collect();
        let body = described.get("requestBody").and_then(|body| {
            let schema = schema_of(body)?;
            let known = schema["properties"].as_object().map(|named| named.keys().cloned().collect());
            Some(Body { required: body["required"] == true, known, checked: Checked::new(&schema) })
        });
        let answers = described["responses"].as_object().into_iter().flatten().filter_map(|(status, answer)| {
            let schema = resolve(answer).as_ref().and_then(schema_of);
            Some((status.parse().ok()?, schema.as_ref().map(Checked::new)))
        });
        let answers = answers.collect();
        Operation { method: method.to_owned(), path: PathTemplate::new(path), parameters, body, answers }
    }

    /// Whether every query parameter is described and every required one is there, each of its type.
    pub(crate) fn check_query(&self, query: &BTreeMap<String, String>) -> Result<(), String> {
        for (name, text) in query {
            let Some(parameter) = self.parameters.iter().find(|parameter| &parameter.name == name) else {
                return Err(format!("{} {} has no query parameter '{name}'", self.method, self.path.text()));
            };
            let value = match parameter.checked.schema["type"].as_str() {
                Some("integer" | "number" | "boolean" | "array") => {
                    serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.clone()))
                }
                _ => Value::String(text.clone()),
            };
            parameter.checked.check(&value).map_err(|found| format!("query parameter '{name}' {found}"))?;
        }
        match self.parameters.iter().find(|parameter| parameter.required && !query.contains_key(&parameter.name)) {
            Some(absent) => Err(format!("query parameter '{}' is required", absent.name)),
            None => Ok(()),
        }
    }

    /// Whether a request body fits; `Null` stands for none. Names that the description does not list are refused even
    /// where it would allow them: a misspelt field is silently ignored by GitHub, and never meant.
    pub(crate) fn check_body(&self, body: &Value) -> Result<(), String> {
        let Some(described) = &self.body else {
            return if body.is_null() { Ok(()) } else { Err("this operation takes no body".into()) };
        };
        if body.is_null() {
            return if described.required { Err("a body is required".into()) } else { Ok(()) };
        }
        let hands_over = HAND_OVER.contains(&(self.method.as_str(), self.path.text()));
        if let (Some(known), Some(sent)) = (&described.known, body.as_object()) {
            let is_known = |name: &String| known.contains(name) || hands_over && name == "agent_assignment";
            if let Some(name) = sent.keys().find(|name| !is_known(name)) {
                return Err(format!("the description does not know the field '{name}'"));
            }
        }
        if let Some(assignment) = body.get("agent_assignment").filter(|_| hands_over) {
            let overlay = &Description::get().agent_assignment;
            complaints(overlay, assignment).map_err(|found| format!("agent_assignment {found}"))?;
        }
        described.checked.check(body)
    }

    /// Whether an answer fits. Errors with a status the description does not list need only be GitHub's basic error.
    pub(crate) fn check_answer(&self, status: u16, body: Option<&Value>) -> Result<(), String> {
        match (self.answers.get(&status), body) {
            (Some(Some(checked)), Some(body)) => checked.check(body),
            (Some(Some(_)), None) => Err(format!("a {status} has a body")),
            (Some(None), None) => Ok(()),
            (Some(None), Some(_)) if status < 400 => Err(format!("a {status} has no body")),
            (None, _) if status < 400 => Err(format!("{} {} never answers {status}", self.method, self.path.text())),
            (_, Some(body)) if body["message"].is_string() && body["documentation_url"].is_string() => Ok(()),
            _ => Err(format!("a {status} carries message and documentation_url")),
        }
    }
}
