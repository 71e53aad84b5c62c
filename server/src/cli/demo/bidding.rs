//! From the import to T0: the tender is published, bids are sealed, handed in,
//! replaced, withdrawn and refused.

use std::path::PathBuf;
use std::time::Duration;

use kaibiao_client::failure::{Failure, Outcome};
use kaibiao_client::files::{self, Readers};
use serde_json::Value;
use tokio::process::Child;

use super::cast::{CA, Cast, path};
use super::hall::Hall;
use super::papers::write_pdf;
use super::stage::{Person, Stage};
use super::tender;

/// Seconds from the import to the first T0.
const LEAD: i64 = 60;
/// The window's usual length in seconds.
const WINDOW: u32 = 60;
const MB: u64 = 1_000_000;

/// The published project, and the bids by their bidders' places in the cast.
pub struct Tender {
    pub project: String,
    /// For lot 1, in the order of the cast; the last one was withdrawn.
    pub bids: Vec<PathBuf>,
    /// The spare key file of the fifth bidder.
    pub spare: PathBuf,
}

pub async fn bidding(stage: &Stage, cast: &Cast, hall: &Hall) -> Outcome<Tender> {
    stage.scene(
        "交易平台导入项目,代理机构补充并发布",
        "The transaction platform imports the project; the agency completes and publishes it",
    );
    let project = publish(
        stage,
        cast,
        hall,
        "JY-2026-0118",
        "临江二中扩建工程",
        LEAD,
        WINDOW,
    )
    .await?;

    stage.scene(
        "各投标人在本机密封投标文件",
        "Bidders seal their bids on their own machines",
    );
    let (bids, spare) = seal_all(stage, cast, &project).await?;

    stage.scene(
        "澄清与延期:已密封的投标不受影响",
        "A clarification and a postponement: sealed bids stand",
    );
    let host = &cast.agency;
    stage
        .run(
            host,
            &[
                "project",
                "clarify",
                &project,
                "--title",
                "关于工期",
                "--text",
                "工期以日历天计,自开工令之日起算。",
            ],
        )
        .await?;
    stage
        .run(
            host,
            &[
                "project",
                "postpone",
                &project,
                "--t0",
                "+5s",
                "--reason",
                "给投标人留出阅读澄清的时间",
            ],
        )
        .await?;

    stage.scene(
        "预演、提交、替换、撤回",
        "Rehearsing, submitting, replacing, withdrawing",
    );
    submit_all(stage, cast, hall, &project, &bids).await?;

    stage.scene(
        "不合格的投标被拒绝,每个拒绝都说明原因",
        "What is not a proper bid is refused, and told why",
    );
    refuse_wrong_ones(stage, cast, hall, &project).await?;
    Ok(Tender {
        project,
        bids,
        spare,
    })
}

/// A second project, some minutes away, for whoever is at a browser or at the
/// terminal. Two custodians' agents attend; they are returned to be kept.
pub async fn invite(stage: &Stage, cast: &Cast, hall: &Hall) -> Outcome<Vec<Child>> {
    stage.scene("第二个项目:请亲自参与", "A second project: take part in it");
    let (number, minutes) = ("JY-2026-0119", 10);
    let title = "临江二中食堂改造工程";
    let project = publish(stage, cast, hall, number, title, minutes * 60, 600).await?;
    let mut agents = Vec::new();
    for custodian in [&cast.centre, &cast.supervisor] {
        let custody = custodian.folder.join(format!("custody-{number}"));
        let arguments = ["custodian", "serve", &project, "--custody", path(&custody)];
        agents.push(stage.start(custodian, &arguments, "┆")?);
    }
    let bidder = &cast.bidders[0];
    stage.print(&format!(
        "
   {minutes} 分钟后开标 · opens in {minutes} minutes

   浏览器 · in a browser: {url}
     证书登录:选择 {folder}/<名字>/key.p12,口令见同一目录的 passphrase 文件
     log in with anybody's key.p12; the passphrase is in the file beside it
       a … f 投标人 bidders    agency 主持人 host    centre 交易中心 centre
       supervisor 行政监督 supervisor    administrator 中心管理员 administrator
     投标时选用的信任根证书 · the trusted root to seal under: {root}
     投标文件 · documents to offer: {document}
     换角色请用另一个浏览器或无痕窗口 · for another role use another browser or a private window

   终端 · in another terminal:
     export KAIBIAO_SERVER={url} KAIBIAO_CA={trust}
     export KAIBIAO_KEY={key} KAIBIAO_PASSPHRASE_FILE={passphrase}
     kaibiao project show {project}
     kaibiao bid seal --terms {url} --project {project} --lot 1 --sheet {sheet} --document {document} -o my.kbid
     kaibiao bid submit my.kbid
     kaibiao opening watch {project}

   接口文档 · API: {url}/docs    停止 · stop: Ctrl-C",
        url = stage.url,
        trust = stage.folder.join("trust").display(),
        root = stage.folder.join("trust").join(format!("{CA}.pem")).display(),
        key = bidder.key.display(),
        passphrase = bidder.folder.join("passphrase").display(),
        sheet = bidder.folder.join("sheet.json").display(),
        document = bidder.folder.join("technical.pdf").display(),
        folder = stage.folder.display(),
    ));
    Ok(agents)
}

/// Imports the tender, completes it, has the custodians' keys certified and
/// publishes it.
async fn publish(
    stage: &Stage,
    cast: &Cast,
    hall: &Hall,
    number: &str,
    title: &str,
    lead: i64,
    window: u32,
) -> Outcome<String> {
    let t0 = hall.now().await? + lead * 1000;
    let mut draft = tender::draft(cast, number, number, title, t0, window, stage.suite)?;
    let file = cast.machine.folder.join(format!("{number}.json"));
    write_json(&file, &draft)?;
    let created = stage
        .run(&cast.machine, &["project", "import", "--file", path(&file)])
        .await?;
    stage.tell(
        "同一编号再次导入,得到同一项目",
        "importing it again gives the same project",
    );
    let again = stage
        .run(&cast.machine, &["project", "import", "--file", path(&file)])
        .await?;
    if created["id"] != again["id"] {
        return Err(Failure::unexpected("an import was not idempotent"));
    }
    let project = created["id"].as_str().unwrap_or_default().to_owned();
    draft["notice"] =
        Value::from("开标一览表公开字段在唱标时公布;技术文件不公开。本项目见证法定数为 0。");
    let file = cast.agency.folder.join(format!("{number}.json"));
    write_json(&file, &draft)?;
    stage
        .run(
            &cast.agency,
            &["project", "edit", &project, "--file", path(&file)],
        )
        .await?;
    stage.tell(
        "三个保管人各自在本机生成本项目的密钥,三取二即可开启",
        "three custodians make their keys for this project, each on its own machine; two of three open",
    );
    for custodian in [&cast.agency, &cast.centre, &cast.supervisor] {
        let key = custodian.folder.join(format!("custody-{number}"));
        stage
            .run(
                custodian,
                &["custodian", "key", &project, "--custody", path(&key)],
            )
            .await?;
    }
    stage
        .run(&cast.agency, &["project", "publish", &project])
        .await?;
    Ok(project)
}

async fn seal_all(stage: &Stage, cast: &Cast, project: &str) -> Outcome<(Vec<PathBuf>, PathBuf)> {
    let spare = cast.bidders[4].folder.join("spare.key.json");
    stage
        .run(
            &cast.bidders[4],
            &[
                "keyfile",
                "new",
                "--suite",
                stage.suite.name(),
                "--output",
                path(&spare),
            ],
        )
        .await?;
    let large = stage.large * MB;
    let offers: [(u64, u32, &str, u64); 6] = [
        (798_500_000, 210, "吴海", large),
        (815_000_000, 200, "郑青", 4 * MB),
        (779_900_000, 220, "黄蓉生", 3 * MB),
        (825_000_000, 195, "徐立", 5 * MB),
        (802_300_000, 205, "蔡知行", 6 * MB),
        (840_000_000, 190, "江雨", 2 * MB),
    ];
    let mut bids = Vec::new();
    for (place, (bidder, (fen, days, manager, size))) in (0..).zip(cast.bidders.iter().zip(offers))
    {
        let sheet = bidder.folder.join("sheet.json");
        write_json(&sheet, &tender::sheet(fen, days, manager, "3.25"))?;
        let paper = |name: &str, size: u64| -> Outcome<PathBuf> {
            let file = bidder.folder.join(name);
            write_pdf(&file, name, size, 7 + place)
                .map_err(|error| Failure::file(&file, &error))?;
            Ok(file)
        };
        let technical = paper("technical.pdf", 2 * MB)?;
        let drawings = paper("drawings.pdf", size)?;
        let bid = bidder.folder.join("bid.kbid");
        let mut arguments = vec![
            "bid",
            "seal",
            "--terms",
            &stage.url,
            "--project",
            project,
            "--lot",
            "1",
            "--sheet",
            path(&sheet),
            "--document",
            path(&technical),
            "--document",
            path(&drawings),
            "--output",
            path(&bid),
        ];
        if place == 4 {
            arguments.extend(["--spare", path(&spare)]);
        }
        stage.run(bidder, &arguments).await?;
        bids.push(bid);
    }
    Ok((bids, spare))
}

async fn submit_all(
    stage: &Stage,
    cast: &Cast,
    hall: &Hall,
    project: &str,
    bids: &[PathBuf],
) -> Outcome<()> {
    let [a, b, _, _, _, f] = &cast.bidders[..] else {
        return Err(Failure::unexpected("there are six bidders"));
    };
    for (bidder, bid) in cast.bidders.iter().zip(bids) {
        stage.run(bidder, &["bid", "rehearse", path(bid)]).await?;
    }
    stage.tell(
        "甲的上传在中途断线,续传完成",
        "A's upload is cut half way, and goes on",
    );
    let half = (stage.large * MB / 2).to_string();
    stage
        .refused(
            a,
            &["bid", "submit", path(&bids[0]), "--cut-after", &half],
            "cut",
        )
        .await?;
    for (bidder, bid) in cast.bidders.iter().zip(bids) {
        keep_ahead(stage, cast, hall, project).await?;
        stage.run(bidder, &["bid", "submit", path(bid)]).await?;
        sign_in(stage, bidder, project).await?;
    }

    stage.tell(
        "乙降低报价,重新密封后替换",
        "B lowers its price and replaces its bid",
    );
    let sheet = b.folder.join("sheet2.json");
    write_json(&sheet, &tender::sheet(788_800_000, 198, "郑青", "4.10"))?;
    seal_one(stage, b, project, "1", &sheet, &b.folder.join("bid2.kbid")).await?;
    stage
        .run(b, &["bid", "submit", path(&b.folder.join("bid2.kbid"))])
        .await?;

    keep_ahead(stage, cast, hall, project).await?;
    stage.tell("己撤回投标", "F withdraws its bid");
    stage
        .run(f, &["bid", "withdraw", project, "--lot", "1"])
        .await?;

    stage.tell(
        "标段 2 只有两家投标,将不予开标",
        "lot 2 has two bids and will not be opened",
    );
    for bidder in [a, f] {
        let sheet = bidder.folder.join("green.json");
        write_json(&sheet, &tender::sheet(110_000_000, 60, "林木", "1.00"))?;
        let bid = bidder.folder.join("green.kbid");
        seal_one(stage, bidder, project, "2", &sheet, &bid).await?;
        stage.run(bidder, &["bid", "submit", path(&bid)]).await?;
    }
    Ok(())
}

async fn refuse_wrong_ones(stage: &Stage, cast: &Cast, hall: &Hall, project: &str) -> Outcome<()> {
    let (c, f) = (&cast.bidders[2], &cast.bidders[5]);
    keep_ahead(stage, cast, hall, project).await?;
    stage.tell(
        "未加密的 PDF:本机就会拦下",
        "a plaintext PDF: stopped on one's own machine",
    );
    let paper = c.folder.join("technical.pdf");
    stage
        .refused(c, &["bid", "submit", path(&paper)], "header-not-a-bid")
        .await?;
    stage.tell(
        "绕过本机检查,由平台拒绝",
        "past that check, the platform refuses",
    );
    let as_is = ["--as-is", "--project", project, "--lot", "1"];
    stage
        .refused(
            c,
            &[&["bid", "submit", path(&paper)][..], &as_is].concat(),
            "not-a-bid",
        )
        .await?;

    keep_ahead(stage, cast, hall, project).await?;
    stage.tell("被改动一个字节的投标", "a bid with one byte altered");
    let tampered = f.folder.join("tampered.kbid");
    seal_one(
        stage,
        f,
        project,
        "1",
        &f.folder.join("sheet.json"),
        &tampered,
    )
    .await?;
    flip_last_byte(&tampered)?;
    stage
        .refused(
            f,
            &["bid", "submit", path(&tampered)],
            "ciphertext-mismatch",
        )
        .await?;
    stage
        .refused(
            f,
            &[&["bid", "submit", path(&tampered)][..], &as_is].concat(),
            "altered",
        )
        .await?;

    stage.tell(
        "为标段 2 密封的投标交到标段 1",
        "a bid sealed for lot 2, handed in for lot 1",
    );
    let elsewhere = f.folder.join("elsewhere.kbid");
    seal_one(
        stage,
        f,
        project,
        "2",
        &f.folder.join("green.json"),
        &elsewhere,
    )
    .await?;
    stage
        .refused(
            f,
            &["bid", "submit", path(&elsewhere), "--lot", "1"],
            "foreign-project",
        )
        .await
}

/// On a slow machine the host postpones once more, so that the story's bids
/// are all in time.
async fn keep_ahead(stage: &Stage, cast: &Cast, hall: &Hall, project: &str) -> Outcome<()> {
    let view = hall.view(project).await?;
    let left = view["t0"].as_i64().unwrap_or_default() - hall.now().await?;
    if left < 25_000 {
        let arguments = [
            "project",
            "postpone",
            project,
            "--t0",
            "+30s",
            "--reason",
            "本机较慢,演示再延期三十秒",
        ];
        stage.run(&cast.agency, &arguments).await?;
    }
    Ok(())
}

/// A bidder seals one small document for a lot.
pub async fn seal_one(
    stage: &Stage,
    bidder: &Person,
    project: &str,
    lot: &str,
    sheet: &std::path::Path,
    bid: &std::path::Path,
) -> Outcome<()> {
    let document = bidder.folder.join("technical.pdf");
    let arguments = [
        "bid",
        "seal",
        "--terms",
        &stage.url,
        "--project",
        project,
        "--lot",
        lot,
        "--sheet",
        path(sheet),
        "--document",
        path(&document),
        "--output",
        path(bid),
    ];
    stage.run(bidder, &arguments).await.map(|_| ())
}

async fn sign_in(stage: &Stage, bidder: &Person, project: &str) -> Outcome<()> {
    stage
        .run(
            bidder,
            &[
                "bid",
                "sign-in",
                project,
                "--lot",
                "1",
                "--name",
                "授权代表",
                "--phone",
                "13800000000",
                "--identity",
                "居民身份证",
                "--number",
                "350100199001010011",
            ],
        )
        .await
        .map(|_| ())
}

/// Waits until T0 has passed.
pub async fn wait_for_t0(stage: &Stage, hall: &Hall, project: &str) -> Outcome<()> {
    let view = hall.view(project).await?;
    let left = view["t0"].as_i64().unwrap_or_default() - hall.now().await?;
    stage.tell(
        format!("距开标 {} 秒;此前任何人看不到投标人名单和数量", left / 1000),
        "until T0 nobody sees who or how many have bid",
    );
    hall.until(project, "T0", Duration::from_mins(5), |view| {
        view["closed_for_bids"] == Value::Bool(true)
    })
    .await
}

fn flip_last_byte(file: &std::path::Path) -> Outcome<()> {
    let mut bytes = files::read(file)?;
    if let Some(last) = bytes.last_mut() {
        *last ^= 1;
    }
    files::write(file, &bytes, Readers::Owner)
}

fn write_json(file: &std::path::Path, value: &Value) -> Outcome<()> {
    let text = serde_json::to_vec_pretty(value).map_err(Failure::unexpected)?;
    files::write(file, &text, Readers::Owner)
}
