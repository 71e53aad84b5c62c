//! What lies beside the streams: secrets, outbox, sessions, challenges, absence.

use kaibiao_core::command::Away;
use kaibiao_core::event::Cause;
use kaibiao_store::{AlertSums, AppendError, Commit, Message, Stands, Store, StoreError};
use zeroize::Zeroizing;

use super::Factory;
use super::ledger::{Ledger, commit, entry, stream};

type Refused = &'static str;

async fn put(store: &Store, number: u64, secrets: &[(&str, &[u8])], wiped: &[&str]) {
    let secrets: Vec<(String, Zeroizing<Vec<u8>>)> = secrets
        .iter()
        .map(|(name, value)| ((*name).to_owned(), Zeroizing::new(value.to_vec())))
        .collect();
    let wiped: Vec<String> = wiped.iter().map(|name| (*name).to_owned()).collect();
    store
        .append::<Ledger, (), Refused, _>(&stream("one"), move |_| {
            let mut commit = commit(vec![entry(number, "secret")]);
            commit.secrets_put.clone_from(&secrets);
            commit.secrets_wiped.clone_from(&wiped);
            Ok(commit)
        })
        .await
        .unwrap();
}

pub async fn secrets_come_and_go_with_their_events(factory: &Factory) {
    let store = factory.open().await;
    let id = stream("one");
    assert!(store.secret(&id, "unlock/1").await.unwrap().is_none());
    put(&store, 1, &[("unlock/1", b"b"), ("share/1", b"")], &[]).await;
    put(&store, 2, &[("unlock/1", b"b2")], &[]).await;
    assert_eq!(
        store
            .secret(&id, "unlock/1")
            .await
            .unwrap()
            .unwrap()
            .as_slice(),
        b"b2"
    );
    assert_eq!(
        store
            .secret(&id, "share/1")
            .await
            .unwrap()
            .unwrap()
            .as_slice(),
        b""
    );
    assert_eq!(
        store.secret_names(&id).await.unwrap(),
        ["share/1", "unlock/1"]
    );
    assert!(
        store
            .secret(&stream("two"), "unlock/1")
            .await
            .unwrap()
            .is_none()
    );
    let refused = store
        .append::<Ledger, (), Refused, _>(&id, |_| {
            // Unlawful, so nothing of it may happen.
            let mut commit = commit(vec![entry(1, "again")]);
            commit.secrets_wiped.push("unlock/1".into());
            commit
                .secrets_put
                .push(("late".into(), Zeroizing::new(vec![1])));
            Ok(commit)
        })
        .await;
    assert!(refused.is_err());
    assert_eq!(
        store.secret_names(&id).await.unwrap(),
        ["share/1", "unlock/1"]
    );
    put(&store, 3, &[], &["unlock/1", "share/1", "never there"]).await;
    assert!(store.secret_names(&id).await.unwrap().is_empty());
}

pub async fn nothing_lies_beside_a_stream_without_events(factory: &Factory) {
    let store = factory.open().await;
    let outcome = store
        .append::<Ledger, (), Refused, _>(&stream("none"), |_| {
            let mut commit = commit(Vec::new());
            commit
                .secrets_put
                .push(("k".into(), Zeroizing::new(vec![1])));
            Ok(commit)
        })
        .await;
    assert!(matches!(
        outcome,
        Err(AppendError::Store(StoreError::NoStream(_)))
    ));
}

pub async fn messages_stay_in_the_outbox_until_delivered_or_given_up(factory: &Factory) {
    let store = factory.open().await;
    let message = |body: &str| Message {
        topic: "closed".into(),
        body: body.as_bytes().to_vec(),
    };
    for (number, body) in [(1, "结果一"), (2, "结果二")] {
        let message = message(body);
        store
            .append::<Ledger, (), Refused, _>(&stream("one"), move |_| {
                let mut commit = commit(vec![entry(number, "out")]);
                commit.outbox.push(message.clone());
                Ok(commit)
            })
            .await
            .unwrap();
    }
    let now = super::START;
    let outbox = store.outbox();
    assert!(outbox.due(now - 1, 10).await.unwrap().is_empty());
    let due = outbox.due(now, 10).await.unwrap();
    assert_eq!(due.len(), 2);
    assert_eq!(due[0].message, message("结果一"));
    assert_eq!(due[0].stream, stream("one"));
    outbox.delivered(due[0].id, now).await.unwrap();
    outbox.failed(due[1].id, Some(now + 1_000)).await.unwrap();
    assert!(outbox.due(now, 10).await.unwrap().is_empty());
    let again = outbox.due(now + 1_000, 10).await.unwrap();
    assert_eq!(
        (again.len(), again[0].id, again[0].attempts),
        (1, due[1].id, 1)
    );
    outbox.failed(due[1].id, None).await.unwrap();
    assert!(outbox.due(i64::MAX, 10).await.unwrap().is_empty());
    let all = outbox.after(0, 10).await.unwrap();
    assert_eq!(all.len(), 2);
    assert_eq!(all[0].delivered, Some(now));
    assert_eq!(outbox.after(all[0].id, 10).await.unwrap(), all[1..]);
}

pub async fn a_session_lives_until_it_ends_or_expires_also_across_a_restart(factory: &Factory) {
    let store = factory.open().await;
    let who = ("bidder".to_owned(), "91110000000000000X".to_owned());
    let token = store.sessions().begin(&who, 2_000).await.unwrap();
    let other = store.sessions().begin(&who, 3_000).await.unwrap();
    store.close().await.unwrap();
    drop(store);
    let store = factory.open().await;
    let sessions = store.sessions();
    let find =
        async |token: &str, now| sessions.find::<(String, String)>(token, now).await.unwrap();
    assert_eq!(find(&token, 1_999).await, Some(who.clone()));
    assert_eq!(find(&token, 2_000).await, None);
    assert_eq!(find("00", 0).await, None);
    assert_eq!(sessions.sweep(2_500).await.unwrap(), 1);
    assert_eq!(find(&token, 1_999).await, None);
    assert_eq!(find(&other, 2_500).await, Some(who));
    sessions.end(&other).await.unwrap();
    assert_eq!(find(&other, 2_500).await, None);
}

pub async fn sessions_are_listed_by_names_that_end_them_and_open_nothing(factory: &Factory) {
    let store = factory.open().await;
    let sessions = store.sessions();
    let mut mine = Vec::new();
    for number in 0..450_i64 {
        let who = if number % 3 == 0 { "me" } else { "other" };
        let expires = if number == 0 { 1_000 } else { 5_000 + number };
        let token = sessions.begin(&who.to_owned(), expires).await.unwrap();
        if who == "me" {
            mine.push(token);
        }
    }
    let list = async |now| {
        let found = sessions
            .list(now, |who: &String| who == "me")
            .await
            .unwrap();
        found.into_iter().map(|(name, _)| name).collect::<Vec<_>>()
    };
    // More than are read at a time, and the one that has expired is not among them.
    assert_eq!(list(0).await.len(), 150);
    assert_eq!(list(2_000).await.len(), 149);
    let name = sessions.name(&mine[7]);
    assert!(list(2_000).await.contains(&name));
    // A name is no token.
    let found = sessions.find::<String>(&name.to_string(), 2_000).await;
    assert_eq!(found.unwrap(), None);
    sessions.end_named(&name).await.unwrap();
    assert!(!list(2_000).await.contains(&name));
    assert_eq!(
        sessions.find::<String>(&mine[7], 2_000).await.unwrap(),
        None
    );
    let other = sessions.find::<String>(&mine[8], 2_000).await.unwrap();
    assert_eq!(other.as_deref(), Some("me"));
}

pub async fn a_login_challenge_is_answered_once_and_in_time(factory: &Factory) {
    let store = factory.open().await;
    let challenge = store.challenges().issue(1_000).unwrap();
    let tasks: Vec<_> = (0..20)
        .map(|_| {
            let (store, challenge) = (store.clone(), challenge.clone());
            tokio::spawn(async move { store.challenges().take(&challenge, 500).await.unwrap() })
        })
        .collect();
    let mut taken = 0;
    for task in tasks {
        taken += u32::from(task.await.unwrap());
    }
    assert_eq!(taken, 1);
    let challenges = store.challenges();
    let late = challenges.issue(1_000).unwrap();
    assert!(!challenges.take(&late, 1_000).await.unwrap());
    let second = challenges.issue(1_000).unwrap();
    for at in [0, 15, 16, 47, 48, 111] {
        let mut forged = second.clone();
        let flipped = if &forged[at..=at] == "0" { "1" } else { "0" };
        forged.replace_range(at..=at, flipped);
        assert!(!challenges.take(&forged, 0).await.unwrap());
    }
    for stranger in ["", "zz", &"0".repeat(112)] {
        assert!(!challenges.take(stranger, 0).await.unwrap());
    }
    assert!(challenges.take(&second, 999).await.unwrap());
}

pub async fn the_next_start_tells_how_long_the_service_was_away(factory: &Factory) {
    let store = factory.open().await;
    assert_eq!(store.away(), None);
    factory.hands().advance(400);
    store.close().await.unwrap();
    drop(store);
    factory.hands().advance(35_000);
    let store = factory.open().await;
    let away = store.away().unwrap();
    assert_eq!(away.cause, Cause::Stopped);
    assert_eq!(away.from, super::START + 400);
    assert_eq!(away.millis(), 35_000);
    assert_eq!(store.condition().failures, 0);

    // Stopped before it was noted anywhere: the next start still tells of it.
    store.close().await.unwrap();
    drop(store);
    factory.hands().advance(5_000);
    let store = factory.open().await;
    let away = store.away().unwrap();
    assert_eq!(away.cause, Cause::Killed);
    assert_eq!(away.from, super::START + 400);
    assert_eq!(away.millis(), 40_000);
    store.away_noted(&away).await.unwrap();
    assert_eq!(store.away(), None);
    store.close().await.unwrap();
    drop(store);
    factory.hands().advance(1_000);
    let store = factory.open().await;
    assert_eq!(store.away().unwrap().millis(), 1_000);
}

pub async fn the_first_decision_after_a_stall_is_told_of_it(factory: &Factory) {
    let store = factory.open().await;
    let look = async |number: u64| {
        store
            .append::<Ledger, _, Refused, _>(&stream("one"), move |at| {
                Ok(Commit::new(vec![entry(number, "t")], (at.now, at.away)))
            })
            .await
            .unwrap()
            .reply
    };
    assert_eq!(look(1).await, (super::START, None));
    factory.hands().advance(8_000);
    let away = Away {
        from: super::START,
        to: super::START + 8_000,
        cause: Cause::Stalled,
        reach: super::START + 8_000,
    };
    assert_eq!(look(2).await, (super::START + 8_000, Some(away)));
    store.away_noted(&away).await.unwrap();
    assert_eq!(store.away(), None);
}

pub async fn a_clock_that_is_behind_at_a_start_dates_nothing_back_or_ahead(factory: &Factory) {
    let store = factory.open().await;
    put(&store, 1, &[], &[]).await;
    store.close().await.unwrap();
    drop(store);
    factory.hands().step(-60_000);
    let store = factory.open().await;
    assert!(!store.clock().read().is_steady());
    assert_eq!(store.clock().now(), super::START);
    assert_eq!(store.away(), None, "nothing is noted by a clock in doubt");
    factory.hands().step(60_000);
    factory.hands().advance(400);
    store.clock().accept();
    let id = stream("one");
    let seen = store.append::<Ledger, _, Refused, _>(&id, |at| {
        Ok(Commit::new(vec![entry(2, "t")], (at.steady, at.away)))
    });
    let (steady, away) = seen.await.unwrap().reply;
    assert!(steady);
    assert_eq!(away.unwrap().millis(), 400);
}

pub async fn contacts_are_replaced_and_removed(factory: &Factory) {
    let store = factory.open().await;
    let all = async |store: &Store| {
        let mut all: Vec<String> = store.contacts().all().await.unwrap();
        all.sort();
        all
    };
    let contacts = store.contacts();
    contacts.put(["org", "甲"], &"13800000000").await.unwrap();
    contacts.put(["org", "乙"], &"a@example.org").await.unwrap();
    contacts.put(["org", "甲"], &"13900000000").await.unwrap();
    assert_eq!(all(&store).await, ["13900000000", "a@example.org"]);
    store.close().await.unwrap();
    drop(store);
    let store = factory.open().await;
    store.contacts().remove(["org", "甲"]).await.unwrap();
    store.contacts().remove(["org", "丙"]).await.unwrap();
    assert_eq!(all(&store).await, ["a@example.org"]);
}

pub async fn an_alert_is_put_once_and_sent_until_it_has_left(factory: &Factory) {
    let store = factory.open().await;
    let now = super::START;
    let put = async |store: &Store, name: &str| {
        let alerts = store.alerts();
        let whose = ["91350100M000100Y43", name];
        let put = alerts
            .put(whose, &["project", name], (now, now), &name)
            .await;
        put.unwrap()
    };
    assert!(put(&store, "one").await);
    assert!(put(&store, "two").await);
    assert!(!put(&store, "one").await, "it waits already");
    let due = async |store: &Store, now| {
        let due = store.alerts().due::<String>(now, 10).await.unwrap();
        let mut due: Vec<_> = due
            .into_iter()
            .map(|it| (it.body, it.attempts, it.name))
            .collect();
        due.sort();
        due
    };
    let waiting = due(&store, now).await;
    let told: Vec<_> = waiting
        .iter()
        .map(|(body, attempts, _)| (body.as_str(), *attempts))
        .collect();
    assert_eq!(told, [("one", 0), ("two", 0)]);
    let [(_, _, one), (_, _, two)] = <[_; 2]>::try_from(waiting).unwrap();
    let kept = "one, without its address";
    store
        .alerts()
        .done(one, Some(now + 9), &kept)
        .await
        .unwrap();
    store
        .alerts()
        .failed(two.clone(), now + 5_000)
        .await
        .unwrap();
    assert!(due(&store, now).await.is_empty());
    store.close().await.unwrap();
    drop(store);
    let store = factory.open().await;
    assert!(!put(&store, "one").await, "it was sent already");
    assert_eq!(
        due(&store, now + 5_000).await,
        [("two".to_owned(), 1, two.clone())]
    );
    assert_eq!(
        store.alerts().sweep(now).await.unwrap(),
        1,
        "what waits stays"
    );
    assert!(put(&store, "one").await, "it is forgotten");
    let of = async |name: &str| {
        let alerts = store.alerts();
        let kept = alerts.of::<String>(["91350100M000100Y43", name], 10).await;
        let kept = kept.unwrap().into_iter();
        kept.map(|it| (it.body, it.attempts, it.stands))
            .collect::<Vec<_>>()
    };
    store.alerts().done(two, None, &"two").await.unwrap();
    assert_eq!(due(&store, now + 5_000).await.len(), 1);
    assert_eq!(of("one").await, [("one".to_owned(), 0, Stands::Waits)]);
    assert_eq!(of("two").await, [("two".to_owned(), 2, Stands::GivenUp)]);
    let sums = store.alerts().sums(now).await.unwrap();
    assert_eq!((sums.sent, sums.waiting, sums.failed), (0, 1, 1));
    assert_eq!((sums.retried, sums.oldest), (0, Some(now)));
    let later = store.alerts().sums(now + 1).await.unwrap();
    assert_eq!(later, AlertSums::default());
    let waiting = store.alerts().due::<String>(now, 10).await.unwrap();
    let one = waiting.into_iter().next().unwrap().name;
    store
        .alerts()
        .done(one, Some(now + 9), &kept)
        .await
        .unwrap();
    assert_eq!(
        of("one").await,
        [(kept.to_owned(), 0, Stands::Taken(now + 9))]
    );
    assert_eq!(store.alerts().sums(now).await.unwrap().sent, 1);
    let whose = ["91350100M000100Y43", "one"];
    // What is not due yet waits beside what is, for the same person alone.
    for (name, to, due) in [
        ("three", "one", now),
        ("four", "one", now + 9),
        ("five", "two", now),
    ] {
        let whose = ["91350100M000100Y43", to];
        let put = store.alerts().put(whose, &[name], (now, due), &name).await;
        assert!(put.unwrap());
    }
    let waiting = store.alerts().due::<String>(now, 10).await.unwrap();
    let three = waiting.iter().find(|it| it.body == "three").unwrap();
    assert!(waiting.iter().all(|it| it.body != "four"));
    let beside = store.alerts().beside::<String>(&three.name, 10).await;
    let beside: Vec<_> = beside.unwrap().into_iter().map(|it| it.body).collect();
    assert_eq!(beside, ["four"]);
    assert_eq!(store.alerts().forget(whose).await.unwrap(), 3);
    assert!(of("one").await.is_empty() && !of("two").await.is_empty());
}
