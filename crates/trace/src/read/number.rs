//! Exact parsing of numbers, without floating point.

use crate::MAX_MS;

/// Why a field is not a number of ms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotMs {
    /// It has a minus sign.
    Negative,
    /// It is NaN or infinity.
    NotFinite,
    /// It has a fraction, and the column holds whole ms.
    Fraction,
    /// It exceeds [`MAX_MS`].
    TooLarge,
    /// It is not a number.
    NotANumber,
}

/// Parses a whole number of ms.
pub(crate) fn whole_ms(field: &[u8]) -> Result<u64, NotMs> {
    // Every number of up to 16 digits fits, so the common case needs only one check at the end.
    if field.is_empty() || field.len() > 16 || !field.iter().all(u8::is_ascii_digit) {
        return Err(match decimal(field, 0)? {
            Decimal { inexact: true, .. } => NotMs::Fraction,
            // `1e3`, `+5`, `7.0` and 20 digits are whole numbers, but not in the format of this column.
            _ if field.contains(&b'.') => NotMs::Fraction,
            Decimal { units, .. } if units > MAX_MS => NotMs::TooLarge,
            _ => NotMs::NotANumber,
        });
    }
    let ms = field.iter().fold(0, |ms, &digit| ms * 10 + u64::from(digit - b'0'));
    if ms > MAX_MS { Err(NotMs::TooLarge) } else { Ok(ms) }
}

/// Parses decimal seconds into ms, rounded to nearest, halves up. The result is exact: the decimal point is
/// moved, no floating point is involved.
pub(crate) fn seconds_as_ms(field: &[u8]) -> Result<u64, NotMs> {
    if let Some(ms) = plain_seconds_as_ms(field) {
        return Ok(ms);
    }
    let Decimal { units, round_up, .. } = decimal(field, 3)?;
    let ms = units + u64::from(round_up);
    if ms > MAX_MS { Err(NotMs::TooLarge) } else { Ok(ms) }
}

/// Fast path for the common case: a few digits, at most three of them after the point. `None` means: use the
/// general parser.
fn plain_seconds_as_ms(field: &[u8]) -> Option<u64> {
    if field.len() > 12 || !field.first()?.is_ascii_digit() {
        return None;
    }
    let (mut ms, mut decimals) = (0, None);
    for &byte in field {
        match (byte, &mut decimals) {
            (b'0'..=b'9', places) => {
                ms = ms * 10 + u64::from(byte - b'0');
                *places = places.map(|places| places + 1);
            }
            (b'.', None) => decimals = Some(0u32),
            _ => return None,
        }
    }
    Some(ms * 10u64.pow(3u32.checked_sub(decimals.unwrap_or(0))?))
}

/// The digits at the start of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Digits<'t> {
    /// Their value: below 10^15, and so below [`MAX_MS`]; 0 if there are none.
    pub(super) value: u64,
    /// How many there are: 15 at most.
    pub(super) count: usize,
    /// What comes after them.
    pub(super) rest: &'t [u8],
}

/// Parses the digits at the start of `text`, eight at a time. `None` if there are more than 15: then the general
/// parser decides. At least eight bytes must follow the digits, or it may be `None` too.
#[inline]
pub(super) fn leading_digits(text: &[u8]) -> Option<Digits<'_>> {
    let (value, count) = up_to_eight(text.first_chunk()?);
    if count < 8 {
        return Some(Digits { value, count, rest: &text[count..] });
    }
    let (more, after) = up_to_eight(text[8..].first_chunk()?);
    let scale = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000].get(after)?;
    let count = 8 + after;
    Some(Digits { value: value * scale + more, count, rest: &text[count..] })
}

/// The value of the digits at the start of these eight bytes, and how many there are. All bytes are treated at once, as
/// parts of one word whose lowest byte is the first.
#[inline]
fn up_to_eight(bytes: &[u8; 8]) -> (u64, usize) {
    const EACH: u64 = 0x0101_0101_0101_0101;
    // Digits become 0 to 9, all other bytes more.
    let word = u64::from_le_bytes(*bytes) ^ (EACH * 0x30);
    // The highest bit of a byte is set if it is more than 9. A carry reaches only bytes after the first of these.
    let others = (word.wrapping_add(EACH * (0x80 - 10)) | word) & (EACH * 0x80);
    let count = others.trailing_zeros() / 8;
    // The digits move to the end of the word, with zeros before them.
    let digits = word.checked_shl(64 - 8 * count).unwrap_or(0);
    // Neighbours become numbers of two digits, these of four, and these of eight.
    let pairs = digits.wrapping_mul(10).wrapping_add(digits >> 8);
    let (first, second) = (pairs & 0xff_0000_00ff, (pairs >> 16) & 0xff_0000_00ff);
    let value =
        first.wrapping_mul(100 + (1_000_000 << 32)).wrapping_add(second.wrapping_mul(1 + (10_000 << 32)));
    (value >> 32, count as usize)
}

struct Decimal {
    /// The value in units of 10^-places, truncated. Above [`MAX_MS`] it only means "too large".
    units: u64,
    /// Whether the truncated part is at least a half.
    round_up: bool,
    /// Whether the truncated part is not zero.
    inexact: bool,
}

/// Parses `digits [. digits] [e [sign] digits]`, at least one digit before the exponent.
fn decimal(field: &[u8], places: i64) -> Result<Decimal, NotMs> {
    let (negative, unsigned) = match field {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, field),
    };
    if [&b"nan"[..], b"inf", b"infinity"].iter().any(|word| unsigned.eq_ignore_ascii_case(word)) {
        return Err(NotMs::NotFinite);
    }
    let (mantissa, exponent) = match unsigned.iter().position(|byte| matches!(byte, b'e' | b'E')) {
        Some(place) => (&unsigned[..place], exponent(&unsigned[place + 1..])?),
        None => (unsigned, 0),
    };
    let (whole, fraction) = match mantissa.iter().position(|&byte| byte == b'.') {
        Some(place) => (&mantissa[..place], &mantissa[place + 1..]),
        None => (mantissa, &[][..]),
    };
    if whole.is_empty() && fraction.is_empty() {
        return Err(NotMs::NotANumber);
    }
    let mut before_point = whole.len() as i64 + exponent + places;
    let mut value = Decimal { units: 0, round_up: false, inexact: false };
    if before_point < 0 {
        before_point = -1; // whatever comes is smaller than a tenth of a unit
    }
    for (&digit, place) in whole.iter().chain(fraction).zip(0i64..) {
        if !digit.is_ascii_digit() {
            return Err(NotMs::NotANumber);
        }
        let digit = u64::from(digit - b'0');
        if place < before_point {
            value.units = (value.units * 10 + digit).min(MAX_MS + 1);
        } else {
            value.round_up |= place == before_point && digit >= 5;
            value.inexact |= digit > 0;
        }
    }
    let missing = before_point - (whole.len() + fraction.len()) as i64;
    for _ in 0..missing.clamp(0, 20) {
        value.units = (value.units * 10).min(MAX_MS + 1);
    }
    if negative && (value.units > 0 || value.inexact) { Err(NotMs::Negative) } else { Ok(value) }
}

fn exponent(digits: &[u8]) -> Result<i64, NotMs> {
    let (sign, digits) = match digits {
        [b'-', rest @ ..] => (-1, rest),
        [b'+', rest @ ..] => (1, rest),
        _ => (1, digits),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return Err(NotMs::NotANumber);
    }
    // No field is a million characters long, so larger exponents have the same effect.
    Ok(sign * digits.iter().fold(0, |value, &digit| (value * 10 + i64::from(digit - b'0')).min(1_000_000)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn seconds_round_half_up_and_exactly() {
        for (text, ms) in [
            ("0", 0),
            ("1", 1_000),
            ("1.", 1_000),
            (".5", 500),
            ("+2.5", 2_500),
            ("0.0004", 0),
            ("0.0005", 1),
            ("0.00049999999999999999999", 0),
            ("1.0015", 1_002), // 1.0015 as a double is below 1.0015
            ("9.9995", 10_000),
            ("1e3", 1_000_000),
            ("1.5E-1", 150),
            ("5e-4", 1),
            ("4.9e-4", 0),
            ("99e-9", 0),
            ("-0", 0),
            ("0e999999999999", 0),
            ("1125899906842.624", MAX_MS),
        ] {
            assert_eq!(seconds_as_ms(text.as_bytes()), Ok(ms), "{text}");
        }
    }

    #[test]
    fn an_invalid_time_is_refused_with_its_reason() {
        for (text, why) in [
            ("", NotMs::NotANumber),
            (".", NotMs::NotANumber),
            ("e3", NotMs::NotANumber),
            ("1e", NotMs::NotANumber),
            ("1.2.3", NotMs::NotANumber),
            ("12h", NotMs::NotANumber),
            ("-1", NotMs::Negative),
            ("-0.0001", NotMs::Negative),
            ("nan", NotMs::NotFinite),
            ("-Infinity", NotMs::NotFinite),
            ("1e400", NotMs::TooLarge),
            ("1125899906842.6245", NotMs::TooLarge),
            ("99999999999999999999999999", NotMs::TooLarge),
        ] {
            assert_eq!(seconds_as_ms(text.as_bytes()), Err(why), "{text}");
        }
    }

    #[test]
    fn whole_ms_are_digits_and_nothing_else() {
        assert_eq!(whole_ms(b"0"), Ok(0));
        assert_eq!(whole_ms(b"1125899906842624"), Ok(MAX_MS));
        for (text, why) in [
            ("", NotMs::NotANumber),
            ("1125899906842625", NotMs::TooLarge),
            ("18446744073709551616", NotMs::TooLarge),
            ("1.5", NotMs::Fraction),
            ("1.0", NotMs::Fraction),
            ("1e3", NotMs::NotANumber),
            ("-3", NotMs::Negative),
            ("inf", NotMs::NotFinite),
        ] {
            assert_eq!(whole_ms(text.as_bytes()), Err(why), "{text}");
        }
    }

    proptest! {
        #[test]
        fn ms_survive_being_written_as_seconds(ms in 0..=MAX_MS) {
            let text = format!("{}.{:03}", ms / 1000, ms % 1000);
            prop_assert_eq!(seconds_as_ms(text.as_bytes()), Ok(ms));
        }

        #[test]
        fn the_fast_way_and_the_careful_way_agree(text in "[0-9]{1,6}([.][0-9]{0,3})?") {
            let careful = decimal(text.as_bytes(), 3).map(|value| value.units);
            prop_assert_eq!(Ok(plain_seconds_as_ms(text.as_bytes()).unwrap()), careful);
        }

        #[test]
        fn eight_digits_at_a_time_are_the_same_number(digits in "[0-9]{0,15}", after in "[^0-9][ -~]{8}") {
            let text = format!("{digits}{after}");
            let found = leading_digits(text.as_bytes()).unwrap();
            prop_assert_eq!(found.value, digits.parse().unwrap_or(0));
            prop_assert_eq!((found.count, found.rest), (digits.len(), after.as_bytes()));
        }

        #[test]
        fn more_than_fifteen_digits_are_left_to_the_general_parser(digits in "[0-9]{16,40}") {
            prop_assert_eq!(leading_digits(digits.as_bytes()), None);
        }

        #[test]
        fn no_bytes_make_it_panic(field in prop::collection::vec(any::<u8>(), 0..40)) {
            let _ = (whole_ms(&field), seconds_as_ms(&field), leading_digits(&field));
        }
    }
}
