//! Pictures for people: learning curves, confusion matrices, contact sheets. No system font is used, and equal figures
//! give equal bytes.

mod canvas;
mod confusion;
mod contact_sheet;
mod curves;

pub use confusion::draw_confusion;
pub use contact_sheet::draw_contact_sheet;
pub use curves::{draw_curves, draw_curves_svg};
