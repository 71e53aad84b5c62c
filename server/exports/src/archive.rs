//! What an archive package says of itself: metadata, table of contents, digests and
//! a page for people (docs/spec/archive.md).

use kaibiao_core::ids::Millis;
use kaibiao_core::terms::{Named, Officials};
use kaibiao_crypto::Digest;
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};
use strum::{IntoStaticStr, VariantArray};

use crate::NotWritten;
use crate::platform::writable;
use crate::words::rfc3339;

/// Whose archive a package is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "kebab-case")]
pub enum Party {
    /// 招标人.
    Tenderer,
    /// 招标代理机构.
    Agency,
    /// 投标人.
    Bidder,
    /// 交易平台.
    Platform,
}

impl Party {
    /// The party of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::VARIANTS
            .iter()
            .copied()
            .find(|it| <&str>::from(it) == name)
    }

    /// What it is called in addresses and file names.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// What people call it.
    const fn title(self) -> &'static str {
        match self {
            Self::Tenderer => "招标人",
            Self::Agency => "招标代理机构",
            Self::Bidder => "投标人",
            Self::Platform => "交易平台",
        }
    }
}

/// A project as the metadata tells of it.
#[derive(Debug, Clone)]
pub struct Case {
    /// Whose package it is.
    pub party: Party,
    /// The organisation that keeps it.
    pub keeper: Named,
    /// The project's id.
    pub project: String,
    /// The tender's number (招标编号).
    pub number: String,
    /// The project's title.
    pub title: String,
    /// What the transaction platform calls it.
    pub external_id: Option<String>,
    /// Tenderer, agency, centre and supervisor.
    pub officials: Officials,
    /// Deadline and opening.
    pub t0: Millis,
    /// The lots in their order.
    pub lots: Vec<CaseLot>,
    /// How many events there are.
    pub size: u64,
    /// The root of their tree.
    pub root: Digest,
    /// The platform's origin.
    pub origin: String,
    /// When the package is made.
    pub made: Millis,
}

/// A lot as the metadata tells of it.
#[derive(Debug, Clone)]
pub struct CaseLot {
    /// Its id.
    pub lot: String,
    /// Its title.
    pub title: String,
    /// The stage with which it ended.
    pub stage: &'static str,
    /// The digest of the record in force.
    pub record: Option<Digest>,
}

/// One file of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holding {
    /// Where it is in the archive.
    pub path: String,
    /// What it is.
    pub title: String,
    /// Who made it.
    pub author: String,
    /// When it was made.
    pub formed: Option<Millis>,
    /// In bytes.
    pub size: u64,
    /// SHA-256 of its content.
    pub digest: Digest,
}

/// The files at the end of a package.
///
/// # Errors
/// When the library that writes XML fails.
pub fn back(case: &Case, holdings: &[Holding]) -> Result<Vec<(String, Vec<u8>)>, NotWritten> {
    let mut files = vec![
        ("元数据.xml".to_owned(), metadata(case, holdings.len())?),
        ("目录.xml".to_owned(), contents(holdings)?),
        ("说明.txt".to_owned(), explained(case).into_bytes()),
    ];
    let listed = holdings.iter().map(|it| (it.digest, it.path.as_str()));
    let own = files.iter();
    let own = own.map(|(path, bytes)| (Digest::of(bytes), path.as_str()));
    let sums = listed.chain(own);
    let sums: Vec<String> = sums
        .map(|(digest, path)| format!("{digest}  {path}\n"))
        .collect();
    files.push(("SHA256SUMS".to_owned(), sums.concat().into_bytes()));
    Ok(files)
}

fn metadata(case: &Case, files: usize) -> Result<Vec<u8>, NotWritten> {
    let mut xml = Xml::new()?;
    xml.open("元数据")?;
    xml.leaf("聚合层次", "案卷")?;
    xml.leaf("全宗责任者", &case.keeper.name)?;
    xml.leaf("统一社会信用代码", &case.keeper.organisation.to_string())?;
    xml.leaf("题名", &case.title)?;
    xml.leaf("招标项目编号", &case.number)?;
    xml.leaf("项目标识", &case.project)?;
    if let Some(external) = &case.external_id {
        xml.leaf("外部标识", external)?;
    }
    let officials = &case.officials;
    xml.named("招标人", &officials.tenderer)?;
    if let Some(agency) = &officials.agency {
        xml.named("招标代理机构", agency)?;
    }
    xml.named("交易中心", &officials.centre)?;
    xml.named("行政监督部门", &officials.supervisor)?;
    xml.leaf("开标时间", &rfc3339(case.t0))?;
    for lot in &case.lots {
        let record = lot.record.map(|digest| digest.to_string());
        let mut attributes = vec![
            ("编号", lot.lot.as_str()),
            ("题名", lot.title.as_str()),
            ("结果", lot.stage),
        ];
        attributes.extend(record.as_deref().map(|digest| ("开标记录", digest)));
        xml.element("标段", &attributes, "")?;
    }
    xml.leaf("事件数", &case.size.to_string())?;
    xml.leaf("事件树根", &case.root.to_string())?;
    xml.leaf("形成系统", concat!("Kaibiao ", env!("CARGO_PKG_VERSION")))?;
    xml.leaf("平台地址", &case.origin)?;
    xml.leaf("归档时间", &rfc3339(case.made))?;
    xml.leaf("文件数", &files.to_string())?;
    xml.close("元数据")?;
    Ok(xml.finish())
}

fn contents(holdings: &[Holding]) -> Result<Vec<u8>, NotWritten> {
    let mut xml = Xml::new()?;
    xml.open("目录")?;
    for (place, it) in (1..).zip(holdings) {
        let place: u64 = place;
        let name = it.path.rsplit('/').next().unwrap_or_default();
        let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
        xml.open("文件")?;
        xml.leaf("序号", &place.to_string())?;
        xml.leaf("题名", &it.title)?;
        xml.leaf("责任者", &it.author)?;
        if let Some(formed) = it.formed {
            xml.leaf("形成时间", &rfc3339(formed))?;
        }
        xml.leaf("格式", ending)?;
        xml.leaf("字节数", &it.size.to_string())?;
        xml.leaf("摘要算法", "SHA-256")?;
        xml.leaf("摘要值", &it.digest.to_string())?;
        xml.leaf("路径", &it.path)?;
        xml.close("文件")?;
    }
    xml.close("目录")?;
    Ok(xml.finish())
}

fn explained(case: &Case) -> String {
    format!(
        "电子开标归档包({party})\n\n\
         项目:{title}({number})\n\
         归档单位:{keeper}\n\
         形成时间:{made}\n\n\
         01-招标:公告、变更、招标文件附件与密封条款。\n\
         02-投标:投标文件;.kbid 为投标人提交时的密文原件。\n\
         03-开标:开标记录(JSON 为原件,PDF 为版式文件)、签名、平台声明与现场文件。\n\
         04-凭证:证据包(.kev),可离线核验开标全过程。\n\n\
         目录.xml 列出每个文件及其摘要;元数据.xml 说明本案卷。\n\
         核对全部文件:解压后在本目录执行 sha256sum --check SHA256SUMS\n\
         评标、定标的文件不由本系统形成,不在其中;分类号与保管期限由接收档案的单位确定。\n",
        party = case.party.title(),
        title = case.title,
        number = case.number,
        keeper = case.keeper.name,
        made = rfc3339(case.made),
    )
}

/// An XML document that is being written.
struct Xml(Writer<Vec<u8>>);

impl Xml {
    fn new() -> Result<Self, NotWritten> {
        let mut xml = Self(Writer::new_with_indent(Vec::new(), b' ', 1));
        xml.put(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
        Ok(xml)
    }

    fn put(&mut self, event: Event<'_>) -> Result<(), NotWritten> {
        self.0.write_event(event).map_err(NotWritten::of)
    }

    fn open(&mut self, name: &str) -> Result<(), NotWritten> {
        self.put(Event::Start(BytesStart::new(name)))
    }

    fn close(&mut self, name: &str) -> Result<(), NotWritten> {
        self.put(Event::End(BytesEnd::new(name)))
    }

    fn leaf(&mut self, name: &str, text: &str) -> Result<(), NotWritten> {
        self.element(name, &[], text)
    }

    fn named(&mut self, name: &str, whom: &Named) -> Result<(), NotWritten> {
        let code = whom.organisation.to_string();
        self.element(name, &[("代码", &code)], &whom.name)
    }

    fn element(
        &mut self,
        name: &str,
        attributes: &[(&str, &str)],
        text: &str,
    ) -> Result<(), NotWritten> {
        let mut start = BytesStart::new(name);
        for (key, value) in attributes {
            start.push_attribute((*key, &*writable(value)));
        }
        self.put(Event::Start(start))?;
        self.put(Event::Text(BytesText::new(&writable(text))))?;
        self.put(Event::End(BytesEnd::new(name)))
    }

    fn finish(self) -> Vec<u8> {
        self.0.into_inner()
    }
}
