//! The suite beside two others that nobody here wrote, openssl 3 and gmssl, in both
//! directions: what is made by one is read by the other. Keys and texts are random in
//! every run; a failure prints them.
//!
//! The long runs, of as many as `KAIBIAO_BESIDE` says or 100,000 (some hours):
//! `cargo test --release -p kaibiao-gm --features std tests::beside -- --ignored`.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use ring::rand::{SecureRandom as _, SystemRandom};
use serde_json::{Value, json};
use sm2::pkcs8::EncodePrivateKey as _;
use tempfile::TempDir;

use super::slices;
use crate::rng::Rng;
use crate::segment::{Place, SegmentCipher, TAG};
use crate::sm2::{Scalar, cipher, der, signature};
use crate::sm3::{Sm3, hmac};
use crate::sm4::Sm4;

/// How many in an ordinary run. Signatures and ciphertexts take programs that are
/// started for each, and SM2 in plain Python.
const SHORT: usize = 100;

fn long() -> usize {
    let told = std::env::var("KAIBIAO_BESIDE").ok();
    told.map_or(100_000, |told| told.parse().unwrap())
}

struct System;

impl Rng for System {
    fn fill(&mut self, bytes: &mut [u8]) {
        SystemRandom::new().fill(bytes).unwrap();
    }
}

fn random(most: usize) -> Vec<u8> {
    let [high, low] = crate::rng::bytes(&mut System);
    let length = 1 + usize::from(u16::from_be_bytes([high, low])) % most;
    let mut bytes = vec![0; length];
    System.fill(&mut bytes);
    bytes
}

/// openssl, with its files in a folder of its own.
struct Openssl(TempDir);

impl Openssl {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    /// What it prints; `None` when it fails.
    fn run(&self, arguments: &str) -> Option<Vec<u8>> {
        let mut command = Command::new("openssl");
        command
            .args(arguments.split_whitespace())
            .current_dir(&self.0);
        let done = command.output().expect("openssl 3 is on the PATH");
        done.status.success().then_some(done.stdout)
    }

    fn key(&self, key: &Scalar) {
        let own = sm2::SecretKey::from_slice(key.as_bytes()).unwrap();
        self.file("key", own.to_pkcs8_der().unwrap().as_bytes());
        self.file("public", &key.point().spki());
    }
}

const SIGN: &str = "pkeyutl -rawin -digest sm3 -pkeyopt distid:1234567812345678 -in text";

fn signatures_beside_openssl(count: usize) {
    let openssl = Openssl::new();
    for _ in 0..count {
        let (key, text) = (Scalar::generate(&mut System), random(200));
        let told = format!("{} {}", hex::encode(key.as_bytes()), hex::encode(&text));
        openssl.key(&key);
        openssl.file("text", &text);

        let theirs = openssl.run(&format!("{SIGN} -sign -inkey key -keyform DER"));
        let held = signature::verify(key.point().as_bytes(), &text, &theirs.unwrap());
        assert_eq!(held, Ok(()), "{told}");

        openssl.file("value", &signature::sign(&key, &text).unwrap());
        let verify = "-verify -pubin -inkey public -keyform DER -sigfile value";
        let held = openssl.run(&format!("{SIGN} {verify}"));
        assert!(held.is_some(), "{told}");
    }
}

fn encryption_beside_openssl(count: usize) {
    let openssl = Openssl::new();
    for _ in 0..count {
        let key = Scalar::generate(&mut System);
        let text: [u8; 64] = crate::rng::bytes(&mut System);
        let told = format!("{} {}", hex::encode(key.as_bytes()), hex::encode(text));
        openssl.key(&key);
        openssl.file("text", &text);
        let encrypt = "pkeyutl -encrypt -pubin -inkey public -keyform DER -in text";
        let theirs = openssl.run(encrypt).unwrap();
        let opened = cipher::decrypt::<64>(&key, &theirs);
        assert!(opened.is_some_and(|opened| *opened == text), "{told}");

        for sealed in [
            cipher::encrypt(&key.point(), &text, &mut System),
            cipher::encrypt_dealt(&key.point(), &text, &crate::rng::bytes(&mut System)),
        ] {
            openssl.file("sealed", &sealed);
            let opened = openssl.run("pkeyutl -decrypt -inkey key -keyform DER -in sealed");
            assert!(opened.is_some_and(|opened| opened == text), "{told}");
        }
    }
}

/// A sealed chunk is made again with openssl alone, as docs/spec/suite-gm.md, 4, says.
#[test]
fn a_chunk_is_sealed_as_openssl_seals_it() {
    let openssl = Openssl::new();
    for (number, last) in [(0, 0), (0, 3), (3, 3), (0x000f_ffff, 0x000f_ffff)] {
        let key: [u8; 32] = crate::rng::bytes(&mut System);
        let place = Place {
            envelope: 0,
            segment: 1025,
            context: crate::rng::bytes(&mut System),
        };
        let text = random(70_000);
        let mut chunks = [[&text[..], &[0; TAG]].concat()];
        SegmentCipher::new(&key, &place).seal(number, last, &mut slices(&mut chunks));
        let (ciphertext, tag) = chunks[0].split_at(text.len());

        let expand = |label: &str| {
            let info = hex::encode([label.as_bytes(), &[0]].concat());
            let key = hex::encode(key);
            let kdf = "kdf -binary -keylen 32 -kdfopt digest:SM3 -kdfopt mode:EXPAND_ONLY";
            let done = openssl.run(&format!(
                "{kdf} -kdfopt hexkey:{key} -kdfopt hexinfo:{info} HKDF"
            ));
            done.unwrap()
        };
        let encrypt = hex::encode(&expand("kaibiao/1 encrypt")[..16]);
        let authenticate = hex::encode(expand("kaibiao/1 authenticate"));
        let is_last = u8::from(number == last);
        let iv = format!("00000000000000{number:08x}{is_last:02x}00000000");
        openssl.file("text", &text);
        let enc = format!("enc -sm4-ctr -K {encrypt} -iv {iv} -in text");
        assert_eq!(openssl.run(&enc).unwrap(), ciphertext);
        openssl.file("ciphertext", ciphertext);
        let digest = openssl.run("dgst -sm3 -binary ciphertext").unwrap();
        let tagged = [
            b"kaibiao/1 chunk\0",
            &1025_u32.to_be_bytes()[..],
            &number.to_be_bytes(),
            &[is_last],
            &place.context,
            &digest,
        ];
        openssl.file("tagged", &tagged.concat());
        let mac = format!("dgst -sm3 -mac HMAC -macopt hexkey:{authenticate} -binary tagged");
        assert_eq!(openssl.run(&mac).unwrap(), tag);
    }
}

#[test]
fn digests_tags_and_blocks_are_those_of_openssl() {
    let openssl = Openssl::new();
    for _ in 0..20 {
        let (text, key) = (random(3000), random(150));
        openssl.file("text", &text);
        let digest = openssl.run("dgst -sm3 -binary text").unwrap();
        let mut hasher = Sm3::new();
        hasher.update(&text);
        assert_eq!(digest, hasher.finish());
        let told = hex::encode(&key);
        let mac = format!("dgst -sm3 -mac HMAC -macopt hexkey:{told} -binary text");
        assert_eq!(openssl.run(&mac).unwrap(), hmac(&key, &[&text]));

        let key: [u8; 16] = crate::rng::bytes(&mut System);
        let iv: [u8; 16] = crate::rng::bytes(&mut System);
        let mut blocks: [[u8; 16]; 4] = [(); 4].map(|()| crate::rng::bytes(&mut System));
        openssl.file("text", blocks.as_flattened());
        let (told, start) = (hex::encode(key), hex::encode(iv));
        let enc = format!("enc -sm4-cbc -nopad -K {told} -iv {start} -in text");
        Sm4::new(&key).cbc_encrypt(&iv, &mut blocks);
        assert_eq!(openssl.run(&enc).unwrap(), blocks.as_flattened());
    }
}

#[test]
fn signatures_hold_there_and_theirs_here() {
    signatures_beside_openssl(SHORT);
}

#[test]
fn ciphertexts_open_there_and_theirs_here() {
    encryption_beside_openssl(SHORT);
}

#[test]
#[ignore = "takes hours"]
fn a_great_many_signatures_and_ciphertexts_hold_there_and_theirs_here() {
    signatures_beside_openssl(long());
    encryption_beside_openssl(long());
}

fn root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap()
}

fn fetching_gmssl() -> Command {
    let mut command = Command::new(root().join("scripts/python"));
    command.arg("gmssl");
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Where the script says gmssl lies.
fn folder_of(fetching: Child) -> PathBuf {
    let found = fetching.wait_with_output().unwrap();
    let why = String::from_utf8_lossy(&found.stderr);
    assert!(found.status.success(), "{why}");
    PathBuf::from(String::from_utf8(found.stdout).unwrap().trim())
}

/// Tests in several threads and processes ask for it on a machine that has nothing yet.
#[test]
fn gmssl_is_whole_for_each_that_fetches_it_at_once() {
    let empty = TempDir::new().unwrap();
    let fetching = [(); 3].map(|()| {
        let mut command = fetching_gmssl();
        command.env("CARGO_TARGET_DIR", empty.path());
        command.spawn().unwrap()
    });
    for one in fetching {
        let folder = folder_of(one);
        assert!(folder.join("gmssl/sm2.py").exists(), "{folder:?}");
        assert!(folder.join("Cryptodome").is_dir(), "{folder:?}");
    }
    let left = std::fs::read_dir(empty.path().join("tools")).unwrap();
    assert_eq!(left.count(), 1);
}

/// gmssl, asked line by line.
struct Gmssl {
    process: Child,
    asked: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Gmssl {
    fn start() -> Self {
        let folder = folder_of(fetching_gmssl().spawn().unwrap());
        let mut process = Command::new("python3")
            .arg(root().join("crypto/gm/src/tests/ask_gmssl.py"))
            .env("PYTHONPATH", folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        Self {
            asked: process.stdin.take().unwrap(),
            answers: BufReader::new(process.stdout.take().unwrap()),
            process,
        }
    }

    fn ask(&mut self, question: &Value) -> Value {
        writeln!(self.asked, "{question}").unwrap();
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        let mut answer: Value = serde_json::from_str(&line).unwrap_or_else(|problem| {
            panic!("{problem} in the answer to {question}");
        });
        answer["is"].take()
    }

    fn bytes(&mut self, question: &Value) -> Vec<u8> {
        hex::decode(self.ask(question).as_str().unwrap()).unwrap()
    }
}

impl Drop for Gmssl {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn beside_gmssl(count: usize) {
    let mut gmssl = Gmssl::start();
    for _ in 0..count {
        let (key, text) = (Scalar::generate(&mut System), random(100));
        let point = key.point();
        let d = hex::encode(key.as_bytes());
        let xy = hex::encode(&point.as_bytes()[1..]);
        let told = hex::encode(&text);
        let mut question = json!({"do": "sign", "d": d, "xy": xy, "text": told});
        let theirs = gmssl.bytes(&question);
        let held = signature::verify(point.as_bytes(), &text, &theirs);
        assert_eq!(held, Ok(()), "{question}");
        let ours = signature::sign(&key, &text).unwrap();
        question["do"] = json!("verify");
        question["value"] = json!(hex::encode(ours));
        assert_eq!(gmssl.ask(&question), json!(true), "{question}");

        // C1, C3, C2 as they are: it does not write the DER of GM/T 0009.
        let text: [u8; 64] = crate::rng::bytes(&mut System);
        question["do"] = json!("encrypt");
        question["text"] = json!(hex::encode(text));
        let raw = gmssl.bytes(&question);
        let theirs = der::Cipher {
            x: raw[..32].try_into().unwrap(),
            y: raw[32..64].try_into().unwrap(),
            hash: raw[64..96].try_into().unwrap(),
            text: &raw[96..],
        };
        let opened = cipher::decrypt::<64>(&key, &theirs.write());
        assert!(opened.is_some_and(|opened| *opened == text), "{question}");
        let sealed = cipher::encrypt(&point, &text, &mut System);
        let ours = der::Cipher::read(&sealed).unwrap();
        let raw = [&ours.x[..], &ours.y, &ours.hash, ours.text].concat();
        question["do"] = json!("decrypt");
        question["text"] = json!(hex::encode(raw));
        assert_eq!(gmssl.bytes(&question), text, "{question}");
    }
}

#[test]
fn signatures_and_ciphertexts_are_those_of_a_second_library() {
    beside_gmssl(20);
}

#[test]
#[ignore = "takes hours"]
fn a_great_many_signatures_and_ciphertexts_are_those_of_a_second_library() {
    beside_gmssl(long());
}

#[test]
fn digests_and_blocks_are_those_of_a_second_library() {
    let mut gmssl = Gmssl::start();
    for _ in 0..20 {
        let text = random(300);
        let question = json!({"do": "sm3", "text": hex::encode(&text)});
        let mut hasher = Sm3::new();
        hasher.update(&text);
        assert_eq!(gmssl.bytes(&question), hasher.finish());
        let key: [u8; 16] = crate::rng::bytes(&mut System);
        let iv: [u8; 16] = crate::rng::bytes(&mut System);
        let mut blocks: [[u8; 16]; 4] = [(); 4].map(|()| crate::rng::bytes(&mut System));
        let question = json!({
            "do": "sm4-cbc", "key": hex::encode(key), "iv": hex::encode(iv),
            "text": hex::encode(blocks.as_flattened()),
        });
        Sm4::new(&key).cbc_encrypt(&iv, &mut blocks);
        assert_eq!(gmssl.bytes(&question)[..64], *blocks.as_flattened());
    }
}
