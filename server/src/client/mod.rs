//! The client of the API: everything a party does from its own machine.
