//! What persons are told outside the hall, taken by a mail relay.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use kaibiao_api::problem::Transport;
use kaibiao_api::{
    AlertHistory, AlertState, AlertSumsView, AlertWishes, AlertsView, Channel, CodeEntered,
};
use kaibiao_app::config::Config;
use kaibiao_client::failure::Outcome;
use kaibiao_client::http::Session;
use kaibiao_core::alert::Kind;
use reqwest::Method;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::time::{Duration, timeout};

use crate::agents;
use crate::tender::{Tender, clarify, postpone};
use crate::world::World;

/// A relay that takes mail (RFC 5321), and refuses the first `busy` letters for now.
struct Relay {
    letters: mpsc::UnboundedReceiver<Taken>,
    address: String,
}

#[derive(Debug)]
struct Taken {
    to: String,
    text: String,
}

impl Relay {
    async fn open(mut busy: u32) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (sender, letters) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (reading, mut writing) = stream.into_split();
                let mut lines = BufReader::new(reading).lines();
                let mut to = String::new();
                let _ = writing.write_all(b"220 relay\r\n").await;
                while let Ok(Some(line)) = lines.next_line().await {
                    let verb = line.get(..4).unwrap_or_default().to_uppercase();
                    let answer = match verb.as_str() {
                        "RCPT" => {
                            line.clone_into(&mut to);
                            "250 ok"
                        }
                        "DATA" if busy > 0 => {
                            busy -= 1;
                            "451 come back"
                        }
                        "DATA" => {
                            let _ = writing.write_all(b"354 go on\r\n").await;
                            let mut letter = String::new();
                            while let Ok(Some(line)) = lines.next_line().await {
                                if line == "." {
                                    break;
                                }
                                letter += &line;
                                letter += "\n";
                            }
                            let _ = sender.send(Taken {
                                to: to.clone(),
                                text: plain(&letter),
                            });
                            "250 taken"
                        }
                        "QUIT" => "221 bye",
                        _ => "250 ok",
                    };
                    let _ = writing.write_all(format!("{answer}\r\n").as_bytes()).await;
                }
            }
        });
        Self { letters, address }
    }

    /// The next letter.
    async fn next(&mut self) -> Taken {
        let next = timeout(Duration::from_secs(30), self.letters.recv()).await;
        next.expect("a letter comes").unwrap()
    }

    /// That none comes for as long as two looks of the service take.
    async fn is_quiet(&mut self) {
        let next = timeout(Duration::from_secs(5), self.letters.recv()).await;
        assert!(next.is_err(), "{next:?}");
    }
}

/// The text of a letter, as a reader of mail shows it.
fn plain(letter: &str) -> String {
    let (head, body) = letter.split_once("\n\n").unwrap();
    if head.contains("base64") {
        let body: String = body.split_whitespace().collect();
        return String::from_utf8(BASE64.decode(body).unwrap()).unwrap();
    }
    let body = body.replace("=\n", "");
    let mut bytes = Vec::new();
    let mut rest = body.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let code = after.get(..2).filter(|_| *first == b'=');
        let code = code.and_then(|code| std::str::from_utf8(code).ok());
        match code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).unwrap()
}

async fn with_relay(relay: &Relay) -> World {
    with_relay_and(relay, |_| ()).await
}

async fn with_relay_and(relay: &Relay, change: impl FnOnce(&mut Config)) -> World {
    let url = format!("smtp://{}", relay.address);
    // The same port after a restart, so that sessions go on.
    let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr();
    World::with(|config| {
        config.listen = port.unwrap();
        config.mail.url = Some(url);
        config.mail.from = Some("开标系统 <hall@example.org>".into());
        config.public_url = Some("http://127.0.0.1:8080".into());
        config.alerts.gather_seconds = 0;
        change(config);
    })
    .await
}

/// The code of a refusal.
fn refused<T: std::fmt::Debug>(outcome: Outcome<T>) -> String {
    outcome.unwrap_err().code
}

/// Sends a request that has no method of its own in the client.
async fn send(
    who: &Session,
    method: Method,
    path: &str,
    body: &impl serde::Serialize,
) -> Outcome<AlertsView> {
    let request = || who.server.request(method.clone(), path).json(body);
    let reply = who.server.patiently(request).await?;
    Ok(serde_json::from_slice(&reply.body).unwrap())
}

async fn wish(who: &Session, mail: &str) -> Outcome<AlertsView> {
    let wishes = AlertWishes {
        mail: Some(mail.into()),
        phone: None,
        language: kaibiao_api::problem::Language::Chinese,
        unwanted: [Kind::DeadlineNear, Kind::OpeningSoon].into(),
    };
    send(who, Method::PUT, "alerts", &wishes).await
}

async fn confirm(who: &Session, code: &str) -> Outcome<AlertsView> {
    let entered = CodeEntered {
        channel: Channel::Mail,
        code: code.into(),
    };
    who.server.post("alerts/confirm", &entered).await
}

/// The six digits in a letter.
fn code(letter: &Taken) -> String {
    let parts = letter.text.split(|c: char| !c.is_ascii_digit());
    let mut codes = parts.filter(|part| part.len() == 6);
    codes.next().expect("a code").to_owned()
}

/// Somebody whose address is known to be theirs.
async fn reached(relay: &mut Relay, who: &Session, mail: &str) {
    let view = wish(who, mail).await.unwrap();
    assert!(!view.mail.unwrap().confirmed);
    let letter = relay.next().await;
    assert!(letter.to.contains(mail), "{letter:?}");
    let view = confirm(who, &code(&letter)).await.unwrap();
    assert!(view.mail.unwrap().confirmed);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_follows_a_project_is_told_once_of_what_everybody_may_know() {
    let mut relay = Relay::open(0).await;
    let mut world = with_relay(&relay).await;
    let tender = Tender::gather(&mut world).await;
    let t0 = world.running.app.now() + 3_600_000;
    let project = tender.published(t0).await;
    let bidder = world.person(200, "甲建设有限公司", "张三");
    let bidder = world.log_in(&bidder).await;
    reached(&mut relay, &bidder, "zhang@example.org").await;
    // The certificates of these tests last for less than 30 days.
    let letter = relay.next().await;
    assert!(letter.text.contains("数字证书将于"), "{letter:?}");
    let path = format!("alerts/projects/{project}");
    let view = send(&bidder, Method::PUT, &path, &()).await.unwrap();
    assert_eq!(view.follows.len(), 1);

    let say = async |act| tender.host.act(&project, &act, Vec::new()).await.unwrap();
    say(clarify("工期")).await;
    let letter = relay.next().await;
    assert!(letter.to.contains("zhang@example.org"), "{letter:?}");
    assert!(
        letter.text.contains("教学楼工程（A-2026-001）"),
        "{letter:?}"
    );
    assert!(letter.text.contains("澄清"), "{letter:?}");
    assert!(
        letter
            .text
            .contains(&format!("http://127.0.0.1:8080/projects/{project}"))
    );
    assert!(
        !letter.text.contains("澄清内容"),
        "what others wrote stays in the hall"
    );

    // What was sent can be looked up, and by nobody else.
    let history = async |who: &Session| {
        let history: AlertHistory = who.server.get("alerts/history").await.unwrap();
        history.alerts
    };
    // The relay has a letter before the service knows that it has.
    let told = loop {
        let told = history(&bidder).await;
        if told.iter().all(|it| it.state != AlertState::Waiting) {
            break told;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    let kinds: Vec<_> = told.iter().map(|it| it.kind).collect();
    let expected = [Some(Kind::Clarified), Some(Kind::CertificateEnds), None];
    assert_eq!(kinds, expected);
    for it in &told {
        assert_eq!((it.state, it.channel), (AlertState::Sent, Channel::Mail));
        assert!(it.sent.is_some_and(|sent| sent >= it.at));
    }
    assert_eq!(told[0].project.as_ref().unwrap().id, project);
    let shown = serde_json::to_string(&told).unwrap();
    assert!(!shown.contains("example.org"), "{shown}");
    assert!(history(&tender.host).await.is_empty());

    let _world = world.restart().await;
    relay.is_quiet().await;
    say(postpone(t0 + 60_000)).await;
    let letter = relay.next().await;
    assert!(letter.text.contains("改为"), "{letter:?}");
    relay.is_quiet().await;

    let forget = bidder.server.request(Method::DELETE, "alerts").send();
    assert!(forget.await.unwrap().status().is_success());
    assert!(history(&bidder).await.is_empty());
    say(clarify("材料")).await;
    relay.is_quiet().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_centre_sees_sums_of_alerts_and_nobody_elses_do() {
    // Nobody takes the letters: they wait.
    let mut relay = Relay::open(1000).await;
    let mut world = with_relay(&relay).await;
    let tender = Tender::gather(&mut world).await;
    let person = world.person(200, "甲建设有限公司", "张三");
    let person = world.log_in(&person).await;
    let centre = &tender.centre;
    let none: AlertSumsView = centre.server.get("alerts/sums").await.unwrap();
    assert_eq!((none.day.sent, none.day.waiting), (0, 0));
    wish(&person, "zhang@example.org").await.unwrap();
    let sums = loop {
        let sums: AlertSumsView = centre.server.get("alerts/sums").await.unwrap();
        if sums.day.retried > 0 {
            break sums;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    assert_eq!(
        (sums.day.waiting, sums.day.sent, sums.day.failed),
        (1, 0, 0)
    );
    assert!(sums.day.oldest.is_some_and(|at| at <= sums.now));
    assert_eq!(sums.day, sums.month);
    let told: AlertHistory = person.server.get("alerts/history").await.unwrap();
    assert_eq!(told.alerts[0].state, AlertState::Waiting);
    assert!(told.alerts[0].attempts > 0);
    for other in [&person, &tender.host] {
        let refused = other.server.get_bytes("alerts/sums").await.unwrap_err();
        assert_eq!(refused.code, Transport::NotAllowed.code());
    }
    relay.is_quiet().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_is_its_owners_by_the_code_that_was_sent_there() {
    // The relay is busy at first; the letter comes all the same.
    let mut relay = Relay::open(1).await;
    let mut world = with_relay(&relay).await;
    let person = world.person(200, "甲建设有限公司", "张三");
    let person = world.log_in(&person).await;
    for wrong in ["nobody", "a@example.org\r\nBcc: b@example.org", "a@b, c@d"] {
        assert_eq!(
            refused(wish(&person, wrong).await),
            Transport::AddressWrong.code()
        );
    }
    wish(&person, "zhang@example.org").await.unwrap();
    let sent = code(&relay.next().await);
    let wrong = format!("{:06}", (sent.parse::<u32>().unwrap() + 1) % 1_000_000);
    for _ in 0..5 {
        assert_eq!(
            refused(confirm(&person, &wrong).await),
            Transport::CodeWrong.code()
        );
    }
    // It was tried too often.
    assert_eq!(
        refused(confirm(&person, &sent).await),
        Transport::CodeWrong.code()
    );
    // Another address needs a code of its own, and nobody's mailbox is filled from here.
    for number in 1..=4 {
        wish(&person, &format!("z{number}@example.org"))
            .await
            .unwrap();
        let letter = relay.next().await;
        assert!(letter.to.contains(&format!("z{number}@")), "{letter:?}");
    }
    let too_many = wish(&person, "z5@example.org").await;
    assert_eq!(refused(too_many), Transport::TooMany.code());
    let view: AlertsView = person.server.get("alerts").await.unwrap();
    let mail = view.mail.unwrap();
    assert_eq!(
        (mail.address.as_str(), mail.confirmed),
        ("z4@example.org", false)
    );
    assert_eq!(view.channels, [Channel::Mail]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_sends_nothing_and_what_was_sent_counts() {
    let mut relay = Relay::open(0).await;
    let mut world = with_relay_and(&relay, |config| {
        // A gateway that nobody listens at.
        config.sms.url = Some("http://127.0.0.1:9".into());
    })
    .await;
    let person = world.person(200, "甲建设有限公司", "张三");
    let person = world.log_in(&person).await;
    for number in 1..=4 {
        let mail = format!("z{number}@example.org");
        wish(&person, &mail).await.unwrap();
        relay.next().await;
    }
    // Two codes would be one too many, however often it is tried.
    for _ in 0..2 {
        let both = AlertWishes {
            mail: Some("victim@example.org".into()),
            phone: Some("13800000000".into()),
            language: kaibiao_api::problem::Language::Chinese,
            unwanted: [].into(),
        };
        let refused_both = send(&person, Method::PUT, "alerts", &both).await;
        assert_eq!(refused(refused_both), Transport::TooMany.code());
    }
    relay.is_quiet().await;
    let view: AlertsView = person.server.get("alerts").await.unwrap();
    assert_eq!(view.mail.unwrap().address, "z4@example.org");
    assert!(view.phone.is_none());

    // Nor is it forgotten with the address.
    let forget = person.server.request(Method::DELETE, "alerts").send();
    assert!(forget.await.unwrap().status().is_success());
    assert_eq!(
        refused(wish(&person, "victim@example.org").await),
        Transport::TooMany.code()
    );
    relay.is_quiet().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_mailbox_is_not_filled_by_many_persons_either() {
    let mut relay = Relay::open(0).await;
    let mut world = with_relay(&relay).await;
    for number in 1..=5 {
        let person = world.person(200 + number, "甲建设有限公司", "张三");
        let person = world.log_in(&person).await;
        wish(&person, "victim@example.org").await.unwrap();
        relay.next().await;
    }
    let last = world.person(210, "乙建设有限公司", "李四");
    let last = world.log_in(&last).await;
    let sent = wish(&last, "Victim@example.org").await;
    assert_eq!(refused(sent), Transport::TooMany.code());
    let another = world.person(211, "丙建设有限公司", "王五");
    let another = world.log_in(&another).await;
    wish(&another, "wang@example.org").await.unwrap();
    assert!(relay.next().await.to.contains("wang@example.org"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_is_an_object() {
    let relay = Relay::open(0).await;
    let mut world = with_relay(&relay).await;
    let person = world.person(200, "甲建设有限公司", "张三");
    let person = world.log_in(&person).await;
    wish(&person, "zhang@example.org").await.unwrap();
    let nothing: [(); 0] = [];
    let sent = send(&person, Method::PUT, "alerts", &nothing).await;
    assert_eq!(refused(sent), "malformed");
    let view: AlertsView = person.server.get("alerts").await.unwrap();
    assert_eq!(view.mail.unwrap().address, "zhang@example.org");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_project_tells_a_person_within_a_while_is_one_letter() {
    let mut relay = Relay::open(0).await;
    let mut world = with_relay_and(&relay, |config| config.alerts.gather_seconds = 4).await;
    let tender = Tender::gather(&mut world).await;
    let t0 = world.running.app.now() + 3_600_000;
    let project = tender.published(t0).await;
    let mut followers = Vec::new();
    for (number, person, mail) in [(200, "张三", "zhang@"), (201, "李四", "li@")] {
        let who = world.person(number, "甲建设有限公司", person);
        let who = world.log_in(&who).await;
        reached(&mut relay, &who, &format!("{mail}example.org")).await;
        // That the certificate ends is nobody else's project's.
        assert!(relay.next().await.text.contains("数字证书将于"));
        let path = format!("alerts/projects/{project}");
        send(&who, Method::PUT, &path, &()).await.unwrap();
        followers.push(who);
    }
    for act in [clarify("工期"), clarify("材料"), postpone(t0 + 60_000)] {
        tender.host.act(&project, &act, Vec::new()).await.unwrap();
    }
    let mut told = [relay.next().await, relay.next().await];
    told.sort_by(|one, other| one.to.cmp(&other.to));
    for (letter, mail) in told.iter().zip(["li@", "zhang@"]) {
        assert!(letter.to.contains(mail), "{letter:?}");
        assert_eq!(letter.text.matches("发布了澄清").count(), 1, "{letter:?}");
        assert!(letter.text.contains("投标截止及开标时间改为"), "{letter:?}");
        assert_eq!(letter.text.matches("请登录查看").count(), 1, "{letter:?}");
    }
    relay.is_quiet().await;
    let all_sent = async || {
        let history: AlertHistory = followers[0].server.get("alerts/history").await.unwrap();
        let of_project = history.alerts.iter().filter(|it| it.project.is_some());
        let states: Vec<_> = of_project.map(|it| it.state).collect();
        states == [AlertState::Sent; 3]
    };
    assert!(all_sent().await, "each is in the history by itself");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_could_start_a_silent_agent_is_told_once_a_silence() {
    let mut relay = Relay::open(0).await;
    let mut world = with_relay_and(&relay, |config| config.alerts.agent_silent_seconds = 8).await;
    let tender = Tender::gather(&mut world).await;
    let centre = &tender.centre;
    reached(&mut relay, centre, "centre@example.org").await;
    assert!(relay.next().await.text.contains("数字证书将于"));
    tender.begin(world.running.app.now() + 3_600_000).await;
    let (agent, pkcs8) = agents::key();
    let authorisation = agents::authorise(&world, centre, &agent).await.unwrap();
    let agent = agents::log_in(&world, &pkcs8, authorisation).await.unwrap();
    for _ in 0..2 {
        agent
            .server
            .get::<serde_json::Value>("custody")
            .await
            .unwrap();
        let letter = relay.next().await;
        assert!(letter.to.contains("centre@"), "{letter:?}");
        assert!(letter.text.contains("没有联系平台"), "{letter:?}");
        assert!(letter.text.contains("自 20"), "{letter:?}");
        relay.is_quiet().await;
    }
    let history: AlertHistory = centre.server.get("alerts/history").await.unwrap();
    assert_eq!(history.alerts[0].kind, Some(Kind::AgentSilent));
}
