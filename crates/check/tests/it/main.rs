//! What the model checker finds, and what it does not find.

mod designs;
mod switches;
