//! Figure 3 of arXiv 2405.10262 by the published procedure.

use spindle_run::{analysis::figure_3, figure::Bars};

use super::{format, runs::Run, table::Claims};

/// The claims of one run.
pub(super) fn put(claims: &mut Claims, run: &Run) -> anyhow::Result<()> {
    let Some(data) = figure_3(&run.record) else {
        return Ok(());
    };
    let rows = ["sgd", "certified-0", "certified-0.02"]
        .into_iter()
        .zip(&data.rows);
    for (row, found) in rows {
        let moments = ["first", "turn", "last"].into_iter().zip(&found.panels);
        for (moment, bars) in moments {
            put_panel(
                claims,
                &format!("{}.figure-3.{row}.{moment}", run.name),
                bars,
            )?;
        }
    }
    Ok(())
}

fn put_panel(claims: &mut Claims, name: &str, bars: &Bars) -> anyhow::Result<()> {
    let orders = bars.positive.iter().zip(&bars.negative);
    let strengths: Vec<f64> = orders
        .map(|(above, below)| above.value - below.value)
        .collect();
    let strongest = (1..)
        .zip(&strengths)
        .max_by(|a: &(usize, &f64), b| a.1.total_cmp(b.1));
    if let Some((order, strength)) = strongest {
        claims.put(format!("{name}.strongest"), order.to_string())?;
        claims.put(format!("{name}.strongest.nats"), format::nats(*strength))?;
    }
    let sum = |from: usize, to: usize| {
        let orders = strengths.iter().skip(from - 1).take(to + 1 - from);
        format::nats(orders.sum())
    };
    claims.put(format!("{name}.nats"), sum(1, strengths.len()))?;
    claims.put(format!("{name}.order-1.nats"), sum(1, 1))?;
    claims.put(format!("{name}.orders-3-to-7.nats"), sum(3, 7))?;
    claims.put(format!("{name}.orders-8-to-10.nats"), sum(8, 10))
}
