//! One lot that is played from publication to its end, and kept at the moments at which
//! rows begin. A turn starts the service on what was kept, so that all turns begin with the
//! same.

use std::path::Path;

use anyhow::{Context as _, Result};
use kaibiao_client::http::Session;
use kaibiao_core::act::{Act, Announce, Close, CloseObjections, OpenObjections, SignRecord};
use kaibiao_crypto::Digest;
use kaibiao_crypto::encoding::Secret;

use super::steps::{self, T0_AWAY};
use super::{Project, Town, lot, nonce, said};

/// Where a row begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Moment {
    /// The window is open and nobody has unlocked.
    Unlocking,
    /// One release of two is there.
    Releasing,
    /// Everything is open and nobody objects.
    Objecting,
    /// It is over.
    Closed,
}

impl Moment {
    fn name(self) -> String {
        format!("{self:?}").to_lowercase()
    }
}

/// How it is played.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Script {
    pub bidders: usize,
    /// How many versions of its bid each hands in.
    pub versions: usize,
    /// Bytes of each bid's document.
    pub document: usize,
    pub until: Moment,
}

impl Script {
    /// Small bids, from the first to the end.
    pub fn whole(bidders: usize) -> Self {
        Self {
            bidders,
            versions: 1,
            document: 1_000,
            until: Moment::Closed,
        }
    }
}

pub struct Ceremony {
    pub town: Town,
    pub project: Project,
}

impl Ceremony {
    pub fn play(program: &Path, script: Script) -> Result<Self> {
        let town = Town::found(program, script.bidders)?;
        let project = town.publish(T0_AWAY)?;
        let mut ceremony = Self { town, project };
        ceremony.until_closed(script)?;
        ceremony.town.rest();
        Ok(ceremony)
    }

    fn until_closed(&mut self, script: Script) -> Result<()> {
        let id = self.project.id.clone();
        let id = id.as_str();
        let document = self.town.folder().join("document");
        let mut bytes = vec![0; script.document];
        kaibiao_os::random::fill(&mut bytes);
        std::fs::write(&document, bytes)?;

        let Self { town, project } = &*self;
        // Sessions outlast the service: it has them on its disk.
        let (officials, hands) = town.runtime.block_on(async {
            let officials = town.sessions().await?;
            let bidders = &town.bidders;
            let hands = steps::hand_in(town, project, bidders, &document, script.versions).await?;
            steps::all_act(id, &hands, steps::sign_in).await?;
            steps::start_window(&officials[0], id).await?;
            Ok::<_, anyhow::Error>((officials, hands))
        })?;
        if self.kept(Moment::Unlocking, script)? {
            return Ok(());
        }
        let Self { town, project } = &*self;
        town.runtime.block_on(async {
            steps::unlock_all(&hands).await?;
            steps::until_stage(&officials[0].server, id, "releasing").await?;
            let (act, secrets) = steps::release(&officials[0], id, &project.custodians[0]).await?;
            officials[0].act(id, &act, secrets).await.map_err(said)
        })?;
        if self.kept(Moment::Releasing, script)? {
            return Ok(());
        }
        self.town.runtime.block_on(async {
            let (act, secrets) = self.last_release(&officials[2]).await?;
            officials[2].act(id, &act, secrets).await.map_err(said)?;
            let host = &officials[0];
            steps::until_stage(&host.server, id, "opened").await?;
            steps::until_decrypted(host, id).await?;
            let announce = Announce {
                nonce: nonce(),
                lots: vec![lot()],
            };
            does(host, id, announce).await?;
            steps::all_act(id, &hands, steps::confirm).await?;
            let open = OpenObjections {
                nonce: nonce(),
                lots: vec![lot()],
                seconds: None,
            };
            does(host, id, open).await?;
            steps::all_act(id, &hands, steps::no_objection).await
        })?;
        if self.kept(Moment::Objecting, script)? {
            return Ok(());
        }
        self.town.runtime.block_on(async {
            let host = &officials[0];
            does(host, id, close_objections()).await?;
            let path = format!("projects/{id}/lots/1/record.json");
            let record = Digest::of(&steps::until_there(&host.server, &path).await?);
            let sign = SignRecord {
                nonce: nonce(),
                lot: lot(),
                record,
                cms: None,
            };
            does(host, id, sign).await?;
            steps::all_act(id, &hands, |_| steps::countersign(record)).await?;
            let close = Close {
                nonce: nonce(),
                lots: vec![lot()],
            };
            does(host, id, close).await
        })?;
        self.kept(Moment::Closed, script).map(drop)
    }

    /// Keeps a moment; whether it was the last one.
    fn kept(&mut self, moment: Moment, script: Script) -> Result<bool> {
        self.town.keep(&moment.name())?;
        Ok(moment == script.until)
    }

    /// Starts the service where it was at a moment.
    pub fn restore(&mut self, moment: Moment) -> Result<()> {
        self.town.restore(&moment.name())
    }

    /// The supervisor's release, which is the last one that is needed.
    pub async fn last_release(&self, supervisor: &Session) -> Result<(Act, Vec<Secret>)> {
        let key = self.project.custodians.last().context("three")?;
        steps::release(supervisor, &self.project.id, key).await
    }
}

pub fn close_objections() -> CloseObjections {
    CloseObjections {
        nonce: nonce(),
        lots: vec![lot()],
    }
}

pub async fn does(session: &Session, project: &str, act: impl Into<Act>) -> Result<()> {
    let done = session.act(project, &act.into(), Vec::new()).await;
    done.map(drop).map_err(said)
}
