//! The samples that an experiment measures.

use spindle_run::{
    Experiment,
    modality::NetworkShape,
    random::Stream,
    record::{Group, Players, SampleRecord},
};

use crate::{
    Choices, Data, DataKind, Error, MeasuredSample, Split, TrainingSet, training::stratified,
};

/// Draws the samples that the experiment measures: test samples, then training samples with their
/// own label, then mislabelled ones; each group stratified by true class, ascending by position.
/// Samples with fewer players than the experiment's are left out.
///
/// # Errors
/// More samples asked for than there are, or a file that cannot be read by now.
pub fn measured_samples<M: DataKind>(
    experiment: &Experiment,
    data: &Data<M>,
    training_set: &TrainingSet,
    network: NetworkShape<M>,
) -> Result<Vec<MeasuredSample<M>>, Error> {
    let mut samples = Vec::new();
    for (index, asked) in asked(experiment, data, training_set)
        .into_iter()
        .enumerate()
    {
        let mut candidates = asked.candidates;
        let players = experiment.measurement.players;
        candidates.retain(|&p| M::has_players(asked.split.samples(), p, players));
        if asked.size > candidates.len() {
            return Err(Error::Experiment {
                field: asked.field,
                value: asked.size.to_string(),
                allowed: format!(
                    "at most {}, the samples of this kind there are{}",
                    candidates.len(),
                    M::MEASURABLE
                ),
            });
        }
        let seed = experiment.measurement.samples_seed;
        let seed = seed.unwrap_or(experiment.training.seed);
        let mut rng = Stream::Samples.rng(seed, index as u64);
        let (labels, classes) = (asked.split.labels(), data.classes.len());
        let mut positions = stratified(labels, classes, candidates, asked.size, &mut rng);
        positions.sort_unstable();
        for position in positions {
            let label = match asked.group {
                Group::Test => Some(labels.label(position)),
                Group::Train | Group::Mislabelled => training_set.label_at(position),
            };
            let place = Place {
                group: asked.group,
                position,
                label: label.ok_or_else(|| {
                    Error::Data(format!("sample {position} is not in the training set"))
                })?,
            };
            let players = drawn_players(experiment, asked.split, place)?;
            samples.push(measured(experiment, asked.split, place, players, network)?);
        }
    }
    Ok(samples)
}

/// Masks of a training sample's players, whether it is measured or not.
///
/// # Errors
/// A position beyond the training set, or a file that cannot be read by now.
pub fn training_masks<M: DataKind>(
    experiment: &Experiment,
    data: &Data<M>,
    position: usize,
    masked: M::MaskShape,
) -> Result<M::Masks, Error> {
    let samples = data.train.samples();
    let choices = Choices::new(experiment, Group::Train, position);
    let measurement = &experiment.measurement;
    let players = M::draw_players(
        samples,
        position,
        measurement.players,
        measurement.placement,
        choices,
    )?;
    let (content, alignment) = M::content(samples, position, masked, choices)?;
    Ok(M::masks(&players, &content, &alignment, masked))
}

/// A group of samples that an experiment asks for.
struct Asked<'a, M: DataKind> {
    group: Group,
    /// The experiment's field that says how many.
    field: &'static str,
    size: usize,
    split: &'a Split<M>,
    /// Positions in the split of those it may be.
    candidates: Vec<usize>,
}

fn asked<'a, M: DataKind>(
    experiment: &Experiment,
    data: &'a Data<M>,
    training_set: &TrainingSet,
) -> [Asked<'a, M>; 3] {
    [
        Asked {
            group: Group::Test,
            field: "samples",
            size: experiment.measurement.samples,
            split: &data.test,
            candidates: (0..data.test.len()).collect(),
        },
        Asked {
            group: Group::Train,
            field: "train_samples",
            size: experiment.measurement.train_samples,
            split: &data.train,
            candidates: training_set.with_reset(false),
        },
        Asked {
            group: Group::Mislabelled,
            field: "mislabelled_samples",
            size: experiment.measurement.mislabelled_samples,
            split: &data.train,
            candidates: training_set.with_reset(true),
        },
    ]
}

/// Test samples by position, all with the same players.
///
/// # Errors
/// A position beyond the test set, players of another kind than the data's, or that a sample does
/// not have.
pub fn test_samples<M: DataKind>(
    experiment: &Experiment,
    data: &Data<M>,
    positions: &[usize],
    players: &Players,
    network: NetworkShape<M>,
) -> Result<Vec<MeasuredSample<M>>, Error> {
    let split = &data.test;
    let sample = |&position: &usize| {
        if position >= split.len() {
            return Err(Error::Experiment {
                field: "samples",
                value: position.to_string(),
                allowed: match split.len().checked_sub(1) {
                    Some(last) => format!("positions in the test set, 0 to {last}"),
                    None => "none, the test set is empty".to_owned(),
                },
            });
        }
        let place = Place {
            group: Group::Test,
            position,
            label: split.labels().label(position),
        };
        measured(experiment, split, place, players.clone(), network)
    };
    positions.iter().map(sample).collect()
}

/// Which sample it is, and the label in use.
#[derive(Clone, Copy)]
struct Place {
    group: Group,
    position: usize,
    label: usize,
}

impl Place {
    fn choices(self, experiment: &Experiment) -> Choices {
        Choices::new(experiment, self.group, self.position)
    }
}

fn drawn_players<M: DataKind>(
    experiment: &Experiment,
    split: &Split<M>,
    place: Place,
) -> Result<Players, Error> {
    let players = M::draw_players(
        split.samples(),
        place.position,
        experiment.measurement.players,
        experiment.measurement.placement,
        place.choices(experiment),
    )?;
    Ok(M::any_players(players))
}

fn measured<M: DataKind>(
    experiment: &Experiment,
    split: &Split<M>,
    place: Place,
    players: Players,
    network: NetworkShape<M>,
) -> Result<MeasuredSample<M>, Error> {
    let (samples, choices) = (split.samples(), place.choices(experiment));
    let (content, alignment) = M::content(samples, place.position, network.masked, choices)?;
    let record = SampleRecord {
        group: place.group,
        position: place.position,
        label: place.label,
        true_label: split.labels().label(place.position),
        players,
    };
    let input = split.batch(&[place.position], network.input)?;
    MeasuredSample::new(record, content, input, alignment)
}
