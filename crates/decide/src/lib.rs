//! Which idle timeout to set: from traffic to a decision.
//!
//! [`tune`] compares fixed timeouts: what each costs, how sure the difference is, and whether a change is worth
//! it. [`policy`] holds rules that choose the timeout for each gap, and compares them with fixed timeouts and
//! with clairvoyants. Both replay the traffic with [`dormouse_sim`], so its auditor has checked every number.
//! This crate reads no file and no clock.

pub mod policy;
pub mod tune;
