//! Names beside codes: whose word a name is, and that nobody is named by another's.

use kaibiao_api::{AccountList, ActReply, NewProject, ProjectCreated, SessionView};
use kaibiao_client::failure::Outcome;
use kaibiao_client::http::Session;
use kaibiao_client::lists;
use kaibiao_client::terms::Terms;
use kaibiao_core::act::{Act, BindRole, Register};
use kaibiao_core::role::Role;
use kaibiao_core::terms::Draft;
use kaibiao_os::trust::Authorities;

use crate::hall::Hall;
use crate::tender::Tender;
use crate::world::{CA, Person, World, bind, nonce};

async fn registers(session: &Session, name: &str) -> Outcome<ActReply> {
    let act = Act::Register(Register {
        nonce: nonce(),
        name: name.to_owned(),
    });
    session.act("", &act, Vec::new()).await
}

fn vouch(person: &Person, name: &str) -> Act {
    Act::BindRole(BindRole {
        nonce: nonce(),
        organisation: person.organisation.clone(),
        authority: CA.to_owned(),
        name: name.to_owned(),
        person: None,
        role: Role::Bidder,
    })
}

async fn session(of: &Session) -> SessionView {
    of.server.get("session").await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_without_a_readable_name_takes_nobodys_and_says_whose_word_its_own_is() {
    let mut world = World::start().await;
    let administrator = world.administrator().await;
    let rival = world.person(7, "福安建筑工程有限公司", "张三");
    let owner = world.log_in(&rival).await;
    registers(&owner, &rival.company).await.unwrap();
    assert!(!session(&owner).await.unvouched);

    for (number, hidden) in [(8, ""), (9, "\u{200b}\u{2060}")] {
        let nameless = world.person(number, hidden, "李四");
        let squatter = world.log_in(&nameless).await;
        let refused = registers(&squatter, &rival.company).await.unwrap_err();
        assert_eq!(refused.code, "name-taken");
        assert!(refused.zh.contains(&rival.company), "{}", refused.zh);
        assert!(session(&squatter).await.roles.is_empty());

        let own = format!("第{number}建设有限公司");
        registers(&squatter, &own).await.unwrap();
        let who = session(&squatter).await;
        assert_eq!(who.organisation_name, own);
        assert!(who.unvouched);
        let path = "platform/accounts";
        let list: AccountList = administrator.server.get(path).await.unwrap();
        let marked = list.accounts.iter().filter(|account| account.unvouched);
        let marked: Vec<_> = marked.map(|account| &account.name).collect();
        assert_eq!(marked, [&own]);

        let act = vouch(&nameless, &own);
        administrator.act("", &act, Vec::new()).await.unwrap();
        assert!(!session(&squatter).await.unvouched);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_names_nobody_by_anothers_name() {
    let mut world = World::start().await;
    let tender = Tender::gather(&mut world).await;
    let company = world.person(7, "长汀建筑工程有限公司", "张三");
    let bidder = world.log_in(&company).await;
    registers(&bidder, &company.company).await.unwrap();

    let t0 = world.running.app.now() + 3_600_000;
    let honest: Draft = serde_json::from_value(tender.draft(t0)).unwrap();
    let begin = |draft: Draft| {
        let new = NewProject {
            external_id: None,
            draft,
        };
        let server = &tender.host.server;
        async move { server.post::<ProjectCreated>("projects", &new).await }
    };
    let mut keeper = honest.clone();
    for lot in keeper.lots.values_mut() {
        lot.custodians[0].organisation = company.organisation.clone();
        lot.custodians[0].name = "河口市公证处".to_owned();
    }
    let refused = begin(keeper).await.unwrap_err();
    assert_eq!(refused.code, "name-differs");
    for name in ["河口市公证处", "长汀建筑工程有限公司"] {
        assert!(refused.zh.contains(name), "{}", refused.zh);
        assert!(refused.en.contains(name), "{}", refused.en);
    }
    // A bidder in the supervisor's seat, under its own name, is refused when it
    // would be published.
    let mut seat = honest.clone();
    seat.officials.supervisor.organisation = company.organisation.clone();
    seat.officials.supervisor.name.clone_from(&company.company);
    let project = begin(seat).await.unwrap().id;
    let refused = tender.try_publish(&project, t0).await.unwrap_err();
    assert_eq!(refused.code, "supervisor-unbound");
    let act = bind(&company, Role::Supervisor);
    let done = tender.administrator.act("", &act, Vec::new()).await;
    done.unwrap();
    tender.try_publish(&project, t0).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_tells_what_a_custodians_certificate_calls_it() {
    let hall = Hall::publish(World::start().await, 0, 3600.0).await;
    let server = &hall.host().server;
    let path = format!("projects/{}/lots/1/terms", hall.project);
    let bytes = server.get_bytes(&path).await.unwrap();
    let text = String::from_utf8(bytes).unwrap();
    let directory = hall.world.directory.path().join("own");
    hall.world.authority.write_trust(&directory).unwrap();
    let trust = Authorities::read(&directory).unwrap().trust;
    let told = |text: String| {
        let trust = &trust;
        let now = hall.world.running.app.now();
        async move {
            let terms = Terms::parse(text.into_bytes()).unwrap();
            let lists = lists::fetch(server, trust, terms.certified())
                .await
                .unwrap();
            terms.check(trust, &lists, now).unwrap()
        }
    };
    assert!(told(text.clone()).await.is_empty());
    // Both officials and custodians bear it; the certificate is the custodian's.
    let renamed = text.replace("市公共资源交易监督局", "河口市公证处");
    let doubts = told(renamed).await;
    let codes: Vec<_> = doubts.iter().map(|doubt| doubt.code.as_str()).collect();
    assert_eq!(codes, ["custodian-name"]);
    for name in ["河口市公证处", "市公共资源交易监督局"] {
        assert!(doubts[0].zh.contains(name), "{}", doubts[0].zh);
        assert!(doubts[0].en.contains(name), "{}", doubts[0].en);
    }
    let spelled = text.replace("市公共资源交易监督局", "市公共资源 交易监督局");
    assert!(told(spelled).await.is_empty());
}
