//! How much one bidder may hand in and have under way, and that it is told of nobody else.

use std::io::Write as _;
use std::net::TcpStream;
use std::time::Duration;

use kaibiao_core::act::{Act, Submit};
use kaibiao_crypto::Digest;
use reqwest::{Method, Response, StatusCode};
use serde_json::Value;

use crate::hall::{Hall, Sealed, lot};
use crate::world::{World, nonce};

const MIB: u64 = 1 << 20;

/// Bids of about a MiB; so many MiB for versions, a project and what is under way.
async fn hall(bidders: usize, versions: u64, project: u64, uploads: u64) -> Hall {
    let world = World::with(|config| {
        config.limits.bid_bytes = 2 * MIB;
        config.limits.versions_bytes = versions * MIB;
        config.limits.project_bytes = project * MIB;
        config.limits.uploads_bytes = uploads * MIB;
    });
    let two_lots = |draft: &mut kaibiao_core::terms::Draft| {
        let one = draft.lots[&lot("1")].clone();
        draft.lots.insert(lot("2"), one);
    };
    Hall::publish_with(world.await, bidders, 300.0, two_lots).await
}

/// A bid of one and a half MiB.
fn seal(hall: &Hall, bidder: usize, id: &str) -> Sealed {
    let document = vec![7; 3 << 19];
    hall.seal_for(bidder, id, "100", &[("a.pdf", document)], None)
}

struct Under<'a> {
    hall: &'a Hall,
    bidder: usize,
    id: &'a str,
}

impl Under<'_> {
    async fn begin(&self, sealed: &Sealed, sequence: u32, previous: Option<Digest>) -> Response {
        let act = Act::Submit(Submit {
            nonce: nonce(),
            lot: lot(self.id),
            bid: sealed.header.digest(),
            sequence,
            previous,
            members: Vec::new(),
            paper_agreement: false,
        });
        let header = sealed.header.to_bytes();
        let body = self.hall.request(self.bidder, header, &act, None);
        let path = format!("projects/{}/lots/{}/bids", self.hall.project, self.id);
        let server = &self.hall.bidders[self.bidder].session.server;
        let request = server.request(Method::POST, &path).json(&body);
        request.send().await.unwrap()
    }

    /// The upload of a bid that may be begun.
    async fn upload(&self, sealed: &Sealed, sequence: u32, previous: Option<Digest>) -> String {
        let reply = self.begin(sealed, sequence, previous).await;
        assert_eq!(reply.status(), StatusCode::CREATED);
        let begun: Value = reply.json().await.unwrap();
        begun["upload"].as_str().unwrap().to_owned()
    }

    async fn hand_in(&self, sealed: &Sealed, sequence: u32, previous: Option<Digest>) {
        let upload = self.upload(sealed, sequence, previous).await;
        let done = self
            .hall
            .patch(self.bidder, &upload, 0, sealed.body.clone());
        assert_eq!(done.await.status(), StatusCode::NO_CONTENT);
    }

    async fn is_there(&self, upload: &str) -> bool {
        let server = &self.hall.bidders[self.bidder].session.server;
        let path = upload.strip_prefix("/api/v1/").unwrap();
        let request = server.request(Method::HEAD, path);
        let reply = request.header("Tus-Resumable", "1.0.0").send().await;
        reply.unwrap().status() == StatusCode::OK
    }
}

async fn code(reply: Response) -> String {
    let problem: Value = reply.json().await.unwrap();
    for language in ["zh", "en"] {
        let told = problem[language].as_str().or(problem["detail"].as_str());
        assert!(told.is_some_and(|told| !told.is_empty()), "{problem}");
    }
    problem["code"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn versions_of_a_bid_have_so_many_bytes_together_and_the_last_one_stands() {
    let hall = hall(2, 4, 100, 100).await;
    let own = Under {
        hall: &hall,
        bidder: 0,
        id: "1",
    };
    let mut previous = None;
    for sequence in 1..=2 {
        let sealed = seal(&hall, 0, "1");
        own.hand_in(&sealed, sequence, previous).await;
        previous = Some(sealed.header.digest());
    }
    let third = own.begin(&seal(&hall, 0, "1"), 3, previous).await;
    assert_eq!(third.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(code(third).await, "versions-too-large");
    let states: Vec<_> = hall
        .bids(0)
        .await
        .bids
        .iter()
        .map(|bid| bid.state.name())
        .collect();
    assert_eq!(states, ["superseded", "live"]);
    // The other lot and the other bidder have room of their own.
    let other_lot = Under { id: "2", ..own };
    other_lot.hand_in(&seal(&hall, 0, "2"), 1, None).await;
    let rival = Under {
        hall: &hall,
        bidder: 1,
        id: "1",
    };
    rival.hand_in(&seal(&hall, 1, "1"), 1, None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bids_for_all_lots_of_a_project_have_so_many_bytes_together() {
    let hall = hall(2, 3, 3, 100).await;
    let own = Under {
        hall: &hall,
        bidder: 0,
        id: "1",
    };
    let first = seal(&hall, 0, "1");
    own.hand_in(&first, 1, None).await;
    let other_lot = Under { id: "2", ..own };
    let begun = other_lot.begin(&seal(&hall, 0, "2"), 1, None).await;
    assert_eq!(begun.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(code(begun).await, "bids-too-large");
    assert_eq!(hall.bids(0).await.bids[0].state.name(), "live");
    let rival = Under {
        hall: &hall,
        bidder: 1,
        id: "2",
    };
    rival.hand_in(&seal(&hall, 1, "2"), 1, None).await;
}

/// Of what nobody sends on the oldest is given up, in whatever session it was begun; what
/// is being sent is not.
#[tokio::test(flavor = "multi_thread")]
async fn uploads_under_way_have_so_many_bytes_together_over_all_sessions() {
    let mut hall = hall(2, 100, 100, 2).await;
    let first = seal(&hall, 0, "1");
    let old = Under {
        hall: &hall,
        bidder: 0,
        id: "1",
    }
    .upload(&first, 1, None)
    .await;
    let kept = seal(&hall, 1, "1");
    let of_rival = Under {
        hall: &hall,
        bidder: 1,
        id: "1",
    }
    .upload(&kept, 1, None)
    .await;

    // The same organisation in another session, for another lot.
    hall.bidders[0].session = hall.world.log_in(&hall.bidders[0].person).await;
    let own = Under {
        hall: &hall,
        bidder: 0,
        id: "2",
    };
    let second = seal(&hall, 0, "2");
    let new = own.upload(&second, 1, None).await;
    assert!(!own.is_there(&old).await);
    let rival = Under {
        hall: &hall,
        bidder: 1,
        id: "1",
    };
    assert!(rival.is_there(&of_rival).await, "nobody else's is given up");

    // While bytes of it arrive it stays, and a further one has to wait.
    let mut sending = TcpStream::connect(hall.world.running.address).unwrap();
    let cookie = hall.bidders[0].session.server.cookie().unwrap();
    let head = format!(
        "PATCH {new} HTTP/1.1\r\nhost: x\r\ncookie: {cookie}\r\ntus-resumable: 1.0.0\r\n\
         upload-offset: 0\r\ncontent-type: application/offset+octet-stream\r\n\
         content-length: {}\r\n\r\n",
        second.body.len()
    );
    sending.write_all(head.as_bytes()).unwrap();
    sending.write_all(&second.body[..100_000]).unwrap();
    tokio::time::sleep(Duration::from_millis(500)).await;
    let third = Under { id: "1", ..own }
        .begin(&seal(&hall, 0, "1"), 1, None)
        .await;
    assert_eq!(third.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(third.headers()["retry-after"], "60");
    assert_eq!(code(third).await, "too-many-requests");
    sending.write_all(&second.body[100_000..]).unwrap();
    for _ in 0..100 {
        if hall
            .bids(0)
            .await
            .bids
            .iter()
            .any(|bid| bid.state.name() == "live")
        {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("what was being sent did not become a bid");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_seventeen_uploads_under_way_the_oldest_is_given_up() {
    let hall = hall(1, 100, 100, 100).await;
    let own = Under {
        hall: &hall,
        bidder: 0,
        id: "1",
    };
    let mut uploads = Vec::new();
    for _ in 0..17 {
        let sealed = hall.seal(0, "100", &[]);
        uploads.push(own.upload(&sealed, 1, None).await);
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    assert!(!own.is_there(&uploads[0]).await);
    assert!(own.is_there(&uploads[1]).await);
    assert!(own.is_there(&uploads[16]).await);
}

/// What the sweeper does each minute.
#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_nobody_continues_is_removed_after_a_day_and_counts_no_more() {
    let hall = hall(1, 2, 100, 100).await;
    let own = Under {
        hall: &hall,
        bidder: 0,
        id: "1",
    };
    let sealed = seal(&hall, 0, "1");
    let upload = own.upload(&sealed, 1, None).await;
    let begun = hall.patch(0, &upload, 0, sealed.body[..100_000].to_vec());
    assert_eq!(begun.await.status(), StatusCode::NO_CONTENT);
    let uploads = hall.world.running.app.store.uploads();
    let now = hall.world.running.app.now();
    let day = 24 * 3_600_000;
    assert!(uploads.sweep(now + day - 60_000).await.unwrap().is_empty());
    assert!(own.is_there(&upload).await);
    let removed = uploads.sweep(now + day + 1000).await.unwrap();
    assert_eq!(removed, [upload.rsplit('/').next().unwrap()]);
    assert!(!own.is_there(&upload).await);
}
