//! Records of earlier versions, rewritten into the layout of this one before they are read.

use serde_json::{Map, Value, json};

use super::StandIn;
use crate::{Error, experiment::Dataset};

/// The first version whose published SGD has a schedule. Before, its rate was constant.
const SCHEDULED: u32 = 3;

/// The first version whose phases are tested. Before, the boundary was the smallest mean order,
/// whatever came of chance, and decompositions were others.
const TESTED: u32 = 4;

/// The first version whose analyses lie under their names.
const BY_NAME: u32 = 5;

/// What is said of a run whose phases were not tested.
pub(super) const UNTESTED: &str = "phases and loss gap were read off by an earlier version, without a test, and are left out; spindle analyze finds them again";

/// A record of version `schema`, in the layout of this version.
///
/// # Errors
/// [`Error::Json`] for text that is no JSON.
pub(super) fn in_todays_layout(json: &[u8], schema: u32) -> Result<Vec<u8>, Error> {
    let mut record: Value = serde_json::from_slice(json)?;
    if let Some(record) = record.as_object_mut() {
        if schema < SCHEDULED {
            keep_the_rate_constant(record);
        }
        if schema < TESTED {
            leave_out_untested_phases(record);
        }
        if schema < BY_NAME {
            name_analyses(record, u32::from(schema >= TESTED));
            name_stand_in(record);
        }
        record.insert("schema".into(), super::SCHEMA.into());
    }
    Ok(serde_json::to_vec(&record)?)
}

type Object = Map<String, Value>;

fn object<'a>(of: &'a mut Object, name: &str) -> Option<&'a mut Object> {
    of.get_mut(name)?.as_object_mut()
}

/// The checkpoints of a record.
fn checkpoints(record: &mut Object) -> impl Iterator<Item = &mut Object> {
    let checkpoints = record.get_mut("checkpoints").and_then(Value::as_array_mut);
    let checkpoints = checkpoints.into_iter().flatten();
    checkpoints.filter_map(Value::as_object_mut)
}

/// As it was before there were schedules.
fn keep_the_rate_constant(record: &mut Object) {
    if let Some(experiment) = object(record, "experiment") {
        experiment.insert("sgd_schedule".into(), "constant".into());
    }
    for checkpoint in checkpoints(record) {
        let published = object(checkpoint, "analysis").and_then(|a| object(a, "published_sgd"));
        if let Some(published) = published {
            published.insert("schedule".into(), "constant".into());
        }
    }
}

/// What earlier versions said of phases and of the loss gap does not hold by today's rules.
fn leave_out_untested_phases(record: &mut Object) {
    let dynamics = record.remove("dynamics");
    let warnings = record.get_mut("warnings").and_then(Value::as_array_mut);
    if let (Some(Value::Object(_)), Some(warnings)) = (dynamics, warnings) {
        warnings.push(UNTESTED.into());
    }
}

/// Everything lay in one `analysis` a checkpoint and in the run's `dynamics`.
fn name_analyses(record: &mut Object, version: u32) {
    for checkpoint in checkpoints(record) {
        let Some(Value::Object(mut summary)) = checkpoint.remove("analysis") else {
            checkpoint.insert("summary".into(), Value::Null);
            continue;
        };
        checkpoint.insert("analyses".into(), at_checkpoint(&mut summary));
        summary.insert("version".into(), version.into());
        checkpoint.insert("summary".into(), summary.into());
    }
    let found = match record.remove("dynamics") {
        Some(Value::Object(dynamics)) => of_run(dynamics),
        _ => Object::new(),
    };
    record.insert("analyses".into(), found.into());
}

/// What it held beside the summary, by name.
fn at_checkpoint(analysis: &mut Object) -> Value {
    let mut take = |name: &str| analysis.remove(name).unwrap_or_default();
    let similarity = match (take("similarity"), take("ceilings")) {
        (Value::Null, _) => Value::Null,
        (by_order, ceilings) => json!({ "by_order": by_order, "ceilings": ceilings }),
    };
    let mut found = Object::new();
    put(&mut found, "similarity", similarity);
    put(&mut found, "group-differences", take("group_differences"));
    // Comparisons were made at some checkpoints only.
    if let bounds @ Value::Array(_) = take("by_noise")
        && bounds != json!([])
    {
        put(&mut found, "noise-bounds", bounds);
    }
    if let published @ Value::Object(_) = take("published_sgd") {
        put(&mut found, "published-sgd", published);
    }
    found.into()
}

fn of_run(mut dynamics: Object) -> Object {
    let mut take = |name: &str| dynamics.remove(name).unwrap_or_default();
    let phases = json!({ "by_statistic": take("phases"), "boundary": take("boundary") });
    let gap = json!({ "gap": take("loss_gap"), "lag": take("lag") });
    let mut found = Object::new();
    put(&mut found, "phases", phases);
    put(&mut found, "loss-gap", gap);
    put(&mut found, "theory", take("theory"));
    found
}

/// As their first version wrote it.
fn put(found: &mut Object, name: &str, value: Value) {
    found.insert(name.into(), json!({ "version": 1, "value": value }));
}

/// Which data stand in for others was told by their digest, or by the folder that they lie in.
fn name_stand_in(record: &mut Object) {
    let Some(experiment) = object(record, "experiment") else {
        return;
    };
    let data = experiment.get("data").and_then(Value::as_str);
    let folder = experiment.get("data_dir").and_then(Value::as_str);
    let is_snippets = folder
        .unwrap_or_default()
        .split(['/', '\\'])
        .any(|name| name == "movie-snippets");
    let stand_in = match data {
        Some("solids") => StandIn::of(Dataset::Solids, ""),
        Some("sst-2" | "own") if is_snippets => Some(StandIn::snippets()),
        _ => None,
    };
    if let (Some(provenance), Some(stand_in)) = (object(record, "provenance"), stand_in) {
        let stand_in = json!({ "name": stand_in.name, "stands_for": stand_in.stands_for });
        provenance.insert("stand_in".into(), stand_in);
    }
}
