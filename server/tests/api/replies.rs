//! What every reply has in common.

use kaibiao_api::problem::ProblemBody;
use reqwest::{Method, StatusCode};

use crate::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn an_error_is_a_problem_in_the_language_asked_for() {
    let world = World::start().await;
    for (language, chinese) in [("zh-CN", true), ("en", false), ("", true)] {
        let request = world.server().request(Method::GET, "session");
        let reply = request
            .header("accept-language", language)
            .send()
            .await
            .unwrap();
        assert_eq!(reply.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(reply.headers()["content-type"], "application/problem+json");
        let id = reply.headers()["x-request-id"].to_str().unwrap().to_owned();
        let problem: ProblemBody = reply.json().await.unwrap();
        assert_eq!(problem.code, "not-logged-in");
        assert_eq!(problem.detail == problem.detail_zh, chinese);
        assert_eq!(problem.request, Some(id));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_is_told_without_a_panic() {
    let world = World::start().await;
    let server = world.server();
    let post = |body: Vec<u8>, kind: &str| {
        let request = server.request(Method::POST, "login");
        request.header("content-type", kind).body(body).send()
    };
    let bombs: [(Vec<u8>, &str, u16); 5] = [
        (b"{".to_vec(), "application/json", 400),
        (b"{}".to_vec(), "text/plain", 415),
        (vec![b'['; 60_000], "application/json", 400),
        (vec![b' '; (1 << 20) + 1], "application/json", 413),
        (vec![0xff; 100], "application/json", 400),
    ];
    for (body, kind, status) in bombs {
        let reply = post(body, kind).await.unwrap();
        assert_eq!(reply.status().as_u16(), status);
        assert_eq!(reply.headers()["content-type"], "application/problem+json");
    }
    // Other addresses without a file's name are screens of the page.
    for path in ["/nothing", "//", "/%00"] {
        let reply = server.request(Method::GET, path).send().await.unwrap();
        assert_eq!(reply.status(), StatusCode::OK, "{path}");
    }
    for path in ["nothing", "/nothing.js", "/docs/nothing.js", "/a.b/%00.js"] {
        let reply = server.request(Method::GET, path).send().await.unwrap();
        assert!(
            reply.status().is_client_error(),
            "{path}: {}",
            reply.status()
        );
    }
    let reply = server.request(Method::DELETE, "time").send().await.unwrap();
    assert_eq!(reply.status(), StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_are_closed_to_scripts_and_frames_of_others() {
    let world = World::start().await;
    let reply = world
        .server()
        .request(Method::GET, "time")
        .send()
        .await
        .unwrap();
    let headers = reply.headers();
    let policy = headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe-inline"));
    assert_eq!(headers["x-content-type-options"], "nosniff");
    assert_eq!(headers["cache-control"], "no-store");
    assert!(!headers.contains_key("etag"));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_sites_page_cannot_act_for_a_visitor() {
    let world = World::start().await;
    for (origin, status) in [("https://evil.example", 403), (world.url().as_str(), 204)] {
        let request = world.server().request(Method::POST, "logout");
        let reply = request.header("origin", origin).send().await.unwrap();
        assert_eq!(reply.status().as_u16(), status, "{origin}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn probes_and_documentation_answer() {
    let world = World::start().await;
    let server = world.server();
    for path in [
        "/healthz",
        "/readyz",
        "/metrics",
        "/docs/",
        "/api/v1/openapi.json",
    ] {
        let reply = server.request(Method::GET, path).send().await.unwrap();
        assert_eq!(reply.status(), StatusCode::OK, "{path}");
    }
    let request = server.request(Method::GET, "/metrics");
    let reply = request
        .header("x-forwarded-for", "192.0.2.1")
        .send()
        .await
        .unwrap();
    assert_eq!(reply.status(), StatusCode::NOT_FOUND);
}
