//! Tests of the bid as a whole. `vectors` also writes what stands in
//! crypto/vectors/sealed-bid.

mod forge;
mod header;
mod round_trip;
mod sample;
mod seeds;
mod upload;
mod vectors;
