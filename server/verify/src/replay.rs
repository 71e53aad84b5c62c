//! The room of a bundle's past, as somebody saw it (docs/spec/replay.md, 6): folded from
//! the bundle's events and shown by the view by which the live room showed it.

use kaibiao_core::ids::{Millis, Seq};
use kaibiao_core::player::{Frame, Onlooker, Scene};
use kaibiao_core::shared::Shared;
use kaibiao_core::terms::Draft;
use kaibiao_crypto::canonical;
use kaibiao_crypto::merkle::{Tree, leaf_hash};

use crate::form::{self, Bundle, Edition};
use crate::outcome::Fault;
use crate::reading::{Told, Walk};

/// Where the cursor stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// After the last event of the bundle.
    Last,
    /// After an event, at its time.
    Seq(Seq),
    /// At an instant.
    Instant(Millis),
}

/// The room at an instant, and of which edition it was made.
#[derive(Debug)]
pub struct Played {
    /// What somebody saw.
    pub scene: Scene,
    /// A public edition leaves out what only details tell.
    pub edition: Edition,
    /// How many events there are.
    pub size: u64,
}

/// Why there is nothing to show.
#[derive(Debug)]
pub enum NotReplayed {
    /// It is no readable bundle.
    Unreadable(Fault),
    /// The events are not those of the bundle's root, or are not lawful from this one on.
    Broken(Seq),
    /// There is no such event, or none by then.
    NotThere,
    /// A public edition shows what everybody saw, and nobody else's view.
    Public,
    /// A public edition of before notices were entered into the log has no notice.
    NoNotice,
}

/// Shows the room of a bundle at a place, through somebody's eyes; where nobody is
/// named through the supervisor's, or in a public edition everybody's.
///
/// It is no verification: that the events are those of the log is for
/// [`verify`](crate::verify) to say.
///
/// # Errors
/// [`NotReplayed`], by what is in the way.
pub fn replay(bundle: &[u8], at: At, onlooker: Option<Onlooker>) -> Result<Played, NotReplayed> {
    let bundle = form::read(bundle).map_err(NotReplayed::Unreadable)?;
    let edition = bundle.head.edition;
    let onlooker = match (edition, onlooker) {
        (Edition::Supervisor, None) => Onlooker::Supervisor,
        (Edition::Supervisor, Some(onlooker)) => onlooker,
        (Edition::Public, None | Some(Onlooker::Public)) => Onlooker::Public,
        (Edition::Public, Some(_)) => return Err(NotReplayed::Public),
    };
    let leaves = bundle.lines.iter();
    let tree = Tree::from_leaves(leaves.map(|line| leaf_hash(line.shell.as_bytes())));
    if tree.size() != bundle.head.size || tree.root() != bundle.head.root {
        return Err(NotReplayed::Broken(bundle.head.size));
    }
    let events: Vec<Told> = bundle.lines.iter().map(Told::of).collect();
    let mut walk = Walk::default();
    for (seq, event) in (1..).zip(&events) {
        let time = event.shell.map(|shell| shell.time);
        let is_beyond = match at {
            At::Last => false,
            At::Seq(last) => seq > last,
            At::Instant(now) => time.is_some_and(|time| time > now),
        };
        if is_beyond {
            break;
        }
        publish(&mut walk, &bundle, event);
        if !walk.step(event) {
            return Err(NotReplayed::Broken(seq));
        }
    }
    let now = match at {
        At::Seq(seq) if seq == 0 || seq > bundle.head.size => return Err(NotReplayed::NotThere),
        At::Instant(now) if walk.state.events > 0 => now,
        At::Instant(_) => return Err(NotReplayed::NotThere),
        At::Last | At::Seq(_) => walk.state.time,
    };
    if walk.state.published.is_some() && walk.book.draft.is_none() {
        return Err(NotReplayed::NoNotice);
    }
    let frame = Frame {
        state: walk.state,
        book: walk.book,
    };
    Ok(Played {
        scene: frame.seen(&onlooker, now),
        edition,
        size: bundle.head.size,
    })
}

/// A public edition does not tell what was drafted, but what was published in the end.
fn publish(walk: &mut Walk, bundle: &Bundle, event: &Told) {
    let facts = event.facts.as_ref();
    let is_published = facts.is_some_and(|facts| facts.what.kind() == "published");
    if !is_published || walk.book.draft.is_some() {
        return;
    }
    let draft = bundle.notices.iter().find_map(|line| line.draft.as_ref());
    let draft = draft.and_then(|text| canonical::from_bytes::<Draft>(text.as_bytes()).ok());
    walk.book.draft = draft.map(Shared::from);
}
