//! What leaves the hall: a lot's record and announced table in the forms that other
//! programs read. docs/spec/exports.md has each of them.
//!
//! Everything here is a pure function: a record goes in, bytes come out, and the
//! same record gives the same bytes. What is exported is what a record says, so
//! nothing becomes known by an export that the record does not tell.

#![deny(missing_docs)]
#![deny(clippy::as_conversions)]
#![warn(clippy::pedantic)]
#![allow(clippy::must_use_candidate)]

pub mod archive;
mod csv;
pub mod figures;
mod ocds;
pub mod package;
mod platform;
mod table;
mod words;
mod xlsx;

use std::collections::BTreeMap;

use kaibiao_core::ids::{Millis, Organisation};
use kaibiao_core::record::Record;
use kaibiao_core::terms::Officials;
use kaibiao_crypto::Digest;
use thiserror::Error;

/// A lot's opening as it is exported.
#[derive(Debug, Clone)]
pub struct Opening<'a> {
    /// The record, or before there is one what it would say.
    pub record: &'a Record,
    /// The record's digest and when it was made; none before there is one. Then the
    /// table has only what is announced.
    pub made: Option<Made>,
    /// Tenderer, agency, centre and supervisor with their codes.
    pub officials: &'a Officials,
    /// Which organisation handed in a bid. Used only where the record has names.
    pub bidders: BTreeMap<Digest, Organisation>,
    /// What the transaction platform calls this lot.
    pub lot_external: Option<&'a str>,
}

/// Which record it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Made {
    /// SHA-256 of the record's bytes.
    pub digest: Digest,
    /// When it was made.
    pub at: Millis,
}

/// What an installation is called in other people's systems.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Installation {
    /// The address users see.
    pub public_url: String,
    /// The OCID prefix that the Open Contracting Partnership has registered for the
    /// publisher (`ocds-` and six characters).
    pub ocid_prefix: Option<String>,
    /// 交易系统标识码.
    pub platform_code: Option<String>,
    /// 公共服务平台标识码.
    pub service_platform_code: Option<String>,
}

/// The language of headings and of words for codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// 简体中文.
    #[default]
    Chinese,
    /// English.
    English,
}

impl Language {
    /// The one of two texts that is in this language.
    const fn choose<'a>(self, zh: &'a str, en: &'a str) -> &'a str {
        match self {
            Self::Chinese => zh,
            Self::English => en,
        }
    }
}

/// The forms of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// The table of bids, for spreadsheets and scripts.
    Csv,
    /// The table and the record as a workbook.
    Xlsx,
    /// An OCDS 1.1 release package with the bids extension.
    Ocds,
    /// 公共资源交易平台系统数据规范, as JSON.
    PlatformJson,
    /// The same as XML.
    PlatformXml,
}

impl Form {
    /// All forms.
    pub const ALL: [Self; 5] = [
        Self::Csv,
        Self::Xlsx,
        Self::Ocds,
        Self::PlatformJson,
        Self::PlatformXml,
    ];

    /// What it is called in addresses and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
            Self::Ocds => "ocds",
            Self::PlatformJson => "platform-json",
            Self::PlatformXml => "platform-xml",
        }
    }

    /// The form of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|form| form.name() == name)
    }

    /// How a file of this form ends.
    pub const fn ending(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
            Self::Ocds => "ocds.json",
            Self::PlatformJson => "platform.json",
            Self::PlatformXml => "platform.xml",
        }
    }

    /// Its media type.
    pub const fn media(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Ocds | Self::PlatformJson => "application/json",
            Self::PlatformXml => "application/xml",
        }
    }

    /// Whether there is one before the record is made: the announced table alone.
    pub const fn is_table(self) -> bool {
        matches!(self, Self::Csv | Self::Xlsx)
    }
}

/// What could not be written. It is a fault of this crate or of a library.
#[derive(Debug, Error)]
#[error("an export could not be written: {0}")]
pub struct NotWritten(String);

impl NotWritten {
    fn of(error: impl std::fmt::Display) -> Self {
        Self(error.to_string())
    }
}

/// Writes an opening in one of the forms.
///
/// # Errors
/// When a library does not take what it is given.
pub fn export(
    opening: &Opening<'_>,
    form: Form,
    language: Language,
    installation: &Installation,
) -> Result<Vec<u8>, NotWritten> {
    match form {
        Form::Csv => csv::write(&table::bids(opening, language)),
        Form::Xlsx => xlsx::write(opening, language),
        Form::Ocds => ocds::write(opening, installation),
        Form::PlatformJson => platform::json(opening, installation),
        Form::PlatformXml => platform::xml(opening, installation),
    }
}
