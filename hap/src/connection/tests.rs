//! Both ends in one thread, on one clock that moves only when a test says so.
//!
//! [`home::Home`] is the accessory's side with any number of controllers; the other files are its stories.

mod arbitrary;
mod bench;
mod events;
mod exchanges;
mod first_pairing;
mod half_pairing;
mod home;
mod line;
mod logged;
mod meanwhile;
mod order;
mod pairings;
mod program;
mod randomness;
mod reads;
mod resource;
mod rules;
mod silence;
mod story;
mod timed_writes;
mod transcripts;
mod transport;
mod writes;
