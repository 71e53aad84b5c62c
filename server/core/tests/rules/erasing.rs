//! Whose details may be erased, and what rests on them.

use kaibiao_core::act::*;
use kaibiao_core::erasure::{Erasable, Trial, could_be_erased};
use kaibiao_core::event::{Recorded, What};
use kaibiao_core::project::Project;
use kaibiao_core::refusal::RefusalCode as Code;
use kaibiao_core::state::Stage;

use crate::world::*;

impl World {
    fn last(&self) -> &Recorded {
        self.stream.last().unwrap()
    }

    fn erasable(&self, of: &Recorded) -> Result<(), Code> {
        Project::may_be_erased(&self.state, of, of.time)
    }

    fn trial(&self, of: &Recorded) -> bool {
        let mut trial = Trial::<Project>::of(of.seq);
        self.stream.iter().cloned().for_each(|it| trial.add(it));
        trial.holds()
    }
}

#[test]
fn a_complaint_is_erased_once_it_is_decided_and_the_project_has_ended() {
    let mut world = World::checking(3);
    world.ok(&bidder(1), |nonce| Complain {
        nonce,
        lot: lot("1"),
        matter: Matter::Collusion,
        request: "请求查处".into(),
        text: "两家投标人的代表是同一人".into(),
        cites: vec![],
        attachments: vec![],
    });
    let complaint = world.last().clone();
    assert_eq!(world.erasable(&complaint), Err(Code::EraseEarly));
    let number = complaint.seq;
    world.ok(&supervisor(), |nonce| DeclineComplaint {
        nonce,
        complaint: number,
        reason: "不属于受理范围".into(),
    });
    let declined = world.last().clone();
    assert_eq!(world.erasable(&complaint), Err(Code::EraseEarly));
    world.ok(&supervisor(), |nonce| Terminate {
        nonce,
        lots: vec![lot("1")],
        reason: "停电".into(),
        ending: None,
    });
    while world.wait() {}
    // The record of the terminated lot is still to be made.
    assert_eq!(world.erasable(&complaint), Err(Code::EraseEarly));
    assert!(could_be_erased(&world.state, &complaint));
    assert!(world.trial(&complaint) && world.trial(&declined));
}

#[test]
fn nothing_that_a_record_or_a_judgement_rests_on_is_erased() {
    let mut world = World::signing(3);
    let said: Vec<Recorded> = world.stream.clone();
    while world.wait() {}
    assert_eq!(world.stage(), Stage::Closed);
    for event in &said {
        let code = world.erasable(event).unwrap_err();
        assert!(
            matches!(code, Code::NotErasable | Code::KeptInRecord),
            "{}",
            event.facts.what.kind()
        );
        assert!(!could_be_erased(&world.state, event));
    }
    // On a publication the book rests too.
    let published = |it: &&Recorded| matches!(it.facts.what, What::Published { .. });
    assert!(!world.trial(said.iter().find(published).unwrap()));
}
