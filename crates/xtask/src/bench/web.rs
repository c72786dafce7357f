//! The page's engines beside other libraries in one browser.

use serde_json::Value;

use super::{
    machine,
    quantity::{number, time},
    section::{Block, Section, Table},
    target::{Bound, Target},
};
use crate::page_tests;

const ABOUT: &str = "\
The page's engines beside TensorFlow.js and jax-js in one Chromium, taking turns: training steps a second of LeNet 32x32 on the embedded digits, batch 128, SGD 0.01 with momentum 0.9.
All wasm is SIMD on one thread. WebGPU runs on SwiftShader, a program on the CPU, so that its ratios say little about GPUs. A sample is 1,024 masked outputs
and their decomposition, after two epochs. What a reader waits for is measured on the built page, nothing cached, from the same machine. `tests/web-peers/README.md` says more.";

const ENGINES: [&str; 2] = ["Spindle, CPU engine", "Spindle, GPU engine"];

pub(crate) fn measure() -> anyhow::Result<Section> {
    let found = page_tests::bench()?;
    Ok(Section {
        name: "web",
        about: ABOUT.to_owned(),
        machine: machine::describe(&[found["about"].as_str().unwrap_or_default()]),
        body: vec![Block::Table(training(&found))],
        targets: targets(&found),
    })
}

fn entrants(found: &Value) -> impl Iterator<Item = &Value> {
    found["entrants"].as_array().into_iter().flatten()
}

/// A number of the entrant of a name.
fn of(found: &Value, name: &str, field: &str) -> f64 {
    let entrant = entrants(found).find(|entrant| entrant["name"] == name);
    entrant.map_or(f64::NAN, |entrant| float(&entrant[field]))
}

fn float(value: &Value) -> f64 {
    value.as_f64().unwrap_or(f64::NAN)
}

fn training(found: &Value) -> Table {
    let [cpu, gpu] = ENGINES.map(|name| of(found, name, "stepsPerSecond"));
    let rows = entrants(found).map(|entrant| {
        let rate = float(&entrant["stepsPerSecond"]);
        vec![
            entrant["name"].as_str().unwrap_or_default().to_owned(),
            number(rate),
            number(cpu / rate),
            number(gpu / rate),
            time(float(&entrant["maskedSeconds"])),
        ]
    });
    let head = [
        "",
        "training, steps/s",
        "CPU engine's ratio to it",
        "GPU engine's ratio to it",
        "a sample",
    ];
    Table::new(head, rows.collect())
}

fn targets(found: &Value) -> Vec<Target> {
    let tasks = found["page"]["longTasks"].as_array();
    vec![
        Target {
            what: "one sample, CPU engine",
            bound: Bound::AtMost(60.0),
            measured: 1e3 * of(found, ENGINES[0], "maskedSeconds"),
            unit: "ms",
        },
        Target {
            what: "largest contentful paint",
            bound: Bound::AtMost(1_500.0),
            measured: float(&found["page"]["largestPaint"]),
            unit: "ms",
        },
        Target {
            what: "tasks over 50 ms on the page's thread in 10 s of training",
            bound: Bound::AtMost(0.0),
            measured: tasks.map_or(f64::NAN, |tasks| tasks.len() as f64),
            unit: "",
        },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_peer_is_compared_with_both_engines_and_nothing_is_made_up() {
        let entrant = |name: &str, rate: f64, masked: Value| json!({"name": name, "stepsPerSecond": rate, "maskedSeconds": masked});
        let found = json!({
            "entrants": [entrant(ENGINES[0], 48.0, json!(0.05)), entrant("jax-js, wasm", 4.0, Value::Null)],
            "page": null,
        });
        let table = training(&found).to_string();
        assert!(
            table.contains("| Spindle, CPU engine | 48.0 | 1.00 | – | 50.0 ms |"),
            "{table}"
        );
        assert!(
            table.contains("| jax-js, wasm | 4.00 | 12.0 | – | – |"),
            "{table}"
        );
        let verdicts: Vec<_> = targets(&found)
            .iter()
            .map(|target| target.cells()[3].clone())
            .collect();
        assert_eq!(verdicts, ["met", "not measured", "not measured"]);
    }
}
