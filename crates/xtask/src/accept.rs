//! Whether answers are unique and ranges tight, on more games and starts than the tests have time
//! for.

use crate::process::{cargo_with, run};

/// The games: ten of each of four checkpoints of the run that comes with the page.
const RUN: &str = "web/public/runs/lenet-mnist.spindle";
const CHECKPOINTS: &str = "0,2,13,19";
const GAMES: &str = "target/lenet-games.f32";

/// Prints what was measured; an error where an answer is not one.
pub(crate) fn accept() -> anyhow::Result<()> {
    run(
        "python3",
        &["tests/peers/games.py", RUN, GAMES, CHECKPOINTS, "10"],
        &[],
    )?;
    let games = std::env::current_dir()?.join(GAMES);
    let games = games.display().to_string();
    for test in ["uniqueness", "exact_games"] {
        let line =
            format!("test --release --package spindle-interactions --test {test} -- --nocapture");
        cargo_with(&line, &[("SPINDLE_GAMES", &games)])?;
    }
    Ok(())
}
