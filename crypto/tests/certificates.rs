//! Which certificates are believed, and what is said of the others.

#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

mod pki;

use kaibiao_crypto::certificate::{
    Ca, Certificate, CertificateProblem as Problem, Grounds, KeyAlgorithm, ListState, Lists,
    RevocationPolicy, Trust, TrustProblem, Use,
};
use kaibiao_crypto::encoding::Base64;
use pki::*;
use proptest::prelude::*;
use rcgen::{BasicConstraints, ExtendedKeyUsagePurpose, IsCa, KeyUsagePurpose};

fn judge_leaf(pkcs8: &[u8], leaf: Leaf, usage: Use) -> Result<(), Problem> {
    let authority = Authority::root("Test Root");
    let certificate = authority.issue(pkcs8, leaf);
    authority
        .trust()
        .judge(&[&certificate], NOW, usage)
        .map(drop)
}

#[test]
fn a_certificate_of_each_accepted_key_speaks_for_its_organisation() {
    let authority = Authority::root("Test Root");
    for (pkcs8, algorithm) in [
        (RSA_2048, KeyAlgorithm::Rsa2048),
        (RSA_3072, KeyAlgorithm::Rsa3072),
        (RSA_4096, KeyAlgorithm::Rsa4096),
        (P_256, KeyAlgorithm::P256),
    ] {
        let certificate = authority.issue(pkcs8, Leaf::signing());
        let holder = authority
            .trust()
            .judge(&[&certificate], NOW, Use::Sign)
            .unwrap();
        assert_eq!(holder.authority, "test");
        assert_eq!(holder.organisation.as_str(), CODE);
        assert_eq!(holder.certificate.key_algorithm(), algorithm);
        assert_eq!(holder.certificate.common_name(), Some("某建设工程有限公司"));
        assert_eq!(
            holder.certificate.subject(),
            format!(
                "C=CN, O=某建设工程有限公司, CN=某建设工程有限公司, organizationIdentifier={CODE}"
            )
        );
        assert_eq!(holder.certificate.serial(), "07");
        assert_eq!(holder.certificate.not_after(), YEAR_END);
        assert_eq!(holder.grounds.path.len(), 2);
        assert_eq!(holder.grounds.path[0], holder.certificate.digest());
        assert_eq!(holder.grounds.at, NOW);
        let list = holder.grounds.crls[0].as_ref().unwrap();
        assert_eq!(list.next_update, YEAR_END);
    }
}

#[test]
fn other_keys_are_too_weak() {
    for pkcs8 in [RSA_1024, RSA_2048_E3, P_384, ED25519] {
        assert_eq!(
            judge_leaf(pkcs8, Leaf::signing(), Use::Sign),
            Err(Problem::WeakKey)
        );
    }
}

#[test]
fn time_decides_to_the_second() {
    let authority = Authority::root("Test Root");
    let certificate = authority.issue(P_256, Leaf::signing());
    let mut ca = authority.ca("test", vec![authority.crl(&[], false)]);
    ca.revocation = RevocationPolicy::BestEffort;
    let trust = Trust::new(&[ca]).unwrap();
    let begin = 1_767_225_600_000;
    let judge = |now| trust.judge(&[&certificate], now, Use::Sign).map(drop);
    assert_eq!(
        judge(begin - 1),
        Err(Problem::NotYetValid { not_before: begin })
    );
    assert_eq!(judge(begin), Ok(()));
    assert_eq!(judge(YEAR_END + 999), Ok(()));
    assert_eq!(
        judge(YEAR_END + 1000),
        Err(Problem::Expired {
            not_after: YEAR_END
        })
    );
    assert_eq!(
        judge(i64::MIN),
        Err(Problem::NotYetValid { not_before: begin })
    );
    assert_eq!(
        judge(i64::MAX),
        Err(Problem::Expired {
            not_after: YEAR_END
        })
    );
}

#[test]
fn a_key_is_used_only_for_what_its_certificate_says() {
    let wrong = |wanted| Err(Problem::WrongUsage { wanted });
    assert_eq!(
        judge_leaf(P_256, Leaf::signing(), Use::Encrypt),
        wrong(Use::Encrypt)
    );
    assert_eq!(
        judge_leaf(P_256, Leaf::encryption(), Use::Sign),
        wrong(Use::Sign)
    );
    assert_eq!(
        judge_leaf(RSA_2048, Leaf::encryption(), Use::Encrypt),
        Ok(())
    );
    let agreement = Leaf {
        usages: vec![KeyUsagePurpose::KeyAgreement],
        ..Leaf::encryption()
    };
    assert_eq!(judge_leaf(P_256, agreement, Use::Encrypt), Ok(()));
    let silent = Leaf {
        usages: vec![],
        ..Leaf::signing()
    };
    assert_eq!(judge_leaf(P_256, silent, Use::Sign), wrong(Use::Sign));
    let both = Leaf {
        usages: vec![
            KeyUsagePurpose::DigitalSignature,
            KeyUsagePurpose::KeyEncipherment,
        ],
        ..Leaf::signing()
    };
    assert_eq!(judge_leaf(P_256, both.clone(), Use::Sign), Ok(()));
    assert_eq!(judge_leaf(P_256, both, Use::Encrypt), Ok(()));
    let authority = Leaf {
        is_ca: IsCa::Ca(BasicConstraints::Unconstrained),
        ..Leaf::signing()
    };
    assert_eq!(judge_leaf(P_256, authority, Use::Sign), wrong(Use::Sign));
}

#[test]
fn extended_usage_is_refused_only_when_it_is_all_for_machines() {
    use ExtendedKeyUsagePurpose as Extended;
    for (extended, good) in [
        (vec![], true),
        (vec![Extended::ClientAuth], true),
        (vec![Extended::EmailProtection], true),
        (vec![Extended::ServerAuth, Extended::ClientAuth], true),
        (vec![Extended::ServerAuth], false),
        (vec![Extended::TimeStamping, Extended::OcspSigning], false),
    ] {
        let leaf = Leaf {
            extended,
            ..Leaf::signing()
        };
        assert_eq!(judge_leaf(P_256, leaf, Use::Sign).is_ok(), good);
    }
}

#[test]
fn a_revoked_certificate_is_refused_and_only_that() {
    let authority = Authority::root("Test Root");
    let certificate = authority.issue(P_256, Leaf::signing());
    let judge = |crls: Vec<Vec<u8>>, revocation| {
        let mut ca = authority.ca("test", crls);
        ca.revocation = revocation;
        Trust::new(&[ca])
            .unwrap()
            .judge(&[&certificate], NOW, Use::Sign)
            .map(drop)
    };
    use RevocationPolicy::{BestEffort, Required};
    let stale = Err(Problem::CrlStale {
        next_update: 1_767_225_600_000,
    });
    assert_eq!(
        judge(vec![authority.crl(&[7], false)], Required),
        Err(Problem::Revoked)
    );
    assert_eq!(judge(vec![authority.crl(&[6, 8], false)], Required), Ok(()));
    assert_eq!(judge(vec![], Required), Err(Problem::CrlMissing));
    assert_eq!(judge(vec![authority.crl(&[], true)], Required), stale);
    assert_eq!(judge(vec![], BestEffort), Ok(()));
    assert_eq!(judge(vec![authority.crl(&[], true)], BestEffort), Ok(()));
    assert_eq!(
        judge(vec![authority.crl(&[7], true)], BestEffort),
        Err(Problem::Revoked)
    );
    // The newest list is asked, whatever order they are configured in.
    let lists = vec![authority.crl(&[], true), authority.crl(&[7], false)];
    assert_eq!(judge(lists, Required), Err(Problem::Revoked));
    // A list of another authority says nothing; a forged one is no list.
    let other = Authority::root("Other Root");
    assert_eq!(
        judge(vec![other.crl(&[], false)], Required),
        Err(Problem::CrlMissing)
    );
    let forger = Authority::root("Test Root");
    assert_eq!(
        judge(vec![forger.crl(&[], false)], Required),
        Err(Problem::CrlBroken)
    );
}

#[test]
fn only_configured_authorities_are_believed() {
    let authority = Authority::root("Test Root");
    let impostor = Authority::root("Test Root");
    let certificate = impostor.issue(P_256, Leaf::signing());
    assert_eq!(
        authority
            .trust()
            .judge(&[&certificate], NOW, Use::Sign)
            .map(drop),
        Err(Problem::UnknownIssuer)
    );
    assert_eq!(
        Trust::default()
            .judge(&[&certificate], NOW, Use::Sign)
            .map(drop),
        Err(Problem::UnknownIssuer)
    );
    // Sending the impostor's root along does not help.
    assert_eq!(
        authority
            .trust()
            .judge(&[&certificate, &impostor.certificate], NOW, Use::Sign)
            .map(drop),
        Err(Problem::UnknownIssuer)
    );
}

#[test]
fn intermediates_come_from_the_client_or_the_configuration() {
    let root = Authority::root("Test Root");
    let middle = root.intermediate("Test Intermediate");
    let certificate = middle.issue(P_256, Leaf::signing());
    let lists = vec![root.crl(&[], false), middle.crl(&[], false)];
    let mut ca = root.ca("test", lists);
    let trust = Trust::new(std::slice::from_ref(&ca)).unwrap();
    assert_eq!(
        trust.judge(&[&certificate], NOW, Use::Sign).map(drop),
        Err(Problem::UnknownIssuer)
    );
    let holder = trust
        .judge(&[&certificate, &middle.certificate], NOW, Use::Sign)
        .unwrap();
    assert_eq!(holder.grounds.path.len(), 3);
    assert_eq!(holder.grounds.crls.iter().flatten().count(), 2);
    ca.intermediates = vec![Base64(middle.certificate.clone())];
    let trust = Trust::new(&[ca]).unwrap();
    assert!(trust.judge(&[&certificate], NOW, Use::Sign).is_ok());
}

#[test]
fn a_judgement_is_made_again_as_of_its_moment_on_the_lists_it_rested_on() {
    let root = Authority::root("Test Root");
    let middle = root.intermediate("Test Intermediate");
    let certificate = middle.issue(P_256, Leaf::signing());
    let kept = [root.crl(&[], false), middle.crl(&[], false)];
    let mut platform = root.ca("test", kept.to_vec());
    platform.intermediates = vec![Base64(middle.certificate.clone())];
    let platform = Trust::new(&[platform]).unwrap();
    let first = platform.judge(&[&certificate], NOW, Use::Sign).unwrap();
    let grounds = &first.grounds;
    assert_eq!(grounds.added, [Base64(middle.certificate.clone())]);
    let mut lists = Lists::default();
    for digest in grounds.lists() {
        lists.add(platform.list(&digest).unwrap());
    }

    // Somebody who knows the root alone, and whose own lists are stale, or name
    // the certificate, comes to the same judgement.
    let again = |crls: Vec<Vec<u8>>, grounds: &Grounds, lists: &Lists| {
        let own = Trust::new(&[root.ca("own", crls)]).unwrap();
        let judged = own.judge_again(&[&certificate], grounds, lists, Use::Sign);
        judged.map(|holder| holder.organisation.to_string())
    };
    let stale = vec![root.crl(&[], true), middle.crl(&[], true)];
    let newer = vec![root.crl(&[], false), middle.crl(&[7], false)];
    for own in [vec![], stale.clone(), newer.clone()] {
        assert_eq!(again(own, grounds, &lists), Ok(CODE.to_owned()));
    }
    // Lists that were not kept are missed; own ones stand in for them.
    let none = Lists::default();
    assert_eq!(again(vec![], grounds, &none), Err(Problem::CrlMissing));
    assert_eq!(again(newer.clone(), grounds, &none), Err(Problem::Revoked));
    let good = vec![root.crl(&[], false), middle.crl(&[], false)];
    assert_eq!(again(good, grounds, &none), Ok(CODE.to_owned()));
    // A moment at which it was not good is no ground.
    let mut later = grounds.clone();
    later.at = YEAR_END + 1000;
    assert_eq!(
        again(vec![], &later, &lists),
        Err(Problem::Expired {
            not_after: YEAR_END
        })
    );
    let mut bare = grounds.clone();
    bare.added.clear();
    assert_eq!(again(vec![], &bare, &lists), Err(Problem::UnknownIssuer));

    // What became of it since is told.
    let since = |crls: Vec<Vec<u8>>, now| {
        let own = Trust::new(&[root.ca("own", crls)]).unwrap();
        own.judge_since(&[&certificate], grounds, now, Use::Sign)
            .err()
    };
    assert_eq!(since(newer, NOW), Some(Problem::Revoked));
    assert!(matches!(since(stale, NOW), Some(Problem::CrlStale { .. })));
}

#[test]
fn an_ended_list_is_relied_on_as_long_as_it_is_bridged_and_a_day_at_the_most() {
    let root = Authority::root("Test Root");
    let certificate = root.issue(P_256, Leaf::signing());
    // The stale list ends with 2025.
    let ended = 1_767_225_600_000;
    let hour = 3_600_000;
    let ca = root.ca("test", vec![root.crl(&[6], true)]);
    let bridged = |until: i64, now: i64| {
        let mut trust = Trust::new(std::slice::from_ref(&ca)).unwrap();
        trust.bridge("test", until);
        trust.judge(&[&certificate], now, Use::Sign)
    };
    let stale = Problem::CrlStale { next_update: ended };
    let now = ended + hour;
    let holder = bridged(now + hour, now).unwrap();
    assert_eq!(holder.grounds.bridged, Some(now + hour));
    assert_eq!(bridged(now - 1, now).map(drop), Err(stale.clone()));
    let after_a_day = ended + 24 * hour + 1;
    let late = bridged(after_a_day + hour, after_a_day).map(drop);
    assert_eq!(late, Err(stale.clone()));
    let current = Trust::new(&[root.ca("test", vec![root.crl(&[], false)])]).unwrap();
    let judged = current.judge(&[&certificate], now, Use::Sign).unwrap();
    assert_eq!(judged.grounds.bridged, None);
    // Revocations stand.
    let mut revoked = Trust::new(&[root.ca("test", vec![root.crl(&[7], true)])]).unwrap();
    revoked.bridge("test", now + hour);
    let judged = revoked.judge(&[&certificate], now, Use::Sign).map(drop);
    assert_eq!(judged, Err(Problem::Revoked));

    // Others make the judgement again as it was made, and not without the bridge.
    let mut lists = Lists::default();
    lists.add(&ca.crls[0].0);
    let own = Trust::new(&[root.ca("own", vec![])]).unwrap();
    let again = |grounds: &Grounds| {
        own.judge_again(&[&certificate], grounds, &lists, Use::Sign)
            .map(drop)
    };
    assert_eq!(again(&holder.grounds), Ok(()));
    let mut without = holder.grounds.clone();
    without.bridged = None;
    assert_eq!(again(&without), Err(stale.clone()));
    let mut late = holder.grounds.clone();
    (late.at, late.bridged) = (after_a_day, Some(after_a_day));
    assert_eq!(again(&late), Err(stale));
}

#[test]
fn lists_are_told_before_they_end() {
    let root = Authority::root("Test Root");
    let standing = |crls: Vec<Vec<u8>>, now: i64| {
        let trust = Trust::new(&[root.ca("test", crls)]).unwrap();
        let [standing] = &trust.lists()[..] else {
            panic!("one authority");
        };
        standing.state(now)
    };
    let day = 24 * 3_600_000;
    let list = || vec![root.crl(&[], true), root.crl(&[], false)];
    assert_eq!(standing(list(), NOW), ListState::Good);
    assert_eq!(standing(list(), YEAR_END - 4 * day), ListState::Good);
    assert_eq!(standing(list(), YEAR_END - 3 * day), ListState::Ending);
    assert_eq!(standing(list(), YEAR_END), ListState::Ending);
    assert_eq!(standing(list(), YEAR_END + 1), ListState::Ended);
    assert_eq!(standing(vec![], NOW), ListState::Missing);
}

#[test]
fn an_authority_that_cannot_be_used_takes_no_other_with_it() {
    let (one, two) = (Authority::root("One"), Authority::root("Two"));
    let broken = one.ca("one", vec![b"no list".to_vec()]);
    let good = two.ca("two", vec![two.crl(&[], false)]);
    let mut rootless = good.clone();
    rootless.id = "three".into();
    rootless.root = Base64(two.issue(P_256, Leaf::signing()));
    let cas = [broken.clone(), good.clone(), rootless.clone(), good.clone()];
    let (trust, problems) = Trust::usable(&cas);
    assert_eq!(
        problems,
        [
            TrustProblem::Crl("one".into()),
            TrustProblem::Root("three".into()),
            TrustProblem::Duplicate("two".into()),
        ]
    );
    assert!(trust.knows(&broken) && trust.knows(&good) && !trust.knows(&rootless));
    let judge = |authority: &Authority| {
        let certificate = authority.issue(P_256, Leaf::signing());
        trust.judge(&[&certificate], NOW, Use::Sign).map(drop)
    };
    assert_eq!(judge(&two), Ok(()));
    assert!(judge(&one).is_err());
    // Nor is a list that cannot be read done without.
    let lax = Ca {
        revocation: RevocationPolicy::BestEffort,
        ..broken
    };
    let (trust, _) = Trust::usable(&[lax]);
    let certificate = one.issue(P_256, Leaf::signing());
    let judged = trust.judge(&[&certificate], NOW, Use::Sign).map(drop);
    assert_eq!(judged, Err(Problem::CrlBroken));
}

#[test]
fn a_pair_of_certificates_is_of_one_organisation() {
    let authority = Authority::root("Test Root");
    let trust = authority.trust();
    let sign = authority.issue(RSA_2048, Leaf::signing());
    let encrypt = authority.issue(RSA_3072, Leaf::encryption());
    let foreign = authority.issue(
        RSA_3072,
        Leaf {
            code: Some(OTHER_CODE),
            ..Leaf::encryption()
        },
    );
    let pair = trust.judge_pair(&[&sign], &[&encrypt], NOW).unwrap();
    assert_eq!(pair.sign.organisation, pair.encrypt.organisation);
    assert_eq!(
        trust.judge_pair(&[&sign], &[&foreign], NOW).map(drop),
        Err(Problem::DifferentOrganisations)
    );
    assert_eq!(
        trust.judge_pair(&[&encrypt], &[&sign], NOW).map(drop),
        Err(Problem::WrongUsage { wanted: Use::Sign })
    );
}

#[test]
fn bytes_that_are_no_certificate_are_malformed() {
    let authority = Authority::root("Test Root");
    let trust = authority.trust();
    let good = authority.issue(P_256, Leaf::signing());
    let mut longer = good.clone();
    longer.push(0);
    for bad in [
        &[][..],
        b"\x30\x00",
        &good[1..],
        &longer,
        &vec![0x30; 20_000],
    ] {
        assert_eq!(
            trust.judge(&[bad], NOW, Use::Sign).map(drop),
            Err(Problem::Malformed)
        );
    }
    assert_eq!(
        trust.judge(&[], NOW, Use::Sign).map(drop),
        Err(Problem::Malformed)
    );
    let long: Vec<&[u8]> = vec![&good; 9];
    assert_eq!(
        trust.judge(&long, NOW, Use::Sign).map(drop),
        Err(Problem::Malformed)
    );
    assert_eq!(
        trust.judge(&[&good, b"x"], NOW, Use::Sign).map(drop),
        Err(Problem::Malformed)
    );
}

#[test]
fn a_broken_configuration_is_named() {
    let authority = Authority::root("Test Root");
    let ca = authority.ca("test", vec![]);
    let with = |change: fn(&mut kaibiao_crypto::certificate::Ca)| {
        let mut ca = ca.clone();
        change(&mut ca);
        Trust::new(&[ca]).map(drop)
    };
    let name = || "test".to_owned();
    assert_eq!(
        with(|ca| ca.root.0.clear()),
        Err(TrustProblem::Root(name()))
    );
    assert_eq!(
        with(|ca| ca.crls.push(Base64(vec![1]))),
        Err(TrustProblem::Crl(name()))
    );
    assert_eq!(
        with(|ca| ca.intermediates.push(Base64(vec![1]))),
        Err(TrustProblem::Intermediate(name()))
    );
    assert_eq!(
        Trust::new(&[ca.clone(), ca.clone()]).map(drop),
        Err(TrustProblem::Duplicate(name()))
    );
}

#[test]
fn openssl_believes_the_same_chain() {
    let root = Authority::root("Test Root");
    let middle = root.intermediate("Test Intermediate");
    let certificate = middle.issue(RSA_2048, Leaf::signing());
    let folder = std::env::temp_dir().join(format!("kaibiao-chain-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let pem = |name: &str, der: &[u8]| {
        let path = folder.join(name);
        std::fs::write(&path, openssl(&["x509", "-inform", "DER"], der)).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (root_pem, middle_pem) = (
        pem("root", &root.certificate),
        pem("middle", &middle.certificate),
    );
    let leaf_pem = pem("leaf", &certificate);
    let said = openssl(
        &[
            "verify",
            "-x509_strict",
            "-attime",
            &(NOW / 1000).to_string(),
            "-CAfile",
            &root_pem,
            "-untrusted",
            &middle_pem,
            &leaf_pem,
        ],
        b"",
    );
    assert!(String::from_utf8(said).unwrap().ends_with(": OK\n"));
    let fields = openssl(
        &[
            "x509",
            "-inform",
            "DER",
            "-noout",
            "-fingerprint",
            "-sha256",
            "-serial",
        ],
        &certificate,
    );
    let fields = String::from_utf8(fields)
        .unwrap()
        .replace(':', "")
        .to_lowercase();
    let read = Certificate::parse(&certificate).unwrap();
    assert!(fields.contains(&read.digest().to_string()));
    assert!(fields.contains(&format!("serial={}", read.serial())));
    std::fs::remove_dir_all(&folder).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn no_flipped_bit_passes(at in any::<prop::sample::Index>(), bit in 0u8..8) {
        use std::sync::OnceLock;
        static GOOD: OnceLock<(Trust, Vec<u8>)> = OnceLock::new();
        let (trust, good) = GOOD.get_or_init(|| {
            let authority = Authority::root("Test Root");
            (authority.trust(), authority.issue(RSA_2048, Leaf::signing()))
        });
        let mut bad = good.clone();
        let at = at.index(bad.len());
        bad[at] ^= 1 << bit;
        prop_assert!(trust.judge(&[&bad], NOW, Use::Sign).is_err());
    }
}
