//! That a closing or accepted statement tells what the anchored tree holds
//! (docs/spec/evidence.md, 4): one tree stands for one list.

use kaibiao_crypto::anchor::{Anchor, AnchorProblem, AnchorSalt, Anchored};
use kaibiao_crypto::merkle::InclusionProof;
use kaibiao_crypto::shell::Shell;
use kaibiao_crypto::statement::{AcceptedStatement, ClosingStatement, LotBids};
use kaibiao_crypto::tlog::{Cosigned, LogKey, Policy, WitnessKey};
use kaibiao_crypto::{Digest, canonical};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::event::{Bids, Facts, What};
use crate::ids::{Millis, Seq};
use crate::platform::{self, Platform};
use crate::role::By;
use crate::stream::Stream;
use crate::terms::Trust;

/// The most witnesses that terms may name.
const WITNESSES: usize = 32;

/// An event that lies under a root: its shell and its facts, without its details.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProvedEvent {
    /// The facts' exact text.
    pub facts: String,
    /// The path from the shell's leaf to the root, hex.
    #[schema(value_type = Vec<String>)]
    pub path: Vec<Digest>,
    /// The facts' salt, hex.
    #[schema(value_type = String)]
    pub salt: AnchorSalt,
    /// The shell's exact text: the leaf of the tree.
    pub shell: String,
}

/// What proves a closing or accepted statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StatementProof {
    /// That its tree is anchored in the public log.
    pub anchored: Anchored,
    /// The event by which its list was fixed.
    pub event: ProvedEvent,
}

/// Why a statement is not proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unproved {
    /// Its tree is not anchored as the policy asks.
    #[error(transparent)]
    Anchor(#[from] AnchorProblem),
    /// The event is not the tree's last one, or not as it is shown.
    #[error("the event is not the last one of the tree")]
    Event,
    /// The event fixed another list.
    #[error("the statement is not what the event says")]
    Statement,
    /// The terms name no log, witnesses or quorum that can be asked.
    #[error("the terms' log, witnesses or quorum are impossible")]
    Terms,
}

impl Unproved {
    /// The code by which clients say so.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Anchor(problem) => problem.code(),
            Self::Event => "event-differs",
            Self::Statement => "statement-differs",
            Self::Terms => "terms-log",
        }
    }
}

/// Whether any two quorums of so many witnesses have one in common: else two of them
/// could cosign two histories.
pub fn can_meet(witnesses: usize, quorum: u8) -> bool {
    let quorum = usize::from(quorum);
    witnesses <= WITNESSES && (quorum == 0 || (quorum <= witnesses && 2 * quorum > witnesses))
}

impl Trust {
    /// Whom to believe about the public log; none where the terms know of no log.
    ///
    /// # Errors
    /// [`Unproved::Terms`] for what nobody could be asked.
    pub fn policy(&self) -> Result<Option<Policy>, Unproved> {
        let Some(log) = &self.log_key else {
            let asks = self.quorum > 0 || !self.witnesses.is_empty();
            return if asks { Err(Unproved::Terms) } else { Ok(None) };
        };
        let log: LogKey = log.parse().map_err(|_| Unproved::Terms)?;
        let witnesses = self.witnesses.iter().map(|key| key.parse());
        let witnesses: Result<Vec<WitnessKey>, _> = witnesses.collect();
        let witnesses = witnesses.map_err(|_| Unproved::Terms)?;
        if log.name().as_str() != self.origin || !can_meet(witnesses.len(), self.quorum) {
            return Err(Unproved::Terms);
        }
        let quorum = usize::from(self.quorum);
        let policy = Policy::new(log, witnesses, quorum).map_err(|_| Unproved::Terms)?;
        Ok(Some(policy))
    }
}

/// Checks a closing statement.
///
/// # Errors
/// [`Unproved`] by the first step that fails.
pub fn closing(
    statement: &ClosingStatement,
    proof: &StatementProof,
    policy: &Policy,
) -> Result<Cosigned, Unproved> {
    let tree = (statement.project.as_str(), statement.size, &statement.root);
    let (cosigned, facts) = proof.facts(tree, statement.at, policy)?;
    let What::DeadlineReached { t0, lots } = facts.what else {
        return Err(Unproved::Statement);
    };
    let told = |lot: &LotBids| lots.iter().find(|it| it.lot.to_string() == lot.lot);
    let same = |lot: &LotBids| told(lot).map_or(lot.bids.is_empty(), |it| it.bids == lot.bids);
    let is_told = |it: &Bids| {
        statement
            .lots
            .iter()
            .any(|lot| lot.lot == it.lot.to_string())
    };
    let holds = facts.by == By::Time
        && t0 <= statement.at
        && statement.shell_seq == statement.size
        && statement.lots.iter().all(same)
        && lots.iter().all(is_told);
    if holds {
        Ok(cosigned)
    } else {
        Err(Unproved::Statement)
    }
}

/// Checks an accepted statement.
///
/// # Errors
/// [`Unproved`] by the first step that fails.
pub fn accepted(
    statement: &AcceptedStatement,
    proof: &StatementProof,
    policy: &Policy,
) -> Result<Cosigned, Unproved> {
    let tree = (statement.project.as_str(), statement.size, &statement.root);
    let (cosigned, facts) = proof.facts(tree, statement.at, policy)?;
    let What::AcceptedFixed { lot, bids } = facts.what else {
        return Err(Unproved::Statement);
    };
    let holds = facts.by == By::Time && lot.to_string() == statement.lot && bids == statement.bids;
    if holds {
        Ok(cosigned)
    } else {
        Err(Unproved::Statement)
    }
}

impl StatementProof {
    /// The facts of the tree's last event, proved to be in the anchored tree.
    fn facts(
        &self,
        (project, size, root): (&str, u64, &Digest),
        at: Millis,
        policy: &Policy,
    ) -> Result<(Cosigned, Facts), Unproved> {
        let since = u64::try_from(at.div_euclid(1_000)).unwrap_or(0);
        let cosigned = self.anchored.verify((project, size, root), since, policy)?;
        let ProvedEvent {
            facts,
            path,
            salt,
            shell,
        } = &self.event;
        let leaf = kaibiao_crypto::merkle::leaf_hash(shell.as_bytes());
        let index = size.checked_sub(1).ok_or(Unproved::Event)?;
        let path = path.clone();
        let inclusion = InclusionProof { index, size, path };
        inclusion.verify(&leaf, root).map_err(|_| Unproved::Event)?;
        let shell = Shell::from_bytes(shell.as_bytes()).map_err(|_| Unproved::Event)?;
        let holds =
            shell.seq == size && shell.time == at && shell.holds_facts(&salt.0, facts.as_bytes());
        if !holds {
            return Err(Unproved::Event);
        }
        let facts: Value = canonical::from_bytes(facts.as_bytes()).map_err(|_| Unproved::Event)?;
        let facts = serde_json::from_value(facts).map_err(|_| Unproved::Statement)?;
        Ok((cosigned, facts))
    }
}

/// What shows that the details of an event were erased on record: the `details_erased` of
/// the platform's stream (docs/spec/bundle.md, 2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ErasureProof {
    /// That a tree of the platform's stream that holds it is anchored in the public log;
    /// absent where the terms know of no log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub anchored: Option<Anchored>,
    /// That event; its path leads to the anchored root, and is empty where there is none.
    pub event: ProvedEvent,
}

impl ErasureProof {
    /// The instant at which it was put on record that exactly these details of an event of
    /// a stream were erased; None where it says something else.
    pub fn records(&self, stream: &str, event: Seq, details: &Digest) -> Option<Millis> {
        let ProvedEvent {
            facts, salt, shell, ..
        } = &self.event;
        let shell = Shell::from_bytes(shell.as_bytes()).ok()?;
        let is_its = shell.holds_facts(&salt.0, facts.as_bytes());
        let facts: platform::Facts = canonical::from_bytes(facts.as_bytes()).ok()?;
        let erased = platform::What::DetailsErased {
            stream: stream.to_owned(),
            event,
            details: *details,
        };
        (is_its && facts.what == erased).then_some(shell.time)
    }

    /// Checks that the event lies in the platform's stream as the public log has it.
    ///
    /// # Errors
    /// [`Unproved`] by the first step that fails.
    pub fn verify(&self, anchored: &Anchored, policy: &Policy) -> Result<Cosigned, Unproved> {
        let ProvedEvent { path, shell, .. } = &self.event;
        let Anchor { root, size, .. } = &anchored.anchor;
        let leaf = kaibiao_crypto::merkle::leaf_hash(shell.as_bytes());
        let shell = Shell::from_bytes(shell.as_bytes()).map_err(|_| Unproved::Event)?;
        let inclusion = InclusionProof {
            index: shell.seq.checked_sub(1).ok_or(Unproved::Event)?,
            size: *size,
            path: path.clone(),
        };
        inclusion.verify(&leaf, root).map_err(|_| Unproved::Event)?;
        let since = u64::try_from(shell.time.div_euclid(1_000)).unwrap_or(0);
        Ok(anchored.verify((Platform::KIND, *size, root), since, policy)?)
    }
}
