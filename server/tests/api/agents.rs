//! What a custodian's agent may do by its standing authorisation, and what it may not.

use kaibiao::cli::pki::authority::Reason;
use kaibiao_api::{NewProject, ProjectCreated};
use kaibiao_client::failure::Outcome;
use kaibiao_client::http::Session;
use kaibiao_client::lists;
use kaibiao_client::terms::Terms;
use kaibiao_core::act::{Act, AuthoriseAgent, CertifyKey, Register, RevokeAgent, RevokeRole};
use kaibiao_core::role::Role;
use kaibiao_core::terms::Draft;
use kaibiao_crypto::Digest;
use kaibiao_crypto::encoding::to_base64;
use kaibiao_crypto::platform_key::PlatformKey;
use kaibiao_crypto::signer::FileKey;
use kaibiao_os::random::SystemRng;
use kaibiao_os::trust::Authorities;
use p256::elliptic_curve::Generate as _;
use serde_json::Value;

use crate::hall::Hall;
use crate::tender::{Tender, clarify};
use crate::world::{World, nonce};

/// An agent's key as it stands in terms, and as it lies on its machine.
pub fn key() -> (String, Vec<u8>) {
    let (key, pkcs8) = PlatformKey::generate(&mut SystemRng);
    (to_base64(key.public_key().as_bytes()), pkcs8.to_vec())
}

/// Authorises an agent for a day; the digest of the authorisation.
pub async fn authorise(world: &World, custodian: &Session, agent: &str) -> Outcome<Digest> {
    let from = world.running.app.now();
    let act = Act::AuthoriseAgent(AuthoriseAgent {
        nonce: nonce(),
        agent: agent.to_owned(),
        from,
        until: from + 86_400_000,
        hosts: Vec::new(),
    });
    let signed = custodian.sign("", &act)?;
    custodian.send("", &signed).await?;
    Ok(signed.digest())
}

pub async fn log_in(world: &World, pkcs8: &[u8], authorisation: Digest) -> Outcome<Session> {
    let key = FileKey::bare(pkcs8).unwrap();
    world
        .server()
        .login_by(Box::new(key), Some(authorisation))
        .await
}

fn code<T: std::fmt::Debug>(outcome: Outcome<T>) -> String {
    outcome.unwrap_err().code
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agents_session_is_for_what_its_organisation_keeps_and_ends_with_it() {
    let mut world = World::start().await;
    let tender = Tender::gather(&mut world).await;
    let project = tender.begin(world.running.app.now() + 3_600_000).await;
    let (agent, pkcs8) = key();
    let authorisation = authorise(&world, &tender.centre, &agent).await.unwrap();
    let session = log_in(&world, &pkcs8, authorisation).await.unwrap();
    assert!(
        session.who.roles.is_empty(),
        "it has no role of whoever signed"
    );

    let custody: Value = session.server.get("custody").await.unwrap();
    assert_eq!(custody["projects"][0]["id"], project);
    assert_eq!(custody["projects"][0]["due"], "certify");
    assert!(custody["agent"]["heard_at"].is_i64());
    // A draft is its drafters'.
    let drafted = session
        .server
        .get::<Value>(&format!("projects/{project}"))
        .await;
    assert_eq!(code(drafted), "not-found");

    // Everything else is closed, also what the person who signed may read.
    for path in [
        "board",
        "projects?mine=true",
        "helps",
        "alerts",
        "sessions",
        "directory",
    ] {
        assert_eq!(
            code(session.server.get::<Value>(path).await),
            "agent-only",
            "{path}"
        );
    }
    let clarified = tender.centre.sign(&project, &clarify("工期")).unwrap();
    assert_eq!(code(session.send(&project, &clarified).await), "agent-only");

    // Somebody else's key opens nothing, whatever authorisation is named.
    let (_, other) = key();
    assert_eq!(
        code(log_in(&world, &other, authorisation).await.map(|it| it.who)),
        "signature-wrong"
    );
    let unknown = log_in(&world, &pkcs8, Digest::of(b"none"))
        .await
        .map(|it| it.who);
    assert_eq!(code(unknown), "authorisation-unknown");

    let revoke = Act::RevokeAgent(RevokeAgent {
        nonce: nonce(),
        authorisation,
        reason: "更换设备".into(),
    });
    tender.centre.act("", &revoke, Vec::new()).await.unwrap();
    assert_eq!(
        code(session.server.get::<Value>("custody").await),
        "not-logged-in"
    );
    let again = log_in(&world, &pkcs8, authorisation).await.map(|it| it.who);
    assert_eq!(code(again), "authorisation-ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_has_no_way_in_when_whoever_authorised_it_has_no_role_left() {
    let mut world = World::start().await;
    let tender = Tender::gather(&mut world).await;
    let (agent, pkcs8) = key();
    let authorisation = authorise(&world, &tender.supervisor, &agent).await.unwrap();
    let session = log_in(&world, &pkcs8, authorisation).await.unwrap();
    let organisation = &tender.supervisor.who.organisation;
    let revoke = Act::RevokeRole(RevokeRole {
        nonce: nonce(),
        organisation: organisation.clone(),
        person: None,
        role: Role::Supervisor,
    });
    let administrator = &tender.administrator;
    administrator.act("", &revoke, Vec::new()).await.unwrap();
    let asked = session.server.get::<Value>("custody").await;
    assert_eq!(code(asked), "not-logged-in");
    let again = log_in(&world, &pkcs8, authorisation).await.map(|it| it.who);
    assert_eq!(code(again), "authorisation-ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_whose_authorisation_was_revoked_is_certified_no_more() {
    let mut world = World::start().await;
    let tender = Tender::gather(&mut world).await;
    let project = tender.begin(world.running.app.now() + 3_600_000).await;
    let (agent, pkcs8) = key();
    let authorisation = authorise(&world, &tender.centre, &agent).await.unwrap();
    let session = log_in(&world, &pkcs8, authorisation).await.unwrap();
    let opening = p256::SecretKey::generate().public_key();
    let opening = p256::elliptic_curve::sec1::ToSec1Point::to_sec1_point(&opening, false);
    let certify = Act::CertifyKey(CertifyKey {
        nonce: nonce(),
        key: to_base64(opening.as_bytes()),
        agent: Some(agent),
        authorisation: Some(authorisation),
        suite: kaibiao_crypto::Suite::Intl,
    });
    session.act(&project, &certify, Vec::new()).await.unwrap();
    let told = async || {
        let custody: Value = tender.centre.server.get("custody").await.unwrap();
        let own: Value = tender
            .centre
            .server
            .get("projects?mine=true")
            .await
            .unwrap();
        let due = custody["projects"][0]["due"].clone();
        (due, own["projects"][0]["duties"][0]["certified"].clone())
    };
    assert_eq!(told().await, (Value::Null, true.into()));

    let revoke = Act::RevokeAgent(RevokeAgent {
        nonce: nonce(),
        authorisation,
        reason: "更换设备".into(),
    });
    tender.centre.act("", &revoke, Vec::new()).await.unwrap();
    assert_eq!(told().await, ("certify-again".into(), false.into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_ends_with_the_certificate_that_authorised_it_once_that_is_revoked() {
    let mut world = World::start().await;
    let notary = world.person(301, "某公证处", "经办人");
    let custodian = world.log_in(&notary).await;
    let register = Act::Register(Register {
        nonce: nonce(),
        name: notary.company.clone(),
    });
    custodian.act("", &register, Vec::new()).await.unwrap();
    let (agent, pkcs8) = key();
    let authorisation = authorise(&world, &custodian, &agent).await.unwrap();
    let session = log_in(&world, &pkcs8, authorisation).await.unwrap();
    session.server.get::<Value>("custody").await.unwrap();

    let now = jiff::Timestamp::now();
    let revoked = world
        .authority
        .revoke(&notary.serial, Reason::KeyCompromise, now);
    revoked.unwrap();
    let trust = world.running.app.config.trust();
    world.authority.write_trust(&trust).unwrap();
    world.running.app.memory.authorities.refresh().unwrap();
    assert_eq!(
        code(session.server.get::<Value>("custody").await),
        "not-logged-in"
    );
    let again = log_in(&world, &pkcs8, authorisation).await.map(|it| it.who);
    assert_eq!(code(again), "authorisation-ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_in_public_terms_can_be_named_by_others_and_used_by_its_owner_alone() {
    let mut world = World::start().await;
    let tender = Tender::gather(&mut world).await;
    let (agent, pkcs8) = key();
    // Somebody is faster.
    let squatted = authorise(&world, &tender.supervisor, &agent).await.unwrap();
    let own = authorise(&world, &tender.centre, &agent).await.unwrap();
    let session = log_in(&world, &pkcs8, own).await.unwrap();
    assert_eq!(session.who.organisation, tender.centre.who.organisation);
    // Who named a key of another has let that one in as its own agent, and gained nothing.
    let let_in = log_in(&world, &pkcs8, squatted).await.unwrap();
    assert_eq!(let_in.who.organisation, tender.supervisor.who.organisation);
    // A key that is everybody's is no agent's.
    let nobodys = to_base64(&[0; 32]);
    let refused = authorise(&world, &tender.supervisor, &nobodys).await;
    assert_eq!(code(refused), "invalid-authorisation");
}

/// An opening key as `certify-key` names it.
fn opening_key() -> String {
    let key = p256::SecretKey::generate().public_key();
    let key = p256::elliptic_curve::sec1::ToSec1Point::to_sec1_point(&key, false);
    to_base64(key.as_bytes())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_says_whether_an_agents_authoriser_was_revoked_before_it_certified_or_since() {
    let mut draft = None;
    let keep = |of: &mut Draft| draft = Some(of.clone());
    let mut hall = Hall::publish_with(World::start().await, 0, 3600.0, keep).await;
    let mut draft = draft.unwrap();
    draft.number = "ZB-2".to_owned();
    let new = NewProject {
        external_id: None,
        draft,
    };
    let host = &hall.host().server;
    let created: ProjectCreated = host.post("projects", &new).await.unwrap();
    let project = created.id;
    // The host certifies its key by its certificate, centre and supervisor by agents.
    for (number, (custodian, _)) in hall.custodians.iter().enumerate() {
        let mut certify = CertifyKey {
            nonce: nonce(),
            key: opening_key(),
            agent: None,
            authorisation: None,
            suite: kaibiao_crypto::Suite::Intl,
        };
        if number == 0 {
            custodian
                .act(&project, &certify.into(), Vec::new())
                .await
                .unwrap();
            continue;
        }
        let (agent, pkcs8) = key();
        let authorisation = authorise(&hall.world, custodian, &agent).await.unwrap();
        let session = log_in(&hall.world, &pkcs8, authorisation).await.unwrap();
        certify.agent = Some(agent);
        certify.authorisation = Some(authorisation);
        session
            .act(&project, &certify.into(), Vec::new())
            .await
            .unwrap();
    }
    let path = format!("projects/{project}/lots/1/terms");
    let terms = Terms::parse(host.get_bytes(&path).await.unwrap()).unwrap();

    // The authority's next list says that one was revoked before, and the others later.
    let now = jiff::Timestamp::now();
    let minute = jiff::SignedDuration::from_mins(1);
    for (person, at) in hall
        .officials
        .iter()
        .zip([now + minute, now - minute, now + minute])
    {
        let authority = &mut hall.world.authority;
        let revoked = authority.revoke(&person.serial, Reason::KeyCompromise, at);
        revoked.unwrap();
    }
    let directory = hall.world.directory.path().join("own");
    hall.world.authority.write_trust(&directory).unwrap();
    let trust = Authorities::read(&directory).unwrap().trust;
    let server = hall.world.server();
    let lists = lists::fetch(&server, &trust, terms.certified()).await;
    let now = hall.world.running.app.now();
    let doubts = terms.check(&trust, &lists.unwrap(), now).unwrap();
    let said: Vec<_> = doubts.iter().map(|it| it.en.as_str()).collect();
    let [by_certificate, before, since] = said[..] else {
        panic!("{said:?}");
    };
    assert!(by_certificate.contains("was good when it certified its key; since then"));
    assert!(
        before.contains("had ended before that agent certified the key"),
        "{before}"
    );
    assert!(
        since.contains("was good when that agent certified the key; since then"),
        "{since}"
    );
    assert!(doubts.iter().all(|it| it.code == "certificate-revoked"));
}
