//! The binary as people and programs meet it: help, output, errors, exit codes.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod completion;
mod errors;
mod help;
mod json;
mod project;
mod report;
mod text;
