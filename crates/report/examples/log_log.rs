//! Draws curves over logarithmic axes: `cargo run --release -p spindle-report --example log_log --
//! IN.json OUT.svg`.
//!
//! IN.json: `{"name", "title", "caption", "panels": [{"title", "x", "y", "curves": [{"name",
//! "points": [[x, y], ...]}]}]}`.

use std::{env, error::Error, fs};

use serde_json::Value;
use spindle_report::{LogLog, log_log};

fn main() -> Result<(), Box<dyn Error>> {
    let [from, to] = [1, 2].map(|place| env::args().nth(place));
    let (from, to) = (
        from.ok_or("name a file to read")?,
        to.ok_or("name a file to write")?,
    );
    let data: Value = serde_json::from_str(&fs::read_to_string(from)?)?;
    let panels: Vec<LogLog> = list(&data["panels"]).map(panel).collect();
    let [name, title, caption] = ["name", "title", "caption"].map(|field| text(&data[field]));
    let figure = log_log(&name, &title, &caption, &panels);
    fs::write(to, figure.svg)?;
    Ok(())
}

fn panel(data: &Value) -> LogLog {
    let curve = |curve: &Value| {
        (
            text(&curve["name"]),
            list(&curve["points"]).map(point).collect(),
        )
    };
    LogLog {
        title: text(&data["title"]),
        x: text(&data["x"]),
        y: text(&data["y"]),
        curves: list(&data["curves"]).map(curve).collect(),
    }
}

fn point(data: &Value) -> [f64; 2] {
    [0, 1].map(|axis| data[axis].as_f64().unwrap_or(f64::NAN))
}

fn list(data: &Value) -> impl Iterator<Item = &Value> {
    data.as_array().into_iter().flatten()
}

fn text(data: &Value) -> String {
    data.as_str().unwrap_or_default().to_owned()
}
