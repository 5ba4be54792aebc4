//! The program that does one stage.
fn main() { println!("{}", tch::Cuda::is_available()); }
