//! The sweep against the replay, and the ideal curve against its definition.

mod dormouse;
mod equality;
mod ideal;
