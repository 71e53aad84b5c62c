//! PEM (RFC 7468): certificates and keys as text.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use zeroize::Zeroizing;

/// One block of a file.
pub struct Block {
    pub label: String,
    /// None where the text is not base64.
    pub der: Option<Zeroizing<Vec<u8>>>,
    /// Encrypted the old way (RFC 1421), inside the block.
    pub encrypted: bool,
}

const BEGIN: &str = "-----BEGIN ";

pub fn is_pem(bytes: &[u8]) -> bool {
    let begin = BEGIN.as_bytes();
    bytes.windows(begin.len()).any(|window| window == begin)
}

/// All blocks, wherever they begin in their lines: some programs put a byte order
/// mark or an attribute before them.
pub fn blocks(bytes: &[u8]) -> Vec<Block> {
    let text = Zeroizing::new(String::from_utf8_lossy(bytes).into_owned());
    let mut blocks = Vec::new();
    let mut left = text.as_str();
    while let Some(begin) = left.find(BEGIN) {
        left = &left[begin + BEGIN.len()..];
        let Some((label, rest)) = left.split_once("-----") else {
            break;
        };
        let Some((body, rest)) = rest.split_once(&format!("-----END {label}-----")) else {
            continue;
        };
        let encrypted = body.contains("Proc-Type:") && body.contains("ENCRYPTED");
        let digits: Zeroizing<String> =
            Zeroizing::new(body.chars().filter(|it| !it.is_whitespace()).collect());
        blocks.push(Block {
            label: label.to_owned(),
            der: BASE64.decode(digits.as_bytes()).ok().map(Zeroizing::new),
            encrypted,
        });
        left = rest;
    }
    blocks
}
