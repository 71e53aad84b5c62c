//! `certificates/rules.json`: where authorities put codes and names.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use kaibiao_crypto::certificate::{Rules, Use};
use kaibiao_crypto::encoding::Base64;
use rcgen::string::{BmpString, Ia5String, PrintableString, TeletexString};
use rcgen::{DnValue, OtherNameValue, SanType};
use serde_json::{Value, json};

use super::{CertificateVector, extension, replace};
use crate::pki::*;
use crate::write;

/// A DER string of fewer than 128 octets.
fn string(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u8::try_from(content.len()).unwrap();
    [&[tag, length], content].concat()
}

fn gb(text: &str) -> Vec<u8> {
    encoding_rs::GBK.encode(text).0.into_owned()
}

fn printable(text: &str) -> DnValue {
    DnValue::PrintableString(PrintableString::try_from(text).unwrap())
}

/// GB/T 20518's extensions, and older ones of the field.
const GB_UNIFIED: &[u64] = &[1, 2, 156, 10260, 4, 1, 4];
const GB_BODY: &[u64] = &[1, 2, 156, 10260, 4, 1, 3];
const OLDER: &[u64] = &[1, 2, 86, 11, 7, 1, 8];
const UNIT: &[u64] = &[2, 5, 4, 11];

#[test]
#[ignore = "writes the vectors"]
fn write_rule_vectors() {
    let root = Authority::root("Kaibiao Rules Root");
    let mut vectors = Vec::new();
    let mut push = |name: &str, expect: &str, rules: &Value, certificate: Vec<u8>, called: &str| {
        let rules: Rules = serde_json::from_value(rules.clone()).unwrap();
        let mut ca = root.ca("vectors", vec![root.crl(&[], false)]);
        ca.rules = rules;
        vectors.push(CertificateVector {
            name: name.into(),
            expect: expect.into(),
            organisation: (expect == "accepted").then(|| CODE.into()),
            organisation_name: (expect == "accepted").then(|| called.into()),
            cas: vec![ca],
            chain: vec![Base64(certificate)],
            usage: Use::Sign,
            now: NOW,
            openssl: None,
        });
    };
    let bare = Leaf {
        code: None,
        ..Leaf::signing()
    };
    let issue = |leaf: Leaf| root.issue(P_256, leaf);
    let extended = |extensions: &[(&[u64], Vec<u8>)]| {
        issue(Leaf {
            extensions: extensions
                .iter()
                .map(|(oid, value)| extension(oid, value, false))
                .collect(),
            ..bare.clone()
        })
    };
    let subject = |parts: Vec<(&'static [u64], DnValue)>| {
        issue(Leaf {
            extra: parts,
            ..bare.clone()
        })
    };

    let gb_t_20518 = json!({"code": [
        {"place": {"extension": "1.2.156.10260.4.1.4"}, "take": ["der", {"drop": "-"}]},
        {"place": {"extension": "1.2.156.10260.4.1.4"}, "take": ["raw", {"drop": "-"}]},
        {"place": {"extension": "1.2.156.10260.4.1.3"}, "take": ["der", {"drop": "-"}]},
        {"place": {"extension": "1.2.156.10260.4.1.3"}, "take": ["raw", {"drop": "-"}]},
        {"place": {"extension": "1.2.86.11.7.1.8"}, "take": ["der"]},
    ]});
    let code = CODE.as_bytes();
    let hyphened = b"91350100-M000100Y-43";
    for (name, oid, value) in [
        (
            "GB/T 20518, an inner DER string",
            GB_UNIFIED,
            string(19, code),
        ),
        (
            "GB/T 20518, an inner UTF8String",
            GB_UNIFIED,
            string(12, code),
        ),
        ("GB/T 20518, raw octets", GB_UNIFIED, code.to_vec()),
        ("GB/T 20518, with hyphens", GB_UNIFIED, string(19, hyphened)),
        (
            "GB/T 20518, in the place of the body's code",
            GB_BODY,
            string(19, code),
        ),
        (
            "an older identifier of the same authority",
            OLDER,
            string(19, code),
        ),
    ] {
        push(
            name,
            "accepted",
            &gb_t_20518,
            extended(&[(oid, value)]),
            NAME,
        );
    }
    let same = [(GB_UNIFIED, string(19, code)), (OLDER, string(19, code))];
    push(
        "two places, one code",
        "accepted",
        &gb_t_20518,
        extended(&same),
        NAME,
    );
    let other = string(19, OTHER_CODE.as_bytes());
    push(
        "two places, two codes",
        "certificate-two-organisations",
        &gb_t_20518,
        extended(&[(GB_UNIFIED, string(19, code)), (OLDER, other)]),
        "",
    );
    push(
        "a body's old code beside the unified one",
        "accepted",
        &gb_t_20518,
        extended(&[
            (GB_UNIFIED, string(19, code)),
            (GB_BODY, string(19, b"M000100Y-4")),
        ]),
        NAME,
    );
    push(
        "no place holds anything",
        "certificate-no-organisation",
        &gb_t_20518,
        extended(&[]),
        "",
    );

    let common = json!({
        "code": [{"place": {"subject": "CN"}, "take": [{"split": {"by": "@", "nth": 1}}, {"after": "N"}]}],
        "name": [{"place": {"subject": "CN"}, "take": [{"split": {"by": "@", "nth": 2}}]}],
    });
    push(
        "within the common name, whose O is the authority",
        "accepted",
        &common,
        issue(Leaf {
            name: format!("041@N{CODE}@{NAME}@1").into(),
            ..bare.clone()
        }),
        NAME,
    );
    push(
        "a common name of another form",
        "certificate-no-organisation",
        &common,
        issue(Leaf {
            name: format!("041@P{CODE}@{NAME}@1").into(),
            ..bare.clone()
        }),
        "",
    );
    let authority_digits = json!({"code": [
        {"place": {"subject": "OU"}, "take": [{"split": {"by": "@", "nth": 1}}, {"after": "5013SF0"}]},
    ]});
    push(
        "after an authority's own digits",
        "accepted",
        &authority_digits,
        subject(vec![(UNIT, format!("1@5013SF0{CODE}").into())]),
        NAME,
    );
    let coded = json!({"code": [{"place": {"subject": "OU"}, "take": [{"after": "USCC:"}, "base64", "raw"]}]});
    for (name, text) in [
        ("base64 after a prefix", BASE64.encode(CODE)),
        (
            "base64 without its padding",
            BASE64.encode(CODE).trim_end_matches('=').to_owned(),
        ),
    ] {
        let certificate = subject(vec![(UNIT, format!("USCC:{text}").into())]);
        push(name, "accepted", &coded, certificate, NAME);
    }
    let little: Vec<u8> = CODE.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let wide = json!({"code": [{"place": {"extension": "1.2.86.11.7.1.8"}, "take": ["base64", "utf-16le"]},
        {"place": {"extension": "1.2.86.11.7.1.8"}, "take": ["raw", "base64", "utf-16le"]}]});
    push(
        "UTF-16LE in base64",
        "accepted",
        &wide,
        extended(&[(OLDER, BASE64.encode(&little).into_bytes())]),
        NAME,
    );
    let wide = json!({"code": [{"place": {"extension": "1.2.86.11.7.1.8"}, "take": ["utf-16le"]}]});
    push(
        "UTF-16LE",
        "accepted",
        &wide,
        extended(&[(OLDER, little)]),
        NAME,
    );
    let typed = json!({"code": [{"place": {"subject": "serialNumber"}, "take": ["narrow", "upper", {"drop": " "}]}]});
    push(
        "full-width, small and spaced",
        "accepted",
        &typed,
        subject(vec![(&[2, 5, 4, 5], "９１３５０１００ m000100y43".into())]),
        NAME,
    );
    push(
        "in the subject's serial number",
        "accepted",
        &json!({"code": [{"place": {"subject": "2.5.4.5"}}]}),
        subject(vec![(&[2, 5, 4, 5], printable(CODE))]),
        NAME,
    );
    let first = json!({"code": [{"place": {"subject": "OU"}, "first": true}]});
    // rcgen writes each part of a subject once, so the second one is a title first.
    let two_units = || {
        let parts = subject(vec![
            (UNIT, CODE.into()),
            (&[2, 5, 4, 12], OTHER_CODE.into()),
        ]);
        root.sign_again(&parts, |tbs| {
            replace(tbs, b"\x06\x03\x55\x04\x0c", b"\x06\x03\x55\x04\x0b");
        })
    };
    push(
        "the first of two parts",
        "accepted",
        &first,
        two_units(),
        NAME,
    );
    push(
        "two parts of a subject that differ",
        "certificate-two-organisations",
        &json!({"code": [{"place": {"subject": "OU"}}]}),
        two_units(),
        "",
    );
    let alternative = |names: Vec<SanType>| {
        issue(Leaf {
            alternatives: names,
            ..bare.clone()
        })
    };
    let mail = Ia5String::try_from(format!("{CODE}@example.cn")).unwrap();
    push(
        "in an e-mail address",
        "accepted",
        &json!({"code": [{"place": {"alternative-name": "email"}, "take": [{"split": {"by": "@", "nth": 0}}]}]}),
        alternative(vec![SanType::Rfc822Name(mail)]),
        NAME,
    );
    let other = OtherNameValue::Utf8String(CODE.to_owned());
    push(
        "in an otherName",
        "accepted",
        &json!({"code": [{"place": {"alternative-name": {"other": "1.2.156.10260.4.1.4"}}, "take": ["der"]}]}),
        alternative(vec![SanType::OtherName((GB_UNIFIED.to_vec(), other))]),
        NAME,
    );

    let usual = serde_json::to_value(Rules::usual()).unwrap();
    for (name, code) in [
        ("a citizen's number", "110105196208150017"),
        ("no registration authority", "00350100M000100Y4F"),
        ("a kind that is not registered there", "94350100M000100Y4R"),
        ("a wrong check character", "91350100M000100Y44"),
    ] {
        push(
            name,
            "certificate-bad-organisation-code",
            &usual,
            issue(Leaf {
                code: Some(code),
                ..bare.clone()
            }),
            "",
        );
    }

    let named = |value: DnValue| {
        issue(Leaf {
            name: value,
            ..Leaf::signing()
        })
    };
    let bmp = DnValue::BmpString(BmpString::try_from(NAME).unwrap());
    push(
        "a name in a BMPString",
        "accepted",
        &usual,
        named(bmp),
        NAME,
    );
    push(
        "a name in a UTF8String",
        "accepted",
        &usual,
        named(NAME.into()),
        NAME,
    );
    // rcgen writes no octets of GB 2312, so they take a placeholder's place.
    let octets = gb(NAME);
    let placeholder = &"NAMENAMENAMENAMENAME"[..octets.len()];
    let with_octets = |tag: u8, octets: &[u8]| {
        let placeholder = &placeholder[..octets.len()];
        root.sign_again(&named(placeholder.into()), |tbs| {
            let from = string(12, placeholder.as_bytes());
            replace(tbs, &from, &string(tag, octets));
            replace(tbs, &from, &string(tag, octets));
        })
    };
    for (name, tag) in [
        ("a name by GB 2312 in a T61String", 20),
        ("a name by GB 2312 in a PrintableString", 19),
        ("a name by GB 2312 in a UTF8String", 12),
    ] {
        push(name, "accepted", &usual, with_octets(tag, &octets), NAME);
    }
    let teletex = DnValue::TeletexString(TeletexString::try_from("Kaibiao Ltd").unwrap());
    push(
        "a T61String of ASCII",
        "accepted",
        &usual,
        named(teletex),
        "Kaibiao Ltd",
    );
    push(
        "a name by ISO 8859-1 is absent",
        "accepted",
        &usual,
        with_octets(20, b"Soci\xe9t\xe9"),
        "",
    );
    push(
        "a name with a direction mark is absent",
        "accepted",
        &usual,
        named("甲\u{202e}乙公司".into()),
        "",
    );
    let named_elsewhere = json!({
        "code": [{"place": {"subject": "organizationIdentifier"}}],
        "name": [{"place": {"subject": "title"}}, {"place": {"subject": "O"}}],
    });
    push(
        "the next place of the name",
        "accepted",
        &named_elsewhere,
        issue(Leaf::signing()),
        NAME,
    );
    write("certificates/rules.json", &vectors);
}
