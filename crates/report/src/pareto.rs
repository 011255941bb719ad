//! Which rows are worth a look.

use dormouse_rows::Row;

/// For each of `rows` whether it is Pareto-efficient: no other row has at least its suspended time, at most its delayed
/// arrivals and at most its violations, one of the three strictly better. Equal rows are efficient together.
///
/// Suspended times are compared as totals, so the rows should share a horizon.
#[must_use]
pub fn pareto(rows: &[Row]) -> Vec<bool> {
    rows.iter().map(|row| !rows.iter().any(|other| dominates(other, row))).collect()
}

fn dominates(a: &Row, b: &Row) -> bool {
    let no_worse = a.suspended_ms >= b.suspended_ms && a.delayed <= b.delayed && a.violations <= b.violations;
    let better = a.suspended_ms > b.suspended_ms || a.delayed < b.delayed || a.violations < b.violations;
    no_worse && better
}
