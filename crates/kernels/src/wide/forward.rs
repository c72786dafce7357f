//! The forward pass of one layer.

use std::cell::RefCell;

use pulp::{Simd, WithSimd};

use super::{
    correlation::{Cut, Operands, Task, correlate},
    layer::Layer,
    pooling::{Choice, Line, pool_line},
    tuning::WideTuning,
};
use crate::{
    activation::{finish, is_relu},
    panels::{Row, ZERO},
    sequential::Pool,
    simd::with_simd,
};
use spindle_run::parallel;

thread_local! {
    /// Maps before pooling, which are pooled while they are in cache.
    static MAPS: RefCell<Vec<Row>> = const { RefCell::new(Vec::new()) };
}

/// What a layer's forward pass needs.
pub(super) struct Forward<'a> {
    pub(super) layer: &'a Layer,
    /// Those of all layers.
    pub(super) parameters: &'a [Row],
    /// What comes in, as the layer's product wants it.
    pub(super) input: &'a [Row],
    /// Pictures.
    pub(super) count: usize,
    pub(super) tuning: &'a WideTuning,
}

impl Forward<'_> {
    /// Writes what comes out to `out [panel][row][column][picture]`. Choices are kept where there
    /// is room for them.
    pub(super) fn run(self, out: &mut [Row], choices: &mut [Choice]) {
        let layer = self.layer;
        let parameters = layer.parameters(self.parameters);
        let operands = Operands {
            correlation: layer.correlation(),
            input: self.input,
            weights: parameters.weight,
            bias: Some(parameters.bias),
            relu: is_relu(layer.activation),
            count: self.count,
            tuning: self.tuning,
        };
        match layer.pool {
            None => {
                correlate(operands, out);
                finish(layer.activation, out.as_flattened_mut());
            }
            Some(pool) => correlate_and_pool(operands, pool, layer.out_side, out, choices),
        }
    }
}

fn correlate_and_pool(
    operands: Operands<'_>,
    pool: Pool,
    out_side: usize,
    out: &mut [Row],
    choices: &mut [Choice],
) {
    let line = out_side * operands.count;
    let cut = Cut {
        panel: out_side * line,
        line,
        // Overlapping windows share lines, which are computed once.
        lines: if pool.size > pool.stride { out_side } else { 1 },
        panels: operands.tuning.panels,
    };
    let parts = cut.tasks(out);
    let mut choices = cut.tasks(choices).into_iter();
    let mut parts: Vec<_> = parts
        .into_iter()
        .map(|part| (part, choices.next()))
        .collect();
    parallel::for_each(&mut parts, |_, (task, choices)| {
        with_simd(Pooled {
            operands,
            pool,
            line,
            task,
            choices: choices.as_mut(),
        });
    });
}

/// Some pooled lines of some panels, to be computed on one core.
struct Pooled<'a, 'b> {
    operands: Operands<'a>,
    pool: Pool,
    /// Rows of a pooled line.
    line: usize,
    task: &'a mut Task<'b, Row>,
    choices: Option<&'a mut Task<'b, Choice>>,
}

impl WithSimd for Pooled<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let mut maps = MAPS.take();
        self.run(simd, &mut maps);
        MAPS.set(maps);
    }
}

impl Pooled<'_, '_> {
    #[inline(always)]
    fn run<S: Simd>(mut self, simd: S, maps: &mut Vec<Row>) {
        let (side, count) = (self.operands.correlation.out_side, self.operands.count);
        let pooled = self.task.out[0].len() / self.line;
        let first = self.task.line * self.pool.stride;
        let lines = first..first + (pooled - 1) * self.pool.stride + self.pool.size;
        let panel = lines.len() * side * count;
        let len = self.task.out.len() * panel;
        if maps.len() < len {
            maps.resize(len, ZERO);
        }
        let mut parts: Vec<&mut [Row]> = maps[..len].chunks_mut(panel).collect();
        self.operands
            .lines(simd, self.task.panel, lines, &mut parts);
        for (index, map) in parts.iter().enumerate() {
            for line in 0..pooled {
                let rows = line * self.line..(line + 1) * self.line;
                let choices = self.choices.as_mut();
                pool_line(
                    Line {
                        pool: self.pool,
                        map: &map[line * self.pool.stride * side * count..],
                        side,
                        count,
                    },
                    &mut self.task.out[index][rows.clone()],
                    choices.map(|choices| &mut choices.out[index][rows]),
                );
            }
        }
    }
}
