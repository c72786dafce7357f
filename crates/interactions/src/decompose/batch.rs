//! Games over cores.

use std::{
    ops::ControlFlow,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
};

use super::{
    Decomposition, NoiseBound, Params, Progress, Solver,
    certificate::{Bound, evaluate, without_baseline},
    projection::Projection,
    splitting::Best,
};
use crate::{Error, mask};

/// Rounding that universal matching allows for, in units of the largest output.
const MATCHING: f64 = 1e-9;

type Outcome = Result<Decomposition, Error>;

/// Decomposes many games of the same number of players, over all cores natively (feature `rayon`).
///
/// `values`: row-major \[games\]\[2^n\]. One result a game, in order; a failing game does not fail the others. When
/// `progress` breaks, the games that are not done are [`Error::Stopped`]. A game's result depends
/// neither on the other games nor on the number of threads, bit for bit.
///
/// # Errors
/// [`Error::Players`], [`Error::Parameter`], and [`Error::Mismatch`] when `values` is no whole number of games.
pub fn decompose_batch(
    values: &[f64],
    players: usize,
    params: &Params,
    progress: &(dyn Fn(Progress) -> ControlFlow<()> + Sync),
) -> Result<Vec<Outcome>, Error> {
    params.check()?;
    let masks = mask::masks_of_games(values.len(), players)?;
    let games = values.len() / masks;
    let projection = Projection::shared(players);
    let queue = Queue::new(values, masks, params, NoiseBound::Ratio);
    let workers = threads().min(games.max(1));
    let mut done = on_all_cores(workers, || queue.work(projection, &mut |p| progress(p)));
    let mut outcomes: Vec<Outcome> = vec![Err(Error::Stopped); games];
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
) -> Outcome {
    let projection = Projection::shared(players);
    let queue = Queue::new(v, v.len(), params, tau);
    let done = queue.work(projection, progress);
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

/// A game taken from the queue.
struct Game {
    index: usize,
    v: Vec<f64>,
    baseline: f64,
    bound: Bound,
}

impl Game {
    fn exceeds_its_bound(&self) -> bool {
        let mut outputs = self.v.iter().enumerate();
        outputs.any(|(s, v)| v.abs() > self.bound.at(s))
    }
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

    /// The next game that needs work; games that need none go straight to `outcomes`: bad outputs, and those within the noise bound, which
    /// no effects explain best.
    fn take(&self, outcomes: &mut Vec<(usize, Outcome)>) -> Option<Game> {
        loop {
            let index = self.next.fetch_add(1, Ordering::Relaxed);
            let outputs = self.values.chunks_exact(self.masks).nth(index)?;
            match self.prepare(index, outputs) {
                Ok(game) if game.exceeds_its_bound() => return Some(game),
                Ok(game) => outcomes.push((index, self.nothing(&game))),
                Err(error) => outcomes.push((index, Err(error))),
            }
            self.done.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn prepare(&self, index: usize, outputs: &[f64]) -> Result<Game, Error> {
        let v = without_baseline(outputs)?;
        let bound = Bound::new(
            self.tau,
            v[self.masks - 1],
            self.masks,
            self.params.noise_ratio,
        )?;
        Ok(Game {
            index,
            v,
            baseline: outputs[0],
            bound,
        })
    }

    /// The decomposition of outputs within the noise bound.
    fn nothing(&self, game: &Game) -> Outcome {
        let zeros = || vec![0.0; self.masks];
        let evaluation = evaluate(&game.v, &game.bound, &zeros(), &zeros(), zeros(), 0.0, 0)?;
        Ok(Decomposition {
            baseline: game.baseline,
            and: zeros(),
            or: zeros(),
            noise: evaluation.noise,
            dual: evaluation.dual,
            certificate: evaluation.certificate,
        })
    }

    /// Solves games until none is left.
    fn work(
        &self,
        projection: &Projection,
        progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
    ) -> Vec<(usize, Outcome)> {
        let mut outcomes = Vec::new();
        let mut solver = Solver::new(
            projection,
            self.params.relative_tie_break(),
            self.params.tolerance,
        );
        while let Some(game) = self.take(&mut outcomes) {
            solver.load(&game.v, &game.bound);
            let outcome = loop {
                if self.stopped.load(Ordering::Relaxed) {
                    return outcomes;
                }
                let left = self.params.max_iterations - solver.best().iterations;
                solver.advance(self.params.check_every.min(left));
                let outcome = self.finished(&game, solver.best());
                if outcome.is_some() {
                    self.done.fetch_add(1, Ordering::Relaxed);
                }
                let now = Progress {
                    iterations: solver.best().iterations,
                    gap: solver.best().gap(),
                    games_done: self.done.load(Ordering::Relaxed),
                    games: self.games(),
                };
                if progress(now).is_break() {
                    self.stopped.store(true, Ordering::Relaxed);
                }
                if let Some(outcome) = outcome {
                    break outcome;
                }
            };
            outcomes.push((game.index, outcome));
        }
        outcomes
    }

    /// The outcome of a game that has reached the tolerance or the iteration limit.
    fn finished(&self, game: &Game, best: &Best) -> Option<Outcome> {
        let exhausted = best.iterations >= self.params.max_iterations;
        if best.gap() > self.params.tolerance && !exhausted {
            return None;
        }
        let evaluation = evaluate(
            &game.v,
            &game.bound,
            &best.and,
            &best.or,
            best.dual.clone(),
            best.tie_break,
            best.iterations,
        );
        let evaluation = match evaluation {
            Ok(evaluation) => evaluation,
            Err(error) => return Some(Err(error)),
        };
        // Effects that overflow explain nothing, whatever their norm.
        let largest = game
            .v
            .iter()
            .fold(0.0_f64, |largest, v| largest.max(v.abs()));
        let explains = evaluation.certificate.excess <= MATCHING * largest;
        let gap = if explains {
            evaluation.certificate.gap
        } else {
            f64::INFINITY
        };
        if gap > self.params.tolerance && !exhausted {
            return None;
        }
        let decomposition = Decomposition {
            baseline: game.baseline,
            and: best.and.clone(),
            or: best.or.clone(),
            noise: evaluation.noise,
            dual: evaluation.dual,
            certificate: evaluation.certificate,
        };
        if gap <= self.params.tolerance {
            return Some(Ok(decomposition));
        }
        Some(Err(Error::NotConverged {
            gap,
            tolerance: self.params.tolerance,
            iterations: best.iterations,
            decomposition: Box::new(decomposition),
        }))
    }
}
