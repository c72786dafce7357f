//! The GPU's kernels against the CPU's, on whatever Vulkan driver there is; without one these tests
//! only say so.
#![allow(clippy::print_stderr)]

use pollster::block_on;
use spindle_run::{event::Tensors, experiment::Activation};

use super::{
    GpuSequentialKernels,
    engine::{Handles, Tuning},
    kernels::Tiling,
};
use crate::{
    Convolution, Dense, Error, Initial, Masked, Pool, Sequential, SequentialKernels, Sgd,
    tests::small_vgg,
};
use spindle_run::input::PictureShape;

type Outcome = Result<(), Error>;

const SGD: Sgd = Sgd {
    learning_rate: 0.05,
    momentum: 0.9,
};

/// The first adapter, or nothing where there is none.
fn gpu() -> Option<(wgpu::Device, wgpu::Queue)> {
    let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle());
    let adapter = match block_on(instance.request_adapter(&wgpu::RequestAdapterOptions::default()))
    {
        Ok(adapter) => adapter,
        Err(error) => {
            eprintln!("skipped: {error}");
            return None;
        }
    };
    let opened = block_on(adapter.request_device(&wgpu::DeviceDescriptor::default()));
    opened.map_err(|error| eprintln!("skipped: {error}")).ok()
}

fn pictures(count: usize, side: usize, shift: usize) -> Vec<f32> {
    (0..count * side * side)
        .map(|i| (((i + shift) * 7919 + i * i % 13) % 251) as f32 / 250.0)
        .collect()
}

fn labels(count: usize, classes: usize, shift: usize) -> Vec<usize> {
    (0..count).map(|i| (i * 7 + shift) % classes).collect()
}

/// Odd sizes, no pooling, tiles that overlap.
fn odd_network() -> Sequential {
    let convolution = |name: &'static str, inputs, outputs, kernel, side, pool| Convolution {
        name: name.into(),
        inputs,
        outputs,
        kernel,
        stride: 1,
        padding: 0,
        side,
        pool,
    };
    let dense = |name: &'static str, inputs, outputs, activation| Dense {
        name: name.into(),
        inputs,
        outputs,
        activation,
    };
    Sequential {
        name: "odd",
        input: PictureShape {
            channels: 1,
            side: 33,
        },
        convolutions: vec![
            convolution("a", 1, 5, 3, 33, None),
            convolution("b", 5, 7, 4, 31, Some(Pool::HALVES)),
            convolution("c", 7, 3, 1, 14, None),
        ],
        dense: vec![
            dense("d", 588, 37, Some(Activation::Relu)),
            dense("e", 37, 3, None),
        ],
        masked: Masked::Convolution(1),
        initial: Initial::Uniform,
    }
}

fn largest_difference(a: &Tensors, b: &Tensors) -> f32 {
    assert!(a.keys().eq(b.keys()));
    let pairs = a
        .iter()
        .zip(b)
        .flat_map(|((_, a), (_, b))| a.data.iter().zip(&b.data));
    pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

/// Steps on both engines, with batches of these sizes, for every tiling.
fn compare(network: &Sequential, batches: &[usize]) -> Outcome {
    let Some(handles) = gpu() else {
        return Ok(());
    };
    compare_tiled(&handles, network, batches, Tiling::SOFTWARE)?;
    compare_tiled(&handles, network, batches, Tiling::HARDWARE)
}

fn compare_tiled(
    (device, queue): &(wgpu::Device, wgpu::Queue),
    network: &Sequential,
    batches: &[usize],
    tiling: Tiling,
) -> Outcome {
    let weights = network.initial_weights(1);
    let mut cpu = SequentialKernels::new(network.clone(), &weights, &Tensors::new())?;
    let nothing = Tensors::new();
    let mut gpu = GpuSequentialKernels::with_tuning(
        Handles { device, queue },
        network.clone(),
        &weights,
        &nothing,
        Tuning::of(tiling),
    )?;
    assert!(block_on(gpu.momentum())?.is_empty());
    assert!(block_on(gpu.take_losses())?.is_empty());
    for (step, &count) in batches.iter().enumerate() {
        let pictures = pictures(count * network.input.channels, network.side(), step);
        let labels = labels(count, network.classes(), step);
        cpu.step(&pictures, &labels, SGD)?;
        gpu.step(&pictures, &labels, SGD)?;
    }
    let (a, b) = (cpu.take_losses(), block_on(gpu.take_losses())?);
    assert_eq!(a.len(), b.len());
    let apart = |(a, b): (&f32, &f32)| (a - b).abs() / a.abs();
    let furthest = a.iter().zip(&b).map(apart).fold(0.0, f32::max);
    assert!(furthest < 1e-5, "{furthest}: {a:?} {b:?}");
    assert!(largest_difference(&cpu.weights(), &block_on(gpu.weights())?) < 1e-5);
    assert!(largest_difference(&cpu.momentum(), &block_on(gpu.momentum())?) < 1e-4);
    let pictures = pictures(300 * network.input.channels, network.side(), 99);
    let (a, b) = (cpu.logits(&pictures)?, block_on(gpu.logits(&pictures))?);
    assert_eq!(a.len(), b.len());
    assert!(a.iter().zip(&b).all(|(a, b)| (a - b).abs() < 1e-4));
    Ok(())
}

#[test]
fn lenet_trains_as_on_the_cpu() -> Outcome {
    compare(
        &Sequential::lenet(1, 10),
        &[128, 128, 128, 44, 128, 128, 7, 128, 128, 64],
    )
}

#[test]
fn sizes_that_tiles_do_not_divide_train_as_on_the_cpu() -> Outcome {
    compare(&odd_network(), &[33, 33, 1, 33, 65])
}

#[test]
fn a_perceptron_trains_as_on_the_cpu() -> Outcome {
    compare(
        &Sequential::mlp("MLP", 28, &[128, 64, 10], Activation::Relu),
        &[64, 64, 7],
    )
}

#[test]
fn training_resumes_to_the_bit() -> Outcome {
    let Some((device, queue)) = gpu() else {
        return Ok(());
    };
    let network = Sequential::lenet(1, 10);
    let (pictures, labels) = (pictures(64, 32, 3), labels(64, 10, 1));
    let new = |weights: &Tensors, momentum: &Tensors| {
        GpuSequentialKernels::new(&device, &queue, network.clone(), weights, momentum)
    };
    let mut unbroken = new(&network.initial_weights(2), &Tensors::new())?;
    unbroken.step(&pictures, &labels, SGD)?;
    unbroken.step(&pictures, &labels, SGD)?;
    let mut first = new(&network.initial_weights(2), &Tensors::new())?;
    first.step(&pictures, &labels, SGD)?;
    let mut resumed = new(&block_on(first.weights())?, &block_on(first.momentum())?)?;
    resumed.step(&pictures, &labels, SGD)?;
    assert_eq!(block_on(unbroken.weights())?, block_on(resumed.weights())?);
    assert_eq!(
        block_on(unbroken.momentum())?,
        block_on(resumed.momentum())?
    );
    Ok(())
}

#[test]
fn padding_is_refused() {
    let Some((device, queue)) = gpu() else {
        return;
    };
    let network = small_vgg(1);
    let nothing = Tensors::new();
    let error = GpuSequentialKernels::new(&device, &queue, network, &nothing, &nothing).err();
    let text = error.map(|error| error.to_string());
    assert!(
        text.as_ref()
            .is_some_and(|text| text.contains("features.0") && text.contains("padding")),
        "{text:?}"
    );
}

/// They would do ReLU instead, or nothing.
#[test]
fn activations_other_than_relu_are_refused() {
    let tanh = Sequential::mlp("MLP", 28, &[128, 10], Activation::Tanh);
    assert!(!tanh.runs_on_gpu());
    let relu = Sequential::mlp("MLP", 28, &[128, 10], Activation::Relu);
    assert!(relu.runs_on_gpu());
}

#[test]
fn a_lost_device_is_an_error() -> Outcome {
    let Some((device, queue)) = gpu() else {
        return Ok(());
    };
    let network = odd_network();
    let weights = network.initial_weights(4);
    let mut engine =
        GpuSequentialKernels::new(&device, &queue, network, &weights, &Tensors::new())?;
    let (pictures, labels) = (pictures(2, 33, 0), labels(2, 3, 0));
    engine.step(&pictures, &labels, SGD)?;
    device.destroy();
    engine.step(&pictures, &labels, SGD)?;
    for error in [
        block_on(engine.take_losses()).err(),
        block_on(engine.logits(&pictures)).err(),
        block_on(engine.weights()).err(),
    ] {
        assert!(matches!(error, Some(Error::Device { .. })), "{error:?}");
    }
    Ok(())
}

#[test]
fn networks_that_are_too_large_for_the_device_are_refused() -> Outcome {
    let Some((device, queue)) = gpu() else {
        return Ok(());
    };
    // 4.7 million parameters of one layer, which 65,535 groups of 64 invocations do not reach.
    let network = Sequential::mlp("MLP", 28, &[6000, 10], Activation::Relu);
    let weights = network.initial_weights(1);
    let nothing = Tensors::new();
    let mut gpu = GpuSequentialKernels::new(&device, &queue, network, &weights, &nothing)?;
    let (pictures, labels) = (pictures(2, 28, 0), labels(2, 10, 0));
    gpu.step(&pictures, &labels, SGD)?;
    let text = block_on(gpu.take_losses()).err();
    let text = text.map(|error| error.to_string());
    assert!(
        text.as_ref()
            .is_some_and(|text| text.contains("workgroups")),
        "{text:?}"
    );
    Ok(())
}
