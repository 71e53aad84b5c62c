//! A control price (最高投标限价) or base (标底) that the host seals until the opening:
//! the file in which it keeps value and salt (docs/spec/terms.md, 10).

use std::path::Path;

use kaibiao_core::ids::{LotId, Salt};
use kaibiao_core::reference::{Reference, ReferenceKind, SealedReference};
use kaibiao_crypto::canonical;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

use crate::failure::{Failure, Kind, Outcome};
use crate::files::{self, Readers};

/// What the host's file holds. Value and salt are wiped when it is dropped.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReferenceFile {
    kaibiao: Format,
    pub kind: ReferenceKind,
    pub lot: LotId,
    /// For people, not believed.
    pub lot_title: String,
    /// For people, not believed.
    pub number: String,
    pub salt: Salt,
    /// Spelt as the lot's price is in a sheet.
    pub value: String,
}

#[derive(Serialize, Deserialize)]
enum Format {
    #[serde(rename = "reference/1")]
    V1,
}

impl ReferenceFile {
    /// A file for a value that is sealed now; `salt` is drawn for it alone.
    pub fn new(
        kind: ReferenceKind,
        (number, lot, lot_title): (&str, &LotId, &str),
        value: String,
        salt: Salt,
    ) -> Self {
        Self {
            kaibiao: Format::V1,
            kind,
            lot: lot.clone(),
            lot_title: lot_title.to_owned(),
            number: number.to_owned(),
            salt,
            value,
        }
    }

    /// What drafts and sealing terms hold of it.
    pub fn seal(&self) -> SealedReference {
        let Self {
            kind,
            lot,
            salt,
            value,
            ..
        } = self;
        let told = Reference {
            kind: *kind,
            lot,
            salt: *salt,
            value,
        };
        told.seal()
    }

    /// Writes it where its owner alone reads it. A file that is there is never written
    /// over, since it may hold the only salt of another commitment.
    pub fn write(&self, path: &Path) -> Outcome<()> {
        if path.exists() {
            return Err(Failure::new(
                Kind::Input,
                "file-exists",
                format!(
                    "{} 已存在,未覆盖:其中可能是另一次封存的唯一凭据。请移到别处后重试。",
                    path.display()
                ),
                format!(
                    "{} exists and was not written over: it may be all that is left of another sealing. Move it away and try again.",
                    path.display()
                ),
            ));
        }
        let bytes = Zeroizing::new(canonical::to_bytes(self));
        files::write(path, &bytes, Readers::Owner)
    }

    pub fn read(path: &Path) -> Outcome<Self> {
        let bytes = Zeroizing::new(files::read(path)?);
        canonical::from_bytes(&bytes).map_err(|_| {
            Failure::new(
                Kind::Input,
                "reference-form",
                format!(
                    "{} 不是封存最高投标限价或标底时保存的文件,或已损坏。请选择扩展名为 .reference.json 的原文件。",
                    path.display()
                ),
                format!(
                    "{} is not the file that was saved when a control price or base was sealed, or it is damaged. Choose the original .reference.json.",
                    path.display()
                ),
            )
        })
    }

    /// Checks that it is what the terms of this lot commit to, before anything of it
    /// is sent.
    pub fn is_of(&self, lot: &LotId, sealed: Option<SealedReference>) -> Outcome<()> {
        if self.lot == *lot && sealed == Some(self.seal()) {
            return Ok(());
        }
        Err(Failure::new(
            Kind::Input,
            "reference-differs",
            format!(
                "文件中的金额不是标段 {lot} 发布时封存的(文件属于 {} 标段 {}),未发送任何内容。请选择该标段的文件。",
                self.number, self.lot
            ),
            format!(
                "The file does not hold what was sealed for lot {lot} (it is of {}, lot {}); nothing was sent. Choose this lot's file.",
                self.number, self.lot
            ),
        ))
    }
}

impl Drop for ReferenceFile {
    fn drop(&mut self) {
        self.value.zeroize();
        self.salt.0.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file() -> ReferenceFile {
        let lot: LotId = "1".parse().unwrap();
        let about = ("FJ-1", &lot, "一标段");
        ReferenceFile::new(
            ReferenceKind::Base,
            about,
            "860000000".into(),
            Salt([7; 32]),
        )
    }

    #[test]
    fn a_file_is_read_as_it_was_written_and_never_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("FJ-1-1.reference.json");
        file().write(&path).unwrap();
        let read = ReferenceFile::read(&path).unwrap();
        assert_eq!(read.seal(), file().seal());
        assert!(file().write(&path).is_err());
        std::fs::write(&path, "{}").unwrap();
        let failure = ReferenceFile::read(&path).err().unwrap();
        assert_eq!(failure.code, "reference-form");
    }

    #[test]
    fn another_lots_file_is_not_sent() {
        let (one, two) = ("1".parse().unwrap(), "2".parse().unwrap());
        let sealed = Some(file().seal());
        assert!(file().is_of(&one, sealed).is_ok());
        for (lot, sealed) in [(&two, sealed), (&one, None)] {
            let failure = file().is_of(lot, sealed).unwrap_err();
            assert_eq!(failure.code, "reference-differs");
        }
        let mut other = file();
        other.value = "860000001".into();
        assert!(other.is_of(&one, sealed).is_err());
    }
}
