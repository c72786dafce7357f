//! SVG as text.

use std::fmt::{Display, Write};

use super::{Ink, Rect, font};

/// An SVG being drawn.
pub(crate) struct Svg {
    width: f64,
    height: f64,
    body: String,
}

/// How a line is drawn.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stroke {
    /// Colour.
    pub(crate) ink: Ink,
    /// Width in points.
    pub(crate) width: f64,
    /// Lengths of dash and gap in points; none draws it through.
    pub(crate) dash: Option<[f64; 2]>,
}

impl Stroke {
    /// A line drawn through.
    pub(crate) fn solid(ink: Ink, width: f64) -> Self {
        Self {
            ink,
            width,
            dash: None,
        }
    }

    /// A dashed line.
    pub(crate) fn dashed(ink: Ink, width: f64) -> Self {
        Self {
            ink,
            width,
            dash: Some([3.0, 2.0]),
        }
    }

    /// A dotted line.
    pub(crate) fn dotted(ink: Ink, width: f64) -> Self {
        Self {
            ink,
            width,
            dash: Some([0.9, 1.6]),
        }
    }
}

/// Which end of a text lies at its position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Anchor {
    /// Left end.
    Start,
    /// Middle.
    Middle,
    /// Right end.
    End,
}

/// How a text is set.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Text {
    /// Size in points.
    pub(crate) size: f64,
    /// Colour.
    pub(crate) ink: Ink,
    /// Which end lies at the position.
    pub(crate) anchor: Anchor,
    /// Semibold.
    pub(crate) bold: bool,
    /// Read from below to above.
    pub(crate) upwards: bool,
    /// With a rim of paper, to be read on top of lines.
    pub(crate) rim: bool,
}

impl Text {
    /// Plain text that starts at its position.
    pub(crate) fn new(size: f64, ink: Ink) -> Self {
        Self {
            size,
            ink,
            anchor: Anchor::Start,
            bold: false,
            upwards: false,
            rim: false,
        }
    }

    pub(crate) fn anchor(self, anchor: Anchor) -> Self {
        Self { anchor, ..self }
    }

    pub(crate) fn bold(self) -> Self {
        Self { bold: true, ..self }
    }

    pub(crate) fn upwards(self) -> Self {
        Self {
            upwards: true,
            ..self
        }
    }

    pub(crate) fn rim(self) -> Self {
        Self { rim: true, ..self }
    }
}

type Point = (f64, f64);

impl Svg {
    /// A blank sheet, in points.
    pub(crate) fn new(width: f64, height: f64) -> Self {
        Self {
            width,
            height,
            body: String::new(),
        }
    }

    /// A straight line.
    pub(crate) fn line(&mut self, from: Point, to: Point, stroke: Stroke) {
        if finite(&[from, to]) {
            let _ = writeln!(
                self.body,
                "<line x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\"{}/>",
                number(from.0),
                number(from.1),
                number(to.0),
                number(to.1),
                Drawn(stroke)
            );
        }
    }

    /// A line through points; broken where one is not finite.
    pub(crate) fn polyline(&mut self, points: &[Point], stroke: Stroke) {
        for part in points
            .split(|point| !finite(&[*point]))
            .filter(|part| part.len() > 1)
        {
            let _ = writeln!(
                self.body,
                "<polyline points=\"{}\" fill=\"none\" stroke-linejoin=\"round\"{}/>",
                Points(part),
                Drawn(stroke)
            );
        }
    }

    /// A filled area between two lines over the same positions; broken where a point is not finite.
    pub(crate) fn area(&mut self, low: &[Point], high: &[Point], ink: Ink, opacity: f64) {
        let both: Vec<_> = low.iter().copied().zip(high.iter().copied()).collect();
        for part in both
            .split(|&(low, high)| !finite(&[low, high]))
            .filter(|part| part.len() > 1)
        {
            let (low, mut outline): (Vec<_>, Vec<_>) = part.iter().copied().unzip();
            outline.extend(low.iter().rev());
            let _ = writeln!(
                self.body,
                "<polygon points=\"{}\" fill-opacity=\"{}\"{}/>",
                Points(&outline),
                number(opacity),
                Filled(ink)
            );
        }
    }

    /// A filled rectangle.
    pub(crate) fn rect(&mut self, rect: Rect, ink: Ink, opacity: f64) {
        if let Some(place) = place(rect) {
            let opacity = if opacity < 1.0 {
                format!(" fill-opacity=\"{}\"", number(opacity))
            } else {
                String::new()
            };
            let _ = writeln!(self.body, "<rect {place}{}{opacity}/>", Filled(ink));
        }
    }

    /// A dot with a rim of paper.
    pub(crate) fn dot(&mut self, at: Point, radius: f64, ink: Ink) {
        if finite(&[at]) {
            let _ = writeln!(
                self.body,
                "<circle cx=\"{}\" cy=\"{}\" r=\"{}\"{}/>",
                number(at.0),
                number(at.1),
                number(radius),
                Painted(ink, Stroke::solid(Ink::Paper, 0.6))
            );
        }
    }

    /// A dot without a rim, for the middle of a whisker.
    pub(crate) fn disc(&mut self, at: Point, radius: f64, ink: Ink) {
        if finite(&[at]) {
            let (x, y, r) = (number(at.0), number(at.1), number(radius));
            let _ = writeln!(
                self.body,
                "<circle cx=\"{x}\" cy=\"{y}\" r=\"{r}\"{}/>",
                Filled(ink)
            );
        }
    }

    /// A ring.
    pub(crate) fn ring(&mut self, at: Point, radius: f64, ink: Ink) {
        if finite(&[at]) {
            let _ = writeln!(
                self.body,
                "<circle cx=\"{}\" cy=\"{}\" r=\"{}\"{}/>",
                number(at.0),
                number(at.1),
                number(radius),
                Painted(Ink::Paper, Stroke::solid(ink, 1.0))
            );
        }
    }

    /// A line of text; its baseline is at the position.
    pub(crate) fn text(&mut self, at: Point, text: &str, set: Text) {
        if !finite(&[at]) || text.is_empty() {
            return;
        }
        let (x, y) = (number(at.0), number(at.1));
        let anchor = match set.anchor {
            Anchor::Start => "",
            Anchor::Middle => " text-anchor=\"middle\"",
            Anchor::End => " text-anchor=\"end\"",
        };
        let bold = if set.bold { " font-weight=\"600\"" } else { "" };
        let turn = if set.upwards {
            format!(" transform=\"rotate(-90 {x} {y})\"")
        } else {
            String::new()
        };
        let paint = if set.rim {
            let rim = Stroke::solid(Ink::Paper, 2.4);
            format!(
                " paint-order=\"stroke\" stroke-linejoin=\"round\"{}",
                Painted(set.ink, rim)
            )
        } else {
            Filled(set.ink).to_string()
        };
        let _ = writeln!(
            self.body,
            "<text x=\"{x}\" y=\"{y}\" font-size=\"{}\"{paint}{anchor}{bold}{turn}>{}</text>",
            number(set.size),
            escape(text)
        );
    }

    /// The text of the SVG. `name` makes its ids unique on a page, `title` names it and
    /// `description` says what is seen.
    pub(crate) fn finish(self, name: &str, title: &str, description: &str) -> String {
        let Self {
            width,
            height,
            body,
        } = self;
        let (width, height, name) = (number(width), number(height), escape(name));
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}pt\" height=\"{height}pt\" \
             role=\"img\" aria-labelledby=\"{name}-title {name}-desc\" font-family=\"{}\">\n\
             <title id=\"{name}-title\">{}</title>\n<desc id=\"{name}-desc\">{}</desc>\n\
             <rect width=\"{width}\" height=\"{height}\"{}/>\n{body}</svg>\n",
            font::FAMILY,
            escape(title),
            escape(description),
            Filled(Ink::Paper)
        )
    }
}

/// The same SVG with its fonts within, to stand alone as a file.
pub(crate) fn with_fonts(svg: &str) -> String {
    let style = format!(
        "</desc>\n<style>{}</style>",
        font::css(&[&font::REGULAR, &font::SEMIBOLD])
    );
    svg.replacen("</desc>", &style, 1)
}

/// Text in XML and HTML, in elements and attributes. Characters that XML forbids are left out.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\t' | '\n' => escaped.push(c),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => {}
            c => escaped.push(c),
        }
    }
    escaped
}

/// A coordinate to a hundredth of a point.
fn number(x: f64) -> String {
    let text = format!("{x:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" {
        "0".into()
    } else {
        text.into()
    }
}

fn finite(points: &[Point]) -> bool {
    points.iter().all(|(x, y)| x.is_finite() && y.is_finite())
}

/// Position and size as attributes, with the corner at the top left; none where it is not finite.
fn place(rect: Rect) -> Option<String> {
    let corners = [(rect.left, rect.top), (rect.right, rect.bottom)];
    finite(&corners).then(|| {
        format!(
            "x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"",
            number(rect.left.min(rect.right)),
            number(rect.top.min(rect.bottom)),
            number((rect.right - rect.left).abs()),
            number((rect.bottom - rect.top).abs())
        )
    })
}

struct Points<'a>(&'a [Point]);

impl Display for Points<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (i, (x, y)) in self.0.iter().enumerate() {
            let space = if i > 0 { " " } else { "" };
            write!(f, "{space}{},{}", number(*x), number(*y))?;
        }
        Ok(())
    }
}

/// Stroke attributes.
struct Stroked(Stroke);

impl Display for Stroked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Stroke { ink, width, dash } = self.0;
        write!(
            f,
            " stroke=\"{}\" stroke-width=\"{}\"",
            ink.light(),
            number(width)
        )?;
        match dash {
            Some([dash, gap]) => {
                write!(f, " stroke-dasharray=\"{} {}\"", number(dash), number(gap))
            }
            None => Ok(()),
        }
    }
}

/// Stroke attributes and class.
struct Drawn(Stroke);

impl Display for Drawn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, " class=\"s-{}\"{}", self.0.ink.name(), Stroked(self.0))
    }
}

/// Attributes and class of what is filled and has a rim.
struct Painted(Ink, Stroke);

impl Display for Painted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self(fill, rim) = self;
        let (filled, drawn) = (fill.name(), rim.ink.name());
        write!(
            f,
            " class=\"f-{filled} s-{drawn}\" fill=\"{}\"{}",
            fill.light(),
            Stroked(*rim)
        )
    }
}

/// Fill attribute and class.
struct Filled(Ink);

impl Display for Filled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            " class=\"f-{}\" fill=\"{}\"",
            self.0.name(),
            self.0.light()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_finite_is_left_out() {
        let mut svg = Svg::new(10.0, 10.0);
        svg.line((0.0, f64::NAN), (1.0, 1.0), Stroke::solid(Ink::Text, 1.0));
        svg.dot((f64::INFINITY, 0.0), 1.0, Ink::Text);
        svg.text((0.0, f64::NAN), "gone", Text::new(7.0, Ink::Text));
        svg.rect(Rect::new(0.0, 0.0, f64::NAN, 1.0), Ink::Text, 1.0);
        assert_eq!(svg.body, "");
    }

    #[test]
    fn a_line_is_broken_where_a_point_is_not_finite() {
        let mut svg = Svg::new(10.0, 10.0);
        let points = [
            (0.0, 0.0),
            (1.0, 1.0),
            (2.0, f64::NAN),
            (3.0, 3.0),
            (4.0, 4.5),
        ];
        svg.polyline(&points, Stroke::solid(Ink::Text, 1.0));
        let lines: Vec<_> = svg
            .body
            .lines()
            .map(|line| line.split('"').nth(1).unwrap_or_default())
            .collect();
        assert_eq!(lines, ["0,0 1,1", "3,3 4,4.5"]);
    }

    #[test]
    fn dots_and_rims_carry_one_class_attribute() {
        let mut svg = Svg::new(10.0, 10.0);
        svg.dot((1.0, 1.0), 1.0, Ink::Text);
        svg.ring((1.0, 1.0), 1.0, Ink::Text);
        svg.text((1.0, 1.0), "on top", Text::new(7.0, Ink::Text).rim());
        for line in svg.body.lines() {
            assert_eq!(line.matches("class=").count(), 1, "{line}");
        }
    }

    #[test]
    fn text_is_escaped_and_control_characters_are_dropped() {
        assert_eq!(escape("a<b>&\"'\u{0}\u{7}c"), "a&lt;b&gt;&amp;&quot;&#39;c");
    }

    #[test]
    fn coordinates_are_short() {
        assert_eq!(
            [1.0, 0.126, -0.001, 12.5].map(number),
            ["1", "0.13", "0", "12.5"]
        );
    }
}
