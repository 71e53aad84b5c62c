//! What was judged once stays judged: a custodian repeats it as of then.

use jiff::Timestamp;
use kaibiao::cli::pki::authority::Reason;
use kaibiao_api::AcceptedView;
use kaibiao_client::custody::{Custody, NotProved, Proved};
use kaibiao_client::lists;
use kaibiao_client::terms::Terms;
use kaibiao_crypto::certificate::{Lists, Trust};
use kaibiao_os::trust::Authorities;
use reqwest::{Method, StatusCode};
use zeroize::Zeroizing;

use crate::hall::{Hall, PASSPHRASE};
use crate::opening::submitted;

const DAY: i64 = 24 * 3_600_000;

/// The second custodian's client, at a lot whose set is fixed.
struct Custodian {
    hall: Hall,
    custody: Custody,
    terms: Terms,
    view: AcceptedView,
}

impl Custodian {
    async fn of_three_bids() -> Self {
        let (hall, sealed) = submitted(3, 8.0, b"").await;
        hall.until_stage("checking").await;
        hall.start_window().await;
        for (bidder, sealed) in sealed.iter().enumerate() {
            hall.unlock(bidder, sealed, false).await.unwrap();
        }
        hall.until_stage("releasing").await;
        let directory = hall.world.directory.path().join("custody");
        std::fs::create_dir_all(&directory).unwrap();
        std::fs::write(directory.join("custody.kkey"), &hall.keyfile).unwrap();
        let passphrase = |_: &std::path::Path| Ok(Zeroizing::new(PASSPHRASE.to_owned()));
        let custody = Custody::open(&directory, &passphrase).unwrap();
        let server = &hall.custodians[1].0.server;
        let terms = Terms::fetch(server, &hall.project, "1").await.unwrap();
        let view = hall.accepted(1).await;
        Self {
            hall,
            custody,
            terms,
            view,
        }
    }

    /// The custodian's own trust directory as the authority would fill it now.
    fn own_trust(&self) -> Trust {
        let directory = self.hall.world.directory.path().join("own");
        self.hall.world.authority.write_trust(&directory).unwrap();
        Authorities::read(&directory).unwrap().trust
    }

    async fn lists(&self, trust: &Trust) -> Lists {
        let unlocks = self.view.bids.iter().filter_map(|bid| bid.unlock.as_ref());
        let acts = self.terms.certified().chain(unlocks);
        let server = &self.hall.custodians[1].0.server;
        lists::fetch(server, trust, acts).await.unwrap()
    }

    fn prove(&self, view: &AcceptedView, trust: &Trust, lists: &Lists, now: i64) -> Proved {
        let proved = self.custody.prove(&self.terms, view, trust, lists, now);
        proved.unwrap_or_else(|failure| panic!("{failure:?}"))
    }

    fn now(&self) -> i64 {
        self.hall.world.running.app.now()
    }
}

fn codes(proved: &Proved) -> Vec<&str> {
    proved.doubts.iter().map(|it| it.code.as_str()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ends_or_is_revoked_after_it_was_accepted_is_told_and_keeps_nothing_shut() {
    let mut custodian = Custodian::of_three_bids().await;
    let trust = custodian.own_trust();
    let lists = custodian.lists(&trust).await;
    let view = custodian.view.clone();

    let proved = custodian.prove(&view, &trust, &lists, custodian.now());
    assert_eq!(proved.withheld().count(), 0);
    assert!(proved.doubts.is_empty());

    // A year later every certificate has ended, and so has the custodian's own list.
    let later = custodian.now() + 400 * DAY;
    let proved = custodian.prove(&view, &trust, &lists, later);
    assert_eq!(proved.withheld().count(), 0);
    assert_eq!(codes(&proved), ["certificate-expired"; 3]);

    // A newer list revokes a bidder and a custodian.
    let persons = [
        custodian.hall.bidders[0].person.serial.clone(),
        custodian.hall.officials[0].serial.clone(),
    ];
    for serial in persons {
        let authority = &mut custodian.hall.world.authority;
        let revoked = authority.revoke(&serial, Reason::KeyCompromise, Timestamp::now());
        revoked.unwrap();
    }
    let trust = custodian.own_trust();
    let lists = custodian.lists(&trust).await;
    let proved = custodian.prove(&view, &trust, &lists, custodian.now());
    assert_eq!(proved.withheld().count(), 0);
    assert_eq!(codes(&proved), ["certificate-revoked"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_proved_of_one_bid_withholds_that_bid_and_no_other() {
    let custodian = Custodian::of_three_bids().await;
    let trust = custodian.own_trust();
    let lists = custodian.lists(&trust).await;
    let now = custodian.now();
    let withheld = |change: &dyn Fn(&mut AcceptedView)| {
        let mut view = custodian.view.clone();
        change(&mut view);
        let proved = custodian.prove(&view, &trust, &lists, now);
        let withheld: Vec<_> = proved
            .withheld()
            .map(|(bid, why)| (bid.to_string(), why.clone()))
            .collect();
        withheld
    };
    let bid = custodian.view.bids[1].bid.clone();
    let others = custodian.view.bids[2].clone();
    assert_eq!(
        withheld(&|view| view.bids[1].unlock = None),
        [(bid.clone(), NotProved::NotUnlocked)]
    );
    assert_eq!(
        withheld(&|view| view.bids[1].unlock = others.unlock.clone()),
        [(bid.clone(), NotProved::OtherUnlock)]
    );
    assert_eq!(
        withheld(&|view| view.bids[1].header = others.header.clone()),
        [(bid.clone(), NotProved::Header("another bid's".to_owned()))]
    );
    let changed = |change: &dyn Fn(&mut kaibiao_crypto::certificate::Grounds)| {
        withheld(&|view| {
            change(
                view.bids[1]
                    .unlock
                    .as_mut()
                    .unwrap()
                    .grounds
                    .as_mut()
                    .unwrap(),
            )
        })
    };
    assert_eq!(
        changed(&|grounds| grounds.at -= 3_600_000),
        [(bid.clone(), NotProved::UnlockTime)]
    );
    assert_eq!(
        changed(&|grounds| grounds.at += 400 * DAY),
        [(bid.clone(), NotProved::Unlock("certificate-expired"))]
    );
    assert_eq!(
        withheld(&|view| view.bids[1].unlock.as_mut().unwrap().grounds = None),
        [(bid, NotProved::Unlock("act-no-grounds"))]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_a_judgement_rests_on_is_kept_for_everybody() {
    let custodian = Custodian::of_three_bids().await;
    let unlock = custodian.view.bids[0].unlock.as_ref().unwrap();
    let [digest] = unlock.grounds.as_ref().unwrap().lists()[..] else {
        panic!("one list");
    };
    // The platform's own directory has moved on; what was relied on is still there.
    let server = custodian.hall.world.server();
    let path = format!("revocation-lists/{digest}");
    let list = server.get_bytes(&path).await.unwrap();
    assert_eq!(kaibiao_crypto::Digest::of(&list), digest);
    let bid = &custodian.view.bids[0].bid;
    for other in [bid.as_str(), "x"] {
        let path = format!("revocation-lists/{other}");
        let reply = server.request(Method::GET, &path).send().await.unwrap();
        assert_eq!(reply.status(), StatusCode::NOT_FOUND);
    }
}
