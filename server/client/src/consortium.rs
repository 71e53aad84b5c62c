//! A consortium's (联合体) submission on its way from member to member: the lead's
//! signed act in a file, to which each member adds its signature on its own machine.

use std::path::Path;

use kaibiao_core::act::{Act, Submit};
use kaibiao_core::terms::Named;
use kaibiao_crypto::act::{ActSignature, SignedAct};
use serde::{Deserialize, Serialize};

use super::failure::{Failure, Kind, Outcome};
use super::files::{self, Readers};
use super::http::Session;

const FORM: &str = "joint/1";

/// The members that a lead names, and whether they have signed on paper only.
#[derive(Debug, Clone, Default)]
pub struct Consortium {
    pub members: Vec<Named>,
    pub paper: bool,
}

/// A lead's submission, and the members' signatures over it so far.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Joint {
    kaibiao: String,
    pub project: String,
    /// The submit act as the lead has signed it.
    pub act: SignedAct,
    /// Over the same body, for the same purpose, origin and project.
    #[serde(default)]
    pub consents: Vec<ActSignature>,
}

impl Joint {
    /// A submission that nobody but the lead has signed.
    pub fn new(project: &str, act: SignedAct) -> Self {
        Self {
            kaibiao: FORM.to_owned(),
            project: project.to_owned(),
            act,
            consents: Vec::new(),
        }
    }

    /// Reads one from its file.
    pub fn read(path: &Path) -> Outcome<Self> {
        let joint: Self = serde_json::from_slice(&files::read(path)?).map_err(|_| unreadable())?;
        if joint.kaibiao == FORM {
            Ok(joint)
        } else {
            Err(unreadable())
        }
    }

    pub fn write(&self, path: &Path) -> Outcome<()> {
        let json = serde_json::to_vec_pretty(self).map_err(Failure::unexpected)?;
        files::write(path, &json, Readers::Everyone)
    }

    /// What is signed.
    pub fn submit(&self) -> Outcome<Submit> {
        let Ok(Act::Submit(submit)) = self.act.read() else {
            return Err(unreadable());
        };
        Ok(submit)
    }

    /// Adds the signature of the member who is logged in, in the place of an earlier
    /// one of the same certificate.
    ///
    /// # Errors
    /// When it is not among the members, or its signature is for another platform.
    pub fn consent(&mut self, session: &Session) -> Outcome<()> {
        let submit = self.submit()?;
        let own = &session.who.organisation;
        if !submit
            .members
            .iter()
            .any(|member| member.organisation == *own)
        {
            return Err(Failure::new(
                Kind::Input,
                "not-a-member",
                format!("待签文件没有把本单位({own})列为联合体成员;请向牵头人核对。"),
                format!(
                    "The file does not name your organisation ({own}) as a member; ask the lead."
                ),
            ));
        }
        let signed = session.sign(&self.project, &submit.into())?;
        let signature = signed.signature.filter(|_| signed.body == self.act.body);
        let signature = signature.ok_or_else(unreadable)?;
        self.consents
            .retain(|other| other.chain.first() != signature.chain.first());
        self.consents.push(signature);
        Ok(())
    }
}

fn unreadable() -> Failure {
    Failure::new(
        Kind::Input,
        "not-a-joint-file",
        "这不是联合体待签文件,或已损坏;请牵头人重新生成(kaibiao bid joint)。",
        "This is no file for a consortium's members to sign, or it is damaged; the lead makes it anew (kaibiao bid joint).",
    )
}
