/// What can go wrong when a report is drawn.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The text is no SVG that can be drawn.
    #[error(
        "no picture can be drawn from this SVG: {0}; give the text of a figure as `figures` returns it"
    )]
    Svg(#[from] resvg::usvg::Error),
    /// The picture has no pixels or too many.
    #[error(
        "a picture of {width:.0} x {height:.0} pixels cannot be made; choose a scale that gives 1 to {max} pixels a side",
        max = crate::png::MAX_SIDE
    )]
    Size {
        /// Width in pixels.
        width: f32,
        /// Height in pixels.
        height: f32,
    },
    /// The pixels could not be written as PNG.
    #[error("the picture could not be written as PNG: {0}")]
    Png(String),
    /// Too few or too many runs to compare.
    #[error("{0} runs cannot be compared in one figure; give 2 to {max}", max = crate::figure::compare::MOST_RUNS)]
    Runs(usize),
}
