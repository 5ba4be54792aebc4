//! Mark and sweep: what nobody needs any more is found, listed and removed.

mod collect;
mod inventory;
mod mark;
mod report;
mod roots;

pub use collect::Collection;
pub use report::{GcItem, GcItemKind, GcReport};
pub use roots::Roots;
