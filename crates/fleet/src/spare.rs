//! Columns that are used again.
//!
//! The first touch of a page of fresh memory costs more than decoding into it. So the columns of instances that were swept take
//! the next ones.

use dormouse_trace::{Events, Instance, Kind};

/// The least number of rows of columns that are kept. The allocator itself keeps smaller ones.
const LEAST_ROWS: usize = 1 << 12;

/// The three columns of an instance. They may be longer than what they hold.
#[derive(Debug, Default)]
pub(crate) struct Columns {
    pub(crate) at_ms: Vec<u64>,
    pub(crate) kinds: Vec<Kind>,
    pub(crate) work_ms: Vec<u64>,
}

impl Columns {
    fn fits(&self) -> usize {
        self.at_ms.capacity().min(self.kinds.capacity()).min(self.work_ms.capacity())
    }

    /// Makes each column at least `rows` long.
    pub(crate) fn lengthen(&mut self, rows: usize) {
        if self.fits() == 0 {
            // Zeroed memory comes from the system untouched.
            (self.at_ms, self.kinds, self.work_ms) =
                (vec![0; rows], vec![Kind::Inbound; rows], vec![0; rows]);
        }
        self.at_ms.resize(rows.max(self.at_ms.len()), 0);
        self.kinds.resize(rows.max(self.kinds.len()), Kind::Inbound);
        self.work_ms.resize(rows.max(self.work_ms.len()), 0);
    }

    /// Makes each column exactly `rows` long, which is not longer than it is.
    pub(crate) fn cut(&mut self, rows: usize) {
        self.at_ms.truncate(rows);
        self.kinds.truncate(rows);
        self.work_ms.truncate(rows);
    }
}

/// The columns of instances that are no longer needed.
#[derive(Debug, Default)]
pub(crate) struct Spare {
    /// In ascending order of what fits into them.
    columns: Vec<Columns>,
}

impl Spare {
    /// Keeps the columns of these instances, and frees those kept before.
    pub(crate) fn keep(&mut self, instances: Vec<Instance>) {
        self.columns.clear();
        for instance in instances.into_iter().filter(|instance| instance.events.len() >= LEAST_ROWS) {
            let (at_ms, kinds, work_ms) = Events::into_columns(instance.events);
            self.columns.push(Columns { at_ms, kinds, work_ms });
        }
        self.columns.sort_by_key(Columns::fits);
    }

    /// Columns for `rows` rows, which may be empty. If more rows can follow, the longest of those that are kept.
    pub(crate) fn take(&mut self, rows: usize, more: bool) -> Columns {
        if rows < LEAST_ROWS && !more {
            return Columns::default();
        }
        let place = self.columns.partition_point(|columns| columns.fits() < rows);
        match self.columns.get(place) {
            Some(_) if more => self.columns.pop().unwrap_or_default(),
            // Others would leave more of them unused than used.
            Some(found) if found.fits() / 2 <= rows => self.columns.remove(place),
            _ => Columns::default(),
        }
    }
}
