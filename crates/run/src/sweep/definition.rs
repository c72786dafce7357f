//! What a sweep's file says.

use std::{
    collections::{BTreeMap, HashMap},
    num::NonZeroUsize,
};

use serde_json::{Map, Value};

use crate::{Error, Experiment, experiment::PARAMETERS, experiment::in_words, foreign::cut};

/// More runs than anyone waits for: a mistake in a grid.
const MOST_CELLS: usize = 100_000;
/// Bytes of a folder's name, with room for the ends of names beside it: file systems end them at 255.
const LONGEST_NAME: usize = 240;
/// What the file may hold.
const EXPERIMENT: &str = "experiment";
const GRID: &str = "grid";
const LANDSCAPE: &str = "landscape";
const TANGENT: &str = "tangent";
const TWINS: &str = "twins";

/// A grid of experiments.
#[derive(Clone, Debug, PartialEq)]
pub struct Sweep {
    /// Fields in which its experiments differ by the file, as `run.json` names them, in the order of
    /// the flags.
    pub varied: Vec<&'static str>,
    /// Its runs, in the order of the grids.
    pub cells: Vec<Cell>,
    /// Of how many training samples the loss around the weights of every run is taken, where it is
    /// asked for (`spindle landscape`).
    pub landscape: Option<NonZeroUsize>,
    /// Of how many training samples gradients are taken, where it is asked which orders training
    /// moves (`spindle tangent`).
    pub tangent: Option<NonZeroUsize>,
    /// Whether it is asked what a rule does that watches pairs of networks: see
    /// [`Twins`](super::Twins).
    pub twins: bool,
}

/// One run of a sweep.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// Its name, which is its folder's: `label-noise=0.1,seed=3`.
    pub name: String,
    /// What is run.
    pub experiment: Experiment,
}

impl Sweep {
    /// Reads what a sweep's file holds, as JSON:
    ///
    /// ```json
    /// {
    ///   "landscape": 512,
    ///   "tangent": 2048,
    ///   "experiment": { "model": "lenet", "epochs": 128 },
    ///   "grid": { "label-noise": [0, 0.1], "seed": [0, 1, 2] }
    /// }
    /// ```
    ///
    /// Fields are named as flags are, or as in `run.json`. Several grids are a list; a run that two
    /// of them ask for is done once.
    ///
    /// # Errors
    /// [`Error::Sweep`] for what is not of this shape, for names that no experiment has, for two
    /// runs of one name; [`Error::Field`] for values out of range.
    pub fn read(file: Value) -> Result<Self, Error> {
        let Value::Object(mut file) = file else {
            return Err(wrong("it must hold a table `grid`"));
        };
        let common = common(table(
            file.remove(EXPERIMENT).unwrap_or_default(),
            EXPERIMENT,
        )?)?;
        let grid = file.remove(GRID);
        let mut samples = |name| {
            file.remove(name)
                .map(|found| samples(name, found))
                .transpose()
        };
        let (landscape, tangent) = (samples(LANDSCAPE)?, samples(TANGENT)?);
        let twins = match file.remove(TWINS) {
            None => false,
            Some(Value::Bool(twins)) => twins,
            Some(_) => return Err(wrong(format!("`{TWINS}` must be true or false"))),
        };
        if let Some(name) = file.keys().next() {
            return Err(wrong(format!(
                "`{}` is none of `{EXPERIMENT}`, `{GRID}`, `{LANDSCAPE}`, `{TANGENT}` and `{TWINS}`",
                cut(name)
            )));
        }
        let grids = match grid {
            Some(Value::Array(grids)) => grids,
            Some(grid) => vec![grid],
            None => return Err(wrong("there is no `grid`, whose lists say what is varied")),
        };
        let mut sweep = Self {
            varied: Vec::new(),
            cells: Vec::new(),
            landscape,
            tangent,
            twins,
        };
        let mut places = HashMap::new();
        for grid in grids {
            sweep.add(&common, Grid::read(table(grid, GRID)?)?, &mut places)?;
        }
        sweep.varied.sort_by_key(|field| place(field));
        sweep.varied.dedup();
        Ok(sweep)
    }

    /// `places`: of the cells that are there, by their names.
    fn add(
        &mut self,
        common: &Map<String, Value>,
        grid: Grid,
        places: &mut HashMap<String, usize>,
    ) -> Result<(), Error> {
        let asked = grid.0.iter().map(|(_, values)| values.len());
        let asked = asked.fold(1, usize::saturating_mul);
        if self.cells.len().saturating_add(asked) > MOST_CELLS {
            return Err(wrong(format!("it asks for more than {MOST_CELLS} runs")));
        }
        for choice in grid.choices() {
            let cell = Cell::new(common, &choice)?;
            let other = places.get(&cell.name).map(|&place| &self.cells[place]);
            match other {
                Some(other) if other.experiment == cell.experiment => {}
                Some(_) => {
                    return Err(wrong(format!(
                        "two different runs would be called {}",
                        cut(&cell.name)
                    )));
                }
                None => {
                    places.insert(cell.name.clone(), self.cells.len());
                    self.cells.push(cell);
                }
            }
        }
        self.varied.extend(grid.0.iter().map(|(field, _)| *field));
        Ok(())
    }

    /// The values of the varied fields in an experiment, in words.
    #[must_use]
    pub fn values(&self, experiment: &Experiment) -> Vec<String> {
        let fields = experiment.fields();
        let value = |field: &&str| fields.get(*field).cloned().unwrap_or_default();
        let values = self.varied.iter().map(value);
        values.map(in_words).collect()
    }
}

/// Lists of values by field, in the order of the flags.
struct Grid(Vec<(&'static str, Vec<Value>)>);

impl Grid {
    fn read(grid: Map<String, Value>) -> Result<Self, Error> {
        let mut fields = BTreeMap::new();
        for (name, values) in grid {
            let field = field(&name)?;
            let values = match values {
                Value::Array(values) if values.is_empty() => {
                    return Err(wrong(format!("`{name}` in `{GRID}` has no value")));
                }
                Value::Array(values) => values,
                value => vec![value],
            };
            if fields.insert(place(field), (field, values)).is_some() {
                return Err(wrong(format!("`{field}` stands twice in a `{GRID}`")));
            }
        }
        Ok(Self(fields.into_values().collect()))
    }

    /// Every combination; the last field changes fastest.
    fn choices(&self) -> Vec<Vec<(&'static str, Value)>> {
        let mut choices = vec![Vec::new()];
        for (field, values) in &self.0 {
            let longer = choices.iter().flat_map(|choice: &Vec<_>| {
                values.iter().map(move |value| {
                    let mut choice = choice.clone();
                    choice.push((*field, value.clone()));
                    choice
                })
            });
            choices = longer.collect();
        }
        choices
    }
}

impl Cell {
    fn new(common: &Map<String, Value>, choice: &[(&'static str, Value)]) -> Result<Self, Error> {
        let mut fields = common.clone();
        let chosen = choice.iter().cloned();
        fields.extend(chosen.map(|(field, value)| (field.to_owned(), value)));
        let experiment: Experiment = serde_json::from_value(Value::Object(fields))
            .map_err(|error| wrong(error.to_string()))?;
        let experiment: Experiment = experiment.check()?.into();
        let name = name(choice, &experiment);
        if name.len() > LONGEST_NAME {
            return Err(wrong(format!(
                "a run's folder would be called {}, which is too long",
                cut(&name)
            )));
        }
        Ok(Self { name, experiment })
    }
}

/// Fields by their names in `run.json`.
fn common(table: Map<String, Value>) -> Result<Map<String, Value>, Error> {
    let mut fields = Map::new();
    for (name, value) in table {
        let field = field(&name)?;
        if fields.insert(field.to_owned(), value).is_some() {
            return Err(wrong(format!("`{field}` stands twice in `{EXPERIMENT}`")));
        }
    }
    Ok(fields)
}

/// `label-noise=0.1,seed=3`, of letters that every file system takes. Values are those of the
/// experiment, so that 0 and 0.0 are one run; of paths it is their last parts, wherever they are on
/// a machine.
fn name(choice: &[(&'static str, Value)], experiment: &Experiment) -> String {
    let fields = experiment.without_paths().fields();
    let part = |(field, _): &(&str, Value)| {
        let value = fields.get(*field).cloned().unwrap_or_default();
        let value: String = in_words(value)
            .chars()
            .map(|c| match c {
                'a'..='z' | 'A'..='Z' | '0'..='9' | '.' | '+' | '-' | '_' => c,
                _ => '-',
            })
            .collect();
        format!("{}={value}", field.replace('_', "-"))
    };
    let parts: Vec<String> = choice.iter().map(part).collect();
    match parts.is_empty() {
        true => "run".into(),
        false => parts.join(","),
    }
}

/// The field that a name means, as flags or as `run.json` write it.
fn field(name: &str) -> Result<&'static str, Error> {
    let wanted = match name {
        "lr" => "learning_rate".to_owned(),
        "sgd-lr" | "sgd_lr" => "sgd_learning_rate".to_owned(),
        name => name.replace('-', "_"),
    };
    let mut fields = PARAMETERS.iter().map(|row| row.field);
    fields.find(|field| *field == wanted).ok_or_else(|| {
        wrong(format!(
            "no experiment has a `{}`; names are those of the flags of spindle run",
            cut(name)
        ))
    })
}

/// Where a field stands among the flags.
fn place(field: &str) -> usize {
    let mut rows = PARAMETERS.iter();
    rows.position(|row| row.field == field)
        .unwrap_or(usize::MAX)
}

fn samples(name: &str, value: Value) -> Result<NonZeroUsize, Error> {
    let count = value.as_u64().and_then(|count| usize::try_from(count).ok());
    count
        .and_then(NonZeroUsize::new)
        .ok_or_else(|| wrong(format!("`{name}` must be a number of samples, e.g. 512")))
}

fn table(value: Value, name: &str) -> Result<Map<String, Value>, Error> {
    match value {
        Value::Object(table) => Ok(table),
        Value::Null => Ok(Map::new()),
        _ => Err(wrong(format!("`{name}` must be a table"))),
    }
}

fn wrong(what: impl Into<String>) -> Error {
    Error::Sweep(what.into())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn names(file: Value) -> Vec<String> {
        let sweep = Sweep::read(file).unwrap();
        sweep.cells.into_iter().map(|cell| cell.name).collect()
    }

    #[test]
    fn every_combination_is_a_run_and_none_is_done_twice() {
        let file = json!({
            "experiment": { "epochs": 4, "lr": 0.02 },
            "grid": [
                { "seed": [0, 1], "label-noise": [0, 0.3] },
                { "seed": 1, "label_noise": 0.3 },
                { "seed": 1, "label_noise": 0.0 },
                { "model": ["mlp"], "seed": [0] },
            ],
        });
        let sweep = Sweep::read(file.clone()).unwrap();
        assert_eq!((sweep.landscape, sweep.tangent), (None, None));
        assert_eq!(sweep.varied, ["model", "label_noise", "seed"]);
        assert_eq!(
            names(file),
            [
                "label-noise=0.0,seed=0",
                "label-noise=0.0,seed=1",
                "label-noise=0.3,seed=0",
                "label-noise=0.3,seed=1",
                "model=mlp,seed=0"
            ]
        );
        let last = &sweep.cells[3].experiment;
        assert_eq!((last.training.epochs, last.training.seed), (4, 1));
        assert_eq!(
            (last.training.learning_rate, last.training.label_noise),
            (0.02, 0.3)
        );
        assert_eq!(sweep.values(last), ["lenet", "0.3", "1"]);
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (file, needle) in [
            (json!({}), "no `grid`"),
            (json!([1]), "must hold a table"),
            (json!({ "grid": { "sede": [1] } }), "`sede`"),
            (json!({ "grid": { "seed": [] } }), "has no value"),
            (json!({ "grid": { "seed": [1], "seeds": [2] } }), "`seeds`"),
            (json!({ "grid": { "epochs": [0] } }), "epochs is 0"),
            (json!({ "grid": {}, "name": 1 }), "is none of"),
            (
                json!({ "grid": {}, "landscape": 0 }),
                "`landscape` must be a number of samples",
            ),
            (
                json!({ "grid": {}, "tangent": "all" }),
                "`tangent` must be a number of samples",
            ),
            (
                json!({ "grid": {}, "twins": 2 }),
                "`twins` must be true or false",
            ),
            (
                json!({ "grid": { "lr": [0.1], "learning-rate": [0.1] } }),
                "twice",
            ),
            (
                json!({ "grid": { "data_dir": ["a/b", "c/b"] } }),
                "two different runs",
            ),
            (
                json!({ "experiment": { "lr": 0.1, "learning-rate": 0.2 }, "grid": {} }),
                "twice",
            ),
            (
                json!({ "grid": { "data_dir": ["x".repeat(250)] } }),
                "too long",
            ),
            (json!({ "experiment": 3, "grid": {} }), "must be a table"),
            (json!({ "grid": { "model": ["nettle"] } }), "nettle"),
        ] {
            let error = Sweep::read(file.clone()).unwrap_err().to_string();
            assert!(error.contains(needle), "{file}: {error}");
        }
    }
}
