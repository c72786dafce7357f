//! `spindle data`: which data sets there are, where people get them, and whether their files are
//! whole.

use std::path::{Path, PathBuf};

use serde::Serialize;
use spindle_data::{
    AnyData, Description, Labelled as _,
    catalogue::{self, CATALOGUE, Entry},
};
use spindle_run::{
    Experiment,
    experiment::{Dataset, Model},
};

use crate::{
    arguments::{Data, DataCommand, DataFiles},
    terminal::Terminal,
};

/// Classes that are told one by one; of more, the smallest and the largest count.
const TOLD_CLASSES: usize = 20;

/// A data set in the list.
#[derive(Serialize)]
struct Listed {
    name: &'static str,
    needs: &'static str,
    from: &'static str,
    licence: &'static str,
    embedded: Option<&'static str>,
    published: Option<Counts>,
    /// Where it was looked for, if it was.
    found: Option<Found>,
}

/// What of a data set is in a folder.
#[derive(Serialize)]
struct Found {
    folder: PathBuf,
    /// Whether all files are there that tell its layout.
    there: bool,
    missing: Vec<&'static str>,
    /// Whether BERT's word pieces are there too, which texts need.
    vocabulary: Option<bool>,
}

/// Samples of both splits.
#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
struct Counts {
    train: usize,
    test: usize,
}

/// A data set that was read.
#[derive(Serialize)]
struct Checked {
    source: String,
    train: usize,
    test: usize,
    classes: usize,
    per_class: Vec<Class>,
    shape: Description,
    published: Option<Counts>,
    digest: String,
    warnings: Vec<String>,
}

/// Samples of a class.
#[derive(Serialize)]
struct Class {
    name: String,
    train: usize,
    test: usize,
}

/// Runs the command.
pub(crate) fn data(arguments: &Data, terminal: &Terminal) -> anyhow::Result<()> {
    match &arguments.command {
        DataCommand::List { data_dir } => list(data_dir.as_deref(), terminal),
        DataCommand::Check { data, files } => check(*data, files, terminal),
    }
}

fn list(root: Option<&Path>, terminal: &Terminal) -> anyhow::Result<()> {
    let listed = CATALOGUE.each_ref().map(|entry| Listed::of(entry, root));
    for set in &listed {
        terminal.answer(&set.in_words())?;
    }
    terminal.document(&listed.as_slice())
}

fn check(data: Dataset, files: &DataFiles, terminal: &Terminal) -> anyhow::Result<()> {
    // Any model that takes what the data set holds; nothing is computed with it.
    let fits = |model: &Model| data.kind().is_none_or(|kind| kind == model.kind());
    let model = Model::ALL.into_iter().find(fits).unwrap_or_default();
    let experiment = files.experiment(data, model);
    let loaded = spindle_data::load(&experiment)?;
    let checked = Checked::of(&experiment, &loaded);
    for warning in checked.warnings.iter().chain(&checked.difference()) {
        terminal.warn(warning);
    }
    terminal.answer(&checked.in_words())?;
    terminal.document(&checked)
}

impl Listed {
    fn of(entry: &Entry, root: Option<&Path>) -> Self {
        Self {
            name: entry.name,
            needs: entry.needs,
            from: entry.from,
            licence: entry.licence,
            embedded: entry.built_in,
            published: entry.published.map(Counts::of),
            found: root
                .filter(|_| entry.needs_files())
                .map(|root| Found::of(entry, root)),
        }
    }

    fn in_words(&self) -> String {
        let mut lines = vec![
            self.name.to_owned(),
            format!("  needs     {}", self.needs),
            format!("  from      {}", self.from),
            format!("  licence   {}", self.licence),
        ];
        if let Some(Counts { train, test }) = self.published {
            lines.push(format!(
                "  holds     {train} training and {test} test samples"
            ));
        }
        lines.extend(
            self.embedded
                .map(|embedded| format!("  embedded  {embedded}")),
        );
        lines.extend(
            self.found
                .as_ref()
                .map(|found| format!("  found     {}", found.in_words())),
        );
        lines.join("\n")
    }
}

impl Found {
    /// In the folder with the data set's name, or in `root` itself, wherever less is missing.
    fn of(entry: &Entry, root: &Path) -> Self {
        let places = [root.join(entry.name), root.to_owned()];
        let found = places.map(|folder| Self {
            missing: entry.missing(&folder),
            vocabulary: entry.has_vocabulary(&folder),
            there: entry.missing(&folder).is_empty(),
            folder,
        });
        let [named, itself] = found;
        match itself.missing.len() < named.missing.len() {
            true => itself,
            false => named,
        }
    }

    fn in_words(&self) -> String {
        let folder = self.folder.display();
        match (self.there, self.vocabulary) {
            (true, Some(false)) => {
                format!("in {folder}, without vocab.txt, which --vocabulary can name")
            }
            (true, _) => format!("in {folder}"),
            (false, _) => format!("not in {folder}: {} missing", self.missing.join(", ")),
        }
    }
}

impl Counts {
    fn of([train, test]: [usize; 2]) -> Self {
        Self { train, test }
    }
}

impl Checked {
    fn of(experiment: &Experiment, data: &AnyData) -> Self {
        let entry = catalogue::entry(experiment.training.data);
        // What is built in is less than what was published.
        let published = experiment.training.data_dir.as_ref().and(entry.published);
        let about = data.about();
        let classes = about.classes.len();
        let counts = about.train.counts(classes).into_iter();
        let counts = counts.zip(about.test.counts(classes));
        let per_class = about.classes.iter().zip(counts);
        let per_class = per_class.map(|(name, (train, test))| Class {
            name: name.clone(),
            train,
            test,
        });
        Self {
            per_class: per_class.collect(),
            shape: data.description(),
            train: about.train.len(),
            test: about.test.len(),
            classes,
            published: published.map(Counts::of),
            digest: data.digest(),
            source: about.source.to_owned(),
            warnings: about.warnings.to_vec(),
        }
    }

    /// In words, how many samples were published, where it is not as many.
    fn difference(&self) -> Option<String> {
        let Counts { train, test } = self.published?;
        let same = (self.train, self.test) == (train, test);
        (!same).then(|| {
            format!(
                "{} training and {} test samples are there, {train} and {test} were published",
                self.train, self.test
            )
        })
    }

    fn in_words(&self) -> String {
        format!(
            "{}: {} training and {} test samples of {} classes\n  samples   {}\n  classes   {}\n  SHA-256   {}",
            self.source,
            self.train,
            self.test,
            self.classes,
            self.shape,
            self.classes_in_words(),
            self.digest
        )
    }

    fn classes_in_words(&self) -> String {
        if self.classes <= TOLD_CLASSES {
            let classes = self.per_class.iter();
            let classes = classes.map(|c| format!("{} {} + {}", c.name, c.train, c.test));
            return classes.collect::<Vec<_>>().join(", ");
        }
        let range = |count: fn(&Class) -> usize| {
            let counts = self.per_class.iter().map(count);
            format!(
                "{} to {}",
                counts.clone().min().unwrap_or(0),
                counts.max().unwrap_or(0)
            )
        };
        format!(
            "{} training and {} test samples each",
            range(|class| class.train),
            range(|class| class.test)
        )
    }
}
