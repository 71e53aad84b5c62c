//! Finds the fonts of the opening record, which `make fonts` fetches and checks
//! by digest, and compresses them for the crate to hold.

use std::env;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::ZlibEncoder;

const FILES: [&str; 3] = [
    "NotoSerifSC-Regular.ttf",
    "NotoSerifSC-Bold.ttf",
    "HanaMinB.ttf",
];

fn main() {
    println!("cargo:rerun-if-env-changed=KAIBIAO_FONTS");
    println!("cargo:rerun-if-changed=build.rs");
    let Some(folder) = folders().into_iter().find(|folder| holds_all(folder)) else {
        println!(
            "cargo::error=a font of the opening record is missing: run `make fonts` once, \
             or name a folder that holds {} in KAIBIAO_FONTS",
            FILES.join(", ")
        );
        return;
    };
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    for file in FILES {
        let from = folder.join(file);
        println!("cargo:rerun-if-changed={}", from.display());
        if let Err(error) = compress(&from, &out.join(format!("{file}.zz"))) {
            println!("cargo::error={}: {error}", from.display());
        }
    }
}

/// Compresses a file (RFC 1950).
fn compress(from: &Path, to: &Path) -> io::Result<()> {
    let font = fs::read(from)?;
    let mut encoder = ZlibEncoder::new(File::create(to)?, Compression::default());
    encoder.write_all(&font)?;
    encoder.finish()?.sync_all()
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

fn holds_all(folder: &Path) -> bool {
    FILES.iter().all(|file| folder.join(file).is_file())
}
