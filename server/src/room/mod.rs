//! The live room.
