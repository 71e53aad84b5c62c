//! Reading lists of projects a page at a time, several of them as one.
//!
//! A page ends where the next one begins: after the last project that was looked at. What
//! is added to a list meanwhile stands before or after that, so that no page tells anything
//! twice, and none leaves out what was there all the time.

use std::cmp::Ordering;
use std::collections::VecDeque;
use std::fmt;
use std::str::FromStr;

use kaibiao_api::problem::{Problem, Transport};
use kaibiao_core::ids::Millis;
use kaibiao_core::project::{Project, Summary};
use kaibiao_store::{Bounds, Found, StoreError, StreamId};

use crate::App;
use crate::desk::Span;
use crate::failure::of_store;

/// How many projects are looked at for a page. Where few of them are wanted the page is
/// short, and the next one goes on from there.
pub const LOOKED: usize = 400;

/// The most lines of a page, and how many it has where nothing is said.
pub const PAGE: usize = 100;

/// The lines of a page as they are asked for.
///
/// # Errors
/// `malformed` for none.
pub fn page_size(asked: Option<usize>) -> Result<usize, Problem> {
    match asked {
        Some(0) => Err(Transport::Malformed.with("reason", "limit")),
        asked => Ok(asked.unwrap_or(PAGE).min(PAGE)),
    }
}

/// Where a page ended, and the next one begins. Clients give it back as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// Where the last project stands; 0 on lists in the order of their beginnings.
    pub at: Millis,
    pub stream: StreamId,
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.at {
            0 => write!(f, "{}", self.stream),
            at => write!(f, "{at}.{}", self.stream),
        }
    }
}

impl FromStr for Cursor {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        let wrong = || Transport::Malformed.with("reason", "after");
        let (at, name) = match text.split_once('.') {
            Some((at, name)) => (at.parse().map_err(|_| wrong())?, name),
            None => (0, text),
        };
        let stream = StreamId::new(name).ok_or_else(wrong)?;
        Ok(Self { at, stream })
    }
}

/// A way through lists in one order: the earliest first, or the latest.
pub struct Walk<'a> {
    app: &'a App,
    backwards: bool,
    sources: Vec<Source>,
    /// Rows read at once.
    chunk: usize,
}

struct Source {
    list: String,
    span: Span,
    read: VecDeque<Found<Summary>>,
    rest: Rest,
}

/// What of a list was not read yet.
#[derive(Clone)]
enum Rest {
    All,
    After(Cursor),
    Nothing,
}

impl From<Option<&Cursor>> for Rest {
    fn from(after: Option<&Cursor>) -> Self {
        after.map_or(Self::All, |after| Self::After(after.clone()))
    }
}

impl<'a> Walk<'a> {
    /// Through what lies in a span on these lists, from the end of the last page on.
    pub fn through(
        app: &'a App,
        lists: Vec<String>,
        span: Span,
        after: Option<&Cursor>,
        chunk: usize,
    ) -> Self {
        let source = |list| Source {
            list,
            span,
            read: VecDeque::new(),
            rest: after.into(),
        };
        Self {
            app,
            backwards: false,
            sources: lists.into_iter().map(source).collect(),
            chunk,
        }
    }

    /// And through what lies in another span on another list in the same order.
    pub fn and(mut self, list: String, span: Span, after: Option<&Cursor>) -> Self {
        self.sources.push(Source {
            list,
            span,
            read: VecDeque::new(),
            rest: after.into(),
        });
        self
    }

    /// The latest first.
    pub fn backwards(mut self) -> Self {
        self.backwards = true;
        self
    }

    /// The next project; one that stands on several lists comes once.
    ///
    /// # Errors
    /// When the store fails, and `malformed` for a cursor of no project.
    pub async fn next(&mut self) -> Result<Option<Found<Summary>>, Problem> {
        for source in &mut self.sources {
            source.fill(self.app, self.backwards, self.chunk).await?;
        }
        let backwards = self.backwards;
        let front = |source: &Source| source.read.front().map(|it| (it.at, it.number));
        let first = self.sources.iter().filter_map(front);
        let order = move |a: &(Millis, i64), b: &(Millis, i64)| match a.cmp(b) {
            order if backwards => order.reverse(),
            order => order,
        };
        let Some(first) = first.min_by(order) else {
            return Ok(None);
        };
        let mut found = None;
        for source in &mut self.sources {
            if front(source).is_some_and(|it| it.cmp(&first) == Ordering::Equal) {
                found = source.read.pop_front();
            }
        }
        Ok(found)
    }
}

impl Source {
    async fn fill(&mut self, app: &App, backwards: bool, chunk: usize) -> Result<(), Problem> {
        while self.read.is_empty() {
            let rest = std::mem::replace(&mut self.rest, Rest::Nothing);
            let after = match &rest {
                Rest::All => None,
                Rest::After(it) => Some((it.at, &it.stream)),
                Rest::Nothing => return Ok(()),
            };
            let bounds = Bounds {
                from: self.span.from,
                to: self.span.to,
                after,
                backwards,
            };
            let read = app.store.stretch::<Project>(&self.list, &bounds, chunk);
            let read = read.await.map_err(|error| match error {
                StoreError::NoStream(_) => Transport::Malformed.with("reason", "after"),
                error => of_store(error),
            })?;
            self.read.extend(read.found);
            if let Some((at, stream)) = read.last {
                self.rest = Rest::After(Cursor { at, stream });
            }
        }
        Ok(())
    }
}

/// Where the next page goes on after a project.
pub fn after(found: &Found<Summary>) -> Cursor {
    Cursor {
        at: found.at,
        stream: found.listed.stream.clone(),
    }
}
