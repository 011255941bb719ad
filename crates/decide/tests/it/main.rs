//! Laws of costs, policies and tuning, and the decisions of tuning.

mod policy;
mod tune;
