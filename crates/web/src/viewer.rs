//! Open runs: what the page shows of them, without an engine.

use serde_bytes::ByteBuf;
use spindle_run::{
    Experiment,
    analysis::{phases, published_bars},
    content::Contents,
    encoding::encode_weights,
    experiment::Dataset,
    export::{Export, Kind},
    figure,
    record::{CheckpointRecord, Players, RunRecord, Summary},
};

use crate::{
    Error,
    protocol::{
        Command, Event, Explanation, Matching, PhasesView, RunCheckpoint, RunSample, RunView,
        SampleAddress, SampleKind, SampleRanges, SampleSolver, SampleView,
    },
    sample::Sample,
};

/// Solved samples that are kept: readers go back and forth, and one of 14 players takes seconds to
/// solve. One of 16 takes 4 MB.
const KEPT: usize = 8;

/// The runs that are open in a worker, and the sample that is looked at.
#[derive(Default)]
pub struct Viewer {
    /// With their names; a handful.
    runs: Vec<(String, Export)>,
    /// Samples that were looked at, the newest at the end.
    solved: Vec<Solved>,
}

/// A sample as it is looked at.
struct Solved {
    /// Of which run it is, and by what it was solved; `None` where nobody asks for that again.
    of: Option<(SampleAddress, SampleSolver)>,
    sample: Sample,
}

impl Viewer {
    /// Answers the commands on runs; `None` for those of an engine.
    pub fn answer(&mut self, command: Command) -> Option<Result<Event, Error>> {
        Some(match command {
            Command::Open { run, bytes } => self.open(run, &bytes),
            Command::Close { run } => {
                self.close(&run);
                Ok(Event::Done)
            }
            #[cfg(feature = "engine")]
            Command::Pack { run } => self.pack(&run),
            Command::Weights { run, step } => self.weights(&run, step),
            Command::Sample { at, solver } => self
                .sample(&at, solver)
                .map(|view| Event::Sample(Box::new(view))),
            Command::Matching { strongest } => self.matching(strongest).map(Event::Matching),
            Command::Ranges => self.ranges().map(Event::Ranges),
            Command::Explain { mask } => self.explain(mask).map(Event::Explanation),
            Command::History {
                run,
                sample,
                kind,
                mask,
            } => self.history(&run, sample, kind, mask),
            Command::Compare { first, second } => {
                Ok(Event::Comparison(figure::comparison(&first, &second)))
            }
            Command::Differ { experiments } => differing(&experiments),
            #[cfg(any(feature = "engine", feature = "ts"))]
            _ => return None,
        })
    }

    fn open(&mut self, run: String, bytes: &[u8]) -> Result<Event, Error> {
        Ok(self.show(run, Export::unpack(bytes)?))
    }

    /// Shows a run under a name, over one of the same name.
    pub fn show(&mut self, run: String, export: Export) -> Event {
        let view = run_view(&run, &export);
        self.close(&run);
        self.runs.push((run, export));
        Event::Run(Box::new(view))
    }

    fn run(&self, run: &str) -> Result<&Export, Error> {
        let found = self.runs.iter().find(|(name, _)| name == run);
        found
            .map(|(_, export)| export)
            .ok_or_else(|| Error::missing(format!("run named {run}")))
    }

    fn close(&mut self, run: &str) {
        self.runs.retain(|(name, _)| name != run);
        // The sample that is looked at stays, and is none of the next run of this name.
        for solved in &mut self.solved {
            solved.of.take_if(|(at, _)| at.run == run);
        }
    }

    /// A run that was opened is the file that it was opened from; one that was recorded is packed.
    #[cfg(feature = "engine")]
    fn pack(&self, run: &str) -> Result<Event, Error> {
        Ok(file(self.run(run)?.pack()?))
    }

    fn weights(&self, run: &str, step: usize) -> Result<Event, Error> {
        let weights = self.run(run)?.weights.get(&step);
        let weights = weights.ok_or_else(|| Error::missing(format!("weights of step {step}")))?;
        Ok(file(encode_weights(weights, Some(step))?))
    }

    fn sample(&mut self, at: &SampleAddress, solver: SampleSolver) -> Result<SampleView, Error> {
        let known = self
            .solved
            .iter()
            .position(|solved| matches!(&solved.of, Some(of) if of.0 == *at && of.1 == solver));
        let known = known.map(|position| self.solved.remove(position));
        let export = self.run(&at.run)?;
        let missing = |what: &str, number| Error::missing(format!("{what} {number} of {}", at.run));
        let (_, summary) = analysed(&export.record)
            .nth(at.checkpoint)
            .ok_or_else(|| missing("checkpoint", at.checkpoint))?;
        let record = export.record.samples.get(at.sample);
        let record = record.ok_or_else(|| missing("sample", at.sample))?;
        let solved = match (known, export.outputs.values(at.checkpoint, at.sample)) {
            (Some(known), _) => known,
            (None, Some(outputs)) => Solved {
                of: Some((at.clone(), solver)),
                sample: Sample::decomposed(&export.record.experiment, outputs, solver)?,
            },
            (None, None) => Solved {
                of: None,
                sample: Sample::salient(
                    export.record.experiment.measurement.players,
                    &export.history,
                    at.checkpoint,
                    at.sample,
                )
                .ok_or_else(|| missing("interactions of sample", at.sample))?,
            },
        };
        let content = export.contents.get(at.sample);
        let content = content.ok_or_else(|| missing("content of sample", at.sample))?;
        let sample = &solved.sample;
        let view = sample.view(content, record.label, &record.players, summary.threshold);
        self.look(solved);
        Ok(view)
    }

    /// Looks at a sample that is of no run: the next questions are about it.
    pub fn look_at(&mut self, sample: Sample) {
        self.look(Solved { of: None, sample });
    }

    fn look(&mut self, solved: Solved) {
        if self.solved.len() >= KEPT {
            self.solved.remove(0);
        }
        self.solved.push(solved);
    }

    fn looked_at(&self) -> Result<&Sample, Error> {
        let last = self.solved.last().map(|solved| &solved.sample);
        last.ok_or_else(|| Error::missing("sample"))
    }

    fn matching(&self, strongest: usize) -> Result<Matching, Error> {
        self.looked_at()?.matching(strongest)
    }

    fn ranges(&self) -> Result<SampleRanges, Error> {
        self.looked_at()?.ranges()
    }

    fn explain(&self, mask: u32) -> Result<Explanation, Error> {
        self.looked_at()?.explain(mask)
    }

    fn history(&self, run: &str, sample: usize, kind: Kind, mask: u32) -> Result<Event, Error> {
        let effects = self.run(run)?.history.over_training(sample, kind, mask);
        Ok(Event::History { effects })
    }
}

fn differing(experiments: &str) -> Result<Event, Error> {
    let experiments: Vec<Experiment> =
        serde_json::from_slice(experiments.as_bytes()).map_err(spindle_run::Error::from)?;
    Ok(Event::Differing {
        fields: figure::differing(&experiments),
    })
}

fn file(bytes: Vec<u8>) -> Event {
    Event::File {
        bytes: ByteBuf::from(bytes),
    }
}

/// Checkpoints that were analysed: the page's checkpoint axis, and that of an export's arrays.
fn analysed(record: &RunRecord) -> impl Iterator<Item = (&CheckpointRecord, &Summary)> {
    let checkpoints = record.checkpoints.iter();
    checkpoints.filter_map(|checkpoint| Some((checkpoint, checkpoint.summary.as_ref()?)))
}

fn kind(export: &Export) -> SampleKind {
    match export.contents {
        Contents::Pictures { .. } if export.record.experiment.training.data == Dataset::Mnist => {
            SampleKind::Digits
        }
        Contents::Pictures { .. } => SampleKind::Pictures,
        Contents::Texts(_) => SampleKind::Texts,
        Contents::Clouds { .. } => SampleKind::Clouds,
    }
}

/// Names of the classes; files of version 1 have digits.
fn classes(record: &RunRecord) -> Vec<String> {
    if record.classes.is_empty() {
        (0..10).map(|digit| digit.to_string()).collect()
    } else {
        record.classes.clone()
    }
}

fn patches(record: &RunRecord) -> Vec<[usize; 2]> {
    match record.samples.first().map(|sample| &sample.players) {
        Some(Players::Patches(patches)) => patches.clone(),
        _ => Vec::new(),
    }
}

/// A run as the page shows it: all that its figures and tables need.
#[must_use]
pub fn run_view(run: &str, export: &Export) -> RunView {
    let record = &export.record;
    let samples = record.samples.iter().enumerate();
    let published = published_bars(record);
    let checkpoints = analysed(record).enumerate();
    RunView {
        run: run.to_owned(),
        experiment: record.experiment.clone(),
        provenance: record.provenance.clone(),
        samples: samples
            .map(|(index, sample)| RunSample {
                group: sample.group,
                position: sample.position,
                label: sample.label,
                true_label: sample.true_label,
                has_outputs: export.outputs.samples.contains(&index),
            })
            .collect(),
        kind: kind(export),
        model: record.experiment.training.model.title().to_owned(),
        data: record.data_name().to_owned(),
        classes: classes(record),
        patches: patches(record),
        checkpoints: checkpoints
            .map(|(index, (checkpoint, summary))| RunCheckpoint {
                losses: checkpoint.losses,
                threshold: summary.threshold,
                salient_per_sample: summary.salient_per_sample,
                noise_floor: summary.noise_floor,
                largest_gap: summary
                    .certificates
                    .iter()
                    .map(|certificate| certificate.gap)
                    .fold(0.0, f64::max),
                published_sgd: published.get(index).cloned().flatten(),
            })
            .collect(),
        figures: spindle_run::analysis::figures(record),
        phases: phases_of(record),
        weights: export.weights.keys().copied().collect(),
        warnings: record.warnings.clone(),
    }
}

fn phases_of(record: &RunRecord) -> Option<PhasesView> {
    Some(PhasesView {
        verdict: record.deciding_phases()?.verdict,
        says: phases::verdict(record)?,
    })
}
