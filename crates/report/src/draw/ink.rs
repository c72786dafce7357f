//! Colours, named for what they stand for.
//!
//! Okabe and Ito's palette, told apart by colour-blind readers. Every element carries its light
//! colour as an attribute, so that an SVG file stands alone, and a class, by which a style sheet
//! may give it another colour in the dark.

use spindle_run::figure::palette::{self, BEHIND, ORDERED, SERIES, THEORY, ordered};

/// What a colour stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ink {
    /// Background.
    Paper,
    /// Text and data that is neither positive nor negative.
    Text,
    /// Secondary text.
    Muted,
    /// Axes and ticks.
    Axis,
    /// Grid lines.
    Grid,
    /// Positive effects.
    Positive,
    /// Negative effects.
    Negative,
    /// The certified decomposition.
    Certified,
    /// The published SGD.
    Published,
    /// The test set.
    Test,
    /// The training set.
    Train,
    /// The loss gap and its onset.
    Gap,
    /// The boundary of the two phases.
    Boundary,
    /// Bars behind a line.
    Pale,
    /// Ordered curves, from 0.
    Ramp(usize),
    /// Curves without an order, from 0.
    Series(usize),
}

/// Names of the ordered inks and of the others in class attributes.
const RAMP: [&str; ORDERED.len()] = [
    "ramp0", "ramp1", "ramp2", "ramp3", "ramp4", "ramp5", "ramp6",
];
const UNORDERED: [&str; SERIES.len()] = [
    "series0", "series1", "series2", "series3", "series4", "series5",
];

/// A row of an ink whose colours the page has too.
const fn named(name: &'static str, [light, dark]: palette::Ink) -> [&'static str; 3] {
    [name, light, dark]
}

impl Ink {
    /// Every ink once.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        use Ink::{
            Axis, Boundary, Certified, Gap, Grid, Muted, Negative, Pale, Paper, Positive,
            Published, Ramp, Series, Test, Text, Train,
        };
        let named = [
            Paper, Text, Muted, Axis, Grid, Positive, Negative, Certified, Published, Test, Train,
            Gap, Boundary, Pale,
        ];
        named
            .into_iter()
            .chain((0..RAMP.len()).map(Ramp))
            .chain((0..SERIES.len()).map(Series))
    }

    /// Name in class attributes, colour on white, colour in the dark.
    fn row(self) -> [&'static str; 3] {
        match self {
            Self::Paper => ["paper", "#ffffff", "#16181c"],
            Self::Text => ["text", "#1a1a1a", "#eceae4"],
            Self::Muted => ["muted", "#5c5c5c", "#a9a8a3"],
            Self::Axis => ["axis", "#6e6e6e", "#8a8a86"],
            Self::Grid => ["grid", "#e4e4e4", "#2c2f35"],
            Self::Positive => ["positive", "#0072b2", "#4aa8e0"],
            Self::Negative => ["negative", "#d55e00", "#f08a3c"],
            Self::Certified => ["certified", "#009e73", "#2fc49a"],
            Self::Published => ["published", "#e69f00", "#e69f00"],
            Self::Test => ["test", "#1a1a1a", "#eceae4"],
            Self::Train => ["train", "#7a7a7a", "#a5a5a5"],
            Self::Gap => named("gap", THEORY),
            Self::Boundary => ["boundary", "#3d6b99", "#8fb4d9"],
            Self::Pale => named("pale", BEHIND),
            Self::Ramp(i) => named(RAMP[i.min(RAMP.len() - 1)], ordered(i)),
            Self::Series(i) => {
                let place = i % SERIES.len();
                named(UNORDERED[place], SERIES[place])
            }
        }
    }

    /// Name in class attributes: `f-NAME` is filled with it, `s-NAME` drawn with it.
    pub(crate) fn name(self) -> &'static str {
        self.row()[0]
    }

    /// Colour on white, as `#rrggbb`.
    pub(crate) fn light(self) -> &'static str {
        self.row()[1]
    }

    /// Colour in the dark, as `#rrggbb`.
    pub(crate) fn dark(self) -> &'static str {
        self.row()[2]
    }
}
