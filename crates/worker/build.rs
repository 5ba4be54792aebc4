//! Gives the worker its own link arguments: a dependency's build script cannot.

include!("../../scripts/link_libtorch.rs");

fn main() {
    link_libtorch();
}
