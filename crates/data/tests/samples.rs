//! Measured samples: the same seed draws the same ones to the bit, and they travel in messages.

mod layouts;

use std::path::Path;

use serde_bytes::ByteBuf;
use sha2::{Digest, Sha256};
use spindle_data::{
    AnyData, Data, DataKind, EncodedSample, Error, Labelled, MeasuredSample, TrainingSet, load,
    measured_samples, test_samples,
};
use spindle_run::{
    Experiment,
    each::Each,
    experiment::{Dataset, Placement},
    input::{FeatureMap, PictureShape},
    modality::{Clouds, NetworkShape, Pictures, Texts},
    record::Players,
};

/// What of a sample goes into a fingerprint, beside its record.
trait Fingerprint: DataKind {
    fn update(sample: &MeasuredSample<Self>, masked: Self::MaskShape, hash: &mut Sha256);
}

fn floats(hash: &mut Sha256, values: &[f32]) {
    values.iter().for_each(|x| hash.update(x.to_le_bytes()));
}

impl Fingerprint for Pictures {
    fn update(sample: &MeasuredSample<Self>, map: FeatureMap, hash: &mut Sha256) {
        let picture = sample.content();
        hash.update([picture.side as u8, picture.channels as u8]);
        hash.update(&picture.pixels);
        floats(hash, sample.input());
        let masks = sample.masks(map);
        let owners = masks.owners().iter();
        owners.for_each(|owner| hash.update(owner.to_le_bytes()));
    }
}

impl Fingerprint for Texts {
    fn update(sample: &MeasuredSample<Self>, (): (), hash: &mut Sha256) {
        hash.update(serde_json::to_vec(sample.content()).unwrap());
        let (tokens, masks) = (sample.input(), sample.masks(()));
        hash.update(format!("{tokens:?}"));
        hash.update(format!("{:?}", masks.apply(tokens, 0..masks.count())));
    }
}

impl Fingerprint for Clouds {
    fn update(sample: &MeasuredSample<Self>, (): (), hash: &mut Sha256) {
        let (points, masks) = (&sample.input().values, sample.masks(()));
        floats(hash, sample.content().points.as_flattened());
        hash.update(&sample.content().clusters);
        floats(hash, points);
        floats(hash, &masks.apply(points, 0..masks.count()));
    }
}

/// Of all that is drawn from a data set.
fn fingerprint<M: Fingerprint>(
    experiment: &Experiment,
    data: &Data<M>,
    network: NetworkShape<M>,
) -> String {
    let about = data.about();
    let set = TrainingSet::draw(experiment, about).unwrap();
    let mut hash = Sha256::new();
    hash.update(data.digest());
    hash.update(format!("{:?} {:?}", about.classes, about.source));
    hash.update(format!("{:.9}", about.test.entropy()));
    for index in 0..set.len() {
        let (position, label, reset) = (set.position(index), set.label(index), set.is_reset());
        hash.update(format!("{position} {label} {}", reset[index]));
    }
    hash.update(format!("{:?}", set.order(3, 2)));
    hash.update(format!(
        "{:?}",
        data.unmeasured(experiment.measurement.players)
    ));
    let measured = measured_samples(experiment, data, &set, network).unwrap();
    let first = measured[0].record();
    let again = test_samples(experiment, data, &[first.position], &first.players, network);
    for sample in measured.iter().chain(&again.unwrap()) {
        hash.update(serde_json::to_vec(sample.record()).unwrap());
        M::update(sample, network.masked, &mut hash);
    }
    let bytes = hash.finalize();
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn experiment(data: Dataset) -> Experiment {
    {
        let mut e = Experiment::default();
        e.training.data = data;
        e.measurement.samples = 6;
        e.measurement.train_samples = 4;
        e.measurement.mislabelled_samples = 2;
        e.training.label_noise = 0.2;
        e.measurement.players = 4;
        e.training.points = 64;
        e.training.seed = 5;
        e
    }
}

/// A data set that was written into a folder.
fn written(data: Dataset, write: impl FnOnce(&Path)) -> (Experiment, AnyData) {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path());
    let experiment = {
        let mut e = experiment(data);
        e.training.data_dir = Some(folder.path().display().to_string());
        e
    };
    let loaded = load(&experiment).unwrap();
    (experiment, loaded)
}

/// A network for samples that decide its shape.
fn network<M, S>(data: &Data<M>) -> NetworkShape<M>
where
    M: DataKind<Size = S, Shape = S, MaskShape = ()>,
{
    NetworkShape {
        input: M::size(data.train.samples()),
        masked: (),
    }
}

/// A network that takes and masks pictures of these sides.
fn pictures(
    channels: usize,
    side: usize,
    masked: usize,
    is_framed: bool,
) -> NetworkShape<Pictures> {
    NetworkShape {
        input: PictureShape { channels, side },
        masked: FeatureMap {
            side: masked,
            is_framed,
        },
    }
}

fn texts(data: AnyData) -> Data<Texts> {
    match data {
        Each::Texts(data) => data,
        other => unreachable!("{} instead of texts", other.kind().name()),
    }
}

fn clouds(data: AnyData) -> Data<Clouds> {
    match data {
        Each::Clouds(data) => data,
        other => unreachable!("{} instead of clouds", other.kind().name()),
    }
}

/// Pictures are drawn, framed and laid out as ever.
#[test]
fn pictures_of_a_seed_stay_the_same() -> Result<(), Error> {
    let mnist = spindle_data::mnist::embedded()?;
    let shared = experiment(Dataset::Mnist);
    let own = {
        let mut e = shared.clone();
        e.measurement.placement = Placement::PerSample;
        e
    };
    let few = {
        let mut e = shared.clone();
        e.training.train_size = Some(500);
        e
    };
    let lenet = pictures(1, 32, 28, false);
    assert_eq!(
        [
            fingerprint(&shared, &mnist, lenet),
            fingerprint(&own, &mnist, lenet),
            fingerprint(&few, &mnist, pictures(1, 32, 32, true)),
        ],
        [
            "4173310dd303aa8aee0f4dc1ae461535b747c4aea473053b3270f78b14c8c8c2",
            "11495db672d4c9790d98d69c9b732d0ea3f4cbd7cda10d4b21cd4d6c02c84c14",
            "5306da24cd8a87d474171c576182ff5c4637aceb420619e8867e755e376f72dc",
        ]
    );
    let (experiment, data) = written(Dataset::Cifar10, |folder| layouts::cifar10(folder, 4));
    let Each::Pictures(data) = data else {
        unreachable!("CIFAR-10 holds pictures");
    };
    assert_eq!(
        fingerprint(&experiment, &data, pictures(3, 32, 28, false)),
        "ea31407576ce51fcda208ed91639eab724c549880baca1559f90f02cc56b1f92"
    );
    Ok(())
}

#[test]
fn texts_of_a_seed_stay_the_same() {
    let of = |data, write: fn(&Path)| {
        let (experiment, data) = written(data, write);
        let data = texts(data);
        fingerprint(&experiment, &data, network(&data))
    };
    assert_eq!(
        [
            of(Dataset::Sst2, |folder| layouts::sst2(folder, 10)),
            of(Dataset::Mnli, |folder| layouts::mnli(folder, 9)),
        ],
        [
            "2ea5557863f9adf6a3068fac8b693a1a456332340e585003c9f7f9508f7e4ab0",
            "ce506e18208de28ce4bfb702964728f2c9e852809d98f0b171a0f641bfae46b0",
        ]
    );
}

#[test]
fn clouds_of_a_seed_stay_the_same() {
    let write = |folder: &Path| layouts::shapenet(folder, 5, 70);
    let (experiment, data) = written(Dataset::ShapeNet, write);
    let data = clouds(data);
    assert_eq!(
        fingerprint(&experiment, &data, network(&data)),
        "8866492b9042e888bd899ded44df2dd8bc4697e78022737e4d52bd2802ce93a1"
    );
}

/// Sends samples as a message and takes them out of it again.
fn travelled<M: DataKind>(
    experiment: &Experiment,
    data: &Data<M>,
    network: NetworkShape<M>,
) -> Result<MeasuredSample<M>, Error> {
    let set = TrainingSet::draw(experiment, data.about())?;
    let samples = measured_samples(experiment, data, &set, network)?;
    for sample in &samples {
        let message = serde_json::to_string(&sample.encode()?).unwrap();
        let encoded: EncodedSample = serde_json::from_str(&message).unwrap();
        let came = MeasuredSample::decode(encoded, network.input)?;
        assert_eq!(came, *sample);
        assert_eq!(came.masks(network.masked), sample.masks(network.masked));
    }
    Ok(samples[0].clone())
}

/// What is said of a message that was changed on its way.
fn refusal<M: DataKind>(
    sample: &MeasuredSample<M>,
    shape: M::Shape,
    change: impl FnOnce(&mut EncodedSample),
) -> String {
    let mut encoded = sample.encode().unwrap();
    change(&mut encoded);
    let came = MeasuredSample::<M>::decode(encoded, shape);
    came.unwrap_err().to_string()
}

#[test]
fn pictures_travel_in_messages() -> Result<(), Error> {
    let mnist = spindle_data::mnist::embedded()?;
    let experiment = experiment(Dataset::Mnist);
    travelled(&experiment, &mnist, pictures(1, 32, 32, true))?;
    let lenet = pictures(1, 32, 28, false);
    let sample = travelled(&experiment, &mnist, lenet)?;
    let Each::Pictures(encoded) = sample.encode()?.sample else {
        unreachable!("a picture is encoded as one");
    };
    assert_eq!([encoded.pixels.len(), encoded.input.len()], [784, 1024]);
    // A picture alone is enough where it is not scaled for people.
    let (record, picture) = (sample.record().clone(), sample.content().clone());
    let drawn = MeasuredSample::of_picture(record.clone(), picture.clone(), lenet.input)?;
    assert_eq!(drawn, sample);
    let mut torn = picture;
    torn.pixels.pop();
    let torn = MeasuredSample::of_picture(record, torn, lenet.input);
    assert!(torn.is_err_and(|error| error.to_string().contains("783 pixels")));

    let refusal = |change: fn(&mut EncodedSample)| refusal(&sample, lenet.input, change);
    let said = refusal(|sample| {
        if let Each::Pictures(picture) = &mut sample.sample {
            picture.input.pop();
        }
    });
    assert!(
        said.contains("1023 pixels are not a picture of 32x32"),
        "{said}"
    );
    let said = refusal(|sample| {
        if let Each::Pictures(picture) = &mut sample.sample {
            picture.side = usize::MAX;
        }
    });
    assert!(said.contains("784 pixels are not a picture"), "{said}");
    let said = refusal(|sample| sample.record.players = Players::Patches(vec![[1, 8], [2, 2]]));
    assert!(said.contains("[1, 8]"), "{said}");
    let said = refusal(|sample| sample.record.players = Players::Words { words: vec![0, 1] });
    assert!(said.contains("pictures have patches"), "{said}");
    Ok(())
}

#[test]
fn texts_travel_in_messages() -> Result<(), Error> {
    let (experiment, data) = written(Dataset::Mnli, |folder| layouts::mnli(folder, 9));
    let data = texts(data);
    let network = network(&data);
    let sample = travelled(&experiment, &data, network)?;
    let refused = |change: fn(&mut EncodedSample), words: &str| {
        let said = refusal(&sample, network.input, change);
        assert!(said.contains(words), "{words:?} is missing in: {said}");
    };
    refused(
        |sample| {
            if let Each::Texts(text) = &mut sample.sample {
                text.ids[3] = 255;
            }
        },
        "for a network of a vocabulary of",
    );
    refused(
        |sample| {
            if let Each::Texts(text) = &mut sample.sample {
                text.types.pop();
            }
        },
        "numbers of words",
    );
    refused(
        |sample| {
            if let Each::Texts(text) = &mut sample.sample {
                text.words[4..8].copy_from_slice(&[255; 4]);
            }
        },
        "part of a text",
    );
    refused(
        |sample| {
            if let Each::Texts(text) = &mut sample.sample {
                let pieces = text.word_of_piece.len();
                text.word_of_piece = ByteBuf::from(vec![255; pieces]);
            }
        },
        "that were not cut off",
    );
    refused(
        |sample| sample.record.players = Players::Words { words: vec![0, 99] },
        "players is 99",
    );
    Ok(())
}

#[test]
fn clouds_travel_in_messages() -> Result<(), Error> {
    let write = |folder: &Path| layouts::shapenet(folder, 5, 70);
    let (experiment, data) = written(Dataset::ShapeNet, write);
    let data = clouds(data);
    let network = network(&data);
    let sample = travelled(&experiment, &data, network)?;
    let refused = |change: fn(&mut EncodedSample), words: &str| {
        let said = refusal(&sample, network.input, change);
        assert!(said.contains(words), "{words:?} is missing in: {said}");
    };
    refused(
        |sample| {
            if let Each::Clouds(cloud) = &mut sample.sample {
                cloud.points.truncate(63 * 12);
            }
        },
        "a network that takes 64 points",
    );
    refused(
        |sample| {
            if let Each::Clouds(cloud) = &mut sample.sample {
                cloud.points.pop();
            }
        },
        "not whole numbers of 4",
    );
    refused(
        |sample| {
            if let Each::Clouds(cloud) = &mut sample.sample {
                cloud.points[..4].copy_from_slice(&f32::NAN.to_le_bytes());
            }
        },
        "no numbers",
    );
    // Samples of another kind do not come in.
    let mnist = spindle_data::mnist::embedded()?;
    let set = TrainingSet::draw(&experiment, mnist.about())?;
    let samples = measured_samples(&experiment, &mnist, &set, pictures(1, 32, 28, false))?;
    let digit = samples[0].encode()?;
    let came = MeasuredSample::<Clouds>::decode(digit, network.input);
    let said = came.unwrap_err().to_string();
    assert!(said.contains("a sample of pictures came"), "{said}");
    Ok(())
}

/// A word that was cut off has no piece that could be masked.
#[test]
fn words_that_were_cut_off_are_no_players() -> Result<(), Error> {
    let (experiment, data) = written(Dataset::Sst2, |folder| {
        layouts::sst2(folder, 2);
        let long = vec!["film"; 200].join(" ");
        let text = format!("sentence\tlabel\n{long}\t1\n");
        layouts::write(folder, "dev.tsv", text);
    });
    let data = texts(data);
    let of = |words| {
        let players = Players::Words { words };
        test_samples(&experiment, &data, &[0], &players, network(&data))
    };
    assert_eq!(of(vec![0, 125])?.len(), 1);
    let said = of(vec![0, 150]).unwrap_err().to_string();
    assert!(
        said.contains("players is 150") && said.contains("not cut off"),
        "{said}"
    );
    Ok(())
}
