//! pending
use crate::model::Outcome;
use crate::trail::Trail;
/// x
pub fn of(_: &Outcome, _: &Trail) -> String {
    String::new()
}
