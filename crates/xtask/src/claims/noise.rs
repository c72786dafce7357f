//! What other noise bounds give.

use spindle_run::{
    analysis::{AtNoise, NoiseBounds},
    table,
};

use super::{
    format::{nats, value},
    moments,
    runs::Run,
    table::Claims,
};

/// `RUN.noise-0.005.first.order` and so on, for every noise bound at every checkpoint where several
/// were tried.
pub(super) fn put(claims: &mut Claims, run: &Run) -> anyhow::Result<()> {
    let tried: Vec<(f64, Vec<AtNoise>)> = table::parts(&run.record)
        .map(|(at, NoiseBounds(rows))| (run.record.checkpoints[at].losses.epoch, rows))
        .collect();
    let epochs: Vec<f64> = tried.iter().map(|(epoch, _)| *epoch).collect();
    for (moment, position) in moments::named(&epochs) {
        let (when, rows) = &tried[position];
        for row in rows {
            let name = format!("{}.noise-{}.{moment}", run.name, row.noise_ratio);
            moments::put_epoch(claims, &name, &moment, *when)?;
            at_bound(claims, &name, row)?;
        }
    }
    Ok(())
}

/// Mean order, share of high orders, norm in nats, and the share of every order:
/// `NAME.share-of-order-6`.
fn at_bound(claims: &mut Claims, name: &str, row: &AtNoise) -> anyhow::Result<()> {
    claims.put(format!("{name}.norm"), nats(row.norm))?;
    let order = row.strength.mean_order.map(|order| value(order.value));
    claims.put_some(format!("{name}.order"), order)?;
    let share = row.share_of_order_3_and_more;
    claims.put_some(
        format!("{name}.share"),
        share.map(|share| value(share.value)),
    )?;
    for (order, share) in (1..).zip(row.strength.share.iter().flatten()) {
        let name = format!("{name}.share-of-order-{order}");
        claims.put(name, value(share.value))?;
    }
    Ok(())
}
