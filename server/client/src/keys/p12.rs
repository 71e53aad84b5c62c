//! PKCS #12 (RFC 7292): keys and certificates under one passphrase.

use zeroize::Zeroizing;

use super::ber::{self, EXPLICIT_0, Element, OCTETS, SEQUENCE};
use super::pbe::{self, Closed, parsed};

/// What a file holds. Keys are PKCS #8.
#[derive(Default)]
pub struct Contents {
    pub keys: Vec<Zeroizing<Vec<u8>>>,
    pub certificates: Vec<Vec<u8>>,
}

/// id-data and id-encryptedData (RFC 5652).
const DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01];
const ENCRYPTED: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x06];
/// What every bag's type begins with; its last byte says what it is.
const BAG: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x0c, 0x0a, 0x01];
/// x509Certificate (RFC 2985).
const X509: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x16, 0x01];

/// Reads a whole file, after its MAC holds.
pub fn read(bytes: &[u8], passphrase: &str) -> Result<Contents, Closed> {
    let file = ber::read(bytes)?;
    if file.tag != SEQUENCE || file.child(0)?.number()? != 3 {
        return Err(Closed::Malformed);
    }
    let content = data(file.tagged(1, SEQUENCE)?)?;
    if let Some(mac) = file.children.get(2)
        && !pbe::mac_holds(mac, &content, passphrase)?
    {
        return Err(Closed::Passphrase);
    }
    let mut found = Contents::default();
    for part in &ber::read(&content)?.children {
        read_part(part, passphrase, &mut found)?;
    }
    Ok(found)
}

/// An EncryptedPrivateKeyInfo (RFC 5958), as a bag of a file or in PEM.
pub fn read_shrouded(
    shrouded: &Element<'_>,
    passphrase: &str,
) -> Result<Zeroizing<Vec<u8>>, Closed> {
    let data = shrouded.child(1)?.octets();
    let plain = pbe::decrypt(shrouded.tagged(0, SEQUENCE)?, &data, passphrase)?;
    parsed(&plain)?;
    Ok(plain)
}

/// The octets of a ContentInfo of type data.
fn data(info: &Element<'_>) -> Result<Vec<u8>, Closed> {
    if info.child(0)?.oid()? != DATA {
        return Err(Closed::Scheme("public-key".to_owned()));
    }
    Ok(info.tagged(1, EXPLICIT_0)?.child(0)?.octets())
}

fn read_part(part: &Element<'_>, passphrase: &str, found: &mut Contents) -> Result<(), Closed> {
    if part.child(0)?.oid()? != ENCRYPTED {
        return read_safe(&ber::read(&data(part)?)?, passphrase, found);
    }
    let info = part
        .tagged(1, EXPLICIT_0)?
        .tagged(0, SEQUENCE)?
        .tagged(1, SEQUENCE)?;
    let sealed = info.child(2)?.octets();
    let plain = pbe::decrypt(info.tagged(1, SEQUENCE)?, &sealed, passphrase)?;
    read_safe(&parsed(&plain)?, passphrase, found)
}

fn read_safe(safe: &Element<'_>, passphrase: &str, found: &mut Contents) -> Result<(), Closed> {
    for bag in &safe.children {
        let value = bag.tagged(1, EXPLICIT_0)?.child(0)?;
        match bag.child(0)?.oid()?.strip_prefix(BAG) {
            Some([1]) => found.keys.push(Zeroizing::new(value.whole.to_vec())),
            Some([2]) => found.keys.push(read_shrouded(value, passphrase)?),
            Some([3]) if value.child(0)?.oid()? == X509 => {
                let certificate = value.tagged(1, EXPLICIT_0)?.child(0)?;
                if certificate.tag & !0x20 != OCTETS {
                    return Err(Closed::Malformed);
                }
                found.certificates.push(certificate.octets());
            }
            Some([6]) => read_safe(value, passphrase, found)?,
            _ => {}
        }
    }
    Ok(())
}
