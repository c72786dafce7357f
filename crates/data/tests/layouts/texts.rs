//! Data sets of texts: a class is a choice of words.

use std::path::Path;

use super::{noise, write};

/// Words that tell nothing.
const NEUTRAL: [&str; 16] = [
    "film", "scene", "actor", "story", "music", "camera", "ending", "director", "script", "summer",
    "people", "city", "friend", "letter", "window", "river",
];
/// Words that tell a class.
const TELLING: [[&str; 6]; 4] = [
    ["dull", "awful", "boring", "clumsy", "empty", "stale"],
    ["great", "lovely", "brilliant", "funny", "moving", "fresh"],
    ["market", "shares", "profit", "bank", "trade", "oil"],
    ["software", "space", "computer", "chip", "phone", "science"],
];
/// Words that are put together from others, and what holds sentences together.
const OTHERS: [&str; 8] = ["the", "and", "a", "is", "un", "##watch", "##able", "##ly"];

/// BERT's vocabulary in small: special pieces at BERT's numbers, letters, punctuation, and the
/// words of these data sets.
pub fn vocabulary(folder: &Path) {
    let mut pieces = vec!["[PAD]".to_owned()];
    pieces.extend((0..99).map(|number| format!("[unused{number}]")));
    pieces.extend(["[UNK]", "[CLS]", "[SEP]", "[MASK]"].map(str::to_owned));
    let letters = ('a'..='z').chain('0'..='9');
    pieces.extend(letters.clone().map(String::from));
    pieces.extend(letters.map(|letter| format!("##{letter}")));
    pieces.extend(('!'..='/').chain(':'..='@').map(String::from));
    let words = NEUTRAL.iter().chain(TELLING.as_flattened()).chain(&OTHERS);
    pieces.extend(words.map(|word| (*word).to_owned()));
    write(folder, "vocab.txt", pieces.join("\n") + "\n");
}

/// A sentence of a class with 14 words that can be players, 6 of which tell the class.
fn sentence(class: usize, number: usize) -> String {
    let telling = |place: usize| TELLING[class][noise(14 * number + place) % 6];
    let neutral = |place: usize| NEUTRAL[(noise(number) + 5 * place) % 16];
    let word = |place: usize| match place % 7 {
        0 | 3 | 5 => telling(place),
        _ => neutral(place),
    };
    let words: Vec<_> = (0..14).map(word).collect();
    format!(
        "The {}, and the {}.",
        words[..7].join(" "),
        words[7..].join(" ")
    )
}

/// SST-2 as GLUE has it, and a vocabulary: `per_class` training and as many test sentences of each
/// class.
pub fn sst2(folder: &Path, per_class: usize) {
    for (file, first) in [("train.tsv", 0), ("dev.tsv", 2 * per_class)] {
        let lines = (0..2 * per_class).map(|number| {
            let label = number % 2;
            // The training sentences of GLUE end with a blank.
            format!("{} \t{label}\n", sentence(label, first + number))
        });
        write(
            folder,
            file,
            format!("sentence\tlabel\n{}", lines.collect::<String>()),
        );
    }
    vocabulary(folder);
}

/// AG News, and a vocabulary: `per_class` training and as many test texts of each class; quotes are
/// doubled.
pub fn ag_news(folder: &Path, per_class: usize) {
    for (file, first) in [("train.csv", 0), ("test.csv", 4 * per_class)] {
        let lines = (0..4 * per_class).map(|number| {
            let class = number % 4;
            let (title, text) = (
                "The \"\"story\"\", a letter",
                sentence(class, first + number),
            );
            format!("\"{}\",\"{title}\",\"{text}\"\n", class + 1)
        });
        write(folder, file, lines.collect::<String>());
    }
    vocabulary(folder);
}

/// MNLI as GLUE has it, and a vocabulary: `per_class` training and as many test pairs of each
/// class, and a pair in each file that has no label.
pub fn mnli(folder: &Path, per_class: usize) {
    const BEFORE: &str = "index\tpromptID\tpairID\tgenre\tsentence1_binary_parse\tsentence2_binary_parse\tsentence1_parse\tsentence2_parse\tsentence1\tsentence2";
    let labels = ["entailment", "neutral", "contradiction"];
    let files = [
        ("train.tsv", 0, "label1"),
        (
            "dev_matched.tsv",
            3 * per_class,
            "label1\tlabel2\tlabel3\tlabel4\tlabel5",
        ),
    ];
    for (file, first, columns) in files {
        let mut lines = format!("{BEFORE}\t{columns}\tgold_label\n");
        for number in 0..=3 * per_class {
            let class = number % 3;
            let gold = if number == 3 * per_class {
                "-"
            } else {
                labels[class]
            };
            let votes = columns
                .split('\t')
                .map(|_| labels[class])
                .collect::<Vec<_>>()
                .join("\t");
            let [a, b] = [sentence(3, first + number), sentence(class, number)];
            lines += &format!(
                "{number}\t31193\t31193n\tfiction\t( ( a ) )\t( \"a )\t(ROOT)\t(ROOT)\t{a}\t{b}\t{votes}\t{gold}\n"
            );
        }
        write(folder, file, lines);
    }
    vocabulary(folder);
}

/// Tables of texts of one's own, and a vocabulary: `per_class` training and as many test texts of
/// each of 3 classes.
pub fn own_texts(folder: &Path, per_class: usize) {
    for (file, first) in [("train.tsv", 0), ("test.tsv", 3 * per_class)] {
        let lines = (0..3 * per_class).map(|number| {
            let class = number % 3;
            let label = ["weary", "cheerful", "busy"][class];
            format!("{}\t{label}\n", sentence(class, first + number))
        });
        write(
            folder,
            file,
            format!("text\tlabel\n{}", lines.collect::<String>()),
        );
    }
    vocabulary(folder);
}
