//! What the platform's stream holds, and who reads it.

use std::collections::BTreeSet;

use kaibiao_core::act::*;
use kaibiao_core::command::{Actor, Checked, Command as ProjectCommand};
use kaibiao_core::ids::*;
use kaibiao_core::platform::*;
use kaibiao_core::refusal::{Refusal, RefusalCode as Code};
use kaibiao_core::role::Role;
use kaibiao_core::stream::Stream;
use kaibiao_crypto::{Digest, canonical};

use crate::world::{World, actor, bidder, centre, digest, performed, supervisor};

/// The platform's stream by itself, a millisecond between two commands.
#[derive(Default)]
struct Office {
    state: State,
    book: Book,
    events: Vec<Recorded>,
}

const PROJECT: &str = "0192f0c1-0000-7000-8000-000000000001";
const ELSEWHERE: &str = "0192f0c1-0000-7000-8000-000000000002";

impl Office {
    fn run(&mut self, command: &Command) -> Result<Vec<Recorded>, Refusal> {
        let now = self.events.last().map_or(1_000, |it| it.time + 1);
        let fresh = digest(&format!("fresh {}", self.events.len())).into_bytes();
        let context = Context {
            now,
            wall: now,
            fresh: Party(fresh[..16].try_into().unwrap()),
        };
        let events = decide(&self.state, &self.book, command, &context)?;
        let mut made = Vec::new();
        for event in events {
            let recorded = Recorded {
                seq: self.state.events + 1,
                time: now,
                facts: event.facts,
                details: Some(event.details),
            };
            self.state = Platform::evolve(self.state.clone(), &recorded).unwrap();
            self.book = Platform::note(std::mem::take(&mut self.book), &recorded);
            made.push(recorded);
        }
        self.events.extend(made.clone());
        Ok(made)
    }

    fn act(&mut self, who: &Actor, act: impl Into<Act>) -> Result<Vec<Recorded>, Refusal> {
        let ProjectCommand::Act(performed) = performed(who, act.into(), Checked::Nothing) else {
            unreachable!("performed makes acts");
        };
        self.run(&Command::Act(performed))
    }

    fn nonce(&self) -> Nonce {
        let bytes = digest(&format!("nonce {}", self.events.len())).into_bytes();
        Nonce(bytes[..16].try_into().unwrap())
    }

    fn bind(&mut self, who: &Actor, whom: &Actor, role: Role) -> Recorded {
        let nonce = self.nonce();
        let author = &whom.author;
        let act = BindRole {
            nonce,
            organisation: author.organisation.clone(),
            authority: author.authority.clone(),
            name: author.name.clone(),
            person: None,
            role,
        };
        self.act(who, act).unwrap().remove(0)
    }

    fn revoke(&mut self, who: &Actor, whom: &Actor, role: Role) -> Recorded {
        let nonce = self.nonce();
        let organisation = whom.author.organisation.clone();
        let act = RevokeRole {
            nonce,
            organisation,
            person: None,
            role,
        };
        self.act(who, act).unwrap().remove(0)
    }

    fn export(&mut self, who: &Actor, project: Option<&str>) -> Recorded {
        let act = Export {
            nonce: self.nonce(),
            project: project.map(|it| it.parse().unwrap()),
            what: Exported::Documents,
        };
        self.act(who, act).unwrap().remove(0)
    }

    fn sessions(&mut self, gathered: Vec<(Whose, Sessions)>) -> Vec<Recorded> {
        let until = self.events.last().map_or(1_000, |it| it.time);
        self.run(&Command::Sessions { until, gathered }).unwrap()
    }
}

fn administrator() -> Actor {
    actor(9, "交易中心办公室", &[Role::Administrator])
}

fn sessions(who: &Actor) -> Sessions {
    Sessions {
        organisation: who.author.organisation.clone(),
        name: who.author.name.clone(),
        person: who.author.person.clone(),
        authority: who.author.authority.clone(),
        certificate: who.author.certificate,
        agent: None,
        began: 1,
        ended: 0,
        first: 900,
        last: 900,
    }
}

/// A supervisor of [`PROJECT`], while nothing takes bids.
fn reader() -> Reader {
    Reader {
        supervises: BTreeSet::from([PROJECT.parse().unwrap()]),
        bids_since: Millis::MAX,
    }
}

fn values(of: &[(&str, &str)]) -> Values {
    let named = of
        .iter()
        .map(|(name, value)| ((*name).into(), (*value).into()));
    named.collect()
}

fn changed(event: &Recorded) -> Vec<(String, Option<String>, Option<String>)> {
    let details = event.details.as_ref().unwrap();
    let changed = details.changed.iter().cloned();
    changed.map(|it| (it.what, it.before, it.after)).collect()
}

fn roles(
    before: Option<&str>,
    after: Option<&str>,
) -> Vec<(String, Option<String>, Option<String>)> {
    vec![(
        "roles".into(),
        before.map(Into::into),
        after.map(Into::into),
    )]
}

#[test]
fn a_role_is_bound_and_taken_away_with_what_was_before_and_what_is_after() {
    let (mut office, who) = (Office::default(), administrator());
    let bound = office.bind(&who, &centre(), Role::Centre);
    assert_eq!(changed(&bound), roles(None, Some("centre")));
    let bound = office.bind(&who, &centre(), Role::Bidder);
    assert_eq!(
        changed(&bound),
        roles(Some("centre"), Some("centre bidder"))
    );
    let revoked = office.revoke(&who, &centre(), Role::Centre);
    assert_eq!(
        changed(&revoked),
        roles(Some("centre bidder"), Some("bidder"))
    );
    let subject = revoked.details.unwrap().subject.unwrap();
    assert_eq!(subject.organisation, *centre().organisation());
    let revoked = office.revoke(&who, &centre(), Role::Bidder);
    assert_eq!(changed(&revoked), roles(Some("bidder"), None));
}

#[test]
fn a_configuration_is_noted_with_what_changed_since_the_last_and_not_at_all_where_nothing_did() {
    let mut office = Office::default();
    let first = values(&[("listen", "127.0.0.1:1"), ("workers", "0")]);
    let noted = office.run(&Command::Configured(first.clone())).unwrap();
    assert_eq!(noted.len(), 1);
    assert_eq!(noted[0].details.as_ref().unwrap().changed.len(), 2);
    let What::Configured { configuration } = noted[0].facts.what else {
        panic!("it is noted as what it is");
    };
    assert_eq!(configuration, Digest::of(&canonical::to_bytes(&first)));
    assert!(office.run(&Command::Configured(first)).unwrap().is_empty());

    let second = values(&[("listen", "127.0.0.1:2"), ("desk.phone", "110")]);
    let noted = office.run(&Command::Configured(second.clone())).unwrap();
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(
        changed(&noted[0]),
        [
            ("desk.phone".to_owned(), None, some("110")),
            (
                "listen".to_owned(),
                some("127.0.0.1:1"),
                some("127.0.0.1:2")
            ),
            ("workers".to_owned(), some("0"), None),
        ]
    );
    assert_eq!(office.book.settings, second);
}

#[test]
fn authorities_are_noted_the_same_way_and_apart_from_the_settings() {
    let mut office = Office::default();
    let known = values(&[("demo.root", "aa"), ("demo.lists", "bb")]);
    let noted = office.run(&Command::Authorities(known.clone())).unwrap();
    assert_eq!(noted[0].facts.what.kind(), "authorities_changed");
    assert!(office.run(&Command::Authorities(known)).unwrap().is_empty());
    let renewed = values(&[("demo.root", "aa"), ("demo.lists", "cc")]);
    let noted = office.run(&Command::Authorities(renewed)).unwrap();
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(
        changed(&noted[0]),
        [("demo.lists".to_owned(), some("bb"), some("cc"))]
    );
    assert!(office.book.settings.is_empty());
}

#[test]
fn a_start_tells_since_when_the_service_was_away() {
    let mut office = Office::default();
    let started = office
        .run(&Command::Started {
            version: "1".into(),
            away: Some(500),
        })
        .unwrap();
    let json = serde_json::to_value(&started[0].facts.what).unwrap();
    assert_eq!(json["away"], 500);
    assert_eq!(json["unclean"], false);
}

#[test]
fn somebody_without_a_role_is_not_among_those_whose_sessions_are_noted() {
    let whose = |roles: &[Role]| Whose::of(&roles.iter().copied().collect());
    assert_eq!(whose(&[]), None);
    assert_eq!(whose(&[Role::Bidder]), Some(Whose::Bidders));
    // Who may bid is told of with the bidders, whatever else it may.
    assert_eq!(whose(&[Role::Host, Role::Bidder]), Some(Whose::Bidders));
    for role in [
        Role::Administrator,
        Role::Centre,
        Role::Supervisor,
        Role::Host,
        Role::Machine,
    ] {
        assert_eq!(whose(&[role]), Some(Whose::Officials));
    }
}

#[test]
fn officials_and_bidders_sessions_are_events_of_their_own_whose_facts_count_nobody() {
    let mut office = Office::default();
    let few = vec![
        (Whose::Bidders, sessions(&bidder(1))),
        (Whose::Officials, sessions(&centre())),
        (Whose::Bidders, sessions(&bidder(2))),
    ];
    let noted = office.sessions(few);
    assert_eq!(noted.len(), 2);
    let lines = |event: &Recorded| event.details.as_ref().unwrap().sessions.len();
    assert_eq!((lines(&noted[0]), lines(&noted[1])), (1, 2));
    let facts = serde_json::to_string(&noted[1].facts).unwrap();
    let until = office.state.sessions_until;
    assert_eq!(
        facts,
        format!(
            r#"{{"by":"platform","what":{{"kind":"sessions_noted","whose":"bidders","until":{until}}}}}"#
        )
    );
    // Nobody: nothing.
    assert!(office.sessions(Vec::new()).is_empty());
    // Many: several events.
    let many = (0..2_500).map(|number| (Whose::Bidders, sessions(&bidder(number))));
    let noted = office.sessions(many.collect());
    assert_eq!(
        noted.iter().map(lines).collect::<Vec<_>>(),
        [1_000, 1_000, 500]
    );
}

#[test]
fn who_was_logged_in_is_kept_for_six_months_whoever_wants_it_erased() {
    use kaibiao_core::erasure::Erasable as _;
    const DAY: Millis = 24 * 3_600_000;
    let mut office = Office::default();
    let noted = office.sessions(vec![(Whose::Officials, sessions(&administrator()))]);
    let may = |days| Platform::may_be_erased(&office.state, &noted[0], noted[0].time + days * DAY);
    assert_eq!(may(183), Err(Code::EraseEarly));
    assert_eq!(may(184), Ok(()));
}

#[test]
fn sessions_are_not_noted_for_an_instant_that_was_noted_or_has_not_come() {
    let mut office = Office::default();
    office.sessions(vec![(Whose::Officials, sessions(&centre()))]);
    for until in [0, Millis::MAX] {
        let gathered = vec![(Whose::Officials, sessions(&centre()))];
        let refused = office.run(&Command::Sessions { until, gathered });
        assert_eq!(refused.unwrap_err().code, Code::FactsDiffer);
    }
}

#[test]
fn what_tells_of_bidders_is_hidden_as_long_as_a_project_takes_bids_that_did_so_then() {
    let (mut office, who) = (Office::default(), administrator());
    let early = office
        .sessions(vec![(Whose::Bidders, sessions(&bidder(1)))])
        .remove(0);
    let register = Register {
        nonce: office.nonce(),
        name: bidder(1).author.name,
    };
    let published = office.events.last().unwrap().time + 1;
    let registered = office.act(&bidder(1), register).unwrap();
    let bound = office.bind(&who, &bidder(2), Role::Bidder);
    let revoked = office.revoke(&who, &bidder(2), Role::Bidder);
    let gathered = vec![
        (Whose::Bidders, sessions(&bidder(1))),
        (Whose::Officials, sessions(&centre())),
    ];
    let [officials, bidders] = <[_; 2]>::try_from(office.sessions(gathered)).unwrap();
    let open = Reader {
        bids_since: published,
        ..reader()
    };
    let until = Some(Hidden::UntilDeadline);
    assert_eq!(hidden(&early, &open), None);
    // The registration, and that its authority is the organisation's own.
    assert_eq!(registered.len(), 2);
    for event in [&registered[0], &registered[1], &bound, &revoked, &bidders] {
        assert_eq!(hidden(event, &open), until, "{:?}", event.facts.what);
        assert_eq!(hidden(event, &reader()), None);
    }
    assert_eq!(hidden(&officials, &open), None);
    // An office is nobody's secret, whoever holds it.
    let bound = office.bind(&who, &supervisor(), Role::Supervisor);
    let revoked = office.revoke(&who, &supervisor(), Role::Supervisor);
    assert_eq!(
        (hidden(&bound, &open), hidden(&revoked, &open)),
        (None, None)
    );
}

#[test]
fn a_call_to_the_desk_is_the_callers_and_the_centres_for_ever() {
    let mut office = Office::default();
    let call = CallDesk {
        nonce: office.nonce(),
        project: None,
        text: "证书无法识别".into(),
    };
    let called = office.act(&bidder(1), call).unwrap().remove(0);
    assert_eq!(hidden(&called, &reader()), Some(Hidden::Desk));
}

#[test]
fn an_export_is_told_to_the_projects_own_supervisor_and_one_of_no_project_to_all() {
    let mut office = Office::default();
    let own = office.export(&centre(), Some(PROJECT));
    let other = office.export(&centre(), Some(ELSEWHERE));
    let whole = office.export(&supervisor(), None);
    assert_eq!(hidden(&own, &reader()), None);
    assert_eq!(hidden(&other, &reader()), Some(Hidden::OtherProject));
    assert_eq!(hidden(&whole, &reader()), None);
    // Whoever holds no office exports nothing.
    let act = Export {
        nonce: office.nonce(),
        project: None,
        what: Exported::Audit,
    };
    let refused = office.act(&bidder(1), act).unwrap_err();
    assert_eq!(refused.code, Code::NotPermitted);
}

#[test]
fn a_search_holds_in_every_part_and_finds_nothing_in_what_is_hidden() {
    let (mut office, who) = (Office::default(), administrator());
    office.bind(&who, &bidder(1), Role::Bidder);
    office.export(&centre(), Some(PROJECT));
    office.export(&centre(), Some(ELSEWHERE));
    office.run(&Command::Stopped).unwrap();
    office.sessions(vec![(Whose::Officials, sessions(&centre()))]);
    let events = office.events.clone();
    let found = |search: Search, shown: bool| {
        let found = events.iter().filter(|it| search.finds(it, shown));
        found.map(|it| it.facts.what.kind()).collect::<Vec<_>>()
    };
    let all = found(Search::default(), false);
    assert_eq!(
        all,
        [
            "role_bound",
            "authority_linked",
            "exported",
            "exported",
            "stopped",
            "sessions_noted"
        ]
    );
    let actor = |actor: &str| Search {
        actor: Some(actor.to_owned()),
        ..Search::default()
    };
    let exports = ["exported", "exported", "sessions_noted"];
    assert_eq!(found(actor("交易中心的人员"), true), exports);
    assert_eq!(
        found(actor(" Platform "), false),
        ["stopped", "sessions_noted"]
    );
    let code = bidder(1).author.organisation;
    assert_eq!(found(actor(&code.as_str().to_lowercase()), true).len(), 2);
    assert!(found(actor(code.as_str()), false).is_empty());
    let project = Search {
        project: Some(PROJECT.parse().unwrap()),
        ..Search::default()
    };
    assert_eq!(found(project.clone(), false), ["exported"]);
    let both = Search {
        kinds: BTreeSet::from(["stopped".to_owned()]),
        ..project
    };
    assert!(found(both, true).is_empty());
    let time = events[2].time;
    let span = Search {
        from: Some(time),
        to: Some(time + 1),
        ..Search::default()
    };
    assert_eq!(found(span, false), ["exported"]);
}

#[test]
fn a_project_takes_bids_from_its_publication_until_t0_has_passed() {
    use kaibiao_core::project::Project;
    use kaibiao_core::stream::Stream as _;
    let world = World::published();
    let summary = Project::summary(&world.state, &world.book);
    let t0 = summary.t0.unwrap();
    let since = summary.takes_bids_since(t0 - 1);
    assert_eq!(since, summary.published_at);
    assert!(since.is_some_and(|since| since < t0));
    // T0 is there, and time has not acted yet.
    assert_eq!(summary.takes_bids_since(t0), since);
    let mut world = World::published();
    world.submit(1, "1").unwrap();
    world.submit(2, "1").unwrap();
    world.submit(3, "1").unwrap();
    world.now = t0;
    world.tick();
    let summary = Project::summary(&world.state, &world.book);
    assert_eq!(summary.takes_bids_since(t0), None);
}

#[test]
fn every_kind_of_the_platforms_stream_is_in_the_specification() {
    const EVENTS: &str = include_str!("../../../../docs/spec/events.md");
    const READERS: &str = include_str!("../../../../docs/states/access.md");
    let own = EVENTS.split("## The platform's stream").nth(1).unwrap();
    for kind in What::KINDS {
        assert!(own.contains(&format!("`{kind}`")), "{kind}");
    }
    for hidden in [Hidden::UntilDeadline, Hidden::Desk, Hidden::OtherProject] {
        let name = serde_json::to_value(hidden).unwrap();
        assert!(READERS.contains(&format!("`{}`", name.as_str().unwrap())));
    }
}
