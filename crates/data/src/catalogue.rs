//! What every data set needs, where people get it, what its publishers counted, and what loads it:
//! one row each.

use spindle_run::{Experiment, experiment::Dataset};

use crate::{
    AnyData, Error,
    entry::{Layout, OWN_LAYOUTS},
    mnist, solids,
};
#[cfg(feature = "files")]
use crate::{ag_news, cifar, cub, folder::Folder, mnli, own, shapenet, sst2, tiny_imagenet};

/// The loader of a data set from the files that the experiment names.
#[cfg(feature = "files")]
macro_rules! from_files {
    ($load:expr) => {
        |entry, experiment| {
            let folder = Folder::of(entry, experiment)?;
            Ok($load(experiment, &folder)?.into())
        }
    };
}

/// The loader of a data set that this build has no code for.
#[cfg(not(feature = "files"))]
macro_rules! from_files {
    ($load:expr) => {
        |_, experiment| Err(crate::entry::not_in_this_build(experiment.training.data))
    };
}

pub use crate::entry::Entry;

/// All data sets, as [`Dataset::ALL`] has them.
pub static CATALOGUE: [Entry; Dataset::ALL.len()] = [
    Entry {
        data: Dataset::Mnist,
        name: "mnist",
        needs: mnist::NEEDS,
        from: mnist::FROM,
        licence: "CC BY-SA 3.0",
        built_in: Some("6,000 training and 1,000 test digits, used without --data-dir"),
        published: Some([60_000, 10_000]),
        archives: &["MNIST/raw", "raw"],
        layout: Layout::Gzipped(&[
            "train-images-idx3-ubyte",
            "train-labels-idx1-ubyte",
            "t10k-images-idx3-ubyte",
            "t10k-labels-idx1-ubyte",
        ]),
        load: |entry, experiment| Ok(mnist::load(entry, experiment)?.into()),
    },
    Entry {
        data: Dataset::Cifar10,
        name: "cifar-10",
        needs: "data_batch_1.bin to data_batch_5.bin and test_batch.bin (the binary version), batches.meta.txt if its names of classes are wanted; or their folder cifar-10-batches-bin",
        from: "https://www.cs.toronto.edu/~kriz/cifar.html, \"CIFAR-10 binary version\"",
        licence: "none stated; the authors ask to cite Krizhevsky 2009",
        built_in: None,
        published: Some([50_000, 10_000]),
        archives: &["cifar-10-batches-bin"],
        layout: Layout::Files(&[
            "data_batch_1.bin",
            "data_batch_2.bin",
            "data_batch_3.bin",
            "data_batch_4.bin",
            "data_batch_5.bin",
            "test_batch.bin",
        ]),
        load: from_files!(cifar::load),
    },
    Entry {
        data: Dataset::Cub,
        name: "cub-200-2011",
        needs: "images.txt, image_class_labels.txt, train_test_split.txt, bounding_boxes.txt, classes.txt and the folder images; or their folder CUB_200_2011",
        from: "https://www.vision.caltech.edu/datasets/cub_200_2011/",
        licence: "none in its archive; the authors ask to cite Wah et al. 2011, and the pictures belong to their photographers",
        built_in: None,
        published: Some([5_994, 5_794]),
        archives: &["CUB_200_2011"],
        layout: Layout::Files(&[
            "images.txt",
            "image_class_labels.txt",
            "train_test_split.txt",
            "bounding_boxes.txt",
            "classes.txt",
            "images",
        ]),
        load: from_files!(cub::load),
    },
    Entry {
        data: Dataset::TinyImagenet,
        name: "tiny-imagenet",
        needs: "wnids.txt, words.txt, train/<wnid>/images, val/val_annotations.txt and val/images; or their folder tiny-imagenet-200. Every 4th class is used, 50 of 200; the test set is val, whose labels are published",
        from: "http://cs231n.stanford.edu/tiny-imagenet-200.zip",
        licence: "ImageNet's terms: research and education, not for commerce",
        built_in: None,
        published: Some([25_000, 2_500]),
        archives: &["tiny-imagenet-200"],
        layout: Layout::Files(&[
            "wnids.txt",
            "words.txt",
            "train",
            "val/val_annotations.txt",
            "val/images",
        ]),
        load: from_files!(tiny_imagenet::load),
    },
    Entry {
        data: Dataset::Sst2,
        name: "sst-2",
        needs: "train.tsv and dev.tsv (header \"sentence\", \"label\"), or their folder SST-2; and BERT's vocab.txt",
        from: "https://gluebenchmark.com/tasks, \"The Stanford Sentiment Treebank\"; vocab.txt with any uncased BERT",
        licence: "none stated; the authors ask to cite Socher et al. 2013",
        built_in: None,
        published: Some([67_349, 872]),
        archives: &["SST-2"],
        layout: Layout::Files(&["train.tsv", "dev.tsv"]),
        load: from_files!(sst2::load),
    },
    Entry {
        data: Dataset::AgNews,
        name: "ag-news",
        needs: "train.csv and test.csv (class 1 to 4, title, description), or their folder ag_news_csv; and BERT's vocab.txt",
        from: "the files of Zhang, Zhao and LeCun 2015, ag_news_csv; vocab.txt with any uncased BERT",
        licence: "research and other uses that are not commercial (AG's corpus of news articles)",
        built_in: None,
        published: Some([120_000, 7_600]),
        archives: &["ag_news_csv"],
        layout: Layout::Files(&["train.csv", "test.csv"]),
        load: from_files!(ag_news::load),
    },
    Entry {
        data: Dataset::Mnli,
        name: "mnli",
        needs: "train.tsv and dev_matched.tsv (columns sentence1, sentence2, gold_label), or their folder MNLI; and BERT's vocab.txt",
        from: "https://gluebenchmark.com/tasks, \"MultiNLI Matched\"; vocab.txt with any uncased BERT",
        licence: "OANC's for most texts; CC BY 3.0, CC BY-SA 3.0 and public domain for fiction (Williams et al. 2018)",
        built_in: None,
        published: Some([392_702, 9_815]),
        archives: &["MNLI"],
        layout: Layout::Files(&["train.tsv", "dev_matched.tsv"]),
        load: from_files!(mnli::load),
    },
    Entry {
        data: Dataset::ShapeNet,
        name: "shapenet",
        needs: "synsetoffset2category.txt, train_test_split/shuffled_{train,val,test}_file_list.json and <synset>/<name>.txt; or their folder shapenetcore_partanno_segmentation_benchmark_v0_normal",
        from: "ShapeNet's parts benchmark with normals, https://shapenet.org (an account is needed)",
        licence: "ShapeNet's terms: research and education, not for commerce",
        built_in: None,
        published: Some([14_007, 2_874]),
        archives: &["shapenetcore_partanno_segmentation_benchmark_v0_normal"],
        layout: Layout::Files(&[
            "synsetoffset2category.txt",
            "train_test_split/shuffled_train_file_list.json",
            "train_test_split/shuffled_val_file_list.json",
            "train_test_split/shuffled_test_file_list.json",
        ]),
        load: from_files!(shapenet::load),
    },
    Entry {
        data: Dataset::Solids,
        name: "solids",
        needs: "nothing: made from the seed",
        from: "Spindle itself",
        licence: "Spindle's own",
        built_in: Some("1,600 training and 400 test clouds"),
        published: Some([1_600, 400]),
        archives: &[],
        layout: Layout::Made,
        load: |_, experiment| Ok(solids::load(experiment)?.into()),
    },
    Entry {
        data: Dataset::Own,
        name: "own",
        needs: "one of: train.safetensors and test.safetensors with x and y; train.npz and test.npz with x and y; folders train/<class> and test/<class> of pictures; train.tsv and test.tsv with the header \"text\", \"label\", and BERT's vocab.txt",
        from: "your own",
        licence: "your own",
        built_in: None,
        published: None,
        archives: &[],
        layout: Layout::Pairs(&OWN_LAYOUTS),
        load: from_files!(own::load),
    },
];

/// The rows are in the order of the data sets, each in its place.
const _: () = {
    let mut row = 0;
    while row < CATALOGUE.len() {
        assert!(CATALOGUE[row].data as usize == row);
        row += 1;
    }
};

/// What is known of a data set.
#[must_use]
pub fn entry(data: Dataset) -> &'static Entry {
    &CATALOGUE[data as usize]
}

/// The experiment's data set, from the files that it names, or what needs no files: the embedded
/// subset of MNIST, solids.
///
/// # Errors
/// Files that are missing, foreign, truncated or in disagreement; each error names the file and
/// what is needed.
pub fn load(experiment: &Experiment) -> Result<AnyData, Error> {
    let entry = entry(experiment.training.data);
    (entry.load)(entry, experiment)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_data_set_is_in_the_table_by_its_name() -> Result<(), Box<dyn std::error::Error>> {
        for entry in &CATALOGUE {
            assert_eq!(serde_json::to_value(entry.data)?, entry.name);
            assert_eq!(super::entry(entry.data).name, entry.name);
        }
        // What is refused is told with all names that there are.
        let refusal = serde_json::from_str::<Dataset>("\"\"").map_err(|error| error.to_string());
        let names = refusal.err().unwrap_or_default();
        let names: Vec<_> = names.split('`').skip(3).step_by(2).collect();
        let rows: Vec<_> = CATALOGUE.iter().map(|entry| entry.name).collect();
        assert_eq!(names, rows);
        Ok(())
    }
}
