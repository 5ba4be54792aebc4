//! What a fetch does with servers that misbehave, with archives of every kind, and when it is stopped.
#![allow(clippy::unwrap_used)]

mod archives;
mod hostile;
mod mirrors;
mod properties;
mod resuming;
mod support;
