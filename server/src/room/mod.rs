//! The live room.

use crate::app::Shared;

#[derive(Default)]
pub struct Rooms;

impl Rooms {
    pub fn close(&self) {}
}

/// Tells the rooms of what the store has written.
pub async fn follow(app: Shared) {
    let mut changes = app.store.subscribe();
    while changes.recv().await.is_ok() {}
}
