//! `kaibiao replay`: the room of a bundle's past as somebody saw it, without a network.

use std::path::PathBuf;

use clap::Args;
use jiff::Timestamp;
use kaibiao_client::failure::{Failure, Kind, Outcome};
use kaibiao_core::player::Onlooker;
use kaibiao_verify::{At, Edition, NotReplayed, replay};

use super::output::Output;
use super::replay::show;

#[derive(Debug, Args)]
pub struct OfflineArgs {
    /// 证据包(.kev) · the bundle
    bundle: PathBuf,
    /// 事件号或时刻(RFC 3339);不写即最后 · an event's number, or an instant; the last event otherwise
    #[arg(long, value_name = "SEQ|TIME", value_parser = place)]
    at: Option<At>,
    /// 以谁的视角:supervisor、host、agency、centre、custodian:代码、bidder:代码、public;公开版只有 public
    /// · through whose eyes; of a public edition public alone
    #[arg(long = "as", value_name = "WHO")]
    onlooker: Option<Onlooker>,
}

/// An event's number, or an instant by RFC 3339.
fn place(text: &str) -> Result<At, String> {
    if text.bytes().all(|byte| byte.is_ascii_digit())
        && let Ok(seq) = text.parse()
    {
        return Ok(At::Seq(seq));
    }
    text.parse::<Timestamp>()
        .map(|instant| At::Instant(instant.as_millisecond()))
        .map_err(|_| {
            "应为事件号,或如 2026-11-28T06:40:00Z 的时刻 · an event's number, or an instant like that"
                .to_owned()
        })
}

/// Shows the room of a bundle at an instant.
pub fn run(args: OfflineArgs, output: &Output) -> Outcome<()> {
    let path = args.bundle.display();
    let bytes = std::fs::read(&args.bundle).map_err(|error| {
        Failure::new(
            Kind::Input,
            "bundle-unreadable",
            format!("不能读取 {path}:{error}。"),
            format!("{path} cannot be read: {error}."),
        )
    })?;
    let at = args.at.unwrap_or(At::Last);
    let played = replay(&bytes, at, args.onlooker).map_err(failure)?;
    show(&played.scene, output)?;
    if played.edition == Edition::Public {
        output.say(
            "这是公开版:公告、各阶段和数目如当时所见;投标人名称、唱标内容、发言、签到人不在其中(开标结果见包内的开标记录)。",
            "This is the public edition: notices, stages and counts as they were seen. Bidders' names, what was read out, what was said and who signed in are not in it (the record in the bundle has the result).",
        );
    }
    output.say(
        "重放不是核验:是否成立,请用 kaibiao-verify。",
        "A replay is no verification: whether the bundle holds, kaibiao-verify says.",
    );
    output.result(&played.scene)
}

fn failure(problem: NotReplayed) -> Failure {
    let (kind, code, zh, en) = match problem {
        NotReplayed::Unreadable(fault) => {
            let (code, place) = (fault.code, fault.place);
            return Failure::new(
                Kind::Input,
                &code,
                format!("不是可读的证据包:{place}。请重新下载。"),
                format!("This is no readable bundle: {place}. Download it again."),
            );
        }
        NotReplayed::Broken(seq) => {
            return Failure::new(
                Kind::Unproved,
                "stream-broken",
                format!("事件流到事件 {seq} 不成立。请用 kaibiao-verify 核验,并告知监督部门。"),
                format!(
                    "The stream does not hold at event {seq}. Check it with kaibiao-verify, and tell the supervisor."
                ),
            );
        }
        NotReplayed::NotThere => (
            Kind::Input,
            "no-such-event",
            "包内没有这个事件,或该时刻之前没有事件。请用包内的事件号或较晚的时刻。",
            "There is no such event in the bundle, or none by then. Take a number of the bundle, or a later instant.",
        ),
        NotReplayed::NoNotice => (
            Kind::Input,
            "notice-missing",
            "这份公开版由较早的版本制作,不含公告原文,无法重放。请使用监督版。",
            "This public edition was made by an earlier version and has not the notice's text, so it cannot be replayed. Take the supervisor's edition.",
        ),
        NotReplayed::Public => (
            Kind::Input,
            "edition-public",
            "公开版只能以 public 的视角重放。其他各方的视角需要监督版。",
            "A public edition is replayed as public alone. The others' views need the supervisor's edition.",
        ),
    };
    Failure::new(kind, code, zh, en)
}
