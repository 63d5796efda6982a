//! From OpenAPI 3.0 schemas to JSON Schema draft 7, as far as GitHub's description uses them.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

const SCHEMAS: &str = "#/components/schemas/";

/// A draft 7 schema that stands alone: the given one, with every component it reaches carried along.
pub(crate) fn standalone(schema: &Value, components: &Map<String, Value>) -> Value {
    let mut reached = BTreeSet::new();
    collect_references(schema, components, &mut reached);
    let carried: Map<String, Value> =
        reached.into_iter().map(|name| (name.clone(), draft_7(&components[&name]))).collect();
    // `allOf`, because draft 7 ignores whatever stands beside a `$ref`
    json!({ "allOf": [draft_7(schema)], "components": { "schemas": carried } })
}

fn collect_references(schema: &Value, components: &Map<String, Value>, reached: &mut BTreeSet<String>) {
    match schema {
        Value::Object(fields) => {
            let name = fields.get("$ref").and_then(Value::as_str).and_then(|target| target.strip_prefix(SCHEMAS));
            if let Some(name) = name
                && components.contains_key(name)
                && reached.insert(name.to_owned())
            {
                collect_references(&components[name], components, reached);
            }
            fields.values().for_each(|value| collect_references(value, components, reached));
        }
        Value::Array(values) => values.iter().for_each(|value| collect_references(value, components, reached)),
        _ => {}
    }
}

/// One schema object converted. The keys under `properties` are names, not keywords: GitHub has properties that are
/// called `type` and `nullable`.
fn draft_7(schema: &Value) -> Value {
    let Value::Object(fields) = schema else { return schema.clone() };
    let mut converted = Map::new();
    for (keyword, value) in fields {
        let value = match keyword.as_str() {
            "nullable" | "example" | "examples" | "deprecated" | "discriminator" | "xml" | "externalDocs" => continue,
            extension if extension.starts_with("x-") => continue,
            "properties" => match value {
                Value::Object(named) => {
                    Value::Object(named.iter().map(|(name, schema)| (name.clone(), draft_7(schema))).collect())
                }
                other => other.clone(),
            },
            "items" | "additionalProperties" | "not" => draft_7(value),
            "allOf" | "anyOf" | "oneOf" => match value {
                Value::Array(members) => Value::Array(members.iter().map(draft_7).collect()),
                other => other.clone(),
            },
            _ => value.clone(),
        };
        converted.insert(keyword.clone(), value);
    }
    if fields.get("nullable") != Some(&Value::Bool(true)) {
        return Value::Object(converted);
    }
    let Some(Value::String(named_type)) = converted.get("type").cloned() else {
        return json!({ "anyOf": [converted, { "type": "null" }] });
    };
    converted.insert("type".into(), json!([named_type, "null"]));
    if let Some(Value::Array(values)) = converted.get_mut("enum") {
        values.push(Value::Null);
    }
    Value::Object(converted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nullable_becomes_a_second_type_and_properties_stay_names() {
        let schema = json!({
            "type": "object", "x-note": 1,
            "properties": {
                "type": { "type": "string", "nullable": true, "enum": ["a"] },
                "owner": { "$ref": "#/components/schemas/user", "nullable": true },
            },
        });
        let components = json!({ "user": { "type": "object", "nullable": true }, "unused": {} });
        let converted = standalone(&schema, components.as_object().unwrap());
        assert_eq!(
            converted["allOf"][0],
            json!({
                "type": "object",
                "properties": {
                    "type": { "type": ["string", "null"], "enum": ["a", null] },
                    "owner": { "anyOf": [{ "$ref": "#/components/schemas/user" }, { "type": "null" }] },
                },
            })
        );
        assert_eq!(converted["components"]["schemas"], json!({ "user": { "type": ["object", "null"] } }));
    }
}
