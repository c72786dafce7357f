//! Multilayer perceptrons on digits: the smallest networks, for teaching and for the page.

use std::sync::Arc;

use spindle_kernels::Sequential;
use spindle_run::{experiment::Activation, input::PictureSize, modality::Pictures};

use super::sequential::{self, Frame};
use crate::{Error, network::Network};

/// Pixels along one side of the pictures that it takes.
const SIDE: usize = 28;

/// A perceptron with hidden layers of these widths, which takes grey pictures of 28x28 as they are: none is
/// framed or scaled for it. Players are patches of the picture.
///
/// # Errors
/// Pictures that are not grey, or of another size.
pub(super) fn network(
    title: &'static str,
    hidden: &[usize],
    activation: Activation,
    size: PictureSize,
    classes: usize,
) -> Result<Arc<dyn Network<Pictures>>, Error> {
    if (size.channels, size.side) != (1, Some(SIDE)) {
        let colours = match size.channels {
            1 => "grey",
            _ => "colour",
        };
        let found = match size.side {
            Some(side) => format!("{colours} pictures of {side}x{side}"),
            None => format!("{colours} pictures of any size"),
        };
        return Err(Error::Experiment {
            field: "model",
            value: title.into(),
            allowed: format!("it takes grey pictures of {SIDE}x{SIDE}, and the data are {found}"),
        });
    }
    let mlp = Sequential::mlp(title, SIDE, &[hidden, &[classes]].concat(), activation);
    // There is no frame: what is masked is the picture itself.
    Ok(sequential::network(mlp, Frame::LeftOut))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_pictures_are_an_error_with_a_sentence() {
        let said = |channels, side| {
            let found = network(
                "MLP",
                &[12],
                Activation::Relu,
                PictureSize { channels, side },
                10,
            );
            found.err().map(|error| error.to_string())
        };
        assert_eq!(said(1, Some(28)), None);
        for (channels, side, data) in [
            (1, Some(32), "grey pictures of 32x32"),
            (3, Some(28), "colour pictures of 28x28"),
            (3, None, "colour pictures of any size"),
        ] {
            let expected = format!(
                "model is MLP, which does not fit: \
                 it takes grey pictures of 28x28, and the data are {data}"
            );
            assert_eq!(said(channels, side), Some(expected));
        }
    }
}
