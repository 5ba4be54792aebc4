//! Tables from records, through the public interface alone.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod columns;
mod compare;
mod experiments;
mod names;
mod namesakes;
mod properties;
mod render;
mod support;
