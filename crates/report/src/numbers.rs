//! Number formats, shared by tables, texts and pictures.

/// An integer with a comma between thousands: `12,345`.
#[must_use]
pub fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `value` with `decimals` digits after the point and a comma between thousands. What rounds to zero has no sign; what is
/// not finite is a dash, `–`.
#[must_use]
pub fn fixed(value: f64, decimals: usize) -> String {
    if !value.is_finite() {
        return "–".into();
    }
    let text = format!("{:.decimals$}", value.abs());
    let (whole, fraction) = text.split_once('.').map_or((text.as_str(), ""), |(w, f)| (w, f));
    let whole = whole.parse().map_or_else(|_| whole.to_owned(), grouped);
    let is_zero = text.bytes().all(|b| matches!(b, b'0' | b'.'));
    let sign = if value < 0.0 && !is_zero { "-" } else { "" };
    if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

/// As [`fixed`], without trailing zeros after the point: `0.5`, `2`, `1,440`.
#[must_use]
pub fn short(value: f64, decimals: usize) -> String {
    let text = fixed(value, decimals);
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// A number for a sentence: at most two decimals below 10, one below 1,000, none above: `0.25`, `31.4`, `1,204`.
#[must_use]
pub fn plain(value: f64) -> String {
    match value.abs() {
        a if a >= 1000.0 => short(value, 0),
        a if a >= 10.0 => short(value, 1),
        _ => short(value, 2),
    }
}

/// Minutes, with at most four decimals (6 ms): `0.5`, `2`, `1.0001`.
#[must_use]
pub fn minutes(value: f64) -> String {
    short(value, 4)
}

/// Milliseconds as seconds, with at most two decimals below 10 s, else one: `0.43`, `2.1`, `61.5`.
#[must_use]
pub fn seconds(ms: u64) -> String {
    if ms < 10_000 { short(ms as f64 / 1000.0, 2) } else { short(ms as f64 / 1000.0, 1) }
}

/// A count with its noun, in the singular or plural: `1 row`, `2 rows`.
#[must_use]
pub fn counted(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(n), if n == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_examples_hold() {
        assert_eq!([0, 999, 1000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!(grouped(u64::MAX), "18,446,744,073,709,551,615");
        assert_eq!([0.5, 2.0, 1440.0, 100.0, 0.00004].map(minutes), ["0.5", "2", "1,440", "100", "0"]);
        assert_eq!([-0.001, -12.34, 1234.56].map(|v| fixed(v, 1)), ["0.0", "-12.3", "1,234.6"]);
        assert_eq!([0.254, 31.44, 1204.4].map(plain), ["0.25", "31.4", "1,204"]);
        assert_eq!([0, 430, 2100, 61_540].map(seconds), ["0", "0.43", "2.1", "61.5"]);
        assert_eq!(fixed(f64::NAN, 2), "–");
        assert_eq!(fixed(1e300, 0).len(), 301);
    }
}
