//! Standing authorisations: what a custodian's agent may do by one, and when not.

use kaibiao_core::act::*;
use kaibiao_core::command::{Actor, Checked, Command as ProjectCommand};
use kaibiao_core::ids::{Millis, Nonce, Party};
use kaibiao_core::permissions::agent_digest;
use kaibiao_core::platform::{Book, Command, Context, Platform, Recorded, State, decide};
use kaibiao_core::refusal::RefusalCode as Code;
use kaibiao_core::stream::Stream as _;
use kaibiao_core::terms::Custodian;
use kaibiao_crypto::Digest;
use kaibiao_crypto::encoding::to_base64;

use crate::world::*;

const DAY: Millis = 24 * HOUR;

/// The platform's stream, on which organisations authorise their agents.
#[derive(Default)]
struct Office {
    state: State,
    book: Book,
    now: Millis,
    count: u8,
}

impl Office {
    fn at(now: Millis) -> Self {
        Self {
            now,
            ..Self::default()
        }
    }

    /// The digest of the act, which is taken.
    fn act(&mut self, who: &Actor, act: impl Into<Act>) -> Result<Digest, Code> {
        let ProjectCommand::Act(performed) = performed(who, act.into(), Checked::Nothing) else {
            unreachable!("performed makes acts");
        };
        let digest = performed.signed.digest();
        let context = Context {
            now: self.now,
            wall: self.now,
            fresh: Party([self.count; 16]),
        };
        let command = Command::Act(performed);
        let events = decide(&self.state, &self.book, &command, &context);
        for event in events.map_err(|refusal| refusal.code)? {
            let recorded = Recorded {
                seq: self.state.events + 1,
                time: self.now,
                facts: event.facts,
                details: Some(event.details),
            };
            self.state = Platform::evolve(self.state.clone(), &recorded).unwrap();
            self.book = Platform::note(std::mem::take(&mut self.book), &recorded);
        }
        Ok(digest)
    }

    fn authorise(
        &mut self,
        who: &Actor,
        change: impl FnOnce(&mut AuthoriseAgent),
    ) -> Result<Digest, Code> {
        self.count += 1;
        let mut body = AuthoriseAgent {
            nonce: Nonce([self.count; 16]),
            agent: key(1),
            from: self.now,
            until: self.now + 365 * DAY,
            hosts: Vec::new(),
        };
        change(&mut body);
        self.act(who, body)
    }

    fn revoke(&mut self, who: &Actor, authorisation: Digest) -> Result<Digest, Code> {
        self.count += 1;
        let nonce = Nonce([self.count; 16]);
        let reason = "更换代理".into();
        self.act(
            who,
            RevokeAgent {
                nonce,
                authorisation,
                reason,
            },
        )
    }
}

/// What has the shape of an agent's key.
fn key(agent: u8) -> String {
    format!("{:A<43}=", char::from(b'A' + agent))
}

/// An organisation's agent, as the service knows it by the key that has signed.
fn agent(of: &Actor, number: u8) -> Actor {
    Actor {
        roles: [].into(),
        agent: agent_digest(Some(&key(number))),
        ..of.clone()
    }
}

/// A project that waits for its custodians' keys, and the platform beside it.
fn preparing() -> (World, Office) {
    let mut world = World::new();
    world.ok(&host(), |nonce| DraftProject {
        nonce,
        draft: draft(),
    });
    let office = Office::at(world.now);
    (world, office)
}

impl World {
    fn knows(&mut self, office: &Office) {
        self.register.agents = office.book.agents.clone();
    }

    /// The agent of a custodian certifies a key under an authorisation.
    fn by_agent(&mut self, who: &Actor, number: u8, authorisation: Digest) -> Result<(), Code> {
        let body = |nonce| CertifyKey {
            nonce,
            key: key_of(who),
            agent: Some(key(number)),
            authorisation: Some(authorisation),
            suite: kaibiao_crypto::Suite::Intl,
        };
        let done = self.checked(&agent(who, number), Checked::Certified, body);
        done.map(drop).map_err(|refused| refused.refusal.code)
    }
}

#[test]
fn an_authorisation_lasts_a_year_at_most_and_has_one_form() {
    let mut office = Office::at(T0);
    let year = 366 * DAY;
    office
        .authorise(&centre(), |it| it.until = it.from + year)
        .unwrap();
    let malformed: [fn(&mut AuthoriseAgent); 6] = [
        |it| it.until = it.from + 366 * DAY + 1,
        |it| it.until = it.from,
        |it| {
            it.from -= 2 * DAY;
            it.until = it.from + DAY;
        },
        |it| it.agent = "short".into(),
        |it| it.hosts = vec![organisation(2), organisation(1)],
        |it| it.hosts = vec![organisation(1), organisation(1)],
    ];
    for change in malformed {
        let refused = office.authorise(&centre(), change);
        assert_eq!(refused, Err(Code::InvalidAuthorisation));
    }
    let nobody = actor(9, "未登记", &[]);
    let refused = office.authorise(&nobody, |it| it.agent = key(9));
    assert_eq!(refused, Err(Code::NotPermitted));
    assert_eq!(office.book.agents.len(), 1);
}

#[test]
fn nobody_takes_a_key_away_by_authorising_it_too() {
    let mut office = Office::at(T0);
    // The key stands in public terms, and somebody is faster.
    office.authorise(&supervisor(), |_| ()).unwrap();
    let own = office.authorise(&centre(), |_| ()).unwrap();
    office.authorise(&centre(), |_| ()).unwrap();
    office.revoke(&centre(), own).unwrap();
    office.authorise(&centre(), |_| ()).unwrap();
}

#[test]
fn a_key_that_is_everybodys_is_no_agents() {
    let mut office = Office::at(T0);
    let mut one = [0; 32];
    one[0] = 1;
    for key in [[0; 32], one] {
        let refused = office.authorise(&centre(), |it| it.agent = to_base64(&key));
        assert_eq!(refused, Err(Code::InvalidAuthorisation));
    }
}

#[test]
fn so_many_authorisations_stand_at_once_and_no_more() {
    let mut office = Office::at(T0);
    let first = office.authorise(&centre(), |_| ()).unwrap();
    for _ in 1..20 {
        office.authorise(&centre(), |_| ()).unwrap();
    }
    assert_eq!(office.authorise(&centre(), |_| ()), Err(Code::TooMany));
    office.revoke(&centre(), first).unwrap();
    office.authorise(&centre(), |_| ()).unwrap();
}

#[test]
fn only_its_own_organisation_revokes_an_authorisation_and_once() {
    let mut office = Office::at(T0);
    let own = office.authorise(&centre(), |_| ()).unwrap();
    let organisation = centre().author.organisation;
    let until = Some(T0 + 365 * DAY);
    assert_eq!(office.book.authorised_until(&organisation, T0), until);
    let unknown = Err(Code::AuthorisationUnknown);
    assert_eq!(office.revoke(&supervisor(), own), unknown);
    assert_eq!(office.revoke(&centre(), digest("another")), unknown);
    office.revoke(&centre(), own).unwrap();
    assert_eq!(office.book.authorised_until(&organisation, T0), None);
    assert_eq!(office.revoke(&centre(), own), Err(Code::AlreadyDone));
}

#[test]
fn an_agent_certifies_what_its_authorisation_covers_and_the_terms_carry_it() {
    let (mut world, mut office) = preparing();
    let hosts = |it: &mut AuthoriseAgent| it.hosts = vec![host().author.organisation];
    let authorisation = office.authorise(&centre(), hosts).unwrap();
    world.knows(&office);
    world.certify(&host()).unwrap();
    world.certify(&supervisor()).unwrap();
    world.by_agent(&centre(), 1, authorisation).unwrap();
    world.publish(&host()).unwrap();
    let terms = &world.book.terms[&lot("1")].terms;
    let custodian: &Custodian = terms
        .custodians
        .iter()
        .find(|it| it.organisation == centre().author.organisation)
        .unwrap();
    let authorised = custodian.authorised.as_ref().unwrap();
    assert_eq!(authorised.act.digest(), authorisation);
    assert_eq!(authorised.at, world.now);
    assert_eq!(custodian.agent, Some(key(1)));
    // The others' entries are spelt as before.
    let text = world.book.terms[&lot("1")].text.clone();
    assert_eq!(text.matches("\"authorised\"").count(), 1);
}

#[test]
fn an_agent_certifies_nothing_that_its_authorisation_does_not_cover() {
    let (mut world, mut office) = preparing();
    let other = |it: &mut AuthoriseAgent| it.hosts = vec![organisation(77)];
    let elsewhere = office.authorise(&centre(), other).unwrap();
    let later = |it: &mut AuthoriseAgent| it.from += DAY;
    let later = office.authorise(&centre(), later).unwrap();
    let foreign = office.authorise(&supervisor(), |it| it.agent = key(2));
    let foreign = foreign.unwrap();
    let revoked = office.authorise(&centre(), |_| ()).unwrap();
    office.revoke(&centre(), revoked).unwrap();
    world.knows(&office);
    let mut refused = |who: &Actor, number, authorisation| {
        world.by_agent(who, number, authorisation).unwrap_err()
    };
    assert_eq!(refused(&centre(), 1, elsewhere), Code::AuthorisationHost);
    assert_eq!(refused(&centre(), 1, later), Code::AuthorisationEnded);
    assert_eq!(refused(&centre(), 1, revoked), Code::AuthorisationEnded);
    let unknown = Code::AuthorisationUnknown;
    assert_eq!(refused(&centre(), 2, foreign), unknown, "another's");
    assert_eq!(refused(&centre(), 3, later), unknown, "another agent");
    assert_eq!(refused(&centre(), 1, digest("no such act")), unknown);
    let mut outsider = actor(8, "县公证处", &[]);
    outsider.author.name = "县公证处".into();
    assert_eq!(refused(&outsider, 1, later), Code::NotPermitted);
}

#[test]
fn a_person_uses_no_authorisation_and_an_agent_nothing_else() {
    let (mut world, mut office) = preparing();
    let authorisation = office.authorise(&centre(), |_| ()).unwrap();
    world.knows(&office);
    let body = |authorisation| {
        move |nonce| CertifyKey {
            nonce,
            key: key_of(&centre()),
            agent: Some(key(1)),
            authorisation,
            suite: kaibiao_crypto::Suite::Intl,
        }
    };
    world.refused(Code::NotPermitted, &centre(), body(Some(authorisation)));
    world.refused(Code::NotPermitted, &agent(&centre(), 1), body(None));
    world.by_agent(&centre(), 1, authorisation).unwrap();
    // Its key gives none of the organisation's other rights.
    let mut with_roles = agent(&host(), 1);
    with_roles.roles = host().roles;
    let edit = |nonce| EditDraft {
        nonce,
        draft: draft(),
    };
    world.ok(&host(), edit);
    world.refused(Code::NotPermitted, &with_roles, edit);
}

#[test]
fn publication_asks_for_a_new_key_where_its_authorisation_was_revoked() {
    let (mut world, mut office) = preparing();
    let authorisation = office.authorise(&centre(), |_| ()).unwrap();
    world.knows(&office);
    world.certify(&host()).unwrap();
    world.certify(&supervisor()).unwrap();
    world.by_agent(&centre(), 1, authorisation).unwrap();
    office.revoke(&centre(), authorisation).unwrap();
    world.knows(&office);
    let refused = world.publish(&host()).unwrap_err().refusal;
    assert_eq!(refused.code, Code::AuthorisationRevoked);
    assert_eq!(refused.params["custodian"], "交易中心");
    let next = office.authorise(&centre(), |_| ()).unwrap();
    world.knows(&office);
    world.by_agent(&centre(), 1, next).unwrap();
    world.publish(&host()).unwrap();
}

#[test]
fn a_key_that_was_certified_in_time_is_good_after_its_authorisation_is_over() {
    let (mut world, mut office) = preparing();
    let short = |it: &mut AuthoriseAgent| it.until = it.from + HOUR;
    let authorisation = office.authorise(&centre(), short).unwrap();
    world.knows(&office);
    world.certify(&host()).unwrap();
    world.certify(&supervisor()).unwrap();
    world.by_agent(&centre(), 1, authorisation).unwrap();
    world.now += 2 * HOUR;
    world.publish(&host()).unwrap();
    let ended = Code::AuthorisationEnded;
    assert_eq!(world.by_agent(&centre(), 1, authorisation), Err(ended));
}

#[test]
fn one_agent_makes_the_keys_of_one_custodian() {
    let (mut world, mut office) = preparing();
    let authorisation = office.authorise(&centre(), |_| ()).unwrap();
    world.knows(&office);
    world.by_agent(&centre(), 1, authorisation).unwrap();
    // By certificate, and with another key: the agent is the same.
    world.refused(Code::CustodianKeyShared, &supervisor(), |nonce| {
        CertifyKey {
            nonce,
            key: key_of(&supervisor()),
            agent: Some(key(1)),
            authorisation: None,
            suite: kaibiao_crypto::Suite::Intl,
        }
    });
}
