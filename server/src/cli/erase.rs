//! `kaibiao erase`: the details of one event, for good, because somebody has a right to
//! it (docs/spec/events.md, *Erased details*).

use clap::Args;
use kaibiao_client::failure::Outcome;
use kaibiao_core::act::EraseDetails;
use kaibiao_core::ids::{ProjectId, Seq};

use super::connect::{Connect, nonce};
use super::output::Output;

/// What is erased, and why.
#[derive(Debug, Args)]
#[command(
    after_help = "删除后不可恢复;摘要、证明和其余事件不受影响。备份中的副本须另行处理,见 docs/ops/running.md。
It cannot be undone; digests, proofs and all other events stay. Copies in backups are dealt with apart: docs/ops/running.md.

示例 · examples:
  kaibiao erase --key admin.p12 --project 0192f0c1-0000-7000-8000-000000000000 --event 57 --reason 个人信息保护法第四十七条 --request 2026年第3号申请
  kaibiao erase --key admin.p12 --platform --event 1203 --reason 保存期满 --request 2026年第4号申请"
)]
pub struct EraseArgs {
    #[command(flatten)]
    connect: Connect,
    /// 项目编号 · the project's id
    #[arg(long, value_name = "ID", required_unless_present = "platform")]
    project: Option<ProjectId>,
    /// 或者:平台自己的事件流 · or the platform's own stream
    #[arg(long, conflicts_with = "project")]
    platform: bool,
    /// 事件号 · the event's number
    #[arg(long, value_name = "SEQ")]
    event: Seq,
    /// 依据,将永久记录在案 · on which ground; stays on record for ever
    #[arg(long)]
    reason: String,
    /// 谁的请求,将永久记录在案;请尽量只写申请的编号
    /// · whose request; stays on record for ever: give the number under which it is filed
    #[arg(long)]
    request: String,
}

pub async fn run(args: EraseArgs, output: &Output) -> Outcome<()> {
    let stream = args
        .project
        .map_or_else(|| "platform".to_owned(), |id| id.to_string());
    let act = EraseDetails {
        nonce: nonce(),
        stream,
        event: args.event,
        reason: args.reason,
        request: args.request,
    };
    args.connect.perform("", act, output).await?;
    output.say(
        "详情已删除,并已记录在平台事件流中。早先的备份仍有副本,请按 docs/ops/running.md 处理。",
        "The details are erased, and the platform's stream says so. Earlier backups have them still: deal with those as docs/ops/running.md says.",
    );
    Ok(())
}
