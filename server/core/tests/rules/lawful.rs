//! What is served as lawful is what is decided, over arbitrary histories.

use std::collections::BTreeSet;

use kaibiao_core::act::*;
use kaibiao_core::command::{Actor, Checked, Clock};
use kaibiao_core::decide;
use kaibiao_core::event::Fault;
use kaibiao_core::ids::LotId;
use kaibiao_core::lawful::{Phase, Verdict, lawful, reached};
use kaibiao_core::refusal::RefusalCode;
use kaibiao_core::state::Stage;
use proptest::prelude::*;
use strum::VariantArray;

use crate::histories::{STARTS, steps};
use crate::world::*;

/// How many acts [`World::some_act`] knows that are served or could be.
const SOME: [usize; 36] = [
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 19, 20, 21, 22, 24, 25, 26, 28, 30, 31, 33, 34,
    35, 36, 42, 43, 44, 45, 46, 47, 48, 49,
];

impl World {
    /// Every plausible form of every act that is served, for a bidder of this
    /// number, or for all of them.
    fn candidates(&self, second: bool, numbers: &[usize]) -> Vec<(Act, Checked)> {
        let id = lot(if second { "2" } else { "1" });
        let mut acts = Vec::new();
        for number in numbers {
            for act in SOME {
                let (_, act, checked) = self.some_act(act, second, *number);
                acts.push((of_one_lot(act, &id), checked));
            }
            let party = self.party(*number, id.as_str());
            let lots = self.state.lots.get(&id);
            let bidder = party.and_then(|party| lots?.parties.get(&party));
            let bid = bidder.and_then(|it| it.live).unwrap_or(digest("none"));
            let nonce = self.nonce();
            let key = Checked::Key {
                failed: None,
                milliseconds: 1,
            };
            let secret = digest("b");
            let unlock = Unlock {
                nonce,
                lot: id.clone(),
                bid,
                key: secret,
            };
            acts.push((unlock.into(), key));
            for finding in [Finding::Forfeited, Finding::Returned, Finding::Open] {
                let Some(party) = party else { continue };
                let (lot, reason) = (id.clone(), String::from("理由"));
                let confirm = ConfirmFinding {
                    nonce,
                    lot: lot.clone(),
                    party,
                    finding,
                    others: Vec::new(),
                };
                let overrule = OverruleFinding {
                    nonce,
                    lot,
                    party,
                    finding,
                    reason,
                    others: Vec::new(),
                };
                acts.push((confirm.into(), Checked::Nothing));
                acts.push((overrule.into(), Checked::Nothing));
            }
        }
        acts.extend(self.on_faults(&id));
        acts.extend(
            self.course(&id)
                .into_iter()
                .map(|act| (act, Checked::Nothing)),
        );
        acts
    }

    /// A supervisor's rulings on what was found of custodians.
    fn on_faults(&self, id: &LotId) -> Vec<(Act, Checked)> {
        let releases = self.state.lots.get(id).into_iter();
        let releases = releases.flat_map(|lot| &lot.releases);
        let mut faults: Vec<_> = releases
            .flat_map(|(x, release)| {
                let faults = release.faults.iter();
                faults.map(|(bid, found)| (*x, *bid, found.fault))
            })
            .collect();
        if faults.is_empty() {
            faults.push((1, digest("none"), Fault::WrongShare));
        }
        let mut acts = Vec::new();
        for (x, bid, fault) in faults {
            let (nonce, lot) = (self.nonce(), id.clone());
            let confirm = ConfirmFault {
                nonce,
                lot: lot.clone(),
                x,
                bid,
                fault,
            };
            acts.push((confirm.into(), Checked::Nothing));
            for stands in [false, true] {
                let overrule = OverruleFault {
                    nonce,
                    lot: lot.clone(),
                    x,
                    bid,
                    stands,
                    reason: "理由".into(),
                };
                acts.push((overrule.into(), Checked::Nothing));
            }
        }
        acts
    }

    /// The acts that carry a lot on, and the answers to all that was asked.
    fn course(&self, id: &LotId) -> Vec<Act> {
        let (nonce, lot, lots) = (self.nonce(), id.clone(), vec![id.clone()]);
        let text = String::from("文字");
        let mut acts: Vec<Act> = vec![
            PublishList {
                nonce,
                lot: lot.clone(),
            }
            .into(),
            StartWindow {
                nonce,
                lots: lots.clone(),
                seconds: None,
            }
            .into(),
            Announce {
                nonce,
                lots: lots.clone(),
            }
            .into(),
            Extend {
                nonce,
                lots: lots.clone(),
                seconds: 1,
                reason: text.clone(),
            }
            .into(),
            CloseObjections { nonce, lots }.into(),
            OrderQuorum {
                nonce,
                lot: Some(lot.clone()),
                reason: text.clone(),
            }
            .into(),
        ];
        let Some(it) = self.state.lots.get(id) else {
            return acts;
        };
        let or_none = |mut seqs: Vec<u64>| {
            if seqs.is_empty() {
                seqs.push(1);
            }
            seqs
        };
        for objection in or_none(it.objections.keys().copied().collect()) {
            let (lot, text, attachments) = (lot.clone(), text.clone(), vec![]);
            let reply = Reply {
                nonce,
                lot,
                objection,
                text,
                attachments,
            };
            acts.push(reply.into());
        }
        let complaints = self.state.complaints.iter();
        let of_lot = complaints.filter(|(_, it)| it.lot == lot);
        for complaint in or_none(of_lot.map(|(seq, _)| *seq).collect()) {
            let reason = text.clone();
            let answer = AnswerComplaint {
                nonce,
                complaint,
                text: text.clone(),
                attachments: vec![],
            };
            let decline = DeclineComplaint {
                nonce,
                complaint,
                reason,
            };
            acts.push(TakeUpComplaint { nonce, complaint }.into());
            acts.push(decline.into());
            acts.push(answer.into());
        }
        for question in or_none(it.questions.keys().copied().collect()) {
            let (lot, text) = (lot.clone(), text.clone());
            let answer = Answer {
                nonce,
                lot,
                question,
                text,
            };
            acts.push(answer.into());
        }
        for help in or_none(it.helps.keys().copied().collect()) {
            let (lot, text) = (lot.clone(), text.clone());
            let answer = AnswerHelp {
                nonce,
                lot,
                help,
                text,
            };
            acts.push(answer.into());
        }
        acts
    }

    /// What would be answered to each candidate for one act.
    fn answers(
        &self,
        actor: &Actor,
        name: &str,
        candidates: &[(Act, Checked)],
    ) -> BTreeSet<Option<RefusalCode>> {
        let of_name = candidates.iter().filter(|(act, _)| act.name() == name);
        of_name
            .map(|(act, checked)| {
                let command = performed(actor, act.clone(), checked.clone());
                let answer = decide(&self.state, &self.book, &command, &self.context());
                answer.err().map(|refused| refused.refusal.code)
            })
            .collect()
    }

    fn serves_what_it_decides(&self) -> Result<(), TestCaseError> {
        let all = [1, 2, 3, 4, 5];
        let actors: [(Actor, &[usize]); 7] = [
            (host(), &all),
            (centre(), &all),
            (supervisor(), &all),
            (tenderer(), &all),
            (bidder(1), &all[..1]),
            (bidder(2), &all[1..2]),
            (bidder(9), &[9]),
        ];
        for (actor, numbers) in &actors {
            for second in [false, true] {
                let id = lot(if second { "2" } else { "1" });
                let served = lawful(actor, &self.state, &self.book, &id, self.now);
                let candidates = self.candidates(second, numbers);
                let names: BTreeSet<_> = candidates.iter().map(|(act, _)| act.name()).collect();
                for name in names {
                    let answers = self.answers(actor, name, &candidates);
                    match served.get(name) {
                        Some(Verdict::Allowed) => prop_assert!(
                            answers.contains(&None),
                            "{name} is served as lawful: {answers:?}"
                        ),
                        Some(Verdict::Refused(code)) => prop_assert!(
                            !answers.contains(&None) && answers.contains(&Some(*code)),
                            "{name} is served as {code:?}: {answers:?}"
                        ),
                        None => prop_assert!(
                            answers
                                .iter()
                                .all(|it| *it == Some(RefusalCode::NotPermitted)),
                            "{name} is not served: {answers:?}"
                        ),
                    }
                }
            }
        }
        Ok(())
    }
}

/// The same act for this lot, where it may be for another or for all, and for one bidder:
/// of several one that does not fit keeps the act from all.
fn of_one_lot(mut act: Act, id: &LotId) -> Act {
    match &mut act {
        Act::AllowSignIn(body) => body.others.clear(),
        Act::MarkDeposit(body) => body.others.clear(),
        Act::RefuseBid(body) => body.others.clear(),
        Act::MarkAbsence(body) => body.others.clear(),
        Act::ConfirmFinding(body) => body.others.clear(),
        Act::OverruleFinding(body) => body.others.clear(),
        _ => {}
    }
    match act {
        Act::Message(body) => Act::Message(Message {
            lot: Some(id.clone()),
            ..body
        }),
        act => act,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, max_shrink_iters: 300, ..ProptestConfig::default() })]

    #[test]
    fn what_is_served_as_lawful_is_what_is_decided(
        steps in steps(),
        masked in any::<bool>(),
        wait in prop_oneof![Just(0i64), Just(22 * HOUR)],
        start in 0..STARTS,
    ) {
        let mut world = World::published_as(|draft| {
            for lot in draft.lots.values_mut() {
                lot.policy.masked = masked;
            }
        });
        world.now += wait;
        world.reach(start);
        let half = steps.len() / 2;
        for (index, step) in steps.iter().enumerate() {
            world.take(step);
            if index == half || index + 1 == steps.len() {
                world.clock = Clock::Steady;
                world.tick();
                world.count += 1;
                world.serves_what_it_decides()?;
            }
        }
    }
}

#[test]
fn a_lot_stands_at_the_stage_it_came_to_when_it_ends_before_its_time() {
    let mut world = World::opened(3);
    world.ok(&supervisor(), |nonce| Terminate {
        nonce,
        lots: vec![lot("1")],
        reason: "停电".into(),
        ending: None,
    });
    assert_eq!(Phase::of(world.stage()), Phase::Ended);
    assert_eq!(reached(&world.book, &lot("1"), world.lot1()), Stage::Opened);
    let world = World::checking(2);
    assert_eq!(
        reached(&world.book, &lot("1"), world.lot1()),
        Stage::Checking
    );
}

#[test]
fn a_phase_is_ended_where_a_stage_is_an_end() {
    for stage in Stage::VARIANTS {
        assert_eq!(Phase::of(*stage) == Phase::Ended, stage.is_end());
    }
}
