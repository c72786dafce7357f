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
const SAMPLES: usize = 2;
const GAMES: usize = EPOCHS.len() * SAMPLES;
/// How far f32 may take the published noise beyond its bound, in units of the bound.
const ROUNDING: f64 = 1e-3;

const ABOUT: &str = "\
Games of LeNet with n = 10 players: log-odds of the label on 1,024 masks, of the default experiment's first two test samples before training, after
one epoch and after 16 epochs on the embedded digits (seed 0). Ours is the certified decomposition on one core to a relative gap of 1e-3. Beside it stands the published
procedure (arXiv 2405.10262) step by step in PyTorch, `tests/peers/published.py`, with all threads that PyTorch takes: dense matrices, 10,000 steps of SGD at 1e-6 with
momentum 0.9 over the split p and the noise q, in f32. Both may change every output by the same noise, 0.02 |v(N) - v(empty)|. The objective is the L1 norm that both
make small, in nats; no decomposition is below the bound that ours comes with.";

const RATES: &str = "\
*Best of five rates* is the published procedure's smallest objective at learning rates 1e-8, 1e-7, 1e-6, 1e-5 and 1e-4, by Spindle's version of its steps in f64: at 1e-6 it may end above where it began.";

/// What was measured of one game.
struct Game {
    ours: f64,
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

/// The games that the published procedure decomposes in a round: at seconds a game, each is done once.
fn games_of(round: usize) -> String {
    let games: Vec<String> = (round..GAMES)
        .step_by(ROUNDS)
        .map(|game| game.to_string())
        .collect();
    games.join(" ")
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
        objective: certified("objective"),
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
    let rows = games.iter().enumerate().map(|(index, game)| {
        vec![
            format!("{}, {}", EPOCHS[index / SAMPLES], index % SAMPLES + 1),
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
    let within = games
        .iter()
        .filter(|game| game.published_noise <= game.noise_bound * (1.0 + ROUNDING));
    let within = format!(
        "The published procedure's noise stays within the bound on {} of {GAMES} games, so that its objective is an upper bound of the same optimum.",
        within.count()
    );
    let text = |text: &str| Block::Text(text.to_owned());
    let mut body: Vec<Block> = missing.iter().map(|missing| text(missing)).collect();
    body.extend([Block::Table(Table::new(head, rows.collect())), text(RATES)]);
    if missing.is_none() {
        body.push(Block::Text(within));
    }
    body
}

fn targets(games: &[Game]) -> Vec<Target> {
    let ours = turns::median(games.iter().map(|game| game.ours).collect());
    let published = turns::median(games.iter().map(|game| game.published).collect());
    let lower = |of: fn(&Game) -> f64| {
        games
            .iter()
            .filter(|game| game.objective < of(game))
            .count() as f64
    };
    let every = Bound::All(GAMES);
    vec![
        Target {
            what: "certified decomposition, median of all games",
            bound: Bound::AtMost(5.0),
            measured: 1e3 * ours,
            unit: "ms",
        },
        Target {
            what: "times as fast as the published procedure, ratio of medians",
            bound: Bound::AtLeast(1_500.0),
            measured: published / ours,
            unit: "",
        },
        Target {
            what: "lower objective than the published procedure",
            bound: every,
            measured: if published.is_finite() {
                lower(|game| game.published_objective)
            } else {
                f64::NAN
            },
            unit: "games",
        },
        Target {
            what: "lower objective than the best of its five rates",
            bound: every,
            measured: lower(|game| game.best_of_rates),
            unit: "games",
        },
    ]
}
