//! What two runs say they have found, compared as this build's reader understands it: their builds
//! may write it in different layouts.

use std::collections::BTreeSet;

use serde_json::Value;
use spindle_run::record::RunRecord;

/// A sentence for each value of `run.json` that is not the same.
pub(super) fn differences(old: &[u8], new: &[u8]) -> anyhow::Result<Vec<String>> {
    let mut found = Vec::new();
    compare("", &findings(old)?, &findings(new)?, &mut found);
    Ok(found)
}

/// A record without what tells of the build and of the time it took.
fn findings(json: &[u8]) -> anyhow::Result<Value> {
    let mut findings = serde_json::to_value(RunRecord::from_json(json)?)?;
    if let Some(record) = findings.as_object_mut() {
        record.remove("schema");
    }
    let provenance = findings.get_mut("provenance");
    if let Some(provenance) = provenance.and_then(Value::as_object_mut) {
        provenance.retain(|field, _| {
            !field.ends_with("_seconds") && !["engine", "version"].contains(&field.as_str())
        });
    }
    Ok(findings)
}

/// Adds all differences at `path` and below.
fn compare(path: &str, old: &Value, new: &Value, found: &mut Vec<String>) {
    match (old, new) {
        (Value::Object(left), Value::Object(right)) => {
            let fields: BTreeSet<_> = left.keys().chain(right.keys()).collect();
            for field in fields {
                let [old, new] = [left, right].map(|fields| fields.get(field));
                let absent = &Value::Null;
                let values = (old.unwrap_or(absent), new.unwrap_or(absent));
                compare(&format!("{path}.{field}"), values.0, values.1, found);
            }
        }
        (Value::Array(left), Value::Array(right)) if left.len() == right.len() => {
            for (index, (old, new)) in left.iter().zip(right).enumerate() {
                compare(&format!("{path}[{index}]"), old, new, found);
            }
        }
        (Value::Array(left), Value::Array(right)) => found.push(format!(
            "{path} has {} items in OLD, {} in NEW",
            left.len(),
            right.len()
        )),
        _ => {
            // As text: zeros of either sign are equal as numbers.
            let [old, new] = [old, new].map(Value::to_string);
            if old != new {
                found.push(format!("{path} is {old} in OLD, {new} in NEW"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use anyhow::Context;

    use super::*;

    /// The record of a run that comes with the page, with one of its values replaced.
    fn record(pointer: &str, value: Value) -> anyhow::Result<Vec<u8>> {
        let run = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../web/public/runs/lenet-mnist.spindle"
        );
        let parts = super::super::package::parts(&std::fs::read(run)?)?;
        let json = parts.get("run.json").context("the run has no record")?;
        let mut record: Value = serde_json::from_slice(json)?;
        *record.pointer_mut(pointer).context("no such value")? = value;
        // What is changed is used as it is.
        record.as_object_mut().context("no object")?.remove("seal");
        Ok(serde_json::to_vec(&record)?)
    }

    #[test]
    fn a_value_that_differs_is_told_by_its_path() -> anyhow::Result<()> {
        let field = "/losses/1/test_loss";
        let [old, new] = [record(field, 0.25.into())?, record(field, 0.5.into())?];
        assert_eq!(differences(&old, &old)?, [""; 0]);
        assert_eq!(
            differences(&old, &new)?,
            [".losses[1].test_loss is 0.25 in OLD, 0.5 in NEW"]
        );
        Ok(())
    }

    #[test]
    fn lists_of_other_lengths_are_one_difference() -> anyhow::Result<()> {
        let old = record("/warnings", serde_json::json!([]))?;
        let new = record("/warnings", serde_json::json!(["a", "b"]))?;
        let told = differences(&old, &new)?;
        assert_eq!(told, [".warnings has 0 items in OLD, 2 in NEW"]);
        Ok(())
    }

    #[test]
    fn the_build_and_its_time_are_not_looked_at() -> anyhow::Result<()> {
        let old = record("/provenance/train_seconds", 0.25.into())?;
        for (field, value) in [
            ("/provenance/train_seconds", Value::from(7.5)),
            ("/provenance/engine", "another".into()),
            ("/provenance/version", "0.0.1".into()),
        ] {
            assert_eq!(differences(&old, &record(field, value)?)?, [""; 0]);
        }
        Ok(())
    }
}
