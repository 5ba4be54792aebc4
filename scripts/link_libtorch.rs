// Included by the build scripts of the crates whose executables use libtorch.

/// Sets the run paths by which an executable finds libtorch without environment variables, and keeps the
/// CUDA library among its needs, which the linker would drop since nothing refers to it by name.
///
/// The first three paths are relative to the executable, so that neither a moved checkout nor an
/// installation (`bin/` beside `lib/pipeline/`) breaks it.
fn link_libtorch() {
    println!("cargo:rerun-if-env-changed=LIBTORCH");
    println!("cargo:rerun-if-changed=../../scripts/link_libtorch.rs");
    let argument = |value: &str| println!("cargo:rustc-link-arg={value}");
    for relative in ["../lib/pipeline", "../../.deps/libtorch/lib", "../../../.deps/libtorch/lib"] {
        argument(&format!("-Wl,-rpath,$ORIGIN/{relative}"));
    }
    let Ok(libtorch) = std::env::var("LIBTORCH") else { return };
    let libraries = std::path::Path::new(&libtorch).join("lib");
    argument(&format!("-Wl,-rpath,{}", libraries.display()));
    if libraries.join("libtorch_cuda.so").exists() {
        argument("-Wl,--no-as-needed");
        argument("-ltorch_cuda");
    }
}
