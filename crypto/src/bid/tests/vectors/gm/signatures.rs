//! Values of signatures by SM2 that hold, that do not, and that are in another form.

use serde_json::{Value, json};

use super::super::super::sample::sm2;
use super::GM;
use crate::secret::Secret;
use crate::wrap::PrivateKey;

pub(in super::super) fn signatures() -> Value {
    // GB/T 32918.5, annex A.
    let d = "3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8";
    let d = Secret::from_hex(d).unwrap();
    let own = PrivateKey::from_scalar(GM, d.as_bytes()).unwrap();
    let point = |key: &PrivateKey| key.public().spki()[26..].to_vec();
    let r = "f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3";
    let s = "b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa";
    let good = format!("3046022100{r}022100{s}");
    let mut cases = Vec::new();
    let mut case = |name: &str, key: &[u8], message: &[u8], value: &str, expect: &str| {
        cases.push(json!({
            "name": name, "key": hex::encode(key), "message": hex::encode(message),
            "value": value, "expect": expect,
        }));
    };
    let (text, key) = (&b"message digest"[..], &point(&own)[..]);
    let (form, invalid) = ("signature-form", "signature-invalid");
    case("GB/T 32918.5, annex A", key, text, &good, "accepted");
    case("another message", key, b"message digesT", &good, invalid);
    case("another key", &point(&sm2("another")), text, &good, invalid);
    let mut off = key.to_vec();
    off[64] ^= 1;
    case("a key off the curve", &off, text, &good, invalid);
    let swapped = format!("3046022100{s}022100{r}");
    case("r and s exchanged", key, text, &swapped, invalid);
    // n - s, which ECDSA would take as well.
    let minus = "4e4955d520ded02789ce7d43f2bde35db673a66e0246c256cfb08a44b4197f79";
    case(
        "n - s for s",
        key,
        text,
        &format!("3045022100{r}0220{minus}"),
        invalid,
    );
    let n = "fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123";
    let less = "fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54122";
    for (name, value) in [
        ("r || s", format!("{r}{s}")),
        ("a byte after it", format!("{good}00")),
        ("the last byte missing", good[..good.len() - 2].to_owned()),
        ("a length spelt longer", format!("308146022100{r}022100{s}")),
        (
            "an indefinite length",
            format!("3080022100{r}022100{s}0000"),
        ),
        ("a zero before r", format!("304702220000{r}022100{s}")),
        ("r below zero", format!("30450220{r}022100{s}")),
        ("r of 33 bytes", format!("3046022101{r}022100{s}")),
        ("r = 0", format!("3026020100022100{s}")),
        ("s = 0", format!("3026022100{r}020100")),
        ("r = n", format!("3046022100{n}022100{s}")),
        ("s = n", format!("3046022100{r}022100{n}")),
        ("r + s = n", format!("3026022100{less}020101")),
        ("three numbers", format!("3049022100{r}022100{s}020101")),
        ("a set", format!("3146022100{r}022100{s}")),
        ("nothing", String::new()),
    ] {
        case(name, key, text, &value, form);
    }
    for (name, r, s) in [("r = s = 1", "01", "01"), ("r = 1, s = 2", "01", "02")] {
        let value = format!("30060201{r}0201{s}");
        case(name, key, text, &value, invalid);
    }
    json!({
        "about": "Signatures by SM2 with SM3 over `message` (section 7). All but `expect` and `name` is hexadecimal.",
        "cases": cases,
    })
}
