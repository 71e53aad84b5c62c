//! Limits of counts and lengths, and several faults in one header: which of
//! them gives the code (section 16).

use super::super::super::forge::Forge;
use super::Refused;
use crate::bid::header::frame;
use crate::bid::{MAGIC, limits};
use crate::digest::{Digest, lp};
use crate::encoding::Base64;
use crate::wrap::WrapKind;

type Change = fn(&mut Forge);

const FORM: &str = "header-not-canonical";
const FORMAT: &str = "header-unknown-format";
const FIELD: &str = "header-field";
const INCONSISTENT: &str = "header-inconsistent";
const CERTIFICATE: &str = "header-certificate";

/// Counts and lengths just beyond what they may be, by themselves.
pub(super) fn counts(refused: Refused<'_>, honest: &Forge) {
    let changes: [(&str, &str, Change); 10] = [
        ("a certificate of no bytes", FIELD, |f| {
            f.chain.certificates[0].0.clear();
        }),
        ("a certificate of 16385 bytes", FIELD, |f| {
            f.chain.certificates[0].0.resize(limits::CERTIFICATE + 1, 0);
        }),
        ("a second certificate of no bytes", FIELD, |f| {
            f.chain.certificates.push(Base64(vec![]));
        }),
        ("nine certificates", FIELD, |f| {
            f.chain.certificates = vec![f.chain.certificates[0].clone(); 9];
        }),
        ("no custodians", FIELD, |f| {
            f.context.custodians.clear();
            f.context.release.n = 0;
        }),
        ("a wrap missing", INCONSISTENT, |f| {
            f.wraps.recipients.clear();
        }),
        ("a wrap too many", INCONSISTENT, |f| {
            let wrap = f.wraps.release[0].clone();
            f.wraps.release.push(wrap);
        }),
        ("a commitment to a share too many", INCONSISTENT, |f| {
            let share = f.commitments.release[0];
            f.commitments.release.push(share);
        }),
        ("a segment too many", INCONSISTENT, |f| {
            let segment = f.commitments.segments[2].clone();
            f.commitments.segments.push(segment);
        }),
        ("a manifest of no length", FIELD, |f| {
            f.commitments.segments[1].length = 0;
        }),
    ];
    for (name, code, change) in changes {
        let mut forge = honest.clone();
        change(&mut forge);
        refused(name, &forge.header(), code);
    }
    for (name, from, to) in [
        ("segments beyond 2^32 - 1", "[3]", "[4294967296]"),
        ("t of 256", "\"t\":2", "\"t\":256"),
        ("a time before 1970", "1795312800000", "-1"),
        ("minus zero", "1795312800000", "-0"),
    ] {
        let mut parts = honest.parts();
        replace(&mut parts[0], from, to);
        refused(name, &frame(&parts), FORM);
    }
    let mut parts = honest.parts();
    replace(&mut parts[0], "1795312800000", "9007199254740992");
    refused("a time of 2^53", &frame(&parts), FORM);
    let mut parts = honest.parts();
    replace(&mut parts[1], "],\"r\":", ",null],\"r\":");
    refused("three plaintexts", &frame(&parts), FORM);
    for (part, name) in [
        (1, "commitments to no envelope"),
        (2, "wraps of no envelope"),
    ] {
        let mut parts = honest.parts();
        parts[part] = b"{\"envelopes\":[]}".to_vec();
        refused(name, &frame(&parts), INCONSISTENT);
    }
    for (name, part, most) in [
        ("commitments beyond their limit", 1, limits::COMMITMENTS),
        ("wraps beyond their limit", 2, limits::WRAPS),
        ("a chain beyond its limit", 3, limits::CHAIN),
    ] {
        let mut bytes = MAGIC.to_vec();
        for whole in &honest.parts()[..part] {
            lp(&mut bytes, whole);
        }
        let length = u32::try_from(most).unwrap() + 1;
        bytes.extend(length.to_be_bytes());
        refused(name, &bytes, "header-too-long");
    }
}

/// Two faults each: the code is that of the one that is met first.
pub(super) fn order(refused: Refused<'_>, honest: &Forge, rescued: &Forge) {
    framing(refused, honest);
    let changes: [(&str, &str, Change); 9] = [
        ("another format and a lot in capitals", FORMAT, |f| {
            f.context.format = "kaibiao/2".into();
            f.context.lot = "LOT".into();
        }),
        (
            "a lot in capitals and segments other than committed",
            FIELD,
            |f| {
                f.context.lot = "LOT".into();
                f.context.envelopes = vec![4];
            },
        ),
        (
            "a share's commitment missing and a sheet of no length",
            INCONSISTENT,
            |f| {
                f.commitments.release.pop();
                f.commitments.segments[0].length = 0;
            },
        ),
        ("a sheet of no length and a wrap missing", FIELD, |f| {
            f.commitments.segments[0].length = 0;
            f.wraps.release.pop();
        }),
        (
            "a recipient's wrap too short and a custodian's missing",
            FIELD,
            |f| {
                f.wraps.recipients[0].value.0.pop();
                f.wraps.release.pop();
            },
        ),
        (
            "a recipient's wrap missing and a custodian's too short",
            INCONSISTENT,
            |f| {
                f.wraps.recipients.clear();
                f.wraps.release[0].value.0.pop();
            },
        ),
        (
            "a first wrap too short and a second for another key",
            FIELD,
            |f| {
                f.wraps.release[0].value.0.pop();
                f.wraps.release[1].key = Digest::of(b"");
            },
        ),
        ("a wrap for another key and too short", INCONSISTENT, |f| {
            f.wraps.release[0].key = Digest::of(b"");
            f.wraps.release[0].value.0.pop();
        }),
        (
            "a wrap for another key and another certificate",
            INCONSISTENT,
            |f| {
                f.wraps.release[0].key = Digest::of(b"");
                f.chain.certificates[0].0.push(0);
            },
        ),
    ];
    for (name, code, change) in changes {
        let mut forge = honest.clone();
        change(&mut forge);
        refused(name, &forge.header(), code);
    }
    let changes: [(&str, &str, Change); 3] = [
        (
            "a custodian's wrap by RSA, of an RSA wrap's length",
            INCONSISTENT,
            |f| {
                f.wraps.release[0] = f.wraps.recipients[0].clone();
                f.wraps.release[0].key = f.context.custodians[0];
                f.wraps.release[0].kind = WrapKind::RsaOaepSha256;
            },
        ),
        (
            "another certificate, and a second one of no bytes",
            FIELD,
            |f| {
                f.chain.certificates[0].0.push(0);
                f.chain.certificates.push(Base64(vec![]));
            },
        ),
        ("another certificate", CERTIFICATE, |f| {
            f.chain.certificates[0].0.push(0);
        }),
    ];
    for (name, code, change) in changes {
        let mut forge = rescued.clone();
        change(&mut forge);
        refused(&format!("with rescue, {name}"), &forge.header(), code);
    }
    let mut odd = honest.clone();
    odd.context.lot = "LOT".into();
    let mut parts = odd.parts();
    replace(&mut parts[0], "\"suite\":", "\"suite\": ");
    refused(
        "white space in ctx and a lot in capitals",
        &frame(&parts),
        FORM,
    );
    let mut parts = odd.parts();
    parts[1].push(b' ');
    refused(
        "a lot in capitals and white space in commitments",
        &frame(&parts),
        FIELD,
    );
    let mut short = honest.clone();
    short.commitments.segments[0].length = 0;
    let mut parts = short.parts();
    parts[2].push(b' ');
    refused(
        "a sheet of no length and white space in wraps",
        &frame(&parts),
        FIELD,
    );
    let mut parts = short.parts();
    parts[1].push(b' ');
    refused(
        "a sheet of no length and white space beside it",
        &frame(&parts),
        FORM,
    );
}

fn framing(refused: Refused<'_>, honest: &Forge) {
    let mut parts = honest.parts();
    replace(&mut parts[0], "\"lot\":", "\"lot\": ");
    let spaced = frame(&parts);
    let trailing = [&spaced[..], &[0]].concat();
    refused(
        "white space in ctx and a byte after the end",
        &trailing,
        FORM,
    );
    let cut = &spaced[..spaced.len() - 1];
    refused(
        "white space in ctx and the last byte missing",
        cut,
        "header-truncated",
    );
    let mut long = MAGIC.to_vec();
    lp(&mut long, &parts[0]);
    long.extend(u32::MAX.to_be_bytes());
    refused(
        "white space in ctx and commitments too long",
        &long,
        "header-too-long",
    );
    let mut certificate = honest.clone();
    certificate.chain.certificates[0].0.push(0);
    let trailing = [&certificate.header()[..], &[0]].concat();
    refused(
        "another certificate and a byte after the end",
        &trailing,
        CERTIFICATE,
    );
}

fn replace(part: &mut Vec<u8>, from: &str, to: &str) {
    let text = String::from_utf8(part.clone()).unwrap();
    assert!(text.contains(from), "{from}");
    *part = text.replacen(from, to, 1).into_bytes();
}
