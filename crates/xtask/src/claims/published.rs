//! The published SGD beside the smallest norm, where both are there.

use spindle_run::{
    analysis::{AtRate, PublishedSgd, RateScale},
    table,
};

use super::{
    format::{count, nats, rate, ratio, value},
    moments,
    phases::share_of_high_orders,
    runs::Run,
    table::Claims,
};

/// `RUN.published.steps` and `rate`, and at every compared checkpoint `RUN.published.first.ratio`
/// and so on.
pub(super) fn put(claims: &mut Claims, run: &Run) -> anyhow::Result<()> {
    let name = format!("{}.published", run.name);
    let compared: Vec<(f64, PublishedSgd)> = table::parts(&run.record)
        .map(|(at, published)| (run.record.checkpoints[at].losses.epoch, published))
        .collect();
    if let Some((_, first)) = compared.first() {
        claims.put(format!("{name}.steps"), count(first.steps))?;
        claims.put(format!("{name}.rate"), rate(first.learning_rate))?;
    }
    let epochs: Vec<f64> = compared.iter().map(|(epoch, _)| *epoch).collect();
    for (moment, position) in moments::named(&epochs) {
        let (when, published) = &compared[position];
        let name = format!("{name}.{moment}");
        moments::put_epoch(claims, &name, &moment, *when)?;
        at_checkpoint(claims, &name, published)?;
        sweep(claims, &name, published)?;
    }
    Ok(())
}

fn at_checkpoint(claims: &mut Claims, name: &str, found: &PublishedSgd) -> anyhow::Result<()> {
    claims.put(format!("{name}.ratio"), ratio(found.objective_ratio))?;
    claims.put_some(format!("{name}.start-ratio"), found.start_ratio.map(ratio))?;
    let strength = &found.unthresholded;
    let shares = strength.share.as_ref();
    let share = shares.map(|all| share_of_high_orders(all.iter().map(|share| share.value)));
    claims.put_some(format!("{name}.share"), share.map(value))?;
    let order = strength.mean_order.map(|order| value(order.value));
    claims.put_some(format!("{name}.order"), order)?;
    if let Some(norms) = found.norms {
        claims.put(format!("{name}.norm.smallest"), nats(norms.smallest))?;
        claims.put(format!("{name}.norm.start"), nats(norms.start))?;
        claims.put(format!("{name}.norm.end"), nats(norms.end))?;
    }
    Ok(())
}

/// What other rates give: `NAME.rate-1e-6.ratio`, or `change-rate` in units of the change of the
/// output; and the best rate of each kind.
fn sweep(claims: &mut Claims, name: &str, found: &PublishedSgd) -> anyhow::Result<()> {
    for (scale, kind) in [(RateScale::Absolute, ""), (RateScale::Change, "change-")] {
        let rows = found.sweep.iter().filter(|row| row.scale == scale);
        let rows: Vec<&AtRate> = rows.collect();
        for row in &rows {
            let first = rate(row.learning_rate);
            at_rate(claims, &format!("{name}.{kind}rate-{first}"), row)?;
        }
        let best = rows
            .into_iter()
            .min_by(|a, b| a.objective_ratio.total_cmp(&b.objective_ratio));
        if let Some(best) = best {
            let name = format!("{name}.best-{kind}rate");
            claims.put(name.clone(), rate(best.learning_rate))?;
            at_rate(claims, &name, best)?;
        }
    }
    Ok(())
}

fn at_rate(claims: &mut Claims, name: &str, row: &AtRate) -> anyhow::Result<()> {
    claims.put(format!("{name}.ratio"), ratio(row.objective_ratio))?;
    claims.put(format!("{name}.norm"), nats(row.norm))?;
    claims.put_some(format!("{name}.order"), row.mean_order.map(value))?;
    let share = row.share_of_order_3_and_more;
    claims.put_some(format!("{name}.share"), share.map(value))
}
