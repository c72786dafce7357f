//! Texts lie on the sheet and not on each other, at both widths, measured with the embedded fonts.

mod demo;

use std::sync::Arc;

use resvg::usvg::{Group, Node, Options, Rect, TextChunk, Tree, fontdb::Database};
use spindle_interactions::{bootstrap::Estimate, phase::Onset};
use spindle_report::{compare_html, html};
use spindle_run::{
    analysis::{Rule, Stopped, Stopping},
    record::{Opening, Phases, RunRecord},
};

const FONTS: [&[u8]; 2] = [
    include_bytes!("../fonts/SpindleSans-Regular.ttf"),
    include_bytes!("../fonts/SpindleSans-Semibold.ttf"),
];

/// Boxes are as high as the font's lines, higher than its letters: this much of two may be shared,
/// in points.
const LEADING: f32 = 2.8;

fn parse(svg: &str) -> Tree {
    let mut fonts = Database::new();
    FONTS
        .iter()
        .for_each(|font| fonts.load_font_data(font.to_vec()));
    let options = Options {
        fontdb: Arc::new(fonts),
        dpi: 72.0,
        ..Options::default()
    };
    Tree::from_str(svg, &options).expect("a figure is an SVG")
}

/// Texts with their boxes.
fn boxes(group: &Group, found: &mut Vec<(String, Rect)>) {
    for node in group.children() {
        match node {
            Node::Group(group) => boxes(group, found),
            Node::Text(text) => {
                let words = text.chunks().iter().map(TextChunk::text).collect();
                found.push((words, text.abs_bounding_box()));
            }
            _ => {}
        }
    }
}

fn assert_laid_out(html: &str) {
    let mut figures = 0;
    for part in html.split("<svg ").skip(1) {
        let svg = format!(
            "<svg {}</svg>",
            part.split("</svg>").next().unwrap_or_default()
        );
        let tree = parse(&svg);
        let (width, height) = (tree.size().width(), tree.size().height());
        let mut texts = Vec::new();
        boxes(tree.root(), &mut texts);
        assert!(texts.len() > 8, "too few texts in a figure {width} wide");
        for (text, at) in &texts {
            let inside =
                at.left() >= 0.0 && at.top() >= 0.0 && at.right() <= width && at.bottom() <= height;
            assert!(
                inside,
                "{text:?} leaves a sheet of {width} x {height}: {at:?}"
            );
        }
        for (i, (text, at)) in texts.iter().enumerate() {
            for (other, there) in &texts[..i] {
                let across = at.right().min(there.right()) - at.left().max(there.left());
                let down = at.bottom().min(there.bottom()) - at.top().max(there.top());
                assert!(
                    across < 0.5 || down < LEADING,
                    "{text:?} lies on {other:?} in a figure {width} wide"
                );
            }
        }
        figures += 1;
    }
    assert!(figures >= 4, "{figures} figures");
}

#[test]
fn texts_of_a_report_lie_apart_on_the_sheet() {
    assert_laid_out(&html(&demo::run()).expect("a report"));
}

#[test]
fn every_bar_has_its_name() {
    let mut run = demo::run();
    let estimate = Estimate::exact(0.25);
    let rules = [
        Rule::HighOrders,
        Rule::MeanOrder,
        Rule::Cancellation,
        Rule::Patience,
        Rule::Never,
    ];
    let stopped = |rule| Stopped {
        rule,
        at: None,
        kept: 5,
        regret: estimate,
        passes: 0.0,
    };
    run.analyses
        .set(Some(Stopping {
            best: 3,
            best_loss: estimate,
            samples: [500, 500],
            rules: rules.map(stopped).to_vec(),
        }))
        .expect("finite");
    let html = html(&run).expect("a report");
    for word in ["high", "mean", "cancel", "patience", "never"] {
        let found = html.matches(&format!(">{word}")).count();
        assert!(found >= 2, "{word} does not stand at each width");
    }
    assert_laid_out(&html);
}

#[test]
fn marks_find_room_wherever_they_are() {
    for boundary in [1_usize, 4, 9, 11] {
        for gap in [1, 5, 11] {
            let mut run = demo::run();
            let at = |index: usize| Onset {
                index,
                low: index.saturating_sub(1),
                high: (index + 1).min(11),
            };
            let mut phases: Phases = run.analyses.get().expect("the demo has phases");
            let mut opening: Opening = run.analyses.get().expect("the demo has a gap");
            (phases.boundary, opening.gap.onset) = (Some(at(boundary)), Some(at(gap)));
            run.analyses.set(Some(phases)).expect("finite");
            run.analyses.set(Some(opening)).expect("finite");
            assert_laid_out(&html(&run).expect("a report"));
        }
    }
}

#[test]
fn texts_of_a_comparison_lie_apart_on_the_sheet() {
    let named = |seed: usize| -> (String, RunRecord) {
        (format!("runs/lenet-mnist-seed-{seed}"), demo::run())
    };
    for count in [2, 6] {
        let runs: Vec<_> = (0..count).map(named).collect();
        assert_laid_out(&compare_html(&runs).expect("a comparison"));
    }
}
