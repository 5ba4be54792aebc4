//! Tables from records, through the public interface alone.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod compare;
mod properties;
mod render;
mod support;
