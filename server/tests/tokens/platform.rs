//! A platform whose keys live in a token, which is pulled out, put back and given a wrong
//! PIN. It is SoftHSM's, in a slot that counts what is sent to it (server/token/tests).

use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::town::{Town, path};
use crate::{PIN, tool, until};

const KEYS: [(&str, &str); 3] = [("log", "01"), ("receipt", "02"), ("public-log", "03")];

/// The slot with the platform's token.
struct Slot {
    folder: PathBuf,
}

impl Slot {
    fn install(town: &Path) -> Self {
        let folder = town.join("slot");
        std::fs::create_dir_all(folder.join("tokens")).expect("a folder for tokens");
        let conf = folder.join("softhsm2.conf");
        let text = format!("directories.tokendir = {}\n", path(&folder.join("tokens")));
        std::fs::write(&conf, text).expect("a configuration");
        let library = folder.join("slot.so");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("token/tests/pkcs11/slot.c");
        let state = format!("-DSTATE=\"{}\"", path(&folder));
        let (to, from) = (path(&library), path(&source));
        let build = ["-shared", "-fPIC", "-O1", &state, "-o", to, from, "-ldl"];
        tool(&conf, "cc", &build);
        let named = ["--init-token", "--free", "--label", "platform"];
        let pins = ["--so-pin", "87654321", "--pin", PIN];
        tool(&conf, "softhsm2-util", &[&named[..], &pins].concat());
        for (label, id) in KEYS {
            let of = ["--module", to, "--token-label", "platform", "--login"];
            let what = [
                "--pin",
                PIN,
                "--keypairgen",
                "--key-type",
                "EC:edwards25519",
            ];
            let named = ["--label", label, "--id", id];
            tool(&conf, "pkcs11-tool", &[&of[..], &what, &named].concat());
        }
        std::fs::remove_file(folder.join("tried")).expect("what the tools have sent");
        let slot = Self { folder };
        slot.write_pin(PIN);
        slot
    }

    fn configuration(&self) -> String {
        format!(
            "[token]\naddress = \"pkcs11:token=platform?module-path={}\"\npin_file = {:?}\n\
             log = \"log\"\nreceipt = \"receipt\"\npublic_log = \"public-log\"\n",
            path(&self.folder.join("slot.so")),
            self.folder.join("pin"),
        )
    }

    fn write_pin(&self, pin: &str) {
        let file = self.folder.join("pin");
        let _ = std::fs::remove_file(&file);
        let mut options = std::fs::OpenOptions::new();
        let file = options.write(true).create_new(true).mode(0o600).open(file);
        std::io::Write::write_all(&mut file.expect("a file"), pin.as_bytes()).expect("a PIN");
    }

    fn pull(&self) {
        std::fs::write(self.folder.join("pulled"), "").expect("a switch");
    }

    fn put_back(&self) {
        std::fs::remove_file(self.folder.join("pulled")).expect("a switch");
    }

    /// How many PINs were sent.
    fn tried(&self) -> usize {
        std::fs::read(self.folder.join("tried")).map_or(0, |bytes| bytes.len())
    }
}

/// Starts a server that refuses to start; answers what it said.
pub fn refuses(town: &Town) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_kaibiao"))
        .arg("serve")
        .arg("--data")
        .arg(town.data())
        .arg("--config")
        .arg(town.folder.join("kaibiao.toml"))
        .stdin(Stdio::null())
        .output()
        .expect("the program can be started");
    assert!(!output.status.success());
    let said = [output.stdout, output.stderr].concat();
    String::from_utf8_lossy(&said).into_owned()
}

pub fn until_ready(town: &Town, ready: bool) {
    let begun = Instant::now();
    while town.get("/readyz").is_some() != ready {
        assert!(begun.elapsed() < Duration::from_secs(30), "never");
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn a_platform_signs_with_keys_in_a_token_and_waits_for_it_while_it_is_gone() {
    let mut slot = None;
    let town = Town::found_with("platform-token", 2, |folder| {
        slot.insert(Slot::install(folder)).configuration()
    });
    let slot = slot.expect("a slot");
    let secrets = town.folder.join("platform.secret");
    assert!(secrets.join("root").exists());
    for file in ["log.pem", "receipt.pem", "public-log.pem"] {
        assert!(!secrets.join(file).exists(), "{file}");
    }

    // The program checks each receipt by the keys of the terms.
    let project = town.publish(50);
    let (first, second) = (&town.bidders[0], &town.bidders[1]);
    let bid = town.seal(first, &project, "v1", 400_000_000, 20_000);
    town.must(first, &["bid", "submit", path(&bid)]);
    until_ready(&town, true);

    // Without the token a bid is taken, and its receipt comes when the token is back.
    slot.pull();
    let late = town.seal(second, &project, "v1", 500_000_000, 2_000);
    let (done, said) = town.tries(second, &["bid", "submit", path(&late)]);
    assert!(!done);
    assert_eq!(said["error"]["code"], "signing-unavailable", "{said}");
    until_ready(&town, false);
    slot.put_back();
    until_ready(&town, true);
    town.must(second, &["bid", "submit", path(&late)]);

    // T0 comes while it is gone: the closing statement is signed afterwards.
    slot.pull();
    until(&town, &project, "checking");
    slot.put_back();
    let host = &town.agency;
    town.must(host, &["opening", "list", &project, "--lot", "1"]);
    town.must(host, &["opening", "start", &project, "--lot", "1"]);
    until_ready(&town, true);
    std::thread::scope(|scope| {
        slot.pull();
        scope.spawn(|| {
            std::thread::sleep(Duration::from_secs(4));
            slot.put_back();
        });
        // It goes on asking for what acknowledges its unlock.
        let unlocked = town.must(first, &["bid", "unlock", path(&bid)]);
        assert!(unlocked.to_string().contains("acknowledge"), "{unlocked}");
    });
    town.must(second, &["bid", "unlock", path(&late)]);
    until(&town, &project, "releasing");

    // A wrong PIN is sent once, however often the service is started again.
    town.kill();
    slot.write_pin("000000");
    let before = slot.tried();
    let said = refuses(&town);
    assert!(said.contains("PIN 不正确"), "{said}");
    for _ in 0..3 {
        let said = refuses(&town);
        assert!(said.contains("refused-pins.json"), "{said}");
    }
    assert_eq!(slot.tried(), before + 1);
    slot.write_pin(PIN);
    town.start();
    until_ready(&town, true);

    // What is in the token is in no file, and another token's keys are not this platform's.
    town.kill();
    std::fs::write(secrets.join("log.pem"), "").expect("a file");
    assert!(refuses(&town).contains("log.pem"));
    std::fs::remove_file(secrets.join("log.pem")).expect("a file");
    let config = town.folder.join("kaibiao.toml");
    let text = std::fs::read_to_string(&config).expect("a configuration");
    let swapped = text.replace(
        "log = \"log\"\nreceipt = \"receipt\"",
        "log = \"receipt\"\nreceipt = \"log\"",
    );
    std::fs::write(&config, swapped).expect("a configuration");
    assert!(refuses(&town).contains("log key"));
}
