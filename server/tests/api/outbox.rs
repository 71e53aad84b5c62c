//! News for other systems: signed, delivered at least once, and to be fetched.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use kaibiao_api::OutboxPage;
use kaibiao_core::role::Role;
use ring::hmac;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::hall::Hall;
use crate::world::{World, bind};

const SECRET: [u8; 32] = [0x11; 32];

struct Delivery {
    id: String,
    timestamp: String,
    signature: String,
    body: Vec<u8>,
}

/// Takes one delivery and answers it with a status.
async fn take(listener: &TcpListener, status: &str) -> Delivery {
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut read = Vec::new();
    let (head, length) = loop {
        let mut buffer = [0; 4096];
        let count = stream.read(&mut buffer).await.unwrap();
        assert_ne!(count, 0, "the delivery ended early");
        read.extend_from_slice(&buffer[..count]);
        let Some(end) = read.windows(4).position(|bytes| bytes == b"\r\n\r\n") else {
            continue;
        };
        let head = String::from_utf8(read[..end].to_vec())
            .unwrap()
            .to_lowercase();
        let length: usize = header(&head, "content-length").parse().unwrap();
        if read.len() >= end + 4 + length {
            break (String::from_utf8(read[..end].to_vec()).unwrap(), end + 4);
        }
    };
    let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    stream.write_all(answer.as_bytes()).await.unwrap();
    Delivery {
        id: header(&head, "webhook-id"),
        timestamp: header(&head, "webhook-timestamp"),
        signature: header(&head, "webhook-signature"),
        body: read[length..].to_vec(),
    }
}

fn header(head: &str, name: &str) -> String {
    let line = head
        .lines()
        .find(|line| line.to_lowercase().starts_with(&format!("{name}:")));
    line.expect(name)
        .split_once(':')
        .unwrap()
        .1
        .trim()
        .to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_publication_is_told_signed_and_again_until_it_is_taken() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let secrets = tempfile::tempdir().unwrap();
    let secret = secrets.path().join("webhook");
    std::fs::write(&secret, format!("whsec_{}\n", BASE64.encode(SECRET))).unwrap();
    let world = World::with(|config| {
        config.webhook.url = Some(url);
        config.webhook.secret_file = Some(secret);
    })
    .await;
    let mut hall = Hall::publish(world, 0, 3600.0).await;

    let first = take(&listener, "500 Not Now").await;
    let again = take(&listener, "204 No Content").await;
    assert_eq!(first.id, again.id);
    assert_eq!(first.body, again.body);
    let signed = [
        again.id.as_bytes(),
        b".",
        again.timestamp.as_bytes(),
        b".",
        &again.body,
    ]
    .concat();
    let signature = BASE64
        .decode(again.signature.strip_prefix("v1,").unwrap())
        .unwrap();
    hmac::verify(
        &hmac::Key::new(hmac::HMAC_SHA256, &SECRET),
        &signed,
        &signature,
    )
    .unwrap();
    let body: Value = serde_json::from_slice(&again.body).unwrap();
    assert_eq!(body["type"], "project.published");
    assert_eq!(body["data"]["project"], hall.project);
    assert_eq!(body["data"]["lots"][0]["external_id"], "lot-1");

    let machine = hall.world.person(9, "交易平台", "接口");
    hall.administrator
        .act("", &bind(&machine, Role::Machine), Vec::new())
        .await
        .unwrap();
    let machine = hall.world.log_in(&machine).await;
    let page: OutboxPage = machine.server.get("outbox").await.unwrap();
    assert_eq!(page.messages.len(), 1);
    assert_eq!(page.messages[0].attempts, 1);
    assert!(page.messages[0].delivered.is_some());
    assert_eq!(page.messages[0].body, body);
}
