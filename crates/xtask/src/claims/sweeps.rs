//! What sweeps say: their means over seeds, and what networks of other seeds have in common, from the
//! tables that `spindle sweep` gathered and that lie in `docs/sweeps/results`.

use std::{collections::BTreeMap, fs, path::Path};

use anyhow::{Context, bail, ensure};
use spindle_run::figure::caption::number;

use super::table::Claims;

const FOLDER: &str = "docs/sweeps/results";
/// Behind the settings of a row of `over_seeds`.
const OVER_SEEDS: &str = "-over-seeds.csv";
const TRANSFER: &str = "-transfer.csv";
const MATCHED: &str = "-matched-loss.csv";
/// A row a run, for sweeps without seeds.
const RUNS: &str = "-runs.csv";

/// Numbers that a table of runs shows, with their headings.
const OF_RUN: [(&str, &str); 8] = [
    (
        "share_first",
        "share of orders of 3 and more before training",
    ),
    ("share_lowest", "where it is lowest"),
    ("lowest_epoch", "at epoch"),
    ("share_last", "at the end"),
    ("fall", "falls by"),
    ("rise", "rises by"),
    ("has_two_phases", "two phases in every near-optimal answer"),
    ("gap_onset_epoch", "loss gap opens, epoch"),
];

/// Numbers that a sweep's table of settings shows, with their headings.
const SHOWN: [(&str, &str); 8] = [
    (
        "share_first",
        "share of orders of 3 and more before training",
    ),
    ("share_lowest", "where it is lowest"),
    ("lowest_epoch", "at epoch"),
    ("share_last", "at the end"),
    ("has_two_phases", "runs with two phases"),
    ("gap_onset_epoch", "loss gap opens, epoch"),
    ("least_test_loss_nats", "least test loss"),
    ("test_accuracy", "test accuracy"),
];

/// A table by the names of its columns.
struct Rows {
    columns: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Rows {
    /// Reads a CSV file without quotes.
    fn read(path: &Path) -> anyhow::Result<Self> {
        let name = path.display();
        let text = fs::read_to_string(path).with_context(|| format!("cannot read {name}"))?;
        ensure!(
            !text.contains('"'),
            "{name} has quotes, which claims do not read"
        );
        let mut lines = text
            .lines()
            .map(|line| line.split(',').map(str::to_owned).collect());
        let columns: Vec<String> = lines.next().unwrap_or_default();
        let rows: Vec<Vec<String>> = lines.collect();
        if let Some(row) = rows.iter().find(|row| row.len() != columns.len()) {
            bail!(
                "{name}: a row has {} fields, the header {}",
                row.len(),
                columns.len()
            );
        }
        Ok(Self { columns, rows })
    }

    fn place(&self, column: &str) -> anyhow::Result<usize> {
        let place = self.columns.iter().position(|name| name == column);
        place.with_context(|| format!("there is no column {column}"))
    }

    fn text<'a>(&self, row: &'a [String], column: &str) -> anyhow::Result<&'a str> {
        Ok(&row[self.place(column)?])
    }

    fn real(&self, row: &[String], column: &str) -> anyhow::Result<Option<f64>> {
        let text = self.text(row, column)?;
        match text {
            "" => Ok(None),
            text => Ok(Some(
                text.parse()
                    .with_context(|| format!("{text} is no number"))?,
            )),
        }
    }
}

/// All sweeps whose tables are there.
pub(super) fn put(claims: &mut Claims) -> anyhow::Result<()> {
    let mut files: Vec<_> = fs::read_dir(FOLDER)
        .with_context(|| format!("cannot list {FOLDER}"))?
        .map(|entry| Ok(entry?.path()))
        .collect::<anyhow::Result<_>>()?;
    files.sort();
    for file in files {
        let name = file
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if let Some(sweep) = name.strip_suffix(OVER_SEEDS) {
            over_seeds(claims, sweep, &Rows::read(&file)?)?;
        } else if let Some(sweep) = name.strip_suffix(TRANSFER) {
            transfer(claims, sweep, &Rows::read(&file)?)?;
        } else if let Some(sweep) = name.strip_suffix(MATCHED) {
            matched(claims, sweep, &Rows::read(&file)?)?;
        } else if let Some(sweep) = name.strip_suffix(RUNS) {
            of_runs(claims, sweep, &Rows::read(&file)?)?;
        } else {
            bail!("{} is no table of a sweep that claims know", file.display());
        }
    }
    Ok(())
}

/// `sweeps.NAME.SETTING.NUMBER` with its interval, and `sweeps.NAME.table`.
fn over_seeds(claims: &mut Claims, sweep: &str, rows: &Rows) -> anyhow::Result<()> {
    let settings = rows.place("number")?;
    let mut found: BTreeMap<(Vec<String>, String), String> = BTreeMap::new();
    let mut order: Vec<Vec<String>> = Vec::new();
    let mut counts: BTreeMap<Vec<String>, String> = BTreeMap::new();
    for row in &rows.rows {
        let setting = row[..settings].to_vec();
        if !order.contains(&setting) {
            order.push(setting.clone());
        }
        let name = rows.text(row, "number")?.to_owned();
        let value = in_words(rows, row, &name)?;
        let path: Vec<&str> = [&["sweeps", sweep], &*refs(&setting), &[&*name]].concat();
        claims.put(path.join(".").replace('_', "-"), value.clone())?;
        for (column, end) in [
            ("deviation_between_seeds", "between-seeds"),
            ("deviation_between_players", "between-players"),
            ("error_by_samples", "by-samples"),
        ] {
            let value = rows.real(row, column)?.map(number);
            claims.put_some(format!("{}.{end}", path.join(".").replace('_', "-")), value)?;
        }
        counts.insert(setting.clone(), rows.text(row, "runs")?.to_owned());
        found.insert((setting, name), value);
    }
    let fields: Vec<String> = rows.columns[..settings]
        .iter()
        .map(|name| name.replace('_', " "))
        .collect();
    let heading = SHOWN.iter().map(|(_, heading)| (*heading).to_owned());
    let heading: Vec<String> = fields
        .into_iter()
        .chain(["runs".into()])
        .chain(heading)
        .collect();
    let mut lines = vec![line(&heading), line(&vec!["---".into(); heading.len()])];
    for setting in &order {
        let values = SHOWN.iter().map(|(name, _)| {
            found
                .get(&(setting.clone(), (*name).to_owned()))
                .cloned()
                .unwrap_or_default()
        });
        let cells: Vec<String> = setting
            .iter()
            .cloned()
            .chain([counts[setting].clone()])
            .chain(values)
            .collect();
        lines.push(line(&cells));
    }
    claims.put(format!("sweeps.{sweep}.table"), lines.join("\n"))
}

/// `sweeps.NAME.RUN.NUMBER` with its interval over samples, and `sweeps.NAME.runs-table`.
fn of_runs(claims: &mut Claims, sweep: &str, rows: &Rows) -> anyhow::Result<()> {
    let shown = OF_RUN.iter();
    let shown: Vec<_> = shown
        .filter(|(number, _)| rows.place(number).is_ok())
        .collect();
    let headings = shown.iter().map(|(_, heading)| (*heading).to_owned());
    let headings: Vec<String> = ["run".to_owned()].into_iter().chain(headings).collect();
    let mut lines = vec![line(&headings), line(&vec!["---".into(); headings.len()])];
    for row in &rows.rows {
        let run = rows.text(row, "run")?;
        let mut cells = vec![run.to_owned()];
        for (number, _) in &shown {
            let value = of_run(rows, row, number)?;
            let name = format!("sweeps.{sweep}.{run}.{number}");
            claims.put_some(name.replace(['_', ' ', '='], "-"), value.clone())?;
            cells.push(value.unwrap_or_default());
        }
        lines.push(line(&cells));
    }
    claims.put(format!("sweeps.{sweep}.runs-table"), lines.join("\n"))
}

/// A run's number with its interval, if it has one.
fn of_run(rows: &Rows, row: &[String], name: &str) -> anyhow::Result<Option<String>> {
    let Some(value) = rows.real(row, name)? else {
        return Ok(None);
    };
    if name == "has_two_phases" {
        let answer = if value > 0.0 { "yes" } else { "no" };
        return Ok(Some(answer.to_owned()));
    }
    let end = |end: &str| {
        let place = rows.place(&format!("{name}_{end}")).ok()?;
        row[place].parse::<f64>().ok()
    };
    let interval = match (end("low"), end("high")) {
        (Some(low), Some(high)) => format!(" [{}, {}]", number(low), number(high)),
        _ => String::new(),
    };
    Ok(Some(format!("{}{interval}", number(value))))
}

fn line(cells: &[String]) -> String {
    format!("| {} |", cells.join(" | "))
}

fn refs(texts: &[String]) -> Vec<&str> {
    texts.iter().map(String::as_str).collect()
}

/// Mean and interval; of runs that have something or not, how many have.
fn in_words(rows: &Rows, row: &[String], name: &str) -> anyhow::Result<String> {
    let mean = rows.real(row, "mean")?.context("a mean is missing")?;
    let (with, runs) = (rows.text(row, "runs_with_it")?, rows.text(row, "runs")?);
    if name == "has_two_phases" {
        let count: f64 = with.parse()?;
        return Ok(format!("{} of {runs}", (mean * count).round()));
    }
    let ends = (rows.real(row, "mean_low")?, rows.real(row, "mean_high")?);
    let interval = match ends {
        (Some(low), Some(high)) => format!(" [{}, {}]", number(low), number(high)),
        _ => String::new(),
    };
    let some = match with == runs {
        true => String::new(),
        false => format!(" ({with} of {runs})"),
    };
    Ok(format!("{}{interval}{some}", number(mean)))
}

/// `sweeps.NAME.transfer.FROM.to.TO.ORDER` and so on.
fn transfer(claims: &mut Claims, sweep: &str, rows: &Rows) -> anyhow::Result<()> {
    let settings = rows.place("pairs")?;
    for row in &rows.rows {
        let (from, to) = row[..settings].split_at(settings / 2);
        let order = rows.text(row, "order")?;
        let path: Vec<&str> = [
            &["sweeps", sweep, "transfer"],
            &*refs(from),
            &["to"],
            &*refs(to),
            &[order],
        ]
        .concat();
        let path = path.join(".").replace('_', "-");
        let gamma = rows.real(row, "gamma")?;
        if let Some(gamma) = gamma {
            let [low, high] =
                ["gamma_smallest_pair", "gamma_largest_pair"].map(|end| rows.real(row, end));
            let (low, high) = (low?.unwrap_or(gamma), high?.unwrap_or(gamma));
            let value = format!("{} ({} to {})", number(gamma), number(low), number(high));
            claims.put(format!("{path}.gamma"), value)?;
        }
        let chance = rows.real(row, "gamma_of_another_sample")?;
        claims.put_some(format!("{path}.of-another-sample"), chance.map(number))?;
        let instability = rows.real(row, "instability")?;
        claims.put_some(format!("{path}.instability"), instability.map(number))?;
    }
    Ok(())
}

/// `sweeps.NAME.matched.SETTING.PLACE.ORDER`, and `sweeps.NAME.matched.PLACE`, the training loss
/// there; places are 1 to 3.
fn matched(claims: &mut Claims, sweep: &str, rows: &Rows) -> anyhow::Result<()> {
    let settings = rows.place("train_loss_nats")?;
    let mut losses: Vec<f64> = Vec::new();
    for row in &rows.rows {
        let loss = rows
            .real(row, "train_loss_nats")?
            .context("a loss is missing")?;
        if !losses.contains(&loss) {
            losses.push(loss);
            let name = format!("sweeps.{sweep}.matched.{}", losses.len());
            claims.put(name.replace('_', "-"), number(loss))?;
        }
        let place = losses.iter().position(|other| *other == loss).unwrap_or(0) + 1;
        let setting = row[..settings].join(".");
        let order = rows.text(row, "order")?;
        let name = format!("sweeps.{sweep}.matched.{setting}.{place}.{order}");
        let [share, low, high] =
            ["share", "share_low", "share_high"].map(|column| rows.real(row, column));
        let value = match (share?, low?, high?) {
            (Some(share), Some(low), Some(high)) => {
                format!("{} [{}, {}]", number(share), number(low), number(high))
            }
            _ => continue,
        };
        claims.put(name.replace('_', "-"), value)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gathered_table_becomes_claims_and_a_table() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("noise-over-seeds.csv");
        fs::write(
            &path,
            "label_noise,number,runs_with_it,runs,mean,mean_low,mean_high,deviation_between_seeds,deviation_between_players,error_by_samples\n\
             0.3,share_last,5,5,0.25,0.2,0.3,0.04,,0.02\n\
             0.3,has_two_phases,5,5,0.6,0,1,0.5,,\n\
             0.3,gap_onset_epoch,2,5,9,,,1,,\n",
        )?;
        let mut claims = Claims::default();
        over_seeds(&mut claims, "noise", &Rows::read(&path)?)?;
        assert_eq!(
            claims.get("sweeps.noise.0.3.share-last"),
            Some("0.25 [0.2, 0.3]")
        );
        assert_eq!(
            claims.get("sweeps.noise.0.3.share-last.between-seeds"),
            Some("0.04")
        );
        assert_eq!(
            claims.get("sweeps.noise.0.3.has-two-phases"),
            Some("3 of 5")
        );
        assert_eq!(
            claims.get("sweeps.noise.0.3.gap-onset-epoch"),
            Some("9 (2 of 5)")
        );
        let table = claims.get("sweeps.noise.table").unwrap_or_default();
        assert!(
            table.contains("| 0.3 | 5 |  |  |  | 0.25 [0.2, 0.3] | 3 of 5 | 9 (2 of 5) |"),
            "{table}"
        );
        Ok(())
    }
}
