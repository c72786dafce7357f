//! What a BERT's kernels refuse, and widths that are not usual.

use spindle_run::{
    event::{Tensor, Tensors},
    input::Tokens,
    player::WordMasks,
    random::{Distribution, Stream},
};

use super::{BertKernels, Size, layout::Layout};
use crate::{Error, Sgd, tests::refusal};

const SMALL: Size = Size {
    layers: 1,
    width: 64,
    heads: 1,
    vocabulary: 120,
    classes: 3,
};

fn weights(size: Size) -> Tensors {
    let layout = Layout::new(size);
    let tensors = layout.parameters.iter().zip(0..).map(|(parameter, index)| {
        let mut rng = Stream::Weights.rng(1, index);
        let count = parameter.shape.iter().product();
        let data = Distribution::Normal(0.1).draw(count, &mut rng);
        let shape = parameter.shape.clone();
        (parameter.name.clone(), Tensor { shape, data })
    });
    tensors.collect()
}

fn kernels(size: Size) -> Result<BertKernels, Error> {
    BertKernels::new("BERT", size, &weights(size), &Tensors::new())
}

fn text(ids: &[u32]) -> Tokens {
    let types = vec![0; ids.len()];
    Tokens::new([(ids, &types[..])].into_iter())
}

#[test]
fn sizes_that_cannot_be_are_refused() {
    let refused = |size: Size, words: &str| {
        let nothing = Tensors::new();
        let text = refusal(BertKernels::new("BERT", size, &nothing, &nothing));
        assert!(text.contains(words), "{text:?} instead of {words:?}");
    };
    refused(
        Size {
            width: 100,
            ..SMALL
        },
        "100 values in 1 heads",
    );
    refused(Size { heads: 4, ..SMALL }, "64 values in 4 heads");
    refused(Size { heads: 0, ..SMALL }, "64 values in 0 heads");
    refused(Size { width: 0, ..SMALL }, "0 values in 1 heads");
    refused(Size { layers: 0, ..SMALL }, "no layers");
    refused(
        Size {
            classes: 0,
            ..SMALL
        },
        "no classes",
    );
}

#[test]
fn texts_that_do_not_fit_are_refused() -> Result<(), Error> {
    let mut bert = kernels(SMALL)?;
    let said = |tokens: &Tokens| refusal(bert.logits(tokens));
    assert!(said(&text(&[1; 513])).contains("513 word pieces"));
    assert!(said(&text(&[])).contains("0 word pieces"));
    assert!(said(&text(&[5, 120])).contains("piece 120"));
    let third = Tokens {
        types: vec![0, 2],
        ..text(&[1, 2])
    };
    assert!(said(&third).contains("kind 2"));
    let short = Tokens {
        ids: vec![1],
        ..text(&[1, 2])
    };
    assert!(said(&short).contains("other arrays"));
    assert_eq!(bert.logits(&text(&[1; 512]))?.len(), 3);
    assert!(bert.logits(&Tokens::default())?.is_empty());
    let sgd = Sgd {
        learning_rate: 0.1,
        momentum: 0.9,
    };
    assert!(refusal(bert.step(&text(&[1, 2]), &[0, 1], sgd)).contains("1 texts with 2 labels"));
    assert!(refusal(bert.step(&text(&[1, 2]), &[3], sgd)).contains("label 3"));
    bert.step(&Tokens::default(), &[], sgd)?;
    assert!(bert.take_losses().is_empty() && bert.momentum().is_empty());
    Ok(())
}

#[test]
fn a_vocabulary_without_masks_is_refused_where_they_are_wanted() -> Result<(), Error> {
    let few = kernels(Size {
        vocabulary: 103,
        ..SMALL
    })?;
    let masks = WordMasks::new(&[0, 1], &[None, Some(0), Some(1)]);
    let said = refusal(few.masked_logits(&text(&[1, 2, 3]), &masks));
    assert!(said.contains("piece 103"), "{said}");
    let logits = kernels(SMALL)?.masked_logits(&text(&[1, 2, 3]), &masks)?;
    assert_eq!(logits.len(), 4 * 3);
    Ok(())
}

/// BERT-Base is as wide: its inner layer has 96 panels.
#[test]
fn a_width_of_768_trains_along_its_gradient() -> Result<(), Error> {
    let mut bert = kernels(Size {
        width: 768,
        heads: 12,
        ..SMALL
    })?;
    let tokens = text(&[7, 103, 5, 119, 0]);
    let sgd = Sgd {
        learning_rate: 1e-3,
        momentum: 0.0,
    };
    let before = bert.weights();
    bert.step(&tokens, &[1], sgd)?;
    let after = bert.weights();
    bert.step(&tokens, &[1], sgd)?;
    let losses = bert.take_losses();
    // To first order the loss falls by the rate times the gradient's square.
    let changes = before
        .iter()
        .zip(&after)
        .flat_map(|((_, before), (_, after))| {
            let pairs = before.data.iter().zip(&after.data);
            pairs.map(|(before, after)| f64::from(before - after).powi(2))
        });
    let expected = changes.sum::<f64>() / sgd.learning_rate;
    let found = f64::from(losses[0] - losses[1]);
    assert!(
        (found / expected - 1.0).abs() < 0.1,
        "{found} instead of {expected}"
    );
    Ok(())
}
