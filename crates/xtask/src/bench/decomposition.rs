//! Certified decompositions beside the published procedure.

use serde_json::Value;

use super::{
    machine, ours,
    peers::Peers,
    quantity::{number, time},
    section::{Block, Section, Table},
    target::{Bound, Target},
    turns::{self, ROUNDS, Turns},
};

/// Stages of training at which games are taken, in epochs, and samples at each.
const EPOCHS: [usize; 3] = [0, 1, 16];
const SAMPLES: usize = 16;
const GAMES: usize = EPOCHS.len() * SAMPLES;
/// Of these, the samples that the published procedure decomposes too, at seconds a game.
const SHARED_SAMPLES: usize = 2;
const SHARED_GAMES: usize = EPOCHS.len() * SHARED_SAMPLES;
/// How far f32 may take the published noise beyond its bound, in units of the bound.
const ROUNDING: f64 = 1e-3;

const ABOUT: &str = "\
Games of LeNet with n = 10 players: log-odds of the label on 1,024 masks, of 16 test samples of the default experiment before training, after
one epoch and after 16 epochs on the embedded digits (seed 0). Ours is the canonical answer on one core, the smallest norm certified to a relative gap of 1e-3, with the ranges of all others. Beside it, on the first two samples of each stage, stands the published
procedure (arXiv 2405.10262) step by step in PyTorch, `tests/peers/published.py`, with all threads that PyTorch takes: dense matrices, 10,000 steps of SGD with a learning rate that falls from 1e-5 to a tenth of it and
momentum 0.9 over the split p and the noise q, in f32. Both may change every output by the same noise, 0.02 |v(N) - v(empty)|. The objective is the smallest L1 norm that both
find, in nats; no decomposition is below the bound that ours comes with.";

const SHARED: &str = "The games that both decompose:";

const RATES: &str = "\
*Best of five rates* is the published procedure's smallest objective at learning rates 1e-8, 1e-7, 1e-6, 1e-5 and 1e-4, by Spindle's version of its steps in f64: where outputs are small it may end above where it began.";

/// What was measured of one game.
struct Game {
    ours: f64,
    iterations: f64,
    objective: f64,
    lower_bound: f64,
    noise_bound: f64,
    published: f64,
    published_objective: f64,
    published_noise: f64,
    best_of_rates: f64,
}

pub(crate) fn measure() -> anyhow::Result<Section> {
    let peers = Peers::installed();
    let file = ours::file("games.f64")?;
    let epochs = EPOCHS.map(|epoch| epoch.to_string()).join(",");
    ours::engine(&format!(
        "games --file {file} --players 10 --samples {SAMPLES} --epochs {epochs}"
    ))?;
    let [ours, theirs] = turns::take([
        &mut |_| ours::mathematics(&format!("games --file {file} --players 10")),
        &mut |round| peers.run(&format!("published.py {file} 10 {}", games_of(round))),
    ])?;
    let by_rate = ours::mathematics(&format!("published --file {file} --players 10"))?;
    let games: Vec<Game> = (0..GAMES)
        .map(|index| game(index, &ours, &theirs, &by_rate))
        .collect();
    Ok(Section {
        name: "decomposition",
        about: ABOUT.to_owned(),
        machine: machine::describe(&[theirs.text("/about")]),
        body: body(&games, peers.missing()),
        targets: targets(&games),
    })
}

/// The games that the published procedure decomposes in a round: at seconds a game, each is done
/// once.
fn games_of(round: usize) -> String {
    let games: Vec<String> = (round..SHARED_GAMES)
        .step_by(ROUNDS)
        .map(|shared| game_of(shared).to_string())
        .collect();
    games.join(" ")
}

/// Which of all games a shared one is.
fn game_of(shared: usize) -> usize {
    shared / SHARED_SAMPLES * SAMPLES + shared % SHARED_SAMPLES
}

fn game(index: usize, ours: &Turns, theirs: &Turns, by_rate: &Value) -> Game {
    let certified = |field: &str| ours.median(&format!("/games/{index}/{field}"));
    let published = |field: &str| theirs.median(&format!("/games/{index}/{field}"));
    let rates = by_rate
        .as_object()
        .into_iter()
        .flat_map(|rates| rates.values());
    Game {
        ours: certified("milliseconds") / 1e3,
        iterations: certified("iterations"),
        objective: certified("smallest_norm"),
        lower_bound: certified("lower_bound"),
        noise_bound: certified("noise_bound"),
        published: published("seconds"),
        published_objective: published("objective"),
        published_noise: published("largest_noise"),
        best_of_rates: rates
            .filter_map(|games| games[index].as_f64())
            .fold(f64::INFINITY, f64::min),
    }
}

fn body(games: &[Game], missing: Option<String>) -> Vec<Block> {
    let rows = shared(games).enumerate().map(|(index, game)| {
        vec![
            format!(
                "{}, {}",
                EPOCHS[index / SHARED_SAMPLES],
                index % SHARED_SAMPLES + 1
            ),
            time(game.ours),
            time(game.published),
            number(game.published / game.ours),
            format!("{} ({})", number(game.objective), number(game.lower_bound)),
            number(game.published_objective),
            number(game.best_of_rates),
        ]
    });
    let head = [
        "epoch, sample",
        "Spindle",
        "published",
        "ratio",
        "objective (at least)",
        "published objective",
        "best of five rates",
    ];
    let within =
        shared(games).filter(|game| game.published_noise <= game.noise_bound * (1.0 + ROUNDING));
    let within = format!(
        "The published procedure's noise stays within the bound on {} of {SHARED_GAMES} games, so that its objective is an upper bound of the same optimum.",
        within.count()
    );
    let text = |text: &str| Block::Text(text.to_owned());
    let mut body: Vec<Block> = missing.iter().map(|missing| text(missing)).collect();
    body.extend([
        Block::Table(by_stage(games)),
        text(SHARED),
        Block::Table(Table::new(head, rows.collect())),
        text(RATES),
    ]);
    if missing.is_none() {
        body.push(Block::Text(within));
    }
    body
}

/// The games that the published procedure decomposes too.
fn shared(games: &[Game]) -> impl Iterator<Item = &Game> {
    (0..SHARED_GAMES).map(|shared| &games[game_of(shared)])
}

/// Ours on all games.
fn by_stage(games: &[Game]) -> Table {
    let row = |name: String, games: &[Game]| {
        let all = |of: fn(&Game) -> f64| games.iter().map(of).collect::<Vec<f64>>();
        let slowest = all(|game| game.ours).into_iter().fold(0.0, f64::max);
        vec![
            name,
            games.len().to_string(),
            time(turns::median(all(|game| game.ours))),
            time(slowest),
            number(turns::median(all(|game| game.iterations))),
        ]
    };
    let stages = EPOCHS.iter().zip(games.chunks(SAMPLES));
    let mut rows: Vec<Vec<String>> = stages
        .map(|(epoch, games)| row(epoch.to_string(), games))
        .collect();
    rows.push(row("all".to_owned(), games));
    let head = ["epoch", "games", "median", "slowest", "iterations, median"];
    Table::new(head, rows)
}

fn targets(games: &[Game]) -> Vec<Target> {
    let ours = turns::median(games.iter().map(|game| game.ours).collect());
    let ratio = turns::median(
        shared(games)
            .map(|game| game.published / game.ours)
            .collect(),
    );
    let published = shared(games).filter(|game| game.objective < game.published_objective);
    let published = published.count() as f64;
    let of_rates = games
        .iter()
        .filter(|game| game.objective < game.best_of_rates);
    vec![
        Target {
            what: "canonical answer, certificate and ranges, median of all games",
            bound: Bound::AtMost(42.0),
            measured: 1e3 * ours,
            unit: "ms",
        },
        Target {
            what: "times as fast as the published procedure, median of the games of both",
            bound: Bound::AtLeast(200.0),
            measured: ratio,
            unit: "",
        },
        Target {
            what: "lower objective than the published procedure",
            bound: Bound::All(SHARED_GAMES),
            measured: if ratio.is_finite() {
                published
            } else {
                f64::NAN
            },
            unit: "games",
        },
        Target {
            what: "lower objective than the best of its five rates",
            bound: Bound::All(GAMES),
            measured: of_rates.count() as f64,
            unit: "games",
        },
    ]
}
