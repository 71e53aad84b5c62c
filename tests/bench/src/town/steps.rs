//! What happens in a lot from its first bid to its end, step by step, by the client's own
//! functions.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use kaibiao_client::http::{Server, Session};
use kaibiao_client::submission::{self, Manner};
use kaibiao_client::unlock::{self, Ready};
use kaibiao_core::act::{
    Act, Confirm, Countersign, NoObjection, Postpone, PublishList, Release, Representative, Share,
    SignIn, StartWindow,
};
use kaibiao_crypto::Digest;
use kaibiao_crypto::bid::Header;
use kaibiao_crypto::encoding::{Secret, from_base64};
use kaibiao_crypto::wrap::{PrivateKey, Role};
use kaibiao_os::random::SystemRng;
use serde_json::Value;

use super::{Person, Project, SIDE_BY_SIDE, Town, lot, nonce, now, said, side_by_side};

/// From publication to T0, in seconds, where bids come in at once.
pub const T0_AWAY: i64 = 30;

/// How long is waited for what is made after a while.
const PATIENCE: Duration = Duration::from_secs(1200);

/// A bidder with its bid.
pub struct Hand {
    pub session: Session,
    /// The file of its last version.
    pub bid: PathBuf,
    digest: Option<Digest>,
    pub keys: Vec<PrivateKey>,
}

/// Everybody seals and hands in, so many versions each. T0, which was [`T0_AWAY`] at first,
/// is put off for as long as bids come in: how long that takes depends on the machine.
pub async fn hand_in(
    town: &Town,
    project: &Project,
    bidders: &[Person],
    document: &Path,
    versions: usize,
) -> Result<Vec<Hand>> {
    let host = town.log_in(&town.officials[0]).await?;
    let trust = town.trust()?;
    let mut hands = side_by_side(bidders.iter().map(async |bidder| {
        Ok(Hand {
            session: town.log_in(bidder).await?,
            bid: PathBuf::new(),
            digest: None,
            keys: bidder.identity()?.decryptors().map_err(said)?,
        })
    }))
    .await?;
    let mut t0 = now();
    for version in 0..versions {
        let name = format!("{}-{version}.kbid", project.id);
        let some = bidders.chunks(SIDE_BY_SIDE);
        for (bidders, hands) in some.zip(hands.chunks_mut(SIDE_BY_SIDE)) {
            if t0 - now() < T0_AWAY * 500 {
                t0 = postpone(&host, &project.id, T0_AWAY).await?;
            }
            let all = bidders.iter().zip(hands).map(async |(bidder, hand)| {
                hand.bid = bidder.seal(&trust, &project.terms, document, &name)?;
                let manner = Manner::default();
                let done = submission::submit(&hand.session, &hand.bid, &manner, &()).await;
                hand.digest = Some(done.map_err(said)?.bid);
                Ok(())
            });
            side_by_side(all).await?;
        }
    }
    Ok(hands)
}

/// The host moves T0 to so many seconds from now; T0.
async fn postpone(host: &Session, project: &str, seconds: i64) -> Result<i64> {
    let t0 = now() + seconds * 1000;
    let act: Act = Postpone {
        nonce: nonce(),
        t0,
        reason: "投标人尚在递交".to_owned(),
    }
    .into();
    host.act(project, &act, Vec::new()).await.map_err(said)?;
    Ok(t0)
}

/// Publishes the list once T0 has come, and starts the window.
pub async fn start_window(host: &Session, project: &str) -> Result<()> {
    until_stage(&host.server, project, "checking").await?;
    let list: Act = PublishList {
        nonce: nonce(),
        lot: lot(),
    }
    .into();
    host.act(project, &list, Vec::new()).await.map_err(said)?;
    let begun = Instant::now();
    loop {
        let start: Act = StartWindow {
            nonce: nonce(),
            lots: vec![lot()],
            seconds: None,
        }
        .into();
        // It waits for the closing statement.
        match host.act(project, &start, Vec::new()).await {
            Ok(_) => return Ok(()),
            // One that had no answer was carried out.
            Err(failure) if failure.code == "wrong-stage" => return Ok(()),
            Err(failure) if begun.elapsed() > Duration::from_secs(60) => return Err(said(failure)),
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
}

/// Waits for a stage by the list, which costs the service the same however many bid.
pub async fn until_stage(server: &Server, project: &str, stage: &str) -> Result<()> {
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        let list: Value = server.get("projects?limit=50").await.map_err(said)?;
        let mut all = list["projects"].as_array().into_iter().flatten();
        let found = all.find(|it| it["id"] == project);
        if found.context("it is listed")?["stages"]["1"] == stage {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    bail!("the lot never came to {stage}")
}

/// Fetches what is made after a while.
pub async fn until_there(server: &Server, path: &str) -> Result<Vec<u8>> {
    let begun = Instant::now();
    loop {
        match server.get_bytes(path).await {
            Ok(bytes) => return Ok(bytes),
            Err(failure) if begun.elapsed() > PATIENCE => return Err(said(failure)),
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}

/// Waits until all documents are decrypted.
pub async fn until_decrypted(host: &Session, project: &str) -> Result<()> {
    let begun = Instant::now();
    let path = format!("projects/{project}/documents");
    while begun.elapsed() < PATIENCE {
        let list: Value = host.server.get(&path).await.map_err(said)?;
        if list["done"] == list["total"] {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    bail!("the documents were never decrypted")
}

/// Everybody proves the closing list, and may unlock then.
pub async fn prepared(hands: &[Hand]) -> Result<Vec<Ready>> {
    let all = hands.iter().map(async |hand| {
        let ready = unlock::prepare(&hand.session, &hand.bid, now()).await;
        ready.map_err(said)
    });
    side_by_side(all).await
}

pub async fn unlock_all(hands: &[Hand]) -> Result<()> {
    let ready = prepared(hands).await?;
    let all = hands.iter().zip(ready).map(async |(hand, ready)| {
        let done = ready.unlock(&hand.session, &hand.bid, &hand.keys).await;
        done.map(drop).map_err(said)
    });
    side_by_side(all).await.map(drop)
}

/// A custodian's release, which its session has only to send: it answers for every
/// accepted bid.
pub async fn release(
    session: &Session,
    project: &str,
    key: &PrivateKey,
) -> Result<(Act, Vec<Secret>)> {
    let path = format!("projects/{project}/lots/1/accepted");
    let view = until_there(&session.server, &path).await?;
    let view: Value = serde_json::from_slice(&view)?;
    let (mut shares, mut secrets) = (Vec::new(), Vec::new());
    for bid in view["bids"].as_array().context("bids")? {
        let header = from_base64(bid["header"].as_str().context("a header")?)?;
        let header = Header::parse(&header)?;
        let share = header.unwrap_share(0, Role::Release, key, &mut SystemRng)?;
        shares.push(Share {
            bid: header.digest(),
            envelope: 0,
            x: share.x(),
            share: share.secret().digest(),
        });
        secrets.push(Secret::new(share.secret().as_bytes().to_vec()));
    }
    let accepted = view["accepted"]["body"].as_str().context("a statement")?;
    let act = Release {
        nonce: nonce(),
        lot: lot(),
        accepted: Digest::of(accepted.as_bytes()),
        shares,
        withheld: Vec::new(),
    };
    Ok((act.into(), secrets))
}

/// An act of every bidder.
pub async fn all_act(project: &str, hands: &[Hand], act: impl Fn(&Hand) -> Act) -> Result<()> {
    let all = hands.iter().map(|hand| {
        let act = act(hand);
        async move {
            let done = hand.session.act(project, &act, Vec::new()).await;
            done.map(drop).map_err(said)
        }
    });
    side_by_side(all).await.map(drop)
}

pub fn sign_in(_: &Hand) -> Act {
    SignIn {
        nonce: nonce(),
        lot: lot(),
        representative: Representative {
            name: "张三".to_owned(),
            phone: "13800000000".to_owned(),
            identity: "居民身份证".to_owned(),
            identity_number: "350100199001011234".to_owned(),
            authorisation: None,
        },
    }
    .into()
}

pub fn confirm(hand: &Hand) -> Act {
    Confirm {
        nonce: nonce(),
        lot: lot(),
        bid: hand.digest.expect("it was handed in"),
    }
    .into()
}

pub fn no_objection(_: &Hand) -> Act {
    NoObjection {
        nonce: nonce(),
        lot: lot(),
    }
    .into()
}

pub fn countersign(record: Digest) -> Act {
    Countersign {
        nonce: nonce(),
        lot: lot(),
        record,
        remark: String::new(),
        cms: None,
    }
    .into()
}
