//! Games over cores.

use std::{
    ops::ControlFlow,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
};

use super::{
    Decomposition, NoiseBound, Params, Progress, Solver,
    certificate::{Bound, without_baseline},
    game::{Game, Rounds},
    others::Effects,
    projection::Projection,
    ranges::BarBounds,
};
use crate::{Error, mask};

type Outcome<T> = Result<T, Error>;

/// What is asked of a game: the answer where no effects are needed, and the way to it where they
/// are.
struct Question<T> {
    nothing: fn(&Game) -> Outcome<T>,
    solve: for<'a> fn(&Game, &mut Solver<'_>, &'a Params, &'a mut Rounds<'a>) -> Outcome<T>,
}

const DECOMPOSITION: Question<Decomposition> = Question {
    nothing: Game::nothing,
    solve: Game::solve,
};

const BARS: Question<BarBounds> = Question {
    nothing: |_| Ok(BarBounds::default()),
    solve: Game::bars,
};

/// Decomposes many games of the same number of players, over all cores natively (feature `rayon`).
///
/// `values`: row-major \[games\]\[2^n\]. One result a game, in order; a failing game does not fail
/// the others. When `progress` breaks, the games that are not done are [`Error::Stopped`]. A game's
/// result depends neither on the other games nor on the number of threads, bit for bit.
///
/// # Errors
/// [`Error::Players`], [`Error::Parameter`], and [`Error::Mismatch`] when `values` is no whole
/// number of games.
pub fn decompose_batch(
    values: &[f64],
    players: usize,
    params: &Params,
    progress: &(dyn Fn(Progress) -> ControlFlow<()> + Sync),
) -> Result<Vec<Outcome<Decomposition>>, Error> {
    ask_all(&DECOMPOSITION, values, players, params, progress)
}

/// What the ranges of the bars of orders 1, 2, and [`super::HIGH_ORDER`] and above follow from, for
/// many games of the same number of players, as [`decompose_batch`]. Six more solves a game, beside
/// the one of the smallest norm: on demand.
///
/// # Errors
/// As [`decompose_batch`].
pub fn bar_bounds_batch(
    values: &[f64],
    players: usize,
    params: &Params,
    progress: &(dyn Fn(Progress) -> ControlFlow<()> + Sync),
) -> Result<Vec<Outcome<BarBounds>>, Error> {
    ask_all(&BARS, values, players, params, progress)
}

const OTHER_ANSWERS: Question<Vec<Effects>> = Question {
    nothing: Game::no_others,
    solve: Game::others,
};

/// [`OTHERS`](super::OTHERS) other answers to each of many games, as [`decompose_batch`]: nearly as
/// sparse as the sparsest, by their orders as different as may be. For looking at what a statistic
/// would be with another answer.
///
/// # Errors
/// As [`decompose_batch`].
pub fn others_batch(
    values: &[f64],
    players: usize,
    params: &Params,
    progress: &(dyn Fn(Progress) -> ControlFlow<()> + Sync),
) -> Result<Vec<Outcome<Vec<Effects>>>, Error> {
    ask_all(&OTHER_ANSWERS, values, players, params, progress)
}

fn ask_all<T: Send>(
    question: &Question<T>,
    values: &[f64],
    players: usize,
    params: &Params,
    progress: &(dyn Fn(Progress) -> ControlFlow<()> + Sync),
) -> Result<Vec<Outcome<T>>, Error> {
    params.check()?;
    let masks = mask::masks_of_games(values.len(), players)?;
    let games = values.len() / masks;
    let projection = Projection::shared(players);
    let queue = Queue::new(values, masks, params, NoiseBound::Ratio);
    let workers = threads().min(games.max(1));
    let mut done = on_all_cores(workers, || {
        queue.work(question, projection, &mut |p| progress(p))
    });
    let mut outcomes: Vec<Outcome<T>> = (0..games).map(|_| Err(Error::Stopped)).collect();
    for (game, outcome) in done.drain(..).flatten() {
        outcomes[game] = outcome;
    }
    Ok(outcomes)
}

/// One game on the caller's thread.
pub(super) fn decompose_one(
    v: &[f64],
    players: usize,
    params: &Params,
    tau: NoiseBound<'_>,
    progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Outcome<Decomposition> {
    let projection = Projection::shared(players);
    let queue = Queue::new(v, v.len(), params, tau);
    let done = queue.work(&DECOMPOSITION, projection, progress);
    done.into_iter()
        .next()
        .map_or(Err(Error::Stopped), |(_, outcome)| outcome)
}

/// Cores to use.
pub(crate) fn threads() -> usize {
    #[cfg(all(feature = "rayon", not(target_arch = "wasm32")))]
    return rayon::current_num_threads();
    #[cfg(not(all(feature = "rayon", not(target_arch = "wasm32"))))]
    return 1;
}

/// Runs `work` once for each worker.
pub(crate) fn on_all_cores<R: Send>(workers: usize, work: impl Fn() -> R + Sync) -> Vec<R> {
    #[cfg(all(feature = "rayon", not(target_arch = "wasm32")))]
    if workers > 1 {
        use rayon::prelude::*;
        return (0..workers)
            .into_par_iter()
            .with_max_len(1)
            .map(|_| work())
            .collect();
    }
    (0..workers).map(|_| work()).collect()
}

/// Games that wait, shared by all workers.
struct Queue<'a> {
    values: &'a [f64],
    masks: usize,
    params: &'a Params,
    tau: NoiseBound<'a>,
    next: AtomicUsize,
    done: AtomicUsize,
    stopped: AtomicBool,
}

impl<'a> Queue<'a> {
    fn new(values: &'a [f64], masks: usize, params: &'a Params, tau: NoiseBound<'a>) -> Self {
        Self {
            values,
            masks,
            params,
            tau,
            next: AtomicUsize::new(0),
            done: AtomicUsize::new(0),
            stopped: AtomicBool::new(false),
        }
    }

    fn games(&self) -> usize {
        self.values.len() / self.masks
    }

    /// The next game that needs work; games that need none go straight to `outcomes`: bad outputs,
    /// and those within the noise bound, which no effects explain best.
    fn take<T>(
        &self,
        question: &Question<T>,
        outcomes: &mut Vec<(usize, Outcome<T>)>,
    ) -> Option<Game> {
        loop {
            let index = self.next.fetch_add(1, Ordering::Relaxed);
            let outputs = self.values.chunks_exact(self.masks).nth(index)?;
            match self.prepare(index, outputs) {
                Ok(game) if game.exceeds_its_bound() => return Some(game),
                Ok(game) => outcomes.push((index, (question.nothing)(&game))),
                Err(error) => outcomes.push((index, Err(error))),
            }
            self.done.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn prepare(&self, index: usize, outputs: &[f64]) -> Result<Game, Error> {
        let v = without_baseline(outputs)?;
        let bound = Bound::new(self.tau, &v, self.params.noise())?;
        Ok(Game {
            index,
            v,
            baseline: outputs[0],
            bound,
        })
    }

    /// Solves games until none is left.
    fn work<T>(
        &self,
        question: &Question<T>,
        projection: &Projection,
        progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
    ) -> Vec<(usize, Outcome<T>)> {
        let mut outcomes = Vec::new();
        let mut solver = solver(projection, self.params);
        while let Some(game) = self.take(question, &mut outcomes) {
            let mut tell = |iterations, gap| {
                let now = Progress {
                    iterations,
                    gap,
                    games_done: self.done.load(Ordering::Relaxed),
                    games: self.games(),
                };
                if progress(now).is_break() {
                    self.stopped.store(true, Ordering::Relaxed);
                }
                !self.stopped.load(Ordering::Relaxed)
            };
            let mut last = (0, f64::INFINITY);
            let mut round = |iterations, gap| {
                last = (iterations, gap);
                tell(iterations, gap)
            };
            let outcome = (question.solve)(&game, &mut solver, self.params, &mut round);
            if matches!(outcome, Err(Error::Stopped)) {
                return outcomes;
            }
            outcomes.push((game.index, outcome));
            self.done.fetch_add(1, Ordering::Relaxed);
            if !tell(last.0, last.1) {
                return outcomes;
            }
        }
        outcomes
    }
}

/// A solver of games with the precision that is asked for.
fn solver<'p>(projection: &'p Projection, params: &Params) -> Solver<'p> {
    #[cfg(feature = "single")]
    return Solver::new(projection, params.double_precision);
    #[cfg(not(feature = "single"))]
    {
        let _ = params.double_precision;
        Solver::new(projection)
    }
}
