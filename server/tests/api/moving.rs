//! A platform that moves to another place while an opening is under way.

use std::sync::Arc;

use kaibiao::serve::Running;
use kaibiao_app::config::Config;
use kaibiao_app::keys::PlatformKeys;
use kaibiao_core::act::Announce;
use kaibiao_core::project::Project;
use kaibiao_crypto::merkle::Frontier;
use kaibiao_store::{Clock, Copied, RootSecret, copy};

use crate::hall::{Hall, lot};
use crate::nodes::database;
use crate::world::{World, nonce};

/// Moves a platform to where the changed configuration says, and goes on there.
async fn moved(mut hall: Hall, change: impl FnOnce(&mut Config)) -> (Hall, Copied) {
    let World {
        directory,
        running,
        authority,
    } = hall.world;
    let from = running.app.config.clone();
    running.stop().await.unwrap();
    let mut to = from.clone();
    to.secrets = Some(from.secrets());
    change(&mut to);
    let root = PlatformKeys::read_root(&from.secrets()).unwrap();
    let root = RootSecret::from_bytes(*root);
    let (source, target) = (from.site().unwrap(), to.site().unwrap());
    let rest = source.at_rest(&root).await.unwrap();
    let copied = copy(&root, &source, &target, Some(&rest), Arc::new(|_, _| ()));
    let copied = copied.await.unwrap();
    drop(rest);
    let running = Running::start(to, Clock::system()).await.unwrap();
    hall.world = World {
        directory,
        running,
        authority,
    };
    let url = hall.world.url();
    hall.log_in_at(&url).await;
    (hall, copied)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_opening_goes_on_where_the_platform_was_moved_to() {
    let hall = Hall::publish(World::start().await, 2, 10.0).await;
    let place = hall.world.directory.path().to_owned();
    let sealed = hall.submit_all().await;
    hall.until_stage("checking").await;
    hall.start_window().await;
    hall.unlock(0, &sealed[0], false).await.unwrap();

    let url = database("moved").await;
    let (hall, there) = moved(hall, |config| {
        config.data = place.join("there");
        config.store.url = Some(url);
    })
    .await;
    hall.unlock(1, &sealed[1], false).await.unwrap();
    hall.until_stage("releasing").await;

    let (hall, back) = moved(hall, |config| {
        config.data = place.join("back");
        config.store.url = None;
    })
    .await;
    hall.release(0, false).await.unwrap();
    hall.release(2, false).await.unwrap();
    hall.until_stage("opened").await;
    let announce = Announce {
        nonce: nonce(),
        lots: vec![lot("1")],
    };
    hall.act(hall.host(), announce).await;

    // What was there before is the beginning of what is there now.
    assert!(there.damaged.is_empty() && back.damaged.is_empty());
    let store = &hall.world.running.app.store;
    let stream = kaibiao_app::deciding::stream(hall.project.parse().unwrap());
    assert!(store.verify::<Project>(&stream).await.is_ok());
    for copied in [there, back] {
        let tree = copied
            .streams
            .iter()
            .find(|tree| tree.stream == stream.to_string())
            .unwrap();
        let mut frontier = Frontier::new();
        for leaf in store.leaves(&stream, tree.size).await.unwrap() {
            frontier.append(leaf);
        }
        assert_eq!(frontier.root(), tree.root);
    }
}
