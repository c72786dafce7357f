//! A training that tells what happens while it runs, and that can be paused at any step.

use std::{
    cell::{Cell, RefCell},
    future::poll_fn,
    task::{Poll, Waker},
};

use serde_bytes::ByteBuf;
use spindle_core::pipeline::{self, Description, Progress};
use spindle_run::{
    Experiment,
    device::Place,
    encoding::{decode_state, encode_losses, encode_state, encode_weights},
    event,
};
use web_time::Instant;

use super::data::data_set;
use crate::{Error, protocol::Event};

/// Wall time of the steps between two looks at the page's commands, in seconds.
const SLICE: f64 = 0.03;
/// Least time between two events of progress, in seconds: numbers that change more often are not
/// read.
const PROGRESS: f64 = 0.2;
/// Time over which the rate is taken, in seconds.
const RATE_WINDOW: f64 = 1.0;

/// What the page wants of a training.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    /// Rest.
    Nothing,
    /// Go on up to this step.
    UpTo(usize),
    /// Go on to the end.
    Everything,
    /// End now.
    Cancelled,
}

/// The page's hand on a training.
pub struct Control {
    wanted: Cell<Wanted>,
    step: Cell<usize>,
    waker: RefCell<Option<Waker>>,
}

impl Control {
    fn new(paused: bool) -> Self {
        let wanted = if paused {
            Wanted::Nothing
        } else {
            Wanted::Everything
        };
        Self {
            wanted: Cell::new(wanted),
            step: Cell::new(0),
            waker: RefCell::new(None),
        }
    }

    /// Lets it go on: for so many steps, or to the end.
    pub fn go(&self, steps: Option<usize>) {
        self.want(match steps {
            Some(steps) => Wanted::UpTo(self.step.get() + steps),
            None => Wanted::Everything,
        });
    }

    /// Pauses it.
    pub fn pause(&self) {
        self.want(Wanted::Nothing);
    }

    /// Ends it; it tells nothing more.
    pub fn cancel(&self) {
        self.want(Wanted::Cancelled);
    }

    fn want(&self, wanted: Wanted) {
        self.wanted.set(wanted);
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    /// Steps that may be done now; `None` when it was cancelled.
    fn allowed(&self) -> Option<usize> {
        match self.wanted.get() {
            Wanted::Nothing => Some(0),
            Wanted::UpTo(stop) => Some(stop.saturating_sub(self.step.get())),
            Wanted::Everything => Some(usize::MAX),
            Wanted::Cancelled => None,
        }
    }

    /// Waits until the page wants something else than rest.
    async fn wakes(&self) {
        poll_fn(|context| {
            if self.allowed() == Some(0) {
                self.waker.replace(Some(context.waker().clone()));
                Poll::Pending
            } else {
                Poll::Ready(())
            }
        })
        .await;
    }
}

/// A training and the hand on it.
pub struct Training {
    training: Box<dyn pipeline::Training>,
    control: std::rc::Rc<Control>,
}

impl Training {
    /// A training from the beginning or from a state, and what it tells first.
    ///
    /// # Errors
    /// An experiment, a data set or a state that cannot be.
    pub fn new(
        experiment: Experiment,
        place: Place,
        data: &[ByteBuf],
        state: Option<&[u8]>,
        paused: bool,
    ) -> Result<(Self, Event), Error> {
        let experiment = experiment.check()?;
        let state = state.map(decode_state).transpose()?;
        let data = data_set(&experiment, data)?;
        let lab = pipeline::lab(experiment, data, place)?;
        let Description {
            provenance,
            classes,
            ..
        } = lab.description()?;
        let training = lab.train(state.as_ref())?;
        let Progress {
            step,
            steps_per_epoch,
            total_steps,
            ..
        } = training.progress();
        let control = std::rc::Rc::new(Control::new(paused));
        control.step.set(step);
        let started = Event::Started {
            provenance: Box::new(provenance),
            classes,
            bench: lab.encode()?,
            total_steps,
            steps_per_epoch,
            checkpoints: training.checkpoints().to_vec(),
            step,
        };
        Ok((Self { training, control }, started))
    }

    /// The hand on it.
    #[must_use]
    pub fn control(&self) -> std::rc::Rc<Control> {
        self.control.clone()
    }

    /// Trains to the end. `tell` is called with all that happens, `rest` hands control to whoever
    /// else is to run.
    ///
    /// # Errors
    /// The training diverged or the device failed; what was told before is still good.
    pub async fn run(mut self, tell: impl Fn(Event), rest: impl AsyncFn()) -> Result<(), Error> {
        let mut pace = Pace::new(self.training.progress().step);
        loop {
            let allowed = match self.control.allowed() {
                None => return Ok(()),
                // What is due at a step is told before the rest.
                Some(0) if self.training.is_settled() => {
                    let step = self.training.progress().step;
                    self.tell_state(&tell).await?;
                    tell(Event::Paused { step });
                    self.control.wakes().await;
                    pace = Pace::new(step);
                    continue;
                }
                Some(steps) => steps,
            };
            let events = self.training.advance(pace.steps().min(allowed)).await?;
            self.control.step.set(self.training.progress().step);
            for event in events {
                if event == event::Event::Finished {
                    tell(Event::Finished);
                    return Ok(());
                }
                if let Some(event) = self.told(event, &mut pace)? {
                    tell(event);
                }
            }
            rest().await;
        }
    }

    /// A state at every rest, so that nothing is lost when the page is closed.
    async fn tell_state(&self, tell: &impl Fn(Event)) -> Result<(), Error> {
        let state = self.training.state().await?;
        tell(state_event(&state)?);
        Ok(())
    }

    /// A session's event as the page hears of it.
    fn told(&self, event: event::Event, pace: &mut Pace) -> Result<Option<Event>, Error> {
        Ok(match event {
            event::Event::Progress { step, loss } => {
                let steps_per_second = pace.reached(step);
                steps_per_second.map(|steps_per_second| Event::Progress {
                    step,
                    epoch: self.training.progress().epoch,
                    loss,
                    steps_per_second,
                })
            }
            event::Event::Epoch(losses) => Some(Event::Losses { losses }),
            event::Event::Checkpoint {
                losses,
                sample_losses,
                weights,
            } => Some(Event::Checkpoint {
                losses,
                sample_losses: ByteBuf::from(encode_losses(&sample_losses)?),
                weights: ByteBuf::from(encode_weights(&weights, Some(losses.step))?),
            }),
            event::Event::State(state) => Some(state_event(&state)?),
            event::Event::Finished => None,
        })
    }
}

fn state_event(state: &event::TrainingState) -> Result<Event, Error> {
    Ok(Event::State {
        step: state.step,
        bytes: ByteBuf::from(encode_state(state)?),
    })
}

/// How fast it goes, and so how many steps make a slice.
struct Pace {
    /// Begin of the window that the rate is taken over.
    since: Instant,
    from: usize,
    told: Instant,
    rate: Option<f64>,
}

impl Pace {
    fn new(step: usize) -> Self {
        Self {
            since: Instant::now(),
            from: step,
            told: Instant::now(),
            rate: None,
        }
    }

    fn steps(&self) -> usize {
        self.rate.map_or(1, |rate| ((rate * SLICE) as usize).max(1))
    }

    /// Takes note of the step reached; the rate in steps per second when it is time to tell.
    fn reached(&mut self, step: usize) -> Option<f64> {
        let seconds = self.since.elapsed().as_secs_f64();
        let rate = (step - self.from) as f64 / seconds.max(1e-3);
        self.rate = Some(rate);
        if seconds > RATE_WINDOW {
            (self.since, self.from) = (Instant::now(), step);
        }
        if self.told.elapsed().as_secs_f64() < PROGRESS {
            return None;
        }
        self.told = Instant::now();
        Some(rate)
    }
}

/// Training steps per second, over `seconds`; the first step, which compiles and allocates, is not
/// counted.
///
/// # Errors
/// As [`Training::new`]; the device failed.
pub async fn steps_per_second(
    experiment: Experiment,
    place: Place,
    data: &[ByteBuf],
    seconds: f64,
) -> Result<f64, Error> {
    let experiment = experiment.check()?;
    let data = data_set(&experiment, data)?;
    let mut stopwatch = pipeline::stopwatch(experiment, data, place)?;
    stopwatch.advance(1).await?;
    let start = Instant::now();
    let mut steps = 0;
    while start.elapsed().as_secs_f64() < seconds {
        // Few enough that a slow device is not at it for long, enough that a fast one is not read
        // all the time.
        let rate = f64::from(steps) / start.elapsed().as_secs_f64().max(1e-3);
        let slice = ((rate * seconds / 4.0) as i32).clamp(1, 16);
        stopwatch.advance(slice as usize).await?;
        steps += slice;
    }
    Ok(f64::from(steps) / start.elapsed().as_secs_f64())
}
