//! Tables from records, through the public interface alone.

mod compare;
mod properties;
mod render;
mod support;
