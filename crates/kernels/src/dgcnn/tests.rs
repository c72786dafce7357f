//! What a DGCNN's kernels refuse.

use spindle_run::{
    event::{Tensor, Tensors},
    player::ClusterMasks,
    random::{Distribution, Stream},
};

use super::{DgcnnKernels, parameters};
use crate::{Error, tests::refusal};

fn weights() -> Tensors {
    let tensors = parameters(4)
        .into_iter()
        .zip(0..)
        .map(|(parameter, index)| {
            let mut rng = Stream::Weights.rng(2, index);
            let count = parameter.shape.iter().product();
            let data = Distribution::Uniform(0.1).draw(count, &mut rng);
            let tensor = Tensor {
                shape: parameter.shape,
                data: data.iter().map(|value| value.abs()).collect(),
            };
            (parameter.name, tensor)
        });
    tensors.collect()
}

#[test]
fn weights_that_are_not_all_there_are_refused() {
    let mut few = weights();
    few.remove("bn5.running_var");
    let said = refusal(DgcnnKernels::new(&few));
    assert!(said.contains("bn5.running_var [1024] is missing"), "{said}");
    assert!(refusal(DgcnnKernels::new(&Tensors::new())).contains("linear3.weight"));
    let mut twice = weights();
    let again = twice["bn1.weight"].clone();
    twice.insert("conv1.1.weight".to_owned(), again);
    assert!(DgcnnKernels::new(&twice).is_ok());
}

#[test]
fn clouds_that_do_not_fit_are_refused() -> Result<(), Error> {
    let kernels = DgcnnKernels::new(&weights())?;
    let cloud: Vec<f32> = (0..63).map(|i| (i * i % 17) as f32).collect();
    assert!(refusal(kernels.clouds(&cloud, 19)).contains("19 points"));
    assert!(refusal(kernels.clouds(&cloud, 20)).contains("63 values"));
    assert!(refusal(kernels.clouds(&cloud, 0)).contains("0 points"));
    assert_eq!(kernels.clouds(&cloud, 21)?.len(), 4);
    assert!(kernels.clouds(&[], 21)?.is_empty());
    let (points, _) = cloud.as_chunks::<3>();
    let masks = ClusterMasks::new(&[0, 1], points, &[0; 21]);
    assert_eq!(kernels.masked(&cloud, &masks)?.len(), 4 * 4);
    assert!(refusal(kernels.masked(&cloud[..60], &masks)).is_empty());
    let fewer = ClusterMasks::new(&[0, 1], &points[..20], &[0; 20]);
    assert!(refusal(kernels.masked(&cloud, &fewer)).contains("21 points"));
    Ok(())
}
