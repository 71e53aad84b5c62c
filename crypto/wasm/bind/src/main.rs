//! Writes the bindings of a WASM module: `kaibiao-wasm-bind MODULE FOLDER` puts `gm.js`,
//! `gm.d.ts` and `gm_bg.wasm` into the folder.

use std::process::ExitCode;

use wasm_bindgen_cli_support::Bindgen;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let (Some(module), Some(folder)) = (arguments.next(), arguments.next()) else {
        eprintln!("usage: kaibiao-wasm-bind MODULE FOLDER");
        return ExitCode::from(2);
    };
    let mut bindgen = Bindgen::new();
    let bindgen = bindgen
        .input_path(module)
        .out_name("gm")
        .typescript(true)
        .remove_name_section(true)
        .remove_producers_section(true);
    let done = bindgen.web(true).and_then(|bindgen| bindgen.generate(folder));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("kaibiao-wasm-bind: {problem:?}");
            ExitCode::FAILURE
        }
    }
}
