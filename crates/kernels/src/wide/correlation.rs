//! Correlations of feature maps with weights as products of what lies in runs.

use std::ops::Range;

use pulp::{Simd, WithSimd};

use super::tuning::WideTuning;
use crate::{
    panels::{Row, WIDTH, ZERO, panels},
    product::{Along, Product, Segment, Start},
    simd::with_simd,
};
use spindle_run::parallel;

/// A correlation of stride 1: `out[y][x] = sum over offsets of
/// in[y + dy - padding][x + dx - padding] * weights[dy][dx]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Correlation {
    /// Channels in.
    pub(super) inputs: usize,
    /// Side of the kernel.
    pub(super) kernel: usize,
    /// Negative where a backward pass leaves out a border.
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
    /// The transposed one, which takes gradients with respect to what comes out to those with
    /// respect to what comes in.
    pub(super) fn transposed(&self, outputs: usize) -> Self {
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
    pub(super) fn source(&self, place: usize, offset: usize) -> usize {
        (place + offset).saturating_add_signed(-self.padding)
    }

    /// Offsets that meet something at a place along one axis.
    fn offsets(&self, place: usize) -> Range<usize> {
        let first = (self.padding - place as isize).clamp(0, self.kernel as isize);
        let end = self.side as isize + self.padding - place as isize;
        first as usize..end.clamp(first, self.kernel as isize) as usize
    }

    /// Places along one axis at which an offset meets something.
    pub(super) fn places(&self, offset: usize) -> Range<usize> {
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
    pub(super) tuning: &'a WideTuning,
}

/// Some rows of a run.
#[derive(Clone, Copy)]
struct Part<'a> {
    run: &'a Run,
    /// The first of them, counted from the run's first.
    offset: usize,
}

impl<'a> Operands<'a> {
    fn start(&self, panel: usize) -> Start<'a> {
        Start::Bias(self.bias.map_or(&ZERO, |bias| &bias[panel]))
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
        let (line, most) = (self.correlation.out_side * self.count, self.tuning.rows);
        for (index, y) in lines.enumerate() {
            for run in self.correlation.runs(y, self.count) {
                for block in run.rows.clone().step_by(most) {
                    let rows = block..run.rows.end.min(block + most);
                    let mut out: Vec<&mut [Row]> = out
                        .iter_mut()
                        .map(|out| &mut out[index * line..][rows.clone()])
                        .collect();
                    let part = Part {
                        run: &run,
                        offset: block - run.rows.start,
                    };
                    self.part(simd, first, part, &mut out);
                }
            }
        }
    }

    /// Some rows of a run for some panels from `first` on, as many as `out` has.
    #[inline(always)]
    fn part<S: Simd>(
        &self,
        simd: S,
        first: usize,
        Part { run, offset }: Part<'_>,
        out: &mut [&mut [Row]],
    ) {
        let (window, most) = (self.correlation.window(), self.tuning.segments);
        let turns = run.segments.len().div_ceil(most).max(1);
        for turn in 0..turns {
            let end = run.segments.len().min((turn + 1) * most);
            for (panel, out) in (first..).zip(out.iter_mut()) {
                let product = Product {
                    left: self.input,
                    right: &self.weights[panel * window..][..window],
                    segments: &run.segments[turn * most..end],
                    start: match turn {
                        0 => self.start(panel),
                        _ => Start::Sum,
                    },
                    relu: self.relu && turn + 1 == turns,
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

/// How an array `[panel][line]` is cut into tasks.
#[derive(Clone, Copy)]
pub(super) struct Cut {
    /// Values of a panel.
    pub(super) panel: usize,
    /// Values of a line.
    pub(super) line: usize,
    /// Lines of a task.
    pub(super) lines: usize,
    /// Panels of a task.
    pub(super) panels: usize,
}

impl Cut {
    /// The tasks of `out`.
    pub(super) fn tasks<T>(self, out: &mut [T]) -> Vec<Task<'_, T>> {
        let band_len = self.lines * self.line;
        let bands = self.panel.div_ceil(band_len);
        let mut tasks: Vec<Task<'_, T>> = Vec::new();
        for (index, panel) in out.chunks_mut(self.panel).enumerate() {
            let place = |band: usize| index / self.panels * bands + band;
            for (band, out) in panel.chunks_mut(band_len).enumerate() {
                if index % self.panels == 0 {
                    tasks.push(Task {
                        panel: index,
                        line: band * self.lines,
                        out: Vec::with_capacity(self.panels),
                    });
                }
                tasks[place(band)].out.push(out);
            }
        }
        tasks
    }
}

/// A whole correlation into `out [panel][row][column][picture]`.
pub(super) fn correlate(operands: Operands<'_>, out: &mut [Row]) {
    let line = operands.correlation.out_side * operands.count;
    let cut = Cut {
        panel: operands.correlation.out_side * line,
        line,
        lines: 1,
        panels: operands.tuning.panels,
    };
    let mut tasks = cut.tasks(out);
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
