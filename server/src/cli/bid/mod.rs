//! `kaibiao bid`: everything a bidder does.

mod consortium;
mod online;
mod receipt;
mod recheck;
mod room;
mod sealing;

use clap::Subcommand;
use kaibiao_client::failure::Outcome;

use super::output::Output;

#[derive(Debug, Subcommand)]
pub enum BidCommand {
    /// 在本机密封投标文件 · seal a bid on this machine
    #[command(after_help = sealing::SEAL_EXAMPLES)]
    Seal(sealing::Seal),
    /// 查看投标文件的公开信息,不解密 · say what a sealed bid says openly
    #[command(after_help = "示例 · example:\n  kaibiao bid inspect 投标.kbid --check")]
    Inspect(sealing::Inspect),
    /// 预演解密:证书能否打开这份投标 · try, on this machine alone, whether a key will open the bid
    #[command(after_help = "示例 · examples:
  kaibiao bid rehearse 投标.kbid --key jia.p12
  kaibiao bid rehearse 投标.kbid --keyfile spare.kkey")]
    Rehearse(sealing::Rehearse),
    /// 提交或续传投标文件,取得回执 · submit, or go on with a cut upload, and get the receipt
    #[command(after_help = "示例 · example:\n  kaibiao bid submit 投标.kbid --key jia.p12")]
    Submit(online::SubmitArgs),
    /// 联合体牵头人生成待签文件 · as a consortium's lead, write the file that its members sign
    #[command(
        after_help = "示例 · example:\n  kaibiao bid joint 投标.kbid --member 91350100M000100Y43=某某设计院 --key lead.p12"
    )]
    Joint(consortium::JointArgs),
    /// 联合体成员签名 · as a member, sign the lead's submission
    #[command(
        after_help = "示例 · example:\n  kaibiao bid consent 投标.kbid.joint.json --key member.p12"
    )]
    Consent(consortium::ConsentArgs),
    /// 撤回投标(开标前) · withdraw, before T0
    #[command(after_help = "示例 · example:\n  kaibiao bid withdraw ID --lot 1 --key jia.p12")]
    Withdraw(online::OfLotArgs),
    /// 列出本单位的投标 · list one's own bids
    List(online::OfProject),
    /// 取得并核验回执及其证明,或离线核验 · fetch and verify receipt and proof, or check one offline
    #[command(after_help = receipt::EXAMPLES)]
    Receipt(receipt::ReceiptArgs),
    /// 核验截止声明后解密 · check the closing statement, then unlock
    #[command(after_help = "示例 · examples:
  kaibiao bid unlock 投标.kbid --key jia.p12
  kaibiao bid unlock 投标.kbid --key jia-new.p12 --keyfile spare.kkey   用备用密钥,新证书签名")]
    Unlock(online::UnlockArgs),
    /// 取得复核未开启投标所需的文件 · fetch what repeats the check that a bid failed
    #[command(
        after_help = "示例 · example:\n  kaibiao bid recheck-file ID --lot 1 --bid 摘要 --out 复核.json --key jia.p12"
    )]
    RecheckFile(recheck::FetchArgs),
    /// 离线复核投标为何未能开启 · repeat offline why a bid did not open
    #[command(after_help = "示例 · example:\n  kaibiao bid recheck 复核.json")]
    Recheck(recheck::RecheckArgs),
    /// 申请补救解密 · ask for a rescue
    AskRescue(online::WithReason),
    /// 授权代表签到 · sign the representative in
    #[command(
        after_help = "示例 · example:\n  kaibiao bid sign-in ID --lot 1 --name 张三 --phone 13800000000 --identity 居民身份证 --identity-number 1101… --key jia.p12"
    )]
    SignIn(room::SignInArgs),
    /// 确认本单位的唱标内容 · confirm one's own line
    Confirm(online::OfLotArgs),
    /// 对本单位的唱标内容有疑义 · dispute one's own line
    Dispute(online::WithText),
    /// 提出异议 · object
    Object(room::TextWithFiles),
    /// 单独给主持人发消息,记录公布前他人不可见 · write to the host alone, until the record
    Private(room::TextArgs),
    /// 表示无异议 · say that you have no objection
    NoObjection(online::OfLotArgs),
    /// 向主持人提问 · ask the host a question
    Question(room::TextArgs),
    /// 求助 · ask the centre's desk for help
    #[command(
        after_help = "示例 · example:\n  kaibiao bid help ID --lot 1 --text 解密没有反应 --diagnosis 投标.kbid.log --key jia.p12"
    )]
    Help(room::HelpArgs),
    /// 签署开标记录 · countersign the opening record
    Countersign(room::CountersignArgs),
    /// 评价服务,1 至 5 · rate the service, 1 to 5
    Rate(room::RateArgs),
}

pub async fn run(command: BidCommand, output: &Output) -> Outcome<()> {
    use BidCommand as C;
    match command {
        C::Seal(args) => sealing::seal(args, output).await,
        C::Inspect(args) => sealing::inspect(&args, output),
        C::Rehearse(args) => sealing::rehearse(&args, output),
        C::Submit(args) => online::submit(args, output).await,
        C::Joint(args) => consortium::joint(args, output).await,
        C::Consent(args) => consortium::consent(args, output).await,
        C::Withdraw(args) => online::withdraw(args, output).await,
        C::List(args) => online::list(args, output).await,
        C::Receipt(args) => receipt::receipt(args, output).await,
        C::Unlock(args) => online::unlock(args, output).await,
        C::RecheckFile(args) => recheck::fetch(args, output).await,
        C::Recheck(args) => recheck::recheck(&args, output),
        C::AskRescue(args) => online::ask_rescue(args, output).await,
        C::SignIn(args) => room::sign_in(args, output).await,
        C::Confirm(args) => online::confirm(args, output).await,
        C::Dispute(args) => online::dispute(args, output).await,
        C::Object(args) => room::object(args, output).await,
        C::Private(args) => room::private(args, output).await,
        C::NoObjection(of) => room::no_objection(of, output).await,
        C::Question(args) => room::question(args, output).await,
        C::Help(args) => room::help(args, output).await,
        C::Countersign(args) => room::countersign(args, output).await,
        C::Rate(args) => room::rate(args, output).await,
    }
}
