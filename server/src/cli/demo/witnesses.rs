//! Three witnesses of the demonstration's public log: each a process with a key and a
//! state of its own, as notaries or other centres would run it.

use std::net::TcpListener;
use std::path::PathBuf;

use kaibiao_client::failure::{Failure, Outcome};
use kaibiao_client::files::{self, Readers};
use kaibiao_crypto::tlog::KeyName;
use kaibiao_os::random::SystemRng;
use kaibiao_witness::SigningKey;
use tokio::process::Child;

use super::cast::path;
use super::stage::{Person, Stage};

const NAMES: [&str; 3] = ["见证方一", "见证方二", "见证方三"];
/// How many of them must have cosigned.
const QUORUM: u8 = 2;

/// The witnesses, which end with what is dropped here.
pub struct Witnesses {
    all: Vec<Witness>,
    running: Vec<Child>,
}

struct Witness {
    person: Person,
    key: PathBuf,
    vkey: String,
    address: String,
}

impl Witnesses {
    /// Makes their keys and finds them a place to listen.
    pub fn prepare(stage: &Stage) -> Outcome<Self> {
        let witness = |(number, name): (usize, &'static str)| {
            let folder = stage.folder.join(format!("witness{number}"));
            files::directory(&folder)?;
            let named: Result<KeyName, _> = format!("witness{number}.demo").parse();
            let named = named.map_err(Failure::unexpected)?;
            let (vkey, secret) = SigningKey::generate(named, &mut SystemRng);
            let key = folder.join("witness.key");
            files::write(&key, secret.as_bytes(), Readers::Owner)?;
            let free = TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr());
            Ok(Witness {
                address: free.map_err(Failure::unexpected)?.to_string(),
                vkey: vkey.to_string(),
                person: Person {
                    name,
                    key: key.clone(),
                    folder,
                    code: String::new(),
                },
                key,
            })
        };
        let all = (1..).zip(NAMES).map(witness).collect::<Outcome<_>>()?;
        let running = Vec::new();
        Ok(Self { all, running })
    }

    /// What the platform's configuration says of them.
    pub fn config(&self) -> String {
        let each = self.all.iter().map(|it| {
            format!(
                "[[public_log.witnesses]]\nurl = \"http://{}\"\nkey = {:?}\n",
                it.address, it.vkey
            )
        });
        format!(
            "\n[public_log]\nquorum = {QUORUM}\n{}",
            each.collect::<String>()
        )
    }

    /// Starts them for the log of this key.
    pub fn start(&mut self, stage: &Stage, log: &str) -> Outcome<()> {
        for witness in &self.all {
            let state = witness.person.folder.join("seen");
            let words = ["witness", "serve", "--listen", &witness.address];
            let more = ["--state", path(&state), "--key", path(&witness.key)];
            let arguments = [&words[..], &more, &["--log", log]].concat();
            self.running
                .push(stage.start(&witness.person, &arguments, "")?);
        }
        stage.tell(
            "三位见证方各自保存并联署公开日志,开标以其中两位的联署为准",
            "three witnesses cosign the public log, and the opening rests on two of them",
        );
        Ok(())
    }
}
