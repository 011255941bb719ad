//! Instances and their events.

use xxhash_rust::xxh3::xxh3_64;

use crate::Events;

/// One gateway: one machine, one user or team.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    /// Its name, as in the trace.
    pub name: String,
    /// [`Instance::key_of`] its name. Random draws are keyed by it, so an instance draws the same values
    /// whatever other instances, order or part of a trace it is replayed in.
    pub key: u64,
    /// The events, in order of time.
    pub events: Events,
}

impl Instance {
    /// An instance with these events.
    pub fn new(name: impl Into<String>, events: Events) -> Instance {
        let name = name.into();
        Instance { key: Instance::key_of(&name), name, events }
    }

    /// The key for an instance name: the 64-bit XXH3 of its bytes, the same on every machine.
    pub fn key_of(name: &str) -> u64 {
        Instance::key_of_bytes(name.as_bytes())
    }

    pub(crate) fn key_of_bytes(name: &[u8]) -> u64 {
        xxh3_64(name)
    }
}

/// What a trace says about its own clock, for people and calendars. A replay needs neither.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Meta {
    /// The wall time of `at_ms = 0`, in ms since 1970-01-01T00:00:00Z.
    pub epoch_ms: Option<i64>,
    /// The time zone of the traffic: an offset such as `+01:00`, or a name such as `Europe/Rome`.
    pub time_zone: Option<String>,
}

/// Recorded or generated traffic.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trace {
    /// The instances, in order of their first appearance.
    pub instances: Vec<Instance>,
    /// Information about the clock.
    pub meta: Meta,
}

impl Trace {
    /// Total number of events.
    pub fn events(&self) -> usize {
        self.instances.iter().map(|instance| instance.events.len()).sum()
    }

    /// Merges a trace of the same clock into this one. Instances of the same name become one, in order of time;
    /// at the same millisecond the events of `other` come last. Joining the files of one recording in the order
    /// in which they were written gives the same trace as one file would.
    ///
    /// ```
    /// use dormouse_trace::{ReadOptions, read};
    /// let of = |rows: &str| read(format!("instance,at_ms,kind,work_ms\n{rows}").as_bytes(), "r.csv", &ReadOptions::default());
    /// // The long turn was written when it ended, into the second file.
    /// let mut joined = of("me,0,inbound,10\nme,500,api,10\n")?.trace;
    /// joined.join(of("me,20,inbound,900\nme,990,probe,0\n")?.trace);
    /// let whole = of("me,0,inbound,10\nme,500,api,10\nme,20,inbound,900\nme,990,probe,0\n")?.trace;
    /// assert_eq!(joined, whole);
    /// # Ok::<(), dormouse_trace::TraceError>(())
    /// ```
    pub fn join(&mut self, other: Trace) {
        for instance in other.instances {
            match self.instances.iter_mut().find(|mine| mine.name == instance.name) {
                Some(mine) => mine.events.extend(instance.events.iter()),
                None => self.instances.push(instance),
            }
        }
    }

    /// The earliest arrival of any instance, in ms; `None` without events.
    pub fn first_at_ms(&self) -> Option<u64> {
        self.instances.iter().filter_map(|instance| instance.events.first_at_ms()).min()
    }

    /// The latest end of work of any instance, in ms; 0 without events.
    pub fn end_of_work_ms(&self) -> u64 {
        self.instances.iter().map(|instance| instance.events.end_of_work_ms()).max().unwrap_or(0)
    }
}
