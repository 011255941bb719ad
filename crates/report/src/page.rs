//! The page: `README.md`.

use std::fmt::Write as _;

use dormouse_sim::rows::SCHEMA_VERSION;

use crate::pictures::Picture;
use crate::text::one_line;
use crate::{Report, TableOptions, findings, table};

/// The text of the page. The first line is the command.
pub(crate) fn page(report: &Report<'_>, pictures: &[Picture<'_>]) -> String {
    let mut out = format!("{}\n\n# {}\n\n", code(report.command), one_line(report.title));
    let _ = writeln!(out, "{}", findings(report.rows, report.marks));
    for picture in pictures {
        let _ = write!(
            out,
            "\n## {}\n\n{}\n\n![{}]({}.svg)\n",
            picture.title, picture.caption, picture.title, picture.name
        );
    }
    if !report.notes.is_empty() {
        out.push_str("\n## Notes\n\n");
        for note in report.notes {
            let _ = writeln!(out, "- {}", one_line(note));
        }
    }
    let text = table(report.rows, &TableOptions { marks: report.marks, ..TableOptions::default() });
    let _ = write!(
        out,
        "\n## Rows\n\n[rows.csv](rows.csv) and [rows.json](rows.json) have every column (schema version {SCHEMA_VERSION}); \
         [machine.txt](machine.txt) describes the machine it ran on.\n\n```text\n{text}```\n"
    );
    out
}

/// `text` as Markdown inline code on one line. The text may contain backticks (CommonMark 0.31, section 6.1).
#[must_use]
pub fn code(text: &str) -> String {
    let line = one_line(text);
    let longest = line.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    if line.is_empty() {
        return "` `".into();
    }
    let fence = "`".repeat(longest + 1);
    let pad = if line.starts_with('`') || line.ends_with('`') { " " } else { "" };
    format!("{fence}{pad}{line}{pad}{fence}")
}

#[cfg(test)]
mod tests {
    use super::code;

    #[test]
    fn the_command_is_one_line_of_code() {
        assert_eq!(code("sims sweep\n a.csv"), "`sims sweep a.csv`");
        assert_eq!(code("sims `x`"), "`` sims `x` ``");
        assert_eq!(code(""), "` `");
    }
}
