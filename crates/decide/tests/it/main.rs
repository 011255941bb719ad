//! Laws of costs, policies and tuning, and what is decided.

mod policy;
mod tune;
