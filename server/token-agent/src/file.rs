//! A key file in a token's place: the same requests, the same questions. Its
//! passphrase is the PIN.

use std::path::{Path, PathBuf};

use kaibiao_client::identity::Identity;
use kaibiao_client::keys::store::{self, StoredKey};
use kaibiao_client::{Failure, Outcome};
use kaibiao_crypto::Digest;
use kaibiao_crypto::bid::{BidderSecret, Header, OpenProblem};
use kaibiao_crypto::certificate::{Certificate, Use};
use kaibiao_crypto::secret::Secret;
use kaibiao_crypto::signature::Signature;
use kaibiao_crypto::signer::{FileKey, Signer as _};
use kaibiao_crypto::wrap::{PrivateKey, PublicKey, UnwrapProblem};
use kaibiao_os::random::SystemRng;
use zeroize::Zeroizing;

use crate::holder::{Held, HolderProblem, KeyHolder, Standing};

/// The keys of one file.
pub struct FileHolder {
    path: PathBuf,
    held: Vec<Held>,
    roots: Vec<Vec<u8>>,
    /// None while locked.
    keys: Option<Vec<StoredKey>>,
}

impl FileHolder {
    /// Reads the file once, to know its certificates; it begins unlocked.
    pub fn open(
        path: &Path,
        passphrase: &dyn Fn(&Path) -> Outcome<Zeroizing<String>>,
    ) -> Outcome<Self> {
        // What is wrong with the file is told in the words of every command.
        Identity::load(path, passphrase)?;
        let keys = store::read(path, passphrase)?;
        let held = keys.iter().map(held).collect::<Outcome<_>>()?;
        let roots = keys
            .iter()
            .flat_map(|key| key.chain.iter().skip(1))
            .filter(|der| store::is_self_issued(der))
            .cloned();
        let mut roots: Vec<Vec<u8>> = roots.collect();
        roots.sort();
        roots.dedup();
        Ok(Self {
            path: path.to_owned(),
            held,
            roots,
            keys: Some(keys),
        })
    }

    fn keys(&self) -> Result<&[StoredKey], HolderProblem> {
        self.keys.as_deref().ok_or(HolderProblem::Locked)
    }

    /// The opening keys, that of a pair's encryption certificate first.
    fn openers(&self) -> Result<Vec<PrivateKey>, HolderProblem> {
        let keys = self.keys()?;
        let opening = self.held.iter().zip(keys);
        let mut opening: Vec<_> = opening.filter(|(held, _)| held.opens.is_some()).collect();
        opening.sort_by_key(|(held, _)| held.algorithm.is_some());
        opening
            .into_iter()
            .map(|(_, key)| PrivateKey::from_pkcs8(&key.pkcs8).map_err(failed))
            .collect()
    }
}

fn held(key: &StoredKey) -> Outcome<Held> {
    let leaf = Certificate::parse(&key.chain[0]).map_err(Failure::unexpected)?;
    let signer = FileKey::from_pkcs8(&key.pkcs8, Vec::new()).ok();
    // A signature says by which algorithm its key signs.
    let algorithm = signer.filter(|_| leaf.allows(Use::Sign));
    let algorithm = algorithm.and_then(|signer| Some(signer.sign(b"").ok()?.algorithm));
    let public = PublicKey::from_certificate(&key.chain[0]).ok();
    Ok(Held {
        chain: without_root(&key.chain),
        algorithm,
        opens: public.map(|public| (public.id(), public.kind())),
    })
}

fn without_root(chain: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let (leaf, above) = chain.split_at(1);
    let above = above.iter().filter(|der| !store::is_self_issued(der));
    leaf.iter().chain(above).cloned().collect()
}

fn failed(error: impl std::fmt::Display) -> HolderProblem {
    HolderProblem::Failed(error.to_string())
}

impl KeyHolder for FileHolder {
    fn kind(&self) -> &'static str {
        "file"
    }

    fn label(&self) -> String {
        let name = self.path.file_name().unwrap_or(self.path.as_os_str());
        name.to_string_lossy().into_owned()
    }

    fn standing(&mut self) -> Standing {
        match self.keys {
            Some(_) => Standing::Ready,
            None if self.path.exists() => Standing::Locked,
            None => Standing::Absent,
        }
    }

    fn tries(&mut self) -> Option<u32> {
        None
    }

    fn unlock(&mut self, pin: &str) -> Result<(), HolderProblem> {
        let entered = |_: &Path| Ok(Zeroizing::new(pin.to_owned()));
        let keys = match store::read(&self.path, &entered) {
            Ok(keys) => keys,
            Err(failure) if failure.code == "passphrase-wrong" => {
                return Err(HolderProblem::Pin { tries: None });
            }
            Err(_) if !self.path.exists() => return Err(HolderProblem::Absent),
            Err(failure) => return Err(failed(failure.en)),
        };
        let same = keys.len() == self.held.len()
            && keys
                .iter()
                .zip(&self.held)
                .all(|(key, held)| key.chain[0] == held.chain[0]);
        if !same {
            return Err(HolderProblem::Foreign);
        }
        self.keys = Some(keys);
        Ok(())
    }

    fn lock(&mut self) {
        self.keys = None;
    }

    fn certificates(&mut self) -> Result<Vec<Held>, HolderProblem> {
        Ok(self.held.clone())
    }

    fn roots(&mut self) -> Vec<Vec<u8>> {
        self.roots.clone()
    }

    fn sign(&mut self, certificate: &Digest, message: &[u8]) -> Result<Signature, HolderProblem> {
        let keys = self.keys()?.iter();
        let key = keys
            .into_iter()
            .find(|key| Digest::of(&key.chain[0]) == *certificate)
            .ok_or(HolderProblem::NoCertificate)?;
        let signer = FileKey::from_pkcs8(&key.pkcs8, Vec::new()).map_err(failed)?;
        signer.sign(message).map_err(failed)
    }

    fn open(&mut self, header: &Header) -> Result<(Digest, BidderSecret), HolderProblem> {
        let mut last = OpenProblem::Unwrap(UnwrapProblem::OtherKey);
        for key in self.openers()? {
            match header.unwrap_b(0, &key, &mut SystemRng) {
                Ok(b) => return Ok((key.public().id(), b)),
                Err(OpenProblem::Unwrap(UnwrapProblem::OtherKey)) => {}
                Err(problem) => last = problem,
            }
        }
        Err(last.into())
    }

    fn unwrap(&mut self, key: &Digest, wctx: &[u8], value: &[u8]) -> Result<Secret, HolderProblem> {
        let own = self.openers()?;
        let own = own.iter().find(|own| own.public().id() == *key);
        let own = own.ok_or(UnwrapProblem::OtherKey)?;
        let kind = own.public().kind();
        Ok(own.unwrap(kind, wctx, value, &mut SystemRng)?)
    }
}
