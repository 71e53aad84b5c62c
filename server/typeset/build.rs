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

/// Where fonts may lie, in the order in which they are looked for: the folder
/// that the environment names and no other; else `fonts` in the target folder,
/// which is one of those above OUT_DIR; else `target/fonts` of the checkout,
/// for builds whose target folder is elsewhere.
fn folders() -> Vec<PathBuf> {
    let checkout = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    if let Some(named) = env::var_os("KAIBIAO_FONTS").filter(|named| !named.is_empty()) {
        // A relative name is meant from the checkout's root, as in scripts/fonts;
        // this program runs in the package's folder.
        return vec![checkout.join(named)];
    }
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    let in_target = out.ancestors().map(|above| above.join("fonts"));
    in_target.chain([checkout.join("target/fonts")]).collect()
}

fn holds_all(folder: &std::path::Path) -> bool {
    FILES.iter().all(|file| folder.join(file).is_file())
}
