//! `kaibiao opening watch`: the live room, a line an event.

use std::ops::ControlFlow;

use clap::Args;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use kaibiao_api::{FeedItem, RoomMessage};
use kaibiao_client::failure::Outcome;
use kaibiao_client::room;
use serde_json::Value;

use super::output::Output;
use super::project::At;

#[derive(Debug, Args)]
#[command(after_help = "示例 · examples:
  kaibiao opening watch ID                      公众视角 as the public
  kaibiao opening watch ID --key bidder.p12     本人视角 as a participant
  kaibiao --json opening watch ID --until closed")]
pub struct WatchArgs {
    #[command(flatten)]
    at: At,
    /// 从本人消息流的第几条之后开始 · start after this item of one's own feed
    #[arg(long, default_value_t = 0)]
    after: u64,
    /// 收到此类事件后结束 · end after an event of this kind
    #[arg(long, value_name = "KIND")]
    until: Option<String>,
}

pub async fn run(args: WatchArgs, output: &Output) -> Outcome<()> {
    let project = args.at.project.to_string();
    let server = match args.at.connect.key {
        Some(_) => args.at.connect.session().await?.server,
        None => args.at.connect.server.connect()?,
    };
    room::follow(&server, &project, args.after, |message| {
        match &message {
            RoomMessage::Item(item) => {
                output.row(line(item));
                output.result(&message)?;
                if args.until.as_deref() == Some(item.kind.as_str()) {
                    return Ok(ControlFlow::Break(()));
                }
            }
            RoomMessage::Hello { length, .. } => output.say(
                format!("已进入现场,已有 {length} 条消息。"),
                format!("In the room; {length} items so far."),
            ),
            RoomMessage::Clock { .. } => {}
        }
        Ok(ControlFlow::Continue(()))
    })
    .await
}

/// `09:30:05  opened  标段 lot=1 …`
fn line(item: &FeedItem) -> String {
    let time = Timestamp::from_millisecond(item.time)
        .map(|at| {
            at.to_zoned(TimeZone::fixed(jiff::tz::offset(8)))
                .strftime("%H:%M:%S")
                .to_string()
        })
        .unwrap_or_default();
    let mut text = format!("{:>4}  {time}  {:<24}", item.n, item.kind);
    if let Value::Object(members) = &item.body {
        for (name, value) in members.iter().filter(|(_, value)| !value.is_null()) {
            let value = match value {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            let value: String = value.chars().take(80).collect();
            text.push_str(&format!(" {name}={value}"));
        }
    }
    text
}
