//! What was run: the config with its defaults, what it ran on, and in what runs differ.

use std::{collections::BTreeMap, fmt::Write};

use spindle_run::{Experiment, experiment::in_words, figure::numbers::grouped, record::RunRecord};

use crate::draw::{label, svg::escape};

type Fields = BTreeMap<String, String>;

/// The fields of an experiment in words; a report is sent to others, so it tells no paths.
fn fields(experiment: &Experiment) -> Fields {
    let fields = experiment.without_paths().fields().into_iter();
    fields
        .map(|(name, value)| (name, in_words(value)))
        .collect()
}

/// Every field; those that are not the default stand out, with the default beside them.
pub(super) fn experiment(run: &RunRecord) -> String {
    let defaults = fields(&Experiment::default());
    let mut html = String::from("<table>\n<caption>Config</caption>\n<tbody>\n");
    for (name, value) in fields(&run.experiment) {
        let default = defaults.get(&name).filter(|default| **default != value);
        let class = if default.is_some() {
            " class=\"changed\""
        } else {
            ""
        };
        let note = default.map(|default| {
            format!(
                " <span class=\"default\">(default {})</span>",
                escape(default)
            )
        });
        let _ = writeln!(
            html,
            "<tr{class}><th scope=\"row\"><code>{}</code></th><td>{}{}</td></tr>",
            escape(&name),
            escape(&value),
            note.unwrap_or_default()
        );
    }
    html.push_str("</tbody>\n</table>\n");
    html
}

/// What the run was made with and of.
pub(super) fn provenance(run: &RunRecord) -> String {
    let p = &run.provenance;
    let rows = [
        ("Spindle", p.version.clone()),
        ("Engine", p.engine.clone()),
        ("Data", p.data.clone()),
        ("SHA-256 of the data", p.data_digest.clone()),
        (
            "Training samples",
            format!(
                "{}, of which {} with a reset label",
                grouped(p.train_size),
                grouped(p.mislabelled)
            ),
        ),
        ("Test samples", grouped(p.test_size)),
        ("Samples measured", grouped(run.samples.len())),
        ("Checkpoints", grouped(run.checkpoints.len())),
        ("Training took", duration(p.train_seconds)),
        ("Extraction took", duration(p.extract_seconds)),
        ("Decomposition took", duration(p.decompose_seconds)),
        ("Run format", format!("version {}", run.schema)),
    ];
    let mut html = String::from("<table>\n<caption>What it ran on</caption>\n<tbody>\n");
    for (name, value) in rows {
        let _ = writeln!(
            html,
            "<tr><th scope=\"row\">{name}</th><td>{}</td></tr>",
            escape(&value)
        );
    }
    html.push_str("</tbody>\n</table>\n");
    html
}

fn duration(seconds: f64) -> String {
    if !seconds.is_finite() || seconds < 0.0 {
        return "not known".into();
    }
    let whole = seconds.round() as u64;
    match (whole / 3600, whole / 60 % 60, whole % 60) {
        (0, 0, _) => format!("{} s", label::significant(seconds, 2)),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}

/// Fields in which the runs are not all alike, a column per run.
pub(super) fn differences(runs: &[(String, RunRecord)]) -> String {
    let all: Vec<Fields> = runs
        .iter()
        .map(|(_, run)| fields(&run.experiment))
        .collect();
    let Some(first) = all.first() else {
        return String::new();
    };
    let differing: Vec<_> = first
        .keys()
        .filter(|name| {
            all.iter()
                .any(|fields| fields.get(*name) != first.get(*name))
        })
        .collect();
    if differing.is_empty() {
        return "<p>The configs of these runs are the same.</p>\n".into();
    }
    let mut html = String::from(
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"What differs\">\n<table>\n<thead><tr><th scope=\"col\">Field</th>",
    );
    for (name, _) in runs {
        let _ = write!(html, "<th scope=\"col\">{}</th>", escape(name));
    }
    html.push_str("</tr></thead>\n<tbody>\n");
    for name in differing {
        let _ = write!(
            html,
            "<tr><th scope=\"row\"><code>{}</code></th>",
            escape(name)
        );
        for fields in &all {
            let _ = write!(
                html,
                "<td>{}</td>",
                fields
                    .get(name)
                    .map(|value| escape(value))
                    .unwrap_or_default()
            );
        }
        html.push_str("</tr>\n");
    }
    html.push_str("</tbody>\n</table>\n</div>\n");
    html
}

#[cfg(test)]
mod tests {
    use super::duration;

    #[test]
    fn durations_are_in_the_units_people_use() {
        assert_eq!(
            [0.42, 61.9, 412.3, 7300.0, f64::NAN].map(duration),
            [
                "0.42 s",
                "1 min 2 s",
                "6 min 52 s",
                "2 h 1 min",
                "not known"
            ]
        );
    }
}
