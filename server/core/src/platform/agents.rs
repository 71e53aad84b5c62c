//! Agents that organisations have authorised as custodians.

use kaibiao_crypto::Digest;
use kaibiao_crypto::act::SignedAct;

use super::decide::capacity;
use super::{Book, Context, Details, Recorded, What};
use crate::act::{Act, AuthoriseAgent, CertifyKey, RevokeAgent};
use crate::agents::Authorisation;
use crate::command::Actor;
use crate::ids::{Millis, Organisation};
use crate::refusal::{Refusal, RefusalCode};
use crate::role::By;
use crate::text::is_text;

/// How many authorisations of an organisation are neither over nor revoked.
const MANY: usize = 20;

impl Book {
    /// The authorisations of an organisation's agents, with the digests of their acts.
    pub fn agents_of<'a>(
        &'a self,
        organisation: &'a Organisation,
    ) -> impl Iterator<Item = (Digest, &'a Authorisation)> {
        let all = self.agents.iter();
        all.filter(move |(_, it)| it.organisation() == organisation)
            .map(|(digest, it)| (*digest, it))
    }

    /// Until when an organisation's agents may act, if one may now.
    pub fn authorised_until(&self, organisation: &Organisation, now: Millis) -> Option<Millis> {
        let own = self.agents_of(organisation);
        own.filter(|(_, it)| it.stands(now))
            .map(|(_, it)| it.body.until)
            .max()
    }

    /// Whether a key was certified under an authorisation that does not count any more, so
    /// that no publication would take it.
    pub fn has_revoked(&self, certified: &CertifyKey) -> bool {
        certified.authorisation.is_some_and(|digest| {
            let known = self.agents.get(&digest);
            known.is_none_or(|it| it.revoked.is_some())
        })
    }

    /// Learns of an authorisation.
    pub(super) fn authorise(&mut self, event: &Recorded) {
        let details = event.details.as_ref();
        let author = details.and_then(|all| all.author.clone());
        let signed = details.and_then(|all| all.signed.clone());
        if let (Some(author), Some(signed)) = (author, signed)
            && let Ok(Act::AuthoriseAgent(body)) = SignedAct::from(&signed).read()
        {
            let known = Authorisation {
                author,
                body,
                revoked: None,
                signed,
            };
            self.agents.insert(known.signed.digest(), known);
        }
    }
}

/// Authorises an agent, for the organisation of whoever signs.
pub(super) fn authorise(
    book: &Book,
    actor: &Actor,
    body: &AuthoriseAgent,
    context: &Context,
) -> Result<(By, What), Refusal> {
    if actor.roles.is_empty() {
        return Err(RefusalCode::NotPermitted.into());
    }
    let invalid = |field| Refusal::new(RefusalCode::InvalidAuthorisation).with("field", field);
    if let Some(field) = body.malformed() {
        return Err(invalid(field));
    }
    if body.until <= context.now {
        return Err(invalid("until"));
    }
    // That another organisation has named this key says nothing: agents' keys stand in
    // public terms. Whose agent signs is known by the authorisation that it names, and no
    // two custodians of a project have one agent (`custodian-key-shared`).
    let own = book.agents_of(actor.organisation());
    let lasting = own.filter(|(_, it)| it.revoked.is_none() && it.body.until > context.now);
    if lasting.count() >= MANY {
        return Err(RefusalCode::TooMany.into());
    }
    let (from, until) = (body.from, body.until);
    Ok((capacity(actor), What::AgentAuthorised { from, until }))
}

/// Ends an authorisation of the organisation of whoever signs.
pub(super) fn revoke(
    book: &Book,
    actor: &Actor,
    body: &RevokeAgent,
    details: &mut Details,
) -> Result<(By, What), Refusal> {
    is_text(&body.reason, 2000)?;
    let known = book
        .agents
        .get(&body.authorisation)
        .filter(|it| it.organisation() == actor.organisation() && !actor.roles.is_empty())
        .ok_or(RefusalCode::AuthorisationUnknown)?;
    if known.revoked.is_some() {
        return Err(RefusalCode::AlreadyDone.into());
    }
    details.note.clone_from(&body.reason);
    let authorisation = body.authorisation;
    Ok((capacity(actor), What::AgentRevoked { authorisation }))
}
