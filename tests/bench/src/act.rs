//! What is measured as a process of its own, so that its memory and processor time are
//! its alone: this program, called again.

use std::fs::File;
use std::io::{BufWriter, Read as _, Write as _};
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, anyhow, bail};
use kaibiao_crypto::Suite;
use kaibiao_crypto::bid::{
    Document, Kbid, SealRequest, SealingTerms, open_document, open_manifest, seal,
};
use kaibiao_crypto::digest::Digest;
use kaibiao_crypto::wrap::{PrivateKey, Role};
use kaibiao_os::random::SystemRng;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::digest::{SHA256, digest};

/// The word by which it is called.
pub const WORD: &str = "act";

const CHUNK: usize = 1 << 20;
const TAG: usize = 16;

/// This program, to do one of the works below.
pub fn command(work: &str) -> Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args([WORD, work]);
    Ok(command)
}

pub fn run(arguments: &[String]) -> Result<()> {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["aes-seal", from, to] => aes(Path::new(from), Path::new(to), true),
        ["aes-open", from, to] => aes(Path::new(from), Path::new(to), false),
        ["memory", mib] => in_memory(mib.parse()?),
        ["bid-seal", suite, keys, from, to] => {
            let suite = Suite::named(suite).context("a suite")?;
            bid_seal(suite, Path::new(keys), Path::new(from), Path::new(to))
        }
        ["bid-open", keys, from, to] => bid_open(Path::new(keys), Path::new(from), Path::new(to)),
        ["signatures", file, count] => signatures(Path::new(file), count.parse()?),
        ["greet", events] => greet(events.parse()?),
        ["spread", watchers] => spread(watchers.parse()?),
        _ => bail!("{words:?} is no work"),
    }
}

/// AES-256-GCM alone, from file to file, chunk by chunk: no key is wrapped, nothing hashed.
fn aes(from: &Path, to: &Path, seals: bool) -> Result<()> {
    let failed = |_| anyhow!("AES-GCM");
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &[7; 32]).map_err(failed)?);
    let (mut from, mut to) = (File::open(from)?, File::create(to)?);
    let mut left = from.metadata()?.len();
    let mut buffer = Vec::with_capacity(CHUNK + TAG);
    let mut number = 0_u64;
    while left > 0 {
        let most = if seals { CHUNK } else { CHUNK + TAG };
        let length = usize::try_from(left).map_or(most, |left| left.min(most));
        buffer.resize(length, 0);
        from.read_exact(&mut buffer)?;
        left -= length as u64;
        let mut nonce = [0; 12];
        nonce[..8].copy_from_slice(&number.to_be_bytes());
        let nonce = Nonce::assume_unique_for_key(nonce);
        if seals {
            key.seal_in_place_append_tag(nonce, Aad::empty(), &mut buffer)
                .map_err(failed)?;
            to.write_all(&buffer)?;
        } else {
            let plain = key.open_in_place(nonce, Aad::empty(), &mut buffer);
            to.write_all(plain.map_err(failed)?)?;
        }
        number += 1;
    }
    Ok(())
}

/// AES-256-GCM and SHA-256 twice, on all cores, without reading or writing anything.
fn in_memory(mib: usize) -> Result<()> {
    let cores = std::thread::available_parallelism()?.get();
    std::thread::scope(|scope| {
        for core in 0..cores {
            scope.spawn(move || {
                let key = UnboundKey::new(&AES_256_GCM, &[7; 32]).expect("32 bytes");
                let key = LessSafeKey::new(key);
                let mut chunk = vec![core as u8; CHUNK];
                for number in (core..mib).step_by(cores) {
                    let mut nonce = [0; 12];
                    nonce[..8].copy_from_slice(&(number as u64).to_be_bytes());
                    let nonce = Nonce::assume_unique_for_key(nonce);
                    std::hint::black_box(digest(&SHA256, &chunk));
                    let tag = key.seal_in_place_separate_tag(nonce, Aad::empty(), &mut chunk);
                    std::hint::black_box(tag.is_ok());
                    std::hint::black_box(digest(&SHA256, &chunk));
                }
            });
        }
    });
    Ok(())
}

/// SHA-256 over a file, and so many signatures of P-256 verified, by one core.
fn signatures(file: &Path, count: u64) -> Result<()> {
    use ring::signature::{
        ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _,
        UnparsedPublicKey,
    };
    let failed = |_| anyhow!("P-256");
    let (random, way) = (
        ring::rand::SystemRandom::new(),
        &ECDSA_P256_SHA256_FIXED_SIGNING,
    );
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(way, &random).map_err(failed)?;
    let pair = EcdsaKeyPair::from_pkcs8(way, pkcs8.as_ref(), &random);
    let pair = pair.map_err(|_| anyhow!("a key"))?;
    let bytes = std::fs::read(file)?;
    let digest = digest(&SHA256, &bytes);
    let signature = pair.sign(&random, digest.as_ref()).map_err(failed)?;
    let public = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, pair.public_key().as_ref());
    for _ in 0..count {
        public
            .verify(digest.as_ref(), signature.as_ref())
            .map_err(failed)?;
    }
    Ok(())
}

/// As many wait as the service lets wait.
fn listener() -> Result<std::net::TcpListener> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    rustix::net::listen(&listener, 4_096)?;
    Ok(listener)
}

/// The least that a room can cost: each line of the input goes to every watcher as one
/// frame of 300 bytes by one write, in turn. Says its port first.
fn spread(watchers: usize) -> Result<()> {
    const FRAME: usize = 300;
    kaibiao_os::descriptors::raise();
    let listener = listener()?;
    println!("{}", listener.local_addr()?.port());
    let mut all = Vec::new();
    for _ in 0..watchers {
        let (mut watcher, _) = listener.accept()?;
        watcher.set_nodelay(true)?;
        watcher.write_all(b"HTTP/1.1 101 Switching Protocols\r\n\r\nhello")?;
        all.push(watcher);
    }
    for line in std::io::stdin().lines() {
        let mut frame = line?.into_bytes();
        frame.resize(FRAME, b'.');
        for watcher in &mut all {
            watcher.write_all(&frame)?;
        }
    }
    Ok(())
}

/// The least that watchers who come back can cost: each is accepted, its request read, and
/// so many events written to it at once. Says its port first.
fn greet(events: usize) -> Result<()> {
    use crate::rows::crowd::mark;
    const FRAME: usize = 300;
    kaibiao_os::descriptors::raise();
    let listener = listener()?;
    println!("{}", listener.local_addr()?.port());
    let mut reply = b"HTTP/1.1 101 Switching Protocols\r\n\r\n".to_vec();
    for event in 1..=events {
        reply.extend(format!("{:.<FRAME$}", mark(event)).into_bytes());
    }
    let mut all = Vec::new();
    for watcher in listener.incoming() {
        let mut watcher = watcher?;
        // It comes in one piece: it is short.
        let mut request = [0; 1024];
        if watcher.read(&mut request)? > 0 {
            watcher.write_all(&reply)?;
            all.push(watcher);
        }
    }
    Ok(())
}

/// Where the key of somebody is; 0 is the bidder, the others are custodians.
fn key(folder: &Path, number: u8) -> Result<PrivateKey> {
    let der = std::fs::read(folder.join(format!("{number}.pkcs8")))?;
    PrivateKey::from_pkcs8(&der).map_err(|problem| anyhow!("{problem:?}"))
}

/// Seals one document by the library.
fn bid_seal(suite: Suite, keys: &Path, from: &Path, to: &Path) -> Result<()> {
    let custodians = (1..=3).map(|number| key(keys, number).map(|key| key.public()));
    let bidder = std::fs::read_to_string(keys.join("bidder"))?;
    let request = SealRequest {
        terms: SealingTerms {
            suite,
            project: "0192f0a1-7b3c-7def-8123-456789abcdef".to_owned(),
            lot: "1".to_owned(),
            digest: Digest::of(b"terms"),
            custodians: custodians.collect::<Result<_>>()?,
            release: 2,
            rescue: None,
        },
        bidder: bidder.parse().map_err(|_| anyhow!("a bidder's code"))?,
        // Nobody judges it here.
        chain: vec![b"certificate".to_vec()],
        recipients: vec![key(keys, 0)?.public()],
        sheet: serde_json::Map::new(),
        private_sheet: serde_json::Map::new(),
        documents: vec![Document {
            name: "a.pdf".to_owned(),
            media: "application/pdf".to_owned(),
            size: std::fs::metadata(from)?.len(),
            open: Box::new(move || Ok(Box::new(File::open(from)?))),
        }],
        time: 1_795_000_000_000,
    };
    let mut output = BufWriter::with_capacity(CHUNK, File::create(to)?);
    seal(request, &mut output, &mut SystemRng)?;
    output.flush()?;
    Ok(())
}

/// Opens it as the service does once custodians have released: unwraps, recovers, checks
/// the dealing, and decrypts the document into a file.
fn bid_open(keys: &Path, from: &Path, to: &Path) -> Result<()> {
    let problem = |problem| anyhow!("{problem:?}");
    let mut file = Kbid::open(File::open(from)?).map_err(|problem| anyhow!("{problem:?}"))?;
    let header = file.header().clone();
    let b = header.unwrap_b(0, &key(keys, 0)?, &mut SystemRng);
    let b = b.map_err(problem)?;
    let mut shares = Vec::new();
    for number in [1, 3] {
        let share = header.unwrap_share(0, Role::Release, &key(keys, number)?, &mut SystemRng);
        shares.push(share.map_err(problem)?);
    }
    let custodians = (1..=3).map(|number| key(keys, number).map(|key| key.public()));
    let custodians: Vec<_> = custodians.collect::<Result<_>>()?;
    let r = header.recover_release(0, &shares).map_err(problem)?;
    let r = header.audit_release(r, &custodians).map_err(problem)?;
    let envelope = header.unlock(&b, &r).map_err(problem)?;
    let promise = header.promise();
    let manifest_key = promise.segment_key(&envelope, 1).map_err(problem)?;
    let mut ciphertext = file.segment(0, 1)?.context("a manifest")?;
    let manifest = open_manifest(promise, &manifest_key, &mut ciphertext)?;
    let document_key = promise.segment_key(&envelope, 2).map_err(problem)?;
    let mut ciphertext = file.segment(0, 2)?.context("a document")?;
    let mut output = BufWriter::with_capacity(CHUNK, File::create(to)?);
    let entry = &manifest.documents[0];
    open_document(promise, &document_key, entry, &mut ciphertext, &mut output)?;
    output.flush()?;
    Ok(())
}
