//! The session: what it tells, in which order, and that measuring on the way is measuring afterwards.

use pollster::block_on;
use spindle_core::{
    Error,
    architecture::Architecture,
    engine::Engine,
    extract::Extraction,
    session::{Measure, Session},
};
use spindle_data::Data;
use spindle_run::{
    Experiment,
    decomposition::decompose_outputs,
    event::{Event, Tensors},
};

fn experiment() -> Experiment {
    Experiment {
        train_size: Some(300),
        epochs: 3,
        checkpoints: 4,
        samples: 3,
        train_samples: 3,
        players: 5,
        resamples: 100,
        ..Experiment::default()
    }
}

fn all_events(session: &mut Session) -> Result<Vec<Event>, Error> {
    let mut events = Vec::new();
    while !matches!(events.last(), Some(Event::Finished)) {
        events.extend(block_on(session.advance(100))?);
    }
    Ok(events)
}

#[test]
fn a_run_tells_losses_then_checkpoint_then_interactions_then_state() -> Result<(), Error> {
    let data = Data::embedded_mnist()?;
    let mut session = Session::new(experiment(), data, None, Measure::Interactions)?;
    let events = all_events(&mut session)?;
    let names: Vec<&str> = events
        .iter()
        .filter_map(|event| match event {
            Event::Epoch(_) => Some("losses"),
            Event::Checkpoint { .. } => Some("checkpoint"),
            Event::Outputs(_) => Some("outputs"),
            Event::Interactions(_) => Some("interactions"),
            Event::State(_) => Some("state"),
            _ => None,
        })
        .collect();
    let at_checkpoint = ["losses", "checkpoint", "outputs", "interactions", "state"];
    assert_eq!(names[..5], at_checkpoint);
    assert_eq!(
        names.iter().filter(|name| **name == "checkpoint").count(),
        4
    );
    Ok(())
}

#[test]
fn measuring_on_the_way_is_measuring_the_stored_weights() -> Result<(), Error> {
    let data = Data::embedded_mnist()?;
    let experiment = experiment();
    let mut session = Session::new(experiment.clone(), data, None, Measure::Interactions)?;
    let events = all_events(&mut session)?;
    let mut weights = Tensors::new();
    let mut compared = 0;
    for event in events {
        match event {
            Event::Checkpoint { weights: found, .. } => weights = found,
            Event::Interactions(found) => {
                let engine = Engine::new(
                    &Architecture::LENET_ON_MNIST,
                    experiment.device,
                    &weights,
                    &Tensors::new(),
                )?;
                let mut extraction = Extraction::new(
                    Architecture::LENET_ON_MNIST,
                    session.samples(),
                    experiment.players,
                    found.step,
                );
                while !extraction.is_done() {
                    block_on(extraction.advance(&engine))?;
                }
                let outputs = extraction.into_outputs();
                let go_on = |_| std::ops::ControlFlow::Continue(());
                let again = decompose_outputs(&experiment, &outputs, &go_on)?;
                assert_eq!(again.decompositions, found.decompositions);
                compared += 1;
            }
            _ => {}
        }
    }
    assert_eq!(compared, 4);
    Ok(())
}

#[test]
fn every_game_is_certified_and_matches_on_every_mask() -> Result<(), Error> {
    let data = Data::embedded_mnist()?;
    let mut session = Session::new(experiment(), data, None, Measure::Interactions)?;
    for event in all_events(&mut session)? {
        if let Event::Interactions(found) = event {
            assert_eq!(found.summary.certificates.len(), 6);
            for certificate in &found.summary.certificates {
                assert!(certificate.gap <= experiment().tolerance);
                let rounding = 1e-9 * certificate.primal.max(1.0);
                assert!(certificate.residual <= certificate.noise_bound + rounding);
            }
        }
    }
    Ok(())
}

#[test]
fn a_session_from_a_state_tells_what_an_unbroken_one_does() -> Result<(), Error> {
    let data = Data::embedded_mnist()?;
    let start = |state| Session::new(experiment(), data.clone(), state, Measure::WeightsOnly);
    let unbroken = all_events(&mut start(None)?)?;
    let mut states = unbroken.iter().filter_map(|event| match event {
        Event::State(state) => Some(state),
        _ => None,
    });
    let Some(state) = states.nth(1) else {
        return Err(Error::Data("a second state was expected".to_owned()));
    };
    let resumed = all_events(&mut start(Some(state))?)?;
    let after = unbroken
        .iter()
        .position(|event| matches!(event, Event::State(s) if s == state));
    let rest = &unbroken[after.map_or(0, |index| index + 1)..];
    assert!(rest.len() > 3);
    assert_eq!(rest, resumed);
    Ok(())
}
