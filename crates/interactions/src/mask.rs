//! Masks: which players are present.
//!
//! Bit i of a [`Mask`] says that player i is present. Arrays over masks have length 2^n and are
//! indexed by the mask, player 0 in the lowest bit. The order of an interaction is the number of
//! its players.

use crate::Error;

/// A set of players; bit i is player i.
pub type Mask = u32;

/// Fewest players of a game.
pub const MIN_PLAYERS: usize = 2;

/// Most players of a game.
pub const MAX_PLAYERS: usize = 20;

/// Number of players in `mask`.
#[must_use]
pub const fn order(mask: Mask) -> usize {
    mask.count_ones() as usize
}

/// The mask of all `players` (at most 32).
#[must_use]
pub const fn full(players: usize) -> Mask {
    if players >= 32 {
        Mask::MAX
    } else {
        (1 << players) - 1
    }
}

/// Checks a number of players.
///
/// # Errors
/// [`Error::Players`] outside `2..=20`.
pub const fn checked_players(players: usize) -> Result<usize, Error> {
    if players >= MIN_PLAYERS && players <= MAX_PLAYERS {
        Ok(players)
    } else {
        Err(Error::Players(players))
    }
}

/// The number of players n of an array over masks, from its length 2^n.
///
/// # Errors
/// [`Error::Length`] when `len` is no power of two, [`Error::Players`] when n is outside `2..=20`.
pub const fn player_count(len: usize) -> Result<usize, Error> {
    if !len.is_power_of_two() {
        return Err(Error::Length(len));
    }
    checked_players(len.trailing_zeros() as usize)
}

/// 2^n for arrays \[games\]\[2^n\] of `len` values, checked to be a whole number of games.
///
/// # Errors
/// [`Error::Players`], [`Error::Mismatch`].
pub(crate) fn masks_of_games(len: usize, players: usize) -> Result<usize, Error> {
    let masks = 1 << checked_players(players)?;
    if len.is_multiple_of(masks) {
        return Ok(masks);
    }
    Err(Error::Mismatch {
        what: "outputs [games][2^n]",
        found: len,
        expected: len / masks * masks,
    })
}

/// The players of `mask`, lowest first.
pub fn players(mask: Mask) -> impl Iterator<Item = usize> {
    std::iter::successors((mask != 0).then_some(mask), |m| {
        let rest = m & (m - 1);
        (rest != 0).then_some(rest)
    })
    .map(|m| m.trailing_zeros() as usize)
}

/// The mask of the given players; players of 32 and above are ignored.
#[must_use]
pub fn from_players(players: impl IntoIterator<Item = usize>) -> Mask {
    players
        .into_iter()
        .filter(|&i| i < 32)
        .fold(0, |m, i| m | 1 << i)
}

/// All subsets of `mask`, in increasing order of the mask: the empty set first, `mask` last.
pub fn subsets(mask: Mask) -> impl Iterator<Item = Mask> {
    std::iter::successors(Some(0), move |&s| {
        (s != mask).then(|| s.wrapping_sub(mask) & mask)
    })
}

/// Number of sets of `order` players out of `players`, C(players, order).
#[must_use]
pub fn binomial(players: usize, order: usize) -> f64 {
    if order > players {
        return 0.0;
    }
    (0..order.min(players - order)).fold(1.0, |c, i| {
        (c * (players - i) as f64 / (i + 1) as f64).round()
    })
}
