//! YAML to JSON, with CloudFormation's short tags in their long form: `!Ref Table` is
//! `{"Ref": "Table"}`, so that a value that is not known before the deployment is never taken for
//! text.

use saphyr::{LoadableYamlNode, Scalar, Tag, Yaml};
use serde_json::{Map, Number, Value, json};

/// The only document of a text.
pub fn long_form(text: &str) -> Result<Value, String> {
    let documents = Yaml::load_from_str(text).map_err(|error| error.to_string())?;
    match documents.as_slice() {
        [document] => value(document),
        several => Err(format!("there are {} documents, not one", several.len())),
    }
}

fn value(node: &Yaml<'_>) -> Result<Value, String> {
    Ok(match node {
        Yaml::Value(scalar) => match scalar {
            Scalar::Null => Value::Null,
            Scalar::Boolean(value) => (*value).into(),
            Scalar::Integer(value) => (*value).into(),
            Scalar::FloatingPoint(value) => Number::from_f64(value.into_inner())
                .map(Value::Number)
                .ok_or_else(|| format!("{value} is no number of JSON"))?,
            Scalar::String(value) => value.as_ref().into(),
        },
        Yaml::Sequence(nodes) => nodes.iter().map(value).collect::<Result<_, _>>()?,
        Yaml::Mapping(nodes) => {
            let mut map = Map::new();
            for (key, node) in nodes {
                let key = key.as_str().ok_or_else(|| format!("{key:?} is no name"))?;
                map.insert(key.to_owned(), value(node)?);
            }
            map.into()
        }
        Yaml::Tagged(tag, node) => function(tag, value(node)?),
        Yaml::Representation(..) | Yaml::Alias(_) | Yaml::BadValue => {
            return Err(format!("{node:?} is not known here"));
        }
    })
}

/// An intrinsic function. All but two are called as their tags are, with `Fn::` before it.
fn function(tag: &Tag, argument: Value) -> Value {
    match (tag.suffix.as_str(), &argument) {
        (name @ ("Ref" | "Condition"), _) => json!({ name: argument }),
        ("GetAtt", Value::String(text)) => {
            json!({ "Fn::GetAtt": text.splitn(2, '.').collect::<Vec<_>>() })
        }
        (name, _) => json!({ format!("Fn::{name}"): argument }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_tags_are_written_out() {
        let text = "a: !Ref Table\nb: !GetAtt Table.Stream.Arn\nc: !If [Has, !Ref A, 1]\n\
                    d: !Condition Has\ne: !Sub \"${A}/b\"\nf: { g: true, h: \"1\", i: 0.5, j: }\n";
        let expected = json!({
            "a": { "Ref": "Table" },
            "b": { "Fn::GetAtt": ["Table", "Stream.Arn"] },
            "c": { "Fn::If": ["Has", { "Ref": "A" }, 1] },
            "d": { "Condition": "Has" },
            "e": { "Fn::Sub": "${A}/b" },
            "f": { "g": true, "h": "1", "i": 0.5, "j": null },
        });
        assert_eq!(long_form(text), Ok(expected));
    }

    #[test]
    fn what_says_a_thing_twice_or_nothing_is_refused() {
        for text in ["a: 1\na: 2\n", "", "a: 1\n---\na: 2\n", "a: [1", "1: a\n"] {
            assert!(long_form(text).is_err(), "{text}");
        }
    }
}
