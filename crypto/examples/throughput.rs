//! How fast a bid is sealed, checked and opened, and how much memory it takes:
//! `cargo run --release -p kaibiao-crypto --example throughput -- [MIB [SUITE]]`.
//!
//! One document of MIB mebibytes (1024 by default) of a cheap pattern, in suite `intl`
//! or `gm`, goes to a
//! file in the temporary directory and from there into nothing. The peak of
//! resident memory is read from /proc where there is one.

use std::error::Error;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::time::Instant;

use kaibiao_crypto::bid::{
    Document, Kbid, SealRequest, SealingTerms, UploadCheck, open_document, open_manifest, seal,
};
use kaibiao_crypto::rng::Rng;
use kaibiao_crypto::wrap::{PrivateKey, Role};
use kaibiao_crypto::{Digest, Suite};
use serde_json::Map;

fn main() -> Result<(), Box<dyn Error>> {
    let mib: u64 = match std::env::args().nth(1) {
        Some(text) => text.parse()?,
        None => 1024,
    };
    let suite = std::env::args().nth(2).unwrap_or("intl".to_owned());
    let suite = Suite::named(&suite).ok_or("the suites are intl and gm")?;
    let size = mib << 20;
    let mut rng = Counting(0);
    let recipient = PrivateKey::generate_for(suite, &mut rng);
    let custodian = PrivateKey::generate_for(suite, &mut rng);
    let path = std::env::temp_dir().join(format!("throughput-{}.kbid", std::process::id()));
    let mut file = File::options()
        .read(true)
        .write(true)
        .create_new(true)
        .open(&path)?;
    // The name is not needed any more; the file goes with the process.
    std::fs::remove_file(&path)?;

    let start = Instant::now();
    let header = seal(request(&recipient, &custodian, size)?, &mut file, &mut rng)?;
    report("seal", mib, start);

    let start = Instant::now();
    let mut kbid = Kbid::open(BufReader::new(file))?;
    let mut check = UploadCheck::new(&header);
    let mut buffer = vec![0; 1 << 16];
    let body = kbid.body(0)?;
    loop {
        let read = body.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        check.update(&buffer[..read])?;
    }
    assert!(check.is_complete());
    report("check", mib, start);

    let start = Instant::now();
    let b = header.unwrap_b(0, &recipient, &mut rng)?;
    let share = header.unwrap_share(0, Role::Release, &custodian, &mut rng)?;
    let r = header.recover_release(0, &[share])?;
    let r = header.audit_release(r, &[custodian.public()])?;
    let key = header.unlock(&b, &r)?;
    let missing = || io::Error::other("no such segment");
    let manifest = open_manifest(
        &header,
        &header.segment_key(&key, 1)?,
        &mut kbid.segment(0, 1)?.ok_or_else(missing)?,
    )?;
    open_document(
        &header,
        &header.segment_key(&key, 2)?,
        &manifest.documents[0],
        &mut kbid.segment(0, 2)?.ok_or_else(missing)?,
        &mut io::sink(),
    )?;
    report("open", mib, start);
    if let Ok(status) = std::fs::read_to_string("/proc/self/status") {
        let peak = status.lines().find(|line| line.starts_with("VmHWM"));
        println!("{}", peak.unwrap_or_default());
    }
    Ok(())
}

fn request<'a>(
    recipient: &PrivateKey,
    custodian: &PrivateKey,
    size: u64,
) -> Result<SealRequest<'a>, Box<dyn Error>> {
    Ok(SealRequest {
        terms: SealingTerms {
            suite: custodian.public().suite(),
            project: "01935b7e-8f00-7000-8000-000000000001".to_owned(),
            lot: "1".to_owned(),
            digest: Digest::of(b"terms"),
            custodians: vec![custodian.public()],
            release: 1,
            rescue: None,
        },
        bidder: "91350100M000100Y43".parse()?,
        chain: vec![b"not a certificate, and nobody asks here".to_vec()],
        recipients: vec![recipient.public()],
        sheet: Map::new(),
        private_sheet: Map::new(),
        documents: vec![Document {
            name: "big.bin".to_owned(),
            media: "application/octet-stream".to_owned(),
            size,
            open: Box::new(move || Ok(Box::new(io::repeat(0x5a).take(size)) as Box<dyn Read>)),
        }],
        time: 0,
    })
}

fn report(what: &str, mib: u64, start: Instant) {
    let seconds = start.elapsed().as_secs_f64();
    let rate = (mib << 20) as f64 / 1e6 / seconds;
    println!("{what}: {rate:.0} MB/s ({seconds:.2} s)");
}

/// Not random at all: this measures, it does not protect.
struct Counting(u8);

impl Rng for Counting {
    fn fill(&mut self, bytes: &mut [u8]) {
        for byte in bytes {
            self.0 = self.0.wrapping_add(1);
            *byte = self.0;
        }
    }
}
