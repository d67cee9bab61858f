//! The bounds of the webhooks, each with its reason.

use std::time::Duration;

/// Events that may wait for one receiver: an hour of a busy gate.
pub(super) const WAITING: usize = 64;

/// How long a receiver may take to answer, from the connection on.
pub(super) const ANSWER: Duration = Duration::from_secs(10);

/// How long to wait before the second attempt, doubled each time, and at most.
pub(super) const BACK_OFF: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(300));

/// Attempts at most: with the waits between them eight minutes, in which a receiver can be updated and started again.
pub(super) const ATTEMPTS: u32 = 10;

/// How long a connection is kept for the next event: less than the four minutes after which routers forget a silent one.
pub(super) const IDLE: Duration = Duration::from_secs(180);

/// Lines of the history among which is looked, at the start, for what moved the gates last: weeks of a quiet gate.
pub(super) const LOOKED_THROUGH: usize = 500;
