//! One reader a format: from a folder in a published layout to a [`Source`](crate::source::Source).

mod folder;
mod idx;
mod idx_file;
mod read_source;

pub(crate) use read_source::read_source;
