//! Who takes part: a certificate authority of the demonstration's own, and a
//! folder with key file, certificate and passphrase for everybody.

use std::path::{Path, PathBuf};

use kaibiao_client::failure::Outcome;
use kaibiao_client::files::{self, Readers};

use super::stage::{Person, Stage};

/// The id of the demonstration's authority.
pub const CA: &str = "demo-ca";

/// Everybody.
pub struct Cast {
    pub administrator: Person,
    pub machine: Person,
    pub agency: Person,
    pub centre: Person,
    pub supervisor: Person,
    /// The tenderer takes part through its agency only.
    pub tenderer: Role,
    pub bidders: Vec<Person>,
}

/// A participant before it has a key.
#[derive(Debug, Clone, Copy)]
pub struct Role {
    pub folder: &'static str,
    pub name: &'static str,
    /// The first 17 characters of its unified social credit code.
    pub code: &'static str,
    pub organisation: &'static str,
    pub person: &'static str,
    pub key: &'static str,
    pub pair: bool,
}

const ADMINISTRATOR: Role = Role {
    folder: "administrator",
    name: "中心管理员",
    code: "12350100MB0000A01",
    organisation: "临江市公共资源交易中心",
    person: "管理员 何敏",
    key: "p-256",
    pair: false,
};
const CENTRE: Role = Role {
    folder: "centre",
    name: "交易中心",
    person: "值班 周宁",
    ..ADMINISTRATOR
};
const MACHINE: Role = Role {
    folder: "machine",
    name: "交易平台",
    code: "91350100MA0000B02",
    organisation: "临江电子交易平台有限公司",
    person: "接口账户",
    key: "p-256",
    pair: false,
};
const AGENCY: Role = Role {
    folder: "agency",
    name: "代理机构",
    code: "91350100MA0000C03",
    organisation: "临江建设咨询有限公司",
    person: "主持人 林岚",
    key: "rsa-2048",
    pair: false,
};
const SUPERVISOR: Role = Role {
    folder: "supervisor",
    name: "行政监督",
    code: "11350100MB0000D04",
    organisation: "临江市住房和城乡建设局",
    person: "监督员 陈正",
    key: "p-256",
    pair: false,
};
const TENDERER: Role = Role {
    folder: "tenderer",
    name: "招标人",
    code: "12350100MB0000E05",
    organisation: "临江市第二中学",
    person: "总务处 许文",
    key: "p-256",
    pair: false,
};
/// Two RSA sizes, P-256, a pair for signing and encryption, one with a spare
/// key file, and one that withdraws.
const BIDDERS: [Role; 6] = [
    bidder(
        "a",
        "投标人甲",
        "91350200MA1111001",
        "福安建筑工程有限公司",
        "吴海",
        "rsa-2048",
        false,
    ),
    bidder(
        "b",
        "投标人乙",
        "91350200MA2222002",
        "东岭建设集团有限公司",
        "郑青",
        "rsa-3072",
        false,
    ),
    bidder(
        "c",
        "投标人丙",
        "91350200MA3333003",
        "长汀市政工程有限公司",
        "黄蓉生",
        "p-256",
        false,
    ),
    bidder(
        "d",
        "投标人丁",
        "91350200MA4444004",
        "南屏路桥有限公司",
        "徐立",
        "rsa-2048",
        true,
    ),
    bidder(
        "e",
        "投标人戊",
        "91350200MA5555005",
        "云霄智能科技有限公司",
        "蔡知行",
        "p-256",
        false,
    ),
    bidder(
        "f",
        "投标人己",
        "91350200MA6666006",
        "武夷园林有限公司",
        "江雨",
        "rsa-2048",
        false,
    ),
];

const fn bidder(
    folder: &'static str,
    name: &'static str,
    code: &'static str,
    organisation: &'static str,
    person: &'static str,
    key: &'static str,
    pair: bool,
) -> Role {
    Role {
        folder,
        name,
        code,
        organisation,
        person,
        key,
        pair,
    }
}

impl Role {
    /// With the check character of GB 32100.
    pub fn complete_code(&self) -> Outcome<String> {
        kaibiao_crypto::certificate::Organisation::complete(self.code)
            .map(|code| code.as_str().to_owned())
            .map_err(kaibiao_client::Failure::unexpected)
    }
}

impl Cast {
    /// Makes the authority and issues everybody's certificate.
    pub async fn gather(stage: &Stage) -> Outcome<Self> {
        let authority = stage.folder.join("ca");
        let office = Person {
            name: "认证机构",
            folder: stage.folder.clone(),
            key: PathBuf::new(),
            code: String::new(),
        };
        let mut init = vec!["pki", "init", path(&authority), "--id", CA];
        if !stage.suite.is_intl() {
            init.extend(["--key-type", "sm2"]);
        }
        stage.run(&office, &init).await?;
        if !stage.suite.is_intl() {
            certify_platform(stage, &office, &authority).await?;
        }
        stage.tell(
            "CA 与信任目录已建立",
            "the authority and its trust directory are made",
        );
        let issue = |role: &'static Role| issue(stage, &office, &authority, role);
        let mut bidders = Vec::new();
        let cast = Cast {
            administrator: issue(&ADMINISTRATOR).await?,
            centre: issue(&CENTRE).await?,
            machine: issue(&MACHINE).await?,
            agency: issue(&AGENCY).await?,
            supervisor: issue(&SUPERVISOR).await?,
            tenderer: TENDERER,
            bidders: {
                for role in &BIDDERS {
                    bidders.push(issue(role).await?);
                }
                bidders
            },
        };
        stage
            .run(
                &office,
                &[
                    "pki",
                    "trust",
                    "--ca",
                    path(&authority),
                    "--output",
                    path(&stage.folder.join("trust")),
                ],
            )
            .await?;
        Ok(cast)
    }

    /// The administrator binds the officials' roles; bidders register.
    pub async fn bind_roles(&self, stage: &Stage) -> Outcome<()> {
        let bound = [
            (&self.agency, &AGENCY, "host"),
            (&self.centre, &CENTRE, "centre"),
            (&self.supervisor, &SUPERVISOR, "supervisor"),
            (&self.machine, &MACHINE, "machine"),
        ];
        for (person, role, bound) in bound {
            let arguments = [
                "role",
                "bind",
                "--authority",
                CA,
                "--code",
                &person.code,
                "--name",
                role.organisation,
                "--role",
                bound,
            ];
            stage.run(&self.administrator, &arguments).await?;
        }
        for bidder in &self.bidders {
            stage.run(bidder, &["account", "register"]).await?;
        }
        Ok(())
    }
}

/// Has the platform's own SM2 certificate issued, by which it signs receipts and
/// statements too, to where the server will look for it.
async fn certify_platform(stage: &Stage, office: &Person, authority: &Path) -> Outcome<()> {
    let folder = stage.folder.join("platform.secret").join("sm2");
    std::fs::create_dir_all(&folder)
        .map_err(|error| kaibiao_client::Failure::file(&folder, &error))?;
    let secret = hex::encode(kaibiao_os::random::bytes::<8>());
    let passphrase = folder.join("passphrase");
    files::write(&passphrase, secret.as_bytes(), Readers::Owner)?;
    let code = CENTRE.complete_code()?;
    let key = folder.join("platform.p12");
    let arguments = [
        "pki",
        "issue",
        "--ca",
        path(authority),
        "--name",
        CENTRE.organisation,
        "--code",
        &code,
        "--person",
        "开标平台",
        "--single",
        "--pem-key",
        "--output",
        path(&key),
        "--passphrase-file",
        path(&passphrase),
    ];
    stage.run(office, &arguments).await.map(drop)
}

async fn issue(
    stage: &Stage,
    office: &Person,
    authority: &Path,
    role: &'static Role,
) -> Outcome<Person> {
    let folder = stage.folder.join(role.folder);
    std::fs::create_dir_all(&folder)
        .map_err(|error| kaibiao_client::Failure::file(&folder, &error))?;
    let secret = hex::encode(kaibiao_os::random::bytes::<8>());
    let passphrase = folder.join("passphrase");
    files::write(&passphrase, secret.as_bytes(), Readers::Owner)?;
    let key = folder.join("key.p12");
    let code = role.complete_code()?;
    let mut arguments = vec![
        "pki",
        "issue",
        "--ca",
        path(authority),
        "--name",
        role.organisation,
        "--code",
        &code,
        "--person",
        role.person,
        "--output",
        path(&key),
        "--passphrase-file",
        path(&passphrase),
    ];
    if stage.suite.is_intl() {
        arguments.extend(["--key-type", role.key]);
        if role.pair {
            arguments.push("--pair");
        }
    } else if role.key == "p-256" {
        // Pairs are the rule with SM2; who has a small key elsewhere has one of these.
        arguments.push("--single");
    }
    stage.run(office, &arguments).await?;
    Ok(Person {
        name: role.name,
        folder: folder.clone(),
        key,
        code,
    })
}

/// The demonstration's paths are made of ASCII under the data directory.
pub fn path(path: &Path) -> &str {
    path.to_str().unwrap_or_default()
}
