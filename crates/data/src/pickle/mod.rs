//! Reading Python pickles that hold numbers, text, lists, dicts and NumPy arrays of integers.
//!
//! A pickle is a program for a small stack machine; Python's own lets it call any function. This one knows
//! the few functions that NumPy arrays are written with, by name, and runs nothing. Protocols 2 (as Python 2
//! and 3 write it) to 5. Opcodes: CPython's `Lib/pickletools.py`.

mod input;
mod machine;
mod numpy;
mod value;

pub(crate) use machine::load;
