//! What the daemon and the keeper say to each other: small records of a fixed size, one a message.

use std::time::Duration;

use crate::gate::PulseLength;

/// An order to the keeper.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Order {
    /// Its number; a report names it.
    pub(super) id: u64,
    /// Which output, by its place in the list that the keeper was started with.
    pub(super) line: u8,
    /// What to do.
    pub(super) what: What,
    /// It is void when the keeper reads it later than this, on the monotonic clock.
    pub(super) not_after: Duration,
}

/// What to do with an output.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum What {
    /// Press and let go after this time.
    Pulse(PulseLength),
    /// Switch on until it is released.
    Hold,
    /// Let go, now.
    Release,
    /// Nothing but answer: the line does not matter.
    Answer,
}

/// What the keeper says of an order.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Report {
    /// The edge has happened, or there was none to make.
    Done { id: u64 },
    /// There was no edge.
    Refused { id: u64, why: Refusal },
    /// The pulse is over.
    Ended { id: u64 },
}

/// Why there was no edge.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Refusal {
    /// The output is on already.
    Busy,
    /// The order was too old, or about an output that does not exist.
    Void,
    /// The system's error number; zero when it has none.
    Failed(i32),
}

impl Order {
    /// kind, line, 6 unused, id, pulse in nanoseconds, not after in nanoseconds.
    pub(super) const BYTES: usize = 32;

    pub(super) fn to_bytes(self) -> [u8; Self::BYTES] {
        let (kind, length) = match self.what {
            What::Pulse(length) => (PULSE, length.get()),
            What::Hold => (HOLD, Duration::ZERO),
            What::Release => (RELEASE, Duration::ZERO),
            What::Answer => (ANSWER, Duration::ZERO),
        };
        let mut bytes = [0; Self::BYTES];
        let fields =
            [u64::from_le_bytes([kind, self.line, 0, 0, 0, 0, 0, 0]), self.id, nanos(length), nanos(self.not_after)];
        for (place, field) in bytes.chunks_exact_mut(8).zip(fields) {
            place.copy_from_slice(&field.to_le_bytes());
        }
        bytes
    }

    /// `None`: no order of ours. A pulse out of bounds is none either.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let [head, id, length, not_after] = fields(bytes)?;
        let [kind, line, 0, 0, 0, 0, 0, 0] = head.to_le_bytes() else {
            return None;
        };
        let what = match (kind, length) {
            (PULSE, length) => What::Pulse(PulseLength::try_from(Duration::from_nanos(length)).ok()?),
            (HOLD, 0) => What::Hold,
            (RELEASE, 0) => What::Release,
            (ANSWER, 0) => What::Answer,
            _ => return None,
        };
        Some(Self { id, line, what, not_after: Duration::from_nanos(not_after) })
    }
}

impl Report {
    /// kind, reason, 2 unused, the system's error number, id.
    pub(super) const BYTES: usize = 16;

    pub(super) fn to_bytes(self) -> [u8; Self::BYTES] {
        let (kind, reason, errno, id) = match self {
            Self::Done { id } => (DONE, 0, 0, id),
            Self::Ended { id } => (ENDED, 0, 0, id),
            Self::Refused { id, why: Refusal::Busy } => (REFUSED, BUSY, 0, id),
            Self::Refused { id, why: Refusal::Void } => (REFUSED, VOID, 0, id),
            Self::Refused { id, why: Refusal::Failed(errno) } => (REFUSED, FAILED, errno, id),
        };
        let [a, b, c, d] = errno.to_le_bytes();
        let mut bytes = [0; Self::BYTES];
        let fields = [u64::from_le_bytes([kind, reason, 0, 0, a, b, c, d]), id];
        for (place, field) in bytes.chunks_exact_mut(8).zip(fields) {
            place.copy_from_slice(&field.to_le_bytes());
        }
        bytes
    }

    /// `None`: no report of ours.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let [head, id] = fields(bytes)?;
        let [kind, reason, 0, 0, a, b, c, d] = head.to_le_bytes() else {
            return None;
        };
        let errno = i32::from_le_bytes([a, b, c, d]);
        Some(match (kind, reason, errno) {
            (DONE, 0, 0) => Self::Done { id },
            (ENDED, 0, 0) => Self::Ended { id },
            (REFUSED, BUSY, 0) => Self::Refused { id, why: Refusal::Busy },
            (REFUSED, VOID, 0) => Self::Refused { id, why: Refusal::Void },
            (REFUSED, FAILED, errno) => Self::Refused { id, why: Refusal::Failed(errno) },
            _ => return None,
        })
    }
}

const PULSE: u8 = 1;
const HOLD: u8 = 2;
const RELEASE: u8 = 3;
const ANSWER: u8 = 4;

const DONE: u8 = 1;
const REFUSED: u8 = 2;
const ENDED: u8 = 3;

const BUSY: u8 = 1;
const VOID: u8 = 2;
const FAILED: u8 = 3;

/// A record of `N` numbers, if it is one.
fn fields<const N: usize>(bytes: &[u8]) -> Option<[u64; N]> {
    let (numbers, []) = bytes.as_chunks::<8>() else {
        return None;
    };
    let numbers: &[[u8; 8]; N] = numbers.try_into().ok()?;
    Some(numbers.map(u64::from_le_bytes))
}

/// The monotonic clock reaches the end of 64 bits after 584 years.
fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn what() -> impl Strategy<Value = What> {
        prop_oneof![
            (50_u64..=10_000).prop_map(|ms| What::Pulse(PulseLength::try_from(Duration::from_millis(ms)).unwrap())),
            Just(What::Hold),
            Just(What::Release),
            Just(What::Answer),
        ]
    }

    fn report() -> impl Strategy<Value = Report> {
        let why = prop_oneof![Just(Refusal::Busy), Just(Refusal::Void), any::<i32>().prop_map(Refusal::Failed)];
        prop_oneof![
            any::<u64>().prop_map(|id| Report::Done { id }),
            any::<u64>().prop_map(|id| Report::Ended { id }),
            (any::<u64>(), why).prop_map(|(id, why)| Report::Refused { id, why }),
        ]
    }

    proptest! {
        #[test]
        fn an_order_reads_back_as_it_was_written(id: u64, line: u8, what in what(), nanos: u64) {
            let order = Order { id, line, what, not_after: Duration::from_nanos(nanos) };
            prop_assert_eq!(Order::from_bytes(&order.to_bytes()), Some(order));
        }

        #[test]
        fn a_report_reads_back_as_it_was_written(report in report()) {
            prop_assert_eq!(Report::from_bytes(&report.to_bytes()), Some(report));
        }

        #[test]
        fn arbitrary_bytes_are_no_record_or_exactly_one(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            if let Some(order) = Order::from_bytes(&bytes) {
                prop_assert_eq!(&order.to_bytes()[..], &bytes[..]);
            }
            if let Some(report) = Report::from_bytes(&bytes) {
                prop_assert_eq!(&report.to_bytes()[..], &bytes[..]);
            }
        }
    }

    #[test]
    fn a_pulse_beyond_ten_seconds_is_no_order() {
        let pulse =
            Order { id: 1, line: 0, what: What::Pulse(PulseLength::millis::<10_000>()), not_after: Duration::ZERO };
        let mut bytes = pulse.to_bytes();
        assert!(Order::from_bytes(&bytes).is_some());
        bytes[16..24].copy_from_slice(&10_000_000_001_u64.to_le_bytes());
        assert_eq!(Order::from_bytes(&bytes), None);
        bytes[16..24].copy_from_slice(&0_u64.to_le_bytes());
        assert_eq!(Order::from_bytes(&bytes), None);
    }
}
