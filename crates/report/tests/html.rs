//! The report: self-contained, sound, and no more than the numbers say.

mod demo;

use spindle_interactions::phase::Verdict;
use spindle_report::{Error, compare_html, html};
use spindle_run::record::{Opening, Phases, Recorded, RunRecord};

fn report(run: &RunRecord) -> String {
    html(run).expect("a run is reported as far as it goes")
}

/// `html` without what lies between `start` and `end`.
fn without(html: &str, start: &str, end: &str) -> String {
    let mut parts = html.split(start);
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |kept, part| {
        kept + part.split_once(end).map_or("", |(_, rest)| rest)
    })
}

/// The article's text without figures, tables and tags.
fn prose(html: &str) -> String {
    let body = html.split_once("<body>").map_or(html, |(_, body)| body);
    let body = without(&without(body, "<figure", "</figure>"), "<table", "</table>");
    let text = without(&body, "<", ">");
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn the_article_reads_as_reviewed() {
    insta::assert_snapshot!(prose(&report(&demo::run())));
}

#[test]
fn nothing_is_asked_of_anyone() {
    let html = report(&demo::run());
    assert!(
        !html.contains("<script")
            && !html.contains("<link")
            && !html.contains("<img")
            && !html.contains("<iframe")
    );
    // No request leaves the file: addresses are those that a reader clicks, and the names of XML.
    for (at, _) in html.match_indices("http") {
        let before = &html[at.saturating_sub(9)..at];
        assert!(
            before.ends_with("<a href=\"")
                || before.ends_with("xmlns=\"")
                || html[at..].starts_with("http-equiv"),
            "{before}"
        );
    }
    for (at, _) in html.match_indices("url(") {
        assert!(
            html[at..].starts_with("url(data:font/woff2"),
            "{}",
            &html[at..at + 30]
        );
    }
    assert!(html.contains("default-src 'none'; style-src 'sha256-"));
    // The policy allows no style attributes.
    assert!(!html.contains(" style="));
}

#[test]
fn the_policy_allows_the_style_sheet_by_its_digest() {
    use sha2::{Digest, Sha256};
    let html = report(&demo::run());
    let style = html
        .split_once("<style>")
        .and_then(|(_, rest)| rest.split_once("</style>"))
        .expect("a style sheet")
        .0;
    let digest = Sha256::digest(style.as_bytes());
    let policy = html
        .split_once("'sha256-")
        .and_then(|(_, rest)| rest.split_once('\''))
        .expect("a policy")
        .0;
    let bits = |c: u8| {
        b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
            .iter()
            .position(|&a| a == c)
    };
    let decoded: Vec<u8> = policy
        .as_bytes()
        .chunks(4)
        .flat_map(|four| {
            let word = four
                .iter()
                .fold(0, |word, &c| word << 6 | bits(c).unwrap_or(0));
            [16, 8, 0].map(|shift| (word >> shift) as u8)
        })
        .take(32)
        .collect();
    assert_eq!(decoded, digest.to_vec());
}

#[test]
fn every_figure_comes_at_two_widths_with_its_own_ids() {
    let html = report(&demo::run());
    assert_eq!(
        html.matches("<svg ").count(),
        2 * html.matches("<figure ").count()
    );
    let ids: Vec<_> = html
        .split(" id=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect();
    let mut unique = ids.clone();
    unique.sort_unstable();
    unique.dedup();
    assert_eq!(unique.len(), ids.len());
    for reference in html
        .split(" aria-labelledby=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
    {
        assert!(
            reference.split(' ').all(|id| ids.contains(&id)),
            "{reference}"
        );
    }
}

#[test]
fn words_of_the_run_stay_words() {
    let mut run = demo::run();
    let evil = "</style><script>alert(1)</script> & \"more\"";
    run.warnings.push(evil.into());
    run.provenance.engine = evil.into();
    run.experiment.training.data_dir = Some("/home/someone/<img src=x>".into());
    let html = report(&run);
    assert!(!html.contains("<script") && !html.contains("<img src=x"));
    assert!(html.contains("&lt;img src=x&gt;"));
    assert!(!html.contains("someone"), "a report is sent to others");
    assert_eq!(
        html.matches("&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;more&quot;")
            .count(),
        2
    );
    assert_eq!(html.matches("</style>").count(), 1);
}

#[test]
fn a_run_that_has_only_begun_is_reported() {
    let mut run = demo::run();
    run.checkpoints.clear();
    run.losses.clear();
    run.samples.clear();
    run.analyses.clear();
    let text = prose(&report(&run));
    assert!(
        text.contains("0 of 0 checkpoints are analysed so far"),
        "{text}"
    );
    assert!(text.contains("No checkpoint is analysed yet"), "{text}");
}

#[test]
fn games_that_are_not_certified_are_counted_as_such() {
    let mut run = demo::run();
    if let Some(summary) = &mut run.checkpoints[3].summary {
        let certificate = &mut summary.certificates[0];
        (certificate.gap, certificate.dual) = (0.25, 0.75 * certificate.primal);
    }
    let text = prose(&report(&run));
    assert!(
        text.contains("known to 0.1&nbsp;% for 1,559 of 1,560 decompositions"),
        "{text}"
    );
    assert!(
        text.contains("is at most 25&nbsp;% above that bound"),
        "{text}"
    );
}

/// What an analysis has found of the run, changed.
fn change<T: Recorded>(run: &mut RunRecord, change: impl Fn(&mut T)) {
    let mut found = run.analyses.get().expect("the demo has all");
    change(&mut found);
    let set = run.analyses.set(Some(found));
    set.expect("numbers are finite");
}

#[test]
fn without_a_boundary_none_is_claimed() {
    let mut run = demo::run();
    change(&mut run, |phases: &mut Phases| {
        phases.boundary = None;
        phases.by_statistic[0].verdict = Verdict::OnlyAFall;
    });
    change(&mut run, |opening: &mut Opening| opening.gap.onset = None);
    let text = prose(&report(&run));
    assert!(text.contains("Phases are not distinguishable: no rise beyond its interval (the share of orders of 3 and more falls by 0.44"), "{text}");
    assert!(
        text.contains("The loss gap does not open within this run"),
        "{text}"
    );
}

#[test]
fn of_a_network_that_learnt_nothing_no_gap_is_claimed() {
    let mut run = demo::run();
    change(&mut run, |opening: &mut Opening| {
        opening.gap.has_learnt = false;
    });
    let text = prose(&report(&run));
    assert!(text.contains("the network has learnt nothing"), "{text}");
    assert!(!text.contains("The loss gap opens at"), "{text}");
}

#[test]
fn a_comparison_lists_what_differs_and_only_that() {
    let mut other = demo::run();
    other.experiment.training.seed = 7;
    other.experiment.training.label_noise = 0.1;
    let html = compare_html(&[("first".into(), demo::run()), ("<second>".into(), other)])
        .expect("two runs");
    let table = html
        .split_once("<table>")
        .and_then(|(_, rest)| rest.split_once("</table>"))
        .expect("a table")
        .0;
    let rows: Vec<_> = table
        .split("<code>")
        .skip(1)
        .filter_map(|rest| rest.split("</code>").next())
        .collect();
    assert_eq!(rows, ["label_noise", "seed"]);
    assert!(table.contains("&lt;second&gt;") && !html.contains("<second>"));
    assert!(matches!(compare_html(&[]), Err(Error::Runs(0))));
}
