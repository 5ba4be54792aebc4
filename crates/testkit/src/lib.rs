//! For tests: a temporary project on which the real `pipeline` can be run many times, and a worker that needs
//! no libtorch. Nothing of it is part of the product.
//!
//! Here a panic is how a test fails, so `unwrap` is allowed.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod browser;
mod project;
mod ran;

pub use browser::Browser;
pub use project::Project;
pub use ran::Ran;
