//! A small certification authority for tests.
#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]
#![allow(dead_code, reason = "each test file uses its part")]

pub mod sm2;

use kaibiao_crypto::certificate::{Ca, Millis, RevocationPolicy, Rules, Trust};
use kaibiao_crypto::encoding::Base64;
use kaibiao_crypto::signer::FileKey;
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CustomExtension,
    DistinguishedName, DnType, DnValue, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyIdMethod,
    KeyPair, KeyUsagePurpose, RevokedCertParams, SanType, SerialNumber, SigningKey as _,
    SubjectPublicKeyInfo, date_time_ymd,
};
use x509_parser::prelude::{FromDer as _, X509Certificate};

pub const RSA_1024: &[u8] = include_bytes!("../../vectors/keys/rsa-1024.pk8");
pub const RSA_2048: &[u8] = include_bytes!("../../vectors/keys/rsa-2048.pk8");
pub const RSA_2048_E3: &[u8] = include_bytes!("../../vectors/keys/rsa-2048-e3.pk8");
pub const RSA_3072: &[u8] = include_bytes!("../../vectors/keys/rsa-3072.pk8");
pub const RSA_4096: &[u8] = include_bytes!("../../vectors/keys/rsa-4096.pk8");
pub const P_256: &[u8] = include_bytes!("../../vectors/keys/p-256.pk8");
pub const P_384: &[u8] = include_bytes!("../../vectors/keys/p-384.pk8");
pub const ED25519: &[u8] = include_bytes!("../../vectors/keys/ed25519.pk8");

/// The example of GB 32100-2015.
pub const CODE: &str = "91350100M000100Y43";
pub const NAME: &str = "某建设工程有限公司";
pub const OTHER_CODE: &str = "91110000802100433B";

/// 2026-06-01T00:00:00Z; certificates here are valid from 2026-01-01 up to
/// 2027-01-01.
pub const NOW: Millis = 1_780_272_000_000;
pub const YEAR_END: Millis = 1_798_761_600_000;

pub struct Authority {
    pub certificate: Vec<u8>,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    pub fn root(name: &str) -> Self {
        Self::root_with(name, |_| ())
    }

    pub fn root_with(name: &str, change: impl FnOnce(&mut CertificateParams)) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = ca_params(name);
        change(&mut params);
        let certificate = params.self_signed(&key).unwrap().der().to_vec();
        Self {
            certificate,
            issuer: Issuer::new(params, key),
        }
    }

    pub fn intermediate(&self, name: &str) -> Self {
        self.intermediate_with(name, |_| ())
    }

    pub fn intermediate_with(
        &self,
        name: &str,
        change: impl FnOnce(&mut CertificateParams),
    ) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = ca_params(name);
        change(&mut params);
        let certificate = params.signed_by(&key, &self.issuer).unwrap().der().to_vec();
        Self {
            certificate,
            issuer: Issuer::new(params, key),
        }
    }

    pub fn issue(&self, pkcs8: &[u8], leaf: Leaf) -> Vec<u8> {
        let spki = SubjectPublicKeyInfo::from_der(&openssl_spki(pkcs8)).unwrap();
        self.issue_spki(&spki, leaf)
    }

    pub fn issue_spki(&self, spki: &SubjectPublicKeyInfo, leaf: Leaf) -> Vec<u8> {
        leaf.params()
            .signed_by(spki, &self.issuer)
            .unwrap()
            .der()
            .to_vec()
    }

    /// A certificate of this authority with what is to be signed changed, and
    /// signed again (P-256).
    pub fn sign_again(&self, certificate: &[u8], change: impl FnOnce(&mut [u8])) -> Vec<u8> {
        let (_, parsed) = X509Certificate::from_der(certificate).unwrap();
        let mut tbs = parsed.tbs_certificate.as_ref().to_vec();
        change(&mut tbs);
        let signature = self.issuer.key().sign(&tbs).unwrap();
        let algorithm = b"\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02".to_vec();
        let bits = der(3, &[&[0][..], &signature].concat());
        der(0x30, &[tbs, algorithm, bits].concat())
    }

    /// A list valid in 2026, or in 2025 when `stale`.
    pub fn crl(&self, revoked: &[u64], stale: bool) -> Vec<u8> {
        let year = if stale { 2025 } else { 2026 };
        self.list(|params| {
            params.this_update = date_time_ymd(year, 1, 1);
            params.next_update = date_time_ymd(year + 1, 1, 1);
            params.revoked_certs = revoked.iter().map(|serial| entry(*serial)).collect();
        })
    }

    /// A list of 2026, changed.
    pub fn list(&self, change: impl FnOnce(&mut CertificateRevocationListParams)) -> Vec<u8> {
        let mut params = CertificateRevocationListParams {
            this_update: date_time_ymd(2026, 1, 1),
            next_update: date_time_ymd(2027, 1, 1),
            crl_number: SerialNumber::from(1u64),
            issuing_distribution_point: None,
            revoked_certs: vec![],
            key_identifier_method: KeyIdMethod::Sha256,
        };
        change(&mut params);
        params.signed_by(&self.issuer).unwrap().der().to_vec()
    }

    pub fn ca(&self, id: &str, crls: Vec<Vec<u8>>) -> Ca {
        Ca {
            id: id.into(),
            root: Base64(self.certificate.clone()),
            intermediates: vec![],
            rules: Rules::usual(),
            revocation: RevocationPolicy::Required,
            crls: crls.into_iter().map(Base64).collect(),
        }
    }

    pub fn trust(&self) -> Trust {
        Trust::new(&[self.ca("test", vec![self.crl(&[], false)])]).unwrap()
    }
}

/// One DER element.
pub fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap();
    let [high, low] = length.to_be_bytes();
    let head = match (high, low) {
        (0, 0..=127) => vec![tag, low],
        (0, _) => vec![tag, 0x81, low],
        _ => vec![tag, 0x82, high, low],
    };
    [&head, content].concat()
}

/// A certificate as PEM.
/// A certificate of a list.
pub fn entry(serial: u64) -> RevokedCertParams {
    RevokedCertParams {
        serial_number: SerialNumber::from(serial),
        revocation_time: date_time_ymd(2025, 1, 2),
        reason_code: None,
        invalidity_date: None,
    }
}

pub fn pem(der: &[u8]) -> String {
    let base64 = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, der);
    let lines: Vec<&str> = base64
        .as_bytes()
        .chunks(64)
        .map(|line| std::str::from_utf8(line).unwrap())
        .collect();
    let body = lines.join("\n");
    format!("-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n")
}

fn ca_params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.use_authority_key_identifier_extension = true;
    params
}

#[derive(Clone)]
pub struct Leaf {
    pub serial: u64,
    pub code: Option<&'static str>,
    pub usages: Vec<KeyUsagePurpose>,
    pub extended: Vec<ExtendedKeyUsagePurpose>,
    pub years: (i32, i32),
    pub is_ca: IsCa,
    pub extensions: Vec<CustomExtension>,
    /// Parts of the subject beside the usual ones.
    pub extra: Vec<(&'static [u64], DnValue)>,
    /// What stands in O and CN.
    pub name: DnValue,
    pub alternatives: Vec<SanType>,
}

impl Leaf {
    pub fn signing() -> Self {
        Self {
            serial: 7,
            code: Some(CODE),
            usages: vec![
                KeyUsagePurpose::DigitalSignature,
                KeyUsagePurpose::ContentCommitment,
            ],
            extended: vec![ExtendedKeyUsagePurpose::ClientAuth],
            years: (2026, 2027),
            is_ca: IsCa::ExplicitNoCa,
            extensions: vec![],
            extra: vec![],
            name: NAME.into(),
            alternatives: vec![],
        }
    }

    pub fn encryption() -> Self {
        Self {
            serial: 8,
            usages: vec![
                KeyUsagePurpose::KeyEncipherment,
                KeyUsagePurpose::DataEncipherment,
            ],
            extended: vec![],
            ..Self::signing()
        }
    }

    fn params(&self) -> CertificateParams {
        let mut params = CertificateParams::default();
        let mut name = DistinguishedName::new();
        name.push(DnType::CountryName, "CN");
        name.push(DnType::OrganizationName, self.name.clone());
        name.push(DnType::CommonName, self.name.clone());
        if let Some(code) = self.code {
            name.push(DnType::from_oid(&[2, 5, 4, 97]), code);
        }
        for (oid, value) in &self.extra {
            name.push(DnType::from_oid(oid), value.clone());
        }
        params.distinguished_name = name;
        params.not_before = date_time_ymd(self.years.0, 1, 1);
        params.not_after = date_time_ymd(self.years.1, 1, 1);
        params.serial_number = Some(SerialNumber::from(self.serial));
        params.is_ca = self.is_ca;
        params.key_usages = self.usages.clone();
        params.extended_key_usages = self.extended.clone();
        params.use_authority_key_identifier_extension = true;
        params.custom_extensions = self.extensions.clone();
        params.subject_alt_names = self.alternatives.clone();
        params
    }
}

/// SubjectPublicKeyInfo of a private key, as the openssl binary sees it.
pub fn openssl_spki(pkcs8: &[u8]) -> Vec<u8> {
    openssl(
        &["pkey", "-inform", "DER", "-pubout", "-outform", "DER"],
        pkcs8,
    )
}

/// Runs openssl, which the tests need, with `input` on its standard input.
pub fn openssl(arguments: &[&str], input: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    use std::process::{Command, Stdio};
    let mut child = Command::new("openssl")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the tests need the openssl command");
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(
        output.status.success(),
        "openssl {arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    output.stdout
}

pub fn signer(pkcs8: &[u8], certificate: Vec<u8>) -> FileKey {
    FileKey::from_pkcs8(pkcs8, vec![certificate]).unwrap()
}
