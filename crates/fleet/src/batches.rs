//! Reads whole instances from row groups, one window at a time.

use std::ops::Range;

use dormouse_trace::{Events, Instance, Kind, MAX_MS};
use rayon::prelude::*;

use crate::error::on_one_line;
use crate::group::{Group, Rows, Segment, Undecodable};
use crate::schema::GROUP_ROWS;
use crate::spare::{Columns, Spare};
use crate::words::Words;
use crate::{Content, FleetError, FleetFile, PartOfFleet};

/// The fix for rows that are out of order.
const SORT: &str = "sort the rows by instance and at_ms";
/// The fix for times out of range.
const COUNT: &str = "count from the trace's start, in ms";

/// One of several parts of a fleet of nearly the same size.
///
/// The row groups are divided into `of` runs of nearly the same length. An instance belongs to the part in whose run its *first*
/// row lies. So every instance belongs to exactly one part, whole, and the reader of a part reads only its own run and what it
/// needs at the two edges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Split {
    /// The number of the part, from 1.
    pub part: usize,
    /// The number of parts.
    pub of: usize,
}

impl Split {
    /// The whole fleet.
    pub const WHOLE: Self = Self { part: 1, of: 1 };

    /// The row groups of this part, in a file of `groups` row groups.
    #[must_use]
    pub fn groups(self, groups: usize) -> Range<usize> {
        let place = |part: usize| (groups as u128 * part as u128 / self.of as u128) as usize;
        place(self.part - 1)..place(self.part)
    }
}

/// The greatest number of row groups in a window. Fewer would take less memory, but then a window of large instances completes too
/// few of them to keep the threads busy.
const MOST_AT_ONCE: u64 = 64;

/// Bytes of a decoded row, including the spare capacity of its columns.
const ROW_BYTES: u64 = 2 * Events::BYTES_PER_EVENT as u64;

/// Bytes of an instance in addition to its rows, as an upper estimate: its entry, its name, three allocations.
const INSTANCE_BYTES: u64 = 256;

/// An iterator over the instances of one part of a fleet, whole, in ascending order of their names, in batches.
///
/// A batch holds the instances that a window of row groups completes. The window is as large as memory allows, and is decoded
/// on all of rayon's threads. An instance that continues after the window is in a later batch.
///
/// Rows out of order are an error. When the whole fleet is read, it is also an error, after the last row, if the file does not
/// hold what its manifest says. After an error, do not use the earlier batches.
pub struct Batches<'a> {
    fleet: &'a FleetFile,
    memory: u64,
    /// Row groups in a window.
    window: usize,
    split: Split,
    /// The next row group to decode.
    next: usize,
    /// The end of the row groups of this part.
    end: usize,
    /// The last instance of the part before this one. Its rows belong to that part and are skipped.
    skip: Option<String>,
    /// The last instance so far, which may continue.
    open: Option<Open>,
    /// Columns to use again.
    spare: Spare,
    content: Content,
    done: bool,
}

impl<'a> Batches<'a> {
    pub(crate) fn new(fleet: &'a FleetFile, split: Split, memory: u64) -> Self {
        let Content { instances, events, .. } = fleet.manifest().content;
        // Saturate and avoid division by zero: the manifest may contain any numbers.
        let row_bytes = ROW_BYTES + INSTANCE_BYTES.saturating_mul(instances) / events.max(1);
        let fit = memory / 2 / fleet.largest_group().saturating_mul(row_bytes).max(1);
        let Range { start: next, end } = split.groups(fleet.groups());
        Self {
            fleet,
            memory,
            window: fit.clamp(1, MOST_AT_ONCE) as usize,
            split,
            next,
            end,
            skip: None,
            open: None,
            spare: Spare::default(),
            content: Content::default(),
            done: false,
        }
    }

    /// The part of the fleet that has been returned so far.
    #[must_use]
    pub fn part(&self) -> PartOfFleet {
        let Range { start, end } = self.split.groups(self.fleet.groups());
        PartOfFleet { places: start as u64..end as u64, content: self.content }
    }

    /// The next batch; `None` after the last one.
    fn window(&mut self) -> Result<Option<Vec<Instance>>, FleetError> {
        if self.done {
            return Ok(None);
        }
        if self.skip.is_none() && self.next > 0 && self.split.groups(self.fleet.groups()).start == self.next {
            let (_, names) = self.read(self.next - 1)?;
            self.skip = names.runs.last().map(|run| names.words[run.word as usize].clone());
        }
        let whole = if self.next < self.end {
            let groups = self.next..self.end.min(self.next + self.window);
            self.next = groups.end;
            let mut found = self.rows_of(groups)?;
            self.open = found.pop();
            found
        } else {
            self.follow()?;
            self.done = true;
            self.open.take().into_iter().collect()
        };
        let made = whole.into_par_iter().map(|open| {
            let instance = open.instance(self.fleet.name())?;
            Ok((Content::of([&instance]), instance))
        });
        let made: Vec<(Content, Instance)> = made.collect::<Result<_, FleetError>>()?;
        self.content = made.iter().fold(self.content, |sum, (content, _)| sum.merge(content));
        let manifest = &self.fleet.manifest().content;
        if self.done && self.split.of == 1 && self.content != *manifest {
            let reason = format!("it holds {:?}, but its manifest says {manifest:?}", self.content);
            return Err(FleetError::Damaged { path: self.fleet.name().to_owned(), reason });
        }
        Ok(Some(made.into_iter().map(|(_, instance)| instance).collect()))
    }

    /// Reads a row group, and decodes its names.
    fn read(&self, group: usize) -> Result<(Group<'a>, Words), FleetError> {
        let read = self.fleet.group(group)?;
        let bytes = (read.rows() as u64).saturating_mul(ROW_BYTES);
        if bytes > self.memory.max(GROUP_ROWS as u64 * ROW_BYTES) {
            return Err(self.too_large(format!("row group {}", group + 1)));
        }
        let names = self.fleet.guarded(group, || read.names())?;
        Ok((read, names))
    }

    /// Decodes the rows of these groups: those of the open instance first, and those of the last one last.
    fn rows_of(&mut self, groups: Range<usize>) -> Result<Vec<Open>, FleetError> {
        let read = groups.clone().into_par_iter().map(|group| self.read(group));
        let read: Vec<(Group<'a>, Words)> = read.collect::<Result<_, _>>()?;
        // First find out what belongs to which instance. So every row is decoded straight to its place.
        let mut found: Vec<Open> = self.open.take().into_iter().collect();
        let mut divided = Vec::with_capacity(read.len());
        for ((_, names), group) in read.iter().zip(groups.clone()) {
            divided.push(self.divide(names, self.fleet.rows_before(group) + 1, &mut found)?);
        }
        let last = found.len().saturating_sub(1);
        for (place, open) in found.iter_mut().enumerate() {
            open.prepare(&mut self.spare, place == last);
        }
        let mut rest: Vec<Rows<'_>> = found.iter_mut().map(Open::rest).collect();
        let tasks: Vec<(usize, &Group<'a>, Vec<Segment<'_>>)> = groups
            .zip(&read)
            .zip(divided)
            .map(|((group, (read, _)), parts)| {
                let segment = |(place, rows): (Option<usize>, usize)| Segment {
                    rows,
                    into: place.map(|place| rest[place].split_off(rows)),
                };
                (group, read, parts.into_iter().map(segment).collect())
            })
            .collect();
        tasks.into_par_iter().try_for_each(|(group, read, segments)| self.decode(group, read, segments))?;
        found.iter_mut().for_each(|open| open.decoded = open.rows);
        Ok(found)
    }

    fn decode(
        &self,
        group: usize,
        read: &Group<'_>,
        mut segments: Vec<Segment<'_>>,
    ) -> Result<(), FleetError> {
        let mut unknown = None;
        self.fleet.guarded(group, || match read.decode(&mut segments) {
            Ok(()) => Ok(()),
            Err(Undecodable::Group(reason)) => Err(reason),
            Err(Undecodable::Kind { row, word }) => {
                unknown = Some((row, word));
                Ok(())
            }
        })?;
        let Some((row, word)) = unknown else { return Ok(()) };
        let problem = word.parse::<Kind>().err().map_or_else(String::new, |unknown| unknown.to_string());
        let row = self.fleet.rows_before(group) + 1 + row as u64;
        Err(bad_row(self.fleet.name(), row, &problem, "name the kinds as in docs/trace-format.md"))
    }

    /// Divides the rows of a group, whose first row in the file is number `row`, among instances. Adds those that begin in it to `found`.
    ///
    /// For each consecutive part: the place in `found`, or none if it belongs to an earlier part of the fleet, and the number of rows.
    fn divide(
        &self,
        names: &Words,
        mut row: u64,
        found: &mut Vec<Open>,
    ) -> Result<Vec<(Option<usize>, usize)>, FleetError> {
        let path = self.fleet.name();
        let mut parts: Vec<(Option<usize>, usize)> = Vec::new();
        let mut before = None;
        for run in &names.runs {
            let rows = run.rows as usize;
            let same = before.replace(run.word) == Some(run.word);
            let name = names.words[run.word as usize].as_str();
            let last = found.last().map(|open| open.name.as_str()).or(self.skip.as_deref());
            if same || last == Some(name) {
                if let Some(open) = found.last_mut() {
                    open.rows += rows;
                }
                let place = found.len().checked_sub(1);
                match parts.last_mut().filter(|part| part.0 == place) {
                    Some(part) => part.1 += rows,
                    None => {
                        // It continues from an earlier group.
                        self.fits(found.last())?;
                        parts.push((place, rows));
                    }
                }
            } else {
                if let Some(last) = last.filter(|&last| last > name) {
                    let problem = format!("instance `{name}` comes after `{last}`");
                    return Err(bad_row(path, row, &problem, SORT));
                }
                if name.contains(['\n', '\r']) {
                    let problem = format!("`{name}` cannot name an instance");
                    return Err(bad_row(path, row, &problem, "rename it, without a line break"));
                }
                parts.push((Some(found.len()), rows));
                found.push(Open::new(name.to_owned(), row, rows));
            }
            row = row.saturating_add(rows as u64);
        }
        Ok(parts)
    }

    /// Reads the rest of the last instance, beyond the end of this part.
    fn follow(&mut self) -> Result<(), FleetError> {
        while self.next < self.fleet.groups()
            && let Some(mut open) = self.open.take()
        {
            let group = self.next;
            self.next += 1;
            let (read, names) = self.read(group)?;
            let first = names.runs.iter().take_while(|run| names.words[run.word as usize] == open.name);
            let rows: usize = first.map(|run| run.rows as usize).sum();
            open.rows += rows;
            self.fits(Some(&open))?;
            open.prepare(&mut self.spare, true);
            self.decode(group, &read, vec![Segment { rows, into: Some(open.rest()) }])?;
            open.decoded = open.rows;
            self.open = Some(open);
            if rows < read.rows() {
                break;
            }
        }
        Ok(())
    }

    /// Is an instance that continues within the bounds of memory?
    fn fits(&self, open: Option<&Open>) -> Result<(), FleetError> {
        let large = |open: &&Open| (open.rows as u64).saturating_mul(ROW_BYTES) > self.memory / 2;
        match open.filter(large) {
            Some(open) => Err(self.too_large(format!("instance `{}`", open.name))),
            None => Ok(()),
        }
    }

    fn too_large(&self, what: String) -> FleetError {
        FleetError::TooLarge { path: self.fleet.name().to_owned(), what, max_bytes: self.memory }
    }
}

/// An instance that is being decoded.
#[derive(Debug)]
struct Open {
    name: String,
    /// The number of its first row in the file, from 1.
    row: u64,
    /// The number of its rows that were found, all consecutive.
    rows: usize,
    /// How many of them are decoded.
    decoded: usize,
    /// Its rows, and after them what an earlier instance left.
    columns: Columns,
}

impl Open {
    fn new(name: String, row: u64, rows: usize) -> Self {
        Self { name, row, rows, decoded: 0, columns: Columns::default() }
    }

    /// Makes room for the rows that were found. Can more follow?
    fn prepare(&mut self, spare: &mut Spare, more: bool) {
        if self.decoded == 0 {
            self.columns = spare.take(self.rows, more);
        }
        self.columns.lengthen(self.rows);
    }

    /// The rows to decode.
    fn rest(&mut self) -> Rows<'_> {
        let rows = self.decoded..self.rows;
        Rows {
            at_ms: &mut self.columns.at_ms[rows.clone()],
            kinds: &mut self.columns.kinds[rows.clone()],
            work_ms: &mut self.columns.work_ms[rows],
        }
    }

    /// The instance, if its rows are in order and in range.
    fn instance(self, path: &str) -> Result<Instance, FleetError> {
        let Self { name, row, rows, mut columns, .. } = self;
        if name.trim().is_empty() {
            let fix = "name the instance; any name will do if there is only one";
            return Err(bad_row(path, row, "instance is empty", fix));
        }
        columns.cut(rows);
        let Columns { at_ms, kinds, work_ms } = columns;
        Events::try_from_columns(at_ms, kinds, work_ms).map(|events| Instance::new(name, events)).map_err(
            |(at_ms, _, work_ms)| {
                let late = at_ms.windows(2).position(|two| two[0] > two[1]).map(|place| place + 1);
                let outside = |times: &[u64]| times.iter().position(|&ms| ms > MAX_MS);
                let (place, problem, fix) = match (late, outside(&at_ms), outside(&work_ms)) {
                    (Some(place), _, _) => (place, "is earlier than the row before it", SORT),
                    (_, Some(place), _) => (place, "at_ms is negative or beyond 2^50 ms", COUNT),
                    (_, _, place) => (place.unwrap_or(0), "work_ms is negative or beyond 2^50 ms", COUNT),
                };
                bad_row(path, row + place as u64, problem, fix)
            },
        )
    }
}

fn bad_row(path: &str, row: u64, problem: &str, fix: &'static str) -> FleetError {
    FleetError::Row { path: path.to_owned(), row, problem: on_one_line(problem), fix }
}

impl Batches<'_> {
    /// Calls `each` with every batch, in order, while the next batch is decoded. This keeps the threads busy even if the file
    /// has only a few large instances. Two windows are in memory at once, so each is half as large.
    ///
    /// `each` returns the instances that it no longer needs: later ones are decoded into their memory, which is faster than fresh
    /// memory. It may return none.
    ///
    /// # Errors
    /// The first error of the file or of `each`.
    pub fn overlapped<E: From<FleetError> + Send>(
        &mut self,
        mut each: impl FnMut(Vec<Instance>) -> Result<Vec<Instance>, E> + Send,
    ) -> Result<(), E> {
        self.window = (self.window / 2).max(1);
        let mut batch = self.next();
        while let Some(now) = batch {
            let now = now?;
            let (next, done) = rayon::join(|| self.next(), || each(now));
            self.spare.keep(done?);
            batch = next;
        }
        Ok(())
    }
}

impl Iterator for Batches<'_> {
    type Item = Result<Vec<Instance>, FleetError>;

    fn next(&mut self) -> Option<Self::Item> {
        let batch = self.window();
        if batch.is_err() {
            self.done = true;
        }
        batch.transpose()
    }
}
