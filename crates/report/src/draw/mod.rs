//! A small drawing layer: SVG text, colours, scales, axes. It knows nothing of runs.
//!
//! One unit is one point (1/72 inch) in print. Values that are not finite are never written: what
//! has one is left out.

pub(crate) mod font;
pub(crate) mod ink;
pub(crate) mod label;
pub(crate) mod panel;
pub(crate) mod scale;
pub(crate) mod svg;

pub(crate) use ink::Ink;
pub(crate) use panel::{Panel, Rect};
pub(crate) use scale::Scale;
pub(crate) use svg::{Anchor, Stroke, Svg, Text};
