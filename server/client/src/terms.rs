//! A lot's sealing terms, believed only after they were checked against the
//! client's own trusted roots (docs/spec/terms.md).

use kaibiao_api::problem::Problem;
use kaibiao_core::act::Act;
use kaibiao_core::agents;
use kaibiao_core::ids::LotId;
use kaibiao_core::platform_keys::NotAPlatformKey;
use kaibiao_core::signed::Signed;
use kaibiao_core::terms::{Authorised, Custodian, SealingTerms};
use kaibiao_crypto::act::{Place, SignedAct, SignedBody};
use kaibiao_crypto::certificate::{
    CertificateProblem, Holder, Lists, Millis, Organisation, Trust, Use,
};
use kaibiao_crypto::encoding::from_base64;
use kaibiao_crypto::signature::PublicKey as SignatureKey;
use kaibiao_crypto::statement::StatementKeys;
use kaibiao_crypto::wrap::PublicKey;
use kaibiao_crypto::{Digest, Suite, canonical};

use super::failure::{Failure, Kind, Outcome};
use super::http::Server;
use super::known::Platform;

/// How far two honest clocks may be apart, in milliseconds.
pub(super) const CLOCKS_DIFFER: Millis = 120_000;

/// Terms as served, parsed strictly but not yet believed.
#[derive(Debug, Clone)]
pub struct Terms {
    bytes: Vec<u8>,
    suite: Suite,
    terms: SealingTerms,
}

impl Terms {
    /// Parses exact bytes.
    pub fn parse(bytes: Vec<u8>) -> Outcome<Self> {
        let terms: SealingTerms = canonical::from_bytes(&bytes).map_err(|error| {
            untrue(
                "terms-malformed",
                &format!("文件格式有误:{error}"),
                &format!("not in their one form: {error}"),
            )
        })?;
        match Suite::named(&terms.suite) {
            Some(suite) if terms.version == 1 && terms.envelopes == 1 => Ok(Terms {
                bytes,
                suite,
                terms,
            }),
            _ => Err(Failure::new(
                Kind::Unproved,
                "terms-version",
                "本程序不认识这份密封条款的版本;请更新程序。",
                "These sealing terms are of a version this program does not know; update it.",
            )),
        }
    }

    pub async fn fetch(server: &Server, project: &str, lot: &str) -> Outcome<Self> {
        let path = format!("projects/{project}/lots/{lot}/terms");
        Self::parse(server.get_bytes(&path).await?)
    }

    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The digest that stands in every bid's ctx.
    pub fn digest(&self) -> Digest {
        SealingTerms::digest_of(&self.bytes)
    }

    pub fn project(&self) -> String {
        self.terms.project.to_string()
    }

    pub fn lot(&self) -> &LotId {
        &self.terms.lot
    }

    pub fn origin(&self) -> &str {
        &self.terms.trust.origin
    }

    pub fn suite(&self) -> Suite {
        self.suite
    }

    pub fn content(&self) -> &SealingTerms {
        &self.terms
    }

    /// Checks that the tenderer or its agency is the one of which the bidder knows
    /// from elsewhere.
    pub fn is_of(&self, host: &Organisation) -> Outcome<()> {
        let officials = &self.terms.officials;
        let mut hosts = [Some(&officials.tenderer), officials.agency.as_ref()]
            .into_iter()
            .flatten();
        if hosts.any(|named| named.organisation == *host) {
            return Ok(());
        }
        let named = &officials.tenderer;
        Err(Failure::new(
            Kind::Unproved,
            "host-other",
            format!(
                "条款中的招标人是 {}({}),不是您指定的 {host}。没有密封任何内容;请核对招标公告上的统一社会信用代码。",
                named.name, named.organisation
            ),
            format!(
                "The tenderer in the terms is {} ({}), not {host} whom you named. Nothing was sealed; compare the code on the tender notice.",
                named.name, named.organisation
            ),
        ))
    }

    /// Checks that the platform of the terms is the one that is pinned.
    pub fn is_at(&self, platform: &Platform) -> Outcome<()> {
        let trust = &self.terms.trust;
        if trust.origin == platform.origin && trust.statement_key == platform.statement_key {
            return Ok(());
        }
        Err(untrue(
            "terms-elsewhere",
            "条款写的平台不是本机所记的平台",
            "the platform they name is not the one pinned on this machine",
        ))
    }

    /// The keys of closing and accepted statements and of acknowledgements.
    pub fn statement_keys(&self) -> Outcome<StatementKeys> {
        self.terms.trust.statement_keys().map_err(not_a_key)
    }

    /// The keys of receipts.
    pub fn receipt_keys(&self) -> Outcome<StatementKeys> {
        self.terms.trust.receipt_keys().map_err(not_a_key)
    }

    /// The acts by which the custodians certified their keys, or authorised the agents
    /// that did: what rests on the lists that [`crate::lists::fetch`] gets.
    pub fn certified(&self) -> impl Iterator<Item = &Signed> {
        self.terms.custodians.iter().map(judged)
    }

    /// Checks, before anything is sealed under them, the terms themselves and
    /// each custodian's certified key, as of the moment when it was certified.
    /// Says which custodian's certificate calls it otherwise than the terms, or would
    /// not be accepted any more: that is the bidder's to know, and no reason not to
    /// seal.
    pub fn check(&self, trust: &Trust, lists: &Lists, now: Millis) -> Outcome<Vec<Doubt>> {
        self.check_rules()?;
        let mut doubts: Vec<Doubt> = self.doubt_platform(trust, now).into_iter().collect();
        for custodian in &self.terms.custodians {
            doubts.extend(self.check_custodian(custodian, trust, lists, now)?);
        }
        Ok(doubts)
    }

    /// The same for a custodian that is about to release, under terms that each
    /// bid names by their digest: what cannot be proved about another custodian
    /// is told, and keeps nothing shut.
    pub fn check_own(&self, trust: &Trust, lists: &Lists, now: Millis) -> Outcome<Vec<Doubt>> {
        self.check_rules()?;
        let custodians = self.terms.custodians.iter();
        Ok(custodians
            .flat_map(|custodian| {
                self.check_custodian(custodian, trust, lists, now)
                    .unwrap_or_else(|failure| vec![Doubt::from(failure)])
            })
            .collect())
    }

    /// Why none of this client's own authorities vouches now for the platform's SM2
    /// certificate. It is believed because the host has signed the terms that name it.
    fn doubt_platform(&self, trust: &Trust, now: Millis) -> Option<Doubt> {
        let chain = self.terms.trust.sm2_chain.iter();
        let chain: Vec<Vec<u8>> = chain.filter_map(|der| from_base64(der).ok()).collect();
        let chain: Vec<&[u8]> = chain.iter().map(Vec::as_slice).collect();
        if chain.is_empty() {
            return None;
        }
        let problem = trust.judge(&chain, now, Use::Sign).err()?;
        Some(Doubt::of_platform(&problem))
    }

    /// Checks the platform's keys, the thresholds, that each custodian has a key of
    /// its own, and that no one side reaches the threshold alone.
    fn check_rules(&self) -> Outcome<()> {
        let terms = &self.terms;
        if terms.trust.policy().is_err() {
            return Err(untrue(
                "terms-log",
                "公开日志、见证人或联署门限不可能",
                "their log, witnesses or quorum are impossible",
            ));
        }
        self.statement_keys()?;
        self.receipt_keys()?;
        if !terms.trust.is_of(self.suite) {
            return Err(not_a_key(NotAPlatformKey));
        }
        let count = terms.custodians.len();
        let threshold = usize::from(terms.release);
        let rescue = terms.rescue.map(usize::from);
        // Otherwise a server could show two groups of custodians two accepted sets,
        // with or without witnesses (docs/adr/0023). Any two majorities have a member in
        // common, who would see both.
        if threshold == 0
            || 2 * threshold <= count
            || threshold > count
            || rescue.is_some_and(|rescue| rescue <= threshold || rescue > count)
        {
            return Err(untrue(
                "terms-thresholds",
                "解密门限不可能",
                "impossible thresholds",
            ));
        }
        for (x, custodian) in (1..).zip(&terms.custodians) {
            if custodian.x != x {
                return Err(untrue(
                    "terms-thresholds",
                    "保管人编号有误",
                    "custodians out of order",
                ));
            }
        }
        if let Some(Custodian { name, .. }) = Custodian::sharing(&terms.custodians) {
            return Err(untrue(
                "terms-same-key",
                &format!("保管人 {name} 与另一位保管人使用同一密钥"),
                &format!("custodian {name} has the same key as another one"),
            ));
        }
        let custodians = terms.custodians.iter().map(|it| &it.organisation);
        if terms.officials.largest_side(custodians) >= threshold {
            return Err(untrue(
                "terms-one-side",
                "同一方的保管人单独即可解密",
                "one side's custodians alone reach the threshold",
            ));
        }
        Ok(())
    }

    fn check_custodian(
        &self,
        custodian: &Custodian,
        trust: &Trust,
        lists: &Lists,
        now: Millis,
    ) -> Outcome<Vec<Doubt>> {
        let holder = match &custodian.authorised {
            None => self.check_certified(custodian, trust, lists, now)?,
            Some(authorised) => self.check_authorised(custodian, authorised, trust, lists, now)?,
        };
        if custodian_key(self.suite, &custodian.key).is_none() {
            return Err(not_certified(&custodian.name));
        }
        let act = judged(custodian);
        let since = act.since(trust, now).map(|problem| {
            let Some(authorised) = &custodian.authorised else {
                return Doubt::of_certificate(&custodian.name, &problem);
            };
            match act.ended_by(trust, authorised.at) {
                Some(ended) => Doubt::of_ended_authoriser(&custodian.name, &ended),
                None => Doubt::of_authoriser(&custodian.name, &problem),
            }
        });
        let called = Doubt::of_name(custodian, holder.name.as_deref());
        Ok(called.into_iter().chain(since).collect())
    }

    /// Checks a key that the organisation's certificate has certified.
    fn check_certified(
        &self,
        custodian: &Custodian,
        trust: &Trust,
        lists: &Lists,
        now: Millis,
    ) -> Outcome<Holder> {
        let project = self.project();
        let place = Place {
            origin: self.origin(),
            project: &project,
        };
        let certified = &custodian.certified;
        let signed = certified.verify_again(place, trust, lists);
        let signed = signed.map_err(|problem| unproved(custodian, &problem))?;
        let holder = holder(&signed)?;
        if holder.grounds.at > now + CLOCKS_DIFFER {
            return Err(unproved(custodian, &"certified at a time still to come"));
        }
        if holder.organisation == custodian.organisation
            && certifies(&signed, custodian, self.suite, None)
        {
            Ok(holder)
        } else {
            Err(not_certified(&custodian.name))
        }
    }

    /// Checks a key that the organisation's agent has certified by itself, and the
    /// standing authorisation by which it did, as of that moment.
    fn check_authorised(
        &self,
        custodian: &Custodian,
        Authorised { act, at }: &Authorised,
        trust: &Trust,
        lists: &Lists,
        now: Millis,
    ) -> Outcome<Holder> {
        let unauthorised = |zh: &str, en: &str| {
            let name = &custodian.name;
            untrue(
                "terms-authorisation",
                &format!("保管人 {name} 对其代理的常设授权不成立({zh})"),
                &format!("the authorisation of custodian {name}'s agent does not hold ({en})"),
            )
        };
        let standing = Place {
            origin: self.origin(),
            project: "",
        };
        let signed = act.verify_again(standing, trust, lists);
        let signed = signed.map_err(|problem| {
            let problem = problem.to_string();
            unauthorised(&problem, &problem)
        })?;
        let holder = holder(&signed)?;
        let Ok(Act::AuthoriseAgent(body)) = signed.read::<Act>() else {
            return Err(unauthorised("不是授权", "it is no authorisation"));
        };
        if holder.organisation != custodian.organisation {
            return Err(unauthorised(
                "由另一单位签署",
                "another organisation signed it",
            ));
        }
        if *at > now + CLOCKS_DIFFER || holder.grounds.at > *at {
            return Err(unauthorised(
                "签发时间不可能",
                "the key was certified before it, or at a time still to come",
            ));
        }
        agents::check(&body, custodian, &self.terms.officials, *at)
            .map_err(|(zh, en)| unauthorised(zh, en))?;
        let project = self.project();
        let place = Place {
            origin: self.origin(),
            project: &project,
        };
        let key = agent_key(&body.agent).ok_or_else(|| unauthorised("代理公钥有误", "its key"))?;
        let certified = SignedAct::from(&custodian.certified);
        if certified
            .signature
            .as_ref()
            .is_some_and(|it| !it.chain.is_empty())
            || custodian.certified.grounds.is_some()
        {
            return Err(not_certified(&custodian.name));
        }
        let signed = certified.verify_by_key(place, &key);
        let signed = signed.map_err(|problem| unproved(custodian, &problem))?;
        if certifies(&signed, custodian, self.suite, Some(act.digest())) {
            Ok(holder)
        } else {
            Err(not_certified(&custodian.name))
        }
    }
}

/// The act of a custodian's for which a certificate had to be judged.
fn judged(custodian: &Custodian) -> &Signed {
    let authorised = custodian.authorised.as_ref();
    authorised.map_or(&custodian.certified, |it| &it.act)
}

fn holder(signed: &SignedBody) -> Outcome<Holder> {
    let holder = signed.holder().cloned();
    holder.ok_or_else(|| Failure::unexpected("an act verified by chain has a holder"))
}

fn certifies(
    signed: &SignedBody,
    custodian: &Custodian,
    suite: Suite,
    authorisation: Option<Digest>,
) -> bool {
    match signed.read::<Act>() {
        Ok(Act::CertifyKey(body)) => custodian.is_certified_by(&body, suite, authorisation),
        _ => false,
    }
}

fn unproved(custodian: &Custodian, problem: &dyn std::fmt::Display) -> Failure {
    let name = &custodian.name;
    untrue(
        "terms-custodian",
        &format!("保管人 {name} 的密钥签名不成立({problem})"),
        &format!("custodian {name}'s certification does not hold ({problem})"),
    )
}

fn not_certified(name: &str) -> Failure {
    untrue(
        "terms-custodian",
        &format!("保管人 {name} 的密钥不是由该单位证书签发的"),
        &format!("custodian {name}'s key is not certified by that organisation"),
    )
}

/// An agent's key as it is spelt in an authorisation.
pub(crate) fn agent_key(key: &str) -> Option<SignatureKey> {
    let bytes = <[u8; 32]>::try_from(from_base64(key).ok()?).ok()?;
    let key = SignatureKey::Ed25519(bytes);
    key.has_an_owner().then_some(key)
}

/// What is to be told, and stops nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doubt {
    /// The stable code of what is doubted.
    pub code: String,
    /// What a person is told, in Chinese.
    pub zh: String,
    /// The same in English.
    pub en: String,
}

impl Doubt {
    /// What the certificate calls a custodian, where that is not what the terms do.
    /// The code is the custodian's own; the name is what people go by.
    fn of_name(custodian: &Custodian, certified: Option<&str>) -> Option<Self> {
        let Custodian {
            name, organisation, ..
        } = custodian;
        let (code, zh, en) = match certified {
            Some(certified) if custodian.is_called(certified) => return None,
            Some(certified) => (
                "custodian-name",
                format!(
                    "条款中的保管人“{name}”({organisation})在其证书中的名称是“{certified}”。可以继续;请核对统一社会信用代码,如有疑问请向招标人核实。"
                ),
                format!(
                    "The custodian whom the terms call {name} ({organisation}) is called {certified} by its certificate. You may go on; check the code, and ask the tenderer if in doubt."
                ),
            ),
            None => (
                "custodian-nameless",
                format!(
                    "保管人“{name}”({organisation})的证书中没有可读的单位名称,该名称未经证书证明。可以继续;请核对统一社会信用代码,如有疑问请向招标人核实。"
                ),
                format!(
                    "The certificate of the custodian whom the terms call {name} ({organisation}) has no name that can be read, so it vouches for none. You may go on; check the code, and ask the tenderer if in doubt."
                ),
            ),
        };
        Some(Self {
            code: code.to_owned(),
            zh,
            en,
        })
    }

    fn of_platform(problem: &CertificateProblem) -> Self {
        let problem = Problem::from(problem);
        let (zh, en) = (problem.title.zh, problem.title.en);
        Self {
            code: "platform-certificate".to_owned(),
            zh: format!(
                "本机信任的 CA 不能证明平台的 SM2 证书:{zh}。该证书由招标人签名的条款指定,可以继续;如有疑问请向交易中心核实。"
            ),
            en: format!(
                "No authority that this machine trusts vouches for the platform's SM2 certificate: {en}. It is named by the terms that the tenderer has signed, and you may go on; ask the trading centre if in doubt."
            ),
        }
    }

    fn of_certificate(name: &str, problem: &CertificateProblem) -> Self {
        let problem = Problem::from(problem);
        let (zh, en) = (problem.title.zh, problem.title.en);
        Self {
            code: problem.code.to_owned(),
            zh: format!(
                "保管人 {name} 的证书在签发密钥时有效,此后状况有变:{zh}。已签发的密钥不受影响,可以继续;如有疑问请向招标人核实。"
            ),
            en: format!(
                "The certificate of custodian {name} was good when it certified its key; since then: {en}. The key stays certified and you may go on; ask the tenderer if in doubt."
            ),
        }
    }

    /// Of the certificate by which a custodian authorised its agent, and which was good
    /// as well when that one certified the key.
    fn of_authoriser(name: &str, problem: &CertificateProblem) -> Self {
        let problem = Problem::from(problem);
        let (zh, en) = (problem.title.zh, problem.title.en);
        Self {
            code: problem.code.to_owned(),
            zh: format!(
                "保管人 {name} 授权其代理所用的证书在代理签发密钥时有效,此后状况有变:{zh}。已签发的密钥不受影响,可以继续;如有疑问请向招标人核实。"
            ),
            en: format!(
                "The certificate by which custodian {name} authorised its agent was good when that agent certified the key; since then: {en}. The key stays certified and you may go on; ask the tenderer if in doubt."
            ),
        }
    }

    /// Of one that had ended before. The platform's judgement of then may have rested on
    /// a list that did not say so yet, and stands.
    fn of_ended_authoriser(name: &str, problem: &CertificateProblem) -> Self {
        let problem = Problem::from(problem);
        let (zh, en) = (problem.title.zh, problem.title.en);
        Self {
            code: problem.code.to_owned(),
            zh: format!(
                "保管人 {name} 授权其代理所用的证书,在代理签发密钥之前已经失效:{zh}。平台当时据以判断的吊销列表可能尚未载明。密封前请向招标人核实该保管人的密钥。"
            ),
            en: format!(
                "The certificate by which custodian {name} authorised its agent had ended before that agent certified the key: {en}. The list by which the platform judged may not have said so yet. Ask the tenderer about this custodian's key before you seal."
            ),
        }
    }
}

impl From<Failure> for Doubt {
    fn from(failure: Failure) -> Self {
        Self {
            code: failure.code,
            zh: failure.zh,
            en: failure.en,
        }
    }
}

/// A custodian's key as terms of this suite spell it.
pub fn custodian_key(suite: Suite, key: &str) -> Option<PublicKey> {
    PublicKey::from_point(suite, &from_base64(key).ok()?).ok()
}

fn not_a_key(problem: NotAPlatformKey) -> Failure {
    untrue(
        "terms-platform-key",
        "平台公钥有误,或平台的 SM2 证书有误、与算法套件不符",
        &problem.to_string(),
    )
}

/// Why terms are not believed, by the codes of docs/spec/terms.md, 2.
fn untrue(code: &str, zh: &str, en: &str) -> Failure {
    Failure::new(
        Kind::Unproved,
        code,
        format!("密封条款不可信:{zh}。没有密封任何内容;请向招标人核实,并检查 --roots 信任目录。"),
        format!(
            "The sealing terms are not to be believed: {en}. Nothing was sealed; ask the tenderer, and check your --roots directory."
        ),
    )
}
