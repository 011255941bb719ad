//! "did you mean …?"

/// Advice for an unknown name: the nearest known one, or all of them when none is near.
///
/// Nearness is the Damerau–Levenshtein distance; a name is near when at most a third of its letters (and at
/// least one) differ, or when one begins with all of the other (of three letters and more).
pub fn advice<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    match nearest(given, &known) {
        Some(name) => format!("did you mean `{name}`?"),
        None => format!("known: {}", known.join(", ")),
    }
}

/// The nearest of the known names, if any is near; the first of equals.
pub fn nearest<'a>(given: &str, known: &[&'a str]) -> Option<&'a str> {
    known
        .iter()
        .map(|&name| (strsim::damerau_levenshtein(&given.to_lowercase(), name), name))
        .filter(|&(distance, name)| {
            let begins =
                given.len() >= 3 && name.len() >= 3 && (name.starts_with(given) || given.starts_with(name));
            begins || distance <= (name.chars().count() / 3).max(1)
        })
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, name)| name)
}

/// What a TOML reader found, as a problem and a fix; the nearest known name where it found an unknown one, else `otherwise` is
/// the fix.
pub fn in_toml(error: &toml::de::Error, otherwise: &str) -> (String, String) {
    let message = error.message();
    let mut quoted = message.split('`').skip(1).step_by(2);
    match quoted.next() {
        Some(given) if message.starts_with("unknown field") => {
            (format!("unknown key `{}`", given.escape_debug()), advice(given, quoted))
        }
        Some(given) if message.starts_with("unknown variant") => {
            (format!("unknown name `{}`", given.escape_debug()), advice(given, quoted))
        }
        _ => (message.trim().replace('\n', " "), otherwise.to_owned()),
    }
}

/// The line, from 1, on which `text` has what the reader complains about; `None` where it does not say.
pub fn line_in_toml(error: &toml::de::Error, text: &str) -> Option<usize> {
    let before = text.get(..error.span()?.start)?;
    Some(1 + before.matches('\n').count())
}
