//! One page of experiments that needs nothing but a browser: the comparison, learning curves, confusion
//! matrices, and of each run its graph of stages, parameters and provenance. [`Document`] is what the page
//! shows, [`page()`] the page around it, [`serve()`] the same page kept up to date.
//!
//! What is compared, and how, is decided in `results`; what lies in the store is only read. The page itself is
//! in `page/`: plain HTML, CSS and JavaScript, a file a concept.

mod artifact;
mod confusion;
mod curve;
mod document;
mod live;
mod page;
mod progress;
mod run;
mod server;
mod stage;
mod table;

pub use document::Document;
pub use live::LiveDocument;
pub use page::page;
pub use server::{Server, serve};
