//! Who may call what.

use kaibiao_core::role::Role;
use reqwest::{Method, StatusCode};

use crate::tender::Tender;
use crate::world::World;

#[test]
fn every_route_says_who_may_call_it() {
    let document = kaibiao_http::describe();
    if let Err(routes) = kaibiao_http::guard::Guards::read(&document) {
        panic!("neither guarded nor public: {routes:?}");
    }
    assert!(!document.paths.paths.is_empty());
}

/// A path with something of the right form in every place.
fn fill(path: &str) -> String {
    let mut filled = String::new();
    for part in path.split('/').skip(1) {
        filled.push('/');
        filled.push_str(match part {
            "{id}" | "{project}" => "0192f0a1-7b3c-7def-8123-456789abcdef",
            "{lot}" => "1",
            part if part.starts_with('{') => {
                "abababababababababababababababababababababababababababababababab"
            }
            part => part,
        });
    }
    filled
}

/// The guard is found by the path's pattern, so one path has one spelling.
#[test]
fn a_path_has_the_same_names_for_its_parts_everywhere() {
    let document = kaibiao_http::describe();
    let mut spellings = std::collections::BTreeMap::new();
    for path in document.paths.paths.keys() {
        let shape: Vec<&str> = path
            .split('/')
            .map(|part| if part.starts_with('{') { "{}" } else { part })
            .collect();
        if let Some(other) = spellings.insert(shape.join("/"), path) {
            panic!("{path} and {other}");
        }
    }
}

/// Every operation with its path, filled with something of the right form.
fn operations() -> Vec<(Method, String, bool)> {
    let document = serde_json::to_value(kaibiao_http::describe()).unwrap();
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let Ok(method) = method.to_uppercase().parse::<Method>() else {
                continue;
            };
            let public = operation["security"]
                .as_array()
                .unwrap()
                .contains(&serde_json::json!({}));
            let path = fill(path);
            operations.push((method, path, public));
        }
    }
    operations
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_is_let_into_public_routes_only() {
    let world = World::start().await;
    let server = world.server();
    for (method, path, public) in operations() {
        if public {
            continue;
        }
        let reply = server.request(method.clone(), &path).send().await.unwrap();
        assert_eq!(reply.status(), StatusCode::UNAUTHORIZED, "{method} {path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_without_a_role_is_let_into_no_roles_route() {
    let mut world = World::start().await;
    let person = world.person(7, "甲建设有限公司", "张三");
    let session = world.log_in(&person).await;
    let reply = session
        .server
        .request(Method::GET, "platform/accounts")
        .send()
        .await
        .unwrap();
    assert_eq!(reply.status(), StatusCode::FORBIDDEN);
    let body: serde_json::Value = reply.json().await.unwrap();
    assert_eq!(body["params"]["roles"], "administrator, centre");
}

/// Officials of other projects, and a bidder without a bid, are the public to
/// this one.
#[tokio::test(flavor = "multi_thread")]
async fn a_role_elsewhere_opens_nothing_here() {
    let mut world = World::start().await;
    let tender = Tender::gather(&mut world).await;
    let t0 = world.running.app.now() + 3_600_000;
    let project = tender.published(t0).await;
    let mut outsiders = Vec::new();
    for (number, role) in [
        (200, Role::Host),
        (201, Role::Centre),
        (202, Role::Supervisor),
        (203, Role::Bidder),
    ] {
        let company = format!("外单位{number}");
        let session = world
            .with_role(&tender.administrator, number, &company, role)
            .await;
        outsiders.push((role, session));
    }
    let public = world.server();
    let mut tried = 0;
    for (method, path, is_public) in operations() {
        let own = path.contains("/projects/") || path.contains("/uploads/");
        if method != Method::GET || !own {
            continue;
        }
        let path = path.replace("0192f0a1-7b3c-7def-8123-456789abcdef", &project);
        let stranger = public.request(Method::GET, &path).send().await.unwrap();
        let shown = stranger.status();
        let mut shown_body: serde_json::Value =
            serde_json::from_slice(&stranger.bytes().await.unwrap()).unwrap_or_default();
        forget_times(&mut shown_body);
        for (role, session) in &outsiders {
            let reply = session
                .server
                .request(Method::GET, &path)
                .send()
                .await
                .unwrap();
            let status = reply.status();
            let bytes = reply.bytes().await.unwrap();
            let mut body: serde_json::Value = serde_json::from_slice(&bytes).unwrap_or_default();
            forget_times(&mut body);
            forget_refused_acts(&mut body);
            tried += 1;
            if is_public {
                assert_eq!((status, &body), (shown, &shown_body), "{role:?} {path}");
            } else if status.is_success() {
                // These routes list what is the caller's own, and this caller
                // has nothing.
                let text = body.to_string();
                assert!(text.contains("[]"), "{role:?} {path}: {text}");
                assert!(text.len() < 100, "{role:?} {path}: {text}");
            }
        }
    }
    assert!(tried > 40, "{tried}");
}

/// Removes what a reader with a login is told of its own acts, none of which may
/// be lawful.
fn forget_refused_acts(body: &mut serde_json::Value) {
    let lots = body.get_mut("lots").and_then(|lots| lots.as_object_mut());
    for lot in lots.into_iter().flat_map(serde_json::Map::values_mut) {
        let acts = lot.as_object_mut().and_then(|lot| lot.remove("lawful"));
        let acts = acts.as_ref().and_then(serde_json::Value::as_object);
        for (act, refusal) in acts.into_iter().flatten() {
            assert!(refusal.is_string(), "{act}: {refusal}");
        }
    }
}

/// Removes what differs between any two readings, whoever reads.
fn forget_times(body: &mut serde_json::Value) {
    if let Some(object) = body.as_object_mut() {
        object.remove("now");
        object.remove("request");
    }
}
