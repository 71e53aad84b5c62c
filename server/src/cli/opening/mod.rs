//! `kaibiao opening`: conducting an opening, for host, centre and supervisor.

mod again;
mod bidder;
mod custodian;
mod lots;
mod orders;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use kaibiao_core::act::{
    Absence, AbsenceFor, Act, AllowSignIn, Announce, Answer, AnswerHelp, Close, CloseObjections,
    ConfirmFinding, ConfirmationFor, CorrectRecord, Deposit, DepositFor, Finding, HandOver,
    LeaveFor, LiftMask, LineException, MarkAbsence, MarkDeposit, Message, Mute, OpenObjections,
    Operator, OverruleFinding, OverrulingFor, PrivateMessage, PublishList, RefusalFor, RefuseBid,
    Remark, RemarkLine, Reply, SignRecord, StartWindow, TakeOver, Unmute,
};
use kaibiao_core::ids::{LotId, Seconds, Seq};
use kaibiao_core::state::Stage;
use kaibiao_crypto::certificate::Certificate;
use serde_json::Value;

use self::bidder::{OfBidder, OfBidders};
use self::custodian::OnCustodian;
pub use self::lots::{OfLot, OfLots};
use self::orders::OrderCommand;
use super::connect::nonce;
use super::output::Output;
use super::project::{At, attach};
use super::record;
use super::reference;
use super::roots::now;
use super::text;
use kaibiao_client::failure::{Failure, Kind, Outcome};
use kaibiao_client::files;
use kaibiao_client::record::carried;

/// 开标现场 · the opening itself
#[derive(Debug, Subcommand)]
pub enum OpeningCommand {
    /// 登记保证金:paid 已缴、unpaid 未缴、guarantee 保函 · marks deposits
    #[command(
        after_help = "示例 · example:\n  kaibiao opening deposit ID --lot 1 --bidder 91350100M000100Y43 --bidder 91350200M000101Y15 --state paid --key host.p12"
    )]
    Deposit {
        #[command(flatten)]
        of: OfBidders,
        #[arg(long, value_parser = text::one_of::<Deposit>)]
        state: Deposit,
        #[arg(long, default_value = "")]
        note: String,
    },
    /// 拒收投标并说明理由 · refuses a bid, with a reason
    Refuse {
        #[command(flatten)]
        of: OfBidders,
        #[arg(long)]
        reason: String,
    },
    /// 允许开标后补签到 · lets a bidder sign in after T0
    AllowSignIn {
        #[command(flatten)]
        of: OfBidders,
        #[arg(long)]
        reason: String,
    },
    /// 公布投标人名单 · publishes the list of bidders
    List(OfLot),
    /// 启动解密窗口 · starts the unlocking window
    Start {
        #[command(flatten)]
        of: OfLots,
        /// 时长(秒),默认按条款 · its length in seconds; the terms' by default
        #[arg(long)]
        seconds: Option<Seconds>,
    },
    /// 延长解密窗口 · lengthens the window
    Extend {
        #[command(flatten)]
        of: OfLots,
        #[arg(long)]
        seconds: Seconds,
        #[arg(long)]
        reason: String,
    },
    /// 暂停 · suspends
    Suspend {
        #[command(flatten)]
        of: OfLots,
        #[arg(long)]
        reason: String,
    },
    /// 恢复(复会) · resumes
    Resume {
        #[command(flatten)]
        of: OfLots,
        #[arg(long, default_value = "")]
        reason: String,
    },
    /// 公布封存的最高投标限价或标底(开启之后、唱标之前)
    /// · reveals the sealed control price or base, once the bids are open
    #[command(
        after_help = "示例 · example:\n  kaibiao opening reveal-reference ID --lot 1 --file NUMBER-1.reference.json --key host.p12"
    )]
    RevealReference {
        #[command(flatten)]
        of: OfLot,
        /// 封存时保存的文件 · the file that was saved when it was sealed
        #[arg(long)]
        file: PathBuf,
    },
    /// 唱标 · announces the sheets
    Announce(OfLots),
    /// 解除名称隐藏 · shows names instead of codes
    LiftMask(OfLots),
    /// 开始异议时段 · opens the period for objections
    Objections {
        #[command(flatten)]
        of: OfLots,
        #[arg(long)]
        seconds: Option<Seconds>,
    },
    /// 结束异议时段 · closes it
    CloseObjections(OfLots),
    /// 答复异议 · answers an objection
    Reply {
        #[command(flatten)]
        to: Answering,
        /// 附件 · a file that goes with it
        #[arg(long = "attach", value_name = "FILE")]
        attachments: Vec<PathBuf>,
    },
    /// 答复提问 · answers a bidder's question
    Answer(Answering),
    /// 答复求助 · answers a help request
    AnswerHelp(Answering),
    /// 向全体发言 · speaks to the room
    Message {
        #[command(flatten)]
        at: At,
        #[arg(long)]
        text: String,
        #[arg(long)]
        lot: Option<LotId>,
    },
    /// 监督意见 · a supervisor's remark
    Remark {
        #[command(flatten)]
        at: At,
        #[arg(long)]
        text: String,
        #[arg(long)]
        lot: Option<LotId>,
    },
    /// 在某投标人一行加备注,可注明例外情况 · a remark on a bidder's line, with its exception
    #[command(
        after_help = "例外 · exceptions: contents-differ amounts-differ signature-missing incomplete over-control-price deposit-differs representative-absent representative-unverified other\n示例 · example:\n  kaibiao opening remark-line ID --lot 1 --bidder CODE --exception amounts-differ --text 大写少一字 --key host.p12"
    )]
    RemarkLine {
        #[command(flatten)]
        of: OfBidder,
        #[arg(long, value_parser = text::one_of::<LineException>)]
        exception: Option<LineException>,
        #[arg(long, default_value = "")]
        text: String,
    },
    /// 登记未到场原因 · notes why nobody attends for a bidder
    #[command(
        after_help = "原因 · reasons: unreachable network certificate late declined not-required other"
    )]
    MarkAbsence {
        #[command(flatten)]
        of: OfBidders,
        #[arg(long, value_parser = text::one_of::<Absence>)]
        absence: Absence,
        #[arg(long, default_value = "")]
        note: String,
    },
    /// 单独给一家投标人发消息,记录公布前仅双方和监督可见 · writes to one bidder alone, until the record
    Private {
        #[command(flatten)]
        of: OfBidder,
        #[arg(long)]
        text: String,
    },
    /// 暂停接受一家投标人的提问 · takes no more questions of a bidder
    Mute {
        #[command(flatten)]
        of: OfBidder,
        #[arg(long)]
        reason: String,
    },
    /// 恢复接受其提问 · takes them again
    Unmute {
        #[command(flatten)]
        of: OfBidder,
        #[arg(long, default_value = "")]
        reason: String,
    },
    /// 确认或推翻认定(监督) · confirms or overrules a finding (supervisor)
    #[command(
        after_help = "示例 · example:\n  kaibiao opening rule ID --lot 1 --bidder CODE --finding forfeited --key supervisor.p12\n  ... --finding returned --reason 平台故障   推翻 · overrules"
    )]
    Rule {
        #[command(flatten)]
        of: OfBidders,
        /// forfeited 撤销、returned 撤回
        #[arg(long, value_parser = text::one_of::<Finding>)]
        finding: Finding,
        /// 给出理由即为推翻 · a reason makes it an overruling
        #[arg(long)]
        reason: Option<String>,
    },
    /// 确认或推翻对保管人的认定(监督) · confirms or overrules what was found of a custodian
    /// (supervisor)
    #[command(
        after_help = "示例 · example:\n  kaibiao opening rule-custodian ID --lot 1 --custodian 2 --bid DIGEST --fault false_complaint --key supervisor.p12\n  ... --reason 网络故障所致   撤销认定 · lifts it\n  ... --reason 复核属实 --stands   恢复认定 · lets it stand again"
    )]
    RuleCustodian(OnCustodian),
    /// 监督命令 · a supervisor's orders
    #[command(subcommand)]
    Order(OrderCommand),
    /// 取开标记录 · fetches the opening record
    Record {
        #[command(flatten)]
        of: OfLot,
        /// 保存目录 · where to keep it
        #[arg(long, short, default_value = ".")]
        output: PathBuf,
        /// 等待其生成 · waits until it is made
        #[arg(long)]
        wait: bool,
    },
    /// 更正开标记录 · asks for a corrected record, linked to the old one
    Correct {
        #[command(flatten)]
        of: OfLot,
        #[arg(long)]
        text: String,
    },
    /// 签署开标记录 · signs the opening record
    Sign(OfLot),
    /// 结束开标 · closes
    Close(OfLots),
    /// 移交主持 · hands the operator's seat over
    Handover {
        #[command(flatten)]
        at: At,
        /// 接手人的证书 · the certificate of whoever takes over
        #[arg(long)]
        to: PathBuf,
        #[arg(long)]
        reason: String,
    },
    /// 交易中心接管主持 · the centre takes over
    Takeover {
        #[command(flatten)]
        at: At,
        #[arg(long)]
        reason: String,
    },
    /// 重放全部事件并核对;--steps 列出每一步,--at 还原某一时刻的开标厅(监督)
    /// · replays the whole stream and checks it; --steps lists it, --at shows the room at
    /// an instant (supervisor)
    #[command(
        after_help = "示例 · examples:\n  kaibiao opening replay ID --key supervisor.p12\n  kaibiao opening replay ID --steps --key supervisor.p12\n  kaibiao opening replay ID --at 57 --as bidder:91350100M000100Y43 --key supervisor.p12\n  kaibiao --json opening replay ID --at 2026-11-28T14:40:00+08:00 --as public --key supervisor.p12"
    )]
    Replay(super::replay::ReplayArgs),
    /// 跟随现场 · follows the room
    Watch(super::watch::WatchArgs),
}

#[derive(Debug, Args)]
pub struct Answering {
    #[command(flatten)]
    of: OfLot,
    /// 所答复事件的序号 · the number of the event that is answered
    #[arg(long)]
    event: Seq,
    #[arg(long)]
    text: String,
}

pub async fn run(command: OpeningCommand, output: &Output) -> Outcome<()> {
    use OpeningCommand as C;
    let nonce = nonce();
    match command {
        C::Deposit { of, state, note } => {
            of.perform(output, |lot, bidder, others| {
                Ok(MarkDeposit {
                    nonce,
                    lot,
                    party: bidder.party,
                    deposit: state,
                    others: others
                        .iter()
                        .map(|it| DepositFor {
                            party: it.party,
                            deposit: state,
                            note: note.clone(),
                        })
                        .collect(),
                    note,
                })
            })
            .await
        }
        C::Refuse { of, reason } => {
            of.perform(output, |lot, bidder, others| {
                Ok(RefuseBid {
                    nonce,
                    lot,
                    party: bidder.party,
                    bid: bidder.bid()?,
                    others: others
                        .iter()
                        .map(|it| {
                            Ok(RefusalFor {
                                party: it.party,
                                bid: it.bid()?,
                                reason: reason.clone(),
                            })
                        })
                        .collect::<Outcome<_>>()?,
                    reason,
                })
            })
            .await
        }
        C::AllowSignIn { of, reason } => {
            of.perform(output, |lot, bidder, others| {
                Ok(AllowSignIn {
                    nonce,
                    lot,
                    party: bidder.party,
                    others: others
                        .iter()
                        .map(|it| LeaveFor {
                            party: it.party,
                            reason: reason.clone(),
                        })
                        .collect(),
                    reason,
                })
            })
            .await
        }
        C::Rule {
            of,
            finding,
            reason,
        } => {
            of.perform(output, |lot, bidder, others| {
                let party = bidder.party;
                Ok::<Act, _>(match reason {
                    Some(reason) => OverruleFinding {
                        nonce,
                        lot,
                        party,
                        finding,
                        others: others
                            .iter()
                            .map(|it| OverrulingFor {
                                party: it.party,
                                finding,
                                reason: reason.clone(),
                            })
                            .collect(),
                        reason,
                    }
                    .into(),
                    None => ConfirmFinding {
                        nonce,
                        lot,
                        party,
                        finding,
                        others: others
                            .iter()
                            .map(|it| ConfirmationFor {
                                party: it.party,
                                finding,
                            })
                            .collect(),
                    }
                    .into(),
                })
            })
            .await
        }
        C::RuleCustodian(on) => on.perform(output).await,
        C::List(of) => {
            let act = PublishList {
                nonce,
                lot: of.lot.clone(),
            };
            let is_listed = |lot: &Value| lot["listed"] == true;
            again::perform(&of.at, &[of.lot], act, is_listed, output).await
        }
        C::Start { of, seconds } => {
            let act = |lots| StartWindow {
                nonce,
                lots,
                seconds,
            };
            of.reach_for(Stage::Unlocking, seconds, output, act).await
        }
        C::Extend {
            of,
            seconds,
            reason,
        } => of.extend(seconds, reason, output).await,
        C::Suspend { of, reason } => of.suspend(reason, output).await,
        C::Resume { of, reason } => of.resume(reason, output).await,
        C::Announce(of) => {
            of.reach(Stage::Announced, output, |lots| Announce { nonce, lots })
                .await
        }
        C::RevealReference { of, file } => reference::reveal(of, &file, output).await,
        C::LiftMask(of) => of.perform(output, |lots| LiftMask { nonce, lots }).await,
        C::Objections { of, seconds } => {
            let act = |lots| OpenObjections {
                nonce,
                lots,
                seconds,
            };
            of.reach_for(Stage::Objections, seconds, output, act).await
        }
        C::CloseObjections(of) => {
            of.reach(Stage::Signing, output, |lots| CloseObjections {
                nonce,
                lots,
            })
            .await
        }
        C::Reply { to, attachments } => {
            let at = &to.of.at;
            let session = at.connect.session().await?;
            let act = Reply {
                nonce,
                lot: to.of.lot.clone(),
                objection: to.event,
                text: to.text,
                attachments: attach(&session, &at.project, &attachments).await?,
            };
            at.perform_as(&session, act, output).await
        }
        C::Answer(to) => {
            let act = Answer {
                nonce,
                lot: to.of.lot,
                question: to.event,
                text: to.text,
            };
            to.of.at.perform(act, output).await
        }
        C::AnswerHelp(to) => {
            let act = AnswerHelp {
                nonce,
                lot: to.of.lot,
                help: to.event,
                text: to.text,
            };
            to.of.at.perform(act, output).await
        }
        C::Message { at, text, lot } => at.perform(Message { nonce, text, lot }, output).await,
        C::Remark { at, text, lot } => at.perform(Remark { nonce, text, lot }, output).await,
        C::RemarkLine {
            of,
            exception,
            text,
        } => {
            of.perform(output, |lot, bidder| {
                Ok(RemarkLine {
                    nonce,
                    lot,
                    party: bidder.party,
                    exception,
                    text,
                })
            })
            .await
        }
        C::MarkAbsence { of, absence, note } => {
            of.perform(output, |lot, bidder, others| {
                Ok(MarkAbsence {
                    nonce,
                    lot,
                    party: bidder.party,
                    absence,
                    others: others
                        .iter()
                        .map(|it| AbsenceFor {
                            party: it.party,
                            absence,
                            note: note.clone(),
                        })
                        .collect(),
                    note,
                })
            })
            .await
        }
        C::Private { of, text } => {
            of.perform(output, |lot, bidder| {
                Ok(PrivateMessage {
                    nonce,
                    lot,
                    party: Some(bidder.party),
                    text,
                })
            })
            .await
        }
        C::Mute { of, reason } => {
            of.perform(output, |lot, bidder| {
                Ok(Mute {
                    nonce,
                    lot,
                    party: bidder.party,
                    reason,
                })
            })
            .await
        }
        C::Unmute { of, reason } => {
            of.perform(output, |lot, bidder| {
                Ok(Unmute {
                    nonce,
                    lot,
                    party: bidder.party,
                    reason,
                })
            })
            .await
        }
        C::Order(command) => orders::run(command, output).await,
        C::Record {
            of,
            output: folder,
            wait,
        } => record::save(&of, &folder, wait, output).await,
        C::Correct { of, text } => {
            of.perform_on_record(output, |lot, record| CorrectRecord {
                nonce,
                record,
                lot,
                text,
            })
            .await
        }
        C::Sign(of) => {
            let session = of.at.connect.session().await?;
            let (record, bytes) = record::read(&session.server, &of).await?;
            let act = SignRecord {
                nonce,
                record,
                lot: of.lot,
                cms: carried(&bytes, session.signer(), now())?,
            };
            of.at.perform_as(&session, act, output).await
        }
        C::Close(of) => {
            of.reach(Stage::Closed, output, |lots| Close { nonce, lots })
                .await
        }
        C::Handover { at, to, reason } => {
            let act = HandOver {
                nonce,
                to: operator(&to)?,
                reason,
            };
            at.perform(act, output).await
        }
        C::Takeover { at, reason } => at.perform(TakeOver { nonce, reason }, output).await,
        C::Replay(args) => super::replay::run(args, output).await,
        C::Watch(watch) => super::watch::run(watch, output).await,
    }
}

fn operator(path: &Path) -> Outcome<Operator> {
    let not_a_certificate = || {
        Failure::new(
            Kind::Input,
            "not-a-certificate",
            format!("{} 不是证书。", path.display()),
            format!("{} is not a certificate.", path.display()),
        )
    };
    let bytes = files::read(path)?;
    let der = rustls::pki_types::pem::PemObject::from_pem_slice(&bytes)
        .map(|der: rustls::pki_types::CertificateDer<'_>| der.to_vec())
        .unwrap_or(bytes);
    let certificate = Certificate::parse(&der).map_err(|_| not_a_certificate())?;
    Ok(Operator {
        name: certificate.common_name().unwrap_or_default().to_owned(),
        certificate: certificate.digest(),
    })
}
