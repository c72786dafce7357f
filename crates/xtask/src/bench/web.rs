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
The page's engines beside TensorFlow.js and jax-js in one Chromium, taking turns: training steps a second on the embedded digits, batch 128, SGD 0.01 with momentum 0.9.
All wasm is SIMD on one thread. WebGPU runs on SwiftShader, a program on the CPU, so that its ratios say little about GPUs. A sample is 1,024 masked outputs of LeNet
and their decomposition, after two epochs. What a reader waits for is measured on the built page, nothing cached, from the same machine. `tests/web-peers/README.md` says more.";

/// Networks by their names in the benchmark's document, and in words.
const NETWORKS: [(&str, &str); 2] = [
    ("lenet", "LeNet on 32x32:"),
    ("mlp", "The perceptron, 784-128-64-10:"),
];
const ENGINES: [&str; 2] = ["Spindle, CPU engine", "Spindle, GPU engine"];

pub(crate) fn measure() -> anyhow::Result<Section> {
    let found = page_tests::bench()?;
    Ok(Section {
        name: "web",
        about: ABOUT.to_owned(),
        machine: machine::describe(&[found["about"].as_str().unwrap_or_default()]),
        body: NETWORKS
            .iter()
            .flat_map(|(network, words)| {
                let table = training(&found, network);
                [Block::Text((*words).to_owned()), Block::Table(table)]
            })
            .chain(minutes(&found).map(Block::Text))
            .collect(),
        targets: targets(&found),
    })
}

fn entrants<'a>(found: &'a Value, network: &str) -> impl Iterator<Item = &'a Value> {
    let mut networks = found["networks"].as_array().into_iter().flatten();
    let of = networks.find(|of| of["network"] == network);
    of.and_then(|of| of["entrants"].as_array())
        .into_iter()
        .flatten()
}

/// A number of the entrant of a name, with a network.
fn of(found: &Value, network: &str, name: &str, field: &str) -> f64 {
    let entrant = entrants(found, network).find(|entrant| entrant["name"] == name);
    entrant.map_or(f64::NAN, |entrant| float(&entrant[field]))
}

fn float(value: &Value) -> f64 {
    value.as_f64().unwrap_or(f64::NAN)
}

fn training(found: &Value, network: &str) -> Table {
    let [cpu, gpu] = ENGINES.map(|name| of(found, network, name, "stepsPerSecond"));
    let rows = entrants(found, network).map(|entrant| {
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

/// The minutes of training that were watched, and what the machine took before each: a thread that waits has
/// long tasks of a few milliseconds of work.
fn minutes(found: &Value) -> Option<String> {
    let minutes = found["page"]["minutes"].as_array()?;
    let each = |cell: fn(&Value) -> String| minutes.iter().map(cell).collect::<Vec<_>>().join(", ");
    let tasks = each(|minute| minute["tasks"].as_array().map_or(0, Vec::len).to_string());
    let shares = each(|minute| format!("{:.1}", 100.0 * float(&minute["lost"]["share"])));
    let longest = each(|minute| format!("{:.1}", float(&minute["lost"]["longest"])));
    Some(format!(
        "Tasks over 50 ms in each minute of training: {tasks}. In the 5 s before each, threads that only looked at the \
         clock, one on every core, lost {shares} % of the time to the machine, and {longest} ms at once at most."
    ))
}

fn targets(found: &Value) -> Vec<Target> {
    vec![
        Target {
            what: "one sample, CPU engine",
            bound: Bound::AtMost(60.0),
            measured: 1e3 * of(found, "lenet", ENGINES[0], "maskedSeconds"),
            unit: "ms",
        },
        Target {
            what: "largest contentful paint",
            bound: Bound::AtMost(1_500.0),
            measured: float(&found["page"]["largestPaint"]),
            unit: "ms",
        },
        Target {
            what: "tasks over 50 ms on the page's thread in 60 s of training",
            bound: Bound::AtMost(0.0),
            measured: float(&found["page"]["longTasks"]),
            unit: "",
        },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn minutes_of_training_stand_beside_what_the_machine_took() {
        let minute = |tasks: &[f64], share: f64, longest: f64| json!({"tasks": tasks, "lost": {"share": share, "longest": longest}});
        let found = json!({ "page": { "minutes": [minute(&[], 0.0004, 2.13), minute(&[51.0, 60.0], 0.05, 18.9)] } });
        assert_eq!(
            minutes(&found).as_deref(),
            Some(
                "Tasks over 50 ms in each minute of training: 0, 2. In the 5 s before each, threads that only looked \
                 at the clock, one on every core, lost 0.0, 5.0 % of the time to the machine, and 2.1, 18.9 ms at once \
                 at most."
            )
        );
        assert_eq!(minutes(&json!({ "page": null })), None);
    }

    #[test]
    fn a_peer_is_compared_with_both_engines_and_nothing_is_made_up() {
        let entrant = |name: &str, rate: f64, masked: Value| json!({"name": name, "stepsPerSecond": rate, "maskedSeconds": masked});
        let found = json!({
            "networks": [
                { "network": "mlp", "entrants": [entrant(ENGINES[0], 96.0, Value::Null)] },
                { "network": "lenet", "entrants": [entrant(ENGINES[0], 48.0, json!(0.05)), entrant("jax-js, wasm", 4.0, Value::Null)] },
            ],
            "page": null,
        });
        let perceptron = training(&found, "mlp").to_string();
        assert!(
            perceptron.contains("| Spindle, CPU engine | 96.0 | 1.00 | – | – |"),
            "{perceptron}"
        );
        let table = training(&found, "lenet").to_string();
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
