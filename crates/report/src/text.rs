//! Text from outside, made safe to print.

/// `text` on one line: white space and control characters, which could move a terminal's cursor, become single spaces.
pub(crate) fn one_line(text: &str) -> String {
    let visible = |c: char| if c.is_control() { ' ' } else { c };
    let mapped: String = text.chars().map(visible).collect();
    mapped.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::one_line;

    #[test]
    fn nothing_invisible_is_left() {
        assert_eq!(one_line(" a\n\tb\u{1b}[2J c\u{0}"), "a b [2J c");
    }
}
