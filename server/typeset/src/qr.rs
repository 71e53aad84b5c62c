//! QR codes (ISO/IEC 18004): error correction M, which a fold or a stain leaves readable.

use qrcode::{Color, EcLevel, QrCode};

use crate::TypesetError;

/// Modules that stay white around a code, by the standard.
const QUIET: usize = 4;

/// A code of a text as an SVG picture whose unit is one module.
pub fn svg(text: &str) -> Result<String, TypesetError> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M)
        .map_err(|error| TypesetError::Template(error.to_string()))?;
    let width = code.width();
    let mut path = String::new();
    for (at, color) in code.to_colors().into_iter().enumerate() {
        if color == Color::Dark {
            let (x, y) = (at % width + QUIET, at / width + QUIET);
            path.push_str(&format!("M{x} {y}h1v1h-1z"));
        }
    }
    let side = width + 2 * QUIET;
    Ok(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\">\
         <path d=\"{path}\"/></svg>"
    ))
}
