//! Key files of SM2: by openssl, by hand as other programs write them, and the envelopes
//! in which authorities send encryption keys.
#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

use std::path::PathBuf;
use std::process::Command;

use kaibiao_client::failure::Outcome;
use kaibiao_client::keys::envelope;
use kaibiao_client::keys::generate::{self, KeyKind};
use kaibiao_client::keys::store::{self, StoredKey};
use kaibiao_gm::sm2::{Point, Scalar, cipher};
use kaibiao_gm::sm4::Sm4;
use kaibiao_os::random::SystemRng;
use zeroize::Zeroizing;

const PASSPHRASE: &str = "口令 correct horse";

struct Desk(tempfile::TempDir);

impl Desk {
    /// With a key of SM2 in `key.pem` (PKCS #8) and its certificate in `cert.pem`.
    fn new() -> Self {
        let desk = Self(tempfile::tempdir().unwrap());
        desk.openssl(&["genpkey", "-algorithm", "SM2", "-out", "key.pem"]);
        let certify = [
            "req", "-x509", "-key", "key.pem", "-sm3", "-subj", "/CN=gm", "-out", "cert.pem",
        ];
        desk.openssl(&certify);
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn openssl(&self, arguments: &[&str]) -> Vec<u8> {
        let output = Command::new("openssl")
            .current_dir(self.0.path())
            .args(arguments)
            .output()
            .expect("the tests need the openssl command");
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        output.stdout
    }

    fn read(&self, name: &str) -> Outcome<Vec<StoredKey>> {
        store::read(&self.path(name), &|_| {
            Ok(Zeroizing::new(PASSPHRASE.to_owned()))
        })
    }

    /// The one key of a file, which is that of `key.pem`.
    fn opens(&self, name: &str) {
        let read = self
            .read(name)
            .unwrap_or_else(|failure| panic!("{name}: {failure}"));
        let known = self.openssl(&["pkey", "-in", "key.pem", "-pubout", "-outform", "DER"]);
        let key = Scalar::from_pkcs8(&read[0].pkcs8).unwrap();
        assert_eq!((read.len(), key.point().spki()), (1, known), "{name}");
    }

    /// The file and the certificate, one after the other.
    fn with_certificate(&self, name: &str) {
        let mut both = std::fs::read(self.path(name)).unwrap();
        both.extend(std::fs::read(self.path("cert.pem")).unwrap());
        std::fs::write(self.path(name), both).unwrap();
    }

    fn key(&self) -> Zeroizing<Vec<u8>> {
        let der = self.openssl(&[
            "pkcs8", "-topk8", "-nocrypt", "-in", "key.pem", "-outform", "DER",
        ]);
        Zeroizing::new(der)
    }
}

#[test]
fn what_openssl_writes_is_read() {
    let desk = Desk::new();
    let word = format!("pass:{PASSPHRASE}");
    let exports: [(&str, &[&str]); 4] = [
        ("usual.p12", &[]),
        (
            "sm4.p12",
            &[
                "-keypbe", "SM4-CBC", "-certpbe", "SM4-CBC", "-macalg", "SM3",
            ],
        ),
        (
            "mixed.p12",
            &[
                "-keypbe",
                "SM4-CBC",
                "-certpbe",
                "AES-256-CBC",
                "-macalg",
                "SHA256",
            ],
        ),
        (
            "one.p12",
            &["-keypbe", "SM4-CBC", "-macalg", "SM3", "-iter", "1"],
        ),
    ];
    for (name, more) in exports {
        let given = [
            "pkcs12", "-export", "-inkey", "key.pem", "-in", "cert.pem", "-passout", &word, "-out",
            name,
        ];
        desk.openssl(&[&given[..], more].concat());
        desk.opens(name);
    }
    let shrouded = [
        "pkcs8", "-topk8", "-in", "key.pem", "-v2", "sm4-cbc", "-passout", &word,
    ];
    desk.openssl(&[&shrouded[..], &["-out", "shrouded.pem"]].concat());
    desk.with_certificate("shrouded.pem");
    desk.opens("shrouded.pem");
    desk.openssl(&["ec", "-in", "key.pem", "-out", "sec1.pem"]);
    let sec1 = std::fs::read_to_string(desk.path("sec1.pem")).unwrap();
    let usual = sec1.replace("SM2 PRIVATE KEY", "EC PRIVATE KEY");
    for (name, text) in [("sec1.pem", sec1), ("usual.pem", usual)] {
        std::fs::write(desk.path(name), text).unwrap();
        desk.with_certificate(name);
        desk.opens(name);
    }
    let refused = store::read(&desk.path("sm4.p12"), &|_| {
        Ok(Zeroizing::new("falsch".into()))
    });
    assert_eq!(refused.err().unwrap().code, "passphrase-wrong");
}

fn der(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let length = content.len();
    let head = match length {
        0..=127 => vec![tag, u8::try_from(length).unwrap()],
        128..=255 => vec![tag, 0x81, u8::try_from(length).unwrap()],
        _ => [
            &[tag, 0x82][..],
            &u16::try_from(length).unwrap().to_be_bytes(),
        ]
        .concat(),
    };
    [head, content].concat()
}

fn oid(hex: &str) -> Vec<u8> {
    der(6, &[&hex::decode(hex).unwrap()])
}

/// GmSSL's EncryptedPrivateKeyInfo: PBES2, PBKDF2 of 65,536 rounds and a salt of 16 bytes,
/// and no length; HMAC-SM3 with NULL, SM4-CBC.
fn gmssl(prf: &str, key: &[u8]) -> Vec<u8> {
    let (salt, iv) = ([0x5a; 16], [0xa5; 16]);
    let mut stretched = [0; 16];
    pbkdf2::pbkdf2_hmac::<sm3::Sm3>(PASSPHRASE.as_bytes(), &salt, 65_536, &mut stretched);
    let mut sealed = key.to_vec();
    let padding = 16 - sealed.len() % 16;
    sealed.resize(sealed.len() + padding, u8::try_from(padding).unwrap());
    Sm4::new(&stretched).cbc_encrypt(&iv, sealed.as_chunks_mut().0);
    let prf = der(0x30, &[&oid(prf), &[5, 0]]);
    let kdf = der(0x30, &[&der(4, &[&salt]), &[2, 3, 1, 0, 0], &prf]);
    let kdf = der(0x30, &[&oid("2a864886f70d01050c"), &kdf]);
    let cipher = der(0x30, &[&oid("2a811ccf55016802"), &der(4, &[&iv])]);
    let scheme = der(
        0x30,
        &[&oid("2a864886f70d01050d"), &der(0x30, &[&kdf, &cipher])],
    );
    der(0x30, &[&scheme, &der(4, &[&sealed])])
}

#[test]
fn what_gmssl_and_tongsuo_write_is_read_whichever_name_hmac_has() {
    let desk = Desk::new();
    for (name, prf) in [
        ("gmssl", "2a811ccf5501831102"),
        ("tongsuo", "2a811ccf550183110301"),
        ("hash", "2a811ccf55018311"),
    ] {
        let file = gmssl(prf, &desk.key());
        let pem = store::pem("ENCRYPTED PRIVATE KEY", &file);
        std::fs::write(desk.path(name), pem.as_bytes()).unwrap();
        desk.with_certificate(name);
        desk.opens(name);
    }
    let file = gmssl("2a811ccf5501831109", &desk.key());
    let pem = store::pem("ENCRYPTED PRIVATE KEY", &file);
    std::fs::write(desk.path("other"), pem.as_bytes()).unwrap();
    let refused = desk.read("other").err().unwrap();
    assert_eq!(refused.code, "key-encryption");
    assert!(refused.en.contains("1.2.156.10197.1.401.9"), "{refused}");
}

#[test]
fn keys_whose_algorithm_or_scalar_is_spelt_otherwise_are_read() {
    let desk = Desk::new();
    let key = Scalar::from_pkcs8(&desk.key()).unwrap();
    let curve = oid("2a811ccf5501822d");
    let inner = der(0x30, &[&[2, 1, 1], &der(4, &[&[0], key.as_bytes()])]);
    let itself = der(0x30, &[&curve, &[5, 0]]);
    let named = der(0x30, &[&oid("2a8648ce3d0201"), &curve]);
    for (name, algorithm) in [("itself", itself), ("named", named)] {
        let file = der(0x30, &[&[2, 1, 0], &algorithm, &der(4, &[&inner])]);
        std::fs::write(desk.path(name), store::private_pem(&file).as_bytes()).unwrap();
        desk.with_certificate(name);
        desk.opens(name);
    }
}

/// What an authority's key centre makes: an encryption key for a signing key.
struct Sent {
    signing: Zeroizing<Vec<u8>>,
    encryption: Zeroizing<Vec<u8>>,
    cipher: Vec<u8>,
    sm4: Sm4,
}

impl Sent {
    fn new() -> Self {
        let drawn = || generate::private_key(KeyKind::Sm2).unwrap();
        let (signing, encryption, session) = (drawn(), drawn(), [0x17; 16]);
        let to = Scalar::from_pkcs8(&signing).unwrap().point();
        Self {
            cipher: cipher::encrypt(&to, &session, &mut SystemRng),
            sm4: Sm4::new(&session),
            signing,
            encryption,
        }
    }

    fn scalar(&self) -> Scalar {
        Scalar::from_pkcs8(&self.encryption).unwrap()
    }

    fn sealed(&self, text: &[u8]) -> Vec<u8> {
        let (blocks, _) = text.as_chunks();
        blocks
            .iter()
            .flat_map(|block| self.sm4.encrypt(block))
            .collect()
    }

    fn envelope(&self, algorithm: &str, cipher: &[u8], private: &[u8]) -> Vec<u8> {
        let public: Point = self.scalar().point();
        let parts = [
            der(0x30, &[&oid(algorithm), &[5, 0]]),
            cipher.to_vec(),
            der(3, &[&[0], public.as_bytes()]),
            der(3, &[&[0], private]),
        ];
        der(0x30, &[&parts.concat()])
    }

    fn opens(&self, file: &[u8]) -> Result<(), envelope::Closed> {
        let opened = envelope::open(file, std::slice::from_ref(&self.signing))?;
        assert_eq!(opened, self.encryption);
        Ok(())
    }
}

const SM4_ECB: &str = "2a811ccf55016801";

#[test]
fn an_envelope_opens_by_the_signing_key_in_each_of_its_forms() {
    let sent = Sent::new();
    let scalar = *sent.scalar().as_bytes();
    let sealed = sent.sealed(&scalar);
    let usual = sent.envelope(SM4_ECB, &sent.cipher, &sealed);
    sent.opens(&usual).unwrap();
    sent.opens(store::pem("SM2 ENVELOPED KEY", &usual).as_bytes())
        .unwrap();
    let base64 = store::pem("X", &usual);
    let base64: Vec<&str> = base64
        .lines()
        .filter(|line| !line.starts_with('-'))
        .collect();
    sent.opens(base64.join("\r\n").as_bytes()).unwrap();
    sent.opens(&sent.envelope("2a811ccf550168", &sent.cipher, &sealed))
        .unwrap();
    // Zeros before it, sealed and in the clear, and a padding after it.
    let before = sent.sealed(&[&[0; 32][..], &scalar].concat());
    let clear = [&[0; 32][..], &sealed].concat();
    let padded = sent.sealed(&[&scalar[..], &[16; 16]].concat());
    for private in [before, clear.clone(), padded] {
        sent.opens(&sent.envelope(SM4_ECB, &sent.cipher, &private))
            .unwrap();
    }
    // The blob of GM/T 0016.
    let (x, y, rest) = parts(&sent.cipher);
    let public = sent.scalar().point();
    let wide = |number: &[u8]| [&[0; 32][..], number].concat();
    let blob = [
        &1_u32.to_le_bytes()[..],
        &0x401_u32.to_le_bytes(),
        &256_u32.to_le_bytes(),
        &clear,
        &256_u32.to_le_bytes(),
        &wide(&public.as_bytes()[1..33]),
        &wide(&public.as_bytes()[33..]),
        &wide(&x),
        &wide(&y),
        &rest[..32],
        &16_u32.to_le_bytes(),
        &rest[32..],
    ];
    let mut blob = blob.concat();
    sent.opens(&blob).unwrap();
    blob[5] = 1;
    assert_eq!(
        sent.opens(&blob),
        Err(envelope::Closed::Cipher("SM1".into()))
    );
}

/// x1, y1, and C3 with C2, of a ciphertext in DER.
fn parts(cipher: &[u8]) -> ([u8; 32], [u8; 32], Vec<u8>) {
    let mut at = if cipher[1] == 0x81 { 3 } else { 2 };
    let mut take = || {
        let length = usize::from(cipher[at + 1]);
        let part = &cipher[at + 2..at + 2 + length];
        at += 2 + length;
        part
    };
    let number = |digits: &[u8]| {
        let mut number = [0; 32];
        let digits = digits.strip_prefix(&[0]).unwrap_or(digits);
        number[32 - digits.len()..].copy_from_slice(digits);
        number
    };
    (number(take()), number(take()), [take(), take()].concat())
}

#[test]
fn integers_of_an_envelope_may_be_padded_or_lack_their_sign() {
    let sent = Sent::new();
    let sealed = sent.sealed(sent.scalar().as_bytes());
    let (x, y, rest) = parts(&sent.cipher);
    for zeros in [&[][..], &[0], &[0, 0]] {
        let cipher = [
            der(2, &[zeros, &x]),
            der(2, &[zeros, &y]),
            der(4, &[&rest[..32]]),
            der(4, &[&rest[32..]]),
        ];
        let cipher = der(0x30, &[&cipher.concat()]);
        sent.opens(&sent.envelope(SM4_ECB, &cipher, &sealed))
            .unwrap();
    }
}

#[test]
fn what_does_not_open_says_why() {
    use envelope::Closed;
    let sent = Sent::new();
    let sealed = sent.sealed(sent.scalar().as_bytes());
    let usual = sent.envelope(SM4_ECB, &sent.cipher, &sealed);
    let other = generate::private_key(KeyKind::Sm2).unwrap();
    assert_eq!(
        envelope::open(&usual, &[other]).err(),
        Some(Closed::OtherKey)
    );
    let mut altered = usual.clone();
    *altered.last_mut().unwrap() ^= 1;
    assert_eq!(sent.opens(&altered), Err(Closed::OtherKey));
    for (algorithm, named) in [("2a811ccf55016601", "SM1"), ("2a811ccf55016701", "SSF33")] {
        let envelope = sent.envelope(algorithm, &sent.cipher, &sealed);
        assert_eq!(sent.opens(&envelope), Err(Closed::Cipher(named.into())));
    }
    let aes = sent.envelope("608648016503040102", &sent.cipher, &sealed);
    assert_eq!(
        sent.opens(&aes),
        Err(Closed::Cipher("2.16.840.1.101.3.4.1.2".into()))
    );
    for at in [0, 1, 20, usual.len() - 1] {
        assert_eq!(sent.opens(&usual[..at]), Err(Closed::Malformed), "{at}");
    }
}
