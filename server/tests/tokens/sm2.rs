//! A platform whose key of SM2 lives in a token of GM/T 0016: `NAME.token` in place of
//! `NAME.key.pem`. The library behind it is a double that has the base calls and no others
//! (server/token/tests). The other keys of the platform lie in files.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use kaibiao_crypto::encoding::from_base64;
use kaibiao_crypto::signature::message;
use serde_json::Value;

use crate::platform::{refuses, until_ready};
use crate::town::{Person, Town, path};
use crate::{PIN, tool, until};

/// The token, the folder of the platform's keys of SM2, and where their file was put away.
struct Double {
    folder: PathBuf,
    sm2: PathBuf,
    away: PathBuf,
}

impl Double {
    /// Moves the platform's key from its file into the token.
    fn install(town: &Path) -> Self {
        let folder = town.join("double");
        let device = folder.join("UKEY");
        std::fs::create_dir_all(&device).expect("a folder for the token");
        let library = folder.join("libdouble.so");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("token/tests/skf/double.c");
        let state = format!("-DSTATE=\"{}\"", path(&folder));
        let (to, from) = (path(&library), path(&source));
        let quiet = "-Wno-deprecated-declarations";
        let build = [
            "-shared", "-fPIC", "-O1", quiet, &state, "-o", to, from, "-lcrypto",
        ];
        tool(&folder, "cc", &build);
        let double = Self {
            sm2: Town::sm2(town),
            away: town.join("platform.key.pem"),
            folder,
        };
        let (certificate, der) = (double.certificate(), device.join("sign.cer"));
        let convert = ["x509", "-outform", "DER", "-in", path(&certificate)];
        let convert = [&convert[..], &["-out", path(&der)]].concat();
        tool(&double.folder, "openssl", &convert);
        let key = double.sm2.join("platform.key.pem");
        std::fs::copy(&key, device.join("sign.pem")).expect("a key");
        std::fs::rename(&key, &double.away).expect("a key");
        std::fs::write(device.join("pin"), format!("{PIN} 6 6\n")).expect("a PIN");
        let address = format!("skf:token=UKEY?module-path={}\n", path(&library));
        std::fs::write(double.sm2.join("platform.token"), address).expect("an address");
        double.write_pin(PIN);
        double
    }

    fn certificate(&self) -> PathBuf {
        self.sm2.join("platform.cert.pem")
    }

    fn write_pin(&self, pin: &str) {
        let file = self.sm2.join("platform.pin");
        std::fs::write(&file, pin).expect("a PIN");
        let owner = std::fs::Permissions::from_mode(0o600);
        std::fs::set_permissions(&file, owner).expect("a file of its owner");
    }

    fn switch(&self, name: &str, on: bool) {
        let file = self.folder.join(name);
        let done = if on {
            std::fs::write(file, "")
        } else {
            std::fs::remove_file(file)
        };
        done.expect("a switch");
    }

    /// How many PINs were sent.
    fn tried(&self) -> usize {
        std::fs::read(self.folder.join("UKEY/tried")).map_or(0, |bytes| bytes.len())
    }

    /// Whether the second signature under what the platform says holds for openssl, by the
    /// certificate alone.
    fn signed(&self, town: &Town, purpose: &str, project: &str, said: &Value) -> bool {
        let platform = town.get("/api/v1/platform").expect("who it is");
        let platform: Value = serde_json::from_str(&platform).expect("JSON");
        let origin = platform["origin"].as_str().expect("an origin");
        let body = said["body"].as_str().expect("a body");
        let value = said["sm2_signature"].as_str().expect("a second signature");
        let (bytes, value_file) = (self.folder.join("message"), self.folder.join("value"));
        let of = message(purpose, origin, project, body.as_bytes());
        std::fs::write(&bytes, of).expect("a message");
        std::fs::write(&value_file, from_base64(value).expect("base64")).expect("a value");
        let verify = [
            "pkeyutl",
            "-verify",
            "-rawin",
            "-digest",
            "sm3",
            "-certin",
            "-pkeyopt",
            "distid:1234567812345678",
            "-inkey",
        ];
        let output = Command::new("openssl")
            .args(verify)
            .arg(self.certificate())
            .arg("-in")
            .arg(bytes)
            .arg("-sigfile")
            .arg(value_file)
            .output()
            .expect("the tests need the openssl command");
        output.status.success()
    }
}

fn receipt(bid: &Path) -> Value {
    let file = bid.with_extension("kbid.receipt.json");
    let text = std::fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    serde_json::from_slice(&text).expect("JSON")
}

/// Whether a submission is refused because nothing can be signed.
fn submits_later(town: &Town, bidder: &Person, bid: &Path) {
    let (done, said) = town.tries(bidder, &["bid", "submit", path(bid)]);
    assert!(!done);
    assert_eq!(said["error"]["code"], "signing-unavailable", "{said}");
}

#[test]
fn a_platform_signs_with_its_sm2_key_in_a_token_and_waits_for_it_while_it_is_gone() {
    let mut double = None;
    let town = Town::found_gm("platform-sm2", 2, |folder| {
        double = Some(Double::install(folder));
        String::new()
    });
    let double = double.expect("a token");

    // The bidder's program asks for both signatures; openssl sees the second one too.
    let project = town.publish(60);
    let [first, second] = [&town.bidders[0], &town.bidders[1]];
    let bid = town.seal(first, &project, "v1", 400_000_000, 20_000);
    town.must(first, &["bid", "submit", path(&bid)]);
    let kept = receipt(&bid);
    assert!(double.signed(&town, "receipt", &project, &kept));
    assert!(!double.signed(&town, "acknowledge", &project, &kept));

    // Pulled out: what is handed in is taken, and its receipt comes with the token.
    double.switch("pulled", true);
    let late = town.seal(second, &project, "v1", 500_000_000, 2_000);
    submits_later(&town, second, &late);
    until_ready(&town, false);
    double.switch("pulled", false);
    until_ready(&town, true);
    town.must(second, &["bid", "submit", path(&late)]);
    assert!(double.signed(&town, "receipt", &project, &receipt(&late)));

    // T0 comes while it is gone, and the closing statement is signed afterwards.
    double.switch("pulled", true);
    until(&town, &project, "checking");
    let closing = format!("/api/v1/projects/{project}/closing");
    assert_eq!(town.get(&closing), None);
    double.switch("pulled", false);
    until_ready(&town, true);
    for command in ["list", "start"] {
        let list = ["opening", command, &project, "--lot", "1"];
        town.must(&town.agency, &list);
    }
    let shown = town.get(&closing).expect("a closing statement");
    let shown: Value = serde_json::from_str(&shown).expect("JSON");
    assert!(double.signed(&town, "closing", &project, &shown["closing"]));
    for (bidder, bid) in [(first, &bid), (second, &late)] {
        let unlocked = town.must(bidder, &["bid", "unlock", path(bid)]);
        assert!(unlocked.to_string().contains("acknowledge"), "{unlocked}");
    }
    until(&town, &project, "releasing");

    // A wrong PIN is sent once, however often the service is started again.
    town.kill();
    let before = double.tried();
    double.write_pin("000000");
    let said = refuses(&town);
    assert!(said.contains("PIN 不正确"), "{said}");
    assert!(said.contains("platform.pin"), "{said}");
    for _ in 0..3 {
        let said = refuses(&town);
        assert!(said.contains("refused-pins.json"), "{said}");
    }
    assert_eq!(double.tried(), before + 1);
    double.write_pin(PIN);
    town.start();
    until_ready(&town, true);

    // A token that is not there, a key that is in a file too, and a certificate of another key.
    town.kill();
    double.switch("pulled", true);
    let said = refuses(&town);
    assert!(said.contains("skf:token=UKEY"), "{said}");
    double.switch("pulled", false);
    let file = double.sm2.join("platform.key.pem");
    std::fs::copy(&double.away, &file).expect("a key");
    let said = refuses(&town);
    assert!(said.contains("platform.key.pem 与同名的 .token"), "{said}");
    std::fs::remove_file(&file).expect("a key");
    let own = std::fs::read(double.certificate()).expect("a certificate");
    std::fs::copy(first.file("key.cert.pem"), double.certificate()).expect("a certificate");
    let said = refuses(&town);
    assert!(said.contains("platform.token 所指的令牌"), "{said}");
    std::fs::write(double.certificate(), own).expect("a certificate");
    town.start();
    until_ready(&town, true);
}
