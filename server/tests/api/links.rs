//! Certificates of two authorities for one organisation.

use kaibiao_api::{AccountList, ActReply, LinkedList, SessionView};
use kaibiao_core::act::{Act, LinkAuthority, Register, UnlinkAuthority};
use kaibiao_core::role::Role;
use kaibiao_crypto::Digest;

use super::world::{Person, World, again, nonce};

fn register(person: &Person) -> Act {
    Act::Register(Register {
        nonce: nonce(),
        name: person.company.clone(),
    })
}

pub fn link(person: &Person, papers: Vec<Digest>) -> Act {
    Act::LinkAuthority(LinkAuthority {
        nonce: nonce(),
        organisation: person.organisation.clone(),
        authority: "other-ca".to_owned(),
        reason: "原证书遗失".to_owned(),
        papers,
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_of_another_authority_sees_what_is_public_until_it_is_linked() {
    let (mut world, mut other) = World::with_two_authorities().await;
    let administrator = world.administrator().await;
    let old = world.person(7, "甲建设有限公司", "张三");
    let session = world.log_in(&old).await;
    session.act("", &register(&old), Vec::new()).await.unwrap();

    let new = again(&mut other, &old);
    let stranger = world.log_in(&new).await;
    assert!(!stranger.who.linked);
    assert!(stranger.who.roles.is_empty());
    assert!(stranger.who.vouchers.is_empty());
    let refused = stranger.act("", &register(&new), Vec::new()).await;
    assert_eq!(refused.unwrap_err().code, "not-linked");
    let accounts = stranger
        .server
        .get::<AccountList>("platform/accounts")
        .await;
    assert_eq!(accounts.unwrap_err().code, "not-linked");
    stranger
        .server
        .get::<serde_json::Value>("projects")
        .await
        .unwrap();

    // The key is lost: the administrator links on papers, effective at once.
    let papers = vec![Digest::of("执照".as_bytes())];
    administrator
        .act("", &link(&old, papers.clone()), Vec::new())
        .await
        .unwrap();
    let who: SessionView = stranger.server.get("session").await.unwrap();
    assert!(who.linked);
    assert_eq!(who.roles, ["bidder"]);
    let [first, linked] = &who.vouchers[..] else {
        panic!("{:?}", who.vouchers);
    };
    assert!(first.link.is_none());
    assert_eq!(linked.link.as_ref().unwrap().papers, papers);

    let supervisor = world
        .with_role(&administrator, 9, "市住建局", Role::Supervisor)
        .await;
    let list: LinkedList = supervisor.server.get("platform/linked").await.unwrap();
    assert_eq!(list.linked.len(), 1);
    assert_eq!(list.linked[0].organisation, old.organisation);
    assert_eq!(list.linked[0].voucher.authority, "other-ca");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_linked_to_an_authority_that_is_not_configured() {
    let mut world = World::start().await;
    let old = world.person(7, "甲建设有限公司", "张三");
    let session = world.log_in(&old).await;
    session.act("", &register(&old), Vec::new()).await.unwrap();
    let refused = session.act("", &link(&old, Vec::new()), Vec::new()).await;
    assert_eq!(refused.unwrap_err().code, "invalid-account");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_act_that_was_taken_is_answered_as_such_although_its_link_has_ended() {
    let (mut world, mut other) = World::with_two_authorities().await;
    let administrator = world.administrator().await;
    let old = world.person(7, "甲建设有限公司", "张三");
    let session = world.log_in(&old).await;
    session.act("", &register(&old), Vec::new()).await.unwrap();
    let act = session.sign("", &link(&old, Vec::new())).unwrap();
    let first = session.send("", &act).await.unwrap();
    assert_eq!(first.events[0].kind, "authority_linked");
    let unlink = Act::UnlinkAuthority(UnlinkAuthority {
        nonce: nonce(),
        organisation: old.organisation.clone(),
        authority: session.who.authority.clone(),
        reason: "原机构停止服务".to_owned(),
    });
    administrator.act("", &unlink, Vec::new()).await.unwrap();

    // Nothing new is taken from it, and what it did is told to it alone.
    let refused = session.act("", &link(&old, Vec::new()), Vec::new()).await;
    assert_eq!(refused.unwrap_err().code, "not-linked");
    let posted = session.server.post::<ActReply>("platform/acts", &act);
    assert_eq!(posted.await.unwrap_err().code, "replayed");
    let told = session.send("", &act).await.unwrap();
    assert_eq!(told.events, first.events);
    let path = format!("platform/acts/{}", act.digest());
    let elsewhere = world.log_in(&again(&mut other, &old)).await;
    elsewhere.server.get::<ActReply>(&path).await.unwrap();
    let stranger = world.person(8, "乙建设有限公司", "李四");
    let stranger = world.log_in(&stranger).await;
    let told = stranger.server.get::<ActReply>(&path).await;
    assert_eq!(told.unwrap_err().code, "not-found");
}
