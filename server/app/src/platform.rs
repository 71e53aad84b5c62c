//! The platform's own stream: who holds which role, starts and stops, health.

use std::ops::ControlFlow;
use std::sync::Arc;

use kaibiao_api::problem::{Problem, Transport};
use kaibiao_api::{AccountList, AccountView, LinkedList, LinkedView, SessionView, VoucherView};
use kaibiao_core::act::Act;
use kaibiao_core::command::{Actor, Checked, Performed};
use kaibiao_core::ids::Party;
use kaibiao_core::platform::{self, Command, Context, Platform, Recorded, Standing, Subject};
use kaibiao_core::refusal::{Refusal, RefusalCode};
use kaibiao_core::role::Role;
use kaibiao_core::signed::Signed;
use kaibiao_crypto::Digest;
use kaibiao_crypto::act::{Place, SignedAct};
use kaibiao_os::random;
use kaibiao_store::{AppendError, At, Commit, Current, StoreError, StreamId};

use super::caller::Holder;
use super::login::Session;
use super::signing::{self, Signer};
use super::{App, agents, calls, erasing};
use crate::failure::of_store;

/// How many events are read at a time where they are visited from the end.
const PAGE: u64 = 200;

/// What a certificate's holder may do here, or why it may not act for its
/// organisation.
///
/// # Errors
/// When the store fails.
pub async fn standing(
    app: &App,
    session: &Session,
) -> Result<Result<Standing, RefusalCode>, Problem> {
    let platform = load(app).await.map_err(of_store)?;
    let Session {
        organisation,
        authority,
        person,
        ..
    } = session;
    Ok(platform.book.standing(organisation, authority, person))
}

/// Performs an act on the platform: binding, revoking, registering.
pub async fn perform(
    app: &App,
    holder: &Holder,
    act: &SignedAct,
) -> Result<Vec<Recorded>, Problem> {
    let body = signing::read(act)?;
    // What is on the stream is answered as such, whatever its actor may do now.
    let known = load(app).await.map_err(of_store)?;
    if known.state.acts.contains(&act.digest()) {
        return Err(RefusalCode::Replayed.into());
    }
    let session = &*holder.caller()?.session;
    // The platform itself notes what is downloaded, when it is.
    if matches!(body, Act::Export(_)) {
        return Err(RefusalCode::NotPermitted.into());
    }
    let place = Place {
        origin: &app.keys.origin,
        project: "",
    };
    // Somebody without roles can only register, as the rules say.
    let Signer {
        author,
        roles,
        grounds,
    } = signing::signer(app, session, act, &body, place).await?;
    is_configured(app, &body)?;
    calls::check(app, &author.organisation, &body).await?;
    let (checked, secrets) = match &body {
        // What may be erased is nobody's to learn but an administrator's.
        Act::EraseDetails(body) if roles.contains(&Role::Administrator) => {
            let looked = erasing::look(app, body).await?;
            (looked.checked, looked.secrets)
        }
        _ => (Checked::Nothing, Vec::new()),
    };
    let performed = Performed {
        actor: Actor {
            author,
            roles,
            agent: None,
        },
        act: body.clone(),
        signed: Signed::on(act, grounds),
        checked,
    };
    let command = Command::Act(Box::new(performed));
    let recorded = put_with(app, command, secrets).await?;
    for event in &recorded {
        erasing::forget(app, &event.facts.what);
    }
    if matches!(body, Act::SetClock(_)) {
        app.store.clock().accept();
    }
    if let Act::BridgeList(body) = &body {
        let bridged = app.memory.authorities.bridge(&body.ca, body.until);
        bridged.map_err(Problem::internal)?;
    }
    Ok(recorded)
}

/// Refuses an act that names an authority which is not configured: nobody could
/// ever log in by it. Of one that is to be bridged there must be a list.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "no other act names an authority that it brings in"
)]
fn is_configured(app: &App, body: &Act) -> Result<(), Problem> {
    let named = match body {
        Act::BindRole(body) => &body.authority,
        Act::LinkAuthority(body) => &body.authority,
        Act::BridgeList(body) => return has_list(app, &body.ca),
        _ => return Ok(()),
    };
    let authorities = app.memory.authorities.now();
    if authorities.cas.iter().any(|ca| ca.id == *named) {
        Ok(())
    } else {
        let refusal = Refusal::new(RefusalCode::InvalidAccount).with("field", "authority");
        Err((&refusal).into())
    }
}

fn has_list(app: &App, ca: &str) -> Result<(), Problem> {
    let authorities = app.memory.authorities.now();
    let lists = authorities.trust.lists();
    if lists.iter().any(|it| it.ca == ca && it.list.is_some()) {
        Ok(())
    } else {
        let refusal = Refusal::new(RefusalCode::BridgeNothing).with("ca", ca);
        Err((&refusal).into())
    }
}

/// The event of an act that was received before, for the organisation that
/// performed it and lost the answer.
///
/// # Errors
/// `not-found` where no act of this organisation has that digest.
pub async fn taken(app: &App, holder: &Holder, digest: Digest) -> Result<Recorded, Problem> {
    let platform = load(app).await.map_err(of_store)?;
    if !platform.state.acts.contains(&digest) {
        return Err(Transport::NotFound.into());
    }
    // It was lost a moment ago, so it is looked for from the end.
    let of_act = |event: Recorded| {
        if event.facts.act == Some(digest) {
            ControlFlow::Break(event)
        } else {
            ControlFlow::Continue(())
        }
    };
    let event = from_the_end(app, platform.version, of_act).await?;
    let own = event.filter(|event| {
        let author = event.details.as_ref().and_then(|it| it.author.as_ref());
        author.is_some_and(|author| holder.performed(author))
    });
    own.ok_or(Transport::NotFound.into())
}

/// Visits the first `end` events of the platform from the last to the first, until one
/// is what was looked for.
pub async fn from_the_end<T>(
    app: &App,
    mut end: u64,
    mut visit: impl FnMut(Recorded) -> ControlFlow<T>,
) -> Result<Option<T>, Problem> {
    let stream = StreamId::platform();
    while end > 0 {
        let start = end.saturating_sub(PAGE);
        let events = app.store.events::<Platform>(&stream, start, end - start);
        for event in events.await.map_err(of_store)?.into_iter().rev() {
            if let ControlFlow::Break(found) = visit(event) {
                return Ok(Some(found));
            }
        }
        end = start;
    }
    Ok(None)
}

/// Makes the first administrator; refused once there is one.
pub async fn first_administrator(app: &App, subject: Subject) -> Result<(), Problem> {
    put(app, Command::FirstAdministrator(subject))
        .await
        .map(drop)
}

/// Puts a command to the platform's rules and appends what follows.
pub async fn put(app: &App, command: Command) -> Result<Vec<Recorded>, Problem> {
    put_with(app, command, Vec::new()).await
}

/// The same, where the keys of these files go with what is erased.
async fn put_with(
    app: &App,
    command: Command,
    secrets: Vec<String>,
) -> Result<Vec<Recorded>, Problem> {
    let clock = app.store.clock().clone();
    let decide = move |at: At<'_, Platform>| {
        let context = Context {
            now: at.now,
            wall: clock.read().wall,
            fresh: Party(random::bytes()),
        };
        let events = platform::decide(at.state, at.book, &command, &context)?;
        let erased = erasing::erased(&events, &secrets);
        let mut commit = Commit::new(events, ());
        commit.erased = erased;
        Ok::<_, Refusal>(commit)
    };
    match app
        .store
        .append::<Platform, _, _, _>(&StreamId::platform(), decide)
        .await
    {
        Ok(appended) => Ok(appended.recorded),
        Err(AppendError::Refused(refusal)) => Err((&refusal).into()),
        Err(AppendError::Claimed(_)) => Err(Transport::Malformed.with("reason", "claimed")),
        Err(AppendError::Store(error)) => Err(of_store(error)),
    }
}

/// Everybody who holds a role.
///
/// # Errors
/// When the store fails.
pub async fn accounts(app: &App) -> Result<AccountList, Problem> {
    let platform = load(app).await.map_err(of_store)?;
    let accounts = platform.book.bindings.values().map(|binding| AccountView {
        organisation: binding.subject.organisation.clone(),
        authority: binding.subject.authority.clone(),
        name: binding.subject.name.clone(),
        person: binding.subject.person.clone(),
        unvouched: binding.subject.unvouched,
        role: binding.role.name().to_owned(),
        since: binding.since,
    });
    Ok(AccountList {
        accounts: accounts.collect(),
    })
}

/// Every organisation for which a further authority was linked, the latest first.
///
/// # Errors
/// When the store fails.
pub async fn linked(app: &App) -> Result<LinkedList, Problem> {
    let platform = load(app).await.map_err(of_store)?;
    let book = &platform.book;
    let mut linked: Vec<LinkedView> = book
        .vouchers
        .iter()
        .flat_map(|(organisation, vouchers)| vouchers.iter().map(move |it| (organisation, it)))
        .filter(|(_, voucher)| voucher.link.is_some())
        .map(|(organisation, voucher)| LinkedView {
            organisation: organisation.clone(),
            name: book.name(organisation).unwrap_or_default().to_owned(),
            voucher: voucher.into(),
        })
        .collect();
    linked.sort_by_key(|linked| std::cmp::Reverse(linked.voucher.since));
    Ok(LinkedList { linked })
}

/// Who is logged in.
///
/// # Errors
/// When the store fails.
pub async fn session(app: &App, holder: &Holder) -> Result<SessionView, Problem> {
    let session = &holder.session;
    let caller = holder.caller().ok();
    let platform = load(app).await.map_err(of_store)?;
    let vouchers = platform.book.vouchers(&session.organisation);
    let roles = caller.iter().flat_map(|caller| &caller.roles);
    Ok(SessionView {
        organisation: session.organisation.clone(),
        authority: session.authority.clone(),
        organisation_name: caller.as_ref().map_or_else(
            || session.organisation_name.clone(),
            |caller| caller.author.name.clone(),
        ),
        unvouched: caller
            .as_ref()
            .is_some_and(|caller| caller.author.unvouched),
        name: session.person.clone(),
        certificate: session.certificate.to_string(),
        roles: roles.map(|role| role.name().to_owned()).collect(),
        custodian: caller.is_some() && agents::keeps_keys(app, &session.organisation).await?,
        linked: caller.is_some(),
        vouchers: vouchers
            .iter()
            .filter(|_| caller.is_some())
            .map(VoucherView::from)
            .collect(),
        expires: session.expires,
    })
}

/// The platform as last committed.
///
/// # Errors
/// When the store fails.
pub async fn load(app: &App) -> Result<Arc<Current<Platform>>, StoreError> {
    app.store.load::<Platform>(&StreamId::platform()).await
}
