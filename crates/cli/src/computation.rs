//! What computes a network: flags, the device behind them, and what is done when it fails.

use std::{
    any::Any,
    panic::{self, AssertUnwindSafe},
};

use anyhow::anyhow;
use clap::{Args, ValueEnum};
use spindle_core::{
    Error,
    device::{self, Wanted},
    pipeline,
};
use spindle_data::AnyData;
use spindle_run::{
    device::{Backend, Device, Place, Places},
    experiment::CheckedExperiment,
};

use crate::terminal::Terminal;

/// What computes the network.
#[derive(Args, Clone)]
pub(crate) struct Computation {
    /// What computes the network: cpu, gpu, gpu:NUMBER, gpu:NAME, cuda, cuda:NUMBER, or auto: a
    /// graphics card where a short measurement finds it faster than the CPU, for training and for
    /// masked outputs apart.
    #[arg(long, default_value_t = Wanted::default(), help_heading = "Computation")]
    device: Wanted,
    /// What drives the device: fused kernels where there are some, or Burn; chosen by Spindle
    /// without it.
    #[arg(long, value_enum, help_heading = "Computation")]
    backend: Option<Backend>,
    /// Where to go on when the device fails or is not there; without it the command ends. A device
    /// that is not in this build is refused all the same.
    #[arg(long, value_enum, help_heading = "Computation")]
    fallback: Option<Fallback>,
}

/// What never fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Fallback {
    /// All cores of this machine.
    Cpu,
}

/// What is done on a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Work {
    /// A part of a run, which goes on from where it was broken off.
    Run,
    /// One file.
    File,
}

impl Computation {
    const ON_CPU: Self = Self {
        device: Wanted::Cpu,
        backend: None,
        fallback: None,
    };

    /// Opens the device; what is to be known of it is told.
    pub(crate) fn open(&self, terminal: &Terminal) -> anyhow::Result<Place> {
        let opened = pollster::block_on(device::open(&self.device))?;
        if let Some(warning) = &opened.warning {
            terminal.warn(warning);
        }
        Ok(Place {
            device: opened.device,
            backend: self.backend,
        })
    }

    /// Where an experiment is trained and measured: at the place that was opened, or, where it is
    /// left to a measurement, wherever that is faster.
    pub(crate) fn places(
        &self,
        opened: Place,
        experiment: &CheckedExperiment,
        data: &AnyData,
        terminal: &Terminal,
    ) -> anyhow::Result<Places> {
        if self.device != Wanted::Auto || opened.device == Device::Cpu {
            return Ok(opened.into());
        }
        let fastest = pollster::block_on(pipeline::fastest(experiment, data, opened))?;
        terminal.say(&fastest.to_string());
        Ok(fastest.places)
    }

    /// Does work on the device. What its driver panics about is an error like others; with a
    /// fallback the work is done again there, of a run from where it was broken off.
    pub(crate) fn guarded<T>(
        &self,
        terminal: &Terminal,
        of: Work,
        work: impl Fn(&Self) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        if self.device == Wanted::Cpu {
            return work(self);
        }
        match (caught(|| work(self)), self.fallback) {
            (Err(error), Some(Fallback::Cpu)) if is_of_device(&error) => {
                terminal.warn(&format!("{error:#}; it goes on on the CPU"));
                work(&Self::ON_CPU)
            }
            (Err(error), None) => Err(match (error.downcast_ref(), of) {
                (Some(Error::Device { .. }), Work::Run) => anyhow!(
                    "{error:#}. What was made so far is kept: the same command goes on from there, with --device cpu or --fallback cpu without the device"
                ),
                (Some(Error::Device { .. }), Work::File) | (Some(Error::NoDevice { .. }), _) => {
                    anyhow!("{error:#}; --device cpu or --fallback cpu does it without the device")
                }
                _ => error,
            }),
            (done, _) => done,
        }
    }
}

fn is_of_device(error: &anyhow::Error) -> bool {
    let error = error.downcast_ref::<Error>();
    matches!(error, Some(Error::Device { .. } | Error::NoDevice { .. }))
}

/// What work comes to, with a panic as an error of the device. Runtimes of devices panic on threads
/// of their own too, which is nothing for people to read.
fn caught<T>(work: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<T> {
    let usual = panic::take_hook();
    panic::set_hook(Box::new(|_| {}));
    let done = panic::catch_unwind(AssertUnwindSafe(work));
    panic::set_hook(usual);
    done.unwrap_or_else(|payload| {
        let reason = words(&*payload);
        Err(Error::Device { reason }.into())
    })
}

fn words(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| payload.downcast_ref::<&str>().copied());
    // The first line says what, the others where in the driver's crates.
    let first = text.and_then(|text| text.lines().next());
    first.unwrap_or("its driver gave up").to_owned()
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    fn on_a_gpu(fallback: Option<Fallback>) -> Computation {
        Computation {
            device: Wanted::Gpu(None),
            backend: None,
            fallback,
        }
    }

    #[test]
    fn a_panic_of_a_driver_is_an_error_and_the_cpu_goes_on_if_asked() {
        let terminal = Terminal::new(true, false);
        let rounds = Cell::new(0);
        let work = |computation: &Computation| {
            rounds.set(rounds.get() + 1);
            match computation.device {
                Wanted::Cpu => Ok(()),
                _ => panic!("device lost\nat some line"),
            }
        };
        let error = on_a_gpu(None).guarded(&terminal, Work::Run, work);
        let error = error.map_err(|error| format!("{error:#}")).unwrap_err();
        assert!(error.contains("What was made so far is kept"), "{error}");
        assert!(
            error.starts_with("the device failed: device lost"),
            "{error}"
        );
        assert!(!error.contains("at some line"), "{error}");
        assert!(
            on_a_gpu(Some(Fallback::Cpu))
                .guarded(&terminal, Work::Run, work)
                .is_ok()
        );
        assert_eq!(rounds.get(), 3);
        let file = on_a_gpu(None).guarded(&terminal, Work::File, work);
        let file = file.map_err(|error| format!("{error:#}")).unwrap_err();
        assert!(
            !file.contains("kept") && file.contains("--device cpu"),
            "{file}"
        );
    }

    #[test]
    fn where_there_is_no_device_nothing_was_made() {
        let terminal = Terminal::new(true, false);
        let error = on_a_gpu(None).guarded(&terminal, Work::Run, |_| -> anyhow::Result<()> {
            Err(Error::NoDevice {
                device: "gpu:7".to_owned(),
                reason: "here there is gpu:0, a card".to_owned(),
            }
            .into())
        });
        let said = format!("{:#}", error.unwrap_err());
        assert!(
            said.starts_with("there is no device gpu:7: here there is gpu:0"),
            "{said}"
        );
        assert!(!said.contains("kept"), "{said}");
    }

    #[test]
    fn what_the_device_is_not_to_blame_for_is_no_reason_to_begin_again() {
        let terminal = Terminal::new(true, false);
        let error = on_a_gpu(Some(Fallback::Cpu)).guarded(
            &terminal,
            Work::Run,
            |_| -> anyhow::Result<()> { anyhow::bail!("the data set has changed") },
        );
        assert_eq!(error.unwrap_err().to_string(), "the data set has changed");
    }
}
