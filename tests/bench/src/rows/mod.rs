//! The rows, in the order of the report.

mod append;
pub mod crowd;
mod desk;
mod evidence;
mod hall;
mod opening;
mod page;
mod reconnect;
mod rooms;
pub mod sealed;
mod speaker;
mod start;
mod upload;

pub mod size;

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::measure::{Plan, Row};

pub fn all(plan: &Plan) -> Vec<Box<dyn Row>> {
    let program = &plan.program;
    let mut rows: Vec<Box<dyn Row>> = vec![Box::new(desk::Seal::new(program))];
    rows.extend(sealed::Sealed::all().map(|row| Box::new(row) as Box<dyn Row>));
    rows.push(Box::new(page::Page::default()));
    rows.push(Box::new(append::Append::on_sqlite()));
    rows.push(Box::new(append::Append::on_postgres()));
    rows.push(Box::new(hall::Login::new(program)));
    rows.extend(upload::Upload::all(program).map(|row| Box::new(row) as Box<dyn Row>));
    rows.push(Box::new(hall::Unlock::new(program)));
    let openings = opening::Openings::new(program);
    rows.extend(opening::Opening::all(&openings).map(|row| Box::new(row) as Box<dyn Row>));
    rows.push(Box::new(evidence::Verify::new(program, &openings)));
    rows.push(Box::new(evidence::Replay::new(&openings)));
    rows.push(Box::new(rooms::Rooms::new(program)));
    rows.push(Box::new(reconnect::Reconnect::new(program)));
    rows.push(Box::new(start::Start::new(program)));
    rows.push(Box::new(start::Lists::new(program)));
    rows
}

/// A file of so many MiB that nothing can compress, in the page cache.
fn noise(folder: &Path, mib: u64) -> Result<PathBuf> {
    use std::io::Write as _;
    let path = folder.join(format!("noise-{mib}"));
    let mut file = std::fs::File::create(&path)?;
    let mut chunk = vec![0; 1 << 20];
    for _ in 0..mib {
        kaibiao_os::random::fill(&mut chunk);
        file.write_all(&chunk)?;
    }
    file.sync_all()?;
    Ok(path)
}

pub fn folder() -> Result<tempfile::TempDir> {
    Ok(tempfile::Builder::new()
        .prefix("kaibiao-bench-")
        .tempdir()?)
}
