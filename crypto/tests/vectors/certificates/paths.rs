//! `certificates/paths.json`: what issuers may do, and what openssl says of it.

use kaibiao_crypto::certificate::{Ca, Use};
use kaibiao_crypto::encoding::Base64;
use rcgen::{
    BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, GeneralSubtree, IsCa,
    KeyUsagePurpose, NameConstraints, date_time_ymd,
};

use super::{CertificateVector, extension, replace};
use crate::pki::*;
use crate::write;

/// What openssl says of the same chain, where it is asked.
#[derive(Clone, Copy)]
enum Openssl {
    Agrees,
    /// Refuses, or accepts, what is accepted, or refused, here.
    Differs,
}

struct Paths {
    vectors: Vec<CertificateVector>,
}

impl Paths {
    fn push(&mut self, name: &str, expect: &str, ca: Ca, chain: Vec<Vec<u8>>, openssl: Openssl) {
        let is_accepted = expect == "accepted";
        self.vectors.push(CertificateVector {
            name: name.into(),
            expect: expect.into(),
            organisation: is_accepted.then(|| CODE.into()),
            organisation_name: is_accepted.then(|| NAME.into()),
            cas: vec![ca],
            chain: chain.into_iter().map(Base64).collect(),
            usage: Use::Sign,
            now: NOW,
            openssl: Some(is_accepted == matches!(openssl, Openssl::Agrees)),
        });
    }
}

#[test]
#[ignore = "writes the vectors"]
fn write_path_vectors() {
    let mut paths = Paths {
        vectors: Vec::new(),
    };
    let root = Authority::root("Kaibiao Paths Root");
    let ca_of = |root: &Authority, middles: &[&Authority]| {
        let mut lists = vec![root.crl(&[], false)];
        lists.extend(middles.iter().map(|middle| middle.crl(&[], false)));
        root.ca("vectors", lists)
    };
    let mut below =
        |name: &str, expect: &str, openssl: Openssl, change: &dyn Fn(&mut CertificateParams)| {
            let middle = root.intermediate_with("Kaibiao Paths Intermediate", change);
            let chain = vec![
                middle.issue(P_256, Leaf::signing()),
                middle.certificate.clone(),
            ];
            paths.push(name, expect, ca_of(&root, &[&middle]), chain, openssl);
        };
    use Openssl::{Agrees, Differs};
    below("an intermediate", "accepted", Agrees, &|_| ());
    below(
        "an intermediate without key usage",
        "accepted",
        Agrees,
        &|params| params.key_usages.clear(),
    );
    below(
        "an intermediate without keyCertSign",
        "certificate-chain",
        Agrees,
        &|params| {
            params.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::CrlSign];
        },
    );
    below(
        "an intermediate that is no authority",
        "certificate-chain",
        Agrees,
        &|params| params.is_ca = IsCa::ExplicitNoCa,
    );
    below(
        "an intermediate without basic constraints",
        "certificate-chain",
        Agrees,
        &|params| params.is_ca = IsCa::NoCa,
    );
    below(
        "an expired intermediate",
        "certificate-expired",
        Agrees,
        &|params| params.not_after = date_time_ymd(2026, 1, 1),
    );
    below(
        "an intermediate that is not valid yet",
        "certificate-not-yet-valid",
        Agrees,
        &|params| params.not_before = date_time_ymd(2027, 1, 1),
    );
    below(
        "an intermediate for servers only",
        "certificate-wrong-usage",
        Differs,
        &|params| params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth],
    );
    below(
        "an intermediate with an unknown critical extension",
        "certificate-chain",
        Agrees,
        &|params| params.custom_extensions = vec![extension(&[1, 2, 3, 4], b"\x05\x00", true)],
    );
    below(
        "an intermediate with an unknown extension",
        "accepted",
        Agrees,
        &|params| params.custom_extensions = vec![extension(&[1, 2, 3, 4], b"\x05\x00", false)],
    );
    below(
        "an intermediate with name constraints",
        "certificate-chain",
        Differs,
        &|params| {
            params.name_constraints = Some(NameConstraints {
                permitted_subtrees: vec![GeneralSubtree::DnsName("example.cn".into())],
                excluded_subtrees: vec![],
            });
        },
    );
    below(
        "an intermediate whose path length is 0",
        "accepted",
        Agrees,
        &|params| params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0)),
    );

    // Two intermediates, and who limits the path.
    let two = |root: &Authority, upper: &dyn Fn(&mut CertificateParams)| {
        let upper = root.intermediate_with("Kaibiao Paths Upper", upper);
        let lower = upper.intermediate("Kaibiao Paths Lower");
        let chain = vec![
            lower.issue(P_256, Leaf::signing()),
            lower.certificate.clone(),
            upper.certificate.clone(),
        ];
        (ca_of(root, &[&upper, &lower]), chain)
    };
    let limited = |length: u8| {
        move |params: &mut CertificateParams| {
            params.is_ca = IsCa::Ca(BasicConstraints::Constrained(length));
        }
    };
    let (ca, chain) = two(&root, &|_| ());
    paths.push("two intermediates", "accepted", ca, chain, Agrees);
    let (ca, chain) = two(&root, &limited(1));
    paths.push("within the path length", "accepted", ca, chain, Agrees);
    let (ca, chain) = two(&root, &limited(0));
    let expect = "certificate-chain";
    paths.push("beyond the path length", expect, ca, chain, Agrees);
    let short = Authority::root_with("Kaibiao Paths Root", limited(1));
    let (ca, chain) = two(&short, &|_| ());
    let name = "beyond the root's path length";
    paths.push(name, expect, ca, chain, Agrees);

    // The leaf itself.
    let ca = ca_of(&root, &[]);
    let mut leaf = |name: &str, expect: &str, openssl: Openssl, leaf: Leaf| {
        let chain = vec![root.issue(P_256, leaf)];
        paths.push(name, expect, ca.clone(), chain, openssl);
    };
    let with = |extensions| Leaf {
        extensions,
        ..Leaf::signing()
    };
    leaf(
        "an unknown critical extension",
        "certificate-chain",
        Agrees,
        with(vec![extension(&[1, 2, 3, 4], b"\x05\x00", true)]),
    );
    leaf(
        "critical certificate policies",
        "certificate-chain",
        Differs,
        with(vec![extension(
            &[2, 5, 29, 32],
            b"\x30\x08\x30\x06\x06\x04\x55\x1d\x20\x00",
            true,
        )]),
    );
    leaf(
        "an extension twice",
        "certificate-malformed",
        Differs,
        with(vec![
            extension(&[1, 2, 3, 4], b"\x05\x00", false),
            extension(&[1, 2, 3, 4], b"\x05\x00", false),
        ]),
    );
    leaf(
        "no purpose in extended key usage",
        "certificate-wrong-usage",
        Differs,
        Leaf {
            extended: vec![],
            extensions: vec![extension(&[2, 5, 29, 37], b"\x30\x00", false)],
            ..Leaf::signing()
        },
    );
    leaf(
        "for servers only",
        "certificate-wrong-usage",
        Differs,
        Leaf {
            extended: vec![ExtendedKeyUsagePurpose::ServerAuth],
            ..Leaf::signing()
        },
    );
    leaf(
        "for servers and people",
        "accepted",
        Agrees,
        Leaf {
            extended: vec![
                ExtendedKeyUsagePurpose::ServerAuth,
                ExtendedKeyUsagePurpose::ClientAuth,
            ],
            ..Leaf::signing()
        },
    );
    leaf(
        "an authority's own certificate",
        "certificate-wrong-usage",
        Differs,
        Leaf {
            is_ca: IsCa::Ca(BasicConstraints::Unconstrained),
            ..Leaf::signing()
        },
    );
    let good = root.issue(P_256, Leaf::signing());
    let version_2 = root.sign_again(&good, |tbs| {
        replace(tbs, b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x01");
    });
    let malformed = "certificate-malformed";
    paths.push("version 2", malformed, ca.clone(), vec![version_2], Differs);
    let mut sha_224 = good.clone();
    let (sha256, sha224) = (
        b"\x2a\x86\x48\xce\x3d\x04\x03\x02",
        b"\x2a\x86\x48\xce\x3d\x04\x03\x01",
    );
    replace(&mut sha_224, sha256, sha224);
    replace(&mut sha_224, sha256, sha224);
    let name = "signed with SHA-224";
    let expect = "certificate-chain";
    paths.push(name, expect, ca.clone(), vec![sha_224], Agrees);
    let mut two_algorithms = good;
    replace(&mut two_algorithms, sha256, sha224);
    let name = "two signature algorithms";
    paths.push(name, malformed, ca, vec![two_algorithms], Agrees);
    write("certificates/paths.json", &paths.vectors);
}
