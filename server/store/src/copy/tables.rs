//! Rows as any engine has them, so that they go from one to another as they are.
//!
//! Which tables and columns there are is not listed here: the migrations say it, whose
//! names and kinds are the same for every engine.

use kaibiao_crypto::Digest;
use tokio::sync::mpsc;

use crate::error::StoreError;
use crate::ledger::Answer;

/// Where a database tells what it belongs to: the root secret's check value, the
/// platform's public keys, and whether it is half a copy.
pub(crate) const FACTS: &str = "store";

/// The fact by which half a copy is told from a whole one: who makes it.
pub(crate) const COPYING: &str = "copying";

/// Uploads under way, whose rows name what lies in the place of the files.
pub(crate) const UPLOADS: &str = "uploads";

/// Rows that are read at once.
const ROWS: usize = 256;

/// Bytes of rows that are read at once, about.
const BYTES: usize = 1 << 20;

/// A table that the migrations make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Table {
    pub name: String,
    pub columns: Vec<Column>,
    /// Which columns make its key, in order: rows are read in the order of their keys.
    pub key: Vec<usize>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Column {
    pub name: String,
    pub kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Integer,
    Text,
    Bytes,
}

impl Table {
    /// The place of a column in a row.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when there is none of that name.
    pub fn column(&self, name: &str) -> Result<usize, StoreError> {
        let found = self.columns.iter().position(|column| column.name == name);
        found.ok_or_else(|| StoreError::Corrupt(format!("{} has no column {name}", self.name)))
    }

    /// The rows that are copied: all but the mark of a copy.
    pub fn condition(&self) -> String {
        if self.name == FACTS {
            format!(" WHERE key <> '{COPYING}'")
        } else {
            String::new()
        }
    }
}

/// What stands in a column of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    Null,
    /// Numbers, and of what is true or false 1 or 0.
    Integer(i64),
    Text(String),
    Bytes(Vec<u8>),
}

pub(crate) type Row = Vec<Value>;

impl Value {
    pub fn length(&self) -> usize {
        match self {
            Self::Null => 1,
            Self::Integer(_) => 8,
            Self::Text(text) => text.len(),
            Self::Bytes(bytes) => bytes.len(),
        }
    }

    pub fn integer(&self) -> Result<i64, StoreError> {
        match self {
            Self::Integer(number) => Ok(*number),
            _ => Err(StoreError::Corrupt("a number that is none".into())),
        }
    }

    pub fn text(&self) -> Result<&str, StoreError> {
        match self {
            Self::Text(text) => Ok(text),
            _ => Err(StoreError::Corrupt("a text that is none".into())),
        }
    }

    pub fn bytes(&self) -> Result<&[u8], StoreError> {
        match self {
            Self::Bytes(bytes) => Ok(bytes),
            _ => Err(StoreError::Corrupt("bytes that are none".into())),
        }
    }
}

/// The numbers that were given last, which may be of rows that are gone: none is given
/// twice.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counters {
    pub streams: i64,
    pub messages: i64,
}

/// A connection to a database that is copied from or to.
pub(crate) trait Base: Send {
    /// Sends all rows of a table, in the order of their keys, a few at a time.
    fn read<'a>(&'a mut self, table: &'a Table, to: mpsc::Sender<Vec<Row>>) -> Answer<'a, ()>;

    fn counters(&mut self) -> Answer<'_, Counters>;

    /// About how many bytes its tables have.
    fn size(&mut self) -> Answer<'_, u64>;

    /// A fact, which nobody changes before the transaction ends.
    fn fact<'a>(&'a mut self, key: &'a str) -> Answer<'a, Option<Vec<u8>>>;

    /// Begins a transaction that writes.
    fn begin(&mut self) -> Answer<'_, ()>;

    /// Deletes every row of a table but the mark of a copy.
    fn clear<'a>(&'a mut self, table: &'a Table) -> Answer<'a, ()>;

    fn put<'a>(&'a mut self, table: &'a Table, rows: &'a [Row]) -> Answer<'a, ()>;

    /// Has numbers go on after these.
    fn go_on<'a>(&'a mut self, after: &'a Counters) -> Answer<'a, ()>;

    /// Takes the mark away: the copy is whole.
    fn unmark(&mut self) -> Answer<'_, ()>;

    /// Makes the transaction durable.
    fn commit(&mut self) -> Answer<'_, ()>;

    /// Lets go of it in good order.
    fn close(self: Box<Self>) -> Answer<'static, ()>;
}

/// Rows on their way from a database, a few at a time.
pub(crate) struct Few<'a> {
    to: &'a mpsc::Sender<Vec<Row>>,
    rows: Vec<Row>,
    bytes: usize,
}

impl<'a> Few<'a> {
    pub fn new(to: &'a mpsc::Sender<Vec<Row>>) -> Self {
        Self {
            to,
            rows: Vec::new(),
            bytes: 0,
        }
    }

    /// Adds a row, and sends those that there are when they are enough.
    ///
    /// # Errors
    /// [`StoreError::Closed`] when nobody takes them any more.
    pub async fn add(&mut self, row: Row) -> Result<(), StoreError> {
        self.bytes += row.iter().map(Value::length).sum::<usize>();
        self.rows.push(row);
        if self.rows.len() < ROWS && self.bytes <= BYTES {
            return Ok(());
        }
        self.bytes = 0;
        self.send().await
    }

    /// Sends the rest.
    ///
    /// # Errors
    /// As [`Few::add`].
    pub async fn end(mut self) -> Result<(), StoreError> {
        self.send().await
    }

    async fn send(&mut self) -> Result<(), StoreError> {
        let rows = std::mem::take(&mut self.rows);
        self.to.send(rows).await.map_err(|_| StoreError::Closed)
    }
}

/// Counts and hashes rows.
pub(crate) struct Tally {
    context: ring::digest::Context,
    pub rows: u64,
}

impl Default for Tally {
    fn default() -> Self {
        Self {
            context: ring::digest::Context::new(&ring::digest::SHA256),
            rows: 0,
        }
    }
}

impl Tally {
    pub fn add(&mut self, row: &[Value]) {
        self.rows += 1;
        for value in row {
            let (kind, bytes) = match value {
                Value::Null => (0, &[][..]),
                Value::Integer(number) => (1, &number.to_be_bytes()[..]),
                Value::Text(text) => (2, text.as_bytes()),
                Value::Bytes(bytes) => (3, &bytes[..]),
            };
            self.context.update(&[kind]);
            self.context.update(&(bytes.len() as u64).to_be_bytes());
            self.context.update(bytes);
        }
    }

    pub fn digest(self) -> Digest {
        digest(self.context)
    }
}

/// What was hashed.
pub(crate) fn digest(context: ring::digest::Context) -> Digest {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(context.finish().as_ref());
    Digest::from_bytes(bytes)
}
