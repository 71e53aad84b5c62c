//! Lets go of b after everything that has to be proved is proved
//! (docs/ops/threats.md, 3).

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use kaibiao_api::{ClosingView, StatementView};
use kaibiao_core::act::{Act, Unlock};
use kaibiao_core::ids::Nonce;
use kaibiao_crypto::Digest;
use kaibiao_crypto::Verified;
use kaibiao_crypto::bid::Header;
use kaibiao_crypto::certificate::Millis;
use kaibiao_crypto::encoding;
use kaibiao_crypto::secret::Secret;
use kaibiao_crypto::statement::{ClosingStatement, UnlockAck};
use kaibiao_crypto::wrap::PrivateKey;
use kaibiao_os::random;
use serde::Deserialize;

use super::failure::{Failure, Kind, Outcome};
use super::files::{self, Readers};
use super::http::{Server, Session};
use super::terms::{Doubt, Terms};
use super::{anchored, bid, seal, statements, submission};

/// How often an unlock is sent while the window is open and the server does not
/// answer.
const TRIES: u32 = 4;

/// A bid that may be unlocked: the closing list is proved to hold it.
pub struct Ready {
    header: Header,
    terms: Terms,
    pub closing: Verified<ClosingStatement>,
    /// What is to be told, and stops nothing.
    pub doubts: Vec<Doubt>,
}

/// An unlocked bid.
#[derive(Debug)]
pub struct Unlocked {
    pub bid: Digest,
    pub acknowledgement: UnlockAck,
    pub saved: PathBuf,
    /// Whether it had been unlocked before this try.
    pub before: bool,
}

#[derive(Deserialize)]
struct Reply {
    #[serde(alias = "acknowledge", alias = "ack")]
    acknowledgement: StatementView,
}

/// Fetches the closing statement and checks all of it. The terms are the ones
/// the bid was sealed under (kept beside it), so that a server can show no
/// others.
pub async fn prepare(session: &Session, path: &Path, now: Millis) -> Outcome<Ready> {
    let server = &session.server;
    let header = bid::open(path)?.header().clone();
    let terms = sealed_terms(server, path, &header).await?;
    let receipt = submission::kept_receipt(path, &terms, &header)?.ok_or_else(|| {
        Failure::new(
            Kind::Input,
            "receipt-needed",
            format!(
                "缺少回执 {};请先用 bid receipt 取得。",
                submission::receipt_path(path).display()
            ),
            format!(
                "There is no receipt {}; get it with `bid receipt` first.",
                submission::receipt_path(path).display()
            ),
        )
    })?;
    let bid = header.digest();
    let project = &header.context().project;
    let view: ClosingView = server
        .get(&format!("projects/{project}/closing?bid={bid}"))
        .await?;
    let closing = match statements::closing(&view, &terms, &header, &receipt, now) {
        Err(failure) if failure.code == statements::NOT_LISTED => {
            return Err(no_longer(session, &header).await.unwrap_or(failure));
        }
        answer => answer?,
    };
    let doubts = anchored::closing(view.proof.as_ref(), &closing, &terms)?;
    Ok(Ready {
        header,
        terms,
        closing,
        doubts,
    })
}

/// Why a bid that was received is not on the closing list, where the platform says
/// that its bidder replaced or withdrew it, or that it was refused.
async fn no_longer(session: &Session, header: &Header) -> Option<Failure> {
    let state = submission::standing(session, header).await.ok()??;
    Some(Failure::problem(&state.no_longer()?.into()))
}

/// The terms whose digest is in ctx: from beside the bid, else from the server.
pub async fn sealed_terms(server: &Server, path: &Path, header: &Header) -> Outcome<Terms> {
    let kept = seal::terms_path(path);
    let context = header.context();
    let terms = if kept.exists() {
        Terms::parse(files::read(&kept)?)?
    } else {
        Terms::fetch(server, &context.project, &context.lot).await?
    };
    if terms.digest() == context.terms {
        return Ok(terms);
    }
    Err(Failure::new(
        Kind::Unproved,
        "terms-other",
        "密封条款不是这份投标密封时的那一份;没有交出任何密钥。",
        "These are not the terms this bid was sealed under; no key was let go of.",
    ))
}

impl Ready {
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Opens b with one of the keys and sends it, again and again while no
    /// answer comes; each try is noted in a log beside the bid.
    pub async fn unlock(
        &self,
        session: &Session,
        path: &Path,
        keys: &[PrivateKey],
    ) -> Outcome<Unlocked> {
        let b = bid::rehearse(&self.header, keys).inspect_err(|failure| {
            note(path, &format!("not sent: {}", failure.code));
        })?;
        match self.send(session, path, b.secret()).await {
            // Nothing is left to do for whoever runs it again after it was done.
            Err(failure) if failure.kind == Kind::Refused => {
                self.done_before(session, path).await?.ok_or(failure)
            }
            answer => answer,
        }
    }

    /// What the platform has signed for an unlock of this bid before, if there was
    /// one.
    async fn done_before(&self, session: &Session, path: &Path) -> Outcome<Option<Unlocked>> {
        let (project, bid) = (&self.header.context().project, self.header.digest());
        let place = format!("projects/{project}/bids/{bid}/acknowledgement");
        let view: StatementView = match session.server.get(&place).await {
            Ok(view) => view,
            Err(failure) if failure.kind == Kind::Refused => return Ok(None),
            Err(failure) => return Err(failure),
        };
        let acknowledgement = statements::acknowledgement_of_bid(&view, &self.terms, &self.header)?;
        note(path, "unlocked before");
        let saved = acknowledgement_path(path);
        if !saved.exists() {
            keep(&saved, &view)?;
        }
        Ok(Some(Unlocked {
            bid,
            acknowledgement: acknowledgement.into_inner(),
            saved,
            before: true,
        }))
    }

    /// Sends a secret as it is; a wrong one is refused and recorded.
    pub async fn send(&self, session: &Session, path: &Path, b: &Secret) -> Outcome<Unlocked> {
        let context = self.header.context();
        let act = Act::from(Unlock {
            nonce: Nonce(random::bytes()),
            lot: context.lot.parse().map_err(Failure::unexpected)?,
            bid: self.header.digest(),
            key: b.digest(),
        });
        let mut signed = session.sign(&context.project, &act)?;
        signed.secrets = vec![encoding::Secret::new(b.as_bytes().to_vec())];
        let unlock = signed.digest();
        let mut pause = Duration::from_millis(300);
        for last in (0..TRIES).rev() {
            note(path, "sending");
            match session.send(&context.project, &signed).await {
                Ok(reply) => {
                    let reply: Reply = serde_json::from_value(reply.reply)
                        .map_err(|error| statements::unproved("服务器没有给出解密确认", error))?;
                    let view = reply.acknowledgement;
                    let acknowledgement =
                        statements::acknowledgement(&view, &self.terms, &self.header, unlock)?;
                    let saved = acknowledgement_path(path);
                    keep(&saved, &view)?;
                    note(path, "acknowledged");
                    return Ok(Unlocked {
                        bid: self.header.digest(),
                        acknowledgement: acknowledgement.into_inner(),
                        saved,
                        before: false,
                    });
                }
                Err(failure) => {
                    note(path, &format!("failed: {}", failure.code));
                    if failure.kind != Kind::Network || last == 0 {
                        return Err(failure);
                    }
                }
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(Duration::from_secs(5));
        }
        Err(Failure::unexpected("no try was made"))
    }
}

/// Where the acknowledgement is kept: beside the bid.
fn acknowledgement_path(bid: &Path) -> PathBuf {
    files::beside(bid, ".unlock.json")
}

fn keep(place: &Path, acknowledgement: &StatementView) -> Outcome<()> {
    let json = serde_json::to_vec_pretty(acknowledgement).map_err(Failure::unexpected)?;
    files::write(place, &json, Readers::Everyone)
}

/// The log of attempts, which is evidence when the platform did not answer.
fn log_path(bid: &Path) -> PathBuf {
    files::beside(bid, ".log")
}

/// Best effort: an unlock must not fail because its log cannot be written.
fn note(bid: &Path, what: &str) {
    let line = format!("{} {what}\n", jiff::Timestamp::now());
    let file = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(log_path(bid));
    if let Ok(mut file) = file {
        let _ = file.write_all(line.as_bytes());
    }
}
