//! A small certification authority for tests.
#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]
#![allow(dead_code, reason = "each test file uses its part")]

use kaibiao_crypto::certificate::{Ca, Millis, OrganisationRule, RevocationPolicy, Trust};
use kaibiao_crypto::encoding::Base64;
use kaibiao_crypto::signer::FileKey;
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, DistinguishedName,
    DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyIdMethod, KeyPair, KeyUsagePurpose,
    RevokedCertParams, SerialNumber, SubjectPublicKeyInfo, date_time_ymd,
};

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
        let key = KeyPair::generate().unwrap();
        let params = ca_params(name);
        let certificate = params.self_signed(&key).unwrap().der().to_vec();
        Self {
            certificate,
            issuer: Issuer::new(params, key),
        }
    }

    pub fn intermediate(&self, name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let params = ca_params(name);
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

    /// A list valid in 2026, or in 2025 when `stale`.
    pub fn crl(&self, revoked: &[u64], stale: bool) -> Vec<u8> {
        let year = if stale { 2025 } else { 2026 };
        let revoked_certs = revoked
            .iter()
            .map(|serial| RevokedCertParams {
                serial_number: SerialNumber::from(*serial),
                revocation_time: date_time_ymd(year, 1, 2),
                reason_code: None,
                invalidity_date: None,
            })
            .collect();
        CertificateRevocationListParams {
            this_update: date_time_ymd(year, 1, 1),
            next_update: date_time_ymd(year + 1, 1, 1),
            crl_number: SerialNumber::from(1u64),
            issuing_distribution_point: None,
            revoked_certs,
            key_identifier_method: KeyIdMethod::Sha256,
        }
        .signed_by(&self.issuer)
        .unwrap()
        .der()
        .to_vec()
    }

    pub fn ca(&self, id: &str, crls: Vec<Vec<u8>>) -> Ca {
        Ca {
            id: id.into(),
            root: Base64(self.certificate.clone()),
            intermediates: vec![],
            rule: OrganisationRule::organisation_identifier(),
            revocation: RevocationPolicy::Required,
            crls: crls.into_iter().map(Base64).collect(),
        }
    }

    pub fn trust(&self) -> Trust {
        Trust::new(&[self.ca("test", vec![self.crl(&[], false)])]).unwrap()
    }
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
    pub extension: Option<(&'static [u64], Vec<u8>)>,
    pub extra: Vec<(&'static [u64], &'static str)>,
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
            extension: None,
            extra: vec![],
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
        name.push(DnType::OrganizationName, "某建设工程有限公司");
        name.push(DnType::CommonName, "某建设工程有限公司");
        if let Some(code) = self.code {
            name.push(DnType::from_oid(&[2, 5, 4, 97]), code);
        }
        for (oid, value) in &self.extra {
            name.push(DnType::from_oid(oid), *value);
        }
        params.distinguished_name = name;
        params.not_before = date_time_ymd(self.years.0, 1, 1);
        params.not_after = date_time_ymd(self.years.1, 1, 1);
        params.serial_number = Some(SerialNumber::from(self.serial));
        params.is_ca = self.is_ca;
        params.key_usages = self.usages.clone();
        params.extended_key_usages = self.extended.clone();
        params.use_authority_key_identifier_extension = true;
        if let Some((oid, content)) = &self.extension {
            params
                .custom_extensions
                .push(rcgen::CustomExtension::from_oid_content(
                    oid,
                    content.clone(),
                ));
        }
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
