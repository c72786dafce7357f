//! Kinds of data.

/// A kind of data: what a sample is and what its players are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Pictures; players are patches of a feature map.
    Pictures,
    /// Texts; players are words.
    Texts,
    /// Clouds of points; players are clusters of points.
    Clouds,
}

impl Kind {
    /// Its name in messages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pictures => "pictures",
            Self::Texts => "texts",
            Self::Clouds => "point clouds",
        }
    }
}
