//! What happens without a request: the clock's events, openings, documents,
//! the record, the outbox.
