//! From T0 to the record, with real keys.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use kaibiao_api::{AcceptedView, DocumentList, SheetList, SheetProof, StatementView};
use kaibiao_core::act::{Act, Announce, PublishList, Release, Share, StartWindow, Unlock};
use kaibiao_crypto::Digest;
use kaibiao_crypto::bid::{Header, Promise, open_sheet};
use kaibiao_crypto::encoding::{Secret, from_base64};
use kaibiao_crypto::statement::{AcceptedStatement, UnlockAck};
use kaibiao_crypto::wrap::{PrivateKey, Role};
use kaibiao_os::random::SystemRng;
use reqwest::{Method, StatusCode};
use serde_json::Value;

use crate::hall::{Bidder, Hall, Sealed, lot};
use crate::world::{World, nonce};

impl Hall {
    pub async fn start_window(&self) {
        let act = PublishList {
            nonce: nonce(),
            lot: lot("1"),
        };
        self.act(self.host(), act).await;
        let act = StartWindow {
            nonce: nonce(),
            lots: vec![lot("1")],
            seconds: None,
        };
        for _ in 0..100 {
            let act = Act::StartWindow(act.clone());
            match self.host().act(&self.project, &act, Vec::new()).await {
                Ok(_) => return,
                Err(failure) if failure.code == "not-cosigned" => {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                Err(failure) => panic!("{failure:?}"),
            }
        }
        panic!("the closing statement was never signed");
    }

    /// Unlocks with b, or with other bytes in its place.
    pub async fn unlock(
        &self,
        bidder: usize,
        sealed: &Sealed,
        wrong: bool,
    ) -> Result<Value, String> {
        let bidder = &self.bidders[bidder];
        bidder.unlock(&self.project, sealed, wrong).await
    }

    pub async fn accepted(&self, custodian: usize) -> AcceptedView {
        let path = format!("projects/{}/lots/1/accepted", self.project);
        for _ in 0..100 {
            match self.custodians[custodian].0.server.get(&path).await {
                Ok(view) => return view,
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
        panic!("the accepted statement was never signed");
    }

    /// Releases a custodian's shares as its client does, or others.
    pub async fn release(&self, custodian: usize, wrong: bool) -> Result<(), String> {
        let view = self.accepted(custodian).await;
        let (session, key) = &self.custodians[custodian];
        let (act, secrets) = releasing(&view, key, wrong);
        let reply = session.act(&self.project, &act, secrets).await;
        reply.map(drop).map_err(|failure| failure.code.to_string())
    }

    pub async fn get<T: serde::de::DeserializeOwned>(&self, path: &str) -> T {
        let path = format!("projects/{}/{path}", self.project);
        self.host().server.get(&path).await.unwrap()
    }

    /// Everything up to the opened sheets.
    pub async fn open(&self, sealed: &[Sealed]) {
        self.until_stage("checking").await;
        self.start_window().await;
        for (bidder, sealed) in sealed.iter().enumerate() {
            self.unlock(bidder, sealed, false).await.unwrap();
        }
        self.until_stage("releasing").await;
        self.release(0, false).await.unwrap();
        self.release(2, false).await.unwrap();
        self.until_stage("opened").await;
    }
}

impl Bidder {
    /// Unlocks with b, or with other bytes in its place.
    pub async fn unlock(
        &self,
        project: &str,
        sealed: &Sealed,
        wrong: bool,
    ) -> Result<Value, String> {
        let (act, secrets) = self.unlock_act(sealed, wrong);
        let reply = self.session.act(project, &act, secrets).await;
        reply
            .map(|reply| reply.reply)
            .map_err(|failure| failure.code.to_string())
    }

    pub fn unlock_act(&self, sealed: &Sealed, wrong: bool) -> (Act, Vec<Secret>) {
        let b = sealed
            .header
            .unwrap_b(0, &self.key, &mut SystemRng)
            .unwrap();
        let b = if wrong {
            [9; 32]
        } else {
            *b.secret().as_bytes()
        };
        let act = Act::Unlock(Unlock {
            nonce: nonce(),
            lot: lot("1"),
            bid: sealed.header.digest(),
            key: Digest::of(&b),
        });
        (act, vec![Secret::new(b.to_vec())])
    }
}

/// A custodian's release of all accepted bids as its client makes it, or of other
/// bytes than its shares.
pub fn releasing(view: &AcceptedView, key: &PrivateKey, wrong: bool) -> (Act, Vec<Secret>) {
    let accepted = Digest::of(view.accepted.body.as_bytes());
    let (mut shares, mut secrets) = (Vec::new(), Vec::new());
    for bid in &view.bids {
        assert!(bid.unlock.is_some());
        let header = Header::parse(&from_base64(&bid.header).unwrap()).unwrap();
        let share = header
            .unwrap_share(0, Role::Release, key, &mut SystemRng)
            .unwrap();
        let bytes = if wrong {
            [1; 32]
        } else {
            *share.secret().as_bytes()
        };
        shares.push(Share {
            bid: header.digest(),
            envelope: 0,
            x: share.x(),
            share: Digest::of(&bytes),
        });
        secrets.push(Secret::new(bytes.to_vec()));
    }
    let act = Act::Release(Release {
        nonce: nonce(),
        lot: lot("1"),
        accepted,
        shares,
        withheld: Vec::new(),
    });
    (act, secrets)
}

pub async fn submitted(bidders: usize, seconds: f64, document: &[u8]) -> (Hall, Vec<Sealed>) {
    let hall = Hall::publish(World::start().await, bidders, seconds).await;
    let mut all = Vec::new();
    for bidder in 0..bidders {
        let price = (100_000 + bidder).to_string();
        let sealed = hall.seal(bidder, &price, &[("商务标.pdf", document.to_vec())]);
        let act = hall.submit_act(&sealed, 1, None);
        let reply = hall.submit(bidder, &sealed, &act).await;
        assert_eq!(reply.status(), StatusCode::NO_CONTENT);
        all.push(sealed);
    }
    (hall, all)
}

#[tokio::test(flavor = "multi_thread")]
async fn three_bids_open_together_and_anybody_can_open_the_sheets_again() {
    let document: Vec<u8> = (0..2_500_000_u32).map(|byte| byte as u8).collect();
    let (hall, sealed) = submitted(3, 8.0, &document).await;
    hall.until_stage("checking").await;
    hall.start_window().await;

    assert_eq!(
        hall.unlock(0, &sealed[0], true).await,
        Err("wrong-key".to_owned())
    );
    let reply = hall.unlock(0, &sealed[0], false).await.unwrap();
    let ack: StatementView = serde_json::from_value(reply["acknowledgement"].clone()).unwrap();
    let body: Value = serde_json::from_str(&ack.body).unwrap();
    assert_eq!(
        body["statement"]["bid"],
        sealed[0].header.digest().to_string()
    );
    let _: UnlockAck = serde_json::from_value(body["statement"].clone()).unwrap();
    let first = body;
    for bidder in [1, 2] {
        hall.unlock(bidder, &sealed[bidder], false).await.unwrap();
    }
    hall.until_stage("releasing").await;

    // A bidder whose answer was lost is told again, and nobody else is.
    let path = format!(
        "projects/{}/bids/{}/acknowledgement",
        hall.project,
        sealed[0].header.digest()
    );
    let again: StatementView = hall.bidders[0].session.server.get(&path).await.unwrap();
    let again: Value = serde_json::from_str(&again.body).unwrap();
    assert_eq!(again["statement"], first["statement"]);
    for other in [&hall.bidders[1].session, hall.host()] {
        let reply = other.server.request(Method::GET, &path).send().await;
        assert_eq!(reply.unwrap().status(), StatusCode::NOT_FOUND);
    }

    let view = hall.accepted(1).await;
    let body: Value = serde_json::from_str(&view.accepted.body).unwrap();
    let statement: AcceptedStatement = serde_json::from_value(body["statement"].clone()).unwrap();
    assert_eq!(statement.bids.len(), 3);

    assert_eq!(
        hall.release(1, true).await,
        Err("share-mismatch".to_owned())
    );
    hall.release(0, false).await.unwrap();
    hall.until_stage("releasing").await;
    hall.release(1, false).await.unwrap();
    hall.until_stage("opened").await;

    // Nobody sees a sheet before it is announced.
    let path = format!("projects/{}/lots/1/sheets", hall.project);
    let early = hall
        .host()
        .server
        .request(Method::GET, &path)
        .send()
        .await
        .unwrap();
    assert_eq!(early.status(), StatusCode::NOT_FOUND);
    hall.act(
        hall.host(),
        Announce {
            nonce: nonce(),
            lots: vec![lot("1")],
        },
    )
    .await;
    let sheets: SheetList = hall.world.server().get(&path).await.unwrap();
    assert_eq!(sheets.sheets.len(), 3);
    for (sheet, sealed) in sheets.sheets.iter().zip(&sealed) {
        let header = &sealed.header;
        assert_eq!(sheet.bid, header.digest().to_string());
        let key = from_base64(sheet.segment_key.as_ref().unwrap()).unwrap();
        let key = kaibiao_crypto::secret::Secret::from_slice(&key).unwrap();
        let key = header.check_segment_key(0, 0, key).unwrap();
        let again = open_sheet(header.promise(), &key, &mut &sealed.body[..]).unwrap();
        assert_eq!(Value::Object(again), sheet.fields);
        assert_eq!(proved(&hall, &sheet.bid).await, sheet.fields);
    }

    let documents = loop {
        let list: DocumentList = hall.get("documents").await;
        if list.done == list.total && list.total == 3 {
            break list.documents;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    assert!(documents.iter().all(|document| document.state == "ready"));
    let path = format!("projects/{}/documents/{}", hall.project, documents[0].id);
    assert_eq!(hall.host().server.get_bytes(&path).await.unwrap(), document);
    let part = hall.host().server.request(Method::GET, &path);
    let part = part
        .header("Range", "bytes=1000000-1000009")
        .send()
        .await
        .unwrap();
    assert_eq!(part.status(), StatusCode::PARTIAL_CONTENT);
    assert_eq!(
        &part.bytes().await.unwrap()[..],
        &document[1_000_000..1_000_010]
    );
    let foreign = hall.bidders[0].session.server.request(Method::GET, &path);
    assert_eq!(
        foreign.send().await.unwrap().status(),
        StatusCode::NOT_FOUND
    );

    // The hand-off package has the same bytes, the digests and a manifest.
    let package = format!("projects/{}/lots/1/documents.zip", hall.project);
    let request = hall.host().server.request(Method::GET, &package);
    let reply = request.send().await.unwrap();
    assert_eq!(reply.headers()["content-type"], "application/zip");
    let length: usize = reply.headers()["content-length"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    let bytes = reply.bytes().await.unwrap();
    assert_eq!(bytes.len(), length);
    let read = unpacked(&bytes);
    assert_eq!(read["broken"], Value::Null);
    let sum = Digest::of(&document).to_string();
    let listed = read["files"].as_array().unwrap();
    assert!(listed.iter().any(|file| file[1] == sum), "{read}");
    assert_eq!(read["summed"], read["files"], "all but the sums themselves");
    assert_eq!(
        read["manifest"]["bidders"].as_array().unwrap().len(),
        sealed.len()
    );
    let first = &read["manifest"]["bidders"][0];
    assert_eq!(first["bid"], sheets.sheets[0].bid);
    assert_eq!(first["sheet"], sheets.sheets[0].fields);
    for other in [&hall.bidders[0].session.server, &hall.world.server()] {
        let reply = other.request(Method::GET, &package).send().await.unwrap();
        assert!(reply.status().is_client_error());
    }

    // Downloads by one person on one day are one export on record.
    let app = &hall.world.running.app;
    let platform = kaibiao_store::StreamId::platform();
    let events = app
        .store
        .events::<kaibiao_core::platform::Platform>(&platform, 0, 1000)
        .await
        .unwrap();
    let is_export = |what: &kaibiao_core::platform::What| {
        matches!(what, kaibiao_core::platform::What::Exported { project, .. }
            if project.is_some_and(|it| it.to_string() == hall.project))
    };
    let exports = events.iter().filter(|event| is_export(&event.facts.what));
    assert_eq!(exports.count(), 1);

    // Once all outputs are on disk, the keys are gone.
    let stream = kaibiao_app::deciding::stream(hall.project.parse().unwrap());
    for _ in 0..100 {
        let names = app.store.secret_names(&stream).await.unwrap();
        if !names
            .iter()
            .any(|name| name.starts_with("unlock/") || name.starts_with("share/"))
        {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("b and the shares were not wiped");
}

/// What Python finds in a package: names with digests, and the manifest.
fn unpacked(package: &[u8]) -> Value {
    const READER: &str = "import hashlib, io, json, sys, zipfile
opened = zipfile.ZipFile(io.BytesIO(sys.stdin.buffer.read()))
names = [it for it in opened.namelist() if it != 'SHA256SUMS']
files = [[it, hashlib.sha256(opened.read(it)).hexdigest()] for it in names]
lines = opened.read('SHA256SUMS').decode().splitlines()
summed = [line.split('  ', 1)[::-1] for line in lines]
manifest = json.loads(opened.read('manifest.json'))
json.dump({'broken': opened.testzip(), 'files': files, 'summed': summed, 'manifest': manifest}, sys.stdout)";
    let mut python = Command::new("python3")
        .args(["-c", READER])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3 is installed; `make test` installs it");
    python.stdin.take().unwrap().write_all(package).unwrap();
    let output = python.wait_with_output().unwrap();
    assert!(output.status.success());
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Opens a sheet again from what everybody is told, and nothing else.
async fn proved(hall: &Hall, bid: &str) -> Value {
    let path = format!("projects/{}/lots/1/bids/{bid}/sheet", hall.project);
    let proof: SheetProof = hall.world.server().get(&path).await.unwrap();
    let (context, commitments) = (
        from_base64(&proof.context).unwrap(),
        from_base64(&proof.commitments).unwrap(),
    );
    let promise = Promise::parse(&context, &commitments).unwrap();
    let digest = promise.bid_digest(proof.wraps.parse().unwrap(), proof.chain.parse().unwrap());
    assert_eq!(digest.to_string(), bid);
    let key = from_base64(proof.segment_key.as_ref().unwrap()).unwrap();
    let key = kaibiao_crypto::secret::Secret::from_slice(&key).unwrap();
    let key = promise.check_segment_key(0, 0, key).unwrap();
    let ciphertext = from_base64(&proof.ciphertext).unwrap();
    Value::Object(open_sheet(&promise, &key, &mut &ciphertext[..]).unwrap())
}
