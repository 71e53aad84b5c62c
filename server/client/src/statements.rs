//! Checks what the platform signed, with the keys that the sealing terms pin
//! and no others.

use kaibiao_api::{AcceptedView, ClosingView, StatementView};
use kaibiao_crypto::bid::Header;
use kaibiao_crypto::certificate::Millis;
use kaibiao_crypto::encoding::{Base64, from_base64};
use kaibiao_crypto::merkle::{ConsistencyProof, InclusionProof};
use kaibiao_crypto::statement::{
    AcceptedStatement, ClosingStatement, Receipt, SignedStatement, UnlockAck, verify_lists,
};
use kaibiao_crypto::{Digest, Verified};

use super::failure::{Failure, Kind, Outcome};
use super::terms::Terms;

/// The code of what is answered for a bid that is not on the closing list.
pub(super) const NOT_LISTED: &str = "bid-not-listed";

/// A statement as the crypto crate reads it.
pub fn signed(view: &StatementView) -> Outcome<SignedStatement> {
    let value = |text: &String| {
        let value = from_base64(text).map_err(|error| unproved("签名格式有误", error));
        value.map(Base64)
    };
    Ok(SignedStatement::from_short(
        view.body.clone(),
        value(&view.signature)?,
        view.sm2_signature.as_ref().map(value).transpose()?,
    ))
}

/// Verifies a receipt, and that it is for this very bid.
pub fn receipt(view: &StatementView, terms: &Terms, header: &Header) -> Outcome<Verified<Receipt>> {
    let receipt: Verified<Receipt> = signed(view)?
        .verify(terms.origin(), &terms.project(), terms.receipt_keys()?)
        .map_err(|problem| unproved("回执签名不成立", problem))?;
    if receipt.bid != header.digest() || receipt.lot != header.context().lot {
        return Err(unproved(
            "回执属于另一份投标",
            "the receipt is another bid's",
        ));
    }
    Ok(receipt)
}

/// Checks that T0 has passed, by the platform's signed word and by this
/// machine's own clock, and that this bid is among those that closed, by list
/// and by tree (docs/ops/threats.md, 3). Only then may b be let go of.
pub fn closing(
    view: &ClosingView,
    terms: &Terms,
    header: &Header,
    receipt: &Receipt,
    now: Millis,
) -> Outcome<Verified<ClosingStatement>> {
    let statement = closed(view, terms, now)?;
    let bid = header.digest();
    let lot = &header.context().lot;
    if statement.bids_of(lot).binary_search(&bid).is_err() {
        return Err(Failure::new(
            Kind::Unproved,
            NOT_LISTED,
            "截止时的投标清单里没有这份投标;没有交出密钥。请凭回执向监督部门反映。",
            "This bid is not on the closing list; no key was let go of. Take your receipt to the supervisor.",
        ));
    }
    let proof = view
        .inclusion
        .as_ref()
        .ok_or_else(|| unproved("没有给出包含证明", "no proof of inclusion was given"))?;
    let path = proof.path.iter().map(|digest| digest.parse::<Digest>());
    let inclusion = InclusionProof {
        index: proof.index,
        size: proof.size,
        path: path
            .collect::<Result<_, _>>()
            .map_err(|_| unproved("包含证明格式有误", "the proof is malformed"))?,
    };
    if inclusion.size != statement.size {
        return Err(unproved(
            "包含证明不是对这份声明的",
            "the proof is for another tree",
        ));
    }
    inclusion
        .verify(&receipt.leaf, &statement.root)
        .map_err(|problem| {
            unproved(
                "回执所述的投标不在平台的记录树中,请凭回执向监督部门反映",
                problem,
            )
        })?;
    Ok(statement)
}

/// Checks the closing statement itself: its signature, and that its T0 is past
/// by this machine's own clock.
pub fn closed(
    view: &ClosingView,
    terms: &Terms,
    now: Millis,
) -> Outcome<Verified<ClosingStatement>> {
    let statement: Verified<ClosingStatement> = signed(&view.closing)?
        .verify(terms.origin(), &terms.project(), terms.statement_keys()?)
        .map_err(|problem| unproved("截止声明的签名不成立", problem))?;
    if now < statement.at {
        return Err(Failure::new(
            Kind::Unproved,
            "clock-before-t0",
            "按本机时钟,开标时间尚未到;没有交出密钥。请校准本机时间后重试。",
            "By this machine's clock T0 has not come; no key was let go of. Set the clock right and try again.",
        ));
    }
    Ok(statement)
}

/// Verifies an acknowledgement, and that it is of this very unlock.
pub fn acknowledgement(
    view: &StatementView,
    terms: &Terms,
    header: &Header,
    unlock: Digest,
) -> Outcome<Verified<UnlockAck>> {
    let ack = acknowledgement_of_bid(view, terms, header)?;
    if ack.unlock == unlock {
        Ok(ack)
    } else {
        Err(of_another_unlock())
    }
}

/// The same of whichever unlock of this bid there was.
pub fn acknowledgement_of_bid(
    view: &StatementView,
    terms: &Terms,
    header: &Header,
) -> Outcome<Verified<UnlockAck>> {
    let ack: Verified<UnlockAck> = signed(view)?
        .verify(terms.origin(), &terms.project(), terms.statement_keys()?)
        .map_err(|problem| unproved("解密确认的签名不成立", problem))?;
    if ack.bid == header.digest() {
        Ok(ack)
    } else {
        Err(of_another_unlock())
    }
}

fn of_another_unlock() -> Failure {
    unproved(
        "解密确认属于另一次解密",
        "the acknowledgement is of another unlock",
    )
}

/// Verifies both lists under the pinned key: every accepted bid is among those
/// that closed, and the later tree grew out of the earlier one.
pub fn lists(
    view: &AcceptedView,
    terms: &Terms,
) -> Outcome<(Verified<ClosingStatement>, Verified<AcceptedStatement>)> {
    let (closed, accepted) = verify_lists(
        &signed(&view.closing)?,
        &signed(&view.accepted)?,
        terms.origin(),
        &terms.project(),
        terms.statement_keys()?,
    )
    .map_err(|problem| unproved("截止清单或接受清单不成立", problem))?;
    let path = view
        .consistency
        .iter()
        .map(|digest| digest.parse::<Digest>());
    ConsistencyProof {
        old: closed.size,
        size: accepted.size,
        path: path
            .collect::<Result<_, _>>()
            .map_err(|_| unproved("一致性证明格式有误", "the proof is malformed"))?,
    }
    .verify(&closed.root, &accepted.root)
    .map_err(|problem| unproved("接受清单的记录树不是截止时那棵树的延续", problem))?;
    Ok((closed, accepted))
}

pub(super) fn unproved(zh: &str, reason: impl std::fmt::Display) -> Failure {
    Failure::new(
        Kind::Unproved,
        "unproved",
        format!("{zh}({reason})。没有交出任何密钥。"),
        format!("Not proved: {reason}. No key was let go of."),
    )
}
