//! Who signed: acts over the record's digest, and detached signatures over its bytes.

use kaibiao_api::RecordSignature;
use kaibiao_core::act::Act;
use kaibiao_core::record::Record;
use kaibiao_core::role::By;
use kaibiao_crypto::Digest;
use kaibiao_crypto::act::Place;
use kaibiao_crypto::certificate::Holder;
use kaibiao_crypto::cms::{verify_carried, verify_detached};

use super::{About, Believed, Check, Files, Finding};

pub fn checks(files: &Files<'_>, record: &Record, digest: Digest, by: &Believed<'_>) -> Vec<Check> {
    let mut checks = Vec::new();
    match &files.signatures {
        None => checks.push(Check::not_asked(About::Host)),
        Some(found) => {
            let mut host = false;
            for signature in &found.signatures {
                let judged = judge(signature, record, digest, by);
                host |= judged.is_ok() && signature.role != By::Bidder;
                checks.push(told(signature, judged));
                checks.extend(carried(signature, files.record));
            }
            let (finding, code) = if host {
                (Finding::Holds, None)
            } else {
                (Finding::Open, Some("record-unsigned"))
            };
            checks.insert(0, Check::new(About::Host, finding, code, ""));
        }
    }
    for (name, der) in &files.detached {
        let found = verify_detached(der, files.record, by.trust, by.now);
        let (of, found) = match found {
            Ok(detached) => (format!("{name}: {}", holder(&detached.holder)), Ok(())),
            Err(problem) => (name.clone(), Err(problem.code().to_owned())),
        };
        checks.push(Check::of(About::Detached, of, found));
    }
    checks
}

/// Whether the act holds, is over this record, and is by whom it is said to be.
fn judge(
    signature: &RecordSignature,
    record: &Record,
    digest: Digest,
    by: &Believed<'_>,
) -> Result<Holder, String> {
    let project = by.terms.project();
    let place = Place {
        origin: by.terms.origin(),
        project: &project,
    };
    let verified = signature.act.verify_again(place, by.trust, by.lists);
    let verified = verified.map_err(|problem| problem.code().to_owned())?;
    let holder = verified.holder().ok_or("act-unsigned")?.clone();
    let officials = &by.terms.content().officials;
    let (lot, over, is_theirs) = match verified.read::<Act>() {
        Ok(Act::SignRecord(body)) => {
            let theirs = match signature.role {
                By::Host => officials.is_host(&holder.organisation),
                By::Centre => officials.centre.organisation == holder.organisation,
                _ => false,
            };
            (body.lot, body.record, theirs)
        }
        Ok(Act::Countersign(body)) => (body.lot, body.record, signature.role == By::Bidder),
        _ => return Err("act-unfit".to_owned()),
    };
    if lot != record.lot.id || over != digest {
        Err("record-differs".to_owned())
    } else if is_theirs {
        Ok(holder)
    } else {
        Err("author-differs".to_owned())
    }
}

fn told(signature: &RecordSignature, judged: Result<Holder, String>) -> Check {
    let RecordSignature { seq, name, .. } = signature;
    let (of, found) = match judged {
        Ok(judged) => (format!("#{seq} {name} ({})", holder(&judged)), Ok(())),
        Err(code) => (format!("#{seq} {name}"), Err(code)),
    };
    Check::of(About::Signature, of, found)
}

/// The detached signature that an act carries.
fn carried(signature: &RecordSignature, record: &[u8]) -> Option<Check> {
    let act: Act = serde_json::from_str(&signature.act.body).ok()?;
    let (_, _, cms) = act.cms()?;
    let chain = signature.act.signature.as_ref().map(|it| &it.chain);
    let found = match chain.and_then(|chain| chain.first()) {
        None => Err("act-unsigned".to_owned()),
        Some(certificate) => verify_carried(cms, record, certificate)
            .map(drop)
            .map_err(|problem| problem.code().to_owned()),
    };
    let of = format!("#{} {}", signature.seq, signature.name);
    Some(Check::of(About::Detached, of, found))
}

/// A certificate as people read it: whose it is, and its number.
fn holder(holder: &Holder) -> String {
    let certificate = &holder.certificate;
    let parts = [
        holder.name.as_deref(),
        Some(holder.organisation.as_str()),
        certificate.common_name(),
        Some(certificate.serial()),
    ];
    let parts: Vec<_> = parts.into_iter().flatten().collect();
    parts.join(" · ")
}
