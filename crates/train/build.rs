//! Compiles the native kernels, and gives the tests of this crate their own link arguments: a dependency's build
//! script cannot.

include!("../../scripts/link_libtorch.rs");

fn main() {
    link_libtorch();
    compile_kernels();
}

/// `native/` against the headers of the libtorch in use, with its threads (OpenMP).
fn compile_kernels() {
    println!("cargo:rerun-if-changed=native");
    let mut build = cc::Build::new();
    if let Ok(libtorch) = std::env::var("LIBTORCH") {
        build.include(format!("{libtorch}/include"));
        build.include(format!("{libtorch}/include/torch/csrc/api/include"));
    }
    build.cpp(true).std("c++20").opt_level(3).warnings(false).flag("-fopenmp").flag("-fno-math-errno");
    build.file("native/normalise.cpp").compile("train_native");
    println!("cargo:rustc-link-lib=gomp");
}
