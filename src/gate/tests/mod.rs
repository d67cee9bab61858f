mod closing;
mod day;
mod days;
mod holds;
mod pulses;
mod requests;
mod restarts;
mod sensing;
mod world;

use super::*;
