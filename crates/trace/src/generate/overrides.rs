//! `key=value` overrides of a specification.

/// Sets one key of a table; creates missing tables along the path.
pub(super) fn set(table: &mut toml::Table, key: &str, value: &str) -> Result<(), (String, String)> {
    let value = toml::from_str::<toml::Table>(&format!("value = {value}"))
        .ok()
        .filter(|parsed| parsed.len() == 1)
        .and_then(|mut parsed| parsed.remove("value"))
        .unwrap_or_else(|| toml::Value::String(value.to_owned()));
    let mut names: Vec<&str> = key.split('.').collect();
    let last = names.pop().filter(|last| !last.is_empty());
    let Some(last) = last else {
        return Err(("the key is empty".to_owned(), "write KEY=VALUE".to_owned()));
    };
    let mut names = names.into_iter();
    let mut here = table;
    while let Some(name) = names.next() {
        let inner = here.entry(name).or_insert_with(|| toml::Value::Table(toml::Table::new()));
        here = match inner {
            toml::Value::Table(inner) => inner,
            toml::Value::Array(list) => {
                let place = names.next().unwrap_or(last);
                let known: Vec<String> = list.iter().enumerate().map(|(n, item)| name_of(n, item)).collect();
                let found = place.parse().ok().or_else(|| known.iter().position(|name| name == place));
                match found.and_then(|n: usize| list.get_mut(n)) {
                    Some(toml::Value::Table(inner)) => inner,
                    _ => {
                        let advice = dormouse_text::nearest::advice(place, known.iter().map(String::as_str));
                        return Err((format!("`{name}` has no `{place}`"), advice));
                    }
                }
            }
            _ => {
                return Err((
                    format!("`{name}` is a value and holds no `{last}`"),
                    "shorten the key".to_owned(),
                ));
            }
        };
    }
    here.insert(last.to_owned(), value);
    Ok(())
}

fn name_of(place: usize, item: &toml::Value) -> String {
    item.get("name").and_then(toml::Value::as_str).map_or_else(|| place.to_string(), str::to_owned)
}
