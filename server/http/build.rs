//! The web page is embedded as it stands in `web/dist`: a new build of it is a
//! new build of this program. An empty folder stands for a page that was not
//! built; one that is missing would have cargo build anew each time.

fn main() {
    let dist = "../../web/dist";
    if let Err(error) = std::fs::create_dir_all(dist) {
        println!("cargo::warning=web/dist cannot be made: {error}");
    }
    println!("cargo::rerun-if-changed={dist}");
    println!("cargo::rerun-if-changed=build.rs");
}
