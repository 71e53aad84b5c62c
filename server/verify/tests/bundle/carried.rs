//! The detached signature over a record that an act carries for everybody's tools.

use kaibiao_crypto::cms;
use kaibiao_crypto::encoding::Base64;
use kaibiao_verify::{Check, Edition, Outcome};

use crate::cast::{Cast, Member};
use crate::opening::{Opening, T0};
use crate::{checked, outcome};

fn signed(member: &Member, content: &[u8]) -> Vec<u8> {
    cms::sign(content, T0, &member.signer).unwrap()
}

/// A carried signature, and the code by which it is told.
type Carried = (fn(&Cast, &[u8]) -> Option<Base64>, Option<&'static str>);

const CASES: &[Carried] = &[
    (
        |cast, record| Some(Base64(signed(&cast.agency, record))),
        None,
    ),
    (
        |cast, _| Some(Base64(signed(&cast.agency, b"another record"))),
        Some("cms-digest"),
    ),
    (
        |cast, record| Some(Base64(signed(&cast.centre, record))),
        Some("cms-other-certificate"),
    ),
    (
        |cast, record| {
            let mut altered = signed(&cast.agency, record);
            *altered.last_mut().unwrap() ^= 1;
            Some(Base64(altered))
        },
        Some("cms-signature"),
    ),
    (
        |_, _| Some(Base64(b"no message".to_vec())),
        Some("cms-malformed"),
    ),
];

#[test]
fn it_is_over_the_records_bytes_by_the_acts_own_certificate() {
    for (carried, code) in CASES {
        let mut opening = Opening::new();
        opening.cms = *carried;
        let opening = opening.run();
        let policy = opening.policy();
        for edition in [Edition::Public, Edition::Supervisor] {
            let report = checked(&opening.files(edition), &policy).unwrap();
            let told = match outcome(&report, Check::Authenticity) {
                Outcome::Fails(fault) => Some(fault.code.as_str()),
                _ => None,
            };
            assert_eq!(told, *code, "{}", report.json()["checks"]);
            assert_eq!(report.is_enough(), code.is_none());
        }
    }
}
