//! Reads platform files.

use crate::Setup;
use dormouse_core::Design;
use dormouse_text::place::line_of;
use dormouse_text::{DAY_MS, FormError, nearest};
use serde::Deserialize;

use crate::platform::sections::{IdlePart, PricePart, SettingPart, SleepPart};
use crate::platform::setting::TIMEOUT;
use crate::platform::{Between, Platform, PlatformError, Shelf};

/// A platform file. Fields that it leaves out come from its base.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct File {
    base: Option<String>,
    name: Option<String>,
    title: Option<String>,
    about: Option<String>,
    currency: Option<String>,
    idle: IdlePart,
    sleep: SleepPart,
    price: PricePart,
    setting: SettingPart,
    world: toml::Table,
}

/// The platform that `text` describes, with the base that it names from `shelf`.
pub(crate) fn read(text: &str, origin: &str, shelf: &Shelf) -> Result<Platform, PlatformError> {
    let wrong = |line, problem: String, fix: String| -> PlatformError {
        FormError::File { origin: origin.to_owned(), line, problem, fix }.into()
    };
    let mut file: File = toml::from_str(text).map_err(|e| {
        let (problem, fix) = nearest::in_toml(&e, "docs/platforms.md shows the form");
        wrong(nearest::line_in_toml(&e, text).unwrap_or(1), problem, fix)
    })?;
    let base = match file.base.take() {
        None => None,
        Some(name) => Some(shelf.get(&name).map_err(|e| match e {
            PlatformError::Unknown { name, advice } => {
                wrong(line_of(text, &["base"]), format!("no platform is called {name:?}"), advice)
            }
            other => other,
        })?),
    };
    let missing = |field: String| {
        let fix = "write it, with unknown = true if it is not known, or name a base, like base = \"fly\"";
        wrong(1, format!("{field} is missing"), fix.to_owned())
    };
    let text_of = |own: Option<String>, base: Option<&String>, name: &str| {
        own.or_else(|| base.cloned()).ok_or_else(|| missing(name.to_owned()))
    };
    let mut world = base.map(|base| base.world.clone()).unwrap_or_default();
    world.extend(file.world);
    let platform = Platform {
        name: text_of(file.name, base.map(|base| &base.name), "name")?,
        title: text_of(file.title, base.map(|base| &base.title), "title")?,
        about: text_of(file.about, base.map(|base| &base.about), "about")?,
        currency: text_of(file.currency, base.map(|base| &base.currency), "currency")?,
        idle: file.idle.on(base.map(|base| &base.idle)).map_err(missing)?,
        sleep: file.sleep.on(base.map(|base| &base.sleep)).map_err(missing)?,
        price: file.price.on(base.map(|base| &base.price)).map_err(missing)?,
        setting: file.setting.on(base.map(|base| &base.setting)).map_err(missing)?,
        world,
    };
    if let Some((place, problem)) = platform.problem() {
        let [section, field] = place;
        return Err(wrong(
            line_of(text, &place),
            format!("{section}.{field} {problem}"),
            "mend it".to_owned(),
        ));
    }
    // Applying it here makes sure that every platform that was read can be simulated.
    platform.apply(&mut Setup::new(Design::Current)).map_err(|e| {
        let (problem, fix) = e.problem_and_fix();
        let path: Vec<&str> = std::iter::once("world").chain(e.name().split('.')).collect();
        wrong(line_of(text, &path), problem, fix)
    })?;
    Ok(platform)
}

/// The longest time that a platform may have: a hundred years, so that sums of times do not overflow.
const LONGEST_MS: u64 = 100 * 365 * DAY_MS;

impl Platform {
    /// The first value that no platform can have: its section and field, and what is wrong with it.
    fn problem(&self) -> Option<([&'static str; 2], &'static str)> {
        let Self { idle, sleep, price, setting, .. } = self;
        let bad_price =
            |price: &Between| !(price.low >= 0.0 && price.low <= price.high && price.high.is_finite());
        let prices = [
            ("running_per_hour", &price.running_per_hour),
            ("suspended_per_hour", &price.suspended_per_hour),
            ("per_wake", &price.per_wake),
        ];
        if let Some((field, _)) = prices.iter().find(|(_, price)| price.value().is_some_and(bad_price)) {
            return Some((
                ["price", field],
                "must be a price from 0 up, or two of which the first is not the higher",
            ));
        }
        let numbers = [("min", &setting.min), ("max", &setting.max), ("default", &setting.default)];
        let bad_number = |n: &f64| !(0.0..1e9).contains(n);
        if let Some((field, _)) = numbers.iter().find(|(_, number)| number.value().is_some_and(bad_number)) {
            return Some((["setting", field], "must be a number from 0 to 1e9"));
        }
        if setting.step.value().is_some_and(|&step| step <= 0.0 || bad_number(&step)) {
            return Some((["setting", "step"], "must be a number above 0, to 1e9"));
        }
        if let (Some(min), Some(max)) = (setting.min.value(), setting.max.value())
            && min > max
        {
            return Some((["setting", "max"], "is below min"));
        }
        if setting.paste.value().is_some_and(|paste| !paste.contains(TIMEOUT)) {
            return Some((["setting", "paste"], "does not say {timeout} where the number goes"));
        }
        let long = [
            (["idle", "check_ms"], &idle.check_ms),
            (["idle", "retention_ms"], &idle.retention_ms),
            (["price", "minimum_bill_ms"], &price.minimum_bill_ms),
        ];
        if let Some((place, _)) = long.iter().find(|(_, ms)| ms.value().is_some_and(|&ms| ms > LONGEST_MS)) {
            return Some((*place, "is longer than a hundred years"));
        }
        if idle.check_ms.value() == Some(&0) {
            return Some((["idle", "check_ms"], "must be above zero; 1 is at once"));
        }
        let latencies = [("suspend_ms", &sleep.suspend_ms), ("wake_ms", &sleep.wake_ms)];
        latencies.iter().find_map(|(field, latency)| Some((["sleep", *field], latency.value()?.problem()?)))
    }
}
