//! The worker's side of the conversation: listens, hands commands to viewer or engine, posts what
//! happens.

use std::{cell::RefCell, rc::Rc};

use gloo_events::EventListener;
use serde::Serialize;
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent};

use crate::{
    protocol::{Event, Failure, Message, Request},
    viewer::Viewer,
};

/// Number of messages that concern the whole worker.
const WORKER: u32 = 0;

/// Listens to the page's requests until the worker ends. To be called once, in a module worker.
#[wasm_bindgen]
pub fn serve() {
    std::panic::set_hook(Box::new(|panic| {
        post(
            WORKER,
            Event::Failed {
                kind: Failure::Panic,
                message: format!("the engine stopped by a defect of its own: {panic}"),
            },
        );
    }));
    let host = Rc::new(Host::default());
    let listener = EventListener::new(&scope(), "message", move |event| {
        let Some(message) = event.dyn_ref::<MessageEvent>() else {
            return;
        };
        match serde_wasm_bindgen::from_value::<Request>(message.data()) {
            Ok(request) => host.clone().answer(request),
            Err(error) => post(
                WORKER,
                Event::Failed {
                    kind: Failure::Input,
                    message: format!("a message that the engine does not know: {error}"),
                },
            ),
        }
    });
    listener.forget();
}

fn scope() -> DedicatedWorkerGlobalScope {
    js_sys::global().unchecked_into()
}

fn post(id: u32, event: Event) {
    let serializer = serde_wasm_bindgen::Serializer::new()
        .serialize_missing_as_null(true)
        .serialize_maps_as_objects(true);
    let message = Message { id, event }
        .serialize(&serializer)
        .unwrap_or_else(JsValue::from);
    // Whoever listens no more misses nothing.
    let _ = scope().post_message(&message);
}

/// All that a worker keeps.
#[derive(Default)]
struct Host {
    viewer: RefCell<Viewer>,
    #[cfg(feature = "engine")]
    recorders: RefCell<crate::engine::record::Recorders>,
    #[cfg(feature = "engine")]
    training: RefCell<Option<Rc<crate::engine::train::Control>>>,
    #[cfg(feature = "gpu")]
    gpu: RefCell<Option<wgpu::Device>>,
}

#[cfg(not(feature = "engine"))]
impl Host {
    fn answer(self: Rc<Self>, Request { id, command }: Request) {
        let answer = self.viewer.borrow_mut().answer(command);
        let unknown = || crate::Error::Input("a viewer cannot do this; an engine can".to_owned());
        post(
            id,
            answer
                .unwrap_or_else(|| Err(unknown()))
                .unwrap_or_else(Event::from),
        );
    }
}

#[cfg(feature = "engine")]
impl Host {
    fn answer(self: Rc<Self>, Request { id, command }: Request) {
        wasm_bindgen_futures::spawn_local(async move {
            let answer = self.answered(id, command).await;
            post(id, answer.unwrap_or_else(Event::from));
        });
    }

    /// The last event of an answer; those before it are posted on the way.
    async fn answered(
        &self,
        id: u32,
        command: crate::protocol::Command,
    ) -> Result<Event, crate::Error> {
        use crate::{engine, protocol::Command};
        match command {
            Command::OpenGpu => self.open_gpu().await,
            Command::Rate {
                experiment,
                place,
                data,
                seconds,
            } => {
                let rate =
                    engine::train::steps_per_second(experiment, place, &data, seconds).await?;
                Ok(Event::Rate {
                    steps_per_second: rate,
                })
            }
            Command::Train {
                experiment,
                place,
                data,
                state,
                paused,
            } => {
                let state = state.as_ref().map(|state| state.as_slice());
                let (training, started) =
                    engine::train::Training::new(experiment, place, &data, state, paused)?;
                if let Some(before) = self.training.replace(Some(training.control())) {
                    before.cancel();
                }
                post(id, started);
                training.run(|event| post(id, event), macrotask).await?;
                Ok(Event::Done)
            }
            Command::Go { steps } => self.with_training(|control| control.go(steps)),
            Command::Pause => self.with_training(engine::train::Control::pause),
            Command::Measure {
                experiment,
                step,
                weights,
                bench,
            } => {
                let part = engine::measure::measure(&experiment, step, &weights, bench).await?;
                Ok(Event::Measured { step, part })
            }
            Command::Record { run, of, bench } => {
                let mut viewer = self.viewer.borrow_mut();
                self.recorders
                    .borrow_mut()
                    .begin(run, of, bench, &mut viewer)
            }
            Command::RecordLosses { run, losses } => {
                self.recorders.borrow_mut().losses(&run, losses)
            }
            Command::RecordPart {
                run,
                step,
                index,
                part,
            } => self.recorders.borrow_mut().part(&run, step, index, &part),
            Command::RecordCheckpoint {
                run,
                checkpoint,
                more,
            } => self.recorders.borrow_mut().checkpoint(
                run,
                &checkpoint,
                more,
                &mut self.viewer.borrow_mut(),
            ),
            Command::RecordComparison { run } => {
                let mut viewer = self.viewer.borrow_mut();
                self.recorders.borrow_mut().compare(run, &mut viewer)
            }
            Command::Draw {
                weights,
                experiment,
                classes,
                canvas,
                side,
                players,
                label,
                threshold,
            } => {
                let drawing = engine::draw::Drawing {
                    classes,
                    canvas: &canvas,
                    side,
                    players: &players,
                    label,
                    threshold,
                };
                // Nothing else runs in this worker while the CPU computes: the borrow is never met
                // by another.
                let mut viewer = self.viewer.take();
                let drawn = engine::draw::draw(&experiment, &weights, drawing, &mut viewer).await;
                self.viewer.replace(viewer);
                drawn
            }
            Command::Fault { kind } => self.fault(kind),
            command => {
                let answer = self.viewer.borrow_mut().answer(command);
                answer
                    .unwrap_or_else(|| Err(crate::Error::Input("no engine can do this".to_owned())))
            }
        }
    }

    fn with_training(
        &self,
        act: impl FnOnce(&crate::engine::train::Control),
    ) -> Result<Event, crate::Error> {
        let training = self.training.borrow();
        let control = training
            .as_ref()
            .ok_or_else(|| crate::Error::missing("training"))?;
        act(control);
        Ok(Event::Done)
    }

    #[cfg(feature = "gpu")]
    async fn open_gpu(&self) -> Result<Event, crate::Error> {
        let failed = |message| {
            post(
                WORKER,
                Event::Failed {
                    kind: Failure::Gpu,
                    message,
                },
            );
        };
        let (gpu, device) = crate::engine::gpu::open(failed).await?;
        self.gpu.replace(Some(device));
        Ok(Event::Gpu(gpu))
    }

    #[cfg(not(feature = "gpu"))]
    async fn open_gpu(&self) -> Result<Event, crate::Error> {
        Err(crate::Error::Input(
            "this engine computes on the CPU".to_owned(),
        ))
    }

    fn fault(&self, kind: Failure) -> Result<Event, crate::Error> {
        match kind {
            #[expect(
                clippy::panic,
                reason = "asked for, to see what the page does about it"
            )]
            Failure::Panic => panic!("asked to"),
            #[cfg(feature = "gpu")]
            Failure::Gpu => {
                if let Some(gpu) = self.gpu.take() {
                    gpu.destroy();
                }
                Ok(Event::Done)
            }
            _ => Ok(Event::Done),
        }
    }
}

/// Lets the worker's other messages in.
#[cfg(feature = "engine")]
async fn macrotask() {
    gloo_timers::future::sleep(std::time::Duration::ZERO).await;
}
