//! Headers by themselves: what is read, and what is refused.

mod faults;

use serde_json::{Value, json};

use super::super::forge::Forge;
use super::super::sample::*;
use crate::bid::header::frame;
use crate::bid::{Header, MAGIC, limits};
use crate::digest::{Digest, lp};
use crate::encoding::{Base64, to_base64};
use crate::wrap::WrapKind;

pub(super) fn headers() -> Value {
    let mut cases = Vec::new();
    let honest = Forge::new(
        &Recipe {
            documents: vec![("a", pattern(1))],
            ..Recipe::default()
        }
        .seal(),
    );
    let rescued = Recipe {
        recipients: vec![rsa(), p256("recipient")],
        rescue: Some(3),
        ..Recipe::default()
    };
    let rescued = Forge::new(&rescued.seal());
    for (name, forge) in [("an ordinary header", &honest), ("with rescue", &rescued)] {
        let header = Header::parse(&forge.header()).unwrap();
        cases.push(json!({
            "name": name, "header": to_base64(&forge.header()), "outcome": {"bid": header.digest()},
        }));
    }
    let mut refused = |name: &str, bytes: &[u8], code: &str| {
        cases.push(json!({
            "name": name, "header": to_base64(bytes), "outcome": {"code": code},
        }));
    };
    framing(&mut refused, &honest);
    spelling(&mut refused, &honest);
    fields(&mut refused, &honest, &rescued);
    faults::counts(&mut refused, &honest);
    faults::order(&mut refused, &honest, &rescued);
    json!({
        "about": "Headers by themselves (section 2): the bid digest of what is accepted, the code of what is refused.",
        "cases": cases,
    })
}

type Refused<'a> = &'a mut dyn FnMut(&str, &[u8], &str);

fn framing(refused: Refused<'_>, honest: &Forge) {
    let header = honest.header();
    refused("nothing", b"", "header-not-a-bid");
    refused(
        "a PDF",
        b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n",
        "header-not-a-bid",
    );
    refused("another version", b"kaibiao/2 bid\n", "header-not-a-bid");
    refused("the magic alone", MAGIC, "header-truncated");
    refused("cut in ctx", &header[..100], "header-truncated");
    refused(
        "the last byte missing",
        &header[..header.len() - 1],
        "header-truncated",
    );
    refused(
        "a byte after the end",
        &[&header[..], &[0]].concat(),
        "header-trailing",
    );
    let parts = honest.parts();
    let mut three = MAGIC.to_vec();
    for part in &parts[..3] {
        lp(&mut three, part);
    }
    refused("without a chain", &three, "header-truncated");
    let mut long = MAGIC.to_vec();
    long.extend((limits::CONTEXT as u32 + 1).to_be_bytes());
    refused("a ctx beyond its limit", &long, "header-too-long");
    let swapped = [&parts[1], &parts[0], &parts[2], &parts[3]].map(Clone::clone);
    refused(
        "ctx and commitments swapped",
        &frame(&swapped),
        "header-not-canonical",
    );
}

/// Other spellings of the same values.
fn spelling(refused: Refused<'_>, honest: &Forge) {
    let changes = [
        ("white space in ctx", 0, "\"lot\":", "\"lot\": "),
        (
            "an escape in ctx",
            0,
            "\"lot\":\"1\"",
            "\"lot\":\"\\u0031\"",
        ),
        (
            "an unknown member in ctx",
            0,
            "\"lot\":\"1\"",
            "\"lot\":\"1\",\"lots\":1",
        ),
        (
            "a member twice in ctx",
            0,
            "\"lot\":\"1\"",
            "\"lot\":\"1\",\"lot\":\"1\"",
        ),
        ("a missing member in ctx", 0, "\"lot\":\"1\",", ""),
        ("rescue left out", 0, "\"rescue\":null,", ""),
        (
            "another order in ctx",
            0,
            "\"n\":3,\"t\":2",
            "\"t\":2,\"n\":3",
        ),
        ("an exponent", 0, "\"t\":2", "\"t\":2e0"),
        ("a fraction", 0, "\"t\":2", "\"t\":2.0"),
        ("a leading zero", 0, "\"t\":2", "\"t\":02"),
        ("a negative number", 0, "\"t\":2", "\"t\":-2"),
        ("a number as text", 0, "\"t\":2", "\"t\":\"2\""),
        (
            "a number beyond 2^53",
            0,
            "1795312800000",
            "9007199254740993",
        ),
        ("a byte order mark", 0, "{\"bidder\"", "\u{feff}{\"bidder\""),
        (
            "a line feed at the end",
            0,
            "1795312800000}",
            "1795312800000}\n",
        ),
        (
            "a code with a wrong check character",
            0,
            "91350100M000100Y43",
            "91350100M000100Y44",
        ),
        (
            "a bidder with an authority beside the code",
            0,
            "\"91350100M000100Y43\"",
            "{\"code\":\"91350100M000100Y43\",\"issuer\":\"demo\"}",
        ),
        (
            "a code in small letters",
            0,
            "91350100M000100Y43",
            "91350100m000100y43",
        ),
        (
            "a member of b's in commitments",
            1,
            "\"b\":",
            "\"a\":0,\"b\":",
        ),
        ("a negative length", 1, "\"length\":1}", "\"length\":-1}"),
        ("another kind of wrap", 2, "hpke-p256", "hpke-x25519"),
        (
            "an unknown member in chain",
            3,
            "{\"certificates\"",
            "{\"a\":0,\"certificates\"",
        ),
    ];
    for (name, part, from, to) in changes {
        let mut parts = honest.parts();
        let text = String::from_utf8(parts[part].clone()).unwrap();
        assert!(text.contains(from), "{name}");
        parts[part] = text.replacen(from, to, 1).into_bytes();
        refused(name, &frame(&parts), "header-not-canonical");
    }
    let mut parts = honest.parts();
    let id = honest.context.terms.to_string();
    let text = String::from_utf8(parts[0].clone()).unwrap();
    parts[0] = text.replace(&id, &id.to_uppercase()).into_bytes();
    refused("digits in capitals", &frame(&parts), "header-not-canonical");
    let mut parts = honest.parts();
    parts[0].push(0xff);
    refused("not UTF-8", &frame(&parts), "header-not-canonical");

    // base64: another value of unused bits, no padding, the URL alphabet.
    let value = to_base64(&honest.wraps.recipients[0].value.0);
    assert!(value.ends_with('='));
    let bare = value.trim_end_matches('=');
    let mut loose = bare.to_owned();
    let last = loose.pop().unwrap();
    loose.push(char::from(u32::from(last) as u8 + 1));
    loose.push_str(&value[bare.len()..]);
    for (name, other) in [
        ("base64 with unused bits set", loose),
        ("base64 without padding", bare.to_owned()),
        ("base64 with a line feed", format!("{value}\\n")),
    ] {
        let mut parts = honest.parts();
        let text = String::from_utf8(parts[2].clone()).unwrap();
        parts[2] = text.replace(&value, &other).into_bytes();
        refused(name, &frame(&parts), "header-not-canonical");
    }
}

fn fields(refused: Refused<'_>, honest: &Forge, rescued: &Forge) {
    type Change = fn(&mut Forge);
    let field = "header-field";
    let inconsistent = "header-inconsistent";
    let unknown = "header-unknown-format";
    let changes: [(&str, &str, Change); 29] = [
        ("another format", unknown, |f| {
            f.context.format = "kaibiao/2".into()
        }),
        ("another suite", unknown, |f| f.context.suite = "xx".into()),
        ("a lot in capitals", field, |f| f.context.lot = "LOT".into()),
        ("a lot of 17 characters", field, |f| {
            f.context.lot = "1".repeat(17)
        }),
        ("no lot", field, |f| f.context.lot.clear()),
        ("a project in capitals", field, |f| {
            f.context.project.make_ascii_uppercase()
        }),
        ("a project that is no UUID", field, |f| {
            f.context.project = "p-1".into()
        }),
        ("no recipients", field, |f| f.context.recipients.clear()),
        ("a recipient twice", field, |f| {
            f.context.recipients = vec![f.context.recipients[0]; 2];
        }),
        ("nine recipients", field, |f| {
            f.context.recipients = (0..9).map(|k| Digest::of(&[k])).collect();
        }),
        ("a custodian twice", field, |f| {
            f.context.custodians[1] = f.context.custodians[0]
        }),
        ("n other than the custodians", field, |f| {
            f.context.release.n = 4
        }),
        ("33 custodians", field, |f| {
            f.context.custodians = (0..33).map(|k| Digest::of(&[k])).collect();
            f.context.release.n = 33;
        }),
        ("t above n", field, |f| f.context.release.t = 4),
        ("t of zero", field, |f| f.context.release.t = 0),
        ("no envelopes", field, |f| f.context.envelopes.clear()),
        ("two envelopes", field, |f| f.context.envelopes = vec![3, 3]),
        ("one segment", field, |f| f.context.envelopes = vec![1]),
        ("1027 segments", field, |f| f.context.envelopes = vec![1027]),
        ("segments other than committed", inconsistent, |f| {
            f.context.envelopes = vec![4]
        }),
        ("a commitment to a share missing", inconsistent, |f| {
            f.commitments.release.pop();
        }),
        ("a commitment to rescue without rescue", inconsistent, |f| {
            f.commitments.rescue = f.commitments.release.clone();
        }),
        ("a sheet of no length", field, |f| {
            f.commitments.segments[0].length = 0
        }),
        ("a sheet of an odd length", field, |f| {
            f.commitments.segments[0].length = 4097
        }),
        ("a sheet beyond its limit", field, |f| {
            f.commitments.segments[0].length = (1 << 20) + 4096;
        }),
        ("a manifest beyond its limit", field, |f| {
            f.commitments.segments[1].length = (4 << 20) + 4096;
        }),
        ("a document beyond its limit", field, |f| {
            f.commitments.segments[2].length = (1 << 40) + 1;
        }),
        ("no certificates", field, |f| f.chain.certificates.clear()),
        ("another certificate", "header-certificate", |f| {
            f.chain.certificates[0] = Base64(stored("other_certificate"));
        }),
    ];
    for (name, code, change) in changes {
        let mut forge = honest.clone();
        change(&mut forge);
        refused(name, &forge.header(), code);
    }
    let changes: [(&str, &str, Change); 10] = [
        ("rescue by as few as release", field, |f| {
            f.context.rescue.as_mut().unwrap().t = 2
        }),
        ("rescue by more than n", field, |f| {
            f.context.rescue.as_mut().unwrap().t = 4
        }),
        ("rescue of another n", field, |f| {
            f.context.rescue.as_mut().unwrap().n = 4
        }),
        ("rescue without its commitments", inconsistent, |f| {
            f.commitments.rescue.clear()
        }),
        ("rescue without its wraps", inconsistent, |f| {
            f.wraps.rescue.clear()
        }),
        ("recipients in another order", inconsistent, |f| {
            f.wraps.recipients.reverse()
        }),
        ("a wrap for another key", inconsistent, |f| {
            f.wraps.release[0].key = Digest::of(b"")
        }),
        ("a custodian's wrap by RSA", inconsistent, |f| {
            f.wraps.release[0].kind = WrapKind::RsaOaepSha256;
        }),
        ("a wrap too short", field, |f| {
            f.wraps.recipients[1].value.0.pop();
        }),
        ("an RSA wrap of 257 bytes", field, |f| {
            f.wraps.recipients[0].value.0.push(0)
        }),
    ];
    for (name, code, change) in changes {
        let mut forge = rescued.clone();
        change(&mut forge);
        refused(name, &forge.header(), code);
    }
}
