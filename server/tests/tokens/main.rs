//! Keys in tokens, with the command line against the real server; the tokens are SoftHSM's.
//! Here a bidder's, with which it seals, submits and unlocks; in `platform` the platform's.
//! In `sm2` its key of SM2 is in one of GM/T 0016, a double.

mod platform;
mod sm2;
#[path = "../town/mod.rs"]
mod town;

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};
use town::{Person, Town, path};

const LIBRARY: &str = "/usr/lib/softhsm/libsofthsm2.so";
const PIN: &str = "123456";

/// A token with an RSA key and its certificate, and nothing of them elsewhere.
struct Token {
    conf: PathBuf,
    address: String,
}

fn tool(conf: &PathBuf, program: &str, arguments: &[&str]) {
    let output = Command::new(program)
        .args(arguments)
        .env("SOFTHSM2_CONF", conf)
        .output()
        .unwrap_or_else(|error| panic!("{program}: {error}; scripts/prepare test installs it"));
    assert!(
        output.status.success(),
        "{program} {arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}

impl Token {
    fn issue(town: &Town, bidder: &Person) -> Self {
        let folder = bidder.file("softhsm");
        std::fs::create_dir_all(folder.join("tokens")).expect("a folder for tokens");
        let conf = folder.join("softhsm2.conf");
        let text = format!("directories.tokendir = {}\n", path(&folder.join("tokens")));
        std::fs::write(&conf, text).expect("a configuration");
        let p12 = folder.join("rsa.p12");
        let ca = town.folder.join("ca");
        town.must(
            bidder,
            &[
                "pki",
                "issue",
                "--ca",
                path(&ca),
                "--name",
                &bidder.organisation,
                "--code",
                &bidder.code,
                "--person",
                "张三",
                "--key-type",
                "rsa-2048",
                "--output",
                path(&p12),
            ],
        );
        let file = |name: &str| folder.join(name);
        let (key, pem, der) = (file("key.pem"), file("rsa.cert.pem"), file("rsa.cer"));
        let secret = format!("file:{}", path(&town.folder.join("passphrase")));
        let nodes = [
            "pkcs12",
            "-in",
            path(&p12),
            "-passin",
            &secret,
            "-nocerts",
            "-nodes",
            "-out",
            path(&key),
        ];
        tool(&conf, "openssl", &nodes);
        tool(
            &conf,
            "openssl",
            &[
                "x509",
                "-in",
                path(&pem),
                "-outform",
                "DER",
                "-out",
                path(&der),
            ],
        );
        let init = [
            "--init-token",
            "--free",
            "--label",
            "bidder",
            "--so-pin",
            "87654321",
            "--pin",
            PIN,
        ];
        tool(&conf, "softhsm2-util", &init);
        let import = [
            "--import",
            path(&key),
            "--token",
            "bidder",
            "--label",
            "rsa",
            "--id",
            "01",
            "--pin",
            PIN,
        ];
        tool(&conf, "softhsm2-util", &import);
        let write = [
            "--module",
            LIBRARY,
            "--token-label",
            "bidder",
            "--login",
            "--pin",
            PIN,
            "--write-object",
            path(&der),
            "--type",
            "cert",
            "--id",
            "01",
            "--label",
            "rsa",
        ];
        tool(&conf, "pkcs11-tool", &write);
        for gone in [&p12, &key, &bidder.file("key.p12")] {
            std::fs::remove_file(gone).expect("the key's file");
        }
        let address = format!("pkcs11:token=bidder?module-path={LIBRARY}");
        Self { conf, address }
    }

    fn command(
        &self,
        town: &Town,
        bidder: &Person,
        pin: &str,
        arguments: &[&str],
    ) -> (bool, Value) {
        let output = town
            .command(bidder, arguments)
            .env("KAIBIAO_KEY", &self.address)
            .env("KAIBIAO_PIN", pin)
            .env("SOFTHSM2_CONF", &self.conf)
            .output()
            .expect("the program can be started");
        let text = String::from_utf8_lossy(&output.stdout);
        let said = serde_json::from_str(text.lines().last().unwrap_or_default());
        let said = said.unwrap_or_else(|_| json!(String::from_utf8_lossy(&output.stderr)));
        (output.status.success(), said)
    }

    fn must(&self, town: &Town, bidder: &Person, arguments: &[&str]) -> Value {
        let (done, said) = self.command(town, bidder, PIN, arguments);
        assert!(done, "{arguments:?}: {said}");
        said
    }
}

#[test]
fn a_key_in_a_token_seals_submits_and_unlocks_a_bid() {
    let town = Town::found("tokens", 2);
    let (bidder, other) = (&town.bidders[0], &town.bidders[1]);
    let token = Token::issue(&town, bidder);

    let listed = token.must(&town, bidder, &["token", "list", &token.address]);
    let shown = &listed["tokens"][0];
    assert_eq!(shown["label"], "bidder");
    assert_eq!(shown["certificates"][0]["signs"], true);
    assert_eq!(shown["certificates"][0]["decrypts"], true);

    let project = town.publish(45);
    let sheet = bidder.file("sheet.json");
    std::fs::write(
        &sheet,
        json!({ "price": "400000000", "manager": "李四" }).to_string(),
    )
    .expect("a sheet");
    let document = bidder.file("技术标.pdf");
    std::fs::write(&document, vec![7; 20_000]).expect("a document");
    let bid = bidder.file("v1.kbid");
    let terms = format!("{}/api/v1/projects/{project}/lots/1/terms", town.url);
    let seal = [
        "bid",
        "seal",
        "--terms",
        &terms,
        "--lot",
        "1",
        "--sheet",
        path(&sheet),
        "--document",
        path(&document),
        "--output",
        path(&bid),
    ];
    let (done, said) = token.command(&town, bidder, "999999", &seal);
    assert!(!done && !bid.exists());
    assert_eq!(said["error"]["code"], "token-pin-wrong", "{said}");
    token.must(&town, bidder, &seal);
    token.must(&town, bidder, &["bid", "submit", path(&bid)]);
    let second = town.seal(other, &project, "v1", 500_000_000, 2_000);
    town.must(other, &["bid", "submit", path(&second)]);

    until(&town, &project, "checking");
    let host = &town.agency;
    town.must(host, &["opening", "list", &project, "--lot", "1"]);
    town.must(host, &["opening", "start", &project, "--lot", "1"]);
    let unlocked = token.must(&town, bidder, &["bid", "unlock", path(&bid)]);
    assert!(unlocked.to_string().contains("acknowledge"), "{unlocked}");
    town.must(other, &["bid", "unlock", path(&second)]);
    until(&town, &project, "releasing");
}

fn until(town: &Town, project: &str, wanted: &str) {
    let mut stage = Value::Null;
    for _ in 0..120 {
        let seen = town.get(&format!("/api/v1/projects/{project}"));
        let shown: Value = serde_json::from_str(&seen.expect("a view")).expect("JSON");
        stage = shown["lots"]["1"]["stage"].clone();
        if stage == wanted {
            return;
        }
        std::thread::sleep(Duration::from_secs(1));
    }
    panic!("never {wanted}, but {stage}");
}
