//! What can be wrong with data.

use spindle_run::foreign::cut;

/// An error about data; its text names what failed, where, and what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A data file is not there or cannot be read.
    #[error("cannot read {path}: {source}. {hint}")]
    Read {
        /// The file.
        path: String,
        /// What the operating system said.
        source: std::io::Error,
        /// What to do.
        hint: String,
    },
    /// A data file is not what its name says.
    #[error("{file} is not a valid IDX file: {}", cut(.reason))]
    Idx {
        /// The file.
        file: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A data file, or a line of it, is not what it should be.
    #[error("{file} cannot be used: {}", cut(.reason))]
    File {
        /// The file.
        file: String,
        /// What is wrong with it, and where.
        reason: String,
    },
    /// A folder holds something else than the data set's files.
    #[error(
        "{folder} is not in the layout that is known: {problem}. {expected}. Found there: {found}"
    )]
    Layout {
        /// The folder.
        folder: String,
        /// What is wrong with it.
        problem: String,
        /// The layout, and where people get the files.
        expected: String,
        /// What is there.
        found: String,
    },
    /// The data set cannot serve the experiment.
    #[error("the data set does not fit: {}", cut(.0))]
    Data(String),
    /// A file that someone brings is not what it should be; the caller names the file.
    #[error("{}", cut(.0))]
    Brought(String),
    /// A parameter of the experiment is not possible with this data set or network.
    #[error("{field} is {value}, which does not fit: {allowed}")]
    Experiment {
        /// Which parameter.
        field: &'static str,
        /// Its value.
        value: String,
        /// What is possible.
        allowed: String,
    },
    /// Players that cannot be.
    #[error(transparent)]
    Run(#[from] spindle_run::Error),
    /// A number of players that cannot be.
    #[error(transparent)]
    Interactions(#[from] spindle_interactions::Error),
}

/// The error for a position beyond some samples.
pub(super) fn no_sample(what: &str, position: usize, count: usize) -> Error {
    Error::Data(format!("there is no {what} {position} among {count}"))
}

/// The error for players that cannot be.
pub(super) fn wrong_players(value: String, allowed: String) -> Error {
    Error::Experiment {
        field: "players",
        value,
        allowed,
    }
}

/// Checks players that are numbers of what the sample at `position` has `count` of.
pub(super) fn numbered(
    position: usize,
    what: &str,
    players: &[usize],
    count: usize,
) -> Result<(), Error> {
    for (index, player) in players.iter().enumerate() {
        if *player >= count {
            let last = count.saturating_sub(1);
            let allowed = format!("sample {position} has {what} 0 to {last}");
            return Err(wrong_players(player.to_string(), allowed));
        }
        if players[..index].contains(player) {
            let allowed = "every player is given once".to_owned();
            return Err(wrong_players(format!("{player} twice"), allowed));
        }
    }
    Ok(())
}
