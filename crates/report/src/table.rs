//! Rows as a text table.

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use dormouse_rows::{Class, Row};

use crate::text::one_line;
use crate::{Mark, findings, numbers, pareto};

/// Options of [`table()`].
#[derive(Debug, Clone, Copy, Default)]
pub struct TableOptions<'a> {
    /// Emphasise rows with ANSI escapes. For terminals, not for files.
    pub colour: bool,
    /// Timeouts whose rows get a label.
    pub marks: &'a [Mark],
    /// The width to fit into, in characters; `None` means 140. If the classes of missed work do not fit next to the
    /// other columns, they move to a second table below.
    pub width: Option<u16>,
}

/// Formats `rows` as aligned text: a header with units, one line per row in the order given, and a legend. The text ends
/// with a newline.
///
/// A class of missed work is shown only if it occurs; trace, watcher and platform are shown only if they differ between
/// rows. `*` marks [Pareto-efficient](pareto()) rows, `>` the row that [`findings()`] recommends.
#[must_use]
pub fn table(rows: &[Row], options: &TableOptions<'_>) -> String {
    if rows.is_empty() {
        return "no rows\n".into();
    }
    let classes: Vec<Class> =
        Class::ALL.into_iter().filter(|&c| rows.iter().any(|r| r.class(c) > 0)).collect();
    let recommended = findings(rows, options.marks).recommended;
    let efficient = pareto(rows);
    let keys = keys(rows, options.marks, &efficient, recommended);
    let (main, missed) = (measures(), missed_work(&classes));
    let emphasis =
        |text: String| if options.colour { emphasised(&text, &efficient, recommended) } else { text };

    let together = render(rows, &[&keys, &main, &missed]);
    let width = usize::from(options.width.unwrap_or(140));
    let mut out = if classes.is_empty() || columns(&together) <= width {
        emphasis(together)
    } else {
        let apart = emphasis(render(rows, &[&keys, &main, &missed[..1]]));
        format!("{apart}\nMissed work by class\n{}", emphasis(render(rows, &[&keys, &missed])))
    };
    out.push('\n');
    out.push_str(&legend(rows, &efficient, recommended));
    out
}

/// A column: its header, and the text of its cell in the `i`th row.
struct Column<'a> {
    header: String,
    left: bool,
    cell: Cell<'a>,
}

type Cell<'a> = Box<dyn Fn(usize, &Row) -> String + 'a>;

fn column<'a>(header: impl Into<String>, cell: impl Fn(&Row) -> String + 'a) -> Column<'a> {
    Column { header: header.into(), left: false, cell: Box::new(move |_, row| cell(row)) }
}

fn keys<'a>(
    rows: &[Row],
    marks: &'a [Mark],
    efficient: &'a [bool],
    recommended: Option<usize>,
) -> Vec<Column<'a>> {
    let mut keys = vec![Column {
        header: String::new(),
        left: true,
        cell: Box::new(move |i, _| {
            let star = if efficient.get(i) == Some(&true) { '*' } else { ' ' };
            let arrow = if recommended == Some(i) { '>' } else { ' ' };
            format!("{arrow}{star}")
        }),
    }];
    let texts: [fn(&Row) -> &str; 3] = [|r| &r.trace, |r| &r.watcher, |r| &r.platform];
    for (header, text) in ["trace", "watcher", "platform"].into_iter().zip(texts) {
        if rows.iter().any(|row| text(row) != text(&rows[0])) {
            keys.push(Column {
                header: header.into(),
                left: true,
                cell: Box::new(move |_, row| one_line(text(row))),
            });
        }
    }
    keys.push(column("idle\ntimeout\nmin", |r| numbers::minutes(r.idle_timeout_minutes)));
    if marks.iter().any(|mark| rows.iter().any(|row| mark.is_at(row))) {
        keys.push(Column {
            header: String::new(),
            left: true,
            cell: Box::new(|_, row| {
                let labels: Vec<&str> =
                    marks.iter().filter(|mark| mark.is_at(row)).map(|mark| mark.label.as_str()).collect();
                one_line(&labels.join(", "))
            }),
        });
    }
    keys
}

fn measures<'a>() -> Vec<Column<'a>> {
    vec![
        column("asleep\n%", |r| numbers::fixed(100.0 * r.suspended_share(), 1)),
        column("asleep\nmin", |r| numbers::fixed(r.suspend_minutes, 1)),
        column("of\noracle\n%", |r| match r.oracle_suspended_ms {
            0 => "–".into(),
            oracle => numbers::fixed(100.0 * r.suspended_ms as f64 / oracle as f64, 1),
        }),
        column("suspends", |r| numbers::grouped(r.suspends)),
        column("wakes\na day", |r| numbers::fixed(r.per_day(r.wakes), 1)),
        column("short\nsleeps", |r| numbers::grouped(r.short_sleeps)),
        column("delayed\nmessages", |r| numbers::grouped(r.delayed)),
        column("delay\np50\ns", |r| numbers::seconds(r.delay_ms_p50)),
        column("delay\np95\ns", |r| numbers::seconds(r.delay_ms_p95)),
        column("delay\np99\ns", |r| numbers::seconds(r.delay_ms_p99)),
        column("delay\nmax\ns", |r| numbers::seconds(r.delay_ms_max)),
        column("late", |r| numbers::grouped(r.late)),
    ]
}

fn missed_work<'a>(classes: &[Class]) -> Vec<Column<'a>> {
    let total = column("missed\nwork", |r| numbers::grouped(r.violations));
    let each = classes
        .iter()
        .map(|&class| column(class.name().replace('-', "-\n"), move |r| numbers::grouped(r.class(class))));
    std::iter::once(total).chain(each).collect()
}

fn render(rows: &[Row], groups: &[&[Column<'_>]]) -> String {
    let all: Vec<&Column<'_>> = groups.iter().flat_map(|group| group.iter()).collect();
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    let height = all.iter().map(|c| c.header.lines().count()).max().unwrap_or(0);
    // Pad short headers at the top, so that all of them end just above the rule.
    let padded = |c: &&Column<'_>| "\n".repeat(height - c.header.lines().count().min(height)) + &c.header;
    table.set_header(all.iter().map(padded));
    for (i, row) in rows.iter().enumerate() {
        table.add_row(all.iter().map(|c| (c.cell)(i, row)));
    }
    for (i, column) in all.iter().enumerate() {
        if let Some(shown) = table.column_mut(i) {
            shown.set_padding((u16::from(i > 0), 0));
            shown.set_cell_alignment(if column.left { CellAlignment::Left } else { CellAlignment::Right });
        }
    }
    let mut lines: Vec<String> = table.lines().map(|line| line.trim_end().to_owned()).collect();
    let widest = lines.iter().map(|line| line.chars().count()).max().unwrap_or(0);
    // The style leaves a blank line below the header. Draw the rule there.
    if let Some(rule) = lines.get_mut(height) {
        *rule = "-".repeat(widest);
    }
    lines.join("\n") + "\n"
}

/// The length of the longest line of `text`, in characters.
fn columns(text: &str) -> usize {
    text.lines().map(|line| line.chars().count()).max().unwrap_or(0)
}

/// Adds ANSI escapes: efficient rows are bold, the recommended row is bold and green, the header is dim. The rows are the
/// last lines of `text`.
fn emphasised(text: &str, efficient: &[bool], recommended: Option<usize>) -> String {
    let header = text.lines().count().saturating_sub(efficient.len());
    let mut out = String::new();
    for (i, line) in text.lines().enumerate() {
        let row = i.checked_sub(header);
        let style = match row {
            Some(row) if recommended == Some(row) => "\x1b[1;32m",
            Some(row) if efficient.get(row) == Some(&true) => "\x1b[1m",
            Some(_) => "",
            None => "\x1b[2m",
        };
        out.push_str(style);
        out.push_str(line);
        out.push_str(if style.is_empty() { "\n" } else { "\x1b[0m\n" });
    }
    out
}

fn legend(rows: &[Row], efficient: &[bool], recommended: Option<usize>) -> String {
    let mut parts = Vec::new();
    if efficient.contains(&true) {
        parts.push("* efficient: no other row sleeps as much with as few delays and as little missed work");
    }
    if recommended.is_some() {
        parts.push("> recommended");
    }
    if rows.iter().any(|r| r.oracle_suspended_ms > 0) {
        parts.push("oracle: what a clairvoyant could have slept");
    }
    parts.push("a day: per instance");
    let mut out = String::new();
    for part in parts {
        out.push_str(part);
        out.push('\n');
    }
    out
}
