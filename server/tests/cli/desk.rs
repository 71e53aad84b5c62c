//! A desk to work at: a directory, an authority, and the binary.

use std::path::PathBuf;
use std::process::{Command, Output};

use kaibiao_client::identity::Identity;
use kaibiao_core::act::Act;
use kaibiao_crypto::act::{Place, Signed, SignedAct};
use kaibiao_os::trust::Authorities;
use serde_json::Value;
use zeroize::Zeroizing;

pub const PASSPHRASE: &str = "correct horse battery";

pub struct Desk {
    directory: tempfile::TempDir,
}

/// What a command left behind.
pub struct Done {
    pub code: i32,
    pub json: Value,
    pub stderr: String,
}

impl Desk {
    /// With an authority in `pki` and a trust directory in `roots`.
    pub fn new() -> Self {
        Self::of("p-256")
    }

    /// With an authority whose key is of this type.
    pub fn of(key_type: &str) -> Self {
        let desk = Desk {
            directory: tempfile::tempdir().unwrap(),
        };
        desk.ok(&["pki", "init", "pki", "--id", "demo", "--key-type", key_type]);
        desk.ok(&["pki", "trust", "--ca", "pki", "-o", "roots"]);
        desk
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), content).unwrap();
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap()
    }

    /// Runs the binary here, with `--json`.
    pub fn run(&self, arguments: &[&str]) -> Done {
        self.run_with(arguments, Some(PASSPHRASE))
    }

    pub fn run_with(&self, arguments: &[&str], passphrase: Option<&str>) -> Done {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kaibiao"));
        command
            .current_dir(self.directory.path())
            .env_remove("KAIBIAO_PASSPHRASE")
            .env_remove("KAIBIAO_PASSPHRASE_FILE")
            .env("KAIBIAO_STATE", self.path("state"))
            .stdin(std::process::Stdio::null())
            .arg("--json")
            .args(arguments);
        if let Some(passphrase) = passphrase {
            command.env("KAIBIAO_PASSPHRASE", passphrase);
        }
        done(&command.output().unwrap())
    }

    /// Runs what must succeed.
    pub fn ok(&self, arguments: &[&str]) -> Value {
        let done = self.run(arguments);
        assert_eq!(done.code, 0, "{arguments:?}: {}", done.stderr);
        done.json
    }

    /// Runs what must fail with this exit code and code.
    pub fn fails(&self, arguments: &[&str], exit: i32, code: &str) -> Done {
        let done = self.run(arguments);
        assert_eq!(
            (done.code, done.json["error"]["code"].as_str()),
            (exit, Some(code)),
            "{arguments:?}: {}",
            done.stderr
        );
        done
    }

    /// Issues `NAME.p12` for an organisation.
    pub fn issue(&self, name: &str, code: &str, more: &[&str]) -> Value {
        self.issue_by("pki", name, code, more)
    }

    /// The same by another authority than the desk's.
    pub fn issue_by(&self, authority: &str, name: &str, code: &str, more: &[&str]) -> Value {
        let output = format!("{name}.p12");
        let organisation = format!("{name}公司");
        let mut arguments = vec![
            "pki",
            "issue",
            "--ca",
            authority,
            "--name",
            &organisation,
            "--code",
            code,
            "--person",
            "张三",
            "-o",
            &output,
        ];
        arguments.extend(more);
        self.ok(&arguments)
    }

    /// Signs an act, and keeps with it what its signer is believed by, as a
    /// server does that accepts it.
    pub fn accepted(&self, signer: &str, place: Place<'_>, act: &Act) -> Signed {
        let key = self.path(&format!("{signer}.p12"));
        let identity = Identity::load(&key, &|_| Ok(Zeroizing::new(PASSPHRASE.to_owned())));
        let act = SignedAct::sign(&identity.unwrap().signer().unwrap(), place, act).unwrap();
        let roots = Authorities::read(&self.path("roots")).unwrap();
        let now = jiff::Timestamp::now().as_millisecond();
        let signed = act.verify(place, &roots.trust, now).unwrap();
        let grounds = signed.holder().unwrap().grounds.clone();
        Signed::on(&act, Some(grounds))
    }

    /// openssl, which must succeed.
    pub fn openssl(&self, arguments: &[&str]) -> String {
        let output = Command::new("openssl")
            .current_dir(self.directory.path())
            .args(arguments)
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "openssl {arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        // openssl writes friendly names in an encoding of its own.
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// openssl, which must fail.
    pub fn openssl_fails(&self, arguments: &[&str]) -> String {
        let output = Command::new("openssl")
            .current_dir(self.directory.path())
            .args(arguments)
            .output()
            .unwrap();
        assert!(!output.status.success(), "openssl {arguments:?}");
        String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
    }
}

fn done(output: &Output) -> Done {
    Done {
        code: output.status.code().unwrap(),
        json: serde_json::from_slice(&output.stdout).unwrap_or(Value::Null),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}
