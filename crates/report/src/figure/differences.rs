//! How far groups of samples differ over training: where mislabelled samples have the heavier tail, if they do.

use spindle_interactions::bootstrap::Estimate;
use spindle_run::record::{Group, GroupDifference, RunRecord};

use super::{Drawing, Width, losses, mark};
use crate::{
    draw::{Ink, Panel, Rect, Scale, Stroke, Svg},
    reading,
};

const PAIRS: [(Group, Group, &str, Ink); 3] = [
    (
        Group::Mislabelled,
        Group::Test,
        "reset − test",
        Ink::Series(0),
    ),
    (
        Group::Mislabelled,
        Group::Train,
        "reset − training",
        Ink::Series(1),
    ),
    (Group::Train, Group::Test, "training − test", Ink::Series(5)),
];

/// A pair's difference over the epochs.
struct Course {
    name: &'static str,
    ink: Ink,
    points: Vec<(f64, Estimate)>,
}

/// Differences in the share of orders of 3 and more of all effects; only where mislabelled samples were measured.
pub(crate) fn draw(run: &RunRecord, width: Width) -> Option<Drawing> {
    let courses: Vec<Course> = PAIRS.iter().filter_map(|pair| course(run, *pair)).collect();
    if !courses.iter().any(|course| course.points.len() > 1) {
        return None;
    }
    let all = courses
        .iter()
        .flat_map(|course| &course.points)
        .map(|(_, e)| e);
    let [low, high] = reading::extent(reading::ends(all).chain([0.0]))?;
    let top = mark::rise(run) + 8.0;
    let frame = Rect::new(
        34.0,
        top,
        width.points() - 34.0 - width.choose(92.0, 62.0),
        width.choose(130.0, 110.0),
    );
    let mut svg = Svg::new(width.points(), frame.bottom + losses::BELOW);
    let panel = Panel {
        frame,
        x: reading::epoch_scale([run], frame.across()),
        y: Scale::nice([low, high], frame.upwards(), 5),
    };
    panel.y_axis(&mut svg, 6, true);
    panel.y_title(&mut svg, "Difference of shares", 25.0);
    panel.x_axis(&mut svg, 5);
    panel.x_title(&mut svg, losses::EPOCH_TITLE);
    mark::draw(&mut svg, &panel, run);
    let zero = panel.y.at(0.0);
    let ends = [(frame.left, zero), (frame.right, zero)];
    svg.line(ends[0], ends[1], Stroke::solid(Ink::Axis, 0.6));
    let mut labels = Vec::new();
    for (place, course) in courses.iter().enumerate() {
        let shift = 2.4 * (place as f64 - 1.0);
        for (epoch, e) in &course.points {
            let (x, y) = panel.at(*epoch, e.value);
            panel.whisker(&mut svg, x + shift, e.low, e.high, course.ink);
            svg.disc((x + shift, y), 1.8, course.ink);
        }
        let last = course.points.last().map(|(_, e)| e.value);
        labels.extend(last.map(|value| (value, course.name.to_owned(), course.ink)));
    }
    panel.end_labels(&mut svg, &labels);
    Some(Drawing {
        name: "group-differences",
        title: format!(
            "How far groups of samples differ over training, {}",
            reading::subject(run)
        ),
        caption: "Share of orders of 3 and more of all interactions: of training samples whose label was reset less that of test samples and of training samples with their own label; \
                  grey: the latter two, which should not differ. Whiskers: 95 % bootstrap-t over the samples of each group, at every checkpoint by itself, so that one in twenty is apart from 0 by chance; seed, \
                  players and noise bound are held fixed."
            .to_owned(),
        svg,
    })
}

fn course(
    run: &RunRecord,
    (group, than, name, ink): (Group, Group, &'static str, Ink),
) -> Option<Course> {
    let of_pair = |pair: &&GroupDifference| (pair.group, pair.than) == (group, than);
    let points: Vec<_> = run
        .checkpoints
        .iter()
        .filter_map(|checkpoint| {
            let pairs = &checkpoint.analysis.as_ref()?.group_differences;
            let found = pairs.iter().find(of_pair)?.share_of_order_3_and_more?;
            Some((checkpoint.losses.epoch, found))
        })
        .collect();
    let measured = run
        .samples
        .iter()
        .any(|sample| sample.group == Group::Mislabelled);
    (measured && !points.is_empty()).then_some(Course { name, ink, points })
}
