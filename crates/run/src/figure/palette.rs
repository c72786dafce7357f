//! Colours of [`Tone`](super::Tone)s, on white and in the dark: page and report both take them from
//! here. Blue and orange are signs of effects and so no tone's.

/// A colour on white and one in the dark, as `#rrggbb`.
pub type Ink = [&'static str; 2];

/// Without an order (Okabe and Ito).
pub const SERIES: [Ink; 6] = [
    ["#000000", "#f2f2ee"],
    ["#c98a00", "#e69f00"],
    ["#3a94cf", "#56b4e9"],
    ["#009e73", "#2fc49a"],
    ["#b8608f", "#dd93bd"],
    ["#7a7a7a", "#a5a5a5"],
];

/// In an order: from the strongest contrast to the weakest, through the hues of viridis, in steps that
/// every eye tells apart in thin lines, which leaves room for six. What comes behind them is grey.
pub const ORDERED: [Ink; 7] = [
    ["#360034", "#faf7fd"],
    ["#3b0077", "#a2e0f7"],
    ["#004483", "#3ecfc3"],
    ["#006872", "#20b479"],
    ["#008b54", "#429505"],
    ["#9c9300", "#616c00"],
    ["#767676", "#7d7f86"],
];

/// What lies behind something else.
pub const BEHIND: Ink = ["#bdbdbd", "#4d5157"];

/// What a theory says.
pub const THEORY: Ink = ["#a8437c", "#dd93bd"];

/// The colour of a place in an order; all places behind the last one share its colour.
#[must_use]
pub fn ordered(place: usize) -> Ink {
    ORDERED[place.min(ORDERED.len() - 1)]
}
