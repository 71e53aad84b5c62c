//! One project's feeds: the items that events reveal, and which of them each
//! audience has.
//!
//! An item's text is kept once. A feed is a list of numbers of items; a frame
//! is `{"type":"item","n":N,` and the item's text, and the frames of the shared
//! audiences are kept, so that a thousand watchers are sent the same bytes. A
//! bidder's feed is the bidders' and its own items in the order they came; its
//! cursor counts that feed alone, so that gaps tell nothing.

use std::collections::HashMap;

use bytestring::ByteString;
use kaibiao_api::FeedItem;
use kaibiao_core::ids::{Millis, Organisation};
use kaibiao_core::reveal::Item;
use kaibiao_core::viewer::{Audience, Seat, Viewer};
use serde::Serialize;
use serde_json::Value;

/// All feeds of a project.
#[derive(Default)]
pub struct Feeds {
    items: Vec<Piece>,
    public: Lane,
    bidders: Lane,
    host: Lane,
    supervisor: Lane,
    /// The numbers of the items that are one organisation's only.
    own: HashMap<Organisation, Vec<u32>>,
}

/// One item's text: `"time":…,"kind":…,"body":…}`.
struct Piece(Box<str>);

/// The feed of a shared audience.
#[derive(Default)]
struct Lane {
    numbers: Vec<u32>,
    frames: Vec<ByteString>,
}

#[derive(Serialize)]
struct Line<'a> {
    time: Millis,
    kind: &'a str,
    body: &'a Value,
}

impl Feeds {
    /// Adds what an event at `time` reveals.
    pub fn add(&mut self, time: Millis, items: &[Item]) {
        for item in items {
            let said = Line {
                time,
                kind: item.kind(),
                body: &item.body(),
            };
            // Numbers, strings and maps with string keys always serialise.
            let text = serde_json::to_string(&said).unwrap_or_default();
            let Some(tail) = text.strip_prefix('{') else {
                continue;
            };
            let number = u32::try_from(self.items.len()).unwrap_or(u32::MAX);
            for lane in self.lanes(&item.to) {
                lane.add(number, tail);
            }
            if let Audience::Own(organisation) = &item.to {
                self.own
                    .entry(organisation.clone())
                    .or_default()
                    .push(number);
            }
            self.items.push(Piece(tail.into()));
        }
    }

    /// How long a viewer's feed is.
    pub fn length(&self, viewer: &Viewer) -> u64 {
        let own = self.own(viewer).map_or(0, <[u32]>::len);
        u64::try_from(self.lane(viewer).numbers.len() + own).unwrap_or(u64::MAX)
    }

    /// The frames of a viewer's feed after its first `after` items, at most
    /// `limit`.
    pub fn frames(&self, viewer: &Viewer, after: u64, limit: usize) -> Vec<ByteString> {
        let after = usize::try_from(after).unwrap_or(usize::MAX);
        let lane = self.lane(viewer);
        match self.own(viewer) {
            None => lane
                .frames
                .iter()
                .skip(after)
                .take(limit)
                .cloned()
                .collect(),
            Some(own) => merged(&lane.numbers, own, after)
                .take(limit)
                .enumerate()
                .filter_map(|(index, number)| {
                    let item = self.items.get(usize::try_from(number).ok()?)?;
                    Some(frame(after + index + 1, &item.0))
                })
                .collect(),
        }
    }

    /// As [`Feeds::frames`], but parsed, for a page of the feed.
    pub fn page(&self, viewer: &Viewer, after: u64, limit: usize) -> Vec<FeedItem> {
        self.frames(viewer, after, limit)
            .iter()
            .filter_map(|frame| serde_json::from_str(frame).ok())
            .collect()
    }

    /// The lanes whose viewers hear what is said to an audience.
    fn lanes(&mut self, to: &Audience) -> Vec<&mut Lane> {
        let heard = [
            (Seat::Public, &mut self.public),
            (Seat::Bidder, &mut self.bidders),
            (Seat::Host, &mut self.host),
            (Seat::Supervisor, &mut self.supervisor),
        ];
        heard
            .into_iter()
            .filter(|(seat, _)| Viewer::at(*seat, None).hears(to))
            .map(|(_, lane)| lane)
            .collect()
    }

    fn lane(&self, viewer: &Viewer) -> &Lane {
        match viewer.seat {
            Seat::Public => &self.public,
            Seat::Bidder => &self.bidders,
            Seat::Host | Seat::Centre => &self.host,
            Seat::Supervisor => &self.supervisor,
        }
    }

    fn own(&self, viewer: &Viewer) -> Option<&[u32]> {
        let organisation = viewer.organisation.as_ref()?;
        let own = self.own.get(organisation)?;
        (viewer.seat == Seat::Bidder).then_some(own)
    }
}

impl Lane {
    fn add(&mut self, number: u32, tail: &str) {
        self.numbers.push(number);
        self.frames.push(frame(self.numbers.len(), tail));
    }
}

fn frame(n: usize, tail: &str) -> ByteString {
    format!("{{\"type\":\"item\",\"n\":{n},{tail}").into()
}

/// Merges two ascending lists, and begins at place `after` of the merged one.
fn merged<'a>(shared: &'a [u32], own: &'a [u32], after: usize) -> impl Iterator<Item = u32> + 'a {
    // The place of an own item is the count of own items before it plus that of
    // the shared ones with a smaller number.
    let place = |index: usize| index + shared.partition_point(|number| *number < own[index]);
    let mut j = 0;
    while j < own.len() && place(j) < after {
        j += 1;
    }
    let mut i = after.saturating_sub(j).min(shared.len());
    std::iter::from_fn(move || {
        let next_shared = shared.get(i);
        let next_own = own.get(j);
        match (next_shared, next_own) {
            (Some(shared), Some(own)) if own < shared => {
                j += 1;
                Some(*own)
            }
            (Some(shared), _) => {
                i += 1;
                Some(*shared)
            }
            (None, Some(own)) => {
                j += 1;
                Some(*own)
            }
            (None, None) => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use kaibiao_core::news::Said;

    use super::*;

    fn organisation(code: &str) -> Organisation {
        Organisation::complete(code).unwrap()
    }

    fn item(to: Audience, word: &str) -> Item {
        Item {
            to,
            news: Said {
                lot: None,
                by: Some(word.to_owned()),
            }
            .into(),
            seq: None,
            text: None,
            bidder: None,
        }
    }

    fn words(feeds: &Feeds, viewer: &Viewer, after: u64) -> Vec<(u64, String)> {
        feeds
            .page(viewer, after, 100)
            .into_iter()
            .map(|item| (item.n, item.body["by"].as_str().unwrap().to_owned()))
            .collect()
    }

    #[test]
    fn every_audience_counts_its_own_feed_and_continues_from_anywhere() {
        let (first, second) = (
            organisation("91110000MA0000001"),
            organisation("91110000MA0000002"),
        );
        let mut feeds = Feeds::default();
        feeds.add(1, &[item(Audience::Own(first.clone()), "mine")]);
        feeds.add(
            2,
            &[item(Audience::Public, "all"), item(Audience::Host, "host")],
        );
        feeds.add(
            3,
            &[
                item(Audience::Bidders, "bidders"),
                item(Audience::Own(first.clone()), "more"),
            ],
        );
        feeds.add(
            4,
            &[
                item(Audience::Supervisor, "audit"),
                item(Audience::Public, "end"),
            ],
        );
        let at = Viewer::at;
        let expected: [(Viewer, &[&str]); 6] = [
            (Viewer::public(), &["all", "end"]),
            (
                at(Seat::Bidder, Some(first)),
                &["mine", "all", "bidders", "more", "end"],
            ),
            (at(Seat::Bidder, Some(second)), &["all", "bidders", "end"]),
            (at(Seat::Host, None), &["all", "host", "bidders", "end"]),
            (at(Seat::Centre, None), &["all", "host", "bidders", "end"]),
            (
                at(Seat::Supervisor, None),
                &["all", "host", "bidders", "audit", "end"],
            ),
        ];
        for (viewer, heard) in expected {
            assert_eq!(feeds.length(&viewer), heard.len() as u64);
            for after in 0..=heard.len() + 1 {
                let rest: Vec<_> = (after + 1..).zip(heard.iter().skip(after)).collect();
                let rest: Vec<_> = rest
                    .iter()
                    .map(|(n, word)| (*n as u64, (**word).to_owned()))
                    .collect();
                assert_eq!(
                    words(&feeds, &viewer, after as u64),
                    rest,
                    "{viewer:?} {after}"
                );
            }
        }
    }

    #[test]
    fn the_same_bytes_are_sent_to_everybody_of_an_audience() {
        let mut feeds = Feeds::default();
        feeds.add(1, &[item(Audience::Public, "all")]);
        let (one, two) = (
            feeds.frames(&Viewer::public(), 0, 10),
            feeds.frames(&Viewer::public(), 0, 10),
        );
        assert_eq!(one[0].as_bytes().as_ptr(), two[0].as_bytes().as_ptr());
        assert_eq!(
            &*one[0],
            r#"{"type":"item","n":1,"time":1,"kind":"said","body":{"by":"all"}}"#
        );
    }
}
