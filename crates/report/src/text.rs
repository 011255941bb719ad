//! Makes text from outside safe to print.

/// `text` on one line. Each run of white space and control characters, which could move a terminal's cursor, becomes a
/// single space.
pub(crate) fn one_line(text: &str) -> String {
    let visible = |c: char| if c.is_control() { ' ' } else { c };
    let mapped: String = text.chars().map(visible).collect();
    mapped.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::one_line;

    #[test]
    fn control_characters_and_line_breaks_become_spaces() {
        assert_eq!(one_line(" a\n\tb\u{1b}[2J c\u{0}"), "a b [2J c");
    }
}
