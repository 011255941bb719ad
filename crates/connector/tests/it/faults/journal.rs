//! A journal on disk of what the gateway did. Its lines survive a `kill -9` of the gateway.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::Path;

/// The writer, used by the gateway. It appends one line at a time.
pub(super) struct Pen(File);

impl Pen {
    /// Opens the journal and records the start of a process.
    pub(super) fn open(path: &Path) -> Self {
        let pen = Self(OpenOptions::new().create(true).append(true).open(path).expect("a journal"));
        pen.write("life");
        pen
    }

    /// Records that the handler of an entry begins.
    pub(super) fn began(&self, id: u64) {
        self.write(&format!("began {id}"));
    }

    /// Records that the handler has returned.
    pub(super) fn done(&self, id: u64, body: &str) {
        self.write(&format!("done {id} {body}"));
    }

    fn write(&self, line: &str) {
        // Write with one call, so that a line is there as a whole or not at all.
        (&self.0).write_all(format!("{line}\n").as_bytes()).expect("writes");
    }
}

/// What one process of the gateway began.
#[derive(Default)]
struct Life {
    began: Vec<u64>,
}

/// The contents of the journal, read by the test.
#[derive(Default)]
pub(super) struct Journal {
    lives: Vec<Life>,
    done: BTreeMap<u64, String>,
}

impl Journal {
    /// Reads the journal as it is now; empty before the first process.
    pub(super) fn read(path: &Path) -> Self {
        Self::parse(&std::fs::read_to_string(path).unwrap_or_default())
    }

    fn parse(text: &str) -> Self {
        let mut journal = Self::default();
        for line in text.lines() {
            let mut words = line.splitn(3, ' ');
            let (what, id) = (words.next(), words.next().and_then(|id| id.parse::<u64>().ok()));
            match (what, id, words.next()) {
                (Some("life"), ..) => journal.lives.push(Life::default()),
                (Some("began"), Some(id), _) => {
                    journal.lives.last_mut().expect("a life").began.push(id);
                }
                (Some("done"), Some(id), Some(body)) => drop(journal.done.insert(id, body.to_owned())),
                _ => panic!("not a line of a journal: {line}"),
            }
        }
        journal
    }

    /// The number of processes so far.
    pub(super) fn lives(&self) -> usize {
        self.lives.len()
    }

    /// The number of handlers that began, in all processes.
    pub(super) fn began(&self) -> usize {
        self.lives.iter().map(|life| life.began.len()).sum()
    }

    /// The entries whose handlers returned, and their texts.
    pub(super) fn done(&self) -> &BTreeMap<u64, String> {
        &self.done
    }

    /// The number of entries that were begun in more than one process, or an error if an entry was handled twice. Within a process,
    /// each entry is begun once and in order. An entry may be begun again by a later process only if it was the last one that the
    /// earlier process began, since that process may have died in its handler.
    pub(super) fn repeats(&self) -> Result<usize, String> {
        let mut before: BTreeMap<u64, (usize, bool)> = BTreeMap::new();
        let mut repeats = BTreeSet::new();
        for (n, life) in self.lives.iter().enumerate() {
            for pair in life.began.windows(2) {
                if pair[0] >= pair[1] {
                    return Err(format!("life {n} handled {} after {}", pair[1], pair[0]));
                }
            }
            for id in &life.began {
                match before.get(id) {
                    Some((earlier, false)) => {
                        return Err(format!(
                            "life {n} handled {id}, which life {earlier} had handled before"
                        ));
                    }
                    Some((_, true)) => drop(repeats.insert(*id)),
                    None => {}
                }
            }
            let last = life.began.last().copied();
            before.extend(life.began.iter().map(|id| (*id, (n, Some(*id) == last))));
        }
        Ok(repeats.len())
    }
}

#[test]
fn only_the_last_entry_of_a_process_may_be_begun_again() {
    let repeats = |text: &str| Journal::parse(text).repeats().map_err(drop);
    assert_eq!(repeats(""), Ok(0));
    assert_eq!(repeats("life\nbegan 1\ndone 1 x\nbegan 2\n"), Ok(0));
    assert_eq!(repeats("life\nbegan 1\ndone 1 x\nbegan 2\nlife\nbegan 2\ndone 2 y\nbegan 3\n"), Ok(1));
    assert_eq!(repeats("life\nbegan 1\ndone 1 x\nbegan 2\nlife\nbegan 1\n"), Err(()));
    assert_eq!(repeats("life\nbegan 1\nbegan 1\n"), Err(()));
    assert_eq!(repeats("life\nbegan 2\nbegan 1\n"), Err(()));
    assert_eq!(repeats("life\nbegan 2\nlife\nbegan 3\nbegan 4\nlife\nbegan 3\n"), Err(()));
}
