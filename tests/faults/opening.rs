//! From T0 on: bidders unlock all at once, custodians release, the host announces.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use kaibiao_api::AcceptedView;
use kaibiao_client::unlock;
use kaibiao_core::act::{Act, Announce, PublishList, Release, Share, StartWindow};
use kaibiao_crypto::Digest;
use kaibiao_crypto::bid::Header;
use kaibiao_crypto::encoding::{Secret, from_base64};
use kaibiao_crypto::wrap::Role;
use kaibiao_os::random::SystemRng;
use serde_json::Value;

use crate::journal::Thing;
use crate::tender::{Tender, lot, now};
use crate::town::{act_by, nonce, put_up_with};

impl Tender {
    /// Waits until the lot is at this stage.
    pub async fn until(&self, stage: &str) {
        let session = self.town.host().session(&self.journal).await;
        let path = format!("projects/{}", self.id);
        let begun = Instant::now();
        loop {
            if let Ok(view) = session.server.get::<Value>(&path).await
                && view["lots"]["1"]["stage"] == stage
            {
                return;
            }
            assert!(begun.elapsed() < Duration::from_secs(240), "never {stage}");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    pub async fn start_window(&self) {
        let session = self.town.host().session(&self.journal).await;
        let publish = PublishList {
            nonce: nonce(),
            lot: lot(),
        };
        act_by(&self.journal, &session, &self.id, publish.into()).await;
        let begun = Instant::now();
        loop {
            let start = StartWindow {
                nonce: nonce(),
                lots: vec![lot()],
                seconds: None,
            };
            match session.act(&self.id, &start.into(), Vec::new()).await {
                Ok(_) => return,
                // The first one that had no answer was carried out.
                Err(failure) if failure.code == "wrong-stage" => return,
                Err(failure) => assert!(
                    begun.elapsed() < Duration::from_secs(60),
                    "the window was not started: {}",
                    failure.code
                ),
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Those bidders unlock at once, each as its own program does.
    pub async fn unlock_all(self: &Arc<Self>, bids: &[(PathBuf, Header)], who: &[usize]) {
        let mut tasks = Vec::new();
        for at in who {
            let (path, header) = &bids[*at];
            let (tender, bidder) = (self.clone(), self.town.bidders[*at].clone());
            let (path, bid) = (path.clone(), header.digest());
            tasks.push(tokio::spawn(async move {
                let attempt = tender.journal.attempt(&tender.id);
                let session = bidder.session(&tender.journal).await;
                loop {
                    attempt.tried();
                    let keys = std::slice::from_ref(&bidder.key);
                    let unlocked = match unlock::prepare(&session, &path, now()).await {
                        Ok(ready) => ready.unlock(&session, &path, keys).await,
                        Err(failure) => Err(failure),
                    };
                    match unlocked {
                        Ok(_) => return attempt.done(Thing::Unlock { bid }),
                        Err(failure) => {
                            put_up_with(&tender.journal, &attempt, "unlock", &failure).await;
                        }
                    }
                }
            }));
        }
        for task in tasks {
            task.await.unwrap();
        }
    }

    /// Two custodians release, all is opened, and the host announces.
    pub async fn finish(&self) {
        self.until("releasing").await;
        for custodian in [0, 2] {
            let session = self.town.officials[custodian].session(&self.journal).await;
            let path = format!("projects/{}/lots/1/accepted", self.id);
            let attempt = self.journal.attempt(&self.id);
            let view: AcceptedView = loop {
                match session.server.get(&path).await {
                    Ok(view) => break view,
                    Err(failure) => {
                        assert!(
                            attempt.elapsed() < Duration::from_secs(240),
                            "{}",
                            failure.code
                        );
                        tokio::time::sleep(Duration::from_millis(100)).await;
                    }
                }
            };
            let (act, secrets) = self.releasing(custodian, &view);
            let mut signed = session.sign(&self.id, &act).unwrap();
            signed.secrets = secrets;
            loop {
                attempt.tried();
                match session.send(&self.id, &signed).await {
                    Ok(_) => break,
                    Err(failure) => put_up_with(&self.journal, &attempt, "release", &failure).await,
                }
            }
            attempt.done(Thing::Act(signed.digest()));
        }
        self.until("opened").await;
        let announce = Announce {
            nonce: nonce(),
            lots: vec![lot()],
        };
        self.town
            .host()
            .act(&self.journal, &self.id, announce)
            .await;
    }

    fn releasing(&self, custodian: usize, view: &AcceptedView) -> (Act, Vec<Secret>) {
        let (mut shares, mut secrets) = (Vec::new(), Vec::new());
        for bid in &view.bids {
            let header = Header::parse(&from_base64(&bid.header).unwrap()).unwrap();
            let key = &self.keys[custodian];
            let share = header.unwrap_share(0, Role::Release, key, &mut SystemRng);
            let share = share.unwrap();
            let bytes = share.secret().as_bytes();
            shares.push(Share {
                bid: header.digest(),
                envelope: 0,
                x: share.x(),
                share: Digest::of(bytes),
            });
            secrets.push(Secret::new(bytes.to_vec()));
        }
        let act = Act::from(Release {
            nonce: nonce(),
            lot: lot(),
            accepted: Digest::of(view.accepted.body.as_bytes()),
            shares,
            withheld: Vec::new(),
        });
        (act, secrets)
    }

    /// All bidders seal one bid each; nothing is sent.
    pub fn seal_all(&self, size: usize) -> Vec<(PathBuf, Header)> {
        let bidders = self.town.bidders.iter();
        bidders
            .map(|bidder| self.seal(bidder, "one", size))
            .collect()
    }

    /// Hands all of them in, each at an instant of its own by somebody who has logged in
    /// before; the places of those that came in time.
    pub async fn hand_in_all(
        self: &Arc<Self>,
        bids: &[(PathBuf, Header)],
        instants: &[Instant],
    ) -> Vec<usize> {
        let mut tasks = Vec::new();
        for (at, (path, header)) in bids.iter().enumerate() {
            let (tender, bidder) = (self.clone(), self.town.bidders[at].clone());
            let (path, header) = (path.clone(), header.clone());
            let instant = instants[at];
            tasks.push(tokio::spawn(async move {
                let session = bidder.session(&tender.journal).await;
                tokio::time::sleep_until(instant.into()).await;
                let in_time = tender.hand_in(&session, &path, &header).await;
                in_time.then_some(at)
            }));
        }
        let mut received = Vec::new();
        for task in tasks {
            received.extend(task.await.unwrap());
        }
        received
    }
}
