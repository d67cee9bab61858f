//! A real opener with its gate, its limit switches, its photo cell and people with a remote, as arithmetic.
//!
//! It is what stands behind `driver = "simulated"`, and what the gate's model is tested against. It has no
//! clock: every call says what time it is, and times never run backwards. What a press means to it each opener says a second
//! time, as `motor`: a model that expects something else is found out.

mod motor;
#[cfg(test)]
mod tests;

use std::time::{Duration, Instant};

pub(crate) use motor::Design;
use motor::Motor;

use crate::gate::{Contact, Motion, Sensor, Sensors};

/// A simulated opener and its gate.
#[derive(Clone, Debug)]
pub(crate) struct Simulator {
    motor: Motor,
    edges: Vec<Edge>,
}

/// A sensor's raw edge.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Edge {
    /// Which sensor.
    pub sensor: Sensor,
    /// Whether it reports now.
    pub active: bool,
    /// When it began to.
    pub at: Instant,
}

impl Simulator {
    /// A gate that rests at its closed end.
    pub(crate) fn new(design: Design, now: Instant) -> Self {
        Self { motor: Motor::new(design, now), edges: Vec::new() }
    }

    /// A relay closes or opens one of the opener's contacts. The opener acts when it closes.
    pub(crate) fn contact(&mut self, contact: Contact, is_closed: bool, now: Instant) {
        self.pass(now);
        if is_closed {
            self.motor.press(contact, now);
        }
    }

    /// Somebody presses the remote, which has the opener's main button.
    pub(crate) fn remote(&mut self, now: Instant) {
        self.contact(Contact::Main, true, now);
    }

    /// Somebody or something stands in the way, or goes out of it.
    pub(crate) fn obstruct(&mut self, is_obstructed: bool, now: Instant) {
        self.pass(now);
        if self.motor.obstruct(is_obstructed, now) {
            self.edges.push(Edge { sensor: Sensor::Obstruction, active: is_obstructed, at: now });
        }
    }

    /// The gate cannot move, for ice or a stone, or can again.
    pub(crate) fn jam(&mut self, is_jammed: bool, now: Instant) {
        self.pass(now);
        self.motor.jam(is_jammed, now);
    }

    /// Lets time pass, and returns the edges since the last call, in the order of time.
    pub(crate) fn advance(&mut self, now: Instant) -> Vec<Edge> {
        self.pass(now);
        std::mem::take(&mut self.edges)
    }

    /// When [`Simulator::advance`] is next due, if ever.
    pub(crate) fn wake_at(&self) -> Option<Instant> {
        if self.edges.is_empty() { self.motor.due() } else { self.edges.last().map(|edge| edge.at) }
    }

    /// What the sensors say, all three of them.
    pub(crate) fn sensors(&self) -> Sensors {
        self.motor.sensors()
    }

    /// What the gate really does.
    pub(crate) const fn motion(&self) -> Motion {
        self.motor.motion()
    }

    /// How far the gate is open, from zero to the travel.
    pub(crate) fn position(&self, now: Instant) -> Duration {
        self.motor.position(now)
    }

    fn pass(&mut self, now: Instant) {
        // Ends: each step is due later than the one before, or moves on to a state with fewer steps left.
        while let Some(edge) = self.motor.pass(now) {
            self.edges.extend(edge);
        }
    }
}
