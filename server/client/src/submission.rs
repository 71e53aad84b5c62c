//! Handing a sealed bid in: header and signed act first, then one upload that
//! goes on where it was after any interruption, a receipt, and at the end the
//! platform's word that the bid is live. Only that is a success.

use std::fs::File;
use std::path::{Path, PathBuf};

use kaibiao_api::{BidList, BidState, StatementView, SubmitAccepted, SubmitRequest};
use kaibiao_core::act::{Act, Submit};
use kaibiao_core::ids::Nonce;
use kaibiao_core::refusal::RefusalCode;
use kaibiao_crypto::Digest;
use kaibiao_crypto::act::{ActSignature, SignedAct};
use kaibiao_crypto::bid::Header;
use kaibiao_crypto::encoding::to_base64;
use kaibiao_crypto::statement::Receipt;
use kaibiao_os::random;
use serde::{Deserialize, Serialize};

use super::bid;
use super::consortium::{Consortium, Joint};
use super::failure::{Failure, Kind, Outcome};
use super::files::{self, Readers};
use super::http::Session;
use super::progress::Progress;
use super::statements;
use super::terms::Terms;
use super::{unlock, upload};

/// An upload that has begun, kept beside the .kbid so that the next process
/// goes on with it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Begun {
    server: String,
    lot: String,
    bid: Digest,
    /// The act is sent again as it is, because the same nonce makes it the same
    /// submission.
    act: SignedAct,
    /// The signatures of a consortium's members.
    #[serde(default)]
    consents: Vec<ActSignature>,
}

/// A bid that is in, with the platform's promise.
#[derive(Debug, Clone)]
pub struct Submitted {
    pub bid: Digest,
    pub receipt: Receipt,
    /// Where the receipt was saved.
    pub saved: PathBuf,
}

/// How a submission is carried out.
#[derive(Debug, Clone, Default)]
pub struct Manner {
    /// Stops after so many bytes of this run, as a cut line would.
    pub stop_after: Option<u64>,
    /// Sends the file as it is and leaves it to the server to refuse it.
    pub unchecked: bool,
    /// Hands it in for this lot instead of the one it was sealed for.
    pub lot: Option<String>,
    /// The project, for a file that is not a bid and therefore names none.
    pub project: Option<String>,
    /// The members of a consortium, where it is one's.
    pub consortium: Consortium,
    /// A consortium's submission that its members have signed.
    pub joint: Option<Joint>,
}

pub fn receipt_path(bid: &Path) -> PathBuf {
    files::beside(bid, ".receipt.json")
}

/// Submits, or goes on with a submission that was cut, until the receipt is
/// verified and saved.
pub async fn submit(
    session: &Session,
    path: &Path,
    manner: &Manner,
    progress: &dyn Progress,
) -> Outcome<Submitted> {
    if manner.unchecked && bid::open(path).is_err() {
        return Err(send_unreadable(session, path, manner).await);
    }
    let header = bid::open(path)?.header().clone();
    let context = header.context();
    // A bid that is in is not handed in again: it is looked at where it stands.
    if !manner.unchecked
        && let Some(state) = standing(session, &header).await?
        && state != BidState::Uploading
    {
        return is_in(session, path, &header, state).await;
    }
    let lot = manner.lot.as_deref().unwrap_or(&context.lot);
    let terms = Terms::fetch(&session.server, &context.project, &context.lot).await?;
    if terms.digest() != context.terms && !manner.unchecked {
        return Err(Failure::new(
            Kind::Input,
            "terms-stale",
            "这份投标是按旧的密封条款密封的;请取得新条款后重新密封再提交。",
            "This bid was sealed under sealing terms that are no longer in force; seal again under the new ones.",
        ));
    }
    let state = files::beside(path, ".upload.json");
    let begun = resumable(&state, session, &header, lot);
    let joint = manner.joint.as_ref();
    let same = |begun: &Begun| joint.is_none_or(|joint| begun.act.body == joint.act.body);
    let begun = match (begun.filter(same), joint) {
        (Some(begun), _) => begun,
        (None, joint) => Begun {
            server: session.server.address("/"),
            lot: lot.to_owned(),
            bid: header.digest(),
            act: match joint {
                Some(joint) => joint.act.clone(),
                None => act(session, &header, lot, &manner.consortium).await?,
            },
            consents: joint.map_or_else(Vec::new, |joint| joint.consents.clone()),
        },
    };
    let chunks = if manner.unchecked {
        None
    } else {
        Some(bid::check_body(path, progress)?)
    };
    save(&state, &begun)?;
    let sent = send(
        session,
        path,
        &header,
        &begun,
        chunks.as_deref(),
        manner,
        progress,
    )
    .await;
    match (sent, standing(session, &header).await?) {
        (Err(failure), None | Some(BidState::Uploading | BidState::Late)) => {
            forget(&state, &failure);
            Err(failure)
        }
        // Whatever was answered, what counts is where the bid stands.
        (_, Some(stands)) => {
            let _ = std::fs::remove_file(&state);
            is_in(session, path, &header, stands).await
        }
        (Ok(()), None) => Err(Failure::new(
            Kind::Unproved,
            "bid-not-listed",
            "平台接收了全部内容,但在本单位的投标列表中没有列出这份投标;不能视为已递交。请保留此文件,重新执行;仍不行请联系交易中心和监督部门。",
            "The platform took every byte and does not list the bid among yours, so it must not be taken for submitted. Keep this file and run the command again; if that does not help, call the centre and the supervisor.",
        )),
    }
}

/// Header and act, then all the bytes that are missing.
async fn send(
    session: &Session,
    path: &Path,
    header: &Header,
    begun: &Begun,
    chunks: Option<&[u8]>,
    manner: &Manner,
    progress: &dyn Progress,
) -> Outcome<()> {
    let accepted = match begin(session, header, begun, chunks).await {
        // It was begun under an act that this machine has lost.
        Err(failure) if failure.code == "upload-under-way" => {
            give_up(session, header).await?;
            begin(session, header, begun, chunks).await
        }
        other => other,
    }?;
    let pieces = async |accepted: &SubmitAccepted| match &accepted.upload {
        Some(upload) => {
            let stop_after = manner.stop_after;
            upload::send(
                session, path, header, upload, accepted, stop_after, progress,
            )
            .await
        }
        None => Ok(()),
    };
    match pieces(&accepted).await {
        // It came to an end, and the answer that said which was lost: whoever begins
        // again is told.
        Err(failure) if failure.code == "upload-gone" => {
            pieces(&begin(session, header, begun, chunks).await?).await
        }
        sent => sent,
    }
}

/// Where one's own bid stands now, by the platform's list; none for one that it
/// does not know.
pub async fn standing(session: &Session, header: &Header) -> Outcome<Option<BidState>> {
    let list = list(session, &header.context().project).await?;
    let bid = header.digest().to_string();
    let found = list.bids.iter().find(|known| known.bid == bid);
    Ok(found.map(|known| known.state))
}

/// Verifies and keeps the receipt of a bid that is in. It is a success only when
/// the bid is live.
async fn is_in(
    session: &Session,
    path: &Path,
    header: &Header,
    state: BidState,
) -> Outcome<Submitted> {
    if state == BidState::Late {
        return Err(Failure::problem(&RefusalCode::Late.into()));
    }
    let terms = unlock::sealed_terms(&session.server, path, header).await?;
    let view = fetch_receipt(session, header).await?;
    let receipt = statements::receipt(&view, &terms, header)?.into_inner();
    let saved = keep_receipt(path, &view)?;
    match state.no_longer() {
        Some(what) => Err(Failure::problem(&what.into())),
        None => Ok(Submitted {
            bid: header.digest(),
            receipt,
            saved,
        }),
    }
}

/// Gives up the upload of this bid that was begun under another act.
async fn give_up(session: &Session, header: &Header) -> Outcome<()> {
    let list = list(session, &header.context().project).await?;
    let bid = header.digest().to_string();
    let under_way = list.bids.iter().find(|known| known.bid == bid);
    match under_way.and_then(|known| known.upload.as_deref()) {
        Some(upload) => upload::terminate(session, upload).await,
        None => Ok(()),
    }
}

async fn list(session: &Session, project: &str) -> Outcome<BidList> {
    let path = format!("projects/{project}/bids");
    session.server.get(&path).await
}

/// Forgets a submission that the server refused, so that the next try is a new
/// act.
fn forget(state: &Path, failure: &Failure) {
    if failure.kind != Kind::Network {
        let _ = std::fs::remove_file(state);
    }
}

/// Hands in a file that is not a bid, and returns the server's refusal.
async fn send_unreadable(session: &Session, path: &Path, manner: &Manner) -> Failure {
    const FRONT: u64 = 64 << 10;
    let sent = async {
        let (Some(project), Some(lot)) = (&manner.project, &manner.lot) else {
            return Err(Failure::new(
                Kind::Usage,
                "project-needed",
                "这个文件不是投标文件;请同时给出 --project 和 --lot。",
                "This file is no bid; give --project and --lot too.",
            ));
        };
        let mut file = File::open(path).map_err(|error| Failure::file(path, &error))?;
        let front =
            upload::piece(&mut file, 0, FRONT).map_err(|error| Failure::file(path, &error))?;
        let (sequence, previous) = link(session, project, lot).await?;
        let act = Act::from(Submit {
            nonce: Nonce(random::bytes()),
            lot: lot.parse().map_err(Failure::unexpected)?,
            bid: Digest::of(&front),
            sequence,
            previous,
            members: Vec::new(),
            paper_agreement: false,
        });
        let act = session.sign(project, &act)?;
        let request = request(&front, &act, &[], None);
        let address = format!("projects/{project}/lots/{lot}/bids");
        session
            .server
            .post::<SubmitAccepted>(&address, &request)
            .await
    };
    match sent.await {
        Ok(_) => Failure::unexpected("the server took a file that is no bid"),
        Err(failure) => failure,
    }
}

/// The receipt as the server gives it again, at any time.
pub async fn fetch_receipt(session: &Session, header: &Header) -> Outcome<StatementView> {
    let project = &header.context().project;
    let path = format!("projects/{project}/bids/{}/receipt", header.digest());
    session.server.get(&path).await
}

/// Saves a receipt beside the bid.
pub fn keep_receipt(bid: &Path, view: &StatementView) -> Outcome<PathBuf> {
    let saved = receipt_path(bid);
    let json = serde_json::to_vec_pretty(view).map_err(Failure::unexpected)?;
    files::write(&saved, &json, Readers::Everyone)?;
    Ok(saved)
}

/// The receipt saved beside the bid, verified again.
pub fn kept_receipt(bid: &Path, terms: &Terms, header: &Header) -> Outcome<Option<Receipt>> {
    let path = receipt_path(bid);
    if !path.exists() {
        return Ok(None);
    }
    let view: StatementView = serde_json::from_slice(&files::read(&path)?).map_err(|error| {
        Failure::new(
            Kind::Input,
            "receipt-unreadable",
            format!(
                "{} 已损坏:{error};可用 bid receipt 重新取得。",
                path.display()
            ),
            format!(
                "{} is damaged: {error}; get it again with `bid receipt`.",
                path.display()
            ),
        )
    })?;
    Ok(Some(
        statements::receipt(&view, terms, header)?.into_inner(),
    ))
}

/// What the next submission or withdrawal in a lot has to follow.
pub async fn link(session: &Session, project: &str, lot: &str) -> Outcome<(u32, Option<Digest>)> {
    let list = list(session, project).await?;
    match list.links.iter().find(|link| link.lot == lot) {
        None => Ok((1, None)),
        Some(link) => {
            let digest = link
                .digest
                .parse()
                .map_err(|_| Failure::unexpected("the server's list holds no digest"))?;
            Ok((link.sequence + 1, Some(digest)))
        }
    }
}

/// The submit act of a bid, signed.
pub async fn act(
    session: &Session,
    header: &Header,
    lot: &str,
    consortium: &Consortium,
) -> Outcome<SignedAct> {
    let context = header.context();
    let (sequence, previous) = link(session, &context.project, lot).await?;
    let act = Act::from(Submit {
        nonce: Nonce(random::bytes()),
        lot: lot.parse().map_err(Failure::unexpected)?,
        bid: header.digest(),
        sequence,
        previous,
        members: consortium.members.clone(),
        paper_agreement: consortium.paper,
    });
    session.sign(&context.project, &act)
}

/// A submission begun earlier, if it is of this bid at this server and nothing
/// has come between.
fn resumable(state: &Path, session: &Session, header: &Header, lot: &str) -> Option<Begun> {
    let begun: Begun = serde_json::from_slice(&std::fs::read(state).ok()?).ok()?;
    let same = begun.bid == header.digest()
        && begun.lot == lot
        && begun.server == session.server.address("/");
    same.then_some(begun)
}

fn save(state: &Path, begun: &Begun) -> Outcome<()> {
    let json = serde_json::to_vec(begun).map_err(Failure::unexpected)?;
    files::write(state, &json, Readers::Owner)
}

async fn begin(
    session: &Session,
    header: &Header,
    begun: &Begun,
    chunks: Option<&[u8]>,
) -> Outcome<SubmitAccepted> {
    let request = request(&header.to_bytes(), &begun.act, &begun.consents, chunks);
    let path = format!(
        "projects/{}/lots/{}/bids",
        header.context().project,
        begun.lot
    );
    session.server.post(&path, &request).await
}

fn request(
    header: &[u8],
    act: &SignedAct,
    consents: &[ActSignature],
    chunks: Option<&[u8]>,
) -> SubmitRequest {
    SubmitRequest {
        header: to_base64(header),
        act: act.clone(),
        consents: consents.to_vec(),
        chunks: chunks.map(to_base64),
    }
}
