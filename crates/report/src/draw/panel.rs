//! A plot area with its two axes.

use spindle_run::figure::ORDER;

use super::{Anchor, Ink, Scale, Stroke, Svg, Text, label, scale::Tick};

/// Size of tick labels, in points: read at the width of a page.
pub(crate) const SMALL: f64 = 7.0;
/// Size of axis titles and direct labels.
pub(crate) const MEDIUM: f64 = 7.6;
/// Size of panel titles.
pub(crate) const LARGE: f64 = 8.4;

/// A rectangle by its sides, in points from the top left.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Rect {
    pub(crate) left: f64,
    pub(crate) top: f64,
    pub(crate) right: f64,
    pub(crate) bottom: f64,
}

impl Rect {
    /// From position and size.
    pub(crate) fn new(left: f64, top: f64, width: f64, height: f64) -> Self {
        Self {
            left,
            top,
            right: left + width,
            bottom: top + height,
        }
    }

    pub(crate) fn width(&self) -> f64 {
        self.right - self.left
    }

    pub(crate) fn middle(&self) -> f64 {
        f64::midpoint(self.left, self.right)
    }

    /// Positions from left to right.
    pub(crate) fn across(&self) -> [f64; 2] {
        [self.left, self.right]
    }

    /// Positions from below to above.
    pub(crate) fn upwards(&self) -> [f64; 2] {
        [self.bottom, self.top]
    }
}

/// Cells of equal size in as many columns as fit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cells {
    /// Columns in use.
    pub(crate) columns: usize,
    /// Rows in use.
    pub(crate) rows: usize,
    left: f64,
    top: f64,
    width: f64,
    height: f64,
    gap: [f64; 2],
}

impl Cells {
    /// `count` cells of `height` at `left`, `top` within `width`, at least `least` wide, with `gap`
    /// between columns and rows.
    pub(crate) fn new(
        count: usize,
        [left, top]: [f64; 2],
        width: f64,
        least: f64,
        height: f64,
        gap: [f64; 2],
    ) -> Self {
        let fitting = ((width + gap[0]) / (least + gap[0])).floor().max(1.0) as usize;
        let rows = count.div_ceil(fitting).max(1);
        // As even as the rows allow: 7 in rows of 5 are 4 and 3.
        let columns = count.div_ceil(rows).max(1);
        let cell = (width - gap[0] * (columns - 1) as f64) / columns as f64;
        Self {
            columns,
            rows,
            left,
            top,
            width: cell,
            height,
            gap,
        }
    }

    /// Cell `index`, row by row.
    pub(crate) fn cell(&self, index: usize) -> Rect {
        let (row, column) = (index / self.columns, index % self.columns);
        let left = self.left + column as f64 * (self.width + self.gap[0]);
        let top = self.top + row as f64 * (self.height + self.gap[1]);
        Rect::new(left, top, self.width, self.height)
    }

    /// Whether a cell is the first of its row.
    pub(crate) fn is_first(&self, index: usize) -> bool {
        index.is_multiple_of(self.columns)
    }

    /// Lower end of all cells.
    pub(crate) fn bottom(&self) -> f64 {
        self.top + self.rows as f64 * (self.height + self.gap[1]) - self.gap[1]
    }
}

/// A plot area.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Panel {
    /// Where it lies; axes and titles are around it.
    pub(crate) frame: Rect,
    /// Horizontal scale.
    pub(crate) x: Scale,
    /// Vertical scale.
    pub(crate) y: Scale,
}

impl Panel {
    /// Position of a pair of values.
    pub(crate) fn at(&self, x: f64, y: f64) -> (f64, f64) {
        (self.x.at(x), self.y.at(y))
    }

    /// Horizontal grid lines with the y axis' labels; without labels where a panel to the left has
    /// them.
    pub(crate) fn y_axis(&self, svg: &mut Svg, count: usize, labelled: bool) {
        for Tick { value, label } in self.y.ticks(count) {
            let y = self.y.at(value);
            if label.is_empty() {
                continue;
            }
            svg.line(
                (self.frame.left, y),
                (self.frame.right, y),
                Stroke::solid(Ink::Grid, 0.5),
            );
            if labelled {
                let text = Text::new(SMALL, Ink::Muted).anchor(Anchor::End);
                svg.text((self.frame.left - 3.5, y + 2.4), &label, text);
            }
        }
    }

    /// Title of the y axis, read upwards, centred `distance` left of the frame.
    pub(crate) fn y_title(&self, svg: &mut Svg, title: &str, distance: f64) {
        let middle = f64::midpoint(self.frame.top, self.frame.bottom);
        let text = Text::new(MEDIUM, Ink::Text)
            .anchor(Anchor::Middle)
            .upwards();
        svg.text((self.frame.left - distance, middle), title, text);
    }

    /// The x axis with its ticks below the frame.
    pub(crate) fn x_axis(&self, svg: &mut Svg, count: usize) {
        let Rect {
            left,
            right,
            bottom,
            ..
        } = self.frame;
        svg.line(
            (left, bottom),
            (right, bottom),
            Stroke::solid(Ink::Axis, 0.6),
        );
        for Tick { value, label } in self.x.ticks(count) {
            let x = self.x.at(value);
            let length = if label.is_empty() { 1.4 } else { 2.8 };
            svg.line(
                (x, bottom),
                (x, bottom + length),
                Stroke::solid(Ink::Axis, 0.5),
            );
            svg.text(
                (x, bottom + 9.6),
                &label,
                Text::new(SMALL, Ink::Muted).anchor(Anchor::Middle),
            );
        }
    }

    /// Title of the x axis.
    pub(crate) fn x_title(&self, svg: &mut Svg, title: &str) {
        let text = Text::new(MEDIUM, Ink::Text).anchor(Anchor::Middle);
        svg.text((self.frame.middle(), self.frame.bottom + 19.0), title, text);
    }

    /// Title of an axis of orders.
    pub(crate) fn order_title(&self, svg: &mut Svg) {
        self.category_title(svg, &ORDER.title(), 0.0);
    }

    /// Title of an axis of categories, whose labels are nearer to the frame and may have further lines.
    pub(crate) fn category_title(&self, svg: &mut Svg, title: &str, lines: f64) {
        let text = Text::new(SMALL, Ink::Text).anchor(Anchor::Middle);
        let at = (self.frame.middle(), self.frame.bottom + 17.6 + lines);
        svg.text(at, title, text);
    }

    /// A curve through values.
    pub(crate) fn curve(&self, svg: &mut Svg, values: &[(f64, f64)], stroke: Stroke) {
        let points: Vec<_> = values.iter().map(|&(x, y)| self.at(x, y)).collect();
        svg.polyline(&points, stroke);
    }

    /// A band between lower and upper values: (x, low, high).
    pub(crate) fn band(&self, svg: &mut Svg, values: &[(f64, f64, f64)], ink: Ink) {
        let low: Vec<_> = values.iter().map(|&(x, low, _)| self.at(x, low)).collect();
        let high: Vec<_> = values
            .iter()
            .map(|&(x, _, high)| self.at(x, high))
            .collect();
        svg.area(&low, &high, ink, 0.16);
    }

    /// A thin line from `low` to `high` at `x`, in points.
    pub(crate) fn whisker(&self, svg: &mut Svg, x: f64, low: f64, high: f64, ink: Ink) {
        svg.line(
            (x, self.y.at(low)),
            (x, self.y.at(high)),
            Stroke::solid(ink, 0.7),
        );
    }

    /// Labels to the right of the frame at the ends of curves: (value, text, ink), moved apart.
    pub(crate) fn end_labels(&self, svg: &mut Svg, labels: &[(f64, String, Ink)]) {
        let wanted: Vec<_> = labels.iter().map(|(value, ..)| self.y.at(*value)).collect();
        let places = label::apart(
            &wanted,
            MEDIUM + 0.6,
            self.frame.top + 2.0,
            self.frame.bottom,
        );
        for ((_, text, ink), y) in labels.iter().zip(places) {
            svg.text(
                (self.frame.right + 4.0, y + 2.6),
                text,
                Text::new(MEDIUM, *ink),
            );
        }
    }

    /// Title above the frame, flush left, with a second line of smaller text below it.
    pub(crate) fn heading(&self, svg: &mut Svg, title: &str, detail: &str) {
        let Rect { left, top, .. } = self.frame;
        let rise = if detail.is_empty() { 5.0 } else { 13.5 };
        svg.text(
            (left, top - rise),
            title,
            Text::new(LARGE, Ink::Text).bold(),
        );
        svg.text((left, top - 4.6), detail, Text::new(SMALL, Ink::Muted));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_fill_the_width_evenly() {
        let cells = Cells::new(7, [0.0, 0.0], 100.0, 18.0, 10.0, [2.0, 5.0]);
        assert_eq!((cells.columns, cells.rows), (4, 2));
        assert!((cells.cell(3).right - 100.0).abs() < 1e-9);
        assert_eq!(cells.cell(4).top, 15.0);
        assert_eq!(cells.bottom(), 25.0);
        assert!(cells.is_first(4) && !cells.is_first(5));
    }

    #[test]
    fn no_cells_are_no_fault() {
        let cells = Cells::new(0, [0.0, 0.0], 100.0, 18.0, 10.0, [2.0, 5.0]);
        assert_eq!((cells.columns, cells.rows), (1, 1));
    }
}
