//! Rows from one database to another, and the proof that both have them.

use std::collections::BTreeMap;

use kaibiao_crypto::Digest;
use kaibiao_crypto::merkle::Frontier;
use serde::Serialize;
use tokio::sync::mpsc;

use super::tables::{Base, Row, Table, Tally, UPLOADS, Value};
use super::{CopyError, Copying, Told};
use crate::error::StoreError;
use crate::fold::read_frontier;
use crate::sqlite;

/// Batches that wait to be written.
const WAITING: usize = 4;

/// A table that both sides have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rowed {
    /// Its name.
    pub table: String,
    /// How many rows.
    pub rows: u64,
    /// SHA-256 over all of them in the order of their keys.
    pub digest: Digest,
}

/// A stream that both sides have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Tree {
    /// Its name.
    pub stream: String,
    /// How many events.
    pub size: u64,
    /// The root of the tree over their leaves.
    pub root: Digest,
}

/// What became of the rows.
pub(super) struct Rows {
    pub streams: Vec<Tree>,
    pub tables: Vec<Rowed>,
    pub damaged: Vec<String>,
    /// The table of uploads and its rows, which name what lies in the place of the files.
    pub table: Table,
    pub uploads: Vec<Row>,
    pub bytes: u64,
}

/// Copies every row but those of uploads, in one transaction, and reads them back.
pub(super) async fn copy(
    from: &mut dyn Base,
    to: &mut Copying,
    told: &Told,
) -> Result<Rows, CopyError> {
    let tables = sqlite::tables().await?;
    to.hold().await?;
    for table in &tables {
        to.base.clear(table).await?;
    }
    let (mut written, mut uploads, mut bytes) = (Seen::default(), Vec::new(), 0);
    for table in &tables {
        let (sender, mut received) = mpsc::channel(WAITING);
        let reading = from.read(table, sender);
        let writing = async {
            while let Some(rows) = received.recv().await {
                written.look(table, &rows)?;
                bytes += tell(&rows, told);
                if table.name == UPLOADS {
                    uploads.extend(rows);
                } else {
                    to.base.put(table, &rows).await?;
                }
            }
            Ok(())
        };
        tokio::try_join!(reading, writing)?;
    }
    let counters = from.counters().await?;
    to.base.go_on(&counters).await?;
    to.base.commit().await?;

    let mut read_back = Seen::default();
    for table in tables.iter().filter(|table| table.name != UPLOADS) {
        let (sender, mut received) = mpsc::channel(WAITING);
        let reading = to.base.read(table, sender);
        let looking = async {
            while let Some(rows) = received.recv().await {
                read_back.look(table, &rows)?;
                tell(&rows, told);
            }
            Ok(())
        };
        tokio::try_join!(reading, looking)?;
    }
    let (streams, damaged) = written.trees();
    if read_back.trees().0 != streams {
        return Err(CopyError::Differs("streams".to_owned()));
    }
    let table = tables.into_iter().find(|table| table.name == UPLOADS);
    let table = table.ok_or_else(|| StoreError::Corrupt("no table of uploads".into()))?;
    written.tables.remove(UPLOADS);
    let (written, read_back) = (written.rowed(), read_back.rowed());
    if let Some((one, _)) = written.iter().zip(&read_back).find(|(one, two)| one != two) {
        return Err(CopyError::Differs(one.table.clone()));
    }
    Ok(Rows {
        streams,
        tables: written,
        damaged,
        table,
        uploads,
        bytes,
    })
}

impl Copying {
    /// Writes the rows of uploads, and reads them back.
    pub(super) async fn uploads(
        &mut self,
        table: &Table,
        rows: &[Row],
    ) -> Result<Rowed, CopyError> {
        self.hold().await?;
        self.base.clear(table).await?;
        self.base.put(table, rows).await?;
        self.base.commit().await?;
        let (mut written, mut read_back) = (Seen::default(), Seen::default());
        written.look(table, rows)?;
        let (sender, mut received) = mpsc::channel(WAITING);
        let reading = self.base.read(table, sender);
        let looking = async {
            while let Some(rows) = received.recv().await {
                read_back.look(table, &rows)?;
            }
            Ok(())
        };
        tokio::try_join!(reading, looking)?;
        let (mut written, read_back) = (written.rowed(), read_back.rowed());
        match written.pop() {
            Some(rowed) if read_back.first() == Some(&rowed) => Ok(rowed),
            _ => Err(CopyError::Differs(UPLOADS.to_owned())),
        }
    }
}

fn tell(rows: &[Row], told: &Told) -> u64 {
    let bytes = rows.iter().flatten().map(Value::length).sum();
    told.add(bytes);
    bytes as u64
}

/// What was seen of one side.
#[derive(Default)]
struct Seen {
    tables: BTreeMap<String, Tally>,
    /// Trees over the leaves, by the streams' numbers.
    leaves: BTreeMap<i64, Frontier>,
    /// Names and stored frontiers, by the streams' numbers.
    streams: BTreeMap<i64, (String, Vec<u8>)>,
}

impl Seen {
    fn look(&mut self, table: &Table, rows: &[Row]) -> Result<(), StoreError> {
        let tally = self.tables.entry(table.name.clone()).or_default();
        for row in rows {
            tally.add(row);
        }
        match &table.name[..] {
            "streams" => self.heads(table, rows),
            "events" => self.events(table, rows),
            _ => Ok(()),
        }
    }

    fn heads(&mut self, table: &Table, rows: &[Row]) -> Result<(), StoreError> {
        let (id, name) = (table.column("id")?, table.column("stream")?);
        let frontier = table.column("frontier")?;
        for row in rows {
            let stored = row[frontier].bytes()?.to_vec();
            let head = (row[name].text()?.to_owned(), stored);
            self.streams.insert(row[id].integer()?, head);
        }
        Ok(())
    }

    fn events(&mut self, table: &Table, rows: &[Row]) -> Result<(), StoreError> {
        let (stream, leaf) = (table.column("stream")?, table.column("leaf")?);
        for row in rows {
            // What has another length is damaged: the tree is another then.
            let bytes = row[leaf].bytes()?;
            let leaf = bytes.try_into().map(Digest::from_bytes);
            let leaf = leaf.unwrap_or_else(|_| Digest::of(bytes));
            let tree = self.leaves.entry(row[stream].integer()?).or_default();
            tree.append(leaf);
        }
        Ok(())
    }

    /// The streams, and which of them have another tree than their row says.
    fn trees(&self) -> (Vec<Tree>, Vec<String>) {
        let (mut trees, mut damaged) = (Vec::new(), Vec::new());
        for (id, (name, stored)) in &self.streams {
            let tree = self.leaves.get(id).cloned().unwrap_or_default();
            if read_frontier(name, stored).ok().as_ref() != Some(&tree) {
                damaged.push(format!("stream {name}"));
            }
            trees.push(Tree {
                stream: name.clone(),
                size: tree.size(),
                root: tree.root(),
            });
        }
        (trees, damaged)
    }

    fn rowed(self) -> Vec<Rowed> {
        let rowed = |(table, tally): (String, Tally)| Rowed {
            table,
            rows: tally.rows,
            digest: tally.digest(),
        };
        self.tables.into_iter().map(rowed).collect()
    }
}
