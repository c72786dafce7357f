//! `spindle data`: which data sets there are, and whether their files are whole.

use serde::Serialize;
use spindle_core::dataset;
use spindle_run::experiment::Model;

use crate::{
    arguments::{Data, DataCommand},
    terminal::Terminal,
};

#[derive(Serialize)]
struct Available {
    name: &'static str,
    needs: &'static str,
    from: &'static str,
    licence: &'static str,
    embedded: &'static str,
}

const DATA_SETS: [Available; 1] = [Available {
    name: "mnist",
    needs: "train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte; each plain or .gz",
    from: "the four original files of LeCun, Cortes and Burges; mirrors are many",
    licence: "CC BY-SA 3.0",
    embedded: "6,000 training and 1,000 test digits, used without --data-dir",
}];

#[derive(Serialize)]
struct Checked {
    source: String,
    train: usize,
    test: usize,
    classes: usize,
    digest: String,
}

/// Runs the command.
pub(crate) fn data(arguments: &Data, terminal: &Terminal) -> anyhow::Result<()> {
    match &arguments.command {
        DataCommand::List => {
            for set in &DATA_SETS {
                terminal.say(&format!(
                    "{}\n  needs     {}\n  from      {}\n  licence   {}\n  embedded  {}",
                    set.name, set.needs, set.from, set.licence, set.embedded
                ));
            }
            terminal.document(&DATA_SETS)
        }
        DataCommand::Check { data, files } => {
            let model = Model::ALL.into_iter();
            let model = model.filter(|model| data.kind().is_none_or(|kind| kind == model.kind()));
            let experiment = files.experiment(*data, model.last().unwrap_or_default());
            let data = dataset::Data::load(&experiment)?;
            for warning in &data.warnings {
                terminal.warn(warning);
            }
            let checked = Checked {
                source: data.source.clone(),
                train: data.train.len(),
                test: data.test.len(),
                classes: data.classes.len(),
                digest: data.digest(),
            };
            terminal.say(&format!(
                "{}: {} training and {} test samples of {} classes, SHA-256 {}",
                checked.source, checked.train, checked.test, checked.classes, checked.digest
            ));
            terminal.document(&checked)
        }
    }
}
