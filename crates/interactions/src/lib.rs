//! AND-OR interactions of a model's outputs: extracted with a certificate, counted by order,
//! followed through training.
//!
//! This crate is the mathematics of Spindle, without files, tensors or networks. It needs nothing
//! but a model's outputs. The pages below can be read in this order, as a short book; "ours" marks
//! what no paper says.
//!
//! # 1. A game
//!
//! A sample has n input variables, the *players* ([`mask`]). Keep some and replace the others by a
//! baseline: 2^n masked samples, and on each of them the model gives one number, v(T). The papers
//! take the log-odds of the label, v = log p/(1-p) (arXiv 2405.10262, eq. 1). An array of these 2^n
//! numbers, indexed by the mask, is the only input of this crate.
//!
//! # 2. AND and OR
//!
//! Split v = v_and + v_or in any way. An AND effect acts when *all* of its players are there, an OR
//! effect when *any* of them is:
//!
//! ```text
//! I_and(S) = sum_{T in S} (-1)^(|S|-|T|) v_and(T)         I_or(S) = -sum_{T in S} (-1)^(|S|-|T|) v_or(N\T)
//! v(T)     = v(empty) + sum_{nonempty S in T} I_and(S) + sum_{S meets T} I_or(S)
//! ```
//!
//! (arXiv 2401.16318, eqs. 3 to 5). The last line, universal matching, holds for every split, and
//! it is exact: the effects are not an approximation of the model but its outputs, written down
//! another way. [`transform`] has both directions and their adjoints, each in n 2^(n-1) additions.
//!
//! # 3. The sparsest split, certified
//!
//! Among all splits, and all noise of at most tau = 0.02 |v(N) - v(empty)| a mask, the papers look
//! for the smallest |I_and|_1 + |I_or|_1 by gradient descent. That is a linear program, so that the
//! distance to its optimum can be *proved* (ours): [`decompose`] solves it to a stated relative gap
//! and returns the dual point that proves it; [`decompose::certify`] checks any claim of anybody's,
//! and `exact` does so without any rounding. [`reference`](mod@reference) is the published descent,
//! for comparison.
//!
//! The sparsest split is not one but many, which share strength out differently between orders,
//! above all 1 and 2. So the answer is a canonical one, the simplest of those that are nearly as
//! sparse, and every statistic comes with the range of all of them ([`decompose`]).
//!
//! # 4. Strength by order
//!
//! [`salience`] drops effects that are small beside the outputs; [`strength`] sums the others by
//! order |S| over samples, positive and negative apart (arXiv 2405.10262, figure 3), with intervals
//! from [`bootstrap`].
//!
//! # 5. Two phases
//!
//! Over the checkpoints of a training, [`phase`] tests whether orders fall and rise again, beyond
//! what samples and the choice among near-optimal answers leave open, and where the gap between
//! test and training loss opens. [`similarity`] says for every order how much of what the network
//! does on training samples it does on test samples as well, and how much it could at most, with
//! intervals from the [`jackknife`]. [`theory`] holds the curves that are laid over the measured
//! ones (arXiv 2407.19198, theorem 2).
//!
//! # 6. What interactions do
//!
//! [`contribution`] says what the orders of a sample add to its answer, and what becomes of the
//! loss without them; [`fate`] what becomes of single interactions between checkpoints, and whether
//! another network has them; [`sparsity`] how few of them explain the outputs; [`spectrum`] which
//! degrees outputs have as polynomials.
//!
//! # An example
//!
//! ```
//! use spindle_interactions::decompose::{self, Params, decompose};
//!
//! // Three players: 2 for player 0, and 3 when players 1 and 2 are both there. Bit i of the index = player i present.
//! let v: Vec<f64> = (0..8_u32).map(|mask| 2.0 * f64::from(mask & 1) + 3.0 * f64::from(u8::from(mask & 6 == 6))).collect();
//! let params = Params { noise_ratio: 0.0, ..Params::default() };
//! let found = decompose(&v, &params)?;
//! assert!((found.and[0b001] - 2.0).abs() < 1e-2 && (found.and[0b110] - 3.0).abs() < 1e-2);
//! assert!(found.certificate.gap <= 1e-3 + decompose::NEAR_OPTIMAL);
//! assert!(found.certificate.dual <= 5.0 && 5.0 <= found.certificate.primal + 1e-9);
//! # Ok::<(), spindle_interactions::Error>(())
//! ```
//!
//! # Features
//!
//! `rayon` (on by default): batches of games over all cores. `single` (on by default): iterations
//! of small games in f32, with all bounds in f64, for half as much code again. `serde`: results and
//! parameters can be stored. `exact`: certificates checked in exact arithmetic. Without `rayon` the
//! crate runs on one thread, in a browser too.
mod arch;
pub mod bootstrap;
mod butterfly;
pub mod contribution;
pub mod decompose;
mod error;
#[cfg(feature = "exact")]
pub mod exact;
pub mod fate;
mod float;
pub mod jackknife;
pub mod mask;
pub mod phase;
mod ratio;
pub mod reference;
pub mod salience;
mod schur;
pub mod similarity;
pub mod sparsity;
pub mod spectrum;
mod spin;
pub mod strength;
pub mod theory;
pub mod transform;

pub use error::Error;
