//! Figures of a run: what is drawn, what is left out, and that every SVG is sound.

mod demo;

use resvg::usvg::roxmltree::Document;
use spindle_interactions::strength::StrengthByOrder;
use spindle_report::{Error, Figure, compare, figures, html, png};
use spindle_run::{
    analysis::PublishedSgd,
    record::{Group, Parts, Recorded, RunRecord, Summary},
};

fn drawn(run: &RunRecord) -> Vec<Figure> {
    figures(run).expect("a run is drawn as far as it goes")
}

fn names(run: &RunRecord) -> Vec<String> {
    drawn(run).into_iter().map(|figure| figure.name).collect()
}

/// Texts of an SVG in order, without its title and description.
fn texts(svg: &str) -> Vec<String> {
    let document = Document::parse(svg).expect("well-formed XML");
    let nodes = document
        .descendants()
        .filter(|node| node.has_tag_name("text"));
    nodes
        .filter_map(|node| node.text().map(str::to_owned))
        .collect()
}

/// Without the embedded fonts.
fn lean(svg: &str) -> String {
    let (start, rest) = svg.split_once("<style>").expect("fonts are embedded");
    let (_, end) = rest
        .split_once("</style>")
        .expect("a style sheet has an end");
    format!("{start}{end}")
}

fn assert_sound(figure: &Figure) {
    let lean = lean(&figure.svg);
    let document = Document::parse(&figure.svg).expect("well-formed XML");
    let numbers = document
        .descendants()
        .flat_map(|node| node.attributes())
        .filter(|attribute| {
            [
                "x", "y", "x1", "y1", "x2", "y2", "cx", "cy", "r", "width", "height", "points",
            ]
            .contains(&attribute.name())
        });
    let mut count = 0;
    for attribute in numbers {
        for number in attribute.value().trim_end_matches("pt").split([' ', ',']) {
            let value: f64 = number.parse().unwrap_or(f64::NAN);
            assert!(
                value.is_finite(),
                "{} = {:?} in {}",
                attribute.name(),
                attribute.value(),
                figure.name
            );
            count += 1;
        }
    }
    assert!(count > 20, "{} is empty", figure.name);
    assert!(
        !lean.contains("NaN") && !lean.contains("inf\""),
        "{}",
        figure.name
    );
    let root = document.root_element();
    assert_eq!(root.attribute("role"), Some("img"));
    for tag in ["title", "desc"] {
        let text = root
            .children()
            .find(|node| node.has_tag_name(tag))
            .and_then(|node| node.text());
        assert!(
            text.is_some_and(|text| text.len() > 20),
            "{} has no {tag}",
            figure.name
        );
    }
}

fn each_summary(run: &mut RunRecord, change: impl Fn(&mut Summary)) {
    let summaries = run.checkpoints.iter_mut();
    summaries
        .filter_map(|checkpoint| checkpoint.summary.as_mut())
        .for_each(change);
}

fn each_part<T: Recorded>(run: &mut RunRecord, change: impl Fn(&mut T)) {
    for checkpoint in &mut run.checkpoints {
        if let Some(mut part) = checkpoint.analyses.get() {
            change(&mut part);
            let set = checkpoint.analyses.set(Some(part));
            set.expect("numbers are finite");
        }
    }
}

fn nothing_salient(strength: &mut StrengthByOrder) {
    for estimate in strength.positive.iter_mut().chain(&mut strength.negative) {
        (estimate.value, estimate.low, estimate.high) = (0.0, 0.0, 0.0);
    }
    (strength.share, strength.mean_order) = (None, None);
}

#[test]
fn a_whole_run_gives_every_figure() {
    let figures = drawn(&demo::run());
    let names: Vec<_> = figures.iter().map(|figure| figure.name.as_str()).collect();
    insta::assert_debug_snapshot!(names);
    figures.iter().for_each(assert_sound);
}

#[test]
fn captions_say_what_is_seen_and_how_to_read_it() {
    let captions: Vec<_> = drawn(&demo::run())
        .into_iter()
        .map(|f| format!("{}: {}", f.title, f.caption))
        .collect();
    insta::assert_snapshot!(captions.join("\n\n"));
}

#[test]
fn the_same_run_gives_the_same_bytes() {
    assert_eq!(drawn(&demo::run()), drawn(&demo::run()));
}

#[test]
fn the_svg_of_a_small_run_is_as_reviewed() {
    let mut run = demo::run();
    run.checkpoints.truncate(1);
    run.losses.clear();
    run.analyses = Parts::default();
    let figures = drawn(&run);
    let first = figures
        .first()
        .expect("strength by order is drawn from one checkpoint");
    insta::assert_snapshot!(lean(&first.svg));
}

#[test]
fn strength_panels_carry_checkpoint_total_and_mean_order() {
    let figures = drawn(&demo::run());
    let texts = texts(&figures[0].svg);
    for expected in [
        "Before training",
        "0.0106 nats",
        "3.70",
        "Epoch 2",
        "boundary, 15.1 nats",
        "Loss (nats)",
        "a",
        "e",
    ] {
        assert!(
            texts.iter().any(|text| text == expected),
            "{expected} in {texts:?}"
        );
    }
    assert!(
        texts.iter().any(|text| text == "boundary 2 [1, 3]"),
        "{texts:?}"
    );
    assert!(
        texts.iter().any(|text| text == "gap opens 6 [6, 11]"),
        "{texts:?}"
    );
}

#[test]
fn bars_are_as_long_as_their_part_of_the_total() {
    let mut run = demo::run();
    run.checkpoints.truncate(1);
    let figure = &drawn(&run)[0];
    let document = Document::parse(&figure.svg).expect("well-formed XML");
    let heights = |ink: &str| -> Vec<f64> {
        let class = format!("f-{ink}");
        let bars = document
            .descendants()
            .filter(|node| node.attribute("class") == Some(&class));
        bars.filter_map(|node| node.attribute("height")?.parse().ok())
            .collect()
    };
    let test = run.checkpoints[0]
        .summary
        .as_ref()
        .and_then(|summary| summary.of(Group::Test))
        .expect("measured");
    let (up, down) = (heights("positive"), heights("negative"));
    // Order 10 has no strength, so no bar.
    assert_eq!((up.len(), down.len()), (9, 9));
    let per_nat = up[1] / test.strength.positive[1].value;
    for (order, (up, down)) in up.iter().zip(&down).enumerate() {
        assert!(
            (up - per_nat * test.strength.positive[order].value).abs() < 0.02,
            "order {}",
            order + 1
        );
        assert!(
            (down + per_nat * test.strength.negative[order].value).abs() < 0.02,
            "order {}",
            order + 1
        );
    }
}

#[test]
fn what_a_run_has_not_is_left_out() {
    let mut run = demo::run();
    run.analyses = Parts::default();
    assert!(!names(&run).contains(&"theory".into()));
    let svg = &drawn(&run)[0].svg;
    assert!(
        !texts(svg)
            .iter()
            .any(|text| text.starts_with("boundary") || text.starts_with("gap opens"))
    );

    for checkpoint in &mut run.checkpoints {
        checkpoint.analyses.clear();
    }
    each_summary(&mut run, |summary| {
        summary
            .strengths
            .retain(|strength| strength.group == Group::Test);
    });
    assert_eq!(
        names(&run),
        [
            "strength-by-order",
            "share-of-high-orders",
            "mean-order",
            "strength-all-checkpoints"
        ]
    );

    run.checkpoints.truncate(1);
    assert_eq!(names(&run), ["strength-by-order"]);

    run.checkpoints[0].summary = None;
    assert_eq!(names(&run), [""; 0]);
    run.checkpoints.clear();
    assert_eq!(names(&run), [""; 0]);
}

#[test]
fn a_run_with_nothing_salient_says_so() {
    let mut run = demo::run();
    each_summary(&mut run, |summary| {
        summary
            .strengths
            .iter_mut()
            .for_each(|group| nothing_salient(&mut group.strength));
        nothing_salient(&mut summary.unthresholded);
    });
    let figures = drawn(&run);
    figures.iter().for_each(assert_sound);
    let panels = texts(&figures[0].svg)
        .into_iter()
        .filter(|text| text == "nothing salient")
        .count();
    assert_eq!(panels, 5);
    assert!(
        html(&run)
            .expect("a report of what there is")
            .contains("No interaction is salient")
    );
}

#[test]
fn numbers_that_are_not_finite_are_not_drawn() {
    let mut run = demo::run();
    for loss in run.losses.iter_mut().skip(60) {
        (loss.train_loss, loss.test_loss) = (f64::NAN, f64::INFINITY);
    }
    each_summary(&mut run, |summary| {
        for group in &mut summary.strengths {
            group.strength.positive[2].high = f64::NAN;
            if let Some(mean) = &mut group.strength.mean_order {
                mean.low = f64::NEG_INFINITY;
            }
        }
    });
    let figures = drawn(&run);
    assert_eq!(figures.len(), 10);
    figures.iter().for_each(assert_sound);
}

#[test]
fn twenty_players_and_two_are_drawn() {
    for players in [2, 20] {
        let mut run = demo::run();
        run.experiment.measurement.players = players;
        let resize = |strength: &mut StrengthByOrder| {
            let estimate = strength.positive[0];
            strength.positive.resize(players, estimate);
            strength.negative.resize(
                players,
                spindle_interactions::bootstrap::Estimate {
                    value: -estimate.value,
                    low: -estimate.high,
                    high: -estimate.low,
                },
            );
            if let Some(share) = &mut strength.share {
                share.resize(players, estimate);
            }
        };
        each_summary(&mut run, |summary| {
            summary
                .strengths
                .iter_mut()
                .for_each(|group| resize(&mut group.strength));
            resize(&mut summary.unthresholded);
        });
        each_part(&mut run, |sgd: &mut PublishedSgd| {
            resize(&mut sgd.strength);
            resize(&mut sgd.unthresholded);
        });
        drawn(&run).iter().for_each(assert_sound);
    }
}

#[test]
fn a_picture_has_ink_in_the_asked_size() {
    let figure = drawn(&demo::run()).remove(1);
    let png = png(&figure.svg, 1.0).expect("a figure is drawn");
    assert_eq!(&png[1..4], b"PNG");
    let size = |at: usize| u32::from_be_bytes([png[at], png[at + 1], png[at + 2], png[at + 3]]);
    assert_eq!(size(16), 496);
    // A blank sheet compresses to a few hundred bytes.
    assert!(png.len() > 5000, "{} bytes", png.len());
}

#[test]
fn letters_come_from_the_embedded_font() {
    let with = |text: &str| {
        format!(
            "<svg xmlns='http://www.w3.org/2000/svg' width='40' height='20'><text y='15' font-family='Spindle Sans'>{text}</text></svg>"
        )
    };
    let blank = png(&with(" "), 1.0).expect("drawn");
    let pictures = ["σ²", "−", "Mm"].map(|text| png(&with(text), 1.0).expect("drawn"));
    assert!(pictures.iter().all(|picture| *picture != blank));
}

#[test]
fn pictures_that_cannot_be_made_are_refused() {
    let figure = drawn(&demo::run()).remove(0);
    for scale in [0.0, -1.0, f32::NAN, 1e6] {
        assert!(
            matches!(png(&figure.svg, scale), Err(Error::Size { .. })),
            "{scale}"
        );
    }
    assert!(matches!(png("no svg", 1.0), Err(Error::Svg(_))));
}

#[test]
fn runs_are_compared_by_name() {
    let mut other = demo::run();
    other.analyses = Parts::default();
    let runs = [
        ("<a> & \"b\"", demo::run()),
        ("runs/with/a/long/path/to/seed-1", other),
    ];
    let runs: Vec<_> = runs
        .into_iter()
        .map(|(name, run)| (name.to_owned(), run))
        .collect();
    let figures = compare(&runs).expect("two runs are compared");
    assert_eq!(
        figures
            .iter()
            .map(|figure| figure.name.as_str())
            .collect::<Vec<_>>(),
        ["compare-mean-order", "compare-strength"]
    );
    for figure in &figures {
        assert_sound(figure);
        assert!(texts(&figure.svg).contains(&"<a> & \"b\"".to_owned()));
        assert!(
            texts(&figure.svg)
                .iter()
                .any(|text| text.ends_with("/path/to/seed-1"))
        );
    }
    assert!(figures[0].caption.contains(
        "<a> & \"b\": epoch 2 [1, 3]; runs/with/a/long/path/to/seed-1: not distinguishable"
    ));
}

#[test]
fn one_run_or_seven_cannot_be_compared() {
    for count in [0, 1, 7] {
        let runs = vec![("run".to_owned(), demo::run()); count];
        assert!(matches!(compare(&runs), Err(Error::Runs(found)) if found == count));
    }
}
