//! Pareto-efficient rows.

use dormouse_rows::Row;

/// For each of `rows`, whether it is Pareto-efficient: no other row is at least as good in suspended time, delayed arrivals
/// and violations, and strictly better in one of them. Equal rows are all efficient or all not.
///
/// Suspended times are compared as totals, so the rows should have the same horizon.
#[must_use]
pub fn pareto(rows: &[Row]) -> Vec<bool> {
    rows.iter().map(|row| !rows.iter().any(|other| dominates(other, row))).collect()
}

fn dominates(a: &Row, b: &Row) -> bool {
    let no_worse = a.suspended_ms >= b.suspended_ms && a.delayed <= b.delayed && a.violations <= b.violations;
    let better = a.suspended_ms > b.suspended_ms || a.delayed < b.delayed || a.violations < b.violations;
    no_worse && better
}
