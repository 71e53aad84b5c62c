"""What gmssl says, a line of JSON for each line of JSON: {"do", ...} -> {"is"}.

Keys are hexadecimal: d, and x || y without a prefix. Everything else is too.
"""

import json
import sys

from gmssl import sm2, sm3, sm4


def keys(given):
    key = sm2.CryptSM2(given.get("d", ""), "", mode=1, asn1=True)
    # Its constructor takes digits 0 and 4 off the front of x, however many.
    key.public_key = given["xy"]
    return key


def answer(given):
    do = given["do"]
    text = bytes.fromhex(given["text"])
    if do == "sign":
        return keys(given).sign_with_sm3(text)
    if do == "verify":
        return bool(keys(given).verify_with_sm3(given["value"], text))
    if do == "encrypt":
        return keys(given).encrypt(text).hex()
    if do == "decrypt":
        return keys(given).decrypt(text).hex()
    if do == "sm3":
        return sm3.sm3_hash(list(text))
    if do == "sm4-cbc":
        cipher = sm4.CryptSM4(padding_mode=None)
        cipher.set_key(bytes.fromhex(given["key"]), sm4.SM4_ENCRYPT)
        return cipher.crypt_cbc(bytes.fromhex(given["iv"]), text).hex()
    raise ValueError(do)


for line in sys.stdin:
    print(json.dumps({"is": answer(json.loads(line))}), flush=True)
