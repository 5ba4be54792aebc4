//! Gives the worker its own link arguments, which a dependency's build script cannot, and the version of
//! the libtorch it is built against, which no function of libtorch tells.

include!("../../scripts/link_libtorch.rs");

fn main() {
    link_libtorch();
    println!(
        "cargo:rustc-env=LIBTORCH_VERSION={}",
        libtorch_version().unwrap_or_else(|| "unknown".to_owned())
    );
}

fn libtorch_version() -> Option<String> {
    let include = std::path::Path::new(&std::env::var("LIBTORCH").ok()?).join("include/torch");
    let header = include.join("headeronly/version.h");
    println!("cargo:rerun-if-changed={}", header.display());
    let text = std::fs::read_to_string(header).ok()?;
    let number = |part: &str| {
        let rest = text.split_once(&format!("#define TORCH_VERSION_{part} "))?.1;
        rest.split_whitespace().next()?.parse::<u32>().ok()
    };
    Some(format!("{}.{}.{}", number("MAJOR")?, number("MINOR")?, number("PATCH")?))
}
