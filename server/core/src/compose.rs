//! From a draft to sealing terms: what a draft must hold, and how its lots
//! become the terms that bids are sealed under.

use std::collections::{BTreeMap, BTreeSet};

use kaibiao_crypto::Suite;

use crate::book::CertifiedKey;
use crate::decide::texts::are_of_a_notice;
use crate::event::LotRules;
use crate::ids::{LotId, Organisation, ProjectId};
use crate::reference::ReferenceKind;
use crate::refusal::{Refusal, RefusalCode};
use crate::terms::{Custodian, Draft, LotDraft, Named, Officials, SealingTerms, Trust};
use crate::text::{is_line, is_shown, is_text, is_title};
use crate::{schema, sheet};

/// Whether a draft can be stored at all: its texts and the rules of its lots.
pub(crate) fn check(draft: &Draft) -> Result<(), Refusal> {
    for (field, text, longest) in [("number", &draft.number, 100), ("title", &draft.title, 300)] {
        is_title(text, longest).map_err(|_| invalid(field))?;
    }
    if draft.notice.chars().count() > 100_000 || !is_shown(&draft.notice) {
        return Err(invalid("notice"));
    }
    if !are_of_a_notice(&draft.attachments) {
        return Err(invalid("attachments"));
    }
    let distinct: BTreeSet<_> = draft.officials.organisations().into_iter().collect();
    if distinct.len() != draft.officials.organisations().len()
        || draft.officials.named().any(|it| is_named(it).is_err())
    {
        return Err(invalid("officials"));
    }
    // A minute to a day.
    if draft.sign_in.is_some_and(|it| !(60..=86_400).contains(&it)) {
        return Err(invalid("sign_in"));
    }
    if draft.lots.is_empty() || draft.lots.len() > 100 {
        return Err(invalid("lots"));
    }
    for (id, lot) in &draft.lots {
        check_lot(lot, &draft.officials).map_err(|refusal| refusal.with("lot", id))?;
    }
    Ok(())
}

/// Checks that an organisation's name can be shown, in one line.
pub(crate) fn is_named(named: &Named) -> Result<(), Refusal> {
    is_text(&named.name, 200)?;
    if is_line(&named.name) {
        Ok(())
    } else {
        Err(RefusalCode::WrongText.into())
    }
}

/// Whether a lot's rules make sense: its schema, its thresholds, its stays.
fn check_lot(lot: &LotDraft, officials: &Officials) -> Result<(), Refusal> {
    is_title(&lot.title, 300).map_err(|_| invalid("title"))?;
    schema::check(&lot.schema)
        .map_err(|field| Refusal::new(RefusalCode::InvalidSchema).with("field", field))?;
    if let Some(price) = &lot.control_price
        && !sheet::is_money(price)
    {
        return Err(invalid("control_price"));
    }
    // There is one control price, and a value is compared with a price.
    if let Some(reference) = &lot.reference {
        let is_second =
            reference.kind == ReferenceKind::ControlPrice && lot.control_price.is_some();
        if is_second || lot.schema.price.is_none() {
            return Err(invalid("reference"));
        }
    }
    let count = lot.custodians.len();
    let distinct: BTreeSet<_> = lot.custodians.iter().map(|it| &it.organisation).collect();
    if distinct.len() != count
        || count > 20
        || lot.custodians.iter().any(|it| is_named(it).is_err())
    {
        return Err(invalid("custodians"));
    }
    let release = usize::from(lot.release);
    let rescue = lot.rescue.map(usize::from);
    let reachable = (1..=count).contains(&release)
        && rescue.is_none_or(|rescue| rescue > release && rescue <= count);
    if !reachable {
        return Err(RefusalCode::InvalidThreshold.into());
    }
    let custodians = lot.custodians.iter().map(|it| &it.organisation);
    if officials.largest_side(custodians) >= release {
        return Err(RefusalCode::OneSideReleases.into());
    }
    if lot.policy.minimum == 0 {
        return Err(invalid("minimum"));
    }
    let stays = lot.policy.stays;
    let must_last = [
        stays.checking,
        stays.starting,
        stays.window,
        stays.quorum,
        stays.releasing,
        stays.opening,
        stays.announcing,
        stays.confirming,
        stays.objections,
        stays.signing,
        stays.suspension,
    ];
    // A year is longer than any opening; sums of stays stay far from overflow.
    let longest = 366 * 24 * 3600;
    let fits = |stay: &u32| (1..=longest).contains(stay);
    let may_be_none = [stays.extensions, stays.rescue, stays.returning];
    if !must_last.iter().all(fits) || may_be_none.iter().any(|stay| *stay > longest) {
        return Err(invalid("stays"));
    }
    Ok(())
}

impl Officials {
    /// How many of these custodians the largest side has: a tenderer and its agency
    /// are one. No side may reach the threshold alone, and so a single custodian
    /// never does for a lot.
    pub fn largest_side<'a>(
        &'a self,
        custodians: impl IntoIterator<Item = &'a Organisation>,
    ) -> usize {
        let mut sides: BTreeMap<&Organisation, usize> = BTreeMap::new();
        for organisation in custodians {
            let side = if self.is_host(organisation) {
                &self.tenderer.organisation
            } else {
                organisation
            };
            *sides.entry(side).or_default() += 1;
        }
        sides.into_values().max().unwrap_or(0)
    }
}

/// The sealing terms of every lot of a draft, once its custodians have
/// certified their keys.
///
/// # Errors
/// `InvalidDraft`, `InvalidSchema`, `InvalidThreshold`, `OneSideReleases`,
/// `CustodianKeyMissing`, `CustodianKeySuite` or `CustodianKeyShared`.
pub fn compose(
    project: ProjectId,
    draft: &Draft,
    keys: &[CertifiedKey],
    trust: &Trust,
) -> Result<BTreeMap<LotId, SealingTerms>, Refusal> {
    check(draft)?;
    draft
        .lots
        .iter()
        .map(|(id, lot)| {
            let terms = compose_lot(project, id, 1, lot, draft, keys, trust)?;
            Ok((id.clone(), terms))
        })
        .collect()
}

/// The sealing terms of one lot, as number `number`; officials and suite are those of
/// the project's draft.
///
/// # Errors
/// As [`compose`], for this lot.
pub fn compose_lot(
    project: ProjectId,
    id: &LotId,
    number: u32,
    lot: &LotDraft,
    draft: &Draft,
    keys: &[CertifiedKey],
    trust: &Trust,
) -> Result<SealingTerms, Refusal> {
    let Draft {
        officials, suite, ..
    } = draft;
    check_lot(lot, officials)?;
    // Two groups of custodians that do not meet could be shown two different accepted
    // sets, with or without witnesses.
    if usize::from(lot.release) * 2 <= lot.custodians.len() {
        return Err(RefusalCode::InvalidThreshold.into());
    }
    let custodians = lot
        .custodians
        .iter()
        .zip(1..)
        .map(|(named, x)| {
            let certified = keys
                .iter()
                .find(|key| key.organisation == named.organisation)
                .ok_or_else(|| {
                    Refusal::new(RefusalCode::CustodianKeyMissing).with("custodian", &named.name)
                })?;
            // It was certified before the draft named another suite.
            if certified.key.suite != *suite {
                let refusal = Refusal::new(RefusalCode::CustodianKeySuite);
                return Err(refusal
                    .with("custodian", &named.name)
                    .with("suite", suite.name()));
            }
            Ok(Custodian {
                x,
                organisation: named.organisation.clone(),
                name: named.name.clone(),
                key: certified.key.key.clone(),
                agent: certified.key.agent.clone(),
                certified: certified.signed.clone(),
                authorised: certified.authorised.clone(),
            })
        })
        .collect::<Result<Vec<_>, Refusal>>()?;
    if let Some(sharing) = Custodian::sharing(&custodians) {
        return Err(Refusal::new(RefusalCode::CustodianKeyShared).with("custodian", &sharing.name));
    }
    Ok(SealingTerms {
        version: 1,
        project,
        lot: id.clone(),
        number,
        suite: suite.name().to_owned(),
        envelopes: 1,
        schema: lot.schema.clone(),
        custodians,
        release: lot.release,
        rescue: lot.rescue,
        policy: lot.policy.clone(),
        reference: lot.reference,
        officials: officials.clone(),
        trust: trust_of(*suite, trust)?,
    })
}

/// Whom a lot of this suite's clients believe: the platform's SM2 certificate stands in
/// terms of `gm` and in no others.
fn trust_of(suite: Suite, trust: &Trust) -> Result<Trust, Refusal> {
    let mut trust = trust.clone();
    match suite {
        Suite::Intl => trust.sm2_chain.clear(),
        Suite::Gm if trust.sm2_chain.is_empty() => {
            return Err(RefusalCode::PlatformWithoutSm2.into());
        }
        Suite::Gm => {}
    }
    Ok(trust)
}

impl SealingTerms {
    /// The part of the terms that a lot's course depends on.
    pub fn rules(&self) -> LotRules {
        LotRules {
            lot: self.lot.clone(),
            terms: self.digest(),
            minimum: self.policy.minimum,
            fails_after_unlock: self.policy.fails_after_unlock,
            masked: self.policy.masked,
            reading: self.policy.reading,
            custodians: u8::try_from(self.custodians.len()).unwrap_or(u8::MAX),
            release: self.release,
            rescue: self.rescue,
            quorum: self.trust.quorum,
            stays: self.policy.stays,
            reference: self.reference,
        }
    }
}

fn invalid(field: &str) -> Refusal {
    Refusal::new(RefusalCode::InvalidDraft).with("field", field)
}
