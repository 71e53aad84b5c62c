export default {
  providers: {
    file: "Key file",
    token: "USB token",
    phone: "Certificate on a phone",
  },
  choose: "Choose key files",
  chooseHint:
    "A .p12, .pfx or .pem exported by your certificate authority's tool. Where signing and encryption certificates lie in two files, choose both.",
  passphrase: "Passphrase",
  passphraseHint: "The one set when the file was exported. It is used on this machine only and never sent.",
  unlock: "Unlock",
  unlocking: "Unlocking…",
  signing: "Signing certificate",
  encryption: "Encryption certificate",
  both: "Certificate to sign and encrypt",
  organisation: "Organisation",
  code: "Unified social credit code",
  person: "Holder",
  issuer: "Issued by",
  validity: "Valid",
  serial: "Serial number",
  problems: {
    "not-a-key-file":
      "{file} is not a usable key file, or it is damaged. Choose the .p12, .pfx or .pem that your authority's tool exported.",
    "passphrase-needed": "This file has a passphrase. Give it and try again.",
    "pem-encrypted":
      "This is an encrypted PEM key of the old kind, which a browser cannot read. Make a .p12 of it: openssl pkcs12 -export -in CERT.pem -inkey KEY.pem -out K.p12.",
    "key-missing":
      "The files hold a certificate and no private key. Choose the .p12 with the private key; when exporting, tick “export private key”.",
    "certificate-missing":
      "The files hold a private key and no certificate. Choose the certificate file (.pem, .cer) too, or a .p12 that holds it.",
    "key-without-certificate": "The private key and the certificate do not belong together. Check the files, or have them exported again.",
    "key-type": "Keys of this type ({type}) are not accepted. Use a certificate for RSA of 2048, 3072 or 4096 bits, for P-256, or for SM2.",
    "key-rounds": "The file asks for {rounds} rounds over the passphrase, more than {most}. Export it again with a million at most.",
    "key-encryption": "The file is encrypted in a way that is not supported ({scheme}). Export the .p12 again with AES-256, SM4 or 3DES.",
    "key-files-needed": "Choose the key file.",
    "key-locked": "The key is locked. Give the passphrase to unlock it, and try again.",
    "certificate-malformed": "The certificate cannot be read. Check that it is the right file, or have it issued again.",
    "certificate-expired": "The certificate has expired. Renew it with its authority and use the new one.",
    "certificate-not-yet-valid": "The certificate's validity has not begun. Check this machine's clock, or wait.",
    "certificate-unknown-issuer":
      "The certificate's issuer is not among the roots you believe. Add that authority's root certificate, or check the one you chose.",
    "certificate-wrong-usage":
      "The certificate may not be used for this: sign with the signing certificate, encrypt with the encryption certificate. With a pair in two files, choose both.",
    "certificate-weak-key": "The certificate's key is of a kind not accepted. Use RSA of 2048, 3072 or 4096 bits, P-256, or SM2.",
    "certificate-other-suite":
      "This project is of the suite gm: a bid is sealed and handed in with a signing certificate of SM2. Log in with one and seal then; an authority issues one.",
    "certificate-two-organisations": "The certificate names two different unified social credit codes. Ask the CA to correct it.",
    "certificate-no-organisation": "The certificate holds no unified social credit code. Use an organisation's certificate.",
    "certificate-bad-organisation-code":
      "The unified social credit code in the certificate ({code}) fails its check character. Ask the authority to correct it.",
    "certificate-different-organisations":
      "Signing certificate, encryption certificate and the organisation logged in are not one. Use certificates of one organisation.",
    "roots-needed":
      "No trusted root certificate was chosen, so the sealing terms cannot be checked. Get the root (.pem, .cer) from the authority's own site and add it.",
    "publication-missing": "The host's signature over the sealing terms is missing. Download the terms again, or ask the tenderer.",
    "spare-unusable": "{name} cannot be a spare. Choose a key file made by this tool (.kkey), or a certificate that may encrypt.",
    "sheet-schema": "Fields of the opening sheet are wrong: {fields}. Correct them and seal again.",
    "device-full": "This machine's storage is full and nothing was sealed. Free some space and try again.",
    "worker-failed": "The page's cryptography could not be started. Reload the page; if that does not help, use a current Edge or Chrome.",
  },
  steps: {
    "terms-read": "Read the sealing terms",
    "terms-custodians": "Check the custodians' keys and certificates",
    "terms-publication": "Check the host's signature over the terms",
    "terms-logged": "Check that the terms are in the platform's public log",
    "unlock-open": "Take out the bid's secret with your key and compare it with its commitment",
    "unlock-sign": "Sign the unlock",
  },
  strength: {
    short: "Too short: at least {least} characters.",
    weak: "Too weak: make it longer, or mix kinds of characters.",
    fair: "Fair: longer is better.",
    strong: "Strong enough.",
  },
};
