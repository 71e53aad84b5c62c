//! What is made to fill the memory or never to end of whoever looks at it: the program says
//! that it is no bundle, within a minute of processor time and half a gibibyte.

#![allow(clippy::unwrap_used, clippy::cast_possible_truncation)]

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use flate2::{Compress, Compression, FlushCompress};

/// Pieces of zeros in a bomb, and bytes of a piece: together just under 4 GiB.
const PIECES: usize = 255;
const PIECE: usize = 16 << 20;

/// Nearly 4 GiB of zeros, compressed to some MiB: one piece between two full flushes, again
/// and again.
fn deflated() -> Vec<u8> {
    let zeros = vec![0; PIECE];
    let mut piece = Vec::with_capacity(1 << 20);
    let mut compress = Compress::new(Compression::best(), false);
    let flushed = compress.compress_vec(&zeros, &mut piece, FlushCompress::Full);
    flushed.unwrap();
    assert_eq!(compress.total_in(), PIECE as u64);
    let mut all = piece.repeat(PIECES);
    // An empty last block.
    all.extend_from_slice(&[0x03, 0x00]);
    all
}

/// An archive of one file by this method, which says that it is so long when unpacked.
fn archive(name: &str, method: u16, content: &[u8], length: u32, entries: u16) -> Vec<u8> {
    let mut common = Vec::new();
    for field in [20, 0, method, 0, 0x21] {
        common.extend_from_slice(&u16::to_le_bytes(field));
    }
    for field in [0, content.len() as u32, length] {
        common.extend_from_slice(&field.to_le_bytes());
    }
    common.extend_from_slice(&(name.len() as u16).to_le_bytes());
    common.extend_from_slice(&[0, 0]);
    let mut bytes = [b"PK\x03\x04", &common[..], name.as_bytes(), content].concat();
    let offset = bytes.len() as u32;
    // More entries than there are files: all of the same bytes.
    for _ in 0..entries {
        let parts = [
            b"PK\x01\x02",
            &[20, 0][..],
            &common,
            &[0; 14],
            name.as_bytes(),
        ];
        bytes.extend_from_slice(&parts.concat());
    }
    let size = bytes.len() as u32 - offset;
    bytes.extend_from_slice(b"PK\x05\x06\0\0\0\0");
    for count in [entries, entries] {
        bytes.extend_from_slice(&count.to_le_bytes());
    }
    for field in [size, offset] {
        bytes.extend_from_slice(&field.to_le_bytes());
    }
    bytes.extend_from_slice(&[0, 0]);
    bytes
}

fn written(folder: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.join(name);
    fs::write(&path, bytes).unwrap();
    path
}

/// Looks at a bundle with half a gibibyte of address space and a minute of processor time;
/// who needs more is ended by the kernel.
fn look(bundle: &Path, policy: &Path) -> Output {
    Command::new("sh")
        .args(["-c", "ulimit -v 524288; ulimit -t 60; exec \"$0\" \"$@\""])
        .arg(env!("CARGO_BIN_EXE_kaibiao-verify"))
        .args([bundle.as_os_str(), "--policy".as_ref(), policy.as_os_str()])
        .args(["--lang", "en"])
        .output()
        .unwrap()
}

#[test]
fn bombs_are_no_bundles_and_are_not_unpacked() {
    let folder = tempfile::tempdir().unwrap();

    let policy_of_a_bundle = include_bytes!("../../../crypto/vectors/bundle/cancelled.policy.json");
    let policy = written(folder.path(), "policy.json", policy_of_a_bundle);
    let deep = "[".repeat(1_000_000);
    let deep_objects = r#"{"a":"#.repeat(1_000_000);
    let deflated = deflated();
    assert!(deflated.len() < 8 << 20, "{}", deflated.len());
    let length = (PIECE * PIECES) as u32;
    let stored = |content: &[u8]| archive("bundle.json", 0, content, content.len() as u32, 1);
    let sparse = folder.path().join("sparse.kev");
    File::create(&sparse).unwrap().set_len(64 << 30).unwrap();
    let bombs = [
        ("deflated", archive("bundle.json", 8, &deflated, length, 1)),
        (
            "overlapping",
            archive("bundle.json", 8, &deflated, length, 1_000),
        ),
        ("boasting", archive("bundle.json", 0, b"{}", u32::MAX, 1)),
        ("deep", stored(deep.as_bytes())),
        ("deep-objects", stored(deep_objects.as_bytes())),
        (
            "flat",
            stored(format!("[{}0]", "0,".repeat(2_000_000)).as_bytes()),
        ),
    ];
    let mut all: Vec<PathBuf> = bombs
        .iter()
        .map(|(name, bytes)| written(folder.path(), &format!("{name}.kev"), bytes))
        .collect();
    all.push(sparse);
    for bomb in &all {
        let done = look(bomb, &policy);
        let said = String::from_utf8_lossy(&done.stderr);
        assert_eq!(done.status.code(), Some(2), "{bomb:?}: {said}");
        assert!(
            said.contains("no readable bundle") || said.contains("cannot be read"),
            "{said}"
        );
        // The same as a policy, which is refused before a bundle is opened.
        let done = look(&policy, bomb);
        let said = String::from_utf8_lossy(&done.stderr);
        assert_eq!(done.status.code(), Some(2), "{bomb:?}: {said}");
    }
    // What has no end.
    let done = look(Path::new("/dev/zero"), Path::new("/dev/zero"));
    let said = String::from_utf8_lossy(&done.stderr);
    assert_eq!(done.status.code(), Some(2), "{said}");
}
