//! The players that someone names for samples, as JSON, for each kind of data.

use serde_json::{Map, Value};
use spindle_run::{
    player::{GRID, check_patches},
    record::Players,
    unicode,
};

use crate::Error;

const SHAPES: &str = "{\"grid\": [8, 8], \"patches\": [[row, column], ...]}, {\"words\": [number, ...]} or {\"clusters\": [number, ...]}";

/// Reads the bytes of a file of players.
///
/// # Errors
/// What is no JSON or of another shape, with the first part of it that is not possible.
pub fn decode(bytes: &[u8]) -> Result<Players, Error> {
    let text = unicode::utf8(bytes).map_err(Error::Brought)?;
    let json: Value = serde_json::from_slice(&text)
        .map_err(|error| Error::Brought(format!("it must be JSON, {SHAPES}: {error}")))?;
    players(&json).map_err(Error::Brought)
}

fn players(json: &Value) -> Result<Players, String> {
    let Value::Object(fields) = json else {
        return Err(format!("it must be {SHAPES}"));
    };
    let known: &[&str] = match fields {
        _ if fields.contains_key("patches") || fields.contains_key("grid") => &["grid", "patches"],
        _ if fields.contains_key("words") => &["words"],
        _ if fields.contains_key("clusters") => &["clusters"],
        _ => return Err(format!("it must be {SHAPES}")),
    };
    if let Some(foreign) = fields.keys().find(|field| !known.contains(&field.as_str())) {
        return Err(format!(
            "there is no field \"{foreign}\" beside {known:?}; it must be {SHAPES}"
        ));
    }
    match known {
        ["words"] => Ok(Players::Words {
            words: numbers(fields, "words")?,
        }),
        ["clusters"] => Ok(Players::Clusters {
            clusters: numbers(fields, "clusters")?,
        }),
        _ => patches(fields),
    }
}

fn patches(fields: &Map<String, Value>) -> Result<Players, String> {
    let last = GRID - 1;
    let grid = pair(field(fields, "grid")?)
        .ok_or_else(|| format!("grid is {}; it must be [8, 8]", fields["grid"]))?;
    let patches = list(fields, "patches")?.iter().enumerate();
    let patches = patches.map(|(at, value)| {
        pair(value).ok_or_else(|| {
            format!("patches[{at}] is {value}; it must be [row, column], each from 0 to {last}")
        })
    });
    let patches = patches.collect::<Result<Vec<_>, _>>()?;
    check_patches(grid, &patches).map_err(|error| error.to_string())?;
    Ok(Players::Patches(patches))
}

fn numbers(fields: &Map<String, Value>, name: &str) -> Result<Vec<usize>, String> {
    let values = list(fields, name)?.iter().enumerate();
    let values = values.map(|(at, value)| {
        number(value)
            .ok_or_else(|| format!("{name}[{at}] is {value}; it must be a number from 0 on"))
    });
    values.collect()
}

fn list<'a>(fields: &'a Map<String, Value>, name: &str) -> Result<&'a Vec<Value>, String> {
    let value = field(fields, name)?;
    value
        .as_array()
        .ok_or_else(|| format!("{name} is {value}; it must be a list"))
}

fn field<'a>(fields: &'a Map<String, Value>, name: &str) -> Result<&'a Value, String> {
    fields
        .get(name)
        .ok_or_else(|| format!("there is no field \"{name}\"; it must be {SHAPES}"))
}

fn pair(value: &Value) -> Option<[usize; 2]> {
    match value.as_array()?.as_slice() {
        [row, column] => Some([number(row)?, number(column)?]),
        _ => None,
    }
}

fn number(value: &Value) -> Option<usize> {
    usize::try_from(value.as_u64()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(json: &str) -> Result<Players, String> {
        players(&serde_json::from_str(json).unwrap())
    }

    #[test]
    fn players_are_of_one_kind_and_what_is_wrong_is_named() {
        assert_eq!(
            of(r#"{"words": [3, 1]}"#),
            Ok(Players::Words { words: vec![3, 1] })
        );
        let patches = of(r#"{"grid": [8, 8], "patches": [[0, 7], [1, 1]]}"#);
        assert_eq!(patches, Ok(Players::Patches(vec![[0, 7], [1, 1]])));
        for (json, words) in [
            (
                r#"{"grid": [8, 8], "patches": [[1, 1], [-1, 0]]}"#,
                "patches[1] is [-1,0]; it must be [row, column], each from 0 to 7",
            ),
            (
                r#"{"grid": [8, 8], "patches": [[1, 1], [1.5, 0]]}"#,
                "patches[1] is [1.5,0]",
            ),
            (
                r#"{"grid": [8, 8], "patches": 3}"#,
                "patches is 3; it must be a list",
            ),
            (
                r#"{"grid": 8, "patches": []}"#,
                "grid is 8; it must be [8, 8]",
            ),
            (r#"{"patches": [[1, 1]]}"#, "no field \"grid\""),
            (
                r#"{"words": [1], "clusters": [1]}"#,
                "no field \"clusters\" beside",
            ),
            (r#"{"words": [1, "two"]}"#, "words[1] is \"two\""),
            ("[1, 2]", "it must be {\"grid\""),
        ] {
            let said = of(json).unwrap_err();
            assert!(said.contains(words), "{said}");
        }
    }
}
