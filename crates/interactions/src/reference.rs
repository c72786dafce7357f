//! The published procedure, for comparison with published figures.
//!
//! arXiv 2401.16318 (section 3.2) and arXiv 2407.19198 minimise |I_and|_1 + |I_or|_1 over the split
//! g and a noise q by gradient descent with momentum, where I_and = A((v+q)/2 + g), I_or =
//! OR((v+q)/2 - g). The steps here are those of the authors' code (`_train_p_q` of
//! interaction-concept and generalizable-interaction): g = q = 0 at the start; before every step
//! the learning rate is set, log-spaced from its first value to a tenth of it, and q is clipped to
//! +-tau, once more at the end; both terms of the empty set are in the sum. Pictures have 10,000
//! steps from 1e-5 there, other data 20,000 to 50,000 from 1e-6 to 1e-7; the papers on the two
//! phases state neither. The gradient is made of sign vectors through the adjoint transforms, O(n
//! 2^n) a step.
//!
//! Steps of a fixed size leave the objective above the optimum by an amount that grows with the
//! learning rate and not with v: where |v| is small it ends above its own start ([`start_norm`]).
//! The certificate of the result says by how much at most.

use std::{
    ops::ControlFlow,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
};

use crate::{
    Error,
    arch::vectorized,
    butterfly::{self, Moebius, SupersetMoebius},
    decompose::{self, Bound, Decomposition, NoiseBound, NoiseRatio, NoiseScale, Progress},
    mask,
};

/// How the learning rate goes on from its first value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum Schedule {
    /// Log-spaced down to a tenth of it over the steps, as in the authors' code.
    #[default]
    Falling,
    /// It stays, as the papers' text reads.
    Constant,
}

impl Schedule {
    /// The learning rate of step `step` of `steps`, over that of the first one.
    fn factor(self, step: usize, steps: usize) -> f64 {
        match self {
            Self::Falling => 10.0_f64.powf(-(step as f64) / steps.saturating_sub(1).max(1) as f64),
            Self::Constant => 1.0,
        }
    }
}

/// What the learning rate is in units of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum RateScale {
    /// Nats, whatever the game's size, as published.
    #[default]
    Absolute,
    /// |v(N) - v(empty)| of each game (ours).
    Change,
}

/// How the published procedure runs.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
pub struct Params {
    /// Learning rate of the first step; above 0.
    pub learning_rate: f64,
    /// What it is in units of.
    pub rate_scale: RateScale,
    /// How it goes on.
    pub schedule: Schedule,
    /// Momentum, 0 or above and below 1.
    pub momentum: f64,
    /// Number of steps.
    pub steps: usize,
    /// Noise bound tau in units of `noise_scale`; 0 or above.
    pub noise_ratio: f64,
    /// What the noise bound is relative to.
    pub noise_scale: NoiseScale,
}

impl Default for Params {
    fn default() -> Self {
        Self {
            learning_rate: 1e-5,
            rate_scale: RateScale::default(),
            schedule: Schedule::default(),
            momentum: 0.9,
            steps: 10_000,
            noise_ratio: decompose::Params::default().noise_ratio,
            noise_scale: NoiseScale::default(),
        }
    }
}

impl Params {
    /// Checks every field.
    ///
    /// # Errors
    /// [`Error::Parameter`] with the first field that is out of its range.
    pub fn check(&self) -> Result<(), Error> {
        let wrong = |field, value, allowed| {
            Err(Error::Parameter {
                field,
                value,
                allowed,
            })
        };
        if !(self.learning_rate.is_finite() && self.learning_rate > 0.0) {
            return wrong("learning_rate", self.learning_rate, "above 0 and finite");
        }
        if !(self.momentum >= 0.0 && self.momentum < 1.0) {
            return wrong("momentum", self.momentum, "0 or above and below 1");
        }
        self.noise().check()
    }

    fn noise(&self) -> NoiseRatio {
        NoiseRatio {
            ratio: self.noise_ratio,
            scale: self.noise_scale,
        }
    }

    /// The first learning rate of a game with v(empty) = 0, in units of v.
    fn first_rate(&self, v: &[f64]) -> f64 {
        match self.rate_scale {
            RateScale::Absolute => self.learning_rate,
            RateScale::Change => self.learning_rate * NoiseScale::Change.of(v),
        }
    }
}

/// |I_and|_1 + |I_or|_1 at g = q = 0, where the descent starts, with what a player alone has of both counted once.
///
/// # Errors
/// [`Error::Players`], [`Error::Length`], [`Error::NotFinite`].
pub fn start_norm(outputs: &[f64]) -> Result<f64, Error> {
    mask::player_count(outputs.len())?;
    let v = decompose::without_baseline(outputs)?;
    let mut descent = Descent::<1>::new(v.len());
    descent.load(0, &v, 0.0, 0.0);
    descent.effects();
    let (and, or) = descent.merged_effects(0);
    Ok(and.iter().chain(&or).map(|x| x.abs()).sum())
}

/// Steps between two calls of the progress callback.
const STEPS_PER_REPORT: usize = 100;

/// Games side by side.
const LANES: usize = 4;

type Outcome = Result<Decomposition, Error>;

/// Runs the published procedure on many games. Shapes, order, stopping and errors as
/// [`decompose::decompose_batch`], but there is no tolerance: every result comes with the gap it
/// has. [`Progress::gap`] is 1 while steps are being done, because the procedure has no lower bound
/// of its own.
///
/// # Errors
/// As [`decompose::decompose_batch`].
pub fn decompose_batch(
    values: &[f64],
    players: usize,
    params: &Params,
    progress: &(dyn Fn(Progress) -> ControlFlow<()> + Sync),
) -> Result<Vec<Outcome>, Error> {
    params.check()?;
    let masks = mask::masks_of_games(values.len(), players)?;
    let games: Vec<&[f64]> = values.chunks_exact(masks).collect();
    let groups: Vec<&[&[f64]]> = games.chunks(LANES).collect();
    let (next, done, stopped) = (
        AtomicUsize::new(0),
        AtomicUsize::new(0),
        AtomicBool::new(false),
    );
    let results = decompose::on_all_cores(decompose::threads().min(groups.len().max(1)), || {
        let mut results = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(group) = groups.get(index) else {
                return results;
            };
            if stopped.load(Ordering::Relaxed) {
                return results;
            }
            let report = |iterations| {
                if iterations == params.steps {
                    done.fetch_add(group.len(), Ordering::Relaxed);
                }
                let now = Progress {
                    iterations,
                    gap: 1.0,
                    games_done: done.load(Ordering::Relaxed),
                    games: games.len(),
                };
                if progress(now).is_break() {
                    stopped.store(true, Ordering::Relaxed);
                }
                !stopped.load(Ordering::Relaxed)
            };
            let outcomes = descend_group(group, params, report);
            results.push((index, outcomes));
        }
    });
    let mut outcomes = vec![Err(Error::Stopped); games.len()];
    for (index, group) in results.into_iter().flatten() {
        for (slot, outcome) in outcomes[index * LANES..].iter_mut().zip(group) {
            *slot = outcome;
        }
    }
    Ok(outcomes)
}

/// Up to [`LANES`] games side by side; `report` returns whether to go on.
fn descend_group(
    group: &[&[f64]],
    params: &Params,
    report: impl Fn(usize) -> bool,
) -> Vec<Outcome> {
    let masks = group[0].len();
    let mut descent = Descent::<LANES>::new(masks);
    let games: Vec<_> = group
        .iter()
        .map(|outputs| {
            let v = decompose::without_baseline(outputs)?;
            let bound = Bound::new(NoiseBound::Ratio, &v, params.noise())?;
            Ok((outputs[0], v, bound))
        })
        .collect();
    for (lane, game) in games.iter().enumerate() {
        if let Ok((_, v, bound)) = game {
            descent.load(lane, v, bound.largest(), params.first_rate(v));
        }
    }
    let mut step = 0;
    while step < params.steps {
        let count = STEPS_PER_REPORT.min(params.steps - step);
        vectorized(
            #[inline(always)]
            || {
                for step in step..step + count {
                    descent.step(params.schedule.factor(step, params.steps), params.momentum);
                }
            },
        );
        step += count;
        if !report(step) && step < params.steps {
            return games
                .into_iter()
                .map(|game| game.and(Err(Error::Stopped)))
                .collect();
        }
    }
    descent.clip();
    descent.effects();
    let results = games.into_iter().enumerate().map(|(lane, game)| {
        let (baseline, v, bound) = game?;
        let (and, or) = descent.merged_effects(lane);
        let y = descent.dual_candidate(lane, params.steps);
        let evaluation = decompose::evaluate(&v, &bound, &and, &or, y, params.steps)?;
        let decompose::Evaluation {
            noise,
            dual,
            certificate,
        } = evaluation;
        Ok(Decomposition {
            baseline,
            and,
            or,
            noise,
            dual,
            ranges: None,
            certificate,
        })
    });
    results.collect()
}

/// State of `B` descents, arrays \[2^n\]\[B\].
struct Descent<const B: usize> {
    v: Vec<[f64; B]>,
    tau: [f64; B],
    /// Learning rate of the first step.
    rate: [f64; B],
    split: Vec<[f64; B]>,
    noise: Vec<[f64; B]>,
    split_velocity: Vec<[f64; B]>,
    noise_velocity: Vec<[f64; B]>,
    /// AND effects, then the gradient by v_and.
    and: Vec<[f64; B]>,
    /// OR effects, then the gradient by v_or.
    or: Vec<[f64; B]>,
    /// Sum over steps of the gradient by v + q: averaged, a dual point.
    dual: Vec<[f64; B]>,
}

impl<const B: usize> Descent<B> {
    fn new(masks: usize) -> Self {
        let zeros = || vec![[0.0; B]; masks];
        Self {
            v: zeros(),
            tau: [0.0; B],
            rate: [0.0; B],
            split: zeros(),
            noise: zeros(),
            split_velocity: zeros(),
            noise_velocity: zeros(),
            and: zeros(),
            or: zeros(),
            dual: zeros(),
        }
    }

    fn load(&mut self, lane: usize, v: &[f64], tau: f64, rate: f64) {
        for (row, v) in self.v.iter_mut().zip(v) {
            row[lane] = *v;
        }
        (self.tau[lane], self.rate[lane]) = (tau, rate);
    }

    /// and <- A((v+q)/2 + g), or <- OR((v+q)/2 - g).
    #[inline(always)]
    fn effects(&mut self) {
        let inputs = self.v.iter().zip(&self.noise).zip(&self.split);
        for ((and, or), ((v, q), g)) in self.and.iter_mut().zip(&mut self.or).zip(inputs) {
            for lane in 0..B {
                let half = 0.5 * (v[lane] + q[lane]);
                and[lane] = half + g[lane];
                or[lane] = half - g[lane];
            }
        }
        let constant = self.or[0];
        self.or.reverse();
        butterfly::transform::<Moebius, f64>(self.and.as_flattened_mut(), B);
        butterfly::transform::<Moebius, f64>(self.or.as_flattened_mut(), B);
        for x in self.or.as_flattened_mut() {
            *x = -*x;
        }
        self.or[0] = constant;
    }

    /// q <- clip(q, +-tau).
    #[inline(always)]
    fn clip(&mut self) {
        for noise in &mut self.noise {
            for lane in 0..B {
                noise[lane] = noise[lane].max(-self.tau[lane]).min(self.tau[lane]);
            }
        }
    }

    /// One step of gradient descent with momentum, without dampening; `factor` of the first
    /// learning rate.
    #[inline(always)]
    fn step(&mut self, factor: f64, momentum: f64) {
        self.clip();
        self.effects();
        for x in self
            .and
            .as_flattened_mut()
            .iter_mut()
            .chain(self.or.as_flattened_mut())
        {
            *x = sign(*x);
        }
        let constant = self.or[0];
        self.or[0] = [0.0; B];
        butterfly::transform::<SupersetMoebius, f64>(self.and.as_flattened_mut(), B);
        butterfly::transform::<SupersetMoebius, f64>(self.or.as_flattened_mut(), B);
        // The adjoint of the OR analysis: minus the reversal, and the constant on its own.
        self.or.reverse();
        for x in self.or.as_flattened_mut() {
            *x = -*x;
        }
        for lane in 0..B {
            self.or[0][lane] += constant[lane];
        }
        let rate = self.rate.map(|rate| factor * rate);
        for (i, (and, or)) in self.and.iter().zip(&self.or).enumerate() {
            for lane in 0..B {
                let by_split = and[lane] - or[lane];
                let by_output = 0.5 * (and[lane] + or[lane]);
                self.dual[i][lane] += by_output;
                let g = &mut self.split_velocity[i][lane];
                *g = momentum * *g + by_split;
                self.split[i][lane] -= rate[lane] * *g;
                let q = &mut self.noise_velocity[i][lane];
                *q = momentum * *q + by_output;
                self.noise[i][lane] -= rate[lane] * *q;
            }
        }
    }

    fn merged_effects(&self, lane: usize) -> (Vec<f64>, Vec<f64>) {
        let of_lane = |effects: &[[f64; B]]| effects.iter().map(|row| row[lane]).collect();
        let (mut and, mut or): (Vec<f64>, Vec<f64>) = (of_lane(&self.and), of_lane(&self.or));
        decompose::merge_single_players(&mut and, &mut or, |s| s);
        (and, or)
    }

    /// The mean gradient by v + q over all steps. At a minimum it satisfies the dual constraints.
    fn dual_candidate(&self, lane: usize, steps: usize) -> Vec<f64> {
        self.dual
            .iter()
            .map(|row| row[lane] / steps.max(1) as f64)
            .collect()
    }
}

/// -1, 0 or 1.
#[inline(always)]
fn sign(x: f64) -> f64 {
    let above = if x > 0.0 { 1.0 } else { 0.0 };
    let below = if x < 0.0 { 1.0 } else { 0.0 };
    above - below
}
