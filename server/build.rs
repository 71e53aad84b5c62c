//! The web page is embedded as it stands in `web/dist`: a new build of it is a
//! new build of this program.

fn main() {
    println!("cargo::rerun-if-changed=../web/dist");
    println!("cargo::rerun-if-changed=build.rs");
}
