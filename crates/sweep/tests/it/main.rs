//! The sweep against the replay, and the ideal curve against its definition.

mod equality;
mod ideal;
