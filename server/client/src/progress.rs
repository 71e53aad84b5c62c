//! Long work tells how far it has come through this trait, without knowing who
//! is watching.

/// Receives the progress of one piece of long work at a time.
pub trait Progress: Send + Sync {
    /// Work begins; `total` is in bytes when it is known.
    fn begin(&self, zh: &str, en: &str, total: Option<u64>);
    /// So many more bytes are done.
    fn advance(&self, bytes: u64);
    /// The work begun last has ended, well or badly.
    fn end(&self);
}

/// Drops every message, for callers that watch nothing.
impl Progress for () {
    fn begin(&self, _zh: &str, _en: &str, _total: Option<u64>) {}
    fn advance(&self, _bytes: u64) {}
    fn end(&self) {}
}

/// Counts what passes through a reader or a writer.
pub struct Counted<'a, T> {
    inner: T,
    progress: &'a dyn Progress,
}

impl<'a, T> Counted<'a, T> {
    pub fn new(inner: T, progress: &'a dyn Progress) -> Self {
        Counted { inner, progress }
    }

    pub fn into_inner(self) -> T {
        self.inner
    }
}

impl<T: std::io::Read> std::io::Read for Counted<'_, T> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.progress.advance(read as u64);
        Ok(read)
    }
}

impl<T: std::io::Write> std::io::Write for Counted<'_, T> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.progress.advance(written as u64);
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.inner.flush()
    }
}
