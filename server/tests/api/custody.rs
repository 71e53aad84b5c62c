//! Custodians say what they saw, and whoever is blamed can repeat why.

use std::io::Cursor;
use std::time::Duration;

use kaibiao_api::recheck::Recheck;
use kaibiao_client::http::Session;
use kaibiao_client::recheck::{Verdict, recheck};
use kaibiao_core::act::{
    Act, Finding, OverruleFault, Release, Share, Unproved, Withheld, Withholding,
};
use kaibiao_core::event::{Fault, Outcome, Rule};
use kaibiao_core::state::Bidder;
use kaibiao_crypto::bid::{Header, HeaderPart};
use kaibiao_crypto::encoding::{Secret, from_base64, to_base64};
use kaibiao_crypto::wrap::Role;
use kaibiao_crypto::{Digest, canonical};
use kaibiao_os::random::SystemRng;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::hall::{Hall, Sealed, lot};
use crate::world::{World, nonce};

/// The same bid with a wrap for one custodian that opens for nobody.
fn badly_wrapped(sealed: Sealed, custodian: usize) -> Sealed {
    let header = &sealed.header;
    let mut wraps: Value = serde_json::from_slice(header.part(HeaderPart::Wraps)).unwrap();
    let value = &mut wraps["envelopes"][0]["release"][custodian]["value"];
    let mut bytes = from_base64(value.as_str().unwrap()).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    *value = json!(to_base64(&bytes));
    let header = Header::from_parts([
        header.part(HeaderPart::Context).to_vec(),
        header.part(HeaderPart::Commitments).to_vec(),
        canonical::to_bytes(&wraps),
        header.part(HeaderPart::Chain).to_vec(),
    ])
    .unwrap();
    let body = sealed.body;
    Sealed { header, body }
}

/// What a custodian answers for one bid.
#[derive(Clone, Copy)]
pub enum Said {
    /// Its share, or a complaint where its wrap gives none.
    Honestly,
    /// Other bytes than its share.
    Wrong,
    /// That its wrap does not open.
    Complaint,
    /// That it could not prove the unlock.
    NotProved,
}

impl Hall {
    /// Answers for all accepted bids, for each as `said`.
    pub async fn answer(&self, custodian: usize, said: impl Fn(&Digest) -> Said) {
        let view = self.accepted(custodian).await;
        let (session, key) = &self.custodians[custodian];
        let x = u8::try_from(custodian + 1).unwrap();
        let (mut shares, mut withheld, mut secrets) = (Vec::new(), Vec::new(), Vec::new());
        for bid in &view.bids {
            let header = Header::parse(&from_base64(&bid.header).unwrap()).unwrap();
            let bid = header.digest();
            let share = header.unwrap_share(0, Role::Release, key, &mut SystemRng);
            let share = share.ok().map(|share| *share.secret().as_bytes());
            let wrap = header.release_wrap_digest(0, x).unwrap();
            let complaint = Withholding::WrapDoesNotOpen { wrap };
            let answer = match said(&bid) {
                Said::Honestly => share.ok_or(complaint),
                Said::Wrong => Ok([1; 32]),
                Said::Complaint => Err(complaint),
                Said::NotProved => Err(Withholding::NotProved {
                    cause: Unproved::UnlockUnproved,
                }),
            };
            match answer {
                Ok(bytes) => {
                    shares.push(Share {
                        bid,
                        envelope: 0,
                        x,
                        share: Digest::of(&bytes),
                    });
                    secrets.push(Secret::new(bytes.to_vec()));
                }
                Err(why) => withheld.push(Withheld { bid, why }),
            }
        }
        let act = Act::Release(Release {
            nonce: nonce(),
            lot: lot("1"),
            accepted: Digest::of(view.accepted.body.as_bytes()),
            shares,
            withheld,
        });
        session.act(&self.project, &act, secrets).await.unwrap();
    }

    pub async fn party(&self, bid: &Digest) -> Bidder {
        let lot = self.lot().await;
        (*lot.parties[&lot.party_of(bid).unwrap()]).clone()
    }

    pub async fn recheck(&self, session: &Session, bid: &Digest) -> Recheck {
        session.server.get(&self.path(bid)).await.unwrap()
    }

    pub fn path(&self, bid: &Digest) -> String {
        format!("projects/{}/lots/1/bids/{bid}/recheck", self.project)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn custodians_say_what_they_saw_and_whoever_is_blamed_can_repeat_why() {
    let hall = Hall::publish(World::start().await, 3, 8.0).await;
    let mut bids = Vec::new();
    let mut all = Vec::new();
    for bidder in 0..3 {
        let document = vec![("商务标.pdf", b"one page".to_vec())];
        let mut sealed = hall.seal(bidder, "100000", &document);
        if bidder == 0 {
            sealed = badly_wrapped(sealed, 1);
        }
        let act = hall.submit_act(&sealed, 1, None);
        hall.submit(bidder, &sealed, &act).await;
        bids.push(sealed.header.digest());
        all.push(sealed);
    }
    hall.until_stage("checking").await;
    hall.start_window().await;
    for (bidder, sealed) in all.iter().enumerate() {
        hall.unlock(bidder, sealed, false).await.unwrap();
    }
    hall.until_stage("releasing").await;
    // The first custodian complains of a wrap that is right, the second of the
    // one that is not.
    let falsely = |bid: &Digest| {
        if *bid == bids[1] {
            Said::Complaint
        } else {
            Said::Honestly
        }
    };
    hall.answer(0, falsely).await;
    hall.answer(1, |_| Said::Honestly).await;
    hall.answer(2, |_| Said::Honestly).await;
    hall.until_stage("opened").await;

    let blamed = hall.party(&bids[0]).await;
    assert_eq!(blamed.outcome, Some(Outcome::DealingMismatch));
    let finding = blamed.finding.unwrap();
    let ruled = (finding.finding, finding.rule);
    assert_eq!(ruled, (Finding::Forfeited, Rule::DealingFails));
    for bid in &bids[1..] {
        let other = hall.party(bid).await;
        assert_eq!(other.outcome, Some(Outcome::Opened));
    }
    let state = hall.lot().await;
    assert_eq!(
        state.releases[&1].faults[&bids[1]].fault,
        Fault::FalseComplaint
    );
    assert!(state.releases[&2].faults.is_empty());

    // The bidder and the supervisor repeat the audit of the dealing.
    for session in [&hall.bidders[0].session, hall.supervisor()] {
        let file = hall.recheck(session, &bids[0]).await;
        assert!(file.r.is_some() && file.b.is_none() && file.segments.is_empty());
        let found = recheck(&file, None::<&mut Cursor<Vec<u8>>>).unwrap();
        assert!(found.is_borne_out());
        assert_eq!(found.found.as_deref(), Some("dealing-wrap"));
        assert_eq!(found.answers[0].verdict, Verdict::TrueComplaint);
    }
    // The first custodian sees that its own complaint was false.
    let file = hall.recheck(hall.host(), &bids[1]).await;
    let found = recheck(&file, None::<&mut Cursor<Vec<u8>>>).unwrap();
    assert_eq!(found.found, None);
    assert_eq!(found.answers[0].verdict, Verdict::FalseComplaint);
    // Nobody else sees anything, and there is nothing about the third bid.
    for (session, bid) in [
        (&hall.bidders[1].session, &bids[0]),
        (hall.host(), &bids[0]),
        (&hall.bidders[2].session, &bids[2]),
        (hall.supervisor(), &bids[2]),
    ] {
        let reply = session.server.request(Method::GET, &hall.path(bid));
        let reply = reply.send().await.unwrap();
        assert_eq!(reply.status(), StatusCode::NOT_FOUND);
    }

    // The supervisor lifts what was found of that custodian, and nobody else does.
    let lift = |nonce| {
        Act::OverruleFault(OverruleFault {
            nonce,
            lot: lot("1"),
            x: 1,
            bid: bids[1],
            stands: false,
            reason: "封装在传输中损坏".to_owned(),
        })
    };
    let act = lift(nonce());
    let refused = hall.host().act(&hall.project, &act, Vec::new());
    let code = refused.await.unwrap_err().code.to_string();
    assert_eq!(code, "not-permitted");
    hall.act(hall.supervisor(), lift(nonce())).await;
    let shown = async |session: &Session| -> Value {
        let path = format!("projects/{}", hall.project);
        let view: Value = session.server.get(&path).await.unwrap();
        view["lots"]["1"]["faults"].clone()
    };
    for official in [hall.host(), hall.supervisor()] {
        let faults = shown(official).await;
        let fault = &faults[0];
        assert_eq!(faults.as_array().unwrap().len(), 1);
        assert_eq!((&fault["x"], &fault["stands"]), (&json!(1), &json!(false)));
        assert_eq!(fault["reason"], "封装在传输中损坏");
    }
    assert_eq!(shown(&hall.bidders[1].session).await, Value::Null);
    let lifted = &hall.lot().await.releases[&1].faults[&bids[1]];
    assert!(!lifted.stands && lifted.decided.is_some());

    // Kept is what repeats the checks, and nothing of the third bid.
    let stream = kaibiao_app::deciding::stream(hall.project.parse().unwrap());
    let is_kept = |name: &String| name.starts_with("unlock/") || name.starts_with("share/");
    let mut kept = Vec::new();
    for _ in 0..100 {
        let names = hall.world.running.app.store.secret_names(&stream);
        kept = names.await.unwrap();
        kept.retain(is_kept);
        if !kept.iter().any(|name| name.contains(&bids[2].to_string())) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let mut wanted: Vec<String> = [(0, 1), (0, 3), (1, 2), (1, 3)]
        .map(|(bid, x): (usize, u8)| format!("share/{}/{x}", bids[bid]))
        .into();
    wanted.sort();
    assert_eq!(kept, wanted);
}
