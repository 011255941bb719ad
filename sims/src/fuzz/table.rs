//! Designs × classes: machine-days until each class is first found.

use std::fmt::Write as _;
use std::ops::Range;

use dormouse_core::Design;
use dormouse_scenario::search::{Profile, Search};
use dormouse_sim::rows::Class;

use super::{days, run};

/// A Markdown table with a row per design and a column per class; every design plays the same trials. An empty
/// cell: not found.
pub(super) fn table(profile: Profile, seeds: Range<u64>) -> String {
    let names: Vec<&str> = Class::ALL.into_iter().map(Class::name).collect();
    let mut text = format!("| {profile} | {} | machine-days |\n", names.join(" | "));
    text += &format!("|---|{}\n", "--:|".repeat(Class::ALL.len() + 1));
    for design in Design::ALL {
        let report = run(&Search { design, profile }, seeds.start, seeds.end - seeds.start);
        let cell = |class| {
            let first = report.found(class).first.first();
            first.map_or(String::new(), |first| format!("{:.1}", days(first.after_ms)))
        };
        let cells: Vec<String> = Class::ALL.into_iter().map(cell).collect();
        // Writing to a String cannot fail.
        let _ = writeln!(text, "| {design} | {} | {:.0} |", cells.join(" | "), days(report.machine_ms));
    }
    text
}
