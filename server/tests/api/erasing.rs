//! Erasing an event's details, from the signed act to the bundle that shows it.

use kaibiao_api::{ActReply, AuditEvent, AuditPage, EventPage, ProjectComplaints};
use kaibiao_app::{config::Config, deciding, fsck};
use kaibiao_client::http::Session;
use kaibiao_core::act::{
    Act, AnswerCall, CallDesk, Complain, DeclineComplaint, EraseDetails, Matter, Terminate,
};
use kaibiao_core::platform::Hidden;
use kaibiao_core::role::Role;
use kaibiao_crypto::Digest;
use kaibiao_store::{Erasure, RootSecret, Store, StreamId};
use kaibiao_verify::{Outcome, Report, Verdict};
use serde_json::Value;

use crate::complaints::Program;
use crate::hall::{Hall, lot};
use crate::world::{World, bind, nonce};

const TEXT: &str = "两家投标人的报价呈规律性差异";

fn erasing(stream: &str, event: u64) -> Act {
    EraseDetails {
        nonce: nonce(),
        stream: stream.to_owned(),
        event,
        reason: "个人信息保护法第四十七条".to_owned(),
        request: "2026年第3号申请".to_owned(),
    }
    .into()
}

async fn tried(session: &Session, stream: &str, event: u64) -> Result<ActReply, String> {
    let act = erasing(stream, event);
    let done = session.act("", &act, Vec::new()).await;
    done.map_err(|failure| failure.code)
}

impl Hall {
    /// T0 has passed, and the first bidder's bid stood then.
    async fn with_a_bid() -> Self {
        let hall = Self::publish(World::start().await, 2, 3.0).await;
        let sealed = hall.seal(0, "100", &[]);
        let act = hall.submit_act(&sealed, 1, None);
        assert!(hall.submit(0, &sealed, &act).await.status().is_success());
        hall.until_stage("checking").await;
        hall
    }

    async fn complained(&self) -> u64 {
        let complaint = Complain {
            nonce: nonce(),
            lot: lot("1"),
            matter: Matter::Collusion,
            request: "请求查处".to_owned(),
            text: TEXT.to_owned(),
            cites: Vec::new(),
            attachments: Vec::new(),
        };
        let reply = self.act(&self.bidders[0].session, complaint).await;
        reply.events[0].seq.unwrap()
    }

    async fn ended(&self) {
        let terminate = Terminate {
            nonce: nonce(),
            lots: vec![lot("1")],
            reason: "停电".to_owned(),
            ending: None,
        };
        self.act(self.supervisor(), terminate).await;
    }

    async fn events(&self) -> EventPage {
        let path = format!("projects/{}/events", self.project);
        self.supervisor().server.get(&path).await.unwrap()
    }

    fn verified(&self, bundle: &[u8], public: &[u8]) -> Report {
        let policy = self.policy(public).to_string();
        let policy = kaibiao_verify::Policy::parse(policy.as_bytes()).unwrap();
        kaibiao_verify::verify(bundle, &policy, &[]).unwrap()
    }
}

async fn looked_over(config: &Config) -> fsck::Report {
    let root = kaibiao_app::keys::PlatformKeys::read_root(&config.secrets()).unwrap();
    let root = RootSecret::from_bytes(*root);
    let blobs = config.blobs.place().unwrap();
    let store = Store::look(&config.data, root, config.database(), &blobs);
    let store = store.await.unwrap();
    let progress = std::sync::Arc::new(|_, _| {});
    fsck::look_over(&store, progress).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_complaint_is_erased_on_demand_and_every_proof_holds() {
    let hall = Hall::with_a_bid().await;
    let complaint = hall.complained().await;
    let decline = DeclineComplaint {
        nonce: nonce(),
        complaint,
        reason: "不属于受理范围".to_owned(),
    };
    let early = tried(&hall.administrator, &hall.project, complaint).await;
    assert_eq!(early.unwrap_err(), "erase-early");
    hall.act(hall.supervisor(), decline).await;
    hall.ended().await;
    let public = hall.bundle("public").await;
    let before = hall.bundle("supervisor").await;
    assert_eq!(hall.verified(&before, &public).verdict, Verdict::Holds);
    assert!(String::from_utf8_lossy(&before).contains(TEXT));
    let page = hall.events().await;

    // Nobody else may, nothing else may be, and what is not there is not.
    let denied = tried(hall.supervisor(), &hall.project, complaint).await;
    assert_eq!(denied.unwrap_err(), "not-permitted");
    for (stream, event, code) in [
        (hall.project.as_str(), 1, "not-erasable"),
        (&hall.project, 999, "no-such-event"),
        ("nowhere", 1, "no-such-event"),
        ("platform", 1, "not-erasable"),
    ] {
        let refused = tried(&hall.administrator, stream, event).await;
        assert_eq!(refused.unwrap_err(), code, "{stream} {event}");
    }
    let done = tried(&hall.administrator, &hall.project, complaint).await;
    assert_eq!(done.unwrap().events[0].kind, "details_erased");
    let again = tried(&hall.administrator, &hall.project, complaint).await;
    assert_eq!(again.unwrap_err(), "already-done");

    // Its text is gone wherever it was told; the tree is the same.
    let after = hall.events().await;
    assert_eq!((after.size, &after.root), (page.size, &page.root));
    for (one, other) in page.events.iter().zip(&after.events) {
        assert_eq!((&one.shell, &one.facts), (&other.shell, &other.facts));
        assert_eq!(other.erased, other.seq == complaint);
        assert_eq!(other.details.is_none(), other.erased);
    }
    let path = format!("projects/{}/complaints", hall.project);
    let listed: ProjectComplaints = hall.supervisor().server.get(&path).await.unwrap();
    assert!(!serde_json::to_string(&listed).unwrap().contains(TEXT));

    // The public edition is the same bytes, the supervisor's shows what was erased.
    assert!(hall.bundle("public").await == public);
    let after = hall.bundle("supervisor").await;
    assert!(!String::from_utf8_lossy(&after).contains(TEXT));
    assert!(hall.bundle("supervisor").await == after);
    let report = hall.verified(&after, &public);
    assert_eq!(
        report.verdict,
        Verdict::HoldsWithoutSigners,
        "{}",
        report.json()
    );
    let found = report.found.iter().find(|it| it.what == "details-erased");
    assert_eq!(found.unwrap().seq, Some(complaint));
    let withheld = |made: &&kaibiao_verify::Made| matches!(made.outcome, Outcome::Withheld { .. });
    let withheld: Vec<_> = report.checks.iter().filter(withheld).collect();
    assert_eq!(withheld.len(), 1, "{}", report.json());

    // The service goes on with it, and whoever looks the directory over finds it whole.
    let head = deciding::load(&hall.world.running.app, hall.project.parse().unwrap());
    let head = head.await.unwrap().head;
    let hall = hall
        .restart_meanwhile(async |config: &Config| {
            assert_eq!(looked_over(config).await.faults, Vec::<String>::new());
        })
        .await;
    let current = deciding::load(&hall.world.running.app, hall.project.parse().unwrap());
    let current = current.await.unwrap();
    assert_eq!(current.head, head);
    assert_eq!(current.erased.len(), 1);
    assert!(hall.bundle("supervisor").await == after);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_who_erases_without_a_record_is_found() {
    let hall = Hall::with_a_bid().await;
    let complaint = hall.complained().await;
    let decline = DeclineComplaint {
        nonce: nonce(),
        complaint,
        reason: "不属于受理范围".to_owned(),
    };
    hall.act(hall.supervisor(), decline).await;
    hall.ended().await;
    let public = hall.bundle("public").await;
    // Whoever has the root secret can have the store erase whatever it likes.
    let page = hall.events().await;
    let shell: Value = serde_json::from_str(&page.events[complaint as usize - 1].shell).unwrap();
    let details: Digest = shell["details"].as_str().unwrap().parse().unwrap();
    let app = &hall.world.running.app;
    let erasure = Erasure {
        stream: StreamId::new(&hall.project).unwrap(),
        seq: complaint,
        details,
        secrets: Vec::new(),
    };
    app.store.erase(erasure).await.unwrap();
    let report = hall.verified(&hall.bundle("supervisor").await, &public);
    assert_eq!(report.verdict, Verdict::Fails);
    let code = |made: &kaibiao_verify::Made| match &made.outcome {
        Outcome::Fails(fault) => Some((fault.code.clone(), fault.place.to_string())),
        _ => None,
    };
    let codes: Vec<_> = report.checks.iter().filter_map(code).collect();
    let place = format!("seq {complaint}");
    assert!(
        codes.contains(&("erasure-unrecorded".to_owned(), place)),
        "{codes:?}"
    );
    let faults = looked_over(&app.config).await.faults;
    let expected = format!(
        "stream {}, event {complaint}: its details are erased, and the platform's stream does not say so",
        hall.project
    );
    assert_eq!(faults, [expected]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_to_the_desk_is_erased_once_it_is_answered() {
    let mut world = World::start().await;
    let administrator = world.administrator().await;
    let supervisor = world.person(61, "某某监督局", "监督");
    let centre = world.person(62, "某某交易中心", "值班");
    let caller = world.person(63, "某某建设", "来电人");
    for (person, role) in [
        (&supervisor, Role::Supervisor),
        (&centre, Role::Centre),
        (&caller, Role::Host),
    ] {
        let act = bind(person, role);
        administrator.act("", &act, Vec::new()).await.unwrap();
    }
    let (supervisor, centre) = (world.log_in(&supervisor).await, world.log_in(&centre).await);
    let caller = world.log_in(&caller).await;
    let call = CallDesk {
        nonce: nonce(),
        project: None,
        text: "我的电话是13800000000".to_owned(),
    };
    caller.act("", &call.into(), Vec::new()).await.unwrap();
    let app = &world.running.app;
    let platform = kaibiao_app::platform::load(app).await.unwrap();
    let seq = platform.version;
    let early = tried(&administrator, "platform", seq).await;
    assert_eq!(early.unwrap_err(), "erase-early");
    let call = *platform.book.calls.keys().next().unwrap();
    let answer = AnswerCall {
        nonce: nonce(),
        call,
        text: "请稍候".to_owned(),
    };
    centre.act("", &answer.into(), Vec::new()).await.unwrap();
    // Through the program: by whoever may, once, with the ground on record.
    let program = Program::of(&world);
    let person = world.person(1, "市公共资源交易中心", "管理员");
    let (key, number) = (program.key(&person), seq.to_string());
    let erase = |event| {
        let why = [
            "--reason",
            "个人信息保护法第四十七条",
            "--request",
            "2026年第3号申请",
        ];
        [
            &["erase", "--platform", "--event", event, "--key"][..],
            &[&key],
            &why,
        ]
        .concat()
    };
    program.fails(&erase("1"), "not-erasable").await;
    let done = program.ok(&erase(&number)).await;
    assert_eq!(done["events"][0]["kind"], "details_erased", "{done}");
    program.fails(&erase(&number), "already-done").await;
    let page: AuditPage = supervisor.server.get("platform/events").await.unwrap();
    let event = page.events.iter().find(|it| it.seq == seq).unwrap();
    assert_eq!(event.hidden, Some(Hidden::Erased));
    let is_record = |it: &&AuditEvent| it.facts["what"]["kind"] == "details_erased";
    let record = page.events.iter().find(is_record).unwrap();
    assert_eq!(record.facts["what"]["event"], seq);
    assert_eq!(
        record.details.as_ref().unwrap()["note"],
        "个人信息保护法第四十七条"
    );
    let platform = kaibiao_app::platform::load(&world.running.app).await;
    assert!(platform.unwrap().book.calls.is_empty());
}
