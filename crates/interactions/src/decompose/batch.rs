//! Games over lanes, lanes over cores.

use std::{
    ops::ControlFlow,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
};

use super::{
    Decomposition, NoiseBound, Params, Progress,
    certificate::{Bound, evaluate, without_baseline},
    lanes::Lanes,
    projection::Projection,
};
use crate::{Error, mask};

/// Games side by side where a batch is large enough and the arrays stay in the cache.
const LANES: usize = 4;

/// Most players for which games run side by side.
const MAX_PLAYERS_IN_LANES: usize = 12;

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
    let projection = Projection::new(players);
    let queue = Queue::new(values, masks, params, NoiseBound::Ratio);
    let workers = threads().min(games.max(1));
    let wide = players <= MAX_PLAYERS_IN_LANES && games >= 2 * workers;
    let mut done = on_all_cores(workers, || {
        let mut report = |p| progress(p);
        if wide {
            queue.work::<LANES>(&projection, &mut report)
        } else {
            queue.work::<1>(&projection, &mut report)
        }
    });
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
    let projection = Projection::new(players);
    let queue = Queue::new(v, v.len(), params, tau);
    let done = queue.work::<1>(&projection, progress);
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

    /// The next game that needs work; games that need none (bad or constant outputs) go straight to `outcomes`.
    fn take(&self, outcomes: &mut Vec<(usize, Outcome)>) -> Option<Game> {
        loop {
            let index = self.next.fetch_add(1, Ordering::Relaxed);
            let outputs = self.values.chunks_exact(self.masks).nth(index)?;
            match self.prepare(index, outputs) {
                Ok(game) if game.v.iter().any(|&v| v != 0.0) => return Some(game),
                Ok(game) => outcomes.push((index, self.nothing(&game))),
                Err(error) => outcomes.push((index, Err(error))),
            }
            self.done.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn prepare(&self, index: usize, outputs: &[f64]) -> Result<Game, Error> {
        let v = without_baseline(outputs)?;
        let bound = Bound::new(self.tau, v[self.masks - 1], self.masks, self.params)?;
        Ok(Game {
            index,
            v,
            baseline: outputs[0],
            bound,
        })
    }

    /// The decomposition of constant outputs.
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

    /// Takes games into `B` lanes until none is left.
    fn work<const B: usize>(
        &self,
        projection: &Projection,
        progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
    ) -> Vec<(usize, Outcome)> {
        let mut outcomes = Vec::new();
        let mut lanes = Lanes::<B>::new(projection, self.params.relative_tie_break());
        let mut games: [Option<Game>; B] = std::array::from_fn(|_| None);
        loop {
            for (lane, game) in games.iter_mut().enumerate() {
                if game.is_none() {
                    *game = self.take(&mut outcomes);
                    match game {
                        Some(game) => lanes.load(lane, &game.v, &game.bound),
                        None => lanes.unload(lane),
                    }
                }
            }
            if games.iter().all(Option::is_none) || self.stopped.load(Ordering::Relaxed) {
                return outcomes;
            }
            let active = games.each_ref().map(Option::is_some);
            lanes.advance(
                self.params.check_every.min(self.params.max_iterations),
                &active,
            );
            let mut now = Progress {
                iterations: 0,
                gap: 0.0,
                games_done: 0,
                games: self.games(),
            };
            for (lane, slot) in games.iter_mut().enumerate() {
                let Some(game) = slot else { continue };
                let best = lanes.best(lane);
                now.iterations = now.iterations.max(best.iterations);
                now.gap = now.gap.max(best.gap());
                if let Some(outcome) = self.finished(game, &lanes, lane) {
                    outcomes.push((game.index, outcome));
                    self.done.fetch_add(1, Ordering::Relaxed);
                    *slot = None;
                }
            }
            now.games_done = self.done.load(Ordering::Relaxed);
            if progress(now).is_break() {
                self.stopped.store(true, Ordering::Relaxed);
            }
        }
    }

    /// The outcome of a game that has reached the tolerance or the iteration limit.
    fn finished<const B: usize>(
        &self,
        game: &Game,
        lanes: &Lanes<'_, B>,
        lane: usize,
    ) -> Option<Outcome> {
        let best = lanes.best(lane);
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
        let gap = evaluation.certificate.gap;
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
