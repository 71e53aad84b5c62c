//! Finds the font of the opening record, which `make fonts` fetches and checks
//! by digest, and tells the crate where it lies.

use std::env;
use std::path::PathBuf;

const FILES: [&str; 2] = ["NotoSerifSC-Regular.ttf", "NotoSerifSC-Bold.ttf"];

fn main() {
    println!("cargo:rerun-if-env-changed=KAIBIAO_FONTS");
    println!("cargo:rerun-if-changed=build.rs");
    let Some(folder) = folders().into_iter().find(|folder| holds_all(folder)) else {
        println!(
            "cargo::error=the font of the opening record is missing: run `make fonts` once \
             (it needs npm, or python3 with pip), or name a folder that holds {} in KAIBIAO_FONTS",
            FILES.join(" and ")
        );
        return;
    };
    for file in FILES {
        println!("cargo:rerun-if-changed={}", folder.join(file).display());
    }
    println!("cargo:rustc-env=KAIBIAO_FONTS={}", folder.display());
}

/// Where fonts may lie: the folder that the environment names, else `fonts`
/// in the target folder, which is one of those above OUT_DIR.
fn folders() -> Vec<PathBuf> {
    if let Some(named) = env::var_os("KAIBIAO_FONTS") {
        return vec![PathBuf::from(named)];
    }
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    out.ancestors().map(|above| above.join("fonts")).collect()
}

fn holds_all(folder: &std::path::Path) -> bool {
    FILES.iter().all(|file| folder.join(file).is_file())
}
