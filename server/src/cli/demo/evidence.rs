//! What is left when all is over: a receipt that has become a proof, and the bundle,
//! verified by what was believed beforehand.

use std::path::Path;

use kaibiao_client::failure::{Failure, Outcome};
use kaibiao_verify::{Policy, Report, Verdict, verify};

use super::cast::{Cast, path};
use super::hall::Hall;
use super::stage::Stage;

pub async fn evidence(stage: &Stage, cast: &Cast, hall: &Hall, project: &str) -> Outcome<()> {
    stage.scene(
        "证据:谁都不必相信平台",
        "The evidence: nobody has to take the platform's word",
    );
    receipt(stage, cast).await?;
    bundle(stage, cast, hall, project).await
}

async fn receipt(stage: &Stage, cast: &Cast) -> Outcome<()> {
    stage.tell(
        "甲的回执已可换成证明,断网也能核验",
        "A's receipt has become a proof, which is checked without a network",
    );
    let bidder = &cast.bidders[0];
    stage.run(bidder, &["bid", "receipt", "bid.kbid"]).await?;
    let check = ["bid", "receipt", "--check", "bid.kbid.proof.json"];
    stage.run(bidder, &check).await.map(drop)
}

async fn bundle(stage: &Stage, cast: &Cast, hall: &Hall, project: &str) -> Outcome<()> {
    stage.tell(
        "任何人都可取证据包;信谁,由取的人自己写明",
        "Anybody takes the bundle; whom to believe is up to whoever takes it",
    );
    // Somebody who has no part in the opening, but for having kept what was pinned.
    let reader = &cast.supervisor;
    let mut arguments = vec!["trust", "policy", "--project", project];
    if let Some(stamper) = &hall.stamper {
        arguments.extend(["--tsa", path(&stamper.root)]);
    }
    stage.run(reader, &arguments).await?;
    let export = ["export", "bundle", project, "-o", "bundle.kev"];
    stage.run_when(reader, &export, "bundle-waits").await?;
    let read = |name: &str| {
        let file = reader.folder.join(name);
        std::fs::read(&file).map_err(|error| Failure::file(&file, &error))
    };
    let policy = Policy::parse(&read("policy.json")?);
    let policy = policy.map_err(|problem| Failure::unexpected(problem.en))?;
    let mut bytes = read("bundle.kev")?;
    let report = verified(&bytes, &policy)?;
    stage.print(&format!(
        "      ✓ {} 字节,{} 项核验 · {} bytes, {} checks: {}",
        bytes.len(),
        report.checks.len(),
        bytes.len(),
        report.checks.len(),
        report.json()["verdict"].as_str().unwrap_or_default(),
    ));
    stage.print(&format!(
        "      自己再核验一次 · try it yourself: kaibiao-verify {} --policy {}",
        shown(&reader.folder.join("bundle.kev")),
        shown(&reader.folder.join("policy.json")),
    ));
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    let caught = match verify(&bytes, &policy, &[]) {
        Ok(report) => report.verdict == Verdict::Fails,
        Err(_) => true,
    };
    if !caught {
        return Err(Failure::unexpected("a flipped bit was not seen"));
    }
    stage.tell(
        "改动其中一个比特,核验即不通过",
        "with one bit flipped it does not hold any more",
    );
    Ok(())
}

fn verified(bytes: &[u8], policy: &Policy) -> Outcome<Report> {
    let report = verify(bytes, policy, &[]).map_err(|fault| {
        Failure::unexpected(format!("the bundle is not readable: {}", fault.code))
    })?;
    if report.is_enough() {
        Ok(report)
    } else {
        Err(Failure::unexpected(report.json()))
    }
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}
