//! Names of what stands in signed messages: contents of OBJECT IDENTIFIERs.

use super::element::NotDer;

/// The content of a name that is written here in its dotted form.
macro_rules! named {
    ($dotted:literal) => {{
        const NAME: der::asn1::ObjectIdentifier = der::asn1::ObjectIdentifier::new_unwrap($dotted);
        NAME.as_bytes()
    }};
}

/// Contents (RFC 5652, 4 and 5.1; RFC 3161, 2.4.2).
pub(crate) const DATA: &[u8] = named!("1.2.840.113549.1.7.1");
pub(crate) const SIGNED_DATA: &[u8] = named!("1.2.840.113549.1.7.2");
pub(crate) const TST_INFO: &[u8] = named!("1.2.840.113549.1.9.16.1.4");

/// The same of GM/T 0010, 5.
pub(crate) const GM_DATA: &[u8] = named!("1.2.156.10197.6.1.4.2.1");
pub(crate) const GM_SIGNED_DATA: &[u8] = named!("1.2.156.10197.6.1.4.2.2");

/// Attributes (RFC 5652, 11; RFC 2634, 5.4; RFC 5035, 3).
pub(crate) const CONTENT_TYPE: &[u8] = named!("1.2.840.113549.1.9.3");
pub(crate) const MESSAGE_DIGEST: &[u8] = named!("1.2.840.113549.1.9.4");
pub(crate) const SIGNING_TIME: &[u8] = named!("1.2.840.113549.1.9.5");
pub(crate) const SIGNING_CERTIFICATE: &[u8] = named!("1.2.840.113549.1.9.16.2.12");
pub(crate) const SIGNING_CERTIFICATE_V2: &[u8] = named!("1.2.840.113549.1.9.16.2.47");

/// Digests (RFC 5754, 2).
pub(crate) const SHA_256: &[u8] = named!("2.16.840.1.101.3.4.2.1");
pub(crate) const SHA_384: &[u8] = named!("2.16.840.1.101.3.4.2.2");
pub(crate) const SHA_512: &[u8] = named!("2.16.840.1.101.3.4.2.3");
/// GM/T 0006.
pub(crate) const SM3: &[u8] = named!("1.2.156.10197.1.401");

/// Signatures (RFC 3370, 3.2; RFC 4055, 5 and 3.1; RFC 5754, 3.3).
pub(crate) const RSA: &[u8] = named!("1.2.840.113549.1.1.1");
pub(crate) const RSA_MGF1: &[u8] = named!("1.2.840.113549.1.1.8");
pub(crate) const RSA_PSS: &[u8] = named!("1.2.840.113549.1.1.10");
pub(crate) const RSA_SHA_256: &[u8] = named!("1.2.840.113549.1.1.11");
pub(crate) const RSA_SHA_384: &[u8] = named!("1.2.840.113549.1.1.12");
pub(crate) const RSA_SHA_512: &[u8] = named!("1.2.840.113549.1.1.13");
pub(crate) const ECDSA_SHA_256: &[u8] = named!("1.2.840.10045.4.3.2");
pub(crate) const ECDSA_SHA_384: &[u8] = named!("1.2.840.10045.4.3.3");
/// GM/T 0006: SM2 as GM/T 0010 names it, and SM2 with SM3 as certificates do.
pub(crate) const SM2: &[u8] = named!("1.2.156.10197.1.301.1");
pub(crate) const SM2_SM3: &[u8] = named!("1.2.156.10197.1.501");

/// Whether content is that of an OBJECT IDENTIFIER: each arc in its shortest form.
pub(crate) fn is_name(content: &[u8]) -> bool {
    let mut begins = true;
    for octet in content {
        if begins && *octet == 0x80 {
            return false;
        }
        begins = *octet < 0x80;
    }
    begins && !content.is_empty()
}

/// The dotted form of a name whose arcs are below 2^128, as those are that are made
/// from UUIDs (X.667).
pub(crate) fn dotted(content: &[u8]) -> Result<String, NotDer> {
    if !is_name(content) {
        return Err(NotDer);
    }
    let mut arcs: Vec<u128> = Vec::new();
    for octets in content.split_inclusive(|octet| *octet < 0x80) {
        let arc = octets.iter().try_fold(0u128, |arc, octet| {
            Some(arc.checked_mul(128)? | u128::from(octet & 0x7f))
        });
        arcs.push(arc.ok_or(NotDer)?);
    }
    // The first two arcs are written as one (X.690, 8.19.4).
    let joined = arcs[0];
    let first = (joined / 40).min(2);
    arcs[0] = joined - first * 40;
    arcs.insert(0, first);
    let arcs: Vec<String> = arcs.iter().map(ToString::to_string).collect();
    Ok(arcs.join("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_as_people_write_them() {
        assert_eq!(dotted(DATA).as_deref(), Ok("1.2.840.113549.1.7.1"));
        assert_eq!(dotted(&[0x88, 0x37]).as_deref(), Ok("2.999"));
        assert_eq!(dotted(&[0x27]).as_deref(), Ok("0.39"));
        let mut uuid = vec![0x69, 0x83];
        uuid.extend([0xff; 17]);
        uuid.push(0x7f);
        assert_eq!(
            dotted(&uuid).as_deref(),
            Ok("2.25.340282366920938463463374607431768211455")
        );
        uuid[1] = 0x84;
        for wrong in [&uuid[..], &[], &[0x80, 1], &[0x2a, 0x80, 1], &[0x2a, 0x81]] {
            assert_eq!(dotted(wrong), Err(NotDer), "{wrong:x?}");
        }
    }
}
