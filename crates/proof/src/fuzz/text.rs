//! Bytes as text, and what an error must look like.

use std::fmt::Display;

/// The text, or nothing to do: what is not UTF-8 never reaches a parser of texts.
pub(super) fn text(data: &[u8]) -> Option<&str> {
    str::from_utf8(data).ok()
}

/// An error is one line, and says something.
pub(super) fn assert_one_line(error: &impl Display) {
    let message = error.to_string();
    assert!(!message.trim().is_empty(), "an error says nothing");
    assert!(!message.contains('\n'), "an error has more than one line: {message:?}");
}
