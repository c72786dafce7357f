//! The gradient with respect to a wide layer's weights: products whose left side is read along its
//! columns, so that nothing is transposed.

use pulp::{Simd, WithSimd};

use super::correlation::Correlation;
use crate::{
    panels::{Row, WIDTH, ZERO, panels},
    product::{Along, Product, Segment, Start},
    simd::with_simd,
};
use spindle_run::parallel;

/// The gradient with respect to the weights of a correlation.
#[derive(Clone, Copy)]
pub(super) struct WeightGradient<'a> {
    pub(super) correlation: Correlation,
    /// What came in.
    pub(super) input: &'a [Row],
    /// The gradient with respect to what came out.
    pub(super) gradient: &'a [Row],
    /// Pictures.
    pub(super) count: usize,
    /// Whether it replaces what is there, instead of being added.
    pub(super) is_first: bool,
    /// Positions, times pictures, along which it is added up at a time.
    pub(super) along: usize,
}

impl WeightGradient<'_> {
    /// Adds it to `out`, which lies as the weights do.
    pub(super) fn add_to(self, out: &mut [Row]) {
        let Self {
            correlation,
            input,
            gradient,
            count,
            is_first,
            along,
        } = self;
        let kernel = correlation.kernel;
        let mut parts: Vec<&mut [Row]> = out.chunks_mut(kernel * correlation.inputs).collect();
        parallel::for_each(&mut parts, |index, out| {
            if is_first {
                out.fill(ZERO);
            }
            let panel = correlation.out_side.pow(2) * count;
            with_simd(KernelRowGradient {
                correlation,
                input,
                gradient: &gradient[index / kernel * panel..][..panel],
                row: index % kernel,
                count,
                along,
                out,
            });
        });
    }
}

/// The gradient with respect to the weights between one row of the kernel and one panel of outputs.
struct KernelRowGradient<'a> {
    correlation: Correlation,
    input: &'a [Row],
    gradient: &'a [Row],
    /// The row of the kernel.
    row: usize,
    count: usize,
    along: usize,
    /// A row for each offset and input.
    out: &'a mut [Row],
}

impl WithSimd for KernelRowGradient<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let inputs = self.correlation.inputs;
        let panel = self.correlation.side.pow(2) * self.count;
        let offsets = 0..self.correlation.kernel;
        let segments: Vec<Vec<Segment>> = offsets.map(|dx| self.segments(dx)).collect();
        let mut rest: Vec<&[Segment]> = segments.iter().map(Vec::as_slice).collect();
        // All offsets go along together, so that what they multiply is read once.
        while rest.iter().any(|segments| !segments.is_empty()) {
            let blocks: Vec<&[Segment]> = rest
                .iter_mut()
                .map(|rest| take_block(rest, self.along))
                .collect();
            for (index, input) in self.input.chunks(panel).take(panels(inputs)).enumerate() {
                for (segments, out) in blocks.iter().zip(self.out.chunks_mut(inputs)) {
                    let channel = index * WIDTH;
                    let product = Product {
                        left: input,
                        right: self.gradient,
                        segments,
                        start: Start::Sum,
                        relu: false,
                    };
                    let out = &mut out[channel..inputs.min(channel + WIDTH)];
                    product.rows(simd, Along::Columns, 0, out);
                }
            }
        }
    }
}

/// Takes the first segments off, about `most` factors.
fn take_block<'a>(rest: &mut &'a [Segment], most: usize) -> &'a [Segment] {
    let mut len = 0;
    let first = rest.iter().take_while(|segment| {
        len += segment.len;
        len <= most
    });
    let (block, others) = rest.split_at(first.count().max(1).min(rest.len()));
    *rest = others;
    block
}

impl KernelRowGradient<'_> {
    /// What an offset meets: runs of positions and pictures, none longer than `along`.
    fn segments(&self, dx: usize) -> Vec<Segment> {
        let Correlation { side, out_side, .. } = self.correlation;
        let columns = self.correlation.places(dx);
        let mut segments = Vec::new();
        if columns.is_empty() {
            return segments;
        }
        let x = self.correlation.source(columns.start, dx);
        for line in self.correlation.places(self.row) {
            let y = self.correlation.source(line, self.row);
            let len = columns.len() * self.count;
            for first in (0..len).step_by(self.along) {
                segments.push(Segment {
                    left: (y * side + x) * self.count + first,
                    right: (line * out_side + columns.start) * self.count + first,
                    len: self.along.min(len - first),
                });
            }
        }
        segments
    }
}
