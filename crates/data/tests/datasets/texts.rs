//! Data sets of texts.

use std::fs;

use proptest::prelude::*;
use spindle_data::{
    Data, Error, Labelled, Split,
    texts::{MAX_PIECES, Text},
};
use spindle_run::{each::Each, experiment::Dataset, modality::Texts};

use crate::{
    Written, labels,
    layouts::{self, write},
    written,
};

impl Written {
    /// Loads what must be texts.
    fn texts(&self) -> Result<Data<Texts>, Error> {
        match self.load()? {
            Each::Texts(data) => Ok(data),
            other => unreachable!("{} instead of texts", other.kind().name()),
        }
    }
}

fn texts(split: &Split<Texts>) -> &[Text] {
    &split.samples().texts
}

/// The words of a text, as they are written.
fn words(text: &Text) -> Vec<&str> {
    let words = text.content.words.iter();
    words
        .map(|&[start, end]| &text.content.text[start..end])
        .collect()
}

#[test]
fn sentences_become_word_pieces_with_their_words() -> Result<(), Error> {
    let written = written(Dataset::Sst2, |folder| {
        layouts::sst2(folder, 1);
        write(
            folder,
            "dev.tsv",
            "sentence\tlabel\nUnwatchable, Ca\u{301}f\u{e9} \"great\"! \t0\r\n",
        );
    });
    let data = written.texts()?;
    let text = &texts(&data.test)[0];
    assert_eq!(
        text.content.text,
        "Unwatchable, Ca\u{301}f\u{e9} \"great\"!"
    );
    assert_eq!(words(text)[..2], ["Unwatchable", ","]);
    assert_eq!(words(text)[3..], ["\"", "great", "\"", "!"]);
    assert!(words(text)[2].starts_with("Ca") && words(text)[2].ends_with('\u{e9}'));
    // [CLS] un ##watch ##able , c ##a ##f ##e " great " ! [SEP]
    let numbers = [0, 0, 0, 1, 2, 2, 2, 2, 3, 4, 5, 6].map(Some);
    assert_eq!(text.words, [&[None], &numbers[..], &[None]].concat());
    assert_eq!((text.ids[0], text.ids.last()), (101, Some(&102)));
    let pieces = fs::read_to_string(written.path().join("vocab.txt")).unwrap();
    let pieces: Vec<_> = pieces.lines().collect();
    let found: Vec<_> = text.ids.iter().map(|&id| pieces[id as usize]).collect();
    assert_eq!(
        found,
        [
            "[CLS]", "un", "##watch", "##able", ",", "c", "##a", "##f", "##e", "\"", "great", "\"",
            "!", "[SEP]"
        ]
    );
    assert_eq!(data.classes, ["negative", "positive"]);
    assert!(
        texts(&data.train)
            .iter()
            .all(|text| text.candidates().len() >= 12)
    );
    Ok(())
}

#[test]
fn special_pieces_in_a_text_are_words() -> Result<(), Error> {
    let written = written(Dataset::Sst2, |folder| {
        layouts::sst2(folder, 1);
        write(folder, "dev.tsv", "sentence\tlabel\na [MASK] film\t0\n");
    });
    let data = written.texts()?;
    let text = &texts(&data.test)[0];
    assert_eq!(words(text), ["a", "[", "MASK", "]", "film"]);
    assert!(!text.ids.contains(&103));
    Ok(())
}

#[test]
fn broken_lines_are_named_and_empty_sentences_counted() {
    let written = written(Dataset::Sst2, |folder| layouts::sst2(folder, 2));
    written.append("train.tsv", " \t1\n\u{200b}\t0\nthe film\t1\n");
    let data = written.texts().unwrap();
    assert_eq!(data.train.len(), 5);
    assert!(data.warnings[0].contains("left out 2") && data.warnings[0].contains("lines 6, 7"));
    written.append("train.tsv", "the story\tgood\nno label\n");
    written.refused_for(&["train.tsv", "line 9", "label \"good\" has no class"]);
    let data = written.skipping();
    assert_eq!(data.about().train.len(), 5);
    let warnings = data.about().warnings.join(" ");
    assert!(warnings.contains("left out 2 samples") && warnings.contains("it has 1 columns"));
    write(
        written.path(),
        "train.tsv",
        b"sentence\tlabel\n\xff\xfe\t1\n",
    );
    written.refused_for(&["line 2", "not in UTF-8"]);
    write(written.path(), "train.tsv", "text\tlabel\na\t1\n");
    written.refused_for(&["no column \"sentence\"", "[\"text\", \"label\"]"]);
}

#[test]
fn vocabularies_must_be_of_uncased_bert() {
    let mut written = written(Dataset::Sst2, |folder| layouts::sst2(folder, 2));
    let vocabulary = fs::read_to_string(written.path().join("vocab.txt")).unwrap();
    write(
        written.path(),
        "vocab.txt",
        vocabulary.replace("[MASK]\n", ""),
    );
    written.refused_for(&["vocab.txt", "[MASK] is not in it", "number 103"]);
    write(written.path(), "vocab.txt", format!("one\n{vocabulary}"));
    written.refused_for(&["[PAD] is number 1", "number 0"]);
    fs::remove_file(written.path().join("vocab.txt")).unwrap();
    written.refused_for(&["vocab.txt", "--vocabulary", "uncased BERT"]);
    write(written.path(), "elsewhere/pieces.txt", vocabulary);
    let elsewhere = written.path().join("elsewhere/pieces.txt");
    written.experiment.training.vocabulary = Some(elsewhere.display().to_string());
    assert_eq!(written.texts().unwrap().train.len(), 4);
}

#[test]
fn news_are_a_title_and_a_description_with_or_without_a_header() -> Result<(), Error> {
    let written = written(Dataset::AgNews, |folder| layouts::ag_news(folder, 1));
    let data = written.texts()?;
    assert_eq!(data.classes, ["World", "Sports", "Business", "Sci/Tech"]);
    assert_eq!(labels(data.train.labels()), [0, 1, 2, 3]);
    let text = &texts(&data.train)[2].content.text;
    assert!(text.starts_with("The \"story\", a letter The "), "{text}");
    let plain = fs::read_to_string(written.path().join("train.csv")).unwrap();
    write(
        written.path(),
        "train.csv",
        format!("Class Index,Title,Description\n{plain}"),
    );
    assert_eq!(data.digest(), written.texts()?.digest());
    written.append("train.csv", "\"5\",\"a\",\"b\"\n");
    written.refused_for(&["train.csv", "line 6", "class \"5\" is not one of 1 to 4"]);
    Ok(())
}

#[test]
fn pairs_have_two_parts_and_those_without_label_are_left_out() -> Result<(), Error> {
    let written = written(Dataset::Mnli, |folder| layouts::mnli(folder, 2));
    let data = written.texts()?;
    assert_eq!(data.warnings.len(), 2);
    assert!(data.warnings[0].contains("left out 1") && data.warnings[0].contains("no label"));
    assert_eq!(labels(data.test.labels()), [0, 1, 2, 0, 1, 2]);
    let text = &texts(&data.train)[0];
    let (first, second) = text.content.text.split_once('\n').unwrap();
    assert!(first.starts_with("The ") && second.starts_with("The "));
    let ends: Vec<_> = (0..text.ids.len())
        .filter(|&i| text.ids[i] == 102)
        .collect();
    assert_eq!(ends[1], text.ids.len() - 1);
    let types = [vec![0; ends[0] + 1], vec![1; ends[1] - ends[0]]].concat();
    assert_eq!(text.types, types);
    let seconds = words(text).iter().filter(|word| **word == "The").count();
    assert_eq!(seconds, 2);
    assert_eq!(
        text.words[ends[0] + 1],
        Some(text.words[ends[0] - 1].unwrap() + 1)
    );
    Ok(())
}

#[test]
fn long_texts_are_cut_and_of_pairs_the_longer_part_first() -> Result<(), Error> {
    let many = |count: usize| vec!["film"; count].join(" ");
    let long = written(Dataset::Sst2, |folder| {
        layouts::sst2(folder, 1);
        write(
            folder,
            "dev.tsv",
            format!("sentence\tlabel\n{}\t1\n", many(200)),
        );
    });
    let data = long.texts()?;
    let text = &texts(&data.test)[0];
    assert_eq!((text.ids.len(), words(text).len()), (MAX_PIECES, 200));
    assert_eq!(text.candidates().len(), MAX_PIECES - 2);
    let pair = written(Dataset::Mnli, |folder| {
        layouts::mnli(folder, 1);
        let (short, long) = (many(10), many(300));
        write(
            folder,
            "dev_matched.tsv",
            format!(
                "sentence1\tsentence2\tgold_label\n{long}\t{short}\tneutral\n{long}\t{long}\tneutral\n"
            ),
        );
    });
    let data = pair.texts()?;
    let of_second = |position: usize| {
        let text = &texts(&data.test)[position];
        assert_eq!(text.ids.len(), MAX_PIECES);
        text.types.iter().filter(|part| **part == 1).count()
    };
    assert_eq!([of_second(0), of_second(1)], [11, 63]);
    Ok(())
}

#[test]
fn own_labels_are_sorted_words_that_training_decides() -> Result<(), Error> {
    let written = written(Dataset::Own, |folder| layouts::own_texts(folder, 2));
    let data = written.texts()?;
    assert_eq!(data.classes, ["busy", "cheerful", "weary"]);
    assert_eq!(labels(data.train.labels()), [2, 1, 0, 2, 1, 0]);
    written.append("test.tsv", "the film\tsleepy\n");
    written.refused_for(&["test.tsv", "line 8", "label \"sleepy\" is not among"]);
    assert_eq!(written.skipping().about().test.len(), 6);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever people write: pieces and words agree, and nothing panics.
    #[test]
    fn words_cover_all_pieces_of_any_text(sentence in "[^\t\n\r]{0,60}") {
        let written = written(Dataset::Sst2, |folder| {
            layouts::sst2(folder, 1);
            write(folder, "dev.tsv", format!("sentence\tlabel\n{sentence}\t1\n"));
        });
        for text in texts(&written.texts().unwrap().test) {
            let mut end = 0;
            for &[start, next] in &text.content.words {
                prop_assert!(end <= start && start < next);
                prop_assert!(text.content.text.get(start..next).is_some());
                end = next;
            }
            let inner: Option<Vec<usize>> = text.words[1..text.words.len() - 1].iter().copied().collect();
            let inner = inner.unwrap();
            prop_assert!(inner.is_sorted());
            // Every word has a piece, and every piece a word.
            let mut numbers = inner;
            numbers.dedup();
            prop_assert_eq!(numbers, (0..text.content.words.len()).collect::<Vec<_>>());
        }
    }
}

/// Texts of one's own in both files.
fn own(train: impl AsRef<[u8]>) -> Written {
    written(Dataset::Own, |folder| {
        layouts::own_texts(folder, 1);
        write(folder, "train.tsv", train.as_ref());
        write(folder, "test.tsv", train);
    })
}

#[test]
fn labels_that_are_numbers_are_in_the_order_of_numbers() -> Result<(), Error> {
    let lines = (0..12).map(|label| format!("the film\t{label}\n"));
    let data = own(format!("text\tlabel\n{}", lines.collect::<String>())).texts()?;
    assert_eq!(labels(data.train.labels()), (0..12).collect::<Vec<_>>());
    assert_eq!(data.classes[10], "10");
    let data = own("text\tlabel\nfilm\t-1\nfilm\t2.5\nfilm\t10\n").texts()?;
    assert_eq!(data.classes, ["-1", "2.5", "10"]);
    let data = own("text\tlabel\nfilm\t2\nfilm\t10\nfilm\tnone\n").texts()?;
    assert_eq!(data.classes, ["10", "2", "none"]);
    Ok(())
}

#[test]
fn a_tab_within_a_text_is_refused_and_makes_no_class() {
    let tab = own("text\tlabel\na film\tpos\nthe film\tneg\none\ttwo\tneg\nthe end\tpos\t\t\n");
    tab.refused_for(&["train.tsv", "line 4", "3 columns", "tab within a text"]);
    assert_eq!(tab.skipping().about().classes, ["neg", "pos"]);
    own("text\tlabel\na film\tpos\nthe film\t\n").refused_for(&["train.tsv", "line 3", "no label"]);
}

#[test]
fn quotes_around_columns_are_left_out_and_those_of_texts_are_kept() -> Result<(), Error> {
    let first = |table: &str| -> Result<String, Error> {
        let data = own(format!("text\tlabel\n{table}the film\tpos\n")).texts()?;
        Ok(texts(&data.train)[0].content.text.clone())
    };
    assert_eq!(first("\"a \"\"film\"\"\"\tneg\n")?, "a \"film\"");
    assert_eq!(
        first("\"two\nlines\tand a tab\"\tneg\n")?,
        "two\nlines\tand a tab"
    );
    assert_eq!(
        first("\"a film\" and \"two\"\tneg\n")?,
        "\"a film\" and \"two\""
    );
    let unclear = own("text\tlabel\n\"a \"\"film\"\"\"\tneg\nthe \"end\"\tpos\n").texts()?;
    assert!(
        unclear.warnings[0].contains("train.tsv: quotes") && unclear.warnings[0].contains("line 3")
    );
    Ok(())
}

#[test]
fn tables_and_vocabularies_may_be_in_utf_16_or_have_a_mark() -> Result<(), Error> {
    let table = "text\tlabel\nthe film\tneg\na stóry\tpos\n";
    let plain = own(table).texts()?.digest();
    let utf16 = |text: &str| -> Vec<u8> {
        let units = text.encode_utf16().flat_map(u16::to_le_bytes);
        [0xff, 0xfe].into_iter().chain(units).collect()
    };
    assert_eq!(own(format!("\u{feff}{table}")).texts()?.digest(), plain);
    let written = own(utf16(table));
    let vocabulary = fs::read_to_string(written.path().join("vocab.txt")).unwrap();
    for bytes in [
        utf16(&vocabulary),
        format!("\u{feff}{vocabulary}").into_bytes(),
    ] {
        write(written.path(), "vocab.txt", bytes);
        assert_eq!(written.texts()?.digest(), plain);
    }
    Ok(())
}

#[test]
fn a_cased_vocabulary_is_refused() {
    let written = written(Dataset::Own, |folder| layouts::own_texts(folder, 1));
    written.append("vocab.txt", "The\n");
    assert!(written.texts().is_ok());
    written.append("vocab.txt", "A\nFilm\nStory\nGood\nBad\nEnd\n");
    written.refused_for(&["vocab.txt", "cased BERT", "\"A\" is in it"]);
}
