//! Converts OpenAPI 3.0 schemas to JSON Schema draft 7, for the keywords that GitHub's description uses.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

const SCHEMAS: &str = "#/components/schemas/";

/// A self-contained draft 7 schema: the given schema with every component that it references.
pub(crate) fn standalone(schema: &Value, components: &Map<String, Value>) -> Value {
    let mut names = BTreeSet::new();
    collect_references(schema, components, &mut names);
    let referenced: Map<String, Value> =
        names.into_iter().map(|name| (name.clone(), draft_7(&components[&name]))).collect();
    // `allOf`, because draft 7 ignores all keywords beside a `$ref`
    json!({ "allOf": [draft_7(schema)], "components": { "schemas": referenced } })
}

fn collect_references(schema: &Value, components: &Map<String, Value>, names: &mut BTreeSet<String>) {
    match schema {
        Value::Object(fields) => {
            let name = fields.get("$ref").and_then(Value::as_str).and_then(|target| target.strip_prefix(SCHEMAS));
            if let Some(name) = name
                && components.contains_key(name)
                && names.insert(name.to_owned())
            {
                collect_references(&components[name], components, names);
            }
            fields.values().for_each(|value| collect_references(value, components, names));
        }
        Value::Array(values) => values.iter().for_each(|value| collect_references(value, components, names)),
        _ => {}
    }
}

/// Converts one schema. Keys under `properties` are field names, not keywords: GitHub has fields named `type` and
/// `nullable`.
fn draft_7(schema: &Value) -> Value {
    let Value::Object(fields) = schema else { return schema.clone() };
    let mut converted = Map::new();
    for (keyword, value) in fields {
        let value = match keyword.as_str() {
            "nullable" | "example" | "examples" | "deprecated" | "discriminator" | "xml" | "externalDocs" => continue,
            extension if extension.starts_with("x-") => continue,
            "properties" => match value {
                Value::Object(properties) => {
                    Value::Object(properties.iter().map(|(name, schema)| (name.clone(), draft_7(schema))).collect())
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
    fn nullable_becomes_a_second_type_and_property_names_stay() {
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
