//! Small games first in f32, which fills the vectors with twice as many values, then in f64 where
//! that is not enough.
//!
//! Bounds are evaluated in f64 all along, so that what f32 has to give is only good candidates. It
//! does as well as f64 down to a relative gap of about 2e-4, and to a third of a percent of an
//! iterate; from there on, or where there is no progress as there should be, f64 takes over the
//! iterates where they are.

use super::{
    Bound,
    objective::Objective,
    projection::Projection,
    splitting::{Best, Splitting},
};

/// Numbers of players for which f32 pays: with fewer there is nothing to gain, with more its digits
/// end too early.
const SINGLE_PLAYERS: std::ops::RangeInclusive<usize> = 6..=12;
/// Relative gap below which f32 no longer converges as f64 does.
const SINGLE_GAP: f64 = 2e-4;
/// Tolerance down to which f32 is tried first.
const SINGLE_TOLERANCE: f64 = 1e-7;
/// Rounds in which the gap need not fall.
const PATIENCE: usize = 20;
/// Iterations in which the iterate of a curved objective settles in f32, if it does: ten times as
/// many as usual.
const SINGLE_ITERATIONS: usize = 12_000;

/// Solves one game after the other.
pub(super) struct Solver<'p> {
    double: Splitting<'p, f64>,
    /// Of games of [`SINGLE_PLAYERS`].
    single: Option<Splitting<'p, f32>>,
    /// Whether `single` has the game in hand.
    single_has_game: bool,
    /// Whether the problem in hand is still in f32.
    in_single: bool,
    progress: Halving,
}

/// When the gap was last halved. It falls at least as the inverse of the iterations, as long as
/// there are digits left.
#[derive(Clone, Copy, Debug)]
struct Halving {
    gap: f64,
    round: usize,
    rounds: usize,
}

impl Halving {
    const START: Self = Self {
        gap: f64::INFINITY,
        round: 0,
        rounds: 0,
    };

    /// Before another round: whether it is time that the gap is halved again.
    fn is_overdue(&mut self, gap: f64) -> bool {
        self.rounds += 1;
        if gap <= 0.5 * self.gap && gap.is_finite() {
            (self.gap, self.round) = (gap, self.rounds);
        }
        self.rounds > 2 * self.round + PATIENCE
    }
}

impl<'p> Solver<'p> {
    /// `double`: never in f32.
    pub(super) fn new(projection: &'p Projection, double: bool) -> Self {
        let is_small = !double && SINGLE_PLAYERS.contains(&projection.players());
        Self {
            double: Splitting::new(projection),
            single: is_small.then(|| Splitting::new(projection)),
            single_has_game: false,
            in_single: false,
            progress: Halving::START,
        }
    }

    /// See [`Splitting::load`].
    pub(super) fn load(&mut self, v: &[f64], bound: &Bound, objective: &Objective, tolerance: f64) {
        // Below its own rounding f32 has nothing to give.
        self.in_single = self.single.is_some() && tolerance > SINGLE_TOLERANCE;
        self.single_has_game = self.in_single;
        self.progress = Halving::START;
        match &mut self.single {
            Some(single) if self.in_single => single.load(v, bound, objective, tolerance),
            _ => self.double.load(v, bound, objective, tolerance),
        }
    }

    /// See [`Splitting::aim`].
    pub(super) fn aim(&mut self, objective: &Objective, tolerance: f64) {
        self.progress = Halving::START;
        // Where f32 is used it goes on from what it left to f64, which is near enough.
        self.in_single = self.single_has_game && tolerance > SINGLE_TOLERANCE;
        match &mut self.single {
            Some(single) if self.in_single => single.aim(objective, tolerance),
            _ => self.double.aim(objective, tolerance),
        }
    }

    /// See [`Splitting::start_from`].
    pub(super) fn start_from(&mut self, seed: u64) {
        match &mut self.single {
            Some(single) if self.in_single => single.start_from(seed),
            _ => self.double.start_from(seed),
        }
    }

    pub(super) fn best(&self) -> &Best {
        match &self.single {
            Some(single) if self.in_single => single.best(),
            _ => self.double.best(),
        }
    }

    /// See [`Splitting::evaluate`].
    pub(super) fn evaluate(&mut self) {
        match &mut self.single {
            Some(single) if self.in_single => single.evaluate(),
            _ => self.double.evaluate(),
        }
    }

    /// See [`Splitting::slow_down`]. In f64: beside effects, duals in units of such small steps
    /// have no digits in f32.
    pub(super) fn slow_down(&mut self) {
        if let Some(single) = self.single.as_ref().filter(|_| self.in_single) {
            self.double.continue_from(single);
            self.in_single = false;
        }
        self.double.slow_down();
    }

    /// See [`Splitting::iterate_effects`].
    pub(super) fn iterate_effects(&self) -> Vec<f64> {
        match &self.single {
            Some(single) if self.in_single => single.iterate_effects(),
            _ => self.double.iterate_effects(),
        }
    }

    /// A round of `count` iterations.
    pub(super) fn advance(&mut self, count: usize) {
        match &mut self.single {
            Some(single) if self.in_single => {
                let best = single.best();
                let goes_on = if single.is_curved() {
                    best.iterations < SINGLE_ITERATIONS
                } else {
                    best.gap() > SINGLE_GAP && !self.progress.is_overdue(best.gap())
                };
                if goes_on {
                    single.advance(count);
                    return;
                }
                self.double.continue_from(single);
                self.in_single = false;
            }
            _ => {}
        }
        self.double.advance(count);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Outputs of a smooth function of weighted counts of players, with some noise, so that effects
    /// of all orders are there.
    fn game(players: usize, seed: u64) -> Vec<f64> {
        let mut state = seed;
        let mut random = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as f64 / f64::from(u32::MAX / 2) - 0.5
        };
        let weights: Vec<[f64; 2]> = (0..players).map(|_| [3.0 * random(), random()]).collect();
        (0..1_usize << players)
            .map(|mask| {
                let present = (0..players).filter(|i| mask >> i & 1 == 1);
                let [x, y] =
                    present.fold([0.0; 2], |[x, y], i| [x + weights[i][0], y + weights[i][1]]);
                let noise = if mask == 0 { 0.0 } else { 0.05 * random() };
                5.0 * x.tanh() + y.max(0.0) + noise
            })
            .collect()
    }

    fn bound(v: &[f64]) -> Bound {
        Bound::Scalar(0.02 * v[v.len() - 1].abs())
    }

    fn rounds(tolerance: f64, mut gap_of_next: impl FnMut() -> f64) -> usize {
        (1..4000)
            .find(|_| gap_of_next() <= tolerance)
            .expect("convergence")
    }

    #[test]
    fn single_and_double_precision_agree_within_the_tolerance() {
        for (players, seed) in [(6, 1), (7, 2), (8, 3), (9, 4), (10, 5), (11, 6)] {
            let (v, tolerance) = (game(players, seed), 1e-3);
            let projection = Projection::shared(players);
            let mut solver = Solver::new(projection, false);
            let mut double = Splitting::<f64>::new(projection);
            solver.load(&v, &bound(&v), &Objective::PLAIN, tolerance);
            double.load(&v, &bound(&v), &Objective::PLAIN, tolerance);
            let first = rounds(tolerance, || {
                solver.advance(25);
                solver.best().gap()
            });
            let plain = rounds(tolerance, || {
                double.advance(25);
                double.best().gap()
            });
            let (a, b) = (solver.best(), double.best());
            let at = format!("n = {players}: {first} and {plain} rounds");
            assert!(solver.in_single && first <= plain + plain / 2 + 4, "{at}");
            assert!((a.primal / b.primal - 1.0).abs() <= tolerance, "{at}");
            let rounding = 1e-9 * b.primal;
            assert!(a.dual_value <= b.primal + rounding, "{at}");
            assert!(b.dual_value <= a.primal + rounding, "{at}");
        }
    }

    #[test]
    fn double_precision_takes_over_for_what_single_precision_cannot_do() {
        for players in [6, 9, 10] {
            let (v, tolerance) = (game(players, 11), 1e-6);
            let mut solver = Solver::new(Projection::shared(players), false);
            for _ in 0..2 {
                solver.load(&v, &bound(&v), &Objective::PLAIN, tolerance);
                assert!(solver.in_single);
                rounds(tolerance, || {
                    solver.advance(25);
                    solver.best().gap()
                });
                assert!(!solver.in_single, "n = {players}");
            }
        }
    }

    /// With bounds that differ by mask, players that are exchanged in one precision only would
    /// show.
    #[test]
    fn bounds_by_mask_survive_the_change_of_precision() {
        let v = game(8, 3);
        let by_mask = (0..v.len()).map(|mask| 0.02 + 1e-3 * (mask % 37) as f64);
        let bound = Bound::PerMask(by_mask.collect());
        let projection = Projection::shared(8);
        let mut single = Splitting::<f32>::new(projection);
        let mut double = Splitting::<f64>::new(projection);
        single.load(&v, &bound, &Objective::PLAIN, 1e-3);
        let before = rounds(1e-2, || {
            single.advance(25);
            single.best().gap()
        });
        double.continue_from(&single);
        assert_eq!(double.best().iterations, 25 * before);
        let mut plain = Splitting::<f64>::new(projection);
        plain.load(&v, &bound, &Objective::PLAIN, 1e-3);
        let [after, in_all] = [&mut double, &mut plain].map(|splitting| {
            rounds(1e-3, || {
                splitting.advance(25);
                splitting.best().gap()
            })
        });
        assert!(before + after <= in_all + in_all / 2 + 4);
    }

    #[test]
    fn a_gap_that_no_longer_falls_is_overdue() {
        let mut progress = Halving::START;
        assert!((0..PATIENCE).all(|_| !progress.is_overdue(f64::INFINITY)));
        assert!(progress.is_overdue(f64::INFINITY));
        let mut progress = Halving::START;
        assert!((1..1000).all(|round| !progress.is_overdue(1.0 / f64::from(round))));
    }
}
