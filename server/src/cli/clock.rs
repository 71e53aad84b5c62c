//! `kaibiao account set-clock`: an administrator declares that the platform's clock
//! is right as it stands. It sets no clock; that is the operating system's.

use clap::Args;
use jiff::Timestamp;
use kaibiao_api::TimeView;
use kaibiao_client::failure::{Failure, Kind, Outcome};
use kaibiao_core::act::SetClock as Act;

use super::connect::{Connect, nonce, tell};
use super::output::Output;

/// How far the platform's clock may be from this machine's, in milliseconds.
const SAME: i64 = 5_000;

#[derive(Debug, Args)]
pub struct SetClock {
    #[command(flatten)]
    connect: Connect,
    /// 依据,将记录在案 · what it rests on; goes on record
    #[arg(long)]
    reason: String,
    /// 即使与本机时间不一致也确认 · even if this machine's clock shows another time
    #[arg(long)]
    anyway: bool,
}

pub async fn run(args: SetClock, output: &Output) -> Outcome<()> {
    let session = args.connect.session().await?;
    let told: TimeView = session.server.get("time").await?;
    let here = Timestamp::now().as_millisecond();
    output.say(
        format!(
            "平台系统时间 {},本机 {};平台时钟{}。",
            shown(told.wall),
            shown(here),
            if told.steady { "可信" } else { "存疑" }
        ),
        format!(
            "The platform's clock shows {}, this machine's {}; the platform's is {}.",
            shown(told.wall),
            shown(here),
            if told.steady { "believed" } else { "in doubt" }
        ),
    );
    if (told.wall - here).abs() > SAME && !args.anyway {
        return Err(Failure::new(
            Kind::Input,
            "clocks-differ",
            "两个时间相差超过 5 秒,未确认。请先校准平台或本机的系统时间;确知平台时间正确的,加 --anyway。",
            "The two clocks are more than 5 s apart, so nothing was confirmed. Set the wrong one right first; add --anyway if you know that the platform's is right.",
        ));
    }
    let act = Act {
        nonce: nonce(),
        time: told.wall,
        reason: args.reason,
    };
    let reply = session.act("", &act.into(), Vec::new()).await?;
    tell(&reply, output)
}

fn shown(millis: i64) -> String {
    Timestamp::from_millisecond(millis).map_or_else(|_| millis.to_string(), |at| at.to_string())
}
