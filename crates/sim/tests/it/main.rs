//! Tests of the simulated world: cases computed by hand, event logs, laws, and every class of missed work with its cure. The
//! sweep is compared with the replay, and the ideal curve with its definition.

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
mod platform;
mod platform_idle;
mod trusted_numbers;
mod worlds;
