//! How time and memory grow with players, samples, checkpoints and cores.

use std::thread;

use serde_json::{Value, json};

use super::{
    machine, ours,
    quantity::{number, setting, time, with_unit},
    section::{Block, Figure, Section, Table},
};

/// Numbers of players.
const PLAYERS: [usize; 7] = [8, 10, 12, 14, 16, 18, 20];
/// Players up to which a measurement is repeated; beyond, one takes seconds to minutes.
const REPEATED: usize = 14;
const REPEATS: usize = 5;
/// Seconds after which a decomposition is given up.
const LIMIT: usize = 600;
/// The run whose size is changed, and the sizes.
const SAMPLES: usize = 50;
const CHECKPOINTS: usize = 12;
const SAMPLES_TRIED: [usize; 5] = [5, 10, 20, 50, 100];
const CHECKPOINTS_TRIED: [usize; 3] = [3, 6, 12];
/// Enough to have passed the boundary; what is measured is not the training.
const EPOCHS: usize = 8;

const ABOUT: &str = "\
How time and memory grow; there is no peer here. *Players*: the masked outputs of one picture on all cores (random weights), and the certified decomposition of one game of LeNet to 1e-3 on one core (first test sample after one epoch, seed 0),
each in a process of its own whose peak of memory (VmHWM) stands beside it, with all that the process holds. Up to n = 14 the median of five, beyond one run. *Samples*, *checkpoints*, *cores*: extraction and
decomposition of a run on the embedded digits with n = 10, 8 epochs and, where nothing else is said, 50 samples, 12 checkpoints and all cores; one run each, files included.";

pub(crate) fn measure() -> anyhow::Result<Section> {
    let players = PLAYERS
        .into_iter()
        .map(of_players)
        .collect::<Result<Vec<_>, _>>()?;
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let samples = of_runs(SAMPLES_TRIED.map(|samples| Run {
        samples,
        ..Run::default()
    }))?;
    let checkpoints = of_runs(CHECKPOINTS_TRIED.map(|checkpoints| Run {
        checkpoints,
        ..Run::default()
    }))?;
    let cores = of_runs(core_counts(cores).map(|cores| Run {
        cores: Some(cores),
        ..Run::default()
    }))?;
    let tables = [
        players_table(&players),
        runs_table("samples", &samples, |run| run.samples),
        runs_table("checkpoints", &checkpoints, |run| run.checkpoints),
        runs_table("cores", &cores, |run| run.cores.unwrap_or_default()),
    ];
    let mut body = vec![Block::Figure(draw(&players, &samples)?)];
    body.extend(tables.map(Block::Table));
    Ok(Section {
        name: "growth",
        about: ABOUT.to_owned(),
        machine: machine::describe(&[]),
        body,
        targets: Vec::new(),
    })
}

/// What one number of players takes.
struct OfPlayers {
    players: usize,
    masked: Value,
    decomposed: Value,
}

impl OfPlayers {
    fn game(&self) -> &Value {
        &self.decomposed["games"][0]
    }
}

fn float(value: &Value) -> f64 {
    value.as_f64().unwrap_or(f64::NAN)
}

fn of_players(players: usize) -> anyhow::Result<OfPlayers> {
    let file = ours::file("growth.f64")?;
    let rounds = if players <= REPEATED { REPEATS } else { 1 };
    ours::engine(&format!(
        "games --file {file} --players {players} --samples 1 --epochs 1"
    ))?;
    Ok(OfPlayers {
        players,
        masked: ours::engine(&format!("picture --players {players} --rounds {rounds}"))?,
        decomposed: ours::mathematics(&format!(
            "games --file {file} --players {players} --rounds {rounds} --limit {LIMIT}"
        ))?,
    })
}

fn players_table(measured: &[OfPlayers]) -> Table {
    let rows = measured.iter().map(|one| {
        let game = one.game();
        let seconds = float(&game["milliseconds"]) / 1e3;
        let decomposition = if seconds.is_finite() {
            time(seconds)
        } else {
            format!("over {} s", setting(LIMIT as f64))
        };
        vec![
            one.players.to_string(),
            time(float(&one.masked["milliseconds"]) / 1e3),
            with_unit(float(&one.masked["peak_megabytes"]), "MB"),
            decomposition,
            with_unit(float(&one.decomposed["peak_megabytes"]), "MB"),
            number(float(&game["iterations"])),
        ]
    });
    let head = [
        "players",
        "masked outputs",
        "peak",
        "decomposition",
        "peak",
        "iterations",
    ];
    Table::new(head, rows.collect())
}

/// The size of a run.
#[derive(Clone, Copy)]
struct Run {
    samples: usize,
    checkpoints: usize,
    /// All where none is named.
    cores: Option<usize>,
}

impl Default for Run {
    fn default() -> Self {
        Self {
            samples: SAMPLES,
            checkpoints: CHECKPOINTS,
            cores: None,
        }
    }
}

/// 1, 2, 4, ... and all.
fn core_counts(all: usize) -> impl Iterator<Item = usize> {
    let doubling = std::iter::successors(Some(1), |count| Some(2 * count));
    doubling.take_while(move |count| *count < all).chain([all])
}

/// Seconds of extraction and of decomposition.
type Seconds = [f64; 2];

fn of_runs(runs: impl IntoIterator<Item = Run>) -> anyhow::Result<Vec<(Run, Seconds)>> {
    let measured = runs.into_iter().map(|run| Ok((run, seconds(run)?)));
    measured.collect()
}

fn seconds(run: Run) -> anyhow::Result<Seconds> {
    let Run {
        samples,
        checkpoints,
        cores,
    } = run;
    let folder = ours::empty_folder("growth-run")?;
    let environment = cores.map(|cores| ("RAYON_NUM_THREADS", cores.to_string()));
    // The published descent that a report has beside its curves is not what is measured here.
    let command = format!(
        "run --train-samples 0 --samples {samples} --checkpoints {checkpoints} --epochs {EPOCHS} --sgd-steps 1 --out {folder}"
    );
    let told = ours::spindle(&command, environment.as_slice())?;
    Ok(["extract_seconds", "decompose_seconds"].map(|field| float(&told[field])))
}

fn runs_table(varied: &str, measured: &[(Run, Seconds)], size: fn(&Run) -> usize) -> Table {
    let first = measured
        .first()
        .map_or(f64::NAN, |(_, [extraction, decomposition])| {
            extraction + decomposition
        });
    let rows = measured.iter().map(|(run, [extraction, decomposition])| {
        let both = extraction + decomposition;
        vec![
            size(run).to_string(),
            time(*extraction),
            time(*decomposition),
            time(both),
            number(both / first),
        ]
    });
    Table::new(
        [
            varied,
            "extraction",
            "decomposition",
            "both",
            "over the first row",
        ],
        rows.collect(),
    )
}

const FIGURE: &str = "Time and memory over the number of masks, and time over the number of samples, on logarithmic axes";

/// Draws what the tables of players and of samples say.
fn draw(players: &[OfPlayers], samples: &[(Run, Seconds)]) -> anyhow::Result<Figure> {
    let over_masks = |name: &str, of: &dyn Fn(&OfPlayers) -> f64| {
        let points: Vec<_> = players
            .iter()
            .map(|one| (1_u64 << one.players, of(one)))
            .collect();
        json!({"name": name, "points": points})
    };
    let over_samples = |name: &str, of: fn(&Seconds) -> f64| {
        let points: Vec<_> = samples
            .iter()
            .map(|(run, seconds)| (run.samples, of(seconds)))
            .collect();
        json!({"name": name, "points": points})
    };
    let panel = |title: &str, x: &str, y: &str, curves: [Value; 2]| json!({"title": title, "x": x, "y": y, "curves": curves});
    let panels = [
        panel(
            "Time of one sample",
            "Masks, 2^n",
            "Seconds",
            [
                over_masks("masked outputs, all cores", &|one| {
                    float(&one.masked["milliseconds"]) / 1e3
                }),
                over_masks("decomposition, one core", &|one| {
                    float(&one.game()["milliseconds"]) / 1e3
                }),
            ],
        ),
        panel(
            "Peak of memory",
            "Masks, 2^n",
            "MB",
            [
                over_masks("masked outputs, with the digits", &|one| {
                    float(&one.masked["peak_megabytes"])
                }),
                over_masks("decomposition", &|one| {
                    float(&one.decomposed["peak_megabytes"])
                }),
            ],
        ),
        panel(
            "Time of a run, n = 10",
            "Samples",
            "Seconds",
            [
                over_samples("extraction, 12 checkpoints", |seconds| seconds[0]),
                over_samples("decomposition", |seconds| seconds[1]),
            ],
        ),
    ];
    let data = json!({"name": "growth", "title": FIGURE, "caption": FIGURE, "panels": panels});
    Ok(Figure {
        name: "growth",
        about: FIGURE,
        file: ours::drawn("growth", &data)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cores_are_doubled_up_to_all() {
        let counts = |all| core_counts(all).collect::<Vec<_>>();
        assert_eq!(counts(1), [1]);
        assert_eq!(counts(2), [1, 2]);
        assert_eq!(counts(6), [1, 2, 4, 6]);
        assert_eq!(counts(8), [1, 2, 4, 8]);
    }
}
