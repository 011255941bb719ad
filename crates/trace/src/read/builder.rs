//! Collects rows into instances, within a memory limit.

use hashbrown::HashTable;

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
    /// The index of each instance, by the key of its name.
    index: HashTable<usize>,
    /// Place of the instance that was last looked up: most rows belong to the same instance as the row before.
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
            index: HashTable::new(),
            last: 0,
            used: 0,
            disorder: None,
        }
    }

    /// The instances so far.
    #[cfg(test)]
    pub(super) fn instances(&self) -> &[Instance] {
        &self.instances
    }

    /// Adds an event to the instance of this name.
    pub(crate) fn push(&mut self, name: &[u8], event: Event, line: u64) -> Result<(), TraceError> {
        let place = self.place_of(name, line)?;
        self.push_at(place, event, line)
    }

    /// Adds an event to the instance at this [place](Self::place_of).
    #[inline(always)]
    pub(crate) fn push_at(&mut self, place: usize, event: Event, line: u64) -> Result<(), TraceError> {
        let events = &mut self.instances[place].events;
        let in_order = events.at_ms().last().is_none_or(|&previous_ms| event.at_ms >= previous_ms);
        if in_order && events.len() < events.capacity() {
            events.push_unsorted(event);
            return Ok(());
        }
        self.push_unless_refused(place, event, line)
    }

    /// Adds an event that is out of order, or for which there is no capacity yet.
    #[cold]
    fn push_unless_refused(&mut self, place: usize, event: Event, line: u64) -> Result<(), TraceError> {
        let instance = &self.instances[place];
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
            self.grow(place, line)?;
        }
        self.instances[place].events.push_unsorted(event);
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

    /// The place of the instance of this name, which is added if there is none.
    pub(crate) fn place_of(&mut self, name: &[u8], line: u64) -> Result<usize, TraceError> {
        if self.instances.get(self.last).is_none_or(|instance| instance.name.as_bytes() != name) {
            self.last = self.find(name, line)?;
        }
        Ok(self.last)
    }

    fn find(&mut self, name: &[u8], line: u64) -> Result<usize, TraceError> {
        let key = Instance::key_of_bytes(name);
        let instances = &self.instances;
        if let Some(&place) = self.index.find(key, |&place| instances[place].name.as_bytes() == name) {
            return Ok(place);
        }
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
        self.charge(INSTANCE_BYTES + 2 * name.len() as u64, 0, line)?;
        let place = self.instances.len();
        self.instances.push(Instance::new(name, Events::new()));
        let instances = &self.instances;
        self.index.insert_unique(key, place, |&place| instances[place].key);
        Ok(place)
    }

    /// Doubles the capacity of the instance at this place.
    fn grow(&mut self, place: usize, line: u64) -> Result<(), TraceError> {
        let len = self.instances[place].events.len();
        let added = len.max(4) as u64;
        // While a column is copied, the old copy still exists.
        let copied = (len * size_of::<u64>()) as u64;
        self.charge(added * Events::BYTES_PER_EVENT as u64, copied, line)?;
        let grown = self.instances[place].events.grow_to(len + added as usize);
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
