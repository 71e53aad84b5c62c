//! From T0 to the result: the opening itself.

use std::time::Duration;

use kaibiao_client::failure::{Failure, Outcome};
use serde_json::Value;

use super::bidding::{Tender, seal_one, wait_for_t0};
use super::cast::{Cast, path};
use super::evidence::evidence;
use super::hall::Hall;
use super::stage::Stage;

/// Plays the opening to its end and returns the files of the record.
pub async fn opening(
    stage: &Stage,
    cast: &Cast,
    hall: &mut Hall,
    tender: &Tender,
) -> Outcome<Value> {
    let project = tender.project.as_str();
    stage.scene("等待开标", "Waiting for T0");
    let _room = stage.start(&cast.supervisor, &["opening", "watch", project], "│")?;
    let agent_key = cast.centre.folder.join("custody-JY-2026-0118");
    let _agent = stage.start(
        &cast.centre,
        &["custodian", "serve", project, "--custody", path(&agent_key)],
        "┆",
    )?;
    wait_for_t0(stage, hall, project).await?;
    stage.refused_late(cast, tender).await?;

    checking(stage, cast, hall, project).await?;
    unlocking(stage, cast, hall, tender).await?;
    stamped(stage, cast, hall, project).await?;
    releasing(stage, cast, hall, project).await?;
    announcing(stage, cast, hall, tender).await?;
    objections(stage, cast, project).await?;
    let record = signing(stage, cast, hall, project).await?;
    afterwards(stage, cast, hall, project).await?;
    evidence(stage, cast, hall, project).await?;
    Ok(record)
}

impl Stage {
    /// A bid sealed in time and handed in too late.
    async fn refused_late(&self, cast: &Cast, tender: &Tender) -> Outcome<()> {
        self.tell(
            "己在截止后才提交,被拒绝",
            "F hands in after the deadline and is refused",
        );
        let late = &cast.bidders[5];
        let bid = late.folder.join("late.kbid");
        seal_one(
            self,
            late,
            &tender.project,
            "1",
            &late.folder.join("sheet.json"),
            &bid,
        )
        .await?;
        self.refused(late, &["bid", "submit", path(&bid)], "late")
            .await
    }
}

async fn checking(stage: &Stage, cast: &Cast, hall: &Hall, project: &str) -> Outcome<()> {
    stage.scene(
        "核验:登记保证金,公布名单;标段 2 不足三家,不予开标",
        "Checking: deposits and the list; lot 2 has too few bids and stays sealed",
    );
    let states = ["paid", "paid", "guarantee", "paid", "paid"];
    for (bidder, state) in cast.bidders.iter().zip(states) {
        stage
            .run(
                &cast.agency,
                &[
                    "opening",
                    "deposit",
                    project,
                    "--lot",
                    "1",
                    "--bidder",
                    &bidder.code,
                    "--state",
                    state,
                ],
            )
            .await?;
    }
    stage
        .run(
            &cast.agency,
            &[
                "opening",
                "message",
                project,
                "--text",
                "各投标人请准备好证书,解密即将开始。",
            ],
        )
        .await?;
    let asked = stage
        .run(
            &cast.bidders[1],
            &[
                "bid",
                "question",
                project,
                "--lot",
                "1",
                "--text",
                "解密窗口预计多长?",
            ],
        )
        .await?;
    let event = last_event(&asked);
    stage
        .run(
            &cast.agency,
            &[
                "opening",
                "answer",
                project,
                "--lot",
                "1",
                "--event",
                &event,
                "--text",
                "六十秒,可视情况延长。",
            ],
        )
        .await?;
    stage
        .run(&cast.agency, &["opening", "list", project, "--lot", "1"])
        .await?;
    hall.until(project, "lot 2 failed", Duration::from_secs(30), |view| {
        view["lots"]["2"]["stage"] == "failed_few_bids"
    })
    .await
}

async fn unlocking(stage: &Stage, cast: &Cast, hall: &Hall, tender: &Tender) -> Outcome<()> {
    let project = tender.project.as_str();
    stage.scene(
        "解密:先核对截止声明与本人投标,再交出密钥",
        "Unlocking: each client checks the closing statement and its own inclusion first",
    );
    let [a, b, c, _, e, _] = &cast.bidders[..] else {
        return Err(Failure::unexpected("there are six bidders"));
    };
    let start = ["opening", "start", project, "--lot", "1"];
    stage.run_when(&cast.agency, &start, "not-cosigned").await?;
    stage
        .run(a, &["bid", "unlock", path(&tender.bids[0])])
        .await?;

    stage.tell("乙先用错了密钥", "B tries a wrong key first");
    let replaced = b.folder.join("bid2.kbid");
    stage
        .refused(
            b,
            &["bid", "unlock", path(&replaced), "--wrong-key"],
            "wrong-key",
        )
        .await?;
    stage.run(b, &["bid", "unlock", path(&replaced)]).await?;

    stage.tell(
        "丙求助,监督与中心看到诊断,窗口延长",
        "C asks for help, and the window is extended",
    );
    stage
        .run(
            c,
            &[
                "bid",
                "help",
                project,
                "--lot",
                "1",
                "--text",
                "证书介质刚刚无法识别,正在重插",
            ],
        )
        .await?;
    stage
        .run(
            &cast.agency,
            &[
                "opening",
                "extend",
                project,
                "--lot",
                "1",
                "--seconds",
                "10",
                "--reason",
                "投标人丙求助,延长十秒",
            ],
        )
        .await?;
    stage
        .run(c, &["bid", "unlock", path(&tender.bids[2])])
        .await?;

    stage.tell("戊改用备用密钥文件", "E unlocks with its spare key file");
    stage
        .run(
            e,
            &[
                "bid",
                "unlock",
                path(&tender.bids[4]),
                "--keyfile",
                path(&tender.spare),
            ],
        )
        .await?;
    stage.tell(
        "丁始终没有解密;等待窗口结束",
        "D never unlocks; the window runs out",
    );
    hall.until(project, "window over", Duration::from_mins(3), |view| {
        view["lots"]["1"]["stage"] != "unlocking"
    })
    .await
}

/// The supervisor keeps the time stamp over the checkpoint of the closing statement.
async fn stamped(stage: &Stage, cast: &Cast, hall: &Hall, project: &str) -> Outcome<()> {
    let Some(stamper) = &hall.stamper else {
        return Ok(());
    };
    stage.tell(
        "监督保存截标检查点的时间戳,不经平台即可核验",
        "The supervisor keeps the stamp over the closing checkpoint, and checks it without the platform",
    );
    let save = ["timestamp", "save", "--project", project, "-o", "closing"];
    stage
        .run_when(&cast.supervisor, &save, "timestamp-missing")
        .await?;
    let verify = ["timestamp", "verify", "closing.tsr", "--file", "closing"];
    let verify = [&verify[..], &["--root", path(&stamper.root)]].concat();
    stage.run(&cast.supervisor, &verify).await?;
    Ok(())
}

async fn releasing(stage: &Stage, cast: &Cast, hall: &Hall, project: &str) -> Outcome<()> {
    stage.scene(
        "释放:保管人各自核验后交出本项目的份额,三取二",
        "Releasing: custodians check for themselves and release; two of three suffice",
    );
    let key = cast.supervisor.folder.join("custody-JY-2026-0118");
    let release = ["custodian", "release", project, "--lot", "1", "--custody"];
    let release = [&release[..], &[path(&key)]].concat();
    stage
        .run_when(&cast.supervisor, &release, "log-quorum")
        .await?;
    hall.until(project, "opened", Duration::from_mins(2), |view| {
        view["lots"]["1"]["stage"] == "opened"
    })
    .await
}

async fn announcing(stage: &Stage, cast: &Cast, hall: &Hall, tender: &Tender) -> Outcome<()> {
    let project = tender.project.as_str();
    stage.scene(
        "认定与唱标",
        "The finding on the silent bidder, and the announcing",
    );
    let silent = &cast.bidders[3];
    stage
        .run(
            &cast.supervisor,
            &[
                "opening",
                "rule",
                project,
                "--lot",
                "1",
                "--bidder",
                &silent.code,
                "--finding",
                "forfeited",
            ],
        )
        .await?;
    stage
        .run(
            &cast.agency,
            &["opening", "announce", project, "--lot", "1"],
        )
        .await?;
    let view = hall.view(project).await?;
    for party in view["lots"]["1"]["parties"]
        .as_array()
        .into_iter()
        .flatten()
    {
        let name = party["name"].as_str().unwrap_or_default();
        match party["sheet"]["price"]
            .as_str()
            .and_then(|fen| fen.parse::<u64>().ok())
        {
            Some(fen) => stage.print(&format!(
                "      {name}  报价 {}.{:02} 元  工期 {} 天  {}",
                fen / 100,
                fen % 100,
                party["sheet"]["days"],
                party["sheet"]["manager"].as_str().unwrap_or_default(),
            )),
            None => stage.print(&format!(
                "      {name}  未解密 {}",
                party["finding"]["finding"]
            )),
        }
    }
    for (place, bidder) in cast.bidders.iter().enumerate() {
        match place {
            0 | 2 => {
                stage
                    .run(bidder, &["bid", "confirm", project, "--lot", "1"])
                    .await?;
            }
            4 => {
                stage
                    .run(
                        bidder,
                        &[
                            "bid",
                            "dispute",
                            project,
                            "--lot",
                            "1",
                            "--text",
                            "工期应以投标函为准,请记录",
                        ],
                    )
                    .await?;
            }
            _ => {}
        }
    }
    Ok(())
}

async fn objections(stage: &Stage, cast: &Cast, project: &str) -> Outcome<()> {
    stage.scene("异议与答复", "An objection, and its answer");
    let host = &cast.agency;
    stage
        .run(host, &["opening", "objections", project, "--lot", "1"])
        .await?;
    let raised = stage
        .run(
            &cast.bidders[2],
            &[
                "bid",
                "object",
                project,
                "--lot",
                "1",
                "--text",
                "请说明投标人乙替换投标文件的时间是否在截止之前。",
            ],
        )
        .await?;
    let event = last_event(&raised);
    stage
        .run(
            host,
            &[
                "opening",
                "reply",
                project,
                "--lot",
                "1",
                "--event",
                &event,
                "--text",
                "替换的受理时间见其回执,在投标截止之前,现场已公示。",
            ],
        )
        .await?;
    stage
        .run(
            &cast.supervisor,
            &[
                "opening",
                "remark",
                project,
                "--text",
                "本次开标过程已全程监督。",
            ],
        )
        .await?;
    stage
        .run(
            host,
            &["opening", "close-objections", project, "--lot", "1"],
        )
        .await
        .map(|_| ())
}

async fn signing(stage: &Stage, cast: &Cast, hall: &mut Hall, project: &str) -> Outcome<Value> {
    stage.scene(
        "开标记录:由事件生成,排版为 PDF,签署后归档",
        "The record: made from the events, typeset, signed",
    );
    let record = [
        "opening", "record", project, "--lot", "1", "--wait", "--output",
    ];
    let folder = path(&stage.folder);
    let saved = stage
        .run(&cast.agency, &[&record[..], &[folder]].concat())
        .await?;
    stage
        .run(&cast.agency, &["opening", "sign", project, "--lot", "1"])
        .await?;
    for place in [0, 1, 2, 4] {
        stage
            .run(
                &cast.bidders[place],
                &["bid", "countersign", project, "--lot", "1"],
            )
            .await?;
    }
    stage
        .run(&cast.agency, &["opening", "close", project, "--lot", "1"])
        .await?;
    stage.tell("等待结果推送到交易平台", "the result leaves by webhook");
    let result = hall.result("project.closed").await?;
    stage.print(&format!(
        "      ← {} 外部编号 {},签名核验通过 · signature holds",
        result["type"].as_str().unwrap_or_default(),
        result["data"]["external_id"].as_str().unwrap_or_default(),
    ));
    for file in saved["files"].as_array().into_iter().flatten() {
        stage.print(&format!(
            "   开标记录 · record: {}",
            file.as_str().unwrap_or_default()
        ));
    }
    Ok(saved["files"].clone())
}

async fn afterwards(stage: &Stage, cast: &Cast, hall: &Hall, project: &str) -> Outcome<()> {
    stage.scene(
        "事后:重放全部事件,得到同一状态",
        "Afterwards: the whole stream is replayed to the same state",
    );
    let replayed = stage
        .run(&cast.supervisor, &["opening", "replay", project])
        .await?;
    let view = hall.view(project).await?;
    let same = replayed["lots"].as_object().is_some_and(|lots| {
        !lots.is_empty()
            && lots
                .iter()
                .all(|(lot, stage)| view["lots"][lot]["stage"] == *stage)
    });
    stage.print(&format!(
        "      {} 个事件 events,树根 root {},状态摘要 state {}",
        replayed["events"],
        replayed["root"].as_str().unwrap_or_default(),
        replayed["state"].as_str().unwrap_or_default()
    ));
    if same && view["lots"]["1"]["stage"] == "closed" {
        Ok(())
    } else {
        Err(Failure::unexpected("the replay came to another state"))
    }
}

/// The number of the last event that an act caused.
fn last_event(reply: &Value) -> String {
    let events = reply["events"].as_array();
    let last = events.and_then(|events| events.last()?["seq"].as_u64());
    last.unwrap_or_default().to_string()
}
