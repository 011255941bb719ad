//! The world as a whole: cases computed by hand, event logs, laws, and every class of missed work with its cure; the sweep
//! against the replay, and the ideal curve against its definition.

mod classes;
mod common;
mod dormouse;
mod equality;
mod golden;
mod hand;
mod ideal;
mod kept_sleep;
mod laws;
mod parameters;
mod platform_idle;
mod trusted_numbers;
mod worlds;
