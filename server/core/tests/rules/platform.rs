//! The platform's own stream: roles, starts and stops.

use std::collections::BTreeSet;

use kaibiao_core::act::*;
use kaibiao_core::command::Checked;
use kaibiao_core::command::{Actor, Command as ProjectCommand};
use kaibiao_core::details::Author;
use kaibiao_core::ids::Party;
use kaibiao_core::platform::*;
use kaibiao_core::refusal::{Refusal, RefusalCode as Code};
use kaibiao_core::role::Role;
use kaibiao_core::stream::Stream;
use kaibiao_core::terms::Named;

use crate::world::{actor, bidder, centre, digest, host, named, performed, supervisor};

#[derive(Default)]
struct Office {
    state: State,
    book: Book,
    count: u64,
    stream: Vec<Recorded>,
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
            self.stream.push(recorded);
        }
        Ok(events.len())
    }

    fn act(&mut self, who: &Actor, act: impl Into<Act>) -> Result<usize, Refusal> {
        let ProjectCommand::Act(performed) = performed(who, act.into(), Checked::Nothing) else {
            unreachable!("performed makes acts");
        };
        self.run(&Command::Act(performed))
    }

    /// The roles of a person, by a certificate of the author's authority.
    fn roles(&self, author: &Author, person: &str) -> BTreeSet<Role> {
        let standing = self
            .book
            .standing(&author.organisation, &author.authority, person);
        standing.unwrap().roles
    }

    fn register(&mut self, who: &Actor) -> Result<usize, Refusal> {
        let (nonce, name) = (self.nonce(), who.author.name.clone());
        self.act(who, Register { nonce, name })
    }

    fn link(&mut self, who: &Actor, whom: &Actor, papers: &[&str]) -> Result<usize, Refusal> {
        let nonce = self.nonce();
        self.act(
            who,
            LinkAuthority {
                nonce,
                organisation: whom.author.organisation.clone(),
                authority: whom.author.authority.clone(),
                reason: "更换证书".into(),
                papers: papers.iter().map(|paper| digest(paper)).collect(),
            },
        )
    }

    fn unlink(&mut self, who: &Actor, whom: &Actor) -> Result<usize, Refusal> {
        let nonce = self.nonce();
        self.act(
            who,
            UnlinkAuthority {
                nonce,
                organisation: whom.author.organisation.clone(),
                authority: whom.author.authority.clone(),
                reason: "私钥泄露".into(),
            },
        )
    }

    fn standing(&self, who: &Actor) -> Result<Standing, Code> {
        let author = &who.author;
        let (organisation, authority) = (&author.organisation, &author.authority);
        self.book.standing(organisation, authority, &author.person)
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

/// The same person with a certificate of another authority.
fn elsewhere(mut actor: Actor) -> Actor {
    actor.author.authority = "other".into();
    actor.author.certificate = digest("another certificate");
    actor
}

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
        unvouched: false,
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
    assert_eq!(office.roles(&author, &author.person), [Role::Host].into());
    assert!(office.roles(&author, "别人").is_empty());
}

#[test]
fn a_revoked_role_is_gone_and_the_last_administrator_stays() {
    let mut office = Office::opened();
    office.bind(&administrator(), &host(), Role::Host).unwrap();
    office
        .revoke(&administrator(), &host(), Role::Host)
        .unwrap();
    let author = host().author;
    assert!(office.roles(&author, &author.person).is_empty());
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
    assert_eq!(office.roles(&author, "任何人"), [Role::Bidder].into());
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
fn a_certificate_of_another_authority_acts_only_after_the_organisation_linked_it() {
    let mut office = Office::opened();
    office.register(&bidder(1)).unwrap();
    let new = elsewhere(bidder(1));
    assert_eq!(office.standing(&new), Err(Code::NotLinked));
    assert_eq!(office.register(&new).unwrap_err().code, Code::NotLinked);
    let stranger = office.link(&bidder(2), &new, &["执照"]).unwrap_err();
    assert_eq!(stranger.code, Code::NotPermitted);

    office.link(&bidder(1), &new, &[]).unwrap();
    let standing = office.standing(&new).unwrap();
    assert_eq!(standing.roles, [Role::Bidder].into());
    let linked = &office.book.vouchers(&new.author.organisation)[1];
    assert_eq!(standing.link, Some(linked.handle));
    let link = linked.link.as_ref().unwrap();
    assert_eq!(link.author, bidder(1).author);
    // The first one needs no link, and its acts bear none.
    assert_eq!(office.standing(&bidder(1)).unwrap().link, None);
    let again = office.link(&bidder(1), &new, &[]).unwrap_err();
    assert_eq!(again.code, Code::AlreadyDone);
}

#[test]
fn an_administrator_links_on_papers_shown_and_cuts_an_authority_off() {
    let mut office = Office::opened();
    office.register(&bidder(1)).unwrap();
    let new = elsewhere(bidder(1));
    let bare = office.link(&administrator(), &new, &[]).unwrap_err();
    assert_eq!(bare.code, Code::InvalidAccount);
    let nobody = office.link(&administrator(), &bidder(2), &["执照"]);
    assert_eq!(nobody.unwrap_err().code, Code::NoSuchRole);
    let last = office.unlink(&administrator(), &bidder(1)).unwrap_err();
    assert_eq!(last.code, Code::LastAuthority);

    office.link(&administrator(), &new, &["执照"]).unwrap();
    // Whoever stole a key must not shut its owner out.
    let thief = office.unlink(&bidder(1), &new).unwrap_err();
    assert_eq!(thief.code, Code::NotPermitted);
    office.unlink(&administrator(), &bidder(1)).unwrap();
    assert_eq!(office.standing(&bidder(1)), Err(Code::NotLinked));
    assert_eq!(office.standing(&new).unwrap().roles, [Role::Bidder].into());
}

#[test]
fn the_authority_that_vouched_first_stays_the_organisations_own_when_the_role_is_gone() {
    let mut office = Office::opened();
    office.bind(&administrator(), &host(), Role::Host).unwrap();
    office
        .revoke(&administrator(), &host(), Role::Host)
        .unwrap();
    assert_eq!(office.standing(&elsewhere(host())), Err(Code::NotLinked));
    let bound = office.bind(&administrator(), &elsewhere(host()), Role::Host);
    assert_eq!(bound.unwrap_err().code, Code::NotLinked);
}

#[test]
fn a_bidder_registers_under_the_name_in_its_certificate() {
    let mut office = Office::opened();
    let nonce = office.nonce();
    let rival = "投标人2".into();
    let refused = office.act(&bidder(1), Register { nonce, name: rival });
    assert_eq!(refused.unwrap_err().code, Code::InvalidAccount);
    // Brackets, width and spaces are no other firm.
    let mut who = bidder(1);
    who.author.name = "甲建设（福建） 有限公司".into();
    let nonce = office.nonce();
    let name = "甲建设(福建)有限公司".to_owned();
    office
        .act(
            &who,
            Register {
                nonce,
                name: name.clone(),
            },
        )
        .unwrap();
    let standing = office.standing(&who).unwrap();
    assert_eq!(standing.name, Some(name.clone()));
    let author = standing.author(who.author.clone());
    assert_eq!(
        (author.name, author.certified),
        (name, Some(who.author.name))
    );
    // A name that cannot be read says nothing.
    let mut unreadable = bidder(3);
    unreadable.author.name = "\u{202e}".into();
    let (nonce, name) = (office.nonce(), "丙公司".into());
    office.act(&unreadable, Register { nonce, name }).unwrap();
}

#[test]
fn a_start_without_a_stop_before_it_is_unclean() {
    let mut office = Office::opened();
    let start = Command::Started {
        version: "0.1.0".into(),
        away: None,
    };
    office.run(&start).unwrap();
    assert!(office.state.running);
    office.run(&start).unwrap();
    office.run(&Command::Stopped).unwrap();
    assert!(!office.state.running);
}

/// A bidder whose certificate names nobody that can be read.
fn nameless(number: usize) -> Actor {
    let mut actor = bidder(number);
    actor.author.name = String::new();
    actor
}

impl Office {
    /// The same, as the platform takes it for an actor now.
    fn known(&self, actor: &Actor) -> Actor {
        let Author {
            organisation,
            authority,
            person,
            ..
        } = &actor.author;
        let standing = self.book.standing(organisation, authority, person);
        Actor {
            author: standing.unwrap().author(actor.author.clone()),
            ..actor.clone()
        }
    }

    fn register_as(&mut self, who: &Actor, name: &str) -> Result<usize, Refusal> {
        let (nonce, name) = (self.nonce(), name.to_owned());
        let who = self.known(who);
        self.act(&who, Register { nonce, name })
    }

    /// An administrator who has seen the papers binds the role by name.
    fn vouch(&mut self, whom: &Actor, name: &str) -> Result<usize, Refusal> {
        let nonce = self.nonce();
        let body = BindRole {
            nonce,
            organisation: whom.author.organisation.clone(),
            authority: whom.author.authority.clone(),
            name: name.to_owned(),
            person: None,
            role: Role::Bidder,
        };
        self.act(&administrator(), body)
    }
}

#[test]
fn a_certificate_without_a_name_registers_under_no_name_that_another_bears() {
    let mut office = Office::opened();
    let mut rival = bidder(1);
    rival.author.name = "福安（建筑）工程有限公司".into();
    office.register(&rival).unwrap();
    for name in ["福安（建筑）工程有限公司", " 福安(建筑)工程有限公司"] {
        for hidden in ["", "\u{200b}\u{2060}"] {
            let mut squatter = nameless(2);
            squatter.author.name = hidden.into();
            let refused = office.register_as(&squatter, name).unwrap_err();
            assert_eq!(refused.code, Code::NameTaken);
            assert_eq!(refused.params["name"], name);
        }
    }
    // Whoever's certificate has the name registers under it, whoever else does.
    office.register_as(&nameless(2), "霞浦建设").unwrap();
    let mut owner = bidder(3);
    owner.author.name = "霞浦建设".into();
    office.register(&owner).unwrap();
    assert!(!office.known(&owner).author.unvouched);
}

#[test]
fn the_register_tells_of_a_name_that_another_code_bears() {
    let mut office = Office::opened();
    let mut owner = bidder(1);
    owner.author.name = "福安（建筑）工程有限公司".into();
    office.register(&owner).unwrap();
    office.register_as(&nameless(2), "霞浦建设").unwrap();
    let unknown = bidder(3).author.organisation;
    let called = |name: &str| Named {
        organisation: unknown.clone(),
        name: name.into(),
    };
    let borrowed = |name: &str| {
        let mut register = office.book.register(&[&called(name)]);
        register.borrowed.remove(&unknown)
    };
    let bearer = Some(owner.author.organisation.clone());
    assert_eq!(borrowed("福安(建筑) 工程有限公司"), bearer);
    assert_eq!(borrowed("福安建材有限公司"), None);
    // Nobody keeps a name from others by its own word.
    assert_eq!(borrowed("霞浦建设"), None);
}

#[test]
fn a_name_that_no_certificate_has_is_the_organisations_own_word_until_it_is_vouched_for() {
    let mut office = Office::opened();
    office.register_as(&nameless(2), "霞浦建设").unwrap();
    let known = office.known(&nameless(2));
    assert_eq!(known.author.name, "霞浦建设");
    assert!(known.author.unvouched);
    // Its own word said twice is no more than said once.
    let again = office.register_as(&nameless(2), "霞浦建设").unwrap_err();
    assert_eq!(again.code, Code::AlreadyDone);

    office.vouch(&nameless(2), "霞浦建设有限公司").unwrap();
    let known = office.known(&nameless(2));
    assert_eq!(known.author.name, "霞浦建设有限公司");
    assert!(!known.author.unvouched);
    assert_eq!(office.book.bindings.len(), 2, "with the administrator's");
    let again = office.vouch(&nameless(2), "霞浦建设有限公司").unwrap_err();
    assert_eq!(again.code, Code::AlreadyDone);
    // Revoking takes away all of it.
    let nonce = office.nonce();
    let organisation = nameless(2).author.organisation;
    let body = RevokeRole {
        nonce,
        organisation: organisation.clone(),
        person: None,
        role: Role::Bidder,
    };
    office.act(&administrator(), body).unwrap();
    assert_eq!(office.book.name(&organisation), None);
}

#[test]
fn whoever_is_registered_calls_the_desk_and_the_centre_answers_once() {
    let mut office = Office::opened();
    let admin = administrator();
    office.bind(&admin, &centre(), Role::Centre).unwrap();
    let call = |office: &mut Office, who: &Actor, text: &str| {
        let nonce = office.nonce();
        let (project, text) = (None, text.to_owned());
        office.act(
            who,
            CallDesk {
                nonce,
                project,
                text,
            },
        )
    };
    let mut stranger = bidder(1);
    stranger.roles.clear();
    let code = |made: Result<usize, Refusal>| made.unwrap_err().code;
    assert_eq!(code(call(&mut office, &stranger, "喂")), Code::NotPermitted);
    assert_eq!(code(call(&mut office, &bidder(1), " ")), Code::WrongText);
    for who in [bidder(1), host(), centre()] {
        call(&mut office, &who, "登录不了").unwrap();
    }
    let own: Vec<Party> = office
        .book
        .calls_of(bidder(1).organisation())
        .map(|(handle, _)| *handle)
        .collect();
    assert_eq!((own.len(), office.state.calls.len()), (1, 3));

    let answer = |office: &mut Office, who: &Actor, call: Party| {
        let nonce = office.nonce();
        let text = "请换用 Chrome".to_owned();
        office.act(who, AnswerCall { nonce, call, text })
    };
    assert_eq!(
        code(answer(&mut office, &bidder(1), own[0])),
        Code::NotPermitted
    );
    assert_eq!(
        code(answer(&mut office, &centre(), Party([9; 16]))),
        Code::NoSuchEvent
    );
    answer(&mut office, &centre(), own[0]).unwrap();
    assert_eq!(
        code(answer(&mut office, &centre(), own[0])),
        Code::AlreadyDone
    );
    let kept = &office.book.calls[&own[0]];
    let answered = kept.answer.as_ref().unwrap();
    assert_eq!(answered.text, "请换用 Chrome");
    assert_eq!(answered.author.organisation, *centre().organisation());
    assert_eq!(office.state.calls.len(), 2);
}

#[test]
fn ten_calls_of_an_organisation_wait_at_once_and_answered_ones_are_forgotten_in_time() {
    let mut office = Office::opened();
    office
        .bind(&administrator(), &centre(), Role::Centre)
        .unwrap();
    let call = |office: &mut Office, number: usize| {
        let nonce = office.nonce();
        office.act(
            &bidder(number),
            CallDesk {
                nonce,
                project: None,
                text: "登录不了".into(),
            },
        )
    };
    for _ in 0..10 {
        call(&mut office, 1).unwrap();
    }
    assert_eq!(call(&mut office, 1).unwrap_err().code, Code::CallsWait);
    call(&mut office, 2).unwrap();
    let first = *office
        .book
        .calls_of(bidder(1).organisation())
        .next()
        .unwrap()
        .0;
    let nonce = office.nonce();
    let text = "好了".to_owned();
    office
        .act(
            &centre(),
            AnswerCall {
                nonce,
                call: first,
                text,
            },
        )
        .unwrap();
    call(&mut office, 1).unwrap();

    // Only what was answered goes, and only after a month.
    let day = 24 * 3_600_000;
    for (days, kept) in [(30, true), (31, false)] {
        let mut event = last_call(&office);
        event.time = 1 + days * day;
        let book = Platform::note(office.book.clone(), &event);
        assert_eq!(book.calls.contains_key(&first), kept, "{days}");
        assert_eq!(book.calls_of(bidder(2).organisation()).count(), 1);
    }
}

/// One more call of bidder 3, as it would be recorded.
fn last_call(office: &Office) -> Recorded {
    let act = CallDesk {
        nonce: office.nonce(),
        project: None,
        text: "还有一事".into(),
    };
    let ProjectCommand::Act(performed) = performed(&bidder(3), act.into(), Checked::Nothing) else {
        unreachable!("performed makes acts");
    };
    let context = Context {
        now: 1,
        wall: 1,
        fresh: Party([7; 16]),
    };
    let command = Command::Act(performed);
    let events = decide(&office.state, &office.book, &command, &context).unwrap();
    Recorded {
        seq: office.state.events + 1,
        time: 1,
        facts: events[0].facts.clone(),
        details: Some(events[0].details.clone()),
    }
}

#[test]
fn the_directory_lists_officials_and_custodians_and_nobody_who_only_bids() {
    let mut office = Office::opened();
    let admin = administrator();
    for (whom, role) in [
        (centre(), Role::Centre),
        (supervisor(), Role::Supervisor),
        (host(), Role::Host),
    ] {
        office.bind(&admin, &whom, role).unwrap();
    }
    let (notary, other) = (bidder(1), bidder(2));
    office.register(&notary).unwrap();
    office.register(&other).unwrap();
    let stranger = bidder(3).organisation().clone();
    let custodians = BTreeSet::from([notary.organisation().clone(), stranger]);
    let found = |sought: &str| -> BTreeSet<_> {
        let listed = office.book.directory(&custodians, sought);
        listed.iter().map(|it| it.organisation.clone()).collect()
    };
    let officials = [centre(), supervisor(), host(), notary.clone()];
    let all = officials.map(|it| it.organisation().clone()).into();
    assert_eq!(found(""), all, "an organisation that only bids is told of");
    let one = BTreeSet::from([notary.organisation().clone()]);
    assert_eq!(found(&notary.author.name), one);
    let code = notary.organisation().as_str().to_lowercase();
    assert_eq!(found(&format!(" {code} ")), one);
    assert!(found(&other.author.name).is_empty());
    let listed = office.book.directory(&custodians, &host().author.name);
    let roles: Vec<_> = listed[0].roles.iter().copied().collect();
    assert_eq!((roles, listed[0].custodian), (vec![Role::Host], false));
}

#[test]
fn a_call_is_erased_once_it_is_answered_and_calls_no_more() {
    use kaibiao_core::erasure::{Erasable, Trial};
    let mut office = Office::opened();
    office.bind(&administrator(), &host(), Role::Host).unwrap();
    office
        .bind(&administrator(), &centre(), Role::Centre)
        .unwrap();
    let mut events = Vec::new();
    let mut run = |office: &mut Office, who: &Actor, act: Act| {
        let before = office.state.events;
        office.act(who, act).unwrap();
        events.push(before + 1);
    };
    let (nonce, project, text) = (office.nonce(), None, "我的电话".to_owned());
    run(
        &mut office,
        &host(),
        CallDesk {
            nonce,
            project,
            text,
        }
        .into(),
    );
    let call = *office.book.calls.keys().next().unwrap();
    let (nonce, text) = (office.nonce(), "请稍候".to_owned());
    run(
        &mut office,
        &centre(),
        AnswerCall { nonce, call, text }.into(),
    );
    for seq in events {
        let event = office.stream[seq as usize - 1].clone();
        let may = Platform::may_be_erased(&office.state, &event, event.time);
        assert_eq!(may, Ok(()));
        let mut trial = Trial::<Platform>::of(seq);
        office.stream.iter().cloned().for_each(|it| trial.add(it));
        assert!(trial.holds(), "{seq}");
    }
    // Without its answer a call waits no more.
    let without = office
        .stream
        .iter()
        .cloned()
        .fold(Book::default(), |book, event| {
            let is_answer = event.facts.what.kind() == "call_answered";
            let details = event.details.clone().filter(|_| !is_answer);
            Platform::note(book, &Recorded { details, ..event })
        });
    assert!(without.calls.is_empty());
}
