//! GitHub's OpenAPI description of its REST API. Every request and every response is checked against it.

use std::collections::BTreeMap;
use std::sync::{LazyLock, OnceLock};

use jsonschema::Validator;
use serde_json::{Map, Value};

use crate::path_template::PathTemplate;
use crate::schema::standalone;

/// The needed part of GitHub's description.
const SLICE: &str = include_str!("../data/github-openapi-slice.json");
/// The schema of `agent_assignment`, which GitHub's description lacks.
const AGENT_ASSIGNMENT: &str = include_str!("../data/agent-assignment.json");

/// Operations that accept `agent_assignment`, which GitHub documents only in prose.
const AGENT_ASSIGNMENT_OPERATIONS: [(&str, &str); 3] = [
    ("POST", "/repos/{owner}/{repo}/issues"),
    ("PATCH", "/repos/{owner}/{repo}/issues/{issue_number}"),
    ("POST", "/repos/{owner}/{repo}/issues/{issue_number}/assignees"),
];

static DESCRIPTION: LazyLock<Description> = LazyLock::new(Description::read);

/// All operations of the description.
pub(crate) struct Description {
    operations: Vec<DescribedOperation>,
    components: Map<String, Value>,
    agent_assignment: Validator,
}

/// One method on one path.
pub(crate) struct DescribedOperation {
    pub(crate) method: String,
    pub(crate) path: PathTemplate,
    parameters: Vec<Parameter>,
    body: Option<Body>,
    /// Schemas by status; `None` for a response without a body.
    responses: BTreeMap<u16, Option<LazySchema>>,
}

struct Parameter {
    name: String,
    required: bool,
    schema: LazySchema,
}

struct Body {
    required: bool,
    /// Names of the described fields; `None` if the schema is not a plain object.
    fields: Option<Vec<String>>,
    schema: LazySchema,
}

/// A schema whose validator is built on first use, because most tests use few operations.
struct LazySchema {
    source: Value,
    validator: OnceLock<Validator>,
}

impl LazySchema {
    fn new(schema: &Value) -> Self {
        LazySchema { source: schema.clone(), validator: OnceLock::new() }
    }

    fn check(&self, value: &Value) -> Result<(), String> {
        let validator = self.validator.get_or_init(|| {
            let schema = standalone(&self.source, &Description::get().components);
            jsonschema::draft7::new(&schema).expect("every schema of the description is valid")
        });
        validate(validator, value)
    }
}

/// Validates a value. The error lists at most five mismatches.
fn validate(validator: &Validator, value: &Value) -> Result<(), String> {
    let errors: Vec<String> = validator
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
    if errors.is_empty() { Ok(()) } else { Err(errors.join("; ")) }
}

impl Description {
    /// The description, which is parsed once per process.
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
                operations.push(DescribedOperation::read(
                    &method.to_uppercase(),
                    path,
                    described,
                    &slice["components"],
                ));
            }
        }
        let Value::Object(components) = slice["components"]["schemas"].take() else {
            panic!("the description has schemas")
        };
        let agent_assignment = jsonschema::draft7::new(&overlay).expect("the overlay is a schema");
        Description { operations, components, agent_assignment }
    }

    /// The operation of a request, with its path parameters.
    pub(crate) fn find(&self, method: &str, path: &str) -> Option<(&DescribedOperation, BTreeMap<String, String>)> {
        let candidates = self.operations.iter().filter(|operation| operation.method == method);
        candidates
            .filter_map(|operation| operation.path.values(path).map(|values| (operation, values)))
            .max_by_key(|(operation, _)| operation.path.fixed_segments())
    }
}

impl DescribedOperation {
    fn read(method: &str, path: &str, described: &Value, components: &Value) -> Self {
        let resolve = |value: &Value| match value["$ref"].as_str() {
            Some(target) => components.pointer(target.trim_start_matches("#/components")).cloned(),
            None => Some(value.clone()),
        };
        let schema_of = |value: &Value| value["content"]["application/json"].get("schema").cloned();
        let all = described["parameters"].as_array().into_iter().flatten().filter_map(resolve);
        let parameters = all
            .filter(|parameter| parameter["in"] == "query")
            .map(|parameter| Parameter {
                name: parameter["name"].as_str().unwrap_or_default().to_owned(),
                required: parameter["required"] == true,
                schema: LazySchema::new(&parameter["schema"]),
            })
            .collect();
        let body = described.get("requestBody").and_then(|body| {
            let schema = schema_of(body)?;
            let fields = schema["properties"].as_object().map(|fields| fields.keys().cloned().collect());
            Some(Body { required: body["required"] == true, fields, schema: LazySchema::new(&schema) })
        });
        let responses = described["responses"].as_object().into_iter().flatten().filter_map(|(status, response)| {
            let schema = resolve(response).as_ref().and_then(schema_of);
            Some((status.parse().ok()?, schema.as_ref().map(LazySchema::new)))
        });
        let responses = responses.collect();
        DescribedOperation { method: method.to_owned(), path: PathTemplate::new(path), parameters, body, responses }
    }

    /// Checks that every query parameter is described and has its type, and that no required one is missing.
    pub(crate) fn check_query(&self, query: &BTreeMap<String, String>) -> Result<(), String> {
        for (name, text) in query {
            let Some(parameter) = self.parameters.iter().find(|parameter| &parameter.name == name) else {
                return Err(format!("{} {} has no query parameter '{name}'", self.method, self.path.text()));
            };
            let value = match parameter.schema.source["type"].as_str() {
                Some("integer" | "number" | "boolean" | "array") => {
                    serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.clone()))
                }
                _ => Value::String(text.clone()),
            };
            parameter.schema.check(&value).map_err(|errors| format!("query parameter '{name}' {errors}"))?;
        }
        match self.parameters.iter().find(|parameter| parameter.required && !query.contains_key(&parameter.name)) {
            Some(missing) => Err(format!("query parameter '{}' is required", missing.name)),
            None => Ok(()),
        }
    }

    /// Checks a request body; `Null` means no body. A field that is not described is an error even where the schema
    /// allows it, because GitHub ignores a misspelt field silently.
    pub(crate) fn check_body(&self, body: &Value) -> Result<(), String> {
        let Some(described) = &self.body else {
            return if body.is_null() { Ok(()) } else { Err("this operation takes no body".into()) };
        };
        if body.is_null() {
            return if described.required { Err("a body is required".into()) } else { Ok(()) };
        }
        let accepts_assignment = AGENT_ASSIGNMENT_OPERATIONS.contains(&(self.method.as_str(), self.path.text()));
        if let (Some(fields), Some(sent)) = (&described.fields, body.as_object()) {
            let is_known = |name: &String| fields.contains(name) || accepts_assignment && name == "agent_assignment";
            if let Some(name) = sent.keys().find(|name| !is_known(name)) {
                return Err(format!("the description has no field '{name}'"));
            }
        }
        if let Some(assignment) = body.get("agent_assignment").filter(|_| accepts_assignment) {
            let overlay = &Description::get().agent_assignment;
            validate(overlay, assignment).map_err(|errors| format!("agent_assignment {errors}"))?;
        }
        described.schema.check(body)
    }

    /// Checks a response. An error or a 301 that is not described must have the fields of GitHub's basic error.
    pub(crate) fn check_response(&self, status: u16, body: Option<&Value>) -> Result<(), String> {
        match (self.responses.get(&status), body) {
            (Some(Some(schema)), Some(body)) => schema.check(body),
            (Some(Some(_)), None) => Err(format!("a {status} needs a body")),
            (Some(None), None) => Ok(()),
            (Some(None), Some(_)) if status < 400 => Err(format!("a {status} must not have a body")),
            (None, _) if status < 400 && status != 301 => {
                Err(format!("{} {} has no response with status {status}", self.method, self.path.text()))
            }
            (_, Some(body)) if body["message"].is_string() && body["documentation_url"].is_string() => Ok(()),
            _ => Err(format!("a {status} needs message and documentation_url")),
        }
    }
}
