//! Who acts: a key file's signing certificate, and the keys that open wraps.

use std::path::Path;

use kaibiao_crypto::certificate::{Certificate, CertificateProblem, Holder, Millis, Trust, Use};
use kaibiao_crypto::signer::Signer;
use kaibiao_crypto::wrap::PrivateKey;
use zeroize::Zeroizing;

use super::failure::{Failure, Kind, Outcome};
use super::keys::held::Key;
use super::keys::store;

/// A person's keys, from a file or in a token: one signs with the signing certificate and,
/// in a pair (双证书), the other is wrapped to by the encryption certificate.
pub struct Identity {
    signing: Key,
    chain: Vec<Vec<u8>>,
    certificate: Certificate,
    /// The key whose certificate secrets are wrapped to, first; then every
    /// other key of the file.
    keys: Vec<Key>,
}

/// The keys of a file, for opening alone: one that holds the encryption certificate
/// of a pair (双证书) and nothing that signs will do.
pub struct Openers {
    /// The encryption key first.
    pub keys: Vec<PrivateKey>,
    /// The certificate that signs, where there is one; else the first that opens.
    pub certificate: Certificate,
    chain: Vec<Vec<u8>>,
}

impl Openers {
    /// Reads a .p12 or PEM; `passphrase` is asked for when it is needed.
    pub fn load(
        path: &Path,
        passphrase: &dyn Fn(&Path) -> Outcome<Zeroizing<String>>,
    ) -> Outcome<Self> {
        let mut read = certified(Key::read(path, passphrase)?);
        let signs = read.iter().find(|(it, key)| key.signs(it));
        let named = signs.or(read.first()).cloned();
        let (certificate, key) =
            named.ok_or_else(|| certificate_failure(path, &CertificateProblem::Malformed))?;
        encryption_first(&mut read);
        Ok(Self {
            keys: openers(read.iter().map(|(_, key)| key))?,
            certificate,
            chain: without_root(key.chain()),
        })
    }

    /// Checks the certificate against the client's own trusted roots.
    pub fn judge(&self, path: &Path, trust: &Trust, now: Millis) -> Outcome<()> {
        let wanted = if self.certificate.allows(Use::Sign) {
            Use::Sign
        } else {
            Use::Encrypt
        };
        let judged = trust.judge(&slices(&self.chain), now, wanted);
        judged
            .map(drop)
            .map_err(|problem| certificate_failure(path, &problem))
    }
}

fn openers<'a>(keys: impl Iterator<Item = &'a Key>) -> Outcome<Vec<PrivateKey>> {
    keys.filter_map(|key| key.opener().transpose()).collect()
}

/// Keys with their certificates, of which the one that lasts longest comes first.
/// One that cannot be read spoils nothing but itself.
fn certified(keys: Vec<Key>) -> Vec<(Certificate, Key)> {
    let mut read: Vec<_> = keys
        .into_iter()
        .filter_map(|key| Some((Certificate::parse(key.chain().first()?).ok()?, key)))
        .collect();
    read.sort_by_key(|(certificate, _)| std::cmp::Reverse(certificate.not_after()));
    read
}

/// In a pair, the encryption certificate is the one that may not sign, so it is
/// sorted before one that may do both.
fn encryption_first(read: &mut [(Certificate, Key)]) {
    read.sort_by_key(|(certificate, _)| {
        (
            !certificate.allows(Use::Encrypt),
            certificate.allows(Use::Sign),
        )
    });
}

impl Identity {
    /// Reads a .p12 or PEM; `passphrase` is asked for when it is needed.
    pub fn load(
        path: &Path,
        passphrase: &dyn Fn(&Path) -> Outcome<Zeroizing<String>>,
    ) -> Outcome<Self> {
        Self::from_keys(path, Key::read(path, passphrase)?)
    }

    /// Of several signing certificates the one that expires last signs.
    fn from_keys(path: &Path, keys: Vec<Key>) -> Outcome<Self> {
        let mut read = certified(keys);
        if read.is_empty() {
            return Err(certificate_failure(path, &CertificateProblem::Malformed));
        }
        let (certificate, key) = read
            .iter()
            .find(|(certificate, key)| key.signs(certificate))
            .cloned()
            .ok_or_else(|| {
                certificate_failure(path, &CertificateProblem::WrongUsage { wanted: Use::Sign })
            })?;
        encryption_first(&mut read);
        let chain = without_root(key.chain());
        key.signer(chain.clone()).map_err(|problem| {
            Failure::new(
                Kind::Key,
                "key-unusable",
                format!(
                    "{} 中的私钥不能用于签名({problem});请向 CA 重新导出。",
                    path.display()
                ),
                format!(
                    "The key in {} cannot sign ({problem}); export it again from your CA's tool.",
                    path.display()
                ),
            )
        })?;
        Ok(Identity {
            signing: key,
            chain,
            certificate,
            keys: read.into_iter().map(|(_, key)| key).collect(),
        })
    }

    /// The signing certificate.
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// DER, the signing certificate first, without the root.
    pub fn chain(&self) -> &[Vec<u8>] {
        &self.chain
    }

    /// The certificate that secrets are wrapped to, with its chain.
    pub fn encryption_chain(&self) -> &[Vec<u8>] {
        self.keys.first().map_or(&[], |key| key.chain())
    }

    /// Checks both certificates against the client's own trusted roots; both
    /// must be of one organisation.
    pub fn judge(&self, path: &Path, trust: &Trust, now: Millis) -> Outcome<Holder> {
        let chain = without_root(self.encryption_chain());
        let pair = trust.judge_pair(&slices(self.chain()), &slices(&chain), now);
        let pair = pair.map_err(|problem| certificate_failure(path, &problem))?;
        Ok(pair.into_inner().sign)
    }

    /// The keys that open wraps, the encryption key first.
    pub fn decryptors(&self) -> Outcome<Vec<PrivateKey>> {
        openers(self.keys.iter())
    }

    /// Another handle of the signing key, for a session.
    pub fn signer(&self) -> Outcome<Box<dyn Signer + Send + Sync>> {
        self.signing
            .signer(self.chain.clone())
            .map_err(Failure::unexpected)
    }
}

pub(super) fn slices(chain: &[Vec<u8>]) -> Vec<&[u8]> {
    chain.iter().map(Vec::as_slice).collect()
}

/// Leaves out the root, because whoever judges the chain uses its own copy.
pub(super) fn without_root(chain: &[Vec<u8>]) -> Vec<Vec<u8>> {
    chain
        .iter()
        .enumerate()
        .filter(|(index, der)| *index == 0 || !store::is_self_issued(der))
        .map(|(_, der)| der.clone())
        .collect()
}

/// Tells what is wrong with a certificate, and what its holder does about it.
pub fn certificate_failure(path: &Path, problem: &CertificateProblem) -> Failure {
    let path = path.display();
    let (zh, en) = match problem {
        CertificateProblem::Expired { .. } => (
            "证书已过期;请向 CA 续期后使用新证书",
            "the certificate has expired; renew it with your CA and use the new one",
        ),
        CertificateProblem::NotYetValid { .. } => (
            "证书尚未生效;请核对电脑时间,或等到生效后再用",
            "the certificate is not valid yet; check this machine's clock, or wait",
        ),
        CertificateProblem::Revoked => (
            "证书已被吊销;请向 CA 申请新证书",
            "the certificate has been revoked; apply to your CA for a new one",
        ),
        CertificateProblem::UnknownIssuer => (
            "证书的签发机构不在本机的信任目录中;请核对 --roots 目录,或换用受认可的 CA 证书",
            "its issuer is not in this machine's trust directory; check --roots, or use a certificate of an accepted CA",
        ),
        CertificateProblem::WrongUsage { wanted: Use::Sign } => (
            "证书不能用于签名(密钥用法);请使用签名证书或双证书文件",
            "its key usage does not allow signing; use the signing certificate, or the file with both",
        ),
        CertificateProblem::WrongUsage {
            wanted: Use::Encrypt,
        } => (
            "证书不能用于加密(密钥用法);请使用包含加密证书的双证书文件",
            "its key usage does not allow encryption; use the file that holds the encryption certificate too",
        ),
        CertificateProblem::WeakKey => (
            "证书的密钥类型不受支持;请使用 RSA-2048/3072/4096、P-256 或 SM2",
            "its key is of a kind not accepted; use RSA-2048/3072/4096, P-256 or SM2",
        ),
        CertificateProblem::NoOrganisation | CertificateProblem::BadOrganisationCode => (
            "证书主题中没有有效的统一社会信用代码;请向 CA 申请单位证书",
            "its subject holds no valid unified social credit code; apply for an organisation's certificate",
        ),
        CertificateProblem::TwoOrganisations => (
            "证书中有两个不同的统一社会信用代码;请向 CA 申请更正",
            "it names two different unified social credit codes; ask your CA to correct it",
        ),
        CertificateProblem::DifferentOrganisations => (
            "签名证书与加密证书不属于同一单位;请重新导出双证书",
            "signing and encryption certificate belong to different organisations; export the pair again",
        ),
        CertificateProblem::CrlMissing
        | CertificateProblem::CrlStale { .. }
        | CertificateProblem::CrlBroken => (
            "吊销列表缺失、过期或损坏,无法判断证书是否有效;请更新信任目录",
            "the revocation list is missing, out of date or broken; renew the trust directory",
        ),
        CertificateProblem::Malformed | CertificateProblem::Chain(_) => (
            "证书或其证书链有误;请重新导出",
            "the certificate or its chain is damaged; export it again",
        ),
    };
    Failure::new(
        Kind::Key,
        problem.code(),
        format!("{path}:{zh}。({problem})"),
        format!("{path}: {en}. ({problem})"),
    )
}
