//! The web page as a browser gets it.

use reqwest::{Method, StatusCode};
use ring::digest::{SHA256, digest};

use crate::world::World;

/// A program built without its page has neither a page nor a tool to be tried.
/// Where every test must be tried, this is a failure.
fn built_without_page() {
    assert!(
        std::env::var_os("TESTS_REQUIRE_ALL").is_none(),
        "web/dist was empty when this program was built, and TESTS_REQUIRE_ALL is set"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn every_screens_address_is_the_page() {
    let world = World::start().await;
    let server = world.server();
    let mut pages = Vec::new();
    for path in [
        "/",
        "/login",
        "/projects/01935b7e-8f00-7000-8000-000000000001/hall",
    ] {
        let reply = server.request(Method::GET, path).send().await.unwrap();
        assert_eq!(reply.status(), StatusCode::OK, "{path}");
        let headers = reply.headers().clone();
        assert!(
            headers["content-type"]
                .to_str()
                .unwrap()
                .starts_with("text/html")
        );
        let policy = headers["content-security-policy"].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'"));
        // A module of our own may be compiled; no text becomes code.
        assert!(!policy.replace("'wasm-unsafe-eval'", "").contains("unsafe"));
        pages.push(reply.text().await.unwrap());
    }
    assert!(pages[0].contains("Kaibiao") || pages[0].contains("开标"));
    assert!(pages.iter().all(|page| *page == pages[0]));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_page_is_not_found() {
    let world = World::start().await;
    let server = world.server();
    for (method, path) in [
        (Method::GET, "/assets/nothing.js"),
        (Method::GET, "/index.html.gz"),
        (Method::GET, "/../Cargo.toml"),
        (Method::GET, "/%2e%2e/Cargo.toml"),
        (Method::GET, "/api/v1/nothing"),
        (Method::POST, "/login"),
    ] {
        let reply = server.request(method, path).send().await.unwrap();
        assert_eq!(reply.status(), StatusCode::NOT_FOUND, "{path}");
        let kind = reply.headers()["content-type"].to_str().unwrap();
        assert_eq!(kind, "application/problem+json", "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_is_known_already_is_not_sent_again() {
    let world = World::start().await;
    let server = world.server();
    let first = server.request(Method::GET, "/").send().await.unwrap();
    let Some(tag) = first.headers().get("etag").cloned() else {
        return built_without_page();
    };
    let request = server
        .request(Method::GET, "/")
        .header("if-none-match", tag);
    let again = request.send().await.unwrap();
    assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    assert!(again.bytes().await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tool_is_downloaded_as_its_digest_says() {
    let world = World::start().await;
    let server = world.server();
    let reply = server.request(Method::GET, "tool").send().await.unwrap();
    if reply.status() == StatusCode::NOT_FOUND {
        return built_without_page();
    }
    let told: kaibiao_api::ToolView = reply.json().await.unwrap();
    let file = server
        .request(Method::GET, &told.path)
        .send()
        .await
        .unwrap();
    let headers = file.headers().clone();
    assert!(
        headers["content-disposition"]
            .to_str()
            .unwrap()
            .starts_with("attachment")
    );
    assert!(
        headers["content-security-policy"]
            .to_str()
            .unwrap()
            .starts_with("sandbox")
    );
    let bytes = file.bytes().await.unwrap();
    assert_eq!(bytes.len() as u64, told.size);
    assert_eq!(hex::encode(digest(&SHA256, &bytes)), told.sha256);
}
