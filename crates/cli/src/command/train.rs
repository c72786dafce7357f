//! `spindle train`: weights at the checkpoints and losses, continued where a run was broken off.

use std::time::Instant;

use spindle_core::session::{Measure, Session};
use spindle_data::Data;
use spindle_run::{
    RunWriter,
    event::Event,
    record::{CheckpointRecord, RunRecord},
};

use crate::{arguments::NewRun, interrupt, terminal::Terminal};

/// Training steps between two looks at Ctrl-C and the progress bar.
const STEPS_PER_LOOK: usize = 32;

/// Runs the command.
pub(crate) fn command(new: &NewRun, terminal: &Terminal) -> anyhow::Result<()> {
    let (writer, record) = train(new, terminal)?;
    terminal.say(&format!(
        "trained; measure it with: spindle extract {0} && spindle analyze {0}",
        writer.path().display()
    ));
    terminal.document(&record)
}

/// Trains a new run, or what is left of one that was broken off.
pub(crate) fn train(new: &NewRun, terminal: &Terminal) -> anyhow::Result<(RunWriter, RunRecord)> {
    new.experiment.check()?;
    let data = Data::load(&new.experiment)?;
    let (writer, mut found) = RunWriter::create(&new.out, &new.experiment)?;
    if let Some(record) = &mut found {
        super::check_digest(record, &data)?;
        if record.experiment.data_dir != new.experiment.data_dir {
            // The files lie elsewhere by now, for the commands that follow too.
            record
                .experiment
                .data_dir
                .clone_from(&new.experiment.data_dir);
            writer.save_record(record)?;
        }
    }
    let lost = found.as_ref().and_then(|r| lost_checkpoint(&writer, r));
    let state = if let Some(step) = lost {
        terminal.warn(&format!(
            "weights or losses of step {step} are missing in {}: training begins again, to the same numbers",
            writer.path().display()
        ));
        None
    } else {
        writer.state()?
    };
    let mut session = Session::new(
        new.experiment.clone(),
        data,
        state.as_ref(),
        Measure::WeightsOnly,
    )?;
    let record = match found {
        Some(record) => record,
        None => {
            let record = new_record(new, &session);
            writer.save_record(&record)?;
            record
        }
    };
    let mut training = Training {
        writer,
        record,
        since: Instant::now(),
    };
    training.go(&mut session, terminal)?;
    Ok((training.writer, training.record))
}

/// The step of a checkpoint whose losses are gone, or whose weights are gone before they were measured.
fn lost_checkpoint(writer: &RunWriter, record: &RunRecord) -> Option<usize> {
    let mut steps = record.checkpoints.iter().map(|c| c.losses.step);
    steps.find(|&step| {
        !writer.has_losses(step) || !(writer.has_checkpoint(step) || writer.has_outputs(step))
    })
}

fn new_record(new: &NewRun, session: &Session) -> RunRecord {
    let samples = session.samples().iter().map(|s| s.record.clone()).collect();
    let mut record = RunRecord::new(
        new.experiment.clone(),
        session.provenance(),
        session.data().classes.clone(),
        samples,
    );
    record.warnings = session.warnings();
    record
}

/// A session's events on their way to the disk.
struct Training {
    writer: RunWriter,
    record: RunRecord,
    /// Time of training up to here is in the record.
    since: Instant,
}

impl Training {
    fn go(&mut self, session: &mut Session, terminal: &Terminal) -> anyhow::Result<()> {
        let (done, total) = (session.trainer().step(), session.total_steps());
        let bar = terminal.bar("train", "steps", done, total);
        loop {
            // Between a stop and what is due there, a state would forget what is due.
            if interrupt::requested() && session.is_settled() {
                let state = pollster::block_on(session.trainer().state())?;
                self.save_record()?;
                self.writer.save_state(&state)?;
                bar.abandon();
                return Err(interrupt::Interrupted::Run.into());
            }
            let events = pollster::block_on(session.advance(STEPS_PER_LOOK));
            if events.is_err() {
                self.save_record()?;
                bar.abandon();
            }
            for event in events? {
                match event {
                    Event::Progress { done, loss, .. } => {
                        bar.set_position(done as u64);
                        if let Some(loss) = loss {
                            bar.set_message(format!("loss {loss:.4}"));
                        }
                    }
                    Event::Finished => {
                        bar.finish_with_message("done");
                        return Ok(());
                    }
                    event => self.store(event, terminal)?,
                }
            }
        }
    }

    fn store(&mut self, event: Event, terminal: &Terminal) -> anyhow::Result<()> {
        match event {
            Event::Epoch(losses) => self.record.put_losses(losses),
            Event::Checkpoint {
                losses,
                sample_losses,
                weights,
            } => {
                self.writer.save_checkpoint(losses.step, &weights)?;
                self.writer.save_losses(&sample_losses)?;
                let known = self
                    .record
                    .checkpoints
                    .iter()
                    .any(|c| c.losses.step == losses.step);
                if !known {
                    self.record.put_checkpoint(CheckpointRecord::new(losses));
                }
            }
            // Last of all that happened at a step: whoever goes on from it finds the rest in place.
            Event::State(state) => {
                self.save_record()?;
                self.writer.save_state(&state)?;
            }
            Event::Warning(warning) => {
                terminal.warn(&warning);
                self.record.warnings.push(warning);
            }
            Event::Progress { .. }
            | Event::Outputs(_)
            | Event::Interactions(_)
            | Event::Finished => {}
        }
        Ok(())
    }

    fn save_record(&mut self) -> anyhow::Result<()> {
        self.record.provenance.train_seconds += self.since.elapsed().as_secs_f64();
        self.since = Instant::now();
        Ok(self.writer.save_record(&self.record)?)
    }
}
