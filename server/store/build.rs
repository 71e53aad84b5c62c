//! A new migration file is noticed although no Rust file changed.

fn main() {
    println!("cargo:rerun-if-changed=../../migrations/sqlite");
}
