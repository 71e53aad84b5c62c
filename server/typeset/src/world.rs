//! What typst may see: one template, one data file, our fonts. No file system,
//! no network, no packages, no clock.

use typst::diag::{FileError, FileResult};
use typst::foundations::{Bytes, Datetime, Duration};
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt};

use crate::font::Fonts;

pub struct World {
    library: LazyHash<Library>,
    template: Source,
    data: (FileId, Bytes),
    fonts: &'static Fonts,
}

impl World {
    /// `data` is JSON; the template reads it as `json("data.json")`.
    pub fn new(template: &str, data: Vec<u8>, fonts: &'static Fonts) -> Self {
        Self {
            library: LazyHash::new(Library::default()),
            template: Source::new(file("record.typ"), template.to_owned()),
            data: (file("data.json"), Bytes::new(data)),
            fonts,
        }
    }
}

impl typst::World for World {
    fn library(&self) -> &LazyHash<Library> {
        &self.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        self.fonts.book()
    }

    fn main(&self) -> FileId {
        self.template.id()
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        if id == self.template.id() {
            Ok(self.template.clone())
        } else {
            Err(FileError::AccessDenied)
        }
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        if id == self.data.0 {
            Ok(self.data.1.clone())
        } else {
            Err(FileError::AccessDenied)
        }
    }

    fn font(&self, index: usize) -> Option<Font> {
        self.fonts.get(index)
    }

    fn today(&self, _: Option<Duration>) -> Option<Datetime> {
        None
    }
}

fn file(name: &str) -> FileId {
    let path = VirtualPath::new(name).expect("invariant: a plain file name is a virtual path");
    RootedPath::new(VirtualRoot::Project, path).intern()
}
