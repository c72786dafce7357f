//! A drawing as MNIST would have it: the ink scaled to fit a box of 20x20 pixels, its shape kept,
//! and put into 28x28 pixels with its centre of mass in the middle (LeCun, Cortes, Burges: how the
//! NIST digits were normalised).

/// Pixels along one side of a picture.
pub const SIDE: usize = 28;
/// Pixels along one side of the box that the ink fills.
const BOX: usize = 20;
/// Ink below this is none: what a canvas smooths at the edge of a stroke.
const FAINTEST: u8 = 16;

/// The picture `[28, 28]` of a canvas `[side, side]`, ink from 0 (none) to 255; `None` where there
/// is no ink.
#[must_use]
pub fn picture(canvas: &[u8], side: usize) -> Option<Vec<u8>> {
    let inked = |&(_, &ink): &(usize, &u8)| ink >= FAINTEST;
    let pixels = || canvas.iter().enumerate().filter(inked);
    let (rows, columns) = (
        || pixels().map(|(at, _)| at / side),
        || pixels().map(|(at, _)| at % side),
    );
    let (top, bottom) = (rows().min()?, rows().max()? + 1);
    let (left, right) = (columns().min()?, columns().max()? + 1);
    // The box is a square around the ink, so that its shape is kept.
    let length = (bottom - top).max(right - left) as f64;
    // On whole pixels of the canvas: ink that has the size already is not smeared.
    let origin = [
        ((top + bottom) as f64 / 2.0 - length / 2.0).floor(),
        ((left + right) as f64 / 2.0 - length / 2.0).floor(),
    ];
    let scaled = scale(canvas, side, origin, length / BOX as f64);
    Some(centred(&scaled))
}

/// The square that begins at `origin` as `[20, 20]`: every pixel is the mean ink of the `step` x
/// `step` area under it.
fn scale(canvas: &[u8], side: usize, origin: [f64; 2], step: f64) -> Vec<f64> {
    let span = |axis: usize, index: usize| {
        let start = origin[axis] + index as f64 * step;
        overlaps(start, start + step, side)
    };
    let mut scaled = Vec::with_capacity(BOX * BOX);
    for row in 0..BOX {
        let rows = span(0, row);
        for column in 0..BOX {
            let columns = span(1, column);
            let ink: f64 = rows
                .iter()
                .flat_map(|(r, height)| {
                    let line = &canvas[r * side..(r + 1) * side];
                    columns
                        .iter()
                        .map(move |(c, width)| height * width * f64::from(line[*c]))
                })
                .sum();
            scaled.push(ink / (step * step));
        }
    }
    scaled
}

/// Pixels that the interval from `start` to `end` covers, and how much of each; none beyond the
/// canvas.
fn overlaps(start: f64, end: f64, side: usize) -> Vec<(usize, f64)> {
    let first = start.floor().max(0.0) as usize;
    let last = (end.ceil().max(0.0) as usize).min(side);
    (first..last)
        .map(|pixel| {
            let low = start.max(pixel as f64);
            let high = end.min(pixel as f64 + 1.0);
            (pixel, (high - low).max(0.0))
        })
        .collect()
}

/// The box put into the picture so that its centre of mass lies as near to the middle as whole
/// pixels and the borders allow.
fn centred(ink: &[f64]) -> Vec<u8> {
    let total: f64 = ink.iter().sum();
    let weighted = |coordinate: fn(usize) -> usize| -> f64 {
        let along = |(at, ink): (usize, &f64)| coordinate(at) as f64 * ink;
        ink.iter().enumerate().map(along).sum::<f64>() / total
    };
    let offset = |centre: f64| {
        // Pixel 14 counted from 0, as the mean over MNIST's digits has it.
        let middle = SIDE as f64 / 2.0;
        (middle - centre).round().clamp(0.0, (SIDE - BOX) as f64) as usize
    };
    let (down, across) = (
        offset(weighted(|at| at / BOX)),
        offset(weighted(|at| at % BOX)),
    );
    let mut picture = vec![0; SIDE * SIDE];
    for (at, ink) in ink.iter().enumerate() {
        let (row, column) = (at / BOX + down, at % BOX + across);
        picture[row * SIDE + column] = ink.round().clamp(0.0, 255.0) as u8;
    }
    picture
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A canvas with a filled rectangle.
    fn rectangle(side: usize, rows: [usize; 2], columns: [usize; 2]) -> Vec<u8> {
        let mut canvas = vec![0; side * side];
        for row in rows[0]..rows[1] {
            canvas[row * side + columns[0]..row * side + columns[1]].fill(255);
        }
        canvas
    }

    fn bounds(picture: &[u8]) -> [usize; 4] {
        let inked = || (0..SIDE * SIDE).filter(|&at| picture[at] > 0);
        let (rows, columns) = (
            || inked().map(|at| at / SIDE),
            || inked().map(|at| at % SIDE),
        );
        [
            rows().min().unwrap_or(0),
            rows().max().unwrap_or(0),
            columns().min().unwrap_or(0),
            columns().max().unwrap_or(0),
        ]
    }

    #[test]
    fn ink_fills_the_box_and_sits_in_the_middle_wherever_it_was_drawn() {
        let corner = picture(&rectangle(280, [0, 100], [0, 20]), 280);
        let middle = picture(&rectangle(280, [90, 190], [130, 150]), 280);
        assert_eq!(corner, middle);
        let picture = corner.unwrap_or_default();
        assert_eq!(bounds(&picture), [5, 24, 13, 16]);
        assert_eq!(picture[14 * SIDE + 14], 255);
    }

    #[test]
    fn the_centre_of_mass_decides_and_not_the_bounds() {
        // A T: most of its ink is at the top.
        let mut canvas = rectangle(280, [40, 90], [40, 240]);
        let stem = rectangle(280, [90, 240], [135, 145]);
        canvas
            .iter_mut()
            .zip(stem)
            .for_each(|(a, b)| *a = (*a).max(b));
        let [top, bottom, ..] = bounds(&picture(&canvas, 280).unwrap_or_default());
        assert!(top > 4 && bottom > 23, "{top} {bottom}");
    }

    #[test]
    fn an_empty_canvas_is_no_picture() {
        assert_eq!(picture(&vec![0; 280 * 280], 280), None);
        assert_eq!(picture(&vec![FAINTEST - 1; 280 * 280], 280), None);
        assert_eq!(picture(&[], 0), None);
    }

    #[test]
    fn digits_of_mnist_stay_as_they_are() -> Result<(), crate::Error> {
        let digits = crate::mnist::embedded()?.test;
        let pictures = digits.samples();
        let stays = |&position: &usize| {
            let digit = pictures.held(position).unwrap_or_default();
            picture(digit, SIDE).as_deref() == Some(digit)
        };
        // A centre of mass on the edge between two pixels may fall to either.
        let staying = (0..digits.len()).filter(stays).count();
        assert!(staying * 100 > digits.len() * 98, "{staying}");
        Ok(())
    }
}
