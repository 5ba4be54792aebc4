//! For tests: a temporary project on which the real `pipeline` can be run many times, and a worker that needs
//! no libtorch; and a web server whose every answer a test decides. Nothing of it is part of the product.
//!
//! Here a panic is how a test fails, so `unwrap` is allowed.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod browser;
mod kill_point;
mod mount;
mod project;
mod ran;
mod server;

pub use browser::Browser;
pub use kill_point::{Traced, kill_before_change};
pub use mount::{SmallDisk, may_mount};
pub use project::Project;
pub use ran::Ran;
pub use server::{Answer, Request, Server};
