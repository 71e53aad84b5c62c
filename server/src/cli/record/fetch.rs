//! `kaibiao record fetch`: a record with all that it is verified by, as files.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use clap::Args;
use kaibiao_api::problem::Transport;
use kaibiao_api::{LoggedView, RecordProof, RecordSignatures, SheetProof};
use kaibiao_client::failure::{Failure, Kind, Outcome};
use kaibiao_client::files::{self, Readers};
use kaibiao_client::http::Server;
use kaibiao_client::publication;
use kaibiao_client::terms::Terms;
use kaibiao_core::record::Record;
use kaibiao_core::signed::Signed;
use kaibiao_crypto::certificate::Grounds;
use kaibiao_crypto::encoding::Base64;
use kaibiao_crypto::{Digest, canonical};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::connected;
use crate::cli::opening::OfLot;
use crate::cli::output::Output;

#[derive(Debug, Args)]
pub struct FetchArgs {
    #[command(flatten)]
    of: OfLot,
    /// 保存目录 · where to keep the files
    #[arg(long, short, default_value = ".")]
    output: PathBuf,
}

/// How the files that go with `record-LOT.json` end.
pub const SIGNATURES: &str = "signatures.json";
pub const PROOF: &str = "proof.json";
pub const SHEETS: &str = "sheets.json";
pub const TERMS: &str = "terms.json";

/// Saves the record in force with its signatures, proof, announced sheets, and the
/// terms with the revocation lists that all of them name.
pub async fn fetch(args: &FetchArgs, output: &Output) -> Outcome<()> {
    let server = connected(&args.of).await?;
    let base = format!("projects/{}/lots/{}", args.of.at.project, args.of.lot);
    let bytes = server.get_bytes(&format!("{base}/record.json")).await?;
    let record: Record = canonical::from_bytes(&bytes).map_err(|error| {
        Failure::new(
            Kind::Network,
            "record-malformed",
            format!("平台给出的不是开标记录:{error}。请稍后重试,或升级程序。"),
            format!(
                "What the platform gave is no record: {error}. Try again, or update this program."
            ),
        )
    })?;
    let which = format!("?digest={}", Digest::of(&bytes));
    let mut saved = Saved {
        folder: args.output.clone(),
        lot: args.of.lot.to_string(),
        files: Vec::new(),
    };
    saved.write("json", &bytes)?;
    let signatures: RecordSignatures = server
        .get(&format!("{base}/record/signatures{which}"))
        .await?;
    saved.json(SIGNATURES, &signatures)?;
    for signature in signatures.signatures.iter().filter(|it| it.cms) {
        let path = format!("{base}/record/signatures/{}.p7s", signature.seq);
        let der = server.get_bytes(&path).await?;
        saved.write(&format!("{}.p7s", signature.seq), &der)?;
    }
    let proof: RecordProof = server.get(&format!("{base}/record/proof{which}")).await?;
    saved.json(PROOF, &proof)?;
    let mut sheets = BTreeMap::new();
    for row in &record.rows {
        let sheet = format!("{base}/bids/{}/sheet", row.bid);
        // Of a masked lot only officials are given them.
        if let Some(sheet) = if_there::<SheetProof>(&server, &sheet).await? {
            sheets.insert(row.bid, sheet);
        }
    }
    if !sheets.is_empty() {
        saved.json(SHEETS, &sheets)?;
    }
    let acts = signatures.signatures.iter().map(|it| &it.act);
    saved.json(TERMS, &package(&server, args, acts).await?)?;
    for file in &saved.files {
        output.row(file);
    }
    output.result(&json!({ "record": Digest::of(&bytes), "files": saved.files }))
}

/// A terms package (docs/spec/terms.md, 5) with the lists that these acts name too.
async fn package(
    server: &Server,
    args: &FetchArgs,
    acts: impl Iterator<Item = &Signed>,
) -> Outcome<Value> {
    let (project, lot) = (&args.of.at.project, &args.of.lot);
    let terms = Terms::fetch(server, &project.to_string(), lot.as_str()).await?;
    let publication = publication::fetch(server, &terms).await?;
    let named = terms.certified().chain([&publication]).flat_map(lists);
    let wanted: BTreeSet<Digest> = acts.flat_map(lists).chain(named).collect();
    let mut found = Vec::new();
    for digest in wanted {
        let path = format!("revocation-lists/{digest}");
        match server.get_bytes(&path).await {
            Ok(list) => found.push(Base64(list)),
            Err(failure) if failure.code == Transport::NotFound.code() => {}
            Err(failure) => return Err(failure),
        }
    }
    let logged = format!("projects/{project}/lots/{lot}/terms/logged");
    let logged: Option<LoggedView> = if_there(server, &logged).await?;
    let text = std::str::from_utf8(terms.bytes()).map_err(Failure::unexpected)?;
    Ok(json!({
        "kaibiao": "terms/1",
        "project": project,
        "lot": lot,
        "terms": text,
        "publication": publication,
        "lists": found,
        "logged": logged.map(|it| it.proof),
    }))
}

/// The lists that an act's grounds name.
fn lists(act: &Signed) -> impl Iterator<Item = Digest> {
    act.grounds.iter().flat_map(Grounds::lists)
}

/// What the server says of something that need not be there.
async fn if_there<T: DeserializeOwned>(server: &Server, path: &str) -> Outcome<Option<T>> {
    match server.get(path).await {
        Ok(found) => Ok(Some(found)),
        Err(failure) if failure.code == Transport::NotFound.code() => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// The files of one record.
struct Saved {
    folder: PathBuf,
    lot: String,
    files: Vec<String>,
}

impl Saved {
    fn write(&mut self, ending: &str, bytes: &[u8]) -> Outcome<()> {
        let path = self.folder.join(format!("record-{}.{ending}", self.lot));
        files::write(&path, bytes, Readers::Everyone)?;
        self.files.push(path.display().to_string());
        Ok(())
    }

    fn json<T: Serialize>(&mut self, ending: &str, value: &T) -> Outcome<()> {
        let text = serde_json::to_vec(value).map_err(Failure::unexpected)?;
        self.write(ending, &text)
    }
}
