//! Which idle timeout to have: from traffic to a decision.
//!
//! [`tune`] compares fixed timeouts: what each costs, how sure the difference is, and whether it is worth changing. [`policy`] holds
//! rules that choose the timeout from gap to gap, and compares them with fixed timeouts and with sleepers that know the future.
//! Both replay the traffic with [`dormouse_sim`], so every number has been seen by its auditor. No file is read and no clock.

pub mod policy;
pub mod tune;
