//! Collects rows into instances, within a memory limit.

use std::collections::BTreeMap;

use super::head::Head;
use super::{Note, Read, ReadOptions, RowOrder};
use crate::{Event, Events, Instance, Trace, TraceError};

/// Generous estimate of the memory per instance besides its events and its name: its entries in the trace and in the index.
const INSTANCE_BYTES: u64 = 256;

/// Columns under construction.
pub(crate) struct Builder<'a> {
    path: &'a str,
    options: &'a ReadOptions,
    instances: Vec<Instance>,
    /// The index of each instance by name.
    index: BTreeMap<Box<str>, usize>,
    /// Index of the last row's instance: most rows belong to the same instance as the row before.
    last: usize,
    /// Memory used so far, in bytes.
    used: u64,
    /// Number of rows that were earlier than the row before them, and the line of the first one.
    disorder: Option<(u64, u64)>,
}

impl<'a> Builder<'a> {
    pub(crate) fn new(path: &'a str, options: &'a ReadOptions) -> Builder<'a> {
        Builder {
            path,
            options,
            instances: Vec::new(),
            index: BTreeMap::new(),
            last: 0,
            used: 0,
            disorder: None,
        }
    }

    /// Adds an event to the instance of this name.
    pub(crate) fn push(&mut self, name: &[u8], event: Event, line: u64) -> Result<(), TraceError> {
        if self.instances.get(self.last).is_none_or(|instance| instance.name.as_bytes() != name) {
            self.last = self.place_of(name, line)?;
        }
        let instance = &mut self.instances[self.last];
        if let Some(&previous_ms) = instance.events.at_ms().last()
            && event.at_ms < previous_ms
        {
            if self.options.order == RowOrder::Refuse {
                return Err(TraceError::OutOfOrder {
                    path: self.path.to_owned(),
                    line,
                    at_ms: event.at_ms,
                    previous_ms,
                    instance: instance.name.clone(),
                });
            }
            self.disorder.get_or_insert((0, line)).0 += 1;
        }
        if instance.events.len() == instance.events.capacity() {
            self.grow(line)?;
        }
        self.instances[self.last].events.push_unsorted(event);
        Ok(())
    }

    /// Finishes the trace; every instance is in order of time.
    pub(crate) fn finish(mut self, head: Head) -> Result<Read, TraceError> {
        if self.instances.is_empty() {
            return Err(TraceError::NoRows { path: self.path.to_owned(), line: head.line });
        }
        let mut notes = head.notes;
        if let Some((rows, line)) = self.disorder {
            for place in 0..self.instances.len() {
                if !self.instances[place].events.at_ms().is_sorted() {
                    self.charge(Events::sort_bytes(self.instances[place].events.len()), 0, line)?;
                    self.instances[place].events.sort();
                    self.used -= Events::sort_bytes(self.instances[place].events.len());
                }
            }
            notes.push(Note::Sorted { path: self.path.to_owned(), rows, line });
        }
        let trace = Trace { instances: self.instances, meta: head.meta };
        Ok(Read { trace, recorded: head.recorded, notes })
    }

    fn place_of(&mut self, name: &[u8], line: u64) -> Result<usize, TraceError> {
        let wrong = |problem: &str, fix: &str| TraceError::Field {
            path: self.path.to_owned(),
            line,
            column: "instance",
            problem: problem.to_owned(),
            fix: fix.to_owned(),
        };
        let Ok(name) = str::from_utf8(name) else {
            return Err(wrong("is not UTF-8", "save the file as UTF-8"));
        };
        if name.trim().is_empty() {
            return Err(wrong("is empty", "name the instance; any name will do if there is only one"));
        }
        // Refuse on reading what cannot be written: a lone carriage return, since only the other line break ends a line.
        if name.contains('\r') {
            return Err(wrong("has a carriage return within", "rename it, or end lines with a line feed"));
        }
        if let Some(&place) = self.index.get(name) {
            return Ok(place);
        }
        self.charge(INSTANCE_BYTES + 2 * name.len() as u64, 0, line)?;
        let place = self.instances.len();
        self.index.insert(name.into(), place);
        self.instances.push(Instance::new(name, Events::new()));
        Ok(place)
    }

    /// Doubles the capacity of the last row's instance.
    fn grow(&mut self, line: u64) -> Result<(), TraceError> {
        let len = self.instances[self.last].events.len();
        let added = len.max(4) as u64;
        // While a column is copied, the old copy still exists.
        let copied = (len * size_of::<u64>()) as u64;
        self.charge(added * Events::BYTES_PER_EVENT as u64, copied, line)?;
        let grown = self.instances[self.last].events.grow_to(len + added as usize);
        grown.map_err(|_| self.too_large(line))
    }

    /// Accounts for `bytes`, and temporarily for `passing` more.
    fn charge(&mut self, bytes: u64, passing: u64, line: u64) -> Result<(), TraceError> {
        if self.used.saturating_add(bytes).saturating_add(passing) > self.options.max_bytes {
            return Err(self.too_large(line));
        }
        self.used += bytes;
        Ok(())
    }

    fn too_large(&self, line: u64) -> TraceError {
        TraceError::TooLarge { path: self.path.to_owned(), line, max_bytes: self.options.max_bytes }
    }
}
