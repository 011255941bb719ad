//! The world as a whole: cases computed by hand, event logs, laws, and every class of missed work with its cure.

mod classes;
mod common;
mod dormouse;
mod golden;
mod hand;
mod laws;
mod parameters;
mod platform_idle;
mod trusted_numbers;
mod worlds;
