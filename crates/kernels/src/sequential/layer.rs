//! The layers of a sequential network as data.

use std::borrow::Cow;

use spindle_run::experiment::Activation;

/// Max pooling without padding; what does not fill a window at the far borders is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pool {
    /// Side of a window.
    pub size: usize,
    /// From one window to the next.
    pub stride: usize,
}

impl Pool {
    /// Windows of 2x2 side by side.
    pub const HALVES: Self = Self { size: 2, stride: 2 };
}

/// A convolution, then bias and ReLU, then perhaps max pooling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Convolution {
    /// Name of its parameters, as PyTorch has it.
    pub name: Cow<'static, str>,
    /// Channels in.
    pub inputs: usize,
    /// Channels out, which are the filters.
    pub outputs: usize,
    /// Side of the kernel; at most that of the feature map that comes in, with its padding.
    pub kernel: usize,
    /// Positions from one window to the next.
    pub stride: usize,
    /// Zeros around what comes in.
    pub padding: usize,
    /// Side of the feature map that comes in.
    pub side: usize,
    /// The pooling that follows, if any; its windows are at most as large as the feature map.
    pub pool: Option<Pool>,
}

impl Convolution {
    /// Side of the feature map behind the ReLU, before pooling.
    #[must_use]
    pub fn map_side(&self) -> usize {
        (self.side + 2 * self.padding - self.kernel) / self.stride + 1
    }

    /// Side of what comes out.
    #[must_use]
    pub fn out_side(&self) -> usize {
        self.pool.map_or(self.map_side(), |pool| {
            (self.map_side() - pool.size) / pool.stride + 1
        })
    }

    /// Values of the feature map behind the ReLU.
    #[must_use]
    pub fn map_len(&self) -> usize {
        self.outputs * self.map_side() * self.map_side()
    }

    /// Values that come out.
    pub(crate) fn out_len(&self) -> usize {
        self.outputs * self.out_side() * self.out_side()
    }

    /// Values under one position of the kernel.
    pub(crate) fn window(&self) -> usize {
        self.inputs * self.kernel * self.kernel
    }

    /// Products of one pass; those with padding are left out.
    pub(crate) fn products(&self) -> usize {
        let met: usize = (0..self.map_side())
            .map(|place| {
                let first = self.padding.saturating_sub(place * self.stride);
                let end = (self.side + self.padding).saturating_sub(place * self.stride);
                end.min(self.kernel).saturating_sub(first)
            })
            .sum();
        met.pow(2) * self.inputs * self.outputs
    }

    /// Whether its windows lie side by side in what comes in, and its pooling is none or of whole
    /// 2x2 cells.
    pub(crate) fn is_plain(&self) -> bool {
        let halves = self.map_side().is_multiple_of(2);
        let pooled = match self.pool {
            None => true,
            Some(pool) => pool == Pool::HALVES && halves,
        };
        self.stride == 1 && self.padding == 0 && pooled
    }
}

/// A dense layer with bias, then perhaps an activation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dense {
    /// Name of its parameters, as PyTorch has it.
    pub name: Cow<'static, str>,
    /// Values in.
    pub inputs: usize,
    /// Values out.
    pub outputs: usize,
    /// What follows.
    pub activation: Option<Activation>,
}
