//! tus: offsets, checksums, bad chunks, cuts and returns.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use kaibiao_api::SubmitAccepted;
use kaibiao_crypto::Digest;
use reqwest::{Method, Response, StatusCode};
use serde_json::Value;

use crate::hall::{Hall, Sealed, receipt};
use crate::world::World;

const MIB: usize = 1 << 20;

async fn begun(hall: &Hall, sealed: &Sealed, told: bool) -> SubmitAccepted {
    let act = hall.submit_act(sealed, 1, None);
    let (status, begun) = hall.begin(0, sealed, &act, told).await;
    assert_eq!(status, StatusCode::CREATED, "{begun}");
    serde_json::from_value(begun).unwrap()
}

async fn head(hall: &Hall, upload: &str) -> Response {
    let path = upload.strip_prefix("/api/v1/").unwrap();
    let request = hall.bidders[0].session.server.request(Method::HEAD, path);
    request
        .header("Tus-Resumable", "1.0.0")
        .send()
        .await
        .unwrap()
}

async fn offset(hall: &Hall, upload: &str) -> u64 {
    let reply = head(hall, upload).await;
    reply.headers()["Upload-Offset"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap()
}

async fn code(reply: Response) -> String {
    let problem: Value = reply.json().await.unwrap();
    problem["code"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_chunk_told_beforehand_is_refused_at_once_and_the_rest_goes_on() {
    let hall = Hall::publish(World::start().await, 1, 60.0).await;
    let sealed = hall.seal(0, "100", &[("a.pdf", vec![3; 4 * MIB])]);
    let begun = begun(&hall, &sealed, true).await;
    let mut bent = sealed.body.clone();
    let place = *sealed.header.layout().place(0, 2).unwrap();
    let chunk = place.offset + 2 * (1_048_576 + 16);
    bent[usize::try_from(chunk).unwrap() + 100] ^= 1;
    let reply = hall
        .patch(0, begun.upload.as_deref().unwrap(), 0, bent)
        .await;
    assert_eq!(reply.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(code(reply).await, "altered");
    assert_eq!(offset(&hall, begun.upload.as_deref().unwrap()).await, chunk);
    let rest = sealed.body[usize::try_from(chunk).unwrap()..].to_vec();
    receipt(
        &hall
            .patch(0, begun.upload.as_deref().unwrap(), chunk, rest)
            .await,
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn without_told_chunks_the_whole_segment_is_sent_again() {
    let hall = Hall::publish(World::start().await, 1, 60.0).await;
    let sealed = hall.seal(0, "100", &[("a.pdf", vec![3; 3 * MIB])]);
    let begun = begun(&hall, &sealed, false).await;
    let mut bent = sealed.body.clone();
    let start = sealed.header.layout().place(0, 2).unwrap().offset;
    bent[usize::try_from(start).unwrap() + 100] ^= 1;
    // In two pieces, so that the first is durable when the second is refused.
    let second = bent.split_off(2 * MIB);
    hall.patch(0, begun.upload.as_deref().unwrap(), 0, bent)
        .await;
    assert_eq!(
        code(
            hall.patch(0, begun.upload.as_deref().unwrap(), 2 * MIB as u64, second)
                .await
        )
        .await,
        "altered"
    );
    assert_eq!(offset(&hall, begun.upload.as_deref().unwrap()).await, start);
    let rest = sealed.body[usize::try_from(start).unwrap()..].to_vec();
    receipt(
        &hall
            .patch(0, begun.upload.as_deref().unwrap(), start, rest)
            .await,
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_whose_checksum_is_wrong_leaves_no_byte() {
    let hall = Hall::publish(World::start().await, 1, 60.0).await;
    let sealed = hall.seal(0, "100", &[("a.pdf", vec![3; 2 * MIB])]);
    let begun = begun(&hall, &sealed, true).await;
    let path = begun
        .upload
        .as_deref()
        .unwrap()
        .strip_prefix("/api/v1/")
        .unwrap();
    let send = |bytes: Vec<u8>, of: &[u8], offset: u64| {
        let checksum = BASE64.encode(Digest::of(of).as_bytes());
        let request = hall.bidders[0].session.server.request(Method::PATCH, path);
        request
            .header("Tus-Resumable", "1.0.0")
            .header("Upload-Offset", offset)
            .header("Upload-Checksum", format!("sha256 {checksum}"))
            .header("Content-Type", "application/offset+octet-stream")
            .body(bytes)
            .send()
    };
    let piece = sealed.body[..MIB + 500_000].to_vec();
    let mut bent = piece.clone();
    bent[MIB / 2] ^= 1;
    let reply = send(bent, &piece, 0).await.unwrap();
    assert_eq!(reply.status().as_u16(), 460);
    assert_eq!(offset(&hall, begun.upload.as_deref().unwrap()).await, 0);
    let reply = send(piece.clone(), &piece, 0).await.unwrap();
    assert_eq!(reply.status(), StatusCode::NO_CONTENT);
    assert_eq!(
        offset(&hall, begun.upload.as_deref().unwrap()).await,
        piece.len() as u64
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn pieces_of_any_size_across_restarts_make_the_bid() {
    let mut hall = Hall::publish(World::start().await, 1, 300.0).await;
    let sealed = hall.seal(0, "100", &[("a.pdf", vec![3; 2 * MIB]), ("b.pdf", vec![])]);
    let begun = begun(&hall, &sealed, true).await;
    let mut at = 0;
    let mut last = None;
    for size in [1, 4000, 700_000, 1_000_000, usize::MAX] {
        let end = sealed.body.len().min(usize::saturating_add(at, size));
        let reply = hall
            .patch(
                0,
                begun.upload.as_deref().unwrap(),
                at as u64,
                sealed.body[at..end].to_vec(),
            )
            .await;
        assert_eq!(reply.status(), StatusCode::NO_CONTENT);
        at = end;
        if at < sealed.body.len() {
            hall = hall.restart().await;
            assert_eq!(
                offset(&hall, begun.upload.as_deref().unwrap()).await,
                at as u64
            );
        }
        last = Some(reply);
    }
    let told = receipt(&last.unwrap());
    // Whoever missed the reply finds the receipt with the upload.
    assert_eq!(
        receipt(&head(&hall, begun.upload.as_deref().unwrap()).await),
        told
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_protocol_is_held_to() {
    let hall = Hall::publish(World::start().await, 2, 60.0).await;
    let sealed = hall.seal(0, "100", &[]);
    let begun = begun(&hall, &sealed, true).await;
    let path = begun
        .upload
        .as_deref()
        .unwrap()
        .strip_prefix("/api/v1/")
        .unwrap();
    let own = &hall.bidders[0].session.server;

    let options = own
        .request(Method::OPTIONS, "uploads")
        .send()
        .await
        .unwrap();
    assert_eq!(options.status(), StatusCode::NO_CONTENT);
    assert_eq!(options.headers()["Tus-Version"], "1.0.0");
    assert_eq!(
        options.headers()["Tus-Extension"],
        "creation,checksum,expiration,termination"
    );

    let no_version = own.request(Method::HEAD, path).send().await.unwrap();
    assert_eq!(no_version.status(), StatusCode::PRECONDITION_FAILED);
    let wrong_offset = hall
        .patch(0, begun.upload.as_deref().unwrap(), 5, vec![0; 5])
        .await;
    assert_eq!(wrong_offset.status(), StatusCode::CONFLICT);
    let too_long = [&sealed.body[..], b"more"].concat();
    assert_eq!(
        code(
            hall.patch(0, begun.upload.as_deref().unwrap(), 0, too_long)
                .await
        )
        .await,
        "altered"
    );
    let foreign = hall
        .patch(1, begun.upload.as_deref().unwrap(), 0, vec![0; 5])
        .await;
    assert_eq!(foreign.status(), StatusCode::NOT_FOUND);

    let delete = own
        .request(Method::DELETE, path)
        .header("Tus-Resumable", "1.0.0");
    assert_eq!(
        delete.send().await.unwrap().status(),
        StatusCode::NO_CONTENT
    );
    assert_eq!(
        head(&hall, begun.upload.as_deref().unwrap()).await.status(),
        StatusCode::NOT_FOUND
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_generic_client_begins_the_tus_way() {
    let hall = Hall::publish(World::start().await, 1, 60.0).await;
    let sealed = hall.seal(0, "100", &[]);
    let session = &hall.bidders[0].session;
    let act = hall.submit_act(&sealed, 1, None);
    let act = serde_json::to_vec(&session.sign(&hall.project, &act).unwrap()).unwrap();
    let metadata = [
        ("project", hall.project.as_bytes()),
        ("lot", b"1"),
        ("header", &sealed.header.to_bytes()),
        ("act", &act),
    ];
    let metadata = metadata.map(|(name, value)| format!("{name} {}", BASE64.encode(value)));
    let begin = |length: usize| {
        let request = session.server.request(Method::POST, "uploads");
        request
            .header("Tus-Resumable", "1.0.0")
            .header("Upload-Length", length)
            .header("Upload-Metadata", metadata.join(","))
            .send()
    };
    let wrong = begin(sealed.body.len() + 1).await.unwrap();
    assert_eq!(wrong.status(), StatusCode::BAD_REQUEST);
    let begun = begin(sealed.body.len()).await.unwrap();
    assert_eq!(begun.status(), StatusCode::CREATED);
    let upload = begun.headers()["Location"].to_str().unwrap().to_owned();
    assert!(begun.headers().contains_key("Upload-Expires"));
    receipt(&hall.patch(0, &upload, 0, sealed.body.clone()).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_this_process_never_heard_of_goes_on_where_its_row_says() {
    let hall = Hall::publish(World::start().await, 1, 60.0).await;
    let sealed = hall.seal(0, "100", &[("a.pdf", vec![3; 2 * MIB])]);
    let act = hall.submit_act(&sealed, 1, None);
    let (_, begun) = hall.begin(0, &sealed, &act, true).await;
    let upload = begun["upload"].as_str().unwrap();
    let id = upload.rsplit('/').next().unwrap();
    let app = hall.world.running.app.clone();
    let half = sealed.body.len() / 2;
    let reply = hall.patch(0, upload, 0, sealed.body[..half].to_vec()).await;
    assert_eq!(reply.status(), StatusCode::NO_CONTENT);
    // As after a start of another node, which reads no uploads.
    app.memory.uploads.forget(id);
    assert_eq!(offset(&hall, upload).await, half as u64);
    app.memory.uploads.forget(id);
    // The same request finds it again, and begins no other.
    let (status, again) = hall.begin(0, &sealed, &act, true).await;
    assert_eq!(status, StatusCode::CREATED, "{again}");
    assert_eq!(again["upload"], upload);
    app.memory.uploads.forget(id);
    let rest = sealed.body[half..].to_vec();
    receipt(&hall.patch(0, upload, half as u64, rest).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_another_node_ended_is_gone_here_too() {
    let hall = Hall::publish(World::start().await, 1, 60.0).await;
    let sealed = hall.seal(0, "100", &[("a.pdf", vec![3; MIB])]);
    let act = hall.submit_act(&sealed, 1, None);
    let (_, begun) = hall.begin(0, &sealed, &act, true).await;
    let upload = begun["upload"].as_str().unwrap();
    let id = upload.rsplit('/').next().unwrap();
    let app = hall.world.running.app.clone();
    app.store.uploads().remove(id).await.unwrap();
    assert_eq!(head(&hall, upload).await.status(), StatusCode::NOT_FOUND);
    let reply = hall.patch(0, upload, 0, vec![1; 10]).await;
    assert_eq!(code(reply).await, "upload-gone");
    let (status, again) = hall.begin(0, &sealed, &act, true).await;
    assert_eq!(status, StatusCode::CREATED, "{again}");
    assert_ne!(again["upload"], upload);
}
