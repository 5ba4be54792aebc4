//! Pictures for people: learning curves and confusion matrices. No system font is used, and equal figures
//! give equal bytes.

mod canvas;
mod confusion;
mod curves;

pub use confusion::draw_confusion;
pub use curves::draw_curves;
