//! `certificates/sm2.json`: keys and signatures of SM2 in every spelling, and what is
//! none of them (docs/spec/suite-gm.md, 8).

use kaibiao_crypto::certificate::{Ca, RevocationPolicy, Use};
use kaibiao_crypto::encoding::Base64;

use super::CertificateVector;
use crate::pki::sm2::*;
use crate::pki::*;
use crate::{folder, write};

const WEAK: &str = "certificate-weak-key";
const MALFORMED: &str = "certificate-malformed";
const CHAIN: &str = "certificate-chain";
const UNKNOWN: &str = "certificate-unknown-issuer";
/// An AlgorithmIdentifier: id-ecPublicKey with the curve secp256k1.
const SECP256K1: &str = "301006072a8648ce3d020106052b8104000a";
/// The curve of SM2 under its own name once more.
const TWICE: &str = "301406082a811ccf5501822d06082a811ccf5501822d";
/// SM2 as signed messages may name it, and SM2 with SM3 with something for parameters.
const SM2_ALONE: &str = "300b06092a811ccf5501822d01";
const WITH_INTEGER: &str = "300d06082a811ccf55018375020101";
const ECDSA: &str = "300a06082a8648ce3d040302";

struct Maker {
    authorities: Authorities,
    key: Sm2Key,
    vectors: Vec<CertificateVector>,
}

impl Maker {
    /// The authority between comes along, and its lists are configured.
    fn ca(&self, revoked: &[u64]) -> Ca {
        Ca {
            intermediates: vec![],
            ..self.authorities.ca(revoked)
        }
    }

    fn push(&mut self, name: &str, expect: &str, ca: Ca, chain: &[&[u8]], usage: Use) {
        self.vectors.push(CertificateVector {
            name: format!("SM2: {name}"),
            expect: expect.into(),
            organisation: (expect == "accepted").then(|| CODE.into()),
            organisation_name: (expect == "accepted").then(|| NAME.into()),
            cas: vec![ca],
            chain: chain.iter().map(|der| Base64(der.to_vec())).collect(),
            usage,
            now: NOW,
            openssl: None,
        });
    }

    /// A leaf that may sign, below the usual authority between.
    fn leaf(&mut self, name: &str, expect: &str, leaf: &[u8]) {
        let (ca, middle) = (self.ca(&[]), self.authorities.middle_certificate.clone());
        self.push(name, expect, ca, &[leaf, &middle], Use::Sign);
    }

    fn spki(&mut self, name: &str, expect: &str, algorithm: &str, bits: &[u8]) {
        let spki = der(0x30, &[&hex::decode(algorithm).unwrap(), bits].concat());
        let leaf = self.authorities.issue(Leaf::signing(), &spki, 0);
        self.leaf(name, expect, &leaf);
    }

    /// Signed by the authority between, under these algorithms and with what is made of
    /// the right value.
    fn signed(
        &mut self,
        name: &str,
        expect: &str,
        algorithms: [&str; 2],
        change: impl FnOnce(&[u8], Vec<u8>) -> Vec<u8>,
    ) {
        let issued = self.authorities.middle.issue(P_256, Leaf::signing());
        let spki = self.key.spki(0);
        let [signed, beside] = algorithms.map(|it| hex::decode(it).unwrap());
        let by = &self.authorities.middle_key;
        let leaf = signed_as(&issued, &[(SPKI, &spki)], [&signed, &beside], |text| {
            change(text, by.sign(text))
        });
        self.leaf(name, expect, &leaf);
    }
}

#[test]
#[ignore = "writes the vectors"]
fn write_sm2_vectors() {
    let pkcs8 = std::fs::read(folder("keys/sm2.pk8")).unwrap();
    let mut maker = Maker {
        authorities: Authorities::new(0, 0),
        key: Sm2Key::of(&pkcs8),
        vectors: Vec::new(),
    };
    let spellings = ["id-ecPublicKey", "its curve", "its curve with NULL"];
    for (spelling, key) in spellings.into_iter().enumerate() {
        for (signed, parameters) in ["absent", "NULL"].into_iter().enumerate() {
            let spki = maker.key.spki(spelling);
            let leaf = maker.authorities.issue(Leaf::signing(), &spki, signed);
            let name = format!("a key under {key}, signed with parameters {parameters}");
            maker.leaf(&name, "accepted", &leaf);
        }
        // The authorities' own keys.
        let authorities = Authorities::new(spelling, 1);
        let leaf = authorities.issue(Leaf::signing(), &maker.key.spki(0), 0);
        let ca = Ca {
            intermediates: vec![],
            ..authorities.ca(&[])
        };
        let chain = [&leaf[..], &authorities.middle_certificate];
        let name = format!("authorities' keys under {key}");
        maker.push(&name, "accepted", ca, &chain, Use::Sign);
    }
    let middle = maker.authorities.middle_certificate.clone();
    let usual = maker.key.spki(0);
    let issue = |maker: &Maker, leaf: Leaf| maker.authorities.issue(leaf, &usual, 0);
    let encrypts = issue(&maker, Leaf::encryption());
    let signs = issue(&maker, Leaf::signing());
    let ca = maker.ca(&[]);
    maker.push(
        "to encrypt",
        "accepted",
        ca.clone(),
        &[&encrypts, &middle],
        Use::Encrypt,
    );
    let usage = "certificate-wrong-usage";
    maker.leaf("signing with the encryption certificate", usage, &encrypts);
    maker.push(
        "encrypting to the signing certificate",
        usage,
        ca.clone(),
        &[&signs, &middle],
        Use::Encrypt,
    );
    maker.push(
        "without its intermediate",
        UNKNOWN,
        ca.clone(),
        &[&signs],
        Use::Sign,
    );
    let expired = Leaf {
        years: (2024, 2026),
        ..Leaf::signing()
    };
    let expired = issue(&maker, expired);
    maker.leaf("expired", "certificate-expired", &expired);
    let nobody = Leaf {
        code: None,
        ..Leaf::signing()
    };
    let nobody = issue(&maker, nobody);
    maker.leaf("no organisation", "certificate-no-organisation", &nobody);
    let revoked = maker.ca(&[7]);
    maker.push(
        "revoked",
        "certificate-revoked",
        revoked,
        &[&signs, &middle],
        Use::Sign,
    );

    // Keys.
    let point = parts(&usual)[1].clone();
    let foreign = parts(&openssl_spki(P_256))[1].clone();
    maker.spki("the curve's name twice", WEAK, TWICE, &point);
    maker.spki("secp256k1 named", WEAK, SECP256K1, &point);
    for (spelling, key) in spellings.into_iter().enumerate() {
        let name = format!("a point of P-256 under {key}");
        maker.spki(&name, MALFORMED, KEYS[spelling], &foreign);
    }
    let mut off = point.clone();
    *off.last_mut().unwrap() ^= 1;
    maker.spki("a point off the curve", MALFORMED, KEYS[0], &off);
    let (x, y) = (&point[4..36], point[67]);
    let compressed = der(3, &[&[0, 2 + (y & 1)][..], x].concat());
    maker.spki("a compressed point", WEAK, KEYS[0], &compressed);
    let infinity = der(3, &[0, 0]);
    maker.spki("the point at infinity", WEAK, KEYS[0], &infinity);
    let mut unused = point.clone();
    unused[2] = 1;
    *unused.last_mut().unwrap() &= 0xfe;
    maker.spki("unused bits", MALFORMED, KEYS[0], &unused);

    // Signatures.
    let right = SIGNED[0];
    let keep = |_: &[u8], value: Vec<u8>| value;
    maker.signed("signed under SM2 alone", CHAIN, [SM2_ALONE; 2], keep);
    maker.signed(
        "parameters that are a number",
        CHAIN,
        [WITH_INTEGER; 2],
        keep,
    );
    maker.signed("signed as ECDSA", CHAIN, [ECDSA; 2], keep);
    maker.signed("two spellings in one", MALFORMED, [right, SIGNED[1]], keep);
    let numbers = |value: &[u8]| parts(value);
    maker.signed("r with zeros before it", UNKNOWN, [right; 2], |_, value| {
        let [r, s] = &numbers(&value)[..] else {
            unreachable!()
        };
        der(
            0x30,
            &[der(2, &[&[0, 0], &r[2..]].concat()), s.clone()].concat(),
        )
    });
    maker.signed("64 bytes", UNKNOWN, [right; 2], |_, value| {
        let number = |it: &Vec<u8>| {
            let mut padded = [vec![0; 32], it[2..].to_vec()].concat();
            padded.split_off(padded.len() - 32)
        };
        numbers(&value).iter().flat_map(number).collect()
    });
    maker.signed(
        "bytes after the signature",
        UNKNOWN,
        [right; 2],
        |_, value| [value, vec![5, 0]].concat(),
    );
    maker.signed("r + s = n", UNKNOWN, [right; 2], |_, _| {
        let least = "00fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54122";
        let least = der(2, &hex::decode(least).unwrap());
        der(0x30, &[der(2, &[1]), least].concat())
    });
    maker.signed("r = 0", UNKNOWN, [right; 2], |_, value| {
        der(0x30, &[der(2, &[0]), numbers(&value)[1].clone()].concat())
    });
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("key");
    std::fs::write(&key, &maker.authorities.middle_key.pkcs8).unwrap();
    maker.signed("under no identifier", UNKNOWN, [right; 2], |text, _| {
        let file = folder.path().join("text");
        std::fs::write(&file, text).unwrap();
        let sign = [
            "pkeyutl", "-sign", "-rawin", "-digest", "sm3", "-keyform", "DER",
        ];
        let on = [
            "-inkey",
            key.to_str().unwrap(),
            "-in",
            file.to_str().unwrap(),
        ];
        openssl(&[&sign[..], &on].concat(), b"")
    });

    // Mixed chains.
    let plain = Authority::root("Kaibiao Plain Root");
    let below = |leaf: &[u8]| {
        let mut inner = parts(&parts(leaf)[0]);
        inner[SPKI] = usual.clone();
        let issued = with_text(leaf, &der(0x30, &inner.concat()));
        plain.sign_again(&issued, |_| ())
    };
    let mixed = below(&plain.issue(P_256, Leaf::signing()));
    let plain_ca = plain.ca("plain", vec![plain.crl(&[], false)]);
    maker.push("issued by P-256", CHAIN, plain_ca, &[&mixed], Use::Sign);
    let issued = maker.authorities.middle.issue(P_256, Leaf::signing());
    let other = signed_again(&issued, &[], 0, &maker.authorities.middle_key);
    maker.leaf("a key of P-256 issued by SM2", CHAIN, &other);

    // Lists.
    let lists = |lists: Vec<Vec<u8>>| Ca {
        crls: lists.into_iter().map(Base64).collect(),
        ..ca.clone()
    };
    let chain = [&signs[..], &middle];
    let missing = lists(vec![]);
    maker.push(
        "no revocation list",
        "certificate-crl-missing",
        missing.clone(),
        &chain,
        Use::Sign,
    );
    let effort = Ca {
        revocation: RevocationPolicy::BestEffort,
        ..missing
    };
    maker.push(
        "no revocation list, best effort",
        "accepted",
        effort,
        &chain,
        Use::Sign,
    );
    let by = &maker.authorities;
    let root_list = signed_again(&by.root.crl(&[], false), &[], 0, &by.root_key);
    let forged = signed_again(&by.middle.crl(&[], false), &[], 0, &Sm2Key::new());
    let stale = signed_again(&by.middle.crl(&[], true), &[], 0, &by.middle_key);
    let plain_list = by.middle.crl(&[], false);
    let forged = lists(vec![root_list.clone(), forged]);
    let stale = lists(vec![root_list.clone(), stale]);
    let plain_list = lists(vec![root_list, plain_list]);
    let broken = "certificate-crl-broken";
    maker.push(
        "a list that another key signed",
        broken,
        forged,
        &chain,
        Use::Sign,
    );
    maker.push(
        "a stale list",
        "certificate-crl-stale",
        stale,
        &chain,
        Use::Sign,
    );
    maker.push("a list by ECDSA", broken, plain_list, &chain, Use::Sign);
    write("certificates/sm2.json", &maker.vectors);
}
