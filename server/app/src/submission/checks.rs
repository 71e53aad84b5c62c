//! The checks before the first byte of ciphertext: those of everything but the
//! ciphertext.

use std::sync::Arc;

use kaibiao_api::problem::{Problem, Transport};
use kaibiao_core::act::Act;
use kaibiao_core::command::{Actor, Command, System};
use kaibiao_core::decide::MEMBERS;
use kaibiao_core::details::Consent;
use kaibiao_core::ids::{LotId, ProjectId};
use kaibiao_core::refusal::{Refusal, RefusalCode};
use kaibiao_core::signed::Signed;
use kaibiao_core::terms::SealingTerms;
use kaibiao_crypto::Digest;
use kaibiao_crypto::act::{ActSignature, Place, SignedAct};
use kaibiao_crypto::bid::{Header, HeaderProblem};
use kaibiao_crypto::certificate::Use;
use kaibiao_crypto::encoding::Base64;
use kaibiao_crypto::statement::SignedStatement;
use kaibiao_crypto::wrap::PublicKey;

use super::incoming::{About, Incoming, command};
use super::{quota, receiving};
use crate::caller::{Caller, Visitor};
use crate::failure::of_store;
use crate::login::Session;
use crate::signing::{self, Signer};
use crate::{App, attempts, bids, deciding, projects, terms};

/// How long, in milliseconds, an upload may take from its beginning to its last
/// byte.
const PATIENCE: i64 = 24 * 3_600_000;

/// What a bidder sends first.
pub struct Submitted {
    pub project: ProjectId,
    pub lot: LotId,
    pub header: Vec<u8>,
    pub act: SignedAct,
    /// The signatures of a consortium's members over the same body.
    pub consents: Vec<ActSignature>,
    /// 32 bytes for each chunk of each segment, where the client told them.
    pub chunks: Option<Vec<u8>>,
    /// Bytes of ciphertext, where the client told them.
    pub length: Option<u64>,
}

/// What a submission has led to.
pub enum Begun {
    /// An upload that is under way.
    Upload(Arc<Incoming>),
    /// This very request was made before, and the bid it led to is live.
    In {
        bid: Digest,
        length: u64,
        receipt: SignedStatement,
    },
}

/// Checks header, act, certificate, terms and chain of submissions all at once,
/// and begins the upload, or finds the one that the same request began before
/// (docs/spec/uploads.md, 1).
///
/// # Errors
/// The first check that fails. The refusal of a late, plaintext, altered or foreign
/// submission goes on record.
pub async fn begin(app: &App, caller: &Caller, submitted: Submitted) -> Result<Begun, Problem> {
    let project = submitted.project;
    projects::seen(app, project, &Visitor(Some(caller.clone()))).await?;
    let begun = checked(app, &caller.session, submitted).await;
    if let Err(problem) = &begun {
        attempts::unserved(app, caller, project, problem).await;
    }
    begun
}

async fn checked(app: &App, session: &Session, submitted: Submitted) -> Result<Begun, Problem> {
    let Submitted {
        project,
        lot,
        header: bytes,
        act: signed,
        consents,
        chunks,
        length,
    } = submitted;
    let current = deciding::load(app, project).await?;
    if !current.state.lots.contains_key(&lot) {
        return Err(RefusalCode::NoSuchLot.into());
    }
    let place = Place {
        origin: &app.keys.origin,
        project: &project.to_string(),
    };
    let act = signing::read(&signed)?;
    let Signer {
        author,
        roles,
        grounds,
    } = signing::signer(app, session, &signed, &act, place).await?;
    let Act::Submit(submit) = &act else {
        return Err(Transport::WrongAct
            .with("expected", "submit")
            .param("found", act.name()));
    };
    let actor = Actor {
        author: author.clone(),
        roles: roles.clone(),
        agent: None,
    };
    let refuse = |code, note: String| refuse(app, project, lot.clone(), actor.clone(), code, note);

    let header = match Header::parse(&bytes) {
        Ok(header) => header,
        Err(HeaderProblem::NotABid) => {
            return Err(refuse(RefusalCode::NotABid, "header-not-a-bid".into()).await);
        }
        Err(problem) => {
            let note = format!("{}: {problem}", problem.code());
            return Err(refuse(RefusalCode::Altered, note)
                .await
                .param("reason", problem.code()));
        }
    };
    if header.digest() != submit.bid {
        return Err(refuse(RefusalCode::Altered, "the act is for another header".into()).await);
    }
    if submit.lot != lot {
        return Err(refuse(
            RefusalCode::ForeignProject,
            "the act is for another lot".into(),
        )
        .await);
    }
    let signer = signed
        .signature
        .as_ref()
        .and_then(|signature| signature.chain.first());
    let sealer = header.chain().certificates.first();
    if signer.map(|der| &der.0[..]) != sealer.map(|der| &der.0[..]) {
        return Err(refuse(
            RefusalCode::ForeignBidder,
            "another certificate signed".into(),
        )
        .await);
    }
    let terms = terms::of_lot(&current, &lot)?;
    if header.context().terms == terms.digest()
        && let Some(wrong) = against_terms(&header, terms)?
    {
        return Err(refuse(RefusalCode::Altered, wrong.to_owned())
            .await
            .param("reason", wrong));
    }
    let size = header.layout().length();
    if length.is_some_and(|length| length != size) {
        return Err(Transport::Malformed.with("reason", "Upload-Length is not the header's"));
    }
    if size > app.config.limits.bid_bytes {
        return Err(Transport::TooLarge.with("limit", app.config.limits.bid_bytes));
    }
    let chain: Vec<&[u8]> = header
        .chain()
        .certificates
        .iter()
        .map(|der| &der.0[..])
        .collect();
    app.memory
        .authorities
        .now()
        .trust
        .judge(&chain, app.now(), Use::Sign)?;

    let consents = agreed(app, &signed, &act, consents, place).await?;
    let about = About {
        project,
        lot: lot.clone(),
        author,
        roles: roles.into_iter().collect(),
        act: act.clone(),
        signed: Signed::on(&signed, grounds),
        header: Base64(bytes),
        consents,
        chunks: chunks.map(Base64),
    };
    let organisation = &about.author.organisation;
    let bid = header.digest();
    // An act names its bid, so the act that is in the stream has brought in this
    // one: the client asks again because it lost the answer.
    if current.state.acts.contains(&signed.digest())
        && let Some(state) = bids::state_of(&current, &lot, organisation, bid)
    {
        let receipt = receiving::receipt_of(app, project, bid, state).await?;
        return Ok(Begun::In {
            bid,
            length: size,
            receipt,
        });
    }
    deciding::rehearse(app, project, command(&about, &header)).await?;
    super::known::refresh(app).await?;
    let uploads = &app.memory.uploads;
    if let Some(begun) = uploads.find_bid(project, &about.lot, organisation, bid) {
        return if begun.is_same(&about) {
            Ok(Begun::Upload(begun))
        } else {
            let upload = format!("uploads/{}", begun.id);
            Err(Transport::UploadUnderWay.with("upload", upload))
        };
    }
    quota::make_room(app, &current, &about, size).await?;
    let expires = app.now() + PATIENCE;
    let mut incoming = Incoming::new(String::new(), about, expires).map_err(Problem::internal)?;
    incoming
        .check()
        .map_err(|problem| Transport::Malformed.with("reason", problem))?;
    incoming.id = app
        .store
        .uploads()
        .create(&incoming.about, size, expires)
        .await
        .map_err(of_store)?;
    Ok(Begun::Upload(app.memory.uploads.keep(incoming)))
}

/// The members of a consortium who have signed the lead's act, each by a certificate
/// that counts for its organisation.
async fn agreed(
    app: &App,
    lead: &SignedAct,
    body: &Act,
    consents: Vec<ActSignature>,
    place: Place<'_>,
) -> Result<Vec<Consent>, Problem> {
    if consents.len() > MEMBERS {
        return Err((&Refusal::new(RefusalCode::InvalidConsortium).with("most", MEMBERS)).into());
    }
    let mut agreed = Vec::with_capacity(consents.len());
    for signature in consents {
        let act = SignedAct {
            signature: Some(signature.clone()),
            ..lead.clone()
        };
        let signer = signing::answers(app, &act, body, place, app.now()).await?;
        agreed.push(Consent {
            author: signer.author,
            signature,
            grounds: signer.grounds,
        });
    }
    Ok(agreed)
}

/// What in a header differs from the terms that it names, if anything does.
fn against_terms(header: &Header, terms: &SealingTerms) -> Result<Option<&'static str>, Problem> {
    let context = header.context();
    let custodians = terms::custodian_keys(terms)?;
    let same_custodians = context
        .custodians
        .iter()
        .copied()
        .eq(custodians.iter().map(PublicKey::id));
    let rescue = context.rescue.as_ref().map(|rescue| rescue.t);
    Ok(if !same_custodians {
        Some("the custodians are not those of the terms")
    } else if context.release.t != terms.release
        || usize::from(context.release.n) != custodians.len()
    {
        Some("the threshold is not that of the terms")
    } else if rescue.is_some() && rescue != terms.rescue {
        Some("the rescue is not that of the terms")
    } else if context.envelopes.len() != usize::from(terms.envelopes) {
        Some("the number of envelopes is not that of the terms")
    } else {
        None
    })
}

/// Puts a refused submission on record and says why it was refused.
pub async fn refuse(
    app: &App,
    project: ProjectId,
    lot: LotId,
    actor: Actor,
    code: RefusalCode,
    note: String,
) -> Problem {
    let command = Command::System(System::SubmissionRefused {
        actor: Box::new(actor),
        lot,
        code,
        bid: None,
        note,
    });
    match deciding::put(app, project, command, deciding::Beside::nothing).await {
        Ok(_) => code.into(),
        // The submission is most likely late, and the rules' own refusal says more.
        Err(problem) => problem,
    }
}
