//! PKCS #12 (RFC 7292): keys and certificates under one passphrase.

use zeroize::Zeroizing;

use super::ber::{self, EXPLICIT_0, Element, OCTETS, SEQUENCE};
use super::pbe::{self, Budget, Closed, parsed};

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
    let budget = Budget::of_a_file();
    if let Some(mac) = file.children.get(2)
        && !pbe::mac_holds(mac, &content, passphrase, &budget)?
    {
        return Err(Closed::Passphrase);
    }
    let mut found = Contents::default();
    for part in &ber::read(&content)?.children {
        read_part(part, passphrase, &budget, &mut found)?;
    }
    Ok(found)
}

/// An EncryptedPrivateKeyInfo (RFC 5958), as a bag of a file or in PEM.
pub fn read_shrouded(
    shrouded: &Element<'_>,
    passphrase: &str,
    budget: &Budget,
) -> Result<Zeroizing<Vec<u8>>, Closed> {
    let data = shrouded.child(1)?.octets();
    let plain = pbe::decrypt(shrouded.tagged(0, SEQUENCE)?, &data, passphrase, budget)?;
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

fn read_part(
    part: &Element<'_>,
    passphrase: &str,
    budget: &Budget,
    found: &mut Contents,
) -> Result<(), Closed> {
    if part.child(0)?.oid()? != ENCRYPTED {
        return read_safe(&ber::read(&data(part)?)?, passphrase, budget, found);
    }
    let info = part
        .tagged(1, EXPLICIT_0)?
        .tagged(0, SEQUENCE)?
        .tagged(1, SEQUENCE)?;
    let sealed = info.child(2)?.octets();
    let plain = pbe::decrypt(info.tagged(1, SEQUENCE)?, &sealed, passphrase, budget)?;
    read_safe(&parsed(&plain)?, passphrase, budget, found)
}

fn read_safe(
    safe: &Element<'_>,
    passphrase: &str,
    budget: &Budget,
    found: &mut Contents,
) -> Result<(), Closed> {
    for bag in &safe.children {
        let value = bag.tagged(1, EXPLICIT_0)?.child(0)?;
        match bag.child(0)?.oid()?.strip_prefix(BAG) {
            Some([1]) => found.keys.push(Zeroizing::new(value.whole.to_vec())),
            Some([2]) => found.keys.push(read_shrouded(value, passphrase, budget)?),
            Some([3]) if value.child(0)?.oid()? == X509 => {
                let certificate = value.tagged(1, EXPLICIT_0)?.child(0)?;
                if certificate.tag & !0x20 != OCTETS {
                    return Err(Closed::Malformed);
                }
                found.certificates.push(certificate.octets());
            }
            Some([6]) => read_safe(value, passphrase, budget, found)?,
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn element(tag: u8, content: &[u8]) -> Vec<u8> {
        let length = u32::try_from(content.len()).unwrap().to_be_bytes();
        [&[tag, 0x84][..], &length, content].concat()
    }

    fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
        element(SEQUENCE, &parts.concat())
    }

    /// A bag of a key under pbeWithSHAAnd3-KeyTripleDES-CBC, which asks for so many rounds.
    fn bag(rounds: u64) -> Vec<u8> {
        let scheme = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x0c, 0x01, 0x03];
        let rounds = element(0x02, &rounds.to_be_bytes());
        let parameters = sequence(&[element(OCTETS, &[1; 8]), rounds]);
        let algorithm = sequence(&[element(0x06, &scheme), parameters]);
        let shrouded = sequence(&[algorithm, element(OCTETS, &[0; 16])]);
        let kind = [BAG, &[2]].concat();
        sequence(&[element(0x06, &kind), element(EXPLICIT_0, &shrouded)])
    }

    /// A file without a MAC, with these bags in the clear.
    fn file(bags: &[Vec<u8>]) -> Vec<u8> {
        let data = |content: &[u8]| {
            let octets = element(EXPLICIT_0, &element(OCTETS, content));
            sequence(&[element(0x06, DATA), octets])
        };
        let parts = sequence(&[data(&sequence(bags))]);
        sequence(&[element(0x02, &[3]), data(&parts)])
    }

    #[test]
    fn a_file_that_asks_for_too_many_rounds_is_refused_before_one_is_done() {
        for asked in [1 << 31, (1 << 63) - 1, pbe::MOST_ROUNDS + 1] {
            // Done, the largest of them would not end.
            let read = read(&file(&[bag(asked)]), "secret");
            assert_eq!(read.err(), Some(Closed::Rounds(asked)));
        }
    }

    #[test]
    fn all_of_a_file_together_asks_for_no_more_than_it_may() {
        let budget = Budget::of_a_file();
        let algorithm = |rounds| {
            let read = bag(rounds);
            let bag = ber::read(&read).unwrap();
            let shrouded = bag.tagged(1, EXPLICIT_0).unwrap().child(0).unwrap();
            read_shrouded(shrouded, "secret", &budget).err()
        };
        // Cheap ones leave the rest to others; what is refused takes nothing.
        let most = pbe::MOST_ROUNDS;
        assert_eq!(algorithm(1), Some(Closed::Passphrase));
        assert_eq!(algorithm(most + 1), Some(Closed::Rounds(most + 1)));
        assert_eq!(budget.0.get(), 4 * most - 1);
        budget.0.set(9);
        assert_eq!(algorithm(9), Some(Closed::Passphrase));
        assert_eq!(algorithm(1), Some(Closed::Rounds(1)));
    }
}
