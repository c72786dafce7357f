//! The course of one game: the smallest norm and its proof, the canonical answer, the ranges.

use super::{
    Bound, Decomposition, MAX_RANGE_PLAYERS, Params, Solver, Start,
    canonical::{self, Accuracy, Settling},
    certificate::evaluate,
    objective::Objective,
    others::{self, Effects},
    ranges::{self, BarBounds, Proof, Ranges},
};
use crate::Error;

/// Rounding that universal matching allows for, in units of the largest output.
const MATCHING: f64 = 1e-9;

/// A game to solve.
pub(super) struct Game {
    pub(super) index: usize,
    /// Outputs, v(empty) = 0.
    pub(super) v: Vec<f64>,
    pub(super) baseline: f64,
    pub(super) bound: Bound,
}

/// Told after every round: iterations on the game so far, and the relative gap of its smallest
/// norm. Returns whether to go on.
pub(super) type Rounds<'a> = dyn FnMut(usize, f64) -> bool + 'a;

/// What the first problem of a game gives.
struct Smallest {
    norm: f64,
    gap: f64,
    dual: Vec<f64>,
}

impl Game {
    pub(super) fn exceeds_its_bound(&self) -> bool {
        let mut outputs = self.v.iter().enumerate();
        outputs.any(|(s, v)| v.abs() > self.bound.at(s))
    }

    /// The decomposition of outputs within the noise bound: no effects.
    pub(super) fn nothing(&self) -> Result<Decomposition, Error> {
        let zeros = || vec![0.0; self.v.len()];
        self.decomposition([zeros(), zeros()], zeros(), 0)
    }

    /// The whole course.
    ///
    /// # Errors
    /// [`Error::Stopped`] where a round says to stop, [`Error::NotConverged`].
    pub(super) fn solve(
        &self,
        solver: &mut Solver<'_>,
        params: &Params,
        rounds: &mut Rounds<'_>,
    ) -> Result<Decomposition, Error> {
        let mut course = Course::new(self, solver, params, rounds);
        let smallest = course.smallest()?;
        let (effects, has_settled) = course.canonical()?;
        let proofs = if params.ranges && self.players() <= MAX_RANGE_PLAYERS {
            Some(course.proofs()?)
        } else {
            None
        };
        let iterations = course.iterations;
        let mut found = self.decomposition(effects, smallest.dual, iterations)?;
        let certificate = &mut found.certificate;
        certificate.smallest_norm = certificate.smallest_norm.min(smallest.norm);
        found.ranges = proofs.map(|proofs| Ranges {
            limit: ranges::limit(certificate.smallest_norm, certificate.primal),
            proofs,
        });
        // Effects that overflow explain nothing, whatever their norm.
        let largest = self.v.iter().fold(0.0_f64, |most, v| most.max(v.abs()));
        let explains = certificate.excess <= MATCHING * largest;
        if !explains {
            certificate.gap = f64::INFINITY;
        }
        if has_settled && explains && smallest.gap <= params.tolerance {
            return Ok(found);
        }
        Err(Error::NotConverged {
            gap: certificate.gap,
            smallest_gap: smallest.gap,
            tolerance: params.tolerance,
            has_settled,
            iterations,
            decomposition: Box::new(found),
        })
    }

    /// What the ranges of the bars follow from.
    ///
    /// # Errors
    /// [`Error::Stopped`] where a round says to stop.
    pub(super) fn bars(
        &self,
        solver: &mut Solver<'_>,
        params: &Params,
        rounds: &mut Rounds<'_>,
    ) -> Result<BarBounds, Error> {
        let mut course = Course::new(self, solver, params, rounds);
        let norm = course.smallest()?.norm;
        let mut bounds = [[0.0; 2]; ranges::BARS];
        for (bounds, objectives) in bounds.iter_mut().zip(ranges::bar_objectives()) {
            for (bound, objective) in bounds.iter_mut().zip(&objectives) {
                *bound = course.proof(objective)?.bound;
            }
        }
        Ok(BarBounds {
            limit: ranges::limit(norm, norm),
            bounds,
        })
    }

    /// The answers beside the canonical one, each as good as the iterations that are allowed make it.
    pub(super) fn others(
        &self,
        solver: &mut Solver<'_>,
        params: &Params,
        rounds: &mut Rounds<'_>,
    ) -> Result<Vec<Effects>, Error> {
        let mut course = Course::new(self, solver, params, rounds);
        course.smallest()?;
        let sparsest = course.effects();
        let objectives = others::objectives(self.players());
        let others = objectives.iter().map(|objective| {
            course.aside(objective, others::TOLERANCE)?;
            Ok(course.effects().near(&sparsest))
        });
        others.collect()
    }

    /// The same of outputs within the noise bound: no effects, every time.
    pub(super) fn no_others(&self) -> Result<Vec<Effects>, Error> {
        let nothing = Effects {
            and: vec![0.0; self.v.len()],
            or: vec![0.0; self.v.len()],
        };
        Ok(vec![nothing; others::OTHERS])
    }

    fn players(&self) -> usize {
        self.v.len().trailing_zeros() as usize
    }

    fn decomposition(
        &self,
        [and, or]: [Vec<f64>; 2],
        dual: Vec<f64>,
        iterations: usize,
    ) -> Result<Decomposition, Error> {
        let evaluation = evaluate(&self.v, &self.bound, &and, &or, dual, iterations)?;
        Ok(Decomposition {
            baseline: self.baseline,
            and,
            or,
            noise: evaluation.noise,
            dual: evaluation.dual,
            ranges: None,
            certificate: evaluation.certificate,
        })
    }
}

/// A game that is being solved, problem after problem.
struct Course<'a, 's, 'p> {
    game: &'a Game,
    solver: &'s mut Solver<'p>,
    params: &'a Params,
    rounds: &'a mut Rounds<'a>,
    /// Of the problems that are done.
    iterations: usize,
    /// Of the smallest norm.
    gap: f64,
}

impl<'a, 's, 'p> Course<'a, 's, 'p> {
    fn new(
        game: &'a Game,
        solver: &'s mut Solver<'p>,
        params: &'a Params,
        rounds: &'a mut Rounds<'a>,
    ) -> Self {
        Self {
            game,
            solver,
            params,
            rounds,
            iterations: 0,
            gap: f64::INFINITY,
        }
    }

    /// The smallest norm to the tolerance, or as near as the iterations that are allowed come.
    fn smallest(&mut self) -> Result<Smallest, Error> {
        let Game { v, bound, .. } = self.game;
        let tolerance = self.params.tolerance;
        self.solver.load(v, bound, &Objective::PLAIN, tolerance);
        loop {
            self.gap = self.round(self.params.check_every);
            if self.is_told_to_stop() {
                return Err(Error::Stopped);
            }
            if self.gap <= tolerance || self.is_exhausted() {
                break;
            }
        }
        self.finish();
        let best = self.solver.best();
        Ok(Smallest {
            norm: best.primal,
            gap: best.gap(),
            dual: best.dual.clone(),
        })
    }

    /// AND and OR effects of the canonical answer, and whether they have settled.
    fn canonical(&mut self) -> Result<([Vec<f64>; 2], bool), Error> {
        let Game { v, bound, .. } = self.game;
        let objective = canonical::objective();
        let accuracy = Accuracy::of(self.game.players());
        self.solver.load(v, bound, &objective, accuracy.tolerance);
        if let Start::Random(seed) = self.params.start {
            self.solver.start_from(seed);
        }
        let mut settling = Settling::new(accuracy);
        let has_settled = loop {
            self.round(canonical::ROUND);
            if self.is_told_to_stop() {
                return Err(Error::Stopped);
            }
            if settling.is_over(self.solver) {
                break true;
            }
            if self.is_exhausted() {
                self.solver.evaluate();
                break false;
            }
        };
        self.finish();
        let best = self.solver.best();
        Ok(([best.and.clone(), best.or.clone()], has_settled))
    }

    /// The proofs behind the ranges, each as good as the iterations that are allowed make it.
    fn proofs(&mut self) -> Result<[Proof; ranges::PROOFS], Error> {
        let [a, b, c, d] = ranges::objectives(self.game.players());
        Ok([
            self.proof(&a)?,
            self.proof(&b)?,
            self.proof(&c)?,
            self.proof(&d)?,
        ])
    }

    /// Solves a problem beside the first one. Begins where the problem before ended, which saves a
    /// sixth of the iterations.
    fn aside(&mut self, objective: &Objective, tolerance: f64) -> Result<(), Error> {
        self.solver.aim(objective, tolerance);
        loop {
            let gap = self.round(self.params.check_every);
            if self.is_told_to_stop() {
                return Err(Error::Stopped);
            }
            if gap <= tolerance || self.is_exhausted() {
                break;
            }
        }
        self.finish();
        Ok(())
    }

    /// The best effects of the problem in hand.
    fn effects(&self) -> Effects {
        let best = self.solver.best();
        Effects {
            and: best.and.clone(),
            or: best.or.clone(),
        }
    }

    fn proof(&mut self, objective: &Objective) -> Result<Proof, Error> {
        self.aside(objective, ranges::TOLERANCE)?;
        ranges::proof(
            &self.game.v,
            &self.game.bound,
            objective,
            &self.solver.best().dual,
        )
    }

    /// A round of iterations on the problem in hand, as many as are left of those allowed; its gap.
    fn round(&mut self, count: usize) -> f64 {
        let left = self.params.max_iterations - self.solver.best().iterations;
        self.solver.advance(count.min(left));
        self.solver.best().gap()
    }

    fn is_told_to_stop(&mut self) -> bool {
        let iterations = self.iterations + self.solver.best().iterations;
        !(self.rounds)(iterations, self.gap)
    }

    fn is_exhausted(&self) -> bool {
        self.solver.best().iterations >= self.params.max_iterations
    }

    /// The problem in hand is done.
    fn finish(&mut self) {
        self.iterations += self.solver.best().iterations;
    }
}
