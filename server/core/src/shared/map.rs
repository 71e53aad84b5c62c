//! A sorted map whose copies share what did not change. A copy costs nothing,
//! and a change to a copy costs the logarithm of the size, so that what is done
//! once for each bidder stays below the square of their number.
//!
//! It is a B-tree that only grows: nothing that the rules remember is forgotten.

use std::borrow::Borrow;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Index;
use std::slice;
use std::sync::Arc;

use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The most entries of a leaf, and the most children of a branch.
const WIDTH: usize = 32;

/// A sorted map, shared until written to. In JSON a list of pairs.
#[derive(Clone)]
pub struct SharedMap<K, V> {
    root: Arc<Node<K, V>>,
    length: usize,
}

#[derive(Clone)]
enum Node<K, V> {
    /// Entries, sorted by key.
    Leaf(Vec<(K, V)>),
    /// Children, each with the least key below it. That of the first is not looked
    /// at, since whatever is less than all keys belongs there too.
    Branch(Vec<Child<K, V>>),
}

/// The upper half of a node that became too wide, with its least key.
type Half<K, V> = Option<Child<K, V>>;

/// A node below another, with the least key below it.
type Child<K, V> = (K, Arc<Node<K, V>>);

impl<K, V> Node<K, V> {
    fn find<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        step();
        match self {
            Self::Leaf(entries) => {
                let place = entries.binary_search_by(|(it, _)| it.borrow().cmp(key));
                place.ok().map(|place| &entries[place].1)
            }
            Self::Branch(children) => children[child(children, key)].1.find(key),
        }
    }
}

impl<K: Ord + Clone, V: Clone> Node<K, V> {
    fn find_mut<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        match self {
            Self::Leaf(entries) => {
                let place = entries.binary_search_by(|(it, _)| it.borrow().cmp(key));
                place.ok().map(|place| &mut entries[place].1)
            }
            Self::Branch(children) => {
                let place = child(children, key);
                Arc::make_mut(&mut children[place].1).find_mut(key)
            }
        }
    }

    /// The value that was there before, and the half that did not fit.
    fn insert(&mut self, key: K, value: V) -> (Option<V>, Half<K, V>) {
        match self {
            Self::Leaf(entries) => match entries.binary_search_by(|(it, _)| it.cmp(&key)) {
                Ok(place) => {
                    let former = std::mem::replace(&mut entries[place].1, value);
                    (Some(former), None)
                }
                Err(place) => {
                    entries.insert(place, (key, value));
                    (None, upper_half(entries, Self::Leaf))
                }
            },
            Self::Branch(children) => {
                let place = child(children, &key);
                let (former, half) = Arc::make_mut(&mut children[place].1).insert(key, value);
                if let Some(half) = half {
                    children.insert(place + 1, half);
                }
                (former, upper_half(children, Self::Branch))
            }
        }
    }
}

/// The child below which a key is, if it is anywhere.
fn child<K: Borrow<Q>, Q: Ord + ?Sized, C>(children: &[(K, C)], key: &Q) -> usize {
    let greater = children.partition_point(|(least, _)| least.borrow() <= key);
    greater.saturating_sub(1)
}

fn upper_half<K: Clone, V, T>(
    all: &mut Vec<(K, T)>,
    node: impl FnOnce(Vec<(K, T)>) -> Node<K, V>,
) -> Half<K, V> {
    if all.len() <= WIDTH {
        return None;
    }
    let upper = all.split_off(all.len() / 2);
    Some((upper[0].0.clone(), Arc::new(node(upper))))
}

impl<K, V> SharedMap<K, V> {
    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.length
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// The value of a key.
    pub fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.root.find(key)
    }

    /// Whether the key is there.
    pub fn contains_key<Q: Ord + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.get(key).is_some()
    }

    /// The entries, sorted by key.
    pub fn iter(&self) -> Iter<'_, K, V> {
        let mut iter = Iter {
            above: Vec::new(),
            leaf: [].iter(),
        };
        iter.descend(&self.root);
        iter
    }

    /// The entries whose keys are greater than `key`, sorted.
    pub fn after<Q: Ord + ?Sized>(&self, key: &Q) -> Iter<'_, K, V>
    where
        K: Borrow<Q>,
    {
        let mut above = Vec::new();
        let mut node = &*self.root;
        loop {
            step();
            match node {
                Node::Leaf(entries) => {
                    let begin = entries.partition_point(|(it, _)| it.borrow() <= key);
                    let leaf = entries[begin..].iter();
                    return Iter { above, leaf };
                }
                Node::Branch(children) => {
                    let place = child(children, key);
                    above.push(children[place + 1..].iter());
                    node = &children[place].1;
                }
            }
        }
    }

    /// The keys, sorted.
    pub fn keys(&self) -> impl Iterator<Item = &K> + Clone {
        self.iter().map(|(key, _)| key)
    }

    /// The values in the order of their keys.
    pub fn values(&self) -> impl Iterator<Item = &V> + Clone {
        self.iter().map(|(_, value)| value)
    }
}

impl<K: Ord + Clone, V: Clone> SharedMap<K, V> {
    /// Puts a value in its place; the one that was there before.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        let root = Arc::make_mut(&mut self.root);
        let (former, half) = root.insert(key, value);
        if let Some(half) = half {
            let lower = std::mem::replace(root, Node::Branch(Vec::new()));
            let least = match &lower {
                Node::Leaf(entries) => entries[0].0.clone(),
                Node::Branch(children) => children[0].0.clone(),
            };
            *root = Node::Branch(vec![(least, Arc::new(lower)), half]);
        }
        self.length += usize::from(former.is_none());
        former
    }

    /// The value of a key, to change it.
    pub fn get_mut<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        Arc::make_mut(&mut self.root).find_mut(key)
    }
}

impl<K: Ord + Clone, V: Clone + Default> SharedMap<K, V> {
    /// The value of a key, to change it; made if it is not there.
    #[expect(
        clippy::missing_panics_doc,
        reason = "what was put in just now is there"
    )]
    pub fn get_or_default(&mut self, key: &K) -> &mut V {
        if !self.contains_key(key) {
            self.insert(key.clone(), V::default());
        }
        self.get_mut(key).expect("it was put there if it was not")
    }
}

/// The entries of a [`SharedMap`].
pub struct Iter<'a, K, V> {
    above: Vec<slice::Iter<'a, Child<K, V>>>,
    leaf: slice::Iter<'a, (K, V)>,
}

impl<K, V> Clone for Iter<'_, K, V> {
    fn clone(&self) -> Self {
        Self {
            above: self.above.clone(),
            leaf: self.leaf.clone(),
        }
    }
}

impl<'a, K, V> Iter<'a, K, V> {
    /// Goes down to the first leaf of a node.
    fn descend(&mut self, mut node: &'a Node<K, V>) {
        loop {
            match node {
                Node::Leaf(entries) => {
                    self.leaf = entries.iter();
                    return;
                }
                Node::Branch(children) => {
                    let mut rest = children.iter();
                    let Some((_, first)) = rest.next() else {
                        return;
                    };
                    self.above.push(rest);
                    node = first;
                }
            }
        }
    }
}

impl<'a, K, V> Iterator for Iter<'a, K, V> {
    type Item = (&'a K, &'a V);

    fn next(&mut self) -> Option<Self::Item> {
        step();
        loop {
            if let Some((key, value)) = self.leaf.next() {
                return Some((key, value));
            }
            match self.above.last_mut()?.next() {
                Some((_, child)) => self.descend(child),
                None => drop(self.above.pop()),
            }
        }
    }
}

impl<'a, K, V> IntoIterator for &'a SharedMap<K, V> {
    type Item = (&'a K, &'a V);
    type IntoIter = Iter<'a, K, V>;

    fn into_iter(self) -> Iter<'a, K, V> {
        self.iter()
    }
}

impl<K, V> Default for SharedMap<K, V> {
    fn default() -> Self {
        Self {
            root: Arc::new(Node::Leaf(Vec::new())),
            length: 0,
        }
    }
}

impl<K: PartialEq, V: PartialEq> PartialEq for SharedMap<K, V> {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.root, &other.root)
            || (self.length == other.length && self.iter().eq(other.iter()))
    }
}

impl<K: Eq, V: Eq> Eq for SharedMap<K, V> {}

impl<K: fmt::Debug, V: fmt::Debug> fmt::Debug for SharedMap<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self).finish()
    }
}

impl<K: Borrow<Q>, Q: Ord + ?Sized, V> Index<&Q> for SharedMap<K, V> {
    type Output = V;

    fn index(&self, key: &Q) -> &V {
        self.get(key).expect("the key is there")
    }
}

impl<K: Ord + Clone, V: Clone> FromIterator<(K, V)> for SharedMap<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let mut map = Self::default();
        for (key, value) in entries {
            map.insert(key, value);
        }
        map
    }
}

impl<K: Serialize, V: Serialize> Serialize for SharedMap<K, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self)
    }
}

impl<'de, K, V> Deserialize<'de> for SharedMap<K, V>
where
    K: Deserialize<'de> + Ord + Clone,
    V: Deserialize<'de> + Clone,
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs<K, V>(PhantomData<(K, V)>);

        impl<'de, K, V> Visitor<'de> for Pairs<K, V>
        where
            K: Deserialize<'de> + Ord + Clone,
            V: Deserialize<'de> + Clone,
        {
            type Value = SharedMap<K, V>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of pairs")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut pairs: A) -> Result<Self::Value, A::Error> {
                let mut map = SharedMap::default();
                while let Some((key, value)) = pairs.next_element()? {
                    map.insert(key, value);
                }
                Ok(map)
            }
        }

        deserializer.deserialize_seq(Pairs(PhantomData))
    }
}

#[cfg(debug_assertions)]
thread_local! {
    static STEPS: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
}

/// How many nodes were looked into and entries passed over on this thread, so that
/// a test can hold how the work of the rules grows. Counted in debug builds only.
#[cfg(debug_assertions)]
pub fn steps() -> u64 {
    STEPS.get()
}

fn step() {
    #[cfg(debug_assertions)]
    STEPS.set(STEPS.get() + 1);
}

/// A sorted set, shared until written to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent, bound(deserialize = "K: Deserialize<'de> + Ord + Clone"))]
pub struct SharedSet<K>(SharedMap<K, ()>);

impl<K: Ord + Clone> SharedSet<K> {
    /// Adds a member; whether it is new.
    pub fn insert(&mut self, key: K) -> bool {
        self.0.insert(key, ()).is_none()
    }

    /// Whether it is a member.
    pub fn contains(&self, key: &K) -> bool {
        self.0.contains_key(key)
    }
}

impl<K> Default for SharedSet<K> {
    fn default() -> Self {
        Self(SharedMap::default())
    }
}

#[cfg(test)]
mod tests;
