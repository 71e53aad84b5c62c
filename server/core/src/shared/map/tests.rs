use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use proptest::prelude::*;

use super::*;

proptest! {
    #[test]
    fn it_holds_what_a_sorted_map_holds_and_a_copy_keeps_what_it_had(
        first in proptest::collection::vec((0_u16..500, any::<u8>()), 0..1_500),
        then in proptest::collection::vec((0_u16..500, any::<u8>()), 0..200),
    ) {
        let mut map: SharedMap<u16, u8> = first.iter().copied().collect();
        let mut model: BTreeMap<u16, u8> = first.iter().copied().collect();
        let (copy, kept) = (map.clone(), model.clone());
        for (key, value) in then {
            if let Some(held) = map.get_mut(&key) {
                *held = value;
            } else {
                *map.get_or_default(&key) = value;
            }
            prop_assert_eq!(map.insert(key, value), Some(value));
            model.insert(key, value);
        }
        for (map, model) in [(&map, &model), (&copy, &kept)] {
            prop_assert!(map.iter().eq(model.iter()));
            prop_assert_eq!(map.len(), model.len());
            for key in 0..500 {
                prop_assert_eq!(map.get(&key), model.get(&key));
                prop_assert!(map.after(&key).eq(model.range(key + 1..)));
            }
        }
        let json = serde_json::to_string(&map).unwrap();
        prop_assert_eq!(serde_json::from_str::<SharedMap<u16, u8>>(&json).unwrap(), map);
    }
}

/// A value that counts how often it is copied.
#[derive(Default)]
struct Counted;

static COPIES: AtomicUsize = AtomicUsize::new(0);

impl Clone for Counted {
    fn clone(&self) -> Self {
        COPIES.fetch_add(1, Ordering::Relaxed);
        Self
    }
}

#[test]
fn a_copy_costs_nothing_and_a_change_to_it_costs_one_leaf() {
    let mut map = SharedMap::default();
    for key in 0..10_000_u32 {
        map.insert(key, Counted);
    }
    COPIES.store(0, Ordering::Relaxed);
    for key in 10_000..10_100 {
        let former = map.clone();
        map.insert(key, Counted);
        map.get_mut(&0);
        assert_eq!(former.len() + 1, map.len());
    }
    assert!(COPIES.load(Ordering::Relaxed) <= 100 * 2 * WIDTH);
}
