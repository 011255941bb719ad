//! `sims platforms`: lists, shows and compares platforms.

use std::fmt::Write as _;

use clap::Args;
use comfy_table::{ContentArrangement, Table, presets};
use dormouse_sim::platform::{Between, Confidence, FieldLine, Platform, Shelf};
use dormouse_sim::{Latency, World};

use crate::{output, shelf};

/// Arguments of `sims platforms`.
#[derive(Args)]
pub(crate) struct PlatformsArgs {
    /// Show every field of these platforms, with its source: a name, or a .toml file. Without a name: list all.
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// Show the fields of several platforms side by side, without sources; without a name, all platforms.
    #[arg(long)]
    compare: bool,
}

/// Prints what is known about platforms.
///
/// # Errors
/// When a name is not that of a platform, or a file does not describe one.
pub(crate) fn platforms(args: &PlatformsArgs) -> anyhow::Result<()> {
    let shelf = shelf::shelf()?;
    let named =
        args.names.iter().map(|name| shelf::find(&shelf, name)).collect::<anyhow::Result<Vec<_>>>()?;
    let platforms = if named.is_empty() { shelf.all() } else { &named };
    output::print(&if args.compare {
        comparison(platforms)
    } else if named.is_empty() {
        list(platforms, &shelf)
    } else {
        platforms.iter().map(|platform| full(platform, &shelf)).collect::<Vec<_>>().join("\n")
    })
}

/// The list: one line for each platform.
fn list(platforms: &[Platform], shelf: &Shelf) -> String {
    let head = [
        "platform",
        "clock starts at",
        "default",
        "from",
        "to",
        "suspend",
        "wake",
        "awake/h",
        "asleep/h",
        "break-even",
        "unknown",
    ];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    rows.extend(platforms.iter().map(|platform| {
        let value = |name: &str| value_of(platform, name);
        let with_unit = |name: &str| match (value(name), platform.setting.unit.value()) {
            (number, Some(unit)) if number.parse::<f64>().is_ok() => format!("{number} {}", unit.name()),
            (other, _) => other,
        };
        vec![
            platform.name.clone(),
            value("idle.starts"),
            with_unit("setting.default"),
            with_unit("setting.min"),
            with_unit("setting.max"),
            seconds(platform.sleep.suspend_ms.value().map(Latency::mean_ms)),
            seconds(platform.sleep.wake_ms.value().map(Latency::mean_ms)),
            value("price.running_per_hour"),
            value("price.suspended_per_hour"),
            break_even(platform, shelf),
            platform.unknowns().to_string(),
        ]
    }));
    let mut text = columns(&rows);
    text += "\nPrices are for one small size; `sims platforms NAME` says which, and who says so. break-even: the gap from which sleeping\n\
             saves money. unknown: too many fields to tell.\n";
    text
}

/// Every field of one platform, with its source.
fn full(platform: &Platform, shelf: &Shelf) -> String {
    let mut text = format!("{} ({})\n{}\n\n", platform.title, platform.name, platform.about.trim_end());
    let mut rows = vec![["field", "value", "confidence", "date", "source"].map(str::to_owned).to_vec()];
    rows.extend(platform.lines().into_iter().filter(|line| line.name != "setting.paste").map(|line| {
        let confidence =
            line.confidence.map_or("-".to_owned(), |confidence: Confidence| confidence.to_string());
        vec![line.name, line.value, confidence, line.date, line.source]
    }));
    text += &columns(&rows);
    // Writing to a String cannot fail.
    let _ = writeln!(text, "\nbreak-even: {}", break_even(platform, shelf));
    if let Some(paste) = platform.setting.paste.value() {
        let _ = writeln!(text, "\nto paste:\n\n{}", paste.trim_end());
    }
    text
}

/// The fields of all `platforms` side by side.
fn comparison(platforms: &[Platform]) -> String {
    let mut rows = vec![vec!["field".to_owned()]];
    rows[0].extend(platforms.iter().map(|platform| platform.name.clone()));
    let lines: Vec<Vec<FieldLine>> = platforms.iter().map(Platform::lines).collect();
    let wordy = ["idle.activity", "price.size", "setting.paste", "setting.never"];
    for (i, first) in lines.first().into_iter().flatten().enumerate() {
        if wordy.contains(&first.name.as_str()) {
            continue;
        }
        let mut row = vec![first.name.clone()];
        row.extend(lines.iter().map(|lines| lines[i].value.clone()));
        rows.push(row);
    }
    columns(&rows)
}

fn value_of(platform: &Platform, name: &str) -> String {
    platform.lines().into_iter().find(|line| line.name == name).map(|line| line.value).unwrap_or_default()
}

/// Formats a duration in ms as seconds.
fn seconds(ms: Option<f64>) -> String {
    ms.map_or_else(|| "unknown".to_owned(), |ms| format!("{} s", (ms / 10.0).round() / 100.0))
}

/// The gap from which sleeping saves money: one time, or a range.
fn break_even(platform: &Platform, shelf: &Shelf) -> String {
    let prices = platform.prices(shelf);
    if prices.rho_per_hour().high <= 0.0 {
        return "never".to_owned();
    }
    let Between { low, high } = prices.break_even_ms(platform.overhead_ms(quiesce_ms()));
    match (low > 0.0, high.is_finite()) {
        (false, false) => "unknown".to_owned(),
        (true, false) => format!("{} or more", seconds(Some(low))),
        _ if low == high => seconds(Some(low)),
        _ => format!("{} to {}", seconds(Some(low)), seconds(Some(high))),
    }
}

/// Mean duration of a quiesce of today's watcher, in ms: the ack, the close and the lever call.
fn quiesce_ms() -> f64 {
    let World { going_idle_rtt_ms, close_ms, lever_call_ms, .. } = World::default();
    going_idle_rtt_ms as f64 + close_ms as f64 + lever_call_ms.mean_ms()
}

/// Aligns columns, each as wide as its widest value, with two spaces between them.
fn columns(rows: &[Vec<String>]) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled).add_rows(rows);
    table.column_iter_mut().for_each(|column| {
        column.set_padding((0, 2));
    });
    table.lines().map(|line| line.trim_end().to_owned() + "\n").collect()
}
