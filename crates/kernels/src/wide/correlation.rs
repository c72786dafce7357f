//! Correlations of feature maps with weights as products of what lies in runs.

use std::ops::Range;

use pulp::{Simd, WithSimd};

use super::layer::panels;
use crate::{
    product::{Along, Product, Row, Segment, Start, WIDTH},
    rows::with_simd,
};
use spindle_run::parallel;

/// Rows that are multiplied by the same part of the weights in turn: with the factors of [`SEGMENTS`], they stay in the second-level cache.
const BLOCK: usize = 120;
/// Segments of a part of the weights.
const SEGMENTS: usize = 16;
/// Panels that one core computes together, so that what comes in is read once for them.
const GROUP: usize = 4;
/// Positions, times pictures, along which gradients of weights are added up at a time.
const ALONG: usize = 512;

/// A correlation of stride 1: `out[y][x] = sum over offsets of in[y + dy - padding][x + dx - padding] * weights[dy][dx]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Correlation {
    /// Channels in.
    pub(super) inputs: usize,
    /// Side of the kernel.
    pub(super) kernel: usize,
    /// Negative where a way back leaves out a border.
    pub(super) padding: isize,
    /// Side of what comes in.
    pub(super) side: usize,
    /// Side of what comes out.
    pub(super) out_side: usize,
}

/// Rows of what comes out that lie together and meet the same kernel offsets.
struct Run {
    /// Its rows, counted from the first one of a line of positions.
    rows: Range<usize>,
    segments: Vec<Segment>,
}

impl Correlation {
    /// The way back to what comes in.
    pub(super) fn flipped(&self, outputs: usize) -> Self {
        Self {
            inputs: outputs,
            kernel: self.kernel,
            padding: self.kernel as isize - 1 - self.padding,
            side: self.out_side,
            out_side: self.side,
        }
    }

    /// Values under one position of the kernel.
    pub(super) fn window(&self) -> usize {
        self.inputs * self.kernel.pow(2)
    }

    /// The place in what comes in that meets `offset` at `place`, which must be one.
    fn source(&self, place: usize, offset: usize) -> usize {
        (place + offset).saturating_add_signed(-self.padding)
    }

    /// Offsets that meet something at a place along one axis.
    fn offsets(&self, place: usize) -> Range<usize> {
        let first = (self.padding - place as isize).clamp(0, self.kernel as isize);
        let end = self.side as isize + self.padding - place as isize;
        first as usize..end.clamp(first, self.kernel as isize) as usize
    }

    /// Places along one axis at which an offset meets something.
    fn places(&self, offset: usize) -> Range<usize> {
        let first = (self.padding - offset as isize).clamp(0, self.out_side as isize);
        let end = self.side as isize + self.padding - offset as isize;
        first as usize..end.clamp(first, self.out_side as isize) as usize
    }

    /// The runs of one line of positions, for `count` pictures.
    fn runs(&self, y: usize, count: usize) -> Vec<Run> {
        let mut runs = Vec::new();
        let mut first = 0;
        while first < self.out_side {
            let offsets = self.offsets(first);
            let same = (first..self.out_side).take_while(|&x| self.offsets(x) == offsets);
            let end = first + same.count();
            runs.push(Run {
                rows: first * count..end * count,
                segments: self.segments(y, first, count),
            });
            first = end;
        }
        runs
    }

    fn segments(&self, y: usize, x: usize, count: usize) -> Vec<Segment> {
        let mut segments = Vec::new();
        for dy in self.offsets(y) {
            for dx in self.offsets(x) {
                let pixel = self.source(y, dy) * self.side + self.source(x, dx);
                for panel in 0..panels(self.inputs) {
                    let channel = panel * WIDTH;
                    segments.push(Segment {
                        left: (panel * self.side.pow(2) + pixel) * count,
                        right: (dy * self.kernel + dx) * self.inputs + channel,
                        len: WIDTH.min(self.inputs - channel),
                    });
                }
            }
        }
        segments
    }
}

/// What is correlated.
#[derive(Clone, Copy)]
pub(super) struct Operands<'a> {
    pub(super) correlation: Correlation,
    /// What comes in, `[panel][row][column][picture]`.
    pub(super) input: &'a [Row],
    /// `[panel of outputs][kernel offset][input]`.
    pub(super) weights: &'a [Row],
    /// A row for each panel of outputs.
    pub(super) bias: Option<&'a [Row]>,
    pub(super) relu: bool,
    /// Pictures.
    pub(super) count: usize,
}

impl<'a> Operands<'a> {
    fn start(&self, panel: usize) -> Start<'a> {
        const ZEROS: &Row = &[0.0; WIDTH];
        Start::Bias(self.bias.map_or(ZEROS, |bias| &bias[panel]))
    }

    /// A few lines of some panels from `first` on, a slice of `out` for each.
    #[inline(always)]
    pub(super) fn lines<S: Simd>(
        &self,
        simd: S,
        first: usize,
        lines: Range<usize>,
        out: &mut [&mut [Row]],
    ) {
        let line = self.correlation.out_side * self.count;
        for (index, y) in lines.enumerate() {
            for run in self.correlation.runs(y, self.count) {
                for block in run.rows.clone().step_by(BLOCK) {
                    let rows = block..run.rows.end.min(block + BLOCK);
                    let mut out: Vec<&mut [Row]> = out
                        .iter_mut()
                        .map(|out| &mut out[index * line..][rows.clone()])
                        .collect();
                    self.block(simd, first, (&run, block - run.rows.start), &mut out);
                }
            }
        }
    }

    /// Some rows of a run, from its `offset`-th on.
    #[inline(always)]
    fn block<S: Simd>(
        &self,
        simd: S,
        first: usize,
        (run, offset): (&Run, usize),
        out: &mut [&mut [Row]],
    ) {
        let window = self.correlation.window();
        let parts = run.segments.len().div_ceil(SEGMENTS).max(1);
        for part in 0..parts {
            let end = run.segments.len().min((part + 1) * SEGMENTS);
            for (panel, out) in (first..).zip(out.iter_mut()) {
                let product = Product {
                    left: self.input,
                    right: &self.weights[panel * window..][..window],
                    segments: &run.segments[part * SEGMENTS..end],
                    start: match part {
                        0 => self.start(panel),
                        _ => Start::Sum,
                    },
                    relu: self.relu && part + 1 == parts,
                };
                product.rows(simd, Along::Rows, offset, out);
            }
        }
    }
}

/// Some lines of some panels, to be computed on one core.
pub(super) struct Task<'a, T> {
    /// The first panel.
    pub(super) panel: usize,
    /// The first line.
    pub(super) line: usize,
    /// What comes out, for each panel.
    pub(super) out: Vec<&'a mut [T]>,
}

/// Cuts an array `[panel][line]` into tasks of a few panels and `lines` lines of `line` values.
pub(super) fn tasks<T>(
    out: &mut [T],
    (panel, line): (usize, usize),
    lines: usize,
) -> Vec<Task<'_, T>> {
    let bands = panel.div_ceil(lines * line);
    let mut tasks: Vec<Task<'_, T>> = Vec::new();
    for (index, panel) in out.chunks_mut(panel).enumerate() {
        let place = |band: usize| index / GROUP * bands + band;
        for (band, out) in panel.chunks_mut(lines * line).enumerate() {
            if index % GROUP == 0 {
                tasks.push(Task {
                    panel: index,
                    line: band * lines,
                    out: Vec::with_capacity(GROUP),
                });
            }
            tasks[place(band)].out.push(out);
        }
    }
    tasks
}

/// A whole correlation into `out [panel][row][column][picture]`.
pub(super) fn correlate(operands: Operands<'_>, out: &mut [Row]) {
    let line = operands.correlation.out_side * operands.count;
    let panel = operands.correlation.out_side * line;
    let mut tasks = tasks(out, (panel, line), 1);
    parallel::for_each(&mut tasks, |_, task| {
        with_simd(Lines { operands, task });
    });
}

struct Lines<'a, 'b> {
    operands: Operands<'a>,
    task: &'a mut Task<'b, Row>,
}

impl WithSimd for Lines<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Task { panel, line, out } = self.task;
        self.operands.lines(simd, *panel, *line..*line + 1, out);
    }
}

/// Adds the gradient of the weights to `out`, given what came in and the gradient by what came out; replaces what is there where
/// `fresh`.
pub(super) fn correlate_back(
    correlation: Correlation,
    input: &[Row],
    gradient: &[Row],
    (count, fresh): (usize, bool),
    out: &mut [Row],
) {
    let kernel = correlation.kernel;
    let mut parts: Vec<&mut [Row]> = out.chunks_mut(kernel * correlation.inputs).collect();
    parallel::for_each(&mut parts, |index, out| {
        if fresh {
            out.fill([0.0; WIDTH]);
        }
        let panel = correlation.out_side.pow(2) * count;
        with_simd(KernelRowGradient {
            correlation,
            input,
            gradient: &gradient[index / kernel * panel..][..panel],
            row: index % kernel,
            count,
            out,
        });
    });
}

/// The gradient of the weights between one row of the kernel and one panel of outputs.
struct KernelRowGradient<'a> {
    correlation: Correlation,
    input: &'a [Row],
    gradient: &'a [Row],
    /// The row of the kernel.
    row: usize,
    count: usize,
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
            let blocks: Vec<&[Segment]> = rest.iter_mut().map(take_block).collect();
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

/// Takes the first segments off, about [`ALONG`] factors.
fn take_block<'a>(rest: &mut &'a [Segment]) -> &'a [Segment] {
    let mut len = 0;
    let first = rest.iter().take_while(|segment| {
        len += segment.len;
        len <= ALONG
    });
    let (block, others) = rest.split_at(first.count().max(1).min(rest.len()));
    *rest = others;
    block
}

impl KernelRowGradient<'_> {
    /// What an offset meets: runs of positions and pictures, none longer than [`ALONG`].
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
            for first in (0..len).step_by(ALONG) {
                segments.push(Segment {
                    left: (y * side + x) * self.count + first,
                    right: (line * out_side + columns.start) * self.count + first,
                    len: ALONG.min(len - first),
                });
            }
        }
        segments
    }
}
