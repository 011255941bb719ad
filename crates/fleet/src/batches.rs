//! Reads whole instances from row groups, one window at a time.

use std::ops::Range;

use dormouse_trace::{Events, Instance};
use rayon::prelude::*;

use crate::read::{Piece, SORT};
use crate::{Content, Fleet, FleetError, Part};

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

/// The greatest number of row groups that are decoded at once.
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
    fleet: &'a Fleet,
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
    /// The pieces, in order, of the last instance so far, which may continue.
    open: Vec<Piece>,
    /// The number of rows in `open`.
    open_rows: u64,
    content: Content,
    done: bool,
}

impl<'a> Batches<'a> {
    pub(crate) fn new(fleet: &'a Fleet, split: Split, memory: u64) -> Self {
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
            open: Vec::new(),
            open_rows: 0,
            content: Content::default(),
            done: false,
        }
    }

    /// The part of the fleet that has been returned so far.
    #[must_use]
    pub fn part(&self) -> Part {
        let Range { start, end } = self.split.groups(self.fleet.groups());
        Part { places: start as u64..end as u64, content: self.content }
    }

    /// The next batch; `None` after the last one.
    fn window(&mut self) -> Result<Option<Vec<Instance>>, FleetError> {
        if self.done {
            return Ok(None);
        }
        if self.skip.is_none() && self.next > 0 && self.split.groups(self.fleet.groups()).start == self.next {
            self.skip = self.fleet.pieces(self.next - 1)?.pop().map(|last| last.name);
        }
        let mut whole = Vec::new();
        if self.next < self.end {
            let groups = self.next..self.end.min(self.next + self.window);
            self.next = groups.end;
            let decoded = groups.into_par_iter().map(|group| self.fleet.pieces(group));
            let decoded: Vec<Vec<Piece>> = decoded.collect::<Result<_, _>>()?;
            for piece in decoded.into_iter().flatten() {
                whole.extend(self.add(piece)?);
            }
        } else {
            self.follow()?;
            whole.extend(Some(std::mem::take(&mut self.open)).filter(|open| !open.is_empty()));
            self.done = true;
        }
        let made = whole.into_par_iter().map(|pieces| {
            let instance = self.instance(Piece::joined(pieces))?;
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

    /// Adds the next piece. If it begins a new instance, the pieces of the previous one, now complete, are returned.
    fn add(&mut self, piece: Piece) -> Result<Option<Vec<Piece>>, FleetError> {
        if self.open.is_empty() && self.skip.as_ref() == Some(&piece.name) {
            return Ok(None);
        }
        let out_of_order = |problem: String| FleetError::Row {
            path: self.fleet.name().to_owned(),
            row: piece.row,
            problem,
            fix: SORT,
        };
        let rows = piece.at_ms.len() as u64;
        match self.open.last() {
            Some(open) if open.name == piece.name => {
                if open.at_ms.last() > piece.at_ms.first() {
                    return Err(out_of_order("is earlier than the row before it".to_owned()));
                }
                self.open_rows += rows;
                if self.open_rows.saturating_mul(ROW_BYTES) > self.memory / 2 {
                    return Err(FleetError::TooLarge {
                        path: self.fleet.name().to_owned(),
                        what: format!("instance `{}`", piece.name),
                        max_bytes: self.memory,
                    });
                }
                self.open.push(piece);
                Ok(None)
            }
            open => {
                let before = open.map(|open| &open.name).or(self.skip.as_ref());
                if let Some(before) = before.filter(|&before| *before > piece.name) {
                    return Err(out_of_order(format!("instance `{}` comes after `{before}`", piece.name)));
                }
                self.open_rows = rows;
                let whole = std::mem::replace(&mut self.open, vec![piece]);
                Ok((!whole.is_empty()).then_some(whole))
            }
        }
    }

    /// Reads the rest of the last instance, beyond the end of this part.
    fn follow(&mut self) -> Result<(), FleetError> {
        while self.next < self.fleet.groups() && !self.open.is_empty() {
            let mut pieces = self.fleet.pieces(self.next)?.into_iter();
            self.next += 1;
            match pieces.next() {
                Some(first) if self.open.last().is_some_and(|open| open.name == first.name) => {
                    self.add(first)?;
                }
                _ => return Ok(()),
            }
            if pieces.next().is_some() {
                return Ok(());
            }
        }
        Ok(())
    }

    fn instance(&self, piece: Piece) -> Result<Instance, FleetError> {
        let Piece { name, row, at_ms, kinds, work_ms } = piece;
        let events = Events::from_columns(at_ms, kinds, work_ms).filter(|_| !name.trim().is_empty());
        let events = events.ok_or_else(|| FleetError::Row {
            path: self.fleet.name().to_owned(),
            row,
            problem: "instance is empty".to_owned(),
            fix: "name the instance; any name will do if there is only one",
        })?;
        Ok(Instance::new(name, events))
    }
}

impl Batches<'_> {
    /// Calls `each` with every batch, in order, while the next batch is decoded. This keeps the threads busy even if the file
    /// has only a few large instances. Two windows are in memory at once, so each is half as large.
    ///
    /// # Errors
    /// The first error of the file or of `each`.
    pub fn overlapped<E: From<FleetError> + Send>(
        &mut self,
        mut each: impl FnMut(Vec<Instance>) -> Result<(), E> + Send,
    ) -> Result<(), E> {
        self.window = (self.window / 2).max(1);
        let mut batch = self.next();
        while let Some(now) = batch {
            let now = now?;
            let (next, done) = rayon::join(|| self.next(), || each(now));
            done?;
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
