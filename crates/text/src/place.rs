//! Where in a TOML text a key stands.

use toml::de::DeTable;

/// The line, from 1, of the key at `path`, or of as much of the path as there is.
#[must_use]
pub fn line_of(text: &str, path: &[&str]) -> usize {
    let Ok(document) = DeTable::parse(text) else { return 1 };
    let (mut here, mut at) = (document.get_ref(), 0);
    for name in path {
        let Some((key, value)) = here.iter().find(|(key, _)| key.get_ref() == name) else { break };
        at = key.span().start;
        let Some(inner) = value.get_ref().as_table() else { break };
        here = inner;
    }
    1 + text[..at].matches('\n').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_found_however_its_table_is_written() {
        let text = "a = 1\n[set]\nb = 2\nfaults.lost_ack = 0.5\n[set.more]\nc = { d = 1 }\n";
        for (path, line) in [
            (&["a"][..], 1),
            (&["set", "b"], 3),
            (&["set", "faults", "lost_ack"], 4),
            (&["set", "more", "c", "d"], 6),
            (&["set", "nothing"], 2),
        ] {
            assert_eq!(line_of(text, path), line, "{path:?}");
        }
    }
}
