//! The gate's bounds, each with its reason.

use std::time::Duration;

use crate::duration::Bounded;

/// How long one press of the remote's button lasts.
///
/// Remotes need some 50 ms to notice a press; beyond 10 s an opener takes a held button for the wish
/// to be taught a new remote.
pub(crate) type PulseLength = Bounded<50, 10_000>;

/// How long the gate needs from one end to the other. No opener runs its motor for ten minutes.
pub(crate) type Travel = Bounded<1_000, 600_000>;

/// How long the gate rests open before its opener closes it. Openers offer seconds to minutes.
pub(crate) type OpenTime = Bounded<1_000, 3_600_000>;

/// The least time between the end of one pulse and the start of the next.
///
/// A remote must see the button released, or it takes two presses for one. The relay's own end of
/// the pulse may also be some milliseconds late on a busy single core.
pub(crate) const PULSE_GAP: Duration = Duration::from_millis(500);
