//! The page in a real browser, headless: it sorts, filters, draws and asks nobody for anything.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod experiments;
mod live;
mod many;
mod page;
