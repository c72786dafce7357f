//! How samples differ: similarity with its ceilings, and groups.

use spindle_interactions::bootstrap::Estimate;
use spindle_run::{
    analysis::{GroupDifference, GroupDifferences, Similarity, phases::interval},
    record::{CheckpointRecord, Group},
};

use super::{format, runs::Run, table::Claims};

/// Orders that have claims of their own.
const ORDERS: usize = 6;

/// The claims of one run.
pub(super) fn put(claims: &mut Claims, run: &Run) -> anyhow::Result<()> {
    let mut checkpoints = run.record.checkpoints.iter();
    let Some(last) = checkpoints.rfind(|at| at.summary.is_some()) else {
        return Ok(());
    };
    put_similarity(claims, &format!("{}.similarity", run.name), last)?;
    let Some(GroupDifferences(pairs)) = last.analyses.get() else {
        return Ok(());
    };
    for pair in &pairs {
        put_pair(claims, &run.name, &run.record.checkpoints, pair)?;
    }
    Ok(())
}

/// Three digits: differences are small.
fn precise(found: Estimate) -> String {
    format!(
        "{:+.3} [{:+.3}, {:+.3}]",
        found.value, found.low, found.high
    )
}

fn put_similarity(claims: &mut Claims, name: &str, last: &CheckpointRecord) -> anyhow::Result<()> {
    let found: Option<Similarity> = last.analyses.get();
    let ceilings = found.and_then(|found| found.ceilings);
    let orders = ceilings.iter().flatten().take(ORDERS);
    let mut lower = Vec::new();
    for (order, found) in (1..).zip(orders) {
        let Some(found) = found else { continue };
        let name = format!("{name}.{order}");
        claims.put(
            format!("{name}.train-test"),
            format::value(found.train_test.value),
        )?;
        claims.put(
            format!("{name}.train-train"),
            format::value(found.train_train.value),
        )?;
        claims.put(
            format!("{name}.test-test"),
            format::value(found.test_test.value),
        )?;
        claims.put(format!("{name}.difference"), precise(found.difference))?;
        lower.extend((found.difference.high < 0.0).then(|| order.to_string()));
    }
    let lower = if lower.is_empty() {
        "none".to_owned()
    } else {
        lower.join(", ")
    };
    claims.put(format!("{name}.lower-at"), lower)
}

/// At the end, and over all checkpoints.
fn put_pair(
    claims: &mut Claims,
    run: &str,
    checkpoints: &[CheckpointRecord],
    pair: &GroupDifference,
) -> anyhow::Result<()> {
    let of = |group: Group| group.name();
    let name = format!("{run}.groups.{}-{}", of(pair.group), of(pair.than));
    type Read = fn(&GroupDifference) -> Option<Estimate>;
    let statistics: [(&str, Read); 3] = [
        ("share", |pair| pair.share_of_order_3_and_more),
        ("order", |pair| pair.mean_order),
        ("salient-order", |pair| pair.salient_mean_order),
    ];
    for (statistic, read) in statistics {
        let name = format!("{name}.{statistic}");
        claims.put_some(format!("{name}.last"), read(pair).map(interval))?;
        let over_training: Vec<(f64, Estimate)> = checkpoints
            .iter()
            .filter_map(|at| {
                let same =
                    |other: &&GroupDifference| (other.group, other.than) == (pair.group, pair.than);
                let GroupDifferences(pairs) = at.analyses.get()?;
                Some((at.losses.epoch, read(pairs.iter().find(same)?)?))
            })
            .collect();
        put_course(claims, &name, &over_training)?;
    }
    Ok(())
}

/// At how many checkpoints a difference is above 0, and at how many below; where it is largest.
fn put_course(claims: &mut Claims, name: &str, found: &[(f64, Estimate)]) -> anyhow::Result<()> {
    let above = found.iter().filter(|(_, e)| e.low > 0.0).count();
    let below = found.iter().filter(|(_, e)| e.high < 0.0).count();
    claims.put(format!("{name}.above"), above.to_string())?;
    claims.put(format!("{name}.below"), below.to_string())?;
    claims.put(format!("{name}.checkpoints"), found.len().to_string())?;
    let largest = found.iter().max_by(|a, b| a.1.low.total_cmp(&b.1.low));
    let Some((epoch, largest)) = largest else {
        return Ok(());
    };
    claims.put(format!("{name}.surest"), interval(*largest))?;
    claims.put(format!("{name}.surest.epoch"), format::epoch(*epoch))
}
