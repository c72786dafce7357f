//! Partitioned tables of a run and of a sweep: the rows of the whole tables, and no others.

mod support;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use parquet::file::reader::{FileReader as _, SerializedFileReader};
use support::{SMALL, failure, json, output, run_small, stderr};
use tempfile::TempDir;

/// A row: its values by the names of their columns.
type Row = BTreeMap<String, String>;

fn rows(file: &Path) -> Vec<Row> {
    let reader = SerializedFileReader::new(fs::File::open(file).unwrap()).unwrap();
    let rows = reader.get_row_iter(None).unwrap();
    rows.map(|row| {
        let row = row.unwrap();
        let columns = row.get_column_iter();
        columns
            .map(|(name, value)| (name.clone(), value.to_string()))
            .collect()
    })
    .collect()
}

fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let found = spindle_run::folder::ending::files(folder).unwrap();
    found.into_iter().collect()
}

/// What a folder's name says of a column.
fn column_of(folder: &str) -> Option<(String, String)> {
    let (name, value) = folder.split_once('=')?;
    let value = match name {
        "run" => format!("\"{}\"", value.replace("%3D", "=").replace("%2C", ",")),
        _ => value.to_owned(),
    };
    Some((name.to_owned(), value))
}

/// The rows of a partitioned table, without some columns, sorted.
fn partitioned(tables: &Path, name: &str, without: &[&str]) -> Vec<Row> {
    let folder = tables.join(name);
    let mut all = Vec::new();
    for file in files(&folder).into_keys() {
        let names = file.iter().filter_map(|name| name.to_str());
        let columns: Vec<_> = names.filter_map(column_of).collect();
        all.extend(rows(&folder.join(&file)).into_iter().map(|mut row| {
            for (name, value) in columns.clone() {
                assert!(row.insert(name, value).is_none(), "{}", file.display());
            }
            row.retain(|name, _| !without.contains(&&**name));
            row
        }));
    }
    all.sort();
    all
}

/// Compares all whole tables with their partitions; how many rows there are.
fn compare(whole: &Path, tables: &Path, own: &[&str], without: &[&str]) -> usize {
    let mut count = 0;
    for file in fs::read_dir(whole).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if path.extension().is_none_or(|end| end != "parquet") || own.contains(&&*name) {
            continue;
        }
        let mut expected = rows(&path);
        expected.sort();
        count += expected.len();
        if expected.is_empty() {
            assert!(!tables.join(&name).exists(), "{name}");
            continue;
        }
        assert_eq!(partitioned(tables, &name, without), expected, "{name}");
    }
    count
}

#[test]
fn tables_of_a_run_in_parts_have_its_rows_and_are_the_same_again() {
    let folder = TempDir::new().unwrap();
    let [run, tables] = ["run", "tables"].map(|name| folder.path().join(name));
    run_small(&run);
    let arguments = ["export", run.to_str().unwrap(), "--tables", "--out"];
    let arguments = [&arguments[..], &[tables.to_str().unwrap()]].concat();
    let said = json(&arguments);
    assert_eq!(said["runs"][0], "run");
    let count = compare(&run.join("tables"), &tables, &[], &["model", "seed", "run"]);
    assert!(count > 500, "{count} rows");
    let before = files(&tables);
    assert_eq!(
        said["files"],
        before.len() - 1,
        "all files but spindle.json"
    );
    assert!(output(&arguments).status.success());
    assert!(before == files(&tables), "the second time other files");
    // Nothing is left beside it.
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);

    let other = ["export", run.to_str().unwrap(), "--tables", "--out"];
    let said = failure(&[&other[..], &[run.to_str().unwrap()]].concat());
    assert!(said.contains("holds no tables"), "{said}");
    let trained = folder.path().join("trained");
    let path = trained.to_str().unwrap();
    let done = output(&[&["train", "--out", path][..], &SMALL].concat());
    assert!(done.status.success(), "{}", stderr(&done));
    let said = failure(&[
        "export",
        path,
        "--tables",
        "--out",
        tables.to_str().unwrap(),
    ]);
    assert!(said.contains("not analysed yet"), "{said}");
    assert!(before == files(&tables), "what failed left other files");
}

const GRID: &str = "
[experiment]
train-size = 200
epochs = 2
checkpoints = 3
samples = 4
train-samples = 0
players = 5
resamples = 100
sgd-steps = 100
[grid]
label-noise = [0.0, 0.3]
seed = [0, 1]
";

/// What is a sweep's alone.
const OWN: [&str; 4] = ["runs", "over_seeds", "transfer", "matched_loss"];

#[test]
fn tables_of_a_sweep_in_parts_have_the_rows_of_the_joined_ones() {
    let folder = TempDir::new().unwrap();
    let [grid, sweep, tables] =
        ["grid.toml", "sweep", "tables"].map(|name| folder.path().join(name));
    fs::write(&grid, GRID).unwrap();
    let [grid, sweep_name, out] = [&grid, &sweep, &tables].map(|path| path.to_str().unwrap());
    let part = ["sweep", grid, "--out", sweep_name, "--shard", "1/3"];
    assert!(output(&part).status.success());
    let first = output(&["export", sweep_name, "--tables", "--out", out]);
    let said = stderr(&first);
    assert!(first.status.success(), "{said}");
    assert!(said.contains("of 4 runs are done"), "{said}");
    assert!(output(&part[..4]).status.success());
    let said = json(&["export", sweep_name, "--tables", "--out", out]);
    assert_eq!(said["runs"].as_array().unwrap().len(), 4);
    let count = compare(&sweep.join("tables"), &tables, &OWN, &["model"]);
    assert!(count > 300, "{count} rows");
    // The interactions of all runs, which the sweep's own tables have no room for.
    let interactions = partitioned(&tables, "interactions", &["model", "label_noise", "seed"]);
    let mut expected = Vec::new();
    for run in [
        "label-noise=0.0,seed=0",
        "label-noise=0.0,seed=1",
        "label-noise=0.3,seed=0",
        "label-noise=0.3,seed=1",
    ] {
        let name = format!("\"{run}\"");
        for mut row in rows(&sweep.join(run).join("tables/interactions.parquet")) {
            row.insert("run".into(), name.clone());
            expected.push(row);
        }
    }
    expected.sort();
    assert_eq!(interactions, expected);
}
