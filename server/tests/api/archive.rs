//! Archive packages, opened by a program that knows nothing of Kaibiao.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use kaibiao_client::http::Server;
use kaibiao_core::act::{Announce, Cancel, Close, CloseObjections, OpenObjections, SignRecord};
use kaibiao_crypto::Digest;
use kaibiao_crypto::encoding::from_base64;
use serde_json::Value;

use crate::hall::{Hall, lot};
use crate::opening::submitted;
use crate::world::{World, nonce};

/// Every file with its digest and, where it is short, its text; the rows of the table of
/// contents; the metadata.
fn opened(package: &[u8]) -> Value {
    const READER: &str = "import base64, hashlib, io, json, sys, zipfile
import xml.etree.ElementTree as etree
opened = zipfile.ZipFile(io.BytesIO(sys.stdin.buffer.read()))
names = opened.namelist()
files = {it: hashlib.sha256(opened.read(it)).hexdigest() for it in names}
rows = [{it.tag: it.text for it in row} for row in etree.fromstring(opened.read('目录.xml'))]
told = {it.tag: it.text for it in etree.fromstring(opened.read('元数据.xml'))}
sums = dict(reversed(it.split('  ', 1)) for it in opened.read('SHA256SUMS').decode().splitlines())
kbid = {it: base64.b64encode(opened.read(it)).decode() for it in names if it.endswith('.kbid')}
json.dump({'broken': opened.testzip(), 'files': files, 'rows': rows, 'told': told, 'sums': sums,
  'names': names, 'kbid': kbid, 'doubled': len(names) != len(set(names))}, sys.stdout)";
    let mut python = Command::new("python3")
        .args(["-X", "utf8", "-c", READER])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3 is installed; `make test` installs it");
    python.stdin.take().unwrap().write_all(package).unwrap();
    let output = python.wait_with_output().unwrap();
    assert!(output.status.success());
    serde_json::from_slice(&output.stdout).unwrap()
}

/// A package that is whole: nothing broken, listed twice or not at all.
async fn package(server: &Server, hall: &Hall, party: &str) -> Value {
    let path = format!("projects/{}/archive/{party}", hall.project);
    let read = opened(&server.get_bytes(&path).await.unwrap());
    assert_eq!(read["broken"], Value::Null);
    assert_eq!(read["doubled"], false);
    let files = read["files"].as_object().unwrap();
    let mut summed = files.clone();
    summed.remove("SHA256SUMS");
    assert_eq!(read["sums"], Value::Object(summed));
    let rows = read["rows"].as_array().unwrap();
    // All but the four at the end, which are no files of the project.
    assert_eq!(rows.len(), files.len() - 4);
    for row in rows {
        let path = row["路径"].as_str().unwrap();
        assert_eq!(row["摘要值"], files[path], "{path}");
    }
    assert_eq!(read["told"]["文件数"], rows.len().to_string());
    assert_eq!(read["told"]["项目标识"], hall.project);
    read
}

fn names(read: &Value) -> Vec<&str> {
    let names = read["names"].as_array().unwrap().iter();
    names.map(|name| name.as_str().unwrap()).collect()
}

async fn close(hall: &Hall) {
    let lots = || vec![lot("1")];
    let host = hall.host();
    let act = Announce {
        nonce: nonce(),
        lots: lots(),
    };
    hall.act(host, act).await;
    let act = OpenObjections {
        nonce: nonce(),
        lots: lots(),
        seconds: None,
    };
    hall.act(host, act).await;
    let act = CloseObjections {
        nonce: nonce(),
        lots: lots(),
    };
    hall.act(host, act).await;
    let path = format!("projects/{}/lots/1/record.json", hall.project);
    let record = loop {
        match host.server.get_bytes(&path).await {
            Ok(bytes) => break Digest::of(&bytes),
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    };
    let act = SignRecord {
        nonce: nonce(),
        lot: lot("1"),
        record,
        cms: None,
    };
    hall.act(host, act).await;
    let act = Close {
        nonce: nonce(),
        lots: lots(),
    };
    hall.act(host, act).await;
    hall.until_stage("closed").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_party_gets_its_own_archive_once_the_lots_have_ended() {
    let document: Vec<u8> = (0..700_000_u32).map(|byte| byte as u8).collect();
    let (hall, sealed) = submitted(2, 6.0, &document).await;
    hall.until_stage("checking").await;
    hall.open(&sealed).await;
    let host = &hall.host().server;
    let centre = &hall.custodians[1].0.server;
    let first = &hall.bidders[0].session.server;
    let path = |party: &str| format!("projects/{}/archive/{party}", hall.project);
    for (server, party) in [(host, "tenderer"), (first, "bidder")] {
        let early = server.get_bytes(&path(party)).await.unwrap_err();
        assert_eq!(early.code, "not-found", "{party}");
    }
    close(&hall).await;
    // The evidence is there a moment after the lots' end, when it is anchored.
    let bundle = format!("projects/{}/bundle", hall.project);
    while hall.world.server().get_bytes(&bundle).await.is_err() {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }

    let full = package(host, &hall, "tenderer").await;
    let digest = Digest::of(&document).to_string();
    let documents = full["rows"].as_array().unwrap().iter();
    assert_eq!(documents.filter(|row| row["摘要值"] == digest).count(), 2);
    for part in ["01-招标/公告/", "01-招标/密封条款/1-", "03-开标/1/签名/"] {
        assert!(
            names(&full).iter().any(|name| name.starts_with(part)),
            "{part}"
        );
    }
    for part in [
        ".pdf",
        ".xlsx",
        "接收清单.json",
        "截止声明.json",
        "04-凭证/证据包.kev",
    ] {
        assert!(
            names(&full).iter().any(|name| name.ends_with(part)),
            "{part}"
        );
    }
    assert!(names(&full).iter().all(|name| !name.ends_with(".kbid")));

    // A bidder's own bid is the very file that it handed in, and nobody else's is there.
    let own = package(first, &hall, "bidder").await;
    let kbids = own["kbid"].as_object().unwrap();
    assert_eq!(kbids.len(), 1);
    let (name, bytes) = kbids.iter().next().unwrap();
    assert!(name.ends_with(&format!("{}.kbid", sealed[0].header.digest())));
    let handed_in = [&sealed[0].header.to_bytes()[..], &sealed[0].body].concat();
    assert_eq!(from_base64(bytes.as_str().unwrap()).unwrap(), handed_in);
    let who = &hall.bidders[0].session.who;
    assert_eq!(
        own["told"]["统一社会信用代码"],
        who.organisation.to_string()
    );
    let receipts = names(&own)
        .iter()
        .filter(|it| it.ends_with(".receipt.json"))
        .count();
    assert_eq!(receipts, 1);

    let whole = package(centre, &hall, "platform").await;
    assert_eq!(whole["kbid"].as_object().unwrap().len(), 2);

    // The supervisor gets any but a bidder's, and nobody gets another's.
    package(&hall.supervisor().server, &hall, "platform").await;
    let stranger = hall.world.server();
    for (server, party) in [
        (first, "tenderer"),
        (first, "platform"),
        (host, "platform"),
        (centre, "tenderer"),
        (host, "bidder"),
        (&hall.supervisor().server, "bidder"),
        (host, "agency"),
        (host, "everybody"),
    ] {
        let refused = server.get_bytes(&path(party)).await.unwrap_err();
        assert_eq!(refused.code, "not-found", "{party}");
    }
    assert!(stranger.get_bytes(&path("tenderer")).await.is_err());

    // Each is on record once a day, but for a bidder's own.
    let app = &hall.world.running.app;
    let platform = kaibiao_store::StreamId::platform();
    let events = app
        .store
        .events::<kaibiao_core::platform::Platform>(&platform, 0, 1000);
    let events = events.await.unwrap();
    let is_export = |what: &kaibiao_core::platform::What| {
        matches!(what, kaibiao_core::platform::What::Exported { project, .. }
            if project.is_some_and(|it| it.to_string() == hall.project))
    };
    let exports = events.iter().filter(|event| is_export(&event.facts.what));
    assert_eq!(exports.count(), 3);
}

/// A lot that is cancelled before T0 has ended, and tells no more of its bidders than it
/// did: not even that there were any, until T0.
#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_projects_archives_wait_for_t0_and_name_no_bidder() {
    let hall = Hall::publish(World::start().await, 1, 4.0).await;
    hall.submit_all().await;
    let cancel = Cancel {
        nonce: nonce(),
        lot: None,
        reason: "项目调整".to_owned(),
    };
    hall.act(hall.host(), cancel).await;
    let centre = &hall.custodians[1].0.server;
    let supervisor = &hall.supervisor().server;
    let bidder = &hall.bidders[0].session;
    let all = [
        (&hall.host().server, "tenderer"),
        (centre, "platform"),
        (supervisor, "platform"),
        (&bidder.server, "bidder"),
    ];
    for (server, party) in all {
        let path = format!("projects/{}/archive/{party}", hall.project);
        let early = server.get_bytes(&path).await.unwrap_err();
        assert_eq!(early.code, "not-found", "{party}");
    }
    assert!(hall.world.running.app.now() < hall.t0);
    while hall.world.running.app.now() < hall.t0 {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    for (server, party) in all {
        let read = package(server, &hall, party).await;
        let kbids = read["kbid"].as_object().unwrap().len();
        assert_eq!(kbids, usize::from(party == "bidder"), "{party}");
        let name = &bidder.who.organisation_name;
        let is_named = read["rows"].to_string().contains(name.as_str());
        assert_eq!(is_named, party == "bidder", "{party}");
    }
}
