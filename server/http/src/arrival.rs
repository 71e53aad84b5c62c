//! Whether the whole of a request has come. One that is late because its client still
//! sends is the client's; one that has come is the platform's to answer.

use std::cell::Cell;
use std::rc::Rc;

use actix_web::HttpMessage as _;
use actix_web::dev::{Payload, ServiceRequest};
use futures_util::StreamExt as _;

/// Whether the whole of a request has come.
pub struct Arrival(Rc<Cell<bool>>);

impl Arrival {
    /// Watches a request's body from here on.
    pub fn of(request: &mut ServiceRequest) -> Self {
        let body = request.take_payload();
        let has_come = Rc::new(Cell::new(matches!(body, Payload::None)));
        if !has_come.get() {
            let seen = has_come.clone();
            // The mark at the end yields no piece.
            let end = futures_util::stream::poll_fn(move |_| {
                seen.set(true);
                std::task::Poll::Ready(None)
            });
            let payload = Box::pin(body.chain(end));
            request.set_payload(Payload::Stream { payload });
        }
        Self(has_come)
    }

    pub fn is_whole(&self) -> bool {
        self.0.get()
    }
}
