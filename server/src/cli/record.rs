//! The opening record, fetched and checked against its digest.

use std::path::Path;
use std::time::Duration;

use kaibiao_client::failure::{Failure, Kind, Outcome};
use kaibiao_client::files::{self, Readers};
use kaibiao_client::http::Server;
use kaibiao_crypto::Digest;
use serde_json::{Value, json};

use super::opening::OfLot;
use super::output::Output;
use super::project::view;

/// How long a record may take before waiting for it is given up.
const PATIENCE: Duration = Duration::from_mins(2);

/// Saves the lot's record as JSON and as PDF.
pub async fn fetch(of: &OfLot, folder: &Path, wait: bool, output: &Output) -> Outcome<()> {
    let server = match of.at.connect.key {
        Some(_) => of.at.connect.session().await?.server,
        None => of.at.connect.server.connect()?,
    };
    if wait {
        until_made(&server, of).await?;
    }
    let digest = digest(&server, of).await?;
    let base = format!("projects/{}/lots/{}/record", of.at.project, of.lot);
    let mut saved = Vec::new();
    for ending in ["json", "pdf"] {
        let bytes = server.get_bytes(&format!("{base}.{ending}")).await?;
        if ending == "json" && Digest::of(&bytes) != digest {
            return Err(Failure::new(
                Kind::Unproved,
                "record-differs",
                "服务器给出的开标记录与其公布的摘要不一致,请联系监督部门。",
                "The record is not the one whose digest was published; tell the supervisor.",
            ));
        }
        let path = folder.join(format!("record-{}.{ending}", of.lot));
        files::write(&path, &bytes, Readers::Everyone)?;
        output.row(path.display().to_string());
        saved.push(path.display().to_string());
    }
    output.result(&json!({ "record": digest, "files": saved }))
}

/// The digest of the lot's record that counts, as the room was told.
pub async fn digest(server: &Server, of: &OfLot) -> Outcome<Digest> {
    current(&view(server, &of.at.project).await?, of).ok_or_else(|| {
        Failure::new(
            Kind::Refused,
            "no-record",
            "开标记录尚未生成,请稍后再试。",
            "The record is not made yet; try again in a moment.",
        )
    })
}

fn current(view: &Value, of: &OfLot) -> Option<Digest> {
    let records = view["lots"][of.lot.as_str()]["records"].as_array()?;
    records.last()?["record"].as_str()?.parse().ok()
}

async fn until_made(server: &Server, of: &OfLot) -> Outcome<()> {
    let began = std::time::Instant::now();
    while began.elapsed() < PATIENCE {
        if current(&view(server, &of.at.project).await?, of).is_some() {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    Ok(())
}
