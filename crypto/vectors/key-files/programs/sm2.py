#!/usr/bin/env python3
"""Writes ../sm2.json: key files of SM2, by openssl 3 and by hand.

The key is ../../keys/sm2.pk8, its certificates are those of ../../certificates/sm2.json.
What is random in a file (salts, IVs) is so anew each time.
"""

import base64
import json
import pathlib
import subprocess
import tempfile

HERE = pathlib.Path(__file__).parent
VECTORS = HERE.parent.parent
PASSPHRASE = "correct horse"
CHINESE = "口令一二三四"
desk = pathlib.Path(tempfile.mkdtemp())
rows = []


def openssl(*arguments, given=b""):
    done = subprocess.run(["openssl", *arguments], cwd=desk, input=given, capture_output=True, check=False)
    assert done.returncode == 0, (arguments, done.stderr)
    return done.stdout


def der(tag, *parts):
    content = b"".join(parts)
    length = len(content)
    if length < 128:
        return bytes([tag, length]) + content
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(octets)]) + octets + content


def pem(label, content):
    return f"-----BEGIN {label}-----\n{base64.encodebytes(content).decode()}-----END {label}-----\n".encode()


def row(name, made, file, outcome, signs=None, chain=None, passphrase=PASSPHRASE):
    row = {"name": f"SM2: {name}", "made": made, "passphrase": passphrase}
    row |= {"file": base64.b64encode(file).decode(), "outcome": outcome}
    row |= {} if signs is None else {"signs": signs}
    row |= {} if chain is None else {"chain": chain}
    rows.append(row)


def certificate(name):
    """The leaf and the authority between, DER."""
    found = [it for it in json.loads((VECTORS / "certificates/sm2.json").read_text()) if it["name"] == f"SM2: {name}"]
    return [base64.b64decode(it) for it in found[0]["chain"]]


usual = certificate("a key under id-ecPublicKey, signed with parameters absent")
encrypts = certificate("to encrypt")
chain = b"".join(pem("CERTIFICATE", it) for it in usual)
pkcs8 = (VECTORS / "keys/sm2.pk8").read_bytes()
# The scalar stands behind the version of ECPrivateKey.
at = pkcs8.index(b"\x02\x01\x01\x04\x20") + 5
scalar = pkcs8[at : at + 32]
ORDER = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
EC = bytes.fromhex("06072a8648ce3d0201")
CURVE = bytes.fromhex("06082a811ccf5501822d")
SECP256K1 = bytes.fromhex("06052b8104000a")
NULL = b"\x05\x00"

(desk / "key.der").write_bytes(pkcs8)
openssl("pkey", "-inform", "DER", "-in", "key.der", "-out", "key.pem")
(desk / "chain.pem").write_bytes(chain)
(desk / "encrypts.pem").write_bytes(pem("CERTIFICATE", encrypts[0]))
(desk / "middle.pem").write_bytes(pem("CERTIFICATE", usual[1]))
key = (desk / "key.pem").read_bytes()


def p12(*more, certificates="chain.pem", passphrase=PASSPHRASE):
    usual = ["pkcs12", "-export", "-inkey", "key.pem", "-in", certificates, "-passout", f"pass:{passphrase}"]
    return openssl(*usual, *more)


row(".p12 as openssl 3 writes it", "openssl 3: PBES2, AES-256, SHA-256", p12(), "opens", True, 2)
sm4 = p12("-certpbe", "SM4-CBC", "-keypbe", "SM4-CBC", "-macalg", "sm3")
row(".p12 under SM4, its MAC by SM3", "openssl 3: PBES2, SM4-CBC, SM3", sm4, "opens", True, 2)
row(".p12 under SM4, a wrong passphrase", "openssl 3", sm4, "passphrase-wrong", passphrase="wrong")
row(".p12, a wrong passphrase", "openssl 3", p12(), "passphrase-wrong", passphrase="wrong")
row(".p12, an empty passphrase for another one", "openssl 3", p12(), "passphrase-wrong", passphrase="")
row(".p12, a passphrase in Chinese", "openssl 3, UTF-8", p12(passphrase=CHINESE), "opens", True, 2, CHINESE)
row(".p12, no MAC", "openssl 3: -nomac", p12("-nomac"), "opens", True, 2)
row(".p12, no MAC, a wrong passphrase", "openssl 3: -nomac", p12("-nomac"), "passphrase-wrong", passphrase="wrong")
row(".p12, a byte of its MAC changed", "openssl 3, by hand", sm4[:-30] + bytes([sm4[-30] ^ 1]) + sm4[-29:], "passphrase-wrong")
row(".p12 cut short", "openssl 3, its last 100 bytes missing", sm4[:-100], "not-a-key-file")
row(".p12, no certificate inside", "openssl 3: -nocerts", openssl("pkcs12", "-export", "-nocerts", "-inkey", "key.pem", "-passout", f"pass:{PASSPHRASE}"), "certificate-missing")
row(".p12, the encryption certificate alone", "openssl 3", p12(certificates="encrypts.pem"), "opens", False)
row("PEM: key and certificates", "openssl 3", key + chain, "opens", True, 2)
row("PEM: both halves of a pair", "openssl 3", key + chain + pem("CERTIFICATE", encrypts[0]), "opens", True, 2)
sec1 = openssl("ec", "-in", "key.pem")
row("PEM: SEC 1, as openssl 3.0 labels it", "openssl 3: ec", sec1 + chain, "opens", True, 2)
block = sec1.split(b"-----BEGIN ")[-1].split(b"-----")
body = base64.b64decode(b"".join(block[1].split()))
for name in ["EC PRIVATE KEY", "SM2 PRIVATE KEY"]:
    row(f"PEM: SEC 1 as {name}", "by hand", pem(name, body) + chain, "opens", True, 2)
for cipher in ["sm4-cbc", "aes-256-cbc"]:
    shrouded = openssl("pkcs8", "-topk8", "-in", "key.pem", "-v2", cipher, "-passout", f"pass:{PASSPHRASE}")
    row(f"PEM: encrypted, {cipher}", "openssl 3: pkcs8 -topk8", shrouded + chain, "opens", True, 2)
    row(f"PEM: encrypted, {cipher}, a wrong passphrase", "openssl 3", shrouded + chain, "passphrase-wrong", passphrase="wrong")
shrouded = openssl("pkcs8", "-topk8", "-in", "key.pem", "-v2", "sm4-ctr", "-passout", f"pass:{PASSPHRASE}")
row("PEM: encrypted, sm4-ctr", "openssl 3: pkcs8 -topk8 -v2 sm4-ctr", shrouded + chain, "key-encryption")


def ec_key(number, *more):
    return der(0x30, b"\x02\x01\x01", der(4, number), *more)


def info(algorithm, inner):
    return pem("PRIVATE KEY", der(0x30, b"\x02\x01\x00", der(0x30, algorithm), der(4, inner)))


curve_alone = info(CURVE, ec_key(scalar))
row("PEM: PKCS #8 under the curve's own name", "by hand", curve_alone + chain, "opens", True, 2)
row("PEM: the same with NULL", "by hand", info(CURVE + NULL, ec_key(scalar)) + chain, "opens", True, 2)
row("PEM: a scalar with a zero before it", "by hand", info(EC + CURVE, ec_key(b"\0" + scalar)) + chain, "opens", True, 2)
row("PEM: a scalar of 33 octets", "by hand", info(EC + CURVE, ec_key(b"\1" + scalar)) + chain, "key-type")
for name, number in [("0", 0), ("n - 1", ORDER - 1), ("n", ORDER)]:
    key_file = info(EC + CURVE, ec_key(number.to_bytes(32, "big")))
    row(f"PEM: the scalar {name}", "by hand", key_file + chain, "key-type")
row("PEM: secp256k1", "by hand", info(EC + SECP256K1, ec_key(scalar)) + chain, "key-type")
row("PEM: another key's certificate", "by hand", info(EC + CURVE, ec_key((7).to_bytes(32, "big"))) + chain, "key-without-certificate")
p_256 = pem("PRIVATE KEY", (VECTORS / "keys/p-256.pk8").read_bytes())
row("PEM: a key of P-256 beside its certificate", "by hand", p_256 + chain, "key-without-certificate")
plain = json.loads((VECTORS / "certificates/chains.json").read_text())
plain = base64.b64decode(next(it for it in plain if it["name"] == "P-256 to sign")["chain"][0])
row("PEM: a certificate of P-256 beside it", "by hand", key + pem("CERTIFICATE", plain), "key-without-certificate")
for name, of in [
    ("the curve's own name", "a key under its curve, signed with parameters absent"),
    ("the curve's own name with NULL", "a key under its curve with NULL, signed with parameters NULL"),
]:
    certificates = b"".join(pem("CERTIFICATE", it) for it in certificate(of))
    row(f"PEM: a certificate under {name}", "by hand", key + certificates, "opens", True, 2)
weak = certificate("a compressed point")
row("PEM: a certificate of a compressed point", "by hand", key + pem("CERTIFICATE", weak[0]), "key-without-certificate")
row("PEM: a key alone", "openssl 3", key, "certificate-missing")
row("PEM: certificates alone", "openssl 3", chain, "key-missing")
envelope = der(0x30, der(0x30, bytes.fromhex("06072a811ccf550168")), der(0x30, b"\x02\x01\x01"))
row("an envelope of GB/T 35276, which is none", "by hand", envelope, "not-a-key-file")

(HERE.parent / "sm2.json").write_text(json.dumps(rows, ensure_ascii=False, indent=2) + "\n")
