//! `certificates/kept.json`: judgements made again on the lists that were kept with
//! them (docs/spec/signatures.md, 6).

use kaibiao_crypto::Digest;
use kaibiao_crypto::certificate::{
    Ca, CrlFacts, Grounds, Lists, Millis, RevocationPolicy, Trust, Use,
};
use kaibiao_crypto::encoding::Base64;
use rcgen::{
    CertificateRevocationListParams, CrlDistributionPoint, CrlIssuingDistributionPoint, CrlScope,
    RevocationReason, date_time_ymd,
};
use serde::{Deserialize, Serialize};
use x509_parser::prelude::FromDer as _;
use x509_parser::revocation_list::CertificateRevocationList;

use super::replace;
use crate::pki::*;
use crate::{read, write};

/// A judgement that is made again.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeptVector {
    name: String,
    /// `accepted` or the refusal's code.
    expect: String,
    /// Who is believed; it has no lists of its own.
    ca: Ca,
    chain: Vec<Base64>,
    grounds: Grounds,
    /// The lists that could be had.
    lists: Vec<Base64>,
}

#[test]
fn judgements_on_kept_lists_have_the_outcome_that_their_vector_names() {
    for vector in read::<KeptVector>("certificates/kept.json") {
        let trust = Trust::new(&[vector.ca]).unwrap();
        let chain: Vec<&[u8]> = vector.chain.iter().map(|it| &**it).collect();
        let mut lists = Lists::default();
        for list in &vector.lists {
            lists.add(list);
        }
        let outcome = match trust.judge_again(&chain, &vector.grounds, &lists, Use::Sign) {
            Ok(_) => "accepted",
            Err(problem) => problem.code(),
        };
        assert_eq!(outcome, vector.expect, "{}", vector.name);
    }
}

/// The middle of a judgement, to be changed.
struct Kept {
    policy: RevocationPolicy,
    chain: Vec<Vec<u8>>,
    added: Vec<Vec<u8>>,
    /// Those that the grounds name, and whether they could be had.
    lists: Vec<(Vec<u8>, bool)>,
    at: Millis,
    bridged: Option<Millis>,
}

fn facts(list: &[u8]) -> CrlFacts {
    let read = CertificateRevocationList::from_der(list).ok();
    let times = read.map(|(_, read)| {
        let next = read.next_update().map(|next| next.timestamp() * 1000);
        (read.last_update().timestamp() * 1000, next.unwrap_or(0))
    });
    let (this_update, next_update) = times.unwrap_or((0, 0));
    CrlFacts {
        digest: Digest::of(list),
        this_update,
        next_update,
    }
}

fn vector(root: &Authority, name: &str, expect: &str, kept: Kept) -> KeptVector {
    let mut ca = root.ca("vectors", vec![]);
    ca.revocation = kept.policy;
    let had = kept.lists.iter().filter(|(_, is_had)| *is_had);
    let lists = had.map(|(list, _)| Base64(list.clone())).collect();
    let crls = kept.lists.iter().map(|(list, _)| Some(facts(list)));
    KeptVector {
        name: name.into(),
        expect: expect.into(),
        ca,
        chain: kept.chain.into_iter().map(Base64).collect(),
        grounds: Grounds {
            ca: "vectors".into(),
            at: kept.at,
            path: vec![],
            added: kept.added.into_iter().map(Base64).collect(),
            crls: crls.collect(),
            bridged: kept.bridged,
        },
        lists,
    }
}

/// A list of one part of what its issuer issued.
fn scoped(uri: &str, scope: Option<CrlScope>) -> impl FnOnce(&mut CertificateRevocationListParams) {
    let distribution_point = CrlDistributionPoint {
        uris: vec![uri.into()],
    };
    move |params| {
        params.issuing_distribution_point = Some(CrlIssuingDistributionPoint {
            distribution_point,
            scope,
        });
    }
}

const ACCEPTED: &str = "accepted";
const REVOKED: &str = "certificate-revoked";
const MISSING: &str = "certificate-crl-missing";
const STALE: &str = "certificate-crl-stale";
const BROKEN: &str = "certificate-crl-broken";
const DAY: Millis = 24 * 3_600_000;

#[test]
#[ignore = "writes the vectors"]
fn write_kept_vectors() {
    use RevocationPolicy::{BestEffort, Required};
    let root = Authority::root("Kaibiao Lists Root");
    let leaf = root.issue(P_256, Leaf::signing());
    let with = |policy, lists: Vec<Vec<u8>>| Kept {
        policy,
        chain: vec![leaf.clone()],
        added: vec![],
        lists: lists.into_iter().map(|list| (list, true)).collect(),
        at: NOW,
        bridged: None,
    };
    let good = root.crl(&[], false);
    let ended = root.crl(&[], true);
    // That of 2025 ends with the year.
    let end = 1_767_225_600_000;
    let forged = Authority::root("Kaibiao Lists Root").crl(&[], false);
    let elsewhere = Authority::root("Kaibiao Other Root").crl(&[], false);
    let mut cut = good.clone();
    cut.pop();
    let named = |params: &mut CertificateRevocationListParams| {
        params.revoked_certs = vec![entry(6), entry(7)];
        params.revoked_certs[1].reason_code = Some(RevocationReason::CertificateHold);
        params.revoked_certs[1].invalidity_date = Some(date_time_ymd(2025, 1, 1));
    };
    let made = vec![
        ("a kept list", ACCEPTED, with(Required, vec![good.clone()])),
        (
            "others are revoked",
            ACCEPTED,
            with(Required, vec![root.crl(&[6, 8], false)]),
        ),
        (
            "revoked in the kept list",
            REVOKED,
            with(Required, vec![root.crl(&[7], false)]),
        ),
        (
            "on hold, with a reason and a date",
            REVOKED,
            with(Required, vec![root.list(named)]),
        ),
        (
            "a kept list that cannot be had",
            MISSING,
            Kept {
                lists: vec![(good.clone(), false)],
                ..with(Required, vec![])
            },
        ),
        ("no list was kept", MISSING, with(Required, vec![])),
        (
            "another authority's list",
            MISSING,
            with(Required, vec![elsewhere]),
        ),
        (
            "a list that cannot be read",
            MISSING,
            with(Required, vec![cut]),
        ),
        (
            "signed by another under the same name",
            BROKEN,
            with(Required, vec![forged.clone()]),
        ),
        ("an ended list", STALE, with(Required, vec![ended.clone()])),
        (
            "a list at its next update",
            STALE,
            Kept {
                at: end,
                ..with(Required, vec![ended.clone()])
            },
        ),
        ("best effort, no list", ACCEPTED, with(BestEffort, vec![])),
        (
            "best effort, an ended list",
            ACCEPTED,
            with(BestEffort, vec![ended.clone()]),
        ),
        (
            "best effort, revoked in an ended list",
            REVOKED,
            with(BestEffort, vec![root.crl(&[7], true)]),
        ),
        (
            "best effort, signed by another",
            BROKEN,
            with(BestEffort, vec![forged]),
        ),
        (
            "bridged",
            ACCEPTED,
            Kept {
                at: end + DAY / 2,
                bridged: Some(end + DAY / 2),
                ..with(Required, vec![ended.clone()])
            },
        ),
        (
            "bridged until before",
            STALE,
            Kept {
                at: end + DAY / 2,
                bridged: Some(end + DAY / 2 - 1),
                ..with(Required, vec![ended.clone()])
            },
        ),
        (
            "bridged for a day",
            ACCEPTED,
            Kept {
                at: end + DAY,
                bridged: Some(end + 2 * DAY),
                ..with(Required, vec![ended.clone()])
            },
        ),
        (
            "bridged for more than a day",
            STALE,
            Kept {
                at: end + DAY + 1,
                bridged: Some(end + 2 * DAY),
                ..with(Required, vec![ended.clone()])
            },
        ),
        (
            "best effort, bridged for more than a day",
            STALE,
            Kept {
                at: end + DAY + 1,
                bridged: Some(end + 2 * DAY),
                ..with(BestEffort, vec![ended.clone()])
            },
        ),
        (
            "bridged and revoked",
            REVOKED,
            Kept {
                at: end + DAY / 2,
                bridged: Some(end + DAY),
                ..with(Required, vec![root.crl(&[7], true)])
            },
        ),
        (
            "a list of people's certificates",
            ACCEPTED,
            with(
                Required,
                vec![root.list(scoped("http://a.cn/1", Some(CrlScope::UserCertsOnly)))],
            ),
        ),
        (
            "a list of authorities' certificates",
            MISSING,
            with(
                Required,
                vec![root.list(scoped("http://a.cn/1", Some(CrlScope::CaCertsOnly)))],
            ),
        ),
        (
            "a list with a place, of a certificate without one",
            ACCEPTED,
            with(Required, vec![root.list(scoped("http://a.cn/1", None))]),
        ),
    ];
    let middle = root.intermediate("Kaibiao Lists Intermediate");
    let below = middle.issue(P_256, Leaf::signing());
    let through = |lists: Vec<Vec<u8>>| Kept {
        chain: vec![below.clone(), middle.certificate.clone()],
        ..with(Required, lists)
    };
    let of_middle = middle.crl(&[], false);
    // The same authority by a certificate that does not let it sign lists.
    let unable = root.sign_again(&middle.certificate, |tbs| {
        replace(tbs, b"\x03\x02\x01\x06", b"\x03\x02\x02\x04");
    });
    let serial = serial_of(&middle.certificate);
    let revoked_middle = root.list(|params| {
        params.revoked_certs = vec![entry(1)];
        params.revoked_certs[0].serial_number = serial;
    });
    let longer = vec![
        (
            "a list for each issuer",
            ACCEPTED,
            through(vec![of_middle.clone(), good.clone()]),
        ),
        (
            "the intermediate from the grounds",
            ACCEPTED,
            Kept {
                chain: vec![below.clone()],
                added: vec![middle.certificate.clone()],
                ..through(vec![of_middle.clone(), good.clone()])
            },
        ),
        (
            "no list of the root's",
            MISSING,
            through(vec![of_middle.clone()]),
        ),
        (
            "no list of the intermediate's",
            MISSING,
            through(vec![good.clone()]),
        ),
        (
            "revoked by the intermediate",
            REVOKED,
            through(vec![middle.crl(&[7], false), good.clone()]),
        ),
        (
            "the intermediate is revoked",
            REVOKED,
            through(vec![of_middle.clone(), revoked_middle]),
        ),
        (
            "an intermediate that may not sign lists",
            BROKEN,
            Kept {
                chain: vec![below.clone(), unable],
                ..through(vec![of_middle.clone(), good.clone()])
            },
        ),
    ];
    let all = made.into_iter().chain(longer);
    let vectors: Vec<_> = all
        .map(|(name, expect, kept)| vector(&root, name, expect, kept))
        .collect();
    write("certificates/kept.json", &vectors);
}

fn serial_of(certificate: &[u8]) -> rcgen::SerialNumber {
    let (_, read) = x509_parser::prelude::X509Certificate::from_der(certificate).unwrap();
    rcgen::SerialNumber::from_slice(read.raw_serial())
}
