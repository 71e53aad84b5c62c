//! Who may perform which act, in what capacity: the one place that says so.

use kaibiao_crypto::Digest;

use crate::act::{Act, CertifyKey};
use crate::book::Book;
use crate::command::Actor;
use crate::ids::{LotId, Organisation};
use crate::refusal::RefusalCode;
use crate::role::{By, Role};
use crate::state::State;
use crate::terms::{Draft, Officials};

/// In what capacity the actor may perform this act here.
///
/// # Errors
/// `NotPermitted`, `NotOperator` or `UnknownCustodian`.
pub fn permits(actor: &Actor, act: &Act, state: &State, book: &Book) -> Result<By, RefusalCode> {
    let applicant = Applicant { actor, state, book };
    match act {
        Act::DraftProject(body) => applicant.drafts(&body.draft),
        Act::EditDraft(body) => {
            applicant.host()?;
            applicant.drafts(&body.draft)
        }
        Act::ImportDraft(_) | Act::ImportDeposits(_) => applicant.has(Role::Machine, By::Machine),
        Act::CertifyKey(body) => applicant.future_custodian(body),
        Act::InviteCustodian(_) => applicant.host(),
        Act::Rescue(body) => applicant.custodian(&body.lot),
        Act::Release(body) => applicant.custodian(&body.lot),
        Act::Publish(_)
        | Act::Clarify(_)
        | Act::AmendTerms(_)
        | Act::Postpone(_)
        | Act::Cancel(_) => applicant.may(Capacity::Host),
        Act::AllowSignIn(_)
        | Act::RemarkLine(_)
        | Act::MarkAbsence(_)
        | Act::Mute(_)
        | Act::Unmute(_)
        | Act::RevealReference(_)
        | Act::HandOver(_)
        | Act::MarkDeposit(_)
        | Act::RefuseBid(_)
        | Act::PublishList(_)
        | Act::StartWindow(_)
        | Act::Announce(_)
        | Act::LiftMask(_)
        | Act::OpenObjections(_)
        | Act::Reply(_)
        | Act::CloseObjections(_)
        | Act::SignRecord(_)
        | Act::CorrectRecord(_)
        | Act::Close(_) => applicant.may(Capacity::Operator),
        Act::Extend(_) | Act::Suspend(_) | Act::Resume(_) => {
            applicant.may(Capacity::OperatorOrSupervisor)
        }
        Act::TakeOver(_) => applicant.may(Capacity::Centre),
        Act::AnswerHelp(_) | Act::Message(_) | Act::Answer(_) => {
            applicant.may(Capacity::HostOrCentre)
        }
        Act::PrivateMessage(body) => applicant.may(if body.party.is_some() {
            Capacity::HostOrCentre
        } else {
            Capacity::Bidder
        }),
        Act::OrderRescue(_)
        | Act::OrderQuorum(_)
        | Act::ConfirmFinding(_)
        | Act::OverruleFinding(_)
        | Act::ConfirmFault(_)
        | Act::OverruleFault(_)
        | Act::Remark(_)
        | Act::Terminate(_) => applicant.may(Capacity::Supervisor),
        Act::Submit(_)
        | Act::Withdraw(_)
        | Act::SignIn(_)
        | Act::Unlock(_)
        | Act::AskRescue(_)
        | Act::Confirm(_)
        | Act::Dispute(_)
        | Act::Object(_)
        | Act::NoObjection(_)
        | Act::Countersign(_)
        | Act::Help(_)
        | Act::Question(_) => applicant.may(Capacity::Bidder),
        Act::Rate(_) => applicant.took_part(),
        Act::Complain(body) => applicant.complainant(&body.lot),
        Act::TakeUpComplaint(_) | Act::DeclineComplaint(_) | Act::AnswerComplaint(_) => {
            applicant.may(Capacity::Supervisor)
        }
        Act::Login(_)
        | Act::BindRole(_)
        | Act::RevokeRole(_)
        | Act::LinkAuthority(_)
        | Act::UnlinkAuthority(_)
        | Act::Register(_)
        | Act::SetClock(_)
        | Act::BridgeList(_)
        | Act::CallDesk(_)
        | Act::AnswerCall(_)
        | Act::AuthoriseAgent(_)
        | Act::RevokeAgent(_)
        | Act::EraseDetails(_)
        | Act::Export(_) => Err(RefusalCode::NotPermitted),
    }
}

/// The share number of a custodian in a lot's sealing terms: by organisation,
/// or by the agent's key where an agent acts.
pub(crate) fn custodian_of(actor: &Actor, lot: &LotId, book: &Book) -> Option<u8> {
    let terms = &book.terms.get(lot)?.terms;
    let is_actor = |custodian: &&crate::terms::Custodian| {
        custodian.organisation == *actor.organisation()
            && actor
                .agent
                .is_none_or(|agent| agent_digest(custodian.agent.as_deref()) == Some(agent))
    };
    terms.custodians.iter().find(is_actor).map(|it| it.x)
}

/// How [`Actor::agent`] names an agent's key: SHA-256 of its base64 text.
pub fn agent_digest(key: Option<&str>) -> Option<Digest> {
    key.map(|key| Digest::of(key.as_bytes()))
}

/// In which capacity an act is performed, for those acts that need no more than
/// that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Capacity {
    Host,
    Centre,
    HostOrCentre,
    HostCentreOrBidder,
    Operator,
    OperatorOrSupervisor,
    Supervisor,
    Bidder,
}

/// Whether the actor has this capacity here.
///
/// # Errors
/// `NotPermitted` or `NotOperator`.
pub(crate) fn capacity(
    actor: &Actor,
    needs: Capacity,
    state: &State,
    book: &Book,
) -> Result<By, RefusalCode> {
    Applicant { actor, state, book }.may(needs)
}

/// In what capacity the actor may complain about a lot.
///
/// # Errors
/// `NotPermitted` or `NoSuchLot`.
pub(crate) fn complainant(
    actor: &Actor,
    lot: &LotId,
    state: &State,
    book: &Book,
) -> Result<By, RefusalCode> {
    Applicant { actor, state, book }.complainant(lot)
}

/// Somebody who wants to perform an act in a project.
struct Applicant<'a> {
    actor: &'a Actor,
    state: &'a State,
    book: &'a Book,
}

impl Applicant<'_> {
    fn may(&self, needs: Capacity) -> Result<By, RefusalCode> {
        match needs {
            Capacity::Host => self.host(),
            Capacity::Centre => self.centre(),
            Capacity::HostOrCentre => self.host().or_else(|_| self.centre()),
            Capacity::HostCentreOrBidder => {
                let host = self.host().or_else(|_| self.centre());
                host.or_else(|_| self.bidder())
            }
            Capacity::Operator => self.operator(),
            Capacity::OperatorOrSupervisor => self.supervisor().or_else(|_| self.operator()),
            Capacity::Supervisor => self.supervisor(),
            Capacity::Bidder => self.bidder(),
        }
    }

    fn has(&self, role: Role, by: By) -> Result<By, RefusalCode> {
        // An agent's key is for releasing and nothing else.
        if self.actor.agent.is_none() && self.actor.roles.contains(&role) {
            Ok(by)
        } else {
            Err(RefusalCode::NotPermitted)
        }
    }

    fn official(
        &self,
        role: Role,
        by: By,
        is_it: impl Fn(&Officials, &Organisation) -> bool,
    ) -> Result<By, RefusalCode> {
        let draft = self.book.draft.as_ref().ok_or(RefusalCode::NotPermitted)?;
        if is_it(&draft.officials, self.actor.organisation()) {
            self.has(role, by)
        } else {
            Err(RefusalCode::NotPermitted)
        }
    }

    fn host(&self) -> Result<By, RefusalCode> {
        self.official(Role::Host, By::Host, Officials::is_host)
    }

    fn centre(&self) -> Result<By, RefusalCode> {
        self.official(Role::Centre, By::Centre, |officials, organisation| {
            officials.centre.organisation == *organisation
        })
    }

    fn supervisor(&self) -> Result<By, RefusalCode> {
        let is_it = |officials: &Officials, organisation: &Organisation| {
            officials.supervisor.organisation == *organisation
        };
        self.official(Role::Supervisor, By::Supervisor, is_it)
    }

    /// Whoever drafts is the host of what is drafted.
    fn drafts(&self, draft: &Draft) -> Result<By, RefusalCode> {
        if draft.officials.is_host(self.actor.organisation()) {
            self.has(Role::Host, By::Host)
        } else {
            Err(RefusalCode::NotPermitted)
        }
    }

    /// The host's or centre's person in the operator's seat; before anybody
    /// took it, any person of the host.
    fn operator(&self) -> Result<By, RefusalCode> {
        let Some(seat) = self.state.operator else {
            return self.host();
        };
        let by = if seat.seat == By::Centre {
            self.centre()
        } else {
            self.host()
        };
        let by = by.map_err(|_| match self.host().or_else(|_| self.centre()) {
            Ok(_) => RefusalCode::NotOperator,
            Err(code) => code,
        })?;
        let sits = self.book.operator(seat.operator);
        let certificate = self.actor.author.certificate;
        if sits.is_some_and(|person| person.certificate == certificate) {
            Ok(by)
        } else {
            Err(RefusalCode::NotOperator)
        }
    }

    /// A bidder, who must be none of the project's officials and custodians.
    fn bidder(&self) -> Result<By, RefusalCode> {
        let by = self.has(Role::Bidder, By::Bidder)?;
        let draft = self.book.draft.as_ref().ok_or(RefusalCode::NotPermitted)?;
        if draft.officials.are(self.actor.organisation()) {
            return Err(RefusalCode::NotPermitted);
        }
        if self.book.is_custodian(self.actor.organisation()) {
            return Err(RefusalCode::CustodianBids);
        }
        Ok(by)
    }

    /// A custodian of the lot's sealing terms, or its agent.
    fn custodian(&self, lot: &LotId) -> Result<By, RefusalCode> {
        match custodian_of(self.actor, lot, self.book) {
            Some(_) => Ok(By::Custodian),
            None => Err(RefusalCode::UnknownCustodian),
        }
    }

    /// Who may certify a key: an organisation that the draft names as a custodian,
    /// an official of the project or not, or that the host has invited. It is
    /// registered here, so that an authority is known which vouches for it. An agent
    /// does it by a standing authorisation, and nobody else does it by one.
    fn future_custodian(&self, body: &CertifyKey) -> Result<By, RefusalCode> {
        let may = match self.actor.agent {
            Some(_) => body.authorisation.is_some(),
            None => body.authorisation.is_none() && !self.actor.roles.is_empty(),
        };
        if may && self.book.may_keep_keys(self.actor.organisation()) {
            Ok(By::Custodian)
        } else {
            Err(RefusalCode::NotPermitted)
        }
    }

    /// The host; a bidder whose bid in the lot stood at T0; as one of the public whoever
    /// else is registered, but for the centre and the supervisor of the project.
    fn complainant(&self, lot: &LotId) -> Result<By, RefusalCode> {
        if let Ok(by) = self.host() {
            return Ok(by);
        }
        let draft = self.book.draft.as_ref().ok_or(RefusalCode::NotPermitted)?;
        let organisation = self.actor.organisation();
        let is_registered = self.actor.agent.is_none() && !self.actor.roles.is_empty();
        if !is_registered || draft.officials.are(organisation) {
            return Err(RefusalCode::NotPermitted);
        }
        let party = self.book.handle(lot, organisation);
        let lot = self.state.lots.get(lot).ok_or(RefusalCode::NoSuchLot)?;
        let stood = party.is_some_and(|party| lot.has_standing(party));
        let bids = self.has(Role::Bidder, By::Bidder);
        Ok(bids.ok().filter(|_| stood).unwrap_or(By::Public))
    }

    fn took_part(&self) -> Result<By, RefusalCode> {
        self.host()
            .or_else(|_| self.centre())
            .or_else(|_| self.supervisor())
            .or_else(|_| {
                let by = self.bidder()?;
                let organisation = self.actor.organisation();
                let mut lots = self.state.lots.iter();
                let bid = lots.any(|(id, lot)| {
                    let party = self.book.handle(id, organisation);
                    party.is_some_and(|party| lot.has_bid(party))
                });
                if bid {
                    Ok(by)
                } else {
                    Err(RefusalCode::NoStanding)
                }
            })
    }
}
