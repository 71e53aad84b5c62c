//! Any act, as plausible as can be.

use kaibiao_core::act::*;
use kaibiao_core::command::{Actor, Checked};
use kaibiao_core::event::Fault;
use kaibiao_core::ids::{LotId, Party};

use super::which;
use crate::world::*;

/// How many acts [`World::some_act`] knows.
pub const ACTS: usize = 54;

impl World {
    /// The act of this number, with its proper actor, as plausible as can be.
    pub fn some_act(&self, act: usize, second: bool, number: usize) -> (Actor, Act, Checked) {
        let nonce = self.nonce();
        let id = which(second);
        let lots = vec![id.clone()];
        let none = (Party([0; 16]), digest("none"));
        // Every third of the acts that can names another bidder too, or the same one twice.
        let another = self.someone(&id, number + 1).unwrap_or(none);
        let several = number.is_multiple_of(3);
        let (party, bid) = self.someone(&id, number).unwrap_or(none);
        let record = digest("record");
        let reason = String::from("理由");
        let text = String::from("文字");
        let asked = |which: fn(&kaibiao_core::state::Lot) -> Option<u64>| {
            self.state.lots.get(&id).and_then(which).unwrap_or(1)
        };
        let finding = if number.is_multiple_of(2) {
            Finding::Returned
        } else {
            Finding::Forfeited
        };
        let lot = id.clone();
        let nothing = Checked::Nothing;
        let (attachments, seconds) = (vec![], Some(600));
        let own = bidder(number);
        let h = host;
        let s = supervisor;
        match act {
            0 => (
                h(),
                Clarify {
                    nonce,
                    title: text.clone(),
                    text,
                    attachments,
                }
                .into(),
                nothing,
            ),
            1 => (
                h(),
                Postpone {
                    nonce,
                    t0: self.state.t0 + 60_000,
                    reason,
                }
                .into(),
                nothing,
            ),
            2 => (
                h(),
                Cancel {
                    nonce,
                    lot: Some(lot),
                    reason,
                }
                .into(),
                nothing,
            ),
            3 => {
                let links = self
                    .state
                    .lots
                    .get(&lot)
                    .and_then(|it| it.parties.get(&party));
                let sequence = links.map_or(1, |it| it.next_sequence());
                let previous = links.and_then(|it| it.last()).unwrap_or(bid);
                (
                    own,
                    Withdraw {
                        nonce,
                        lot,
                        sequence,
                        previous,
                    }
                    .into(),
                    nothing,
                )
            }
            4 => {
                let representative = Representative {
                    name: "张三".into(),
                    phone: "138".into(),
                    identity: "身份证".into(),
                    identity_number: "35".into(),
                    authorisation: None,
                };
                (
                    own,
                    SignIn {
                        nonce,
                        lot,
                        representative,
                    }
                    .into(),
                    nothing,
                )
            }
            5 => (
                h(),
                AllowSignIn {
                    nonce,
                    lot,
                    party,
                    reason,
                    others: several
                        .then(|| LeaveFor {
                            party: another.0,
                            reason: "理由".into(),
                        })
                        .into_iter()
                        .collect(),
                }
                .into(),
                nothing,
            ),
            6 => {
                let (name, certificate) = (h().author.person, h().author.certificate);
                let to = Operator { name, certificate };
                (h(), HandOver { nonce, to, reason }.into(), nothing)
            }
            7 => (centre(), TakeOver { nonce, reason }.into(), nothing),
            8 => {
                let deposit = Deposit::Paid;
                (
                    h(),
                    MarkDeposit {
                        nonce,
                        lot,
                        party,
                        deposit,
                        note: text,
                        others: several
                            .then(|| DepositFor {
                                party: another.0,
                                deposit,
                                note: String::new(),
                            })
                            .into_iter()
                            .collect(),
                    }
                    .into(),
                    nothing,
                )
            }
            9 => (
                h(),
                RefuseBid {
                    nonce,
                    lot,
                    party,
                    bid,
                    reason,
                    others: several
                        .then(|| RefusalFor {
                            party: another.0,
                            bid: another.1,
                            reason: "理由".into(),
                        })
                        .into_iter()
                        .collect(),
                }
                .into(),
                nothing,
            ),
            10 => (
                h(),
                Extend {
                    nonce,
                    lots,
                    seconds: 300,
                    reason,
                }
                .into(),
                nothing,
            ),
            11 => (
                s(),
                Suspend {
                    nonce,
                    lots,
                    reason,
                }
                .into(),
                nothing,
            ),
            12 => (
                s(),
                Resume {
                    nonce,
                    lots,
                    reason,
                }
                .into(),
                nothing,
            ),
            13 => (
                own,
                AskRescue {
                    nonce,
                    lot,
                    bid,
                    reason,
                }
                .into(),
                nothing,
            ),
            14 => (
                s(),
                OrderRescue {
                    nonce,
                    lot,
                    party,
                    bid,
                    reason,
                }
                .into(),
                nothing,
            ),
            15 => {
                let who = [h(), centre(), s()][number % 3].clone();
                let x = u8::try_from(number % 3).unwrap() + 1;
                let share = Share {
                    bid,
                    envelope: 0,
                    x,
                    share: record,
                };
                let checked = shares_checked(&[number != 5]);
                (who, Rescue { nonce, lot, share }.into(), checked)
            }
            16 => (
                s(),
                OrderQuorum {
                    nonce,
                    lot: None,
                    reason,
                }
                .into(),
                nothing,
            ),
            17 => (
                s(),
                ConfirmFinding {
                    nonce,
                    lot,
                    party,
                    finding,
                    others: several
                        .then_some(ConfirmationFor {
                            party: another.0,
                            finding,
                        })
                        .into_iter()
                        .collect(),
                }
                .into(),
                nothing,
            ),
            18 => (
                s(),
                OverruleFinding {
                    nonce,
                    lot,
                    party,
                    finding,
                    reason,
                    others: several
                        .then(|| OverrulingFor {
                            party: another.0,
                            finding,
                            reason: "理由".into(),
                        })
                        .into_iter()
                        .collect(),
                }
                .into(),
                nothing,
            ),
            19 => (h(), LiftMask { nonce, lots }.into(), nothing),
            20 => (own, Confirm { nonce, lot, bid }.into(), nothing),
            21 => (
                own,
                Dispute {
                    nonce,
                    lot,
                    bid,
                    text,
                }
                .into(),
                nothing,
            ),
            22 => (
                own,
                Object {
                    nonce,
                    lot,
                    text,
                    attachments,
                }
                .into(),
                nothing,
            ),
            23 => {
                let objection = asked(|it| it.objections.keys().last().copied());
                (
                    h(),
                    Reply {
                        nonce,
                        lot,
                        objection,
                        text,
                        attachments,
                    }
                    .into(),
                    nothing,
                )
            }
            24 => (
                h(),
                CorrectRecord {
                    nonce,
                    lot,
                    record,
                    text,
                }
                .into(),
                nothing,
            ),
            25 => (
                own,
                Countersign {
                    nonce,
                    lot,
                    record,
                    remark: text,
                    cms: None,
                }
                .into(),
                nothing,
            ),
            26 => (h(), Close { nonce, lots }.into(), nothing),
            27 => (
                own,
                Rate {
                    nonce,
                    score: 5,
                    comment: text,
                }
                .into(),
                nothing,
            ),
            28 => (
                own,
                Help {
                    nonce,
                    lot,
                    text,
                    diagnosis: String::new(),
                }
                .into(),
                nothing,
            ),
            29 => {
                let help = asked(|it| it.helps.keys().last().copied());
                (
                    centre(),
                    AnswerHelp {
                        nonce,
                        lot,
                        help,
                        text,
                    }
                    .into(),
                    nothing,
                )
            }
            30 => (
                h(),
                Message {
                    nonce,
                    text,
                    lot: None,
                }
                .into(),
                nothing,
            ),
            31 => (own, Question { nonce, lot, text }.into(), nothing),
            32 => {
                let question = asked(|it| it.questions.keys().last().copied());
                (
                    h(),
                    Answer {
                        nonce,
                        lot,
                        question,
                        text,
                    }
                    .into(),
                    nothing,
                )
            }
            33 => (
                s(),
                Remark {
                    nonce,
                    text,
                    lot: None,
                }
                .into(),
                nothing,
            ),
            34 => (
                s(),
                Terminate {
                    nonce,
                    lots,
                    reason,
                    ending: None,
                }
                .into(),
                nothing,
            ),
            35 => (
                h(),
                OpenObjections {
                    nonce,
                    lots,
                    seconds,
                }
                .into(),
                nothing,
            ),
            36 => (
                h(),
                SignRecord {
                    nonce,
                    lot,
                    record,
                    cms: None,
                }
                .into(),
                nothing,
            ),
            37 => (
                h(),
                EditDraft {
                    nonce,
                    draft: draft(),
                }
                .into(),
                nothing,
            ),
            38 => (
                h(),
                StartWindow {
                    nonce,
                    lots,
                    seconds,
                }
                .into(),
                nothing,
            ),
            42 => (
                h(),
                RemarkLine {
                    nonce,
                    lot,
                    party,
                    exception: Some(LineException::AmountsDiffer),
                    text,
                }
                .into(),
                nothing,
            ),
            44 => (
                h(),
                MarkAbsence {
                    nonce,
                    lot,
                    party,
                    absence: Absence::Network,
                    note: text,
                    others: several
                        .then(|| AbsenceFor {
                            party: another.0,
                            absence: Absence::Network,
                            note: String::new(),
                        })
                        .into_iter()
                        .collect(),
                }
                .into(),
                nothing,
            ),
            45 => (
                h(),
                PrivateMessage {
                    nonce,
                    lot,
                    party: Some(party),
                    text,
                }
                .into(),
                nothing,
            ),
            46 => (
                own,
                PrivateMessage {
                    nonce,
                    lot,
                    party: None,
                    text,
                }
                .into(),
                nothing,
            ),
            47 => (
                h(),
                Mute {
                    nonce,
                    lot,
                    party,
                    reason,
                }
                .into(),
                nothing,
            ),
            48 => (
                h(),
                Unmute {
                    nonce,
                    lot,
                    party,
                    reason,
                }
                .into(),
                nothing,
            ),
            43 => (own, NoObjection { nonce, lot }.into(), nothing),
            49 => (
                h(),
                crate::references::reveal_in(lot)(nonce).into(),
                nothing,
            ),
            39 | 40 => self.some_ruling(act == 39, &id, number),
            50..=53 => self.some_complaint(act - 1, lot, own),
            _ => {
                let organisation = own.author.organisation;
                let deposit = Deposit::Guarantee;
                let deposits = vec![DepositOf {
                    organisation,
                    deposit,
                }];
                (
                    machine(),
                    ImportDeposits {
                        nonce,
                        lot,
                        deposits,
                    }
                    .into(),
                    nothing,
                )
            }
        }
    }

    /// A complaint, or the supervisor's next word on the last one about the lot.
    fn some_complaint(&self, act: usize, lot: LotId, own: Actor) -> (Actor, Act, Checked) {
        let nonce = self.nonce();
        let all = self.state.complaints.iter();
        let of_lot = all.filter(|(_, it)| it.lot == lot).map(|(seq, _)| *seq);
        let complaint = of_lot.last().unwrap_or(1);
        let (actor, act) = match act {
            49 => (
                own,
                Complain {
                    nonce,
                    lot,
                    matter: Matter::Conduct,
                    request: "请求查处".into(),
                    text: "投诉内容".into(),
                    cites: vec![1],
                    attachments: vec![],
                }
                .into(),
            ),
            50 => (supervisor(), TakeUpComplaint { nonce, complaint }.into()),
            51 => {
                let reason = "不属于受理范围".into();
                let decline = DeclineComplaint {
                    nonce,
                    complaint,
                    reason,
                };
                (supervisor(), decline.into())
            }
            _ => {
                let answer = AnswerComplaint {
                    nonce,
                    complaint,
                    text: "处理决定".into(),
                    attachments: vec![],
                };
                (supervisor(), answer.into())
            }
        };
        (actor, act, Checked::Nothing)
    }

    /// A supervisor's ruling on one of the findings on custodians.
    fn some_ruling(&self, confirms: bool, id: &LotId, number: usize) -> (Actor, Act, Checked) {
        let (nonce, lot) = (self.nonce(), id.clone());
        let lots = self.state.lots.get(id).into_iter();
        let releases = lots.flat_map(|lot| &lot.releases);
        let faults: Vec<_> = releases
            .flat_map(|(x, release)| {
                let faults = release.faults.iter();
                faults.map(|(bid, found)| (*x, *bid, found))
            })
            .collect();
        let found = faults.get(number % faults.len().max(1));
        let none = (1, digest("none"), Fault::WrongShare, true);
        let (x, bid, fault, stands) =
            found.map_or(none, |(x, bid, it)| (*x, *bid, it.fault, it.stands));
        let act = if confirms {
            ConfirmFault {
                nonce,
                lot,
                x,
                bid,
                fault,
            }
            .into()
        } else {
            OverruleFault {
                nonce,
                lot,
                x,
                bid,
                stands: !stands,
                reason: "理由".into(),
            }
            .into()
        };
        (supervisor(), act, Checked::Nothing)
    }
}
