//! The platform's own stream: roles, starts and stops.

use kaibiao_core::act::*;
use kaibiao_core::command::Checked;
use kaibiao_core::command::{Actor, Command as ProjectCommand};
use kaibiao_core::ids::Party;
use kaibiao_core::platform::*;
use kaibiao_core::refusal::{Refusal, RefusalCode as Code};
use kaibiao_core::role::Role;
use kaibiao_core::stream::Stream;

use crate::world::{actor, bidder, digest, host, named, performed};

#[derive(Default)]
struct Office {
    state: State,
    book: Book,
    count: u64,
}

impl Office {
    fn run(&mut self, command: &Command) -> Result<usize, Refusal> {
        self.count += 1;
        let fresh = digest(&format!("binding {}", self.count)).into_bytes();
        let context = Context {
            now: 1,
            wall: 1,
            fresh: Party(fresh[..16].try_into().unwrap()),
        };
        let events = decide(&self.state, &self.book, command, &context)?;
        for event in &events {
            let recorded = Recorded {
                seq: self.state.events + 1,
                time: 1,
                facts: event.facts.clone(),
                details: Some(event.details.clone()),
            };
            self.state = Platform::evolve(self.state.clone(), &recorded).unwrap();
            self.book = Platform::note(std::mem::take(&mut self.book), &recorded);
        }
        Ok(events.len())
    }

    fn act(&mut self, who: &Actor, act: impl Into<Act>) -> Result<usize, Refusal> {
        let ProjectCommand::Act(performed) = performed(who, act.into(), Checked::Nothing) else {
            unreachable!("performed makes acts");
        };
        self.run(&Command::Act(performed))
    }

    fn opened() -> Self {
        let mut office = Self::default();
        office.run(&first()).unwrap();
        office
    }

    fn nonce(&self) -> kaibiao_core::ids::Nonce {
        let bytes = digest(&format!("nonce {}", self.count)).into_bytes();
        kaibiao_core::ids::Nonce(bytes[..16].try_into().unwrap())
    }

    fn bind(&mut self, who: &Actor, whom: &Actor, role: Role) -> Result<usize, Refusal> {
        let Named { organisation, name } = named(whom);
        let nonce = self.nonce();
        let person = Some(whom.author.person.clone());
        self.act(
            who,
            BindRole {
                nonce,
                organisation,
                authority: whom.author.authority.clone(),
                name,
                person,
                role,
            },
        )
    }

    fn revoke(&mut self, who: &Actor, whom: &Actor, role: Role) -> Result<usize, Refusal> {
        let organisation = whom.author.organisation.clone();
        let nonce = self.nonce();
        let person = Some(whom.author.person.clone());
        self.act(
            who,
            RevokeRole {
                nonce,
                organisation,
                person,
                role,
            },
        )
    }
}

use kaibiao_core::terms::Named;

fn administrator() -> Actor {
    actor(20, "交易中心管理员", &[Role::Administrator])
}

fn first() -> Command {
    let Named { organisation, name } = named(&administrator());
    let person = Some(administrator().author.person);
    Command::FirstAdministrator(Subject {
        organisation,
        authority: administrator().author.authority,
        name,
        person,
    })
}

#[test]
fn the_first_administrator_is_made_once_and_binds_the_others() {
    let mut office = Office::opened();
    assert_eq!(office.run(&first()).unwrap_err().code, Code::AlreadyDone);
    let refusal = office.bind(&host(), &host(), Role::Host).unwrap_err();
    assert_eq!(refusal.code, Code::NotPermitted);
    office.bind(&administrator(), &host(), Role::Host).unwrap();
    let again = office
        .bind(&administrator(), &host(), Role::Host)
        .unwrap_err();
    assert_eq!(again.code, Code::AlreadyDone);
    let author = host().author;
    let roles = office.book.roles(&author.organisation, &author.person);
    assert_eq!(roles, [Role::Host].into());
    assert!(office.book.roles(&author.organisation, "别人").is_empty());
}

#[test]
fn a_revoked_role_is_gone_and_the_last_administrator_stays() {
    let mut office = Office::opened();
    office.bind(&administrator(), &host(), Role::Host).unwrap();
    office
        .revoke(&administrator(), &host(), Role::Host)
        .unwrap();
    let author = host().author;
    assert!(
        office
            .book
            .roles(&author.organisation, &author.person)
            .is_empty()
    );
    let gone = office
        .revoke(&administrator(), &host(), Role::Host)
        .unwrap_err();
    assert_eq!(gone.code, Code::NoSuchRole);
    let last = office.revoke(&administrator(), &administrator(), Role::Administrator);
    assert_eq!(last.unwrap_err().code, Code::LastAdministrator);
}

#[test]
fn a_bidder_registers_its_own_organisation_by_its_certificate() {
    let mut office = Office::opened();
    let nonce = office.nonce();
    let name = "投标人1".into();
    office.act(&bidder(1), Register { nonce, name }).unwrap();
    let author = bidder(1).author;
    let roles = office.book.roles(&author.organisation, "任何人");
    assert_eq!(roles, [Role::Bidder].into());
    let nonce = office.nonce();
    let empty = office.act(
        &bidder(2),
        Register {
            nonce,
            name: " \u{7}".into(),
        },
    );
    assert_eq!(empty.unwrap_err().code, Code::InvalidAccount);
}

#[test]
fn a_start_without_a_stop_before_it_is_unclean() {
    let mut office = Office::opened();
    let start = Command::Started {
        version: "0.1.0".into(),
    };
    office.run(&start).unwrap();
    assert!(office.state.running);
    office.run(&start).unwrap();
    office.run(&Command::Stopped).unwrap();
    assert!(!office.state.running);
    assert_eq!(office.run(&Command::Configured(digest("c"))).unwrap(), 1);
    assert_eq!(office.run(&Command::Configured(digest("c"))).unwrap(), 0);
}
