//! What needs the data set: the training, and the samples that are measured.

use std::{cell::Cell, sync::Arc};

use spindle_data::{AnyData, Data, Labelled as _, TrainingSet, measured_samples, test_samples};
use spindle_run::{
    Experiment,
    content::Contents,
    device::{Place, Places},
    each,
    each::Each,
    event::{Outputs, Tensors, TrainingState},
    experiment::CheckedExperiment,
    record::{Players, Provenance, SampleRecord, StandIn},
};

use super::{
    session::{Session, Training},
    workbench::{AfterSample, AnyWorkbench, EncodedBench, Workbench},
};
use crate::{
    Error,
    network::{Answer, Network},
    networks::Networks,
};

/// What a run is of: all that its record begins with.
#[derive(Clone, Debug)]
pub struct Description {
    /// What was asked for.
    pub experiment: Experiment,
    /// What it runs on; no time has gone by yet.
    pub provenance: Provenance,
    /// Name of every class.
    pub classes: Vec<String>,
    /// The samples that are measured.
    pub samples: Vec<SampleRecord>,
    /// What was left out of the data set, and which samples cannot be measured.
    pub warnings: Vec<String>,
}

/// A data set at hand, and the network that learns it, whatever their kind.
pub trait Lab {
    /// What the run is of.
    ///
    /// # Errors
    /// A place where the network cannot be trained.
    fn description(&self) -> Result<Description, Error>;

    /// What the measured samples look like.
    ///
    /// # Errors
    /// Pictures of different sizes.
    fn contents(&self) -> Result<Contents, Error>;

    /// What workers without the data set need to measure the samples.
    ///
    /// # Errors
    /// As [`AnyWorkbench::encode`].
    fn encode(&self) -> Result<EncodedBench, Error>;

    /// A training from the beginning, or on from a state.
    ///
    /// # Errors
    /// A training set that cannot be drawn, a state that does not fit the network, a place where it
    /// cannot be trained.
    fn train(&self, state: Option<&TrainingState>) -> Result<Box<dyn Training>, Error>;

    /// Outputs of all measured samples at a checkpoint with these weights; `each` is called after
    /// every one of them. `on_cpu`: whatever measures otherwise, for what it computes too coarsely.
    ///
    /// # Errors
    /// As [`AnyWorkbench::extract`].
    fn extract<'a>(
        &'a self,
        step: usize,
        weights: &'a Tensors,
        on_cpu: bool,
        each: AfterSample<'a>,
    ) -> Answer<'a, Outputs>;
}

/// The lab of an experiment, with its data set at hand.
///
/// # Errors
/// A model that does not take what the data set holds, more samples asked for than there are.
pub fn lab(
    experiment: CheckedExperiment,
    data: AnyData,
    places: impl Into<Places>,
) -> Result<Box<dyn Lab>, Error> {
    let places = places.into();
    Ok(match data {
        Each::Pictures(data) => Box::new(LabOf::new(experiment, data, places)?),
        Each::Texts(data) => Box::new(LabOf::new(experiment, data, places)?),
        Each::Clouds(data) => Box::new(LabOf::new(experiment, data, places)?),
    })
}

/// Test samples by position, all with the same players, to be evaluated with weights from
/// elsewhere.
///
/// # Errors
/// A model that does not take what the data set holds, a position beyond the test set, players that
/// a sample does not have.
pub fn test_bench(
    experiment: &CheckedExperiment,
    data: &AnyData,
    positions: &[usize],
    players: &Players,
    place: Place,
) -> Result<Box<dyn AnyWorkbench>, Error> {
    each!(data, data => bench_of(experiment, data, positions, players, place))
}

fn bench_of<M: Networks>(
    experiment: &CheckedExperiment,
    data: &Data<M>,
    positions: &[usize],
    players: &Players,
    place: Place,
) -> Result<Box<dyn AnyWorkbench>, Error> {
    let network = M::network(
        experiment.training.model,
        M::size(data.train.samples()),
        data.classes.len(),
    )?;
    let samples = test_samples(experiment, data, positions, players, network.shape())?;
    let all = samples.len();
    let noise = experiment.decomposition.params().noise();
    let bench = Workbench::new(network, samples, all, place);
    Ok(Box::new(bench.with_noise_bound(noise)))
}

/// A lab of one kind of data.
struct LabOf<M: Networks> {
    experiment: CheckedExperiment,
    data: Arc<Data<M>>,
    network: Arc<dyn Network<M>>,
    workbench: Workbench<M>,
    /// Where it is trained.
    place: Place,
    /// The training that a description is taken from, which may begin as well: its first weights
    /// take a while to draw.
    first: Cell<Option<Session<M>>>,
}

impl<M: Networks> LabOf<M> {
    fn new(experiment: CheckedExperiment, data: Data<M>, places: Places) -> Result<Self, Error> {
        let model = experiment.training.model;
        let network = M::network(model, M::size(data.train.samples()), data.classes.len())?;
        let set = TrainingSet::draw(&experiment, data.about())?;
        let samples = measured_samples(&experiment, &data, &set, network.shape())?;
        let all = samples.len();
        Ok(Self {
            workbench: Workbench::new(network.clone(), samples, all, places.evaluation)
                .with_noise_bound(experiment.decomposition.params().noise()),
            experiment,
            data: Arc::new(data),
            network,
            place: places.training,
            first: Cell::default(),
        })
    }

    fn session(&self, state: Option<&TrainingState>) -> Result<Session<M>, Error> {
        Session::new(
            self.experiment.clone(),
            self.data.clone(),
            self.network.clone(),
            state,
            self.place,
        )
    }
}

impl<M: Networks> Lab for LabOf<M> {
    fn description(&self) -> Result<Description, Error> {
        let session = self.session(None)?;
        let data = &self.data;
        let players = self.experiment.measurement.players;
        let mut warnings = data.warnings.clone();
        warnings.extend(data.unmeasured(players));
        let digest = data.digest();
        let description = Description {
            experiment: self.experiment.clone().into(),
            provenance: Provenance {
                version: env!("CARGO_PKG_VERSION").to_owned(),
                engine: session.describe(),
                data: data.source.clone(),
                data_digest: digest.clone(),
                train_size: session.set().len(),
                mislabelled: session.set().mislabelled(),
                test_size: data.test.len(),
                chance_loss: Some(data.test.labels().entropy()),
                stand_in: StandIn::of(self.experiment.training.data, &digest),
                train_seconds: 0.0,
                extract_seconds: 0.0,
                decompose_seconds: 0.0,
            },
            classes: data.classes.clone(),
            samples: self.workbench.records(),
            warnings,
        };
        self.first.set(Some(session));
        Ok(description)
    }

    fn contents(&self) -> Result<Contents, Error> {
        self.workbench.contents()
    }

    fn encode(&self) -> Result<EncodedBench, Error> {
        self.workbench.encode(self.experiment.training.model)
    }

    fn train(&self, state: Option<&TrainingState>) -> Result<Box<dyn Training>, Error> {
        Ok(Box::new(match (state, self.first.take()) {
            (None, Some(first)) => first,
            _ => self.session(state)?,
        }))
    }

    fn extract<'a>(
        &'a self,
        step: usize,
        weights: &'a Tensors,
        on_cpu: bool,
        each: AfterSample<'a>,
    ) -> Answer<'a, Outputs> {
        if !on_cpu {
            return self.workbench.extract(step, weights, each);
        }
        Box::pin(async move { self.workbench.on_cpu().extract(step, weights, each).await })
    }
}
