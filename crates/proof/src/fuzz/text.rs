//! Bytes as text, and the required form of errors.

use std::fmt::Display;

/// The bytes as text; `None` if they are not UTF-8, which never reaches a text parser.
pub(super) fn text(data: &[u8]) -> Option<&str> {
    str::from_utf8(data).ok()
}

/// Asserts that an error is one non-empty line.
pub(super) fn assert_one_line(error: &impl Display) {
    let message = error.to_string();
    assert!(!message.trim().is_empty(), "an error says nothing");
    assert!(!message.contains('\n'), "an error has more than one line: {message:?}");
}
