//! A person's key file: PKCS #12 and PEM, plain and encrypted, of SM2 and of the other
//! kinds. What is read is a key with its own certificate, and is read again as it was.
#![no_main]

use kaibiao_client::keys::problem::{Problem, Unusable};
use kaibiao_client::keys::store::{self, StoredKey};
use kaibiao_crypto::signer::FileKey;
use kaibiao_crypto::wrap::{PrivateKey, PublicKey};
use libfuzzer_sys::fuzz_target;
use zeroize::Zeroizing;

fn read(bytes: &[u8]) -> Result<Vec<StoredKey>, Problem> {
    let passphrase = || Ok(Zeroizing::new("correct horse".to_owned()));
    store::pairs(bytes, &passphrase).map_err(|unusable| match unusable {
        Unusable::Is(problem) => problem,
        Unusable::Asking(failure) => panic!("nobody was asked: {failure}"),
    })
}

fuzz_target!(|bytes: &[u8]| {
    let Ok(stored) = read(bytes) else {
        return;
    };
    assert!(!stored.is_empty());
    for key in stored {
        let leaf = &key.chain[0];
        // SM2 is spelt in several ways; what comes of it is the one that is used here.
        if let Ok(certified @ PublicKey::Sm2(_)) = PublicKey::from_certificate(leaf) {
            let private = PrivateKey::from_pkcs8(&key.pkcs8).expect("a key of SM2");
            assert_eq!(private.public(), certified);
        }
        let _ = FileKey::from_pkcs8(&key.pkcs8, key.chain.clone());
        let certificates = key.chain.iter().map(|der| store::pem("CERTIFICATE", der));
        let parts: Vec<_> = [store::private_pem(&key.pkcs8)]
            .into_iter()
            .chain(certificates)
            .collect();
        let pem: Vec<u8> = parts.iter().flat_map(|part| part.bytes()).collect();
        let again = read(&pem).expect("what we write");
        assert_eq!(again.len(), 1);
        assert!(again[0].pkcs8 == key.pkcs8 && again[0].chain == key.chain);
    }
});
