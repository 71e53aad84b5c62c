//! The binary: everything it does is in the library.

fn main() -> std::process::ExitCode {
    kaibiao::cli::main()
}
