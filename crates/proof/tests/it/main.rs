//! What the model checker finds and does not find; and the seeds of the fuzz targets.

mod designs;
mod fuzz;
mod switches;
