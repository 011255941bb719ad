//! Whole instances out of row groups, a window of them at a time.

use std::ops::Range;

use dormouse_trace::{Events, Instance};
use rayon::prelude::*;

use crate::read::{Piece, SORT};
use crate::{Content, Fleet, FleetError, Part};

/// One of several equal parts of a fleet.
///
/// The row groups are divided into `of` runs of nearly the same length, and to a part belong the instances whose *first* row lies
/// in its run: so every instance belongs to exactly one part, whole, and nobody reads more than its own part and its two edges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Split {
    /// Which of them, from 1.
    pub part: usize,
    /// How many there are.
    pub of: usize,
}

impl Split {
    /// All of it.
    pub const WHOLE: Self = Self { part: 1, of: 1 };

    /// Its row groups, of so many in the file.
    #[must_use]
    pub fn groups(self, groups: usize) -> Range<usize> {
        let place = |part: usize| (groups as u128 * part as u128 / self.of as u128) as usize;
        place(self.part - 1)..place(self.part)
    }
}

/// Row groups that are decoded at once where memory allows.
const MOST_AT_ONCE: u64 = 64;

/// Bytes that a decoded row takes, spare capacity of its columns included.
const ROW_BYTES: u64 = 2 * Events::BYTES_PER_EVENT as u64;

/// Bytes that an instance takes besides, generously: its entry, its name, three allocations.
const INSTANCE_BYTES: u64 = 256;

/// The instances of a part of a fleet, whole, in ascending order of their names, a batch at a time.
///
/// A batch is what a window of row groups completes; the window is as large as memory allows, and is decoded on all of rayon's
/// threads. An instance that goes on behind the window waits for the next one. Rows out of order are an error, wherever they stand,
/// and so is a file that in the end did not hold what its manifest says: what was handed out before is void then.
pub struct Batches<'a> {
    fleet: &'a Fleet,
    memory: u64,
    /// Row groups in a window.
    window: usize,
    split: Split,
    /// The next row group to decode.
    next: usize,
    /// The end of this part's row groups.
    end: usize,
    /// The instance in which the part before this one ends: its rows are that part's.
    skip: Option<String>,
    /// The last instance so far, which may go on: its pieces in order.
    open: Vec<Piece>,
    /// How many rows they hold.
    open_rows: u64,
    content: Content,
    done: bool,
}

impl<'a> Batches<'a> {
    pub(crate) fn new(fleet: &'a Fleet, split: Split, memory: u64) -> Self {
        let Content { instances, events, .. } = fleet.manifest().content;
        // A file can claim any numbers.
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

    /// What was handed out so far, as a part of the fleet.
    #[must_use]
    pub fn part(&self) -> Part {
        let Range { start, end } = self.split.groups(self.fleet.groups());
        Part { places: start as u64..end as u64, content: self.content }
    }

    /// One more batch; `None` behind the last.
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
            let reason = format!("it holds {:?} where its manifest has {manifest:?}", self.content);
            return Err(FleetError::Damaged { path: self.fleet.name().to_owned(), reason });
        }
        Ok(Some(made.into_iter().map(|(_, instance)| instance).collect()))
    }

    /// Takes the next piece; returns those of the instance that it shows to be whole.
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

    /// Follows the last instance beyond the end of this part.
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
    /// Hands every batch to `each`, in order, while the next one is decoded: both cores are busy with a file of a few large
    /// instances too. Two windows are in memory then, so let each be half as large.
    ///
    /// # Errors
    /// The first of the file's or of `each`.
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
