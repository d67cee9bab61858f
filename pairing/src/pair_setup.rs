//! Pair Setup, the accessory's side (HAP §5): a stranger who knows the setup code becomes the first controller.
//!
//! An accessory runs one Pair Setup at a time, and the connection that runs it is its owner. The slow arithmetic comes
//! out as a [`Computation`] and its result goes back in, and whatever must be durable comes out as a [`Durable`] with
//! the outcome going back in:
//!
//! ```text
//! M1 → handle → Compute → computed → Reply M2
//! M3 → handle → Compute → computed → Reply M4, or Store → stored
//! M5 → handle → Store → stored          the Durable holds M6
//! ```
//!
//! One law: a connection's next request is handed in only after the one before it is answered.
//!
//! What M2 needs can be computed ahead of M1: see [`PairSetup::prepare`].

mod attempt;
mod computation;
mod exchange;

use std::sync::Arc;
use std::time::Instant;

use crate::limits;
use crate::reply::{Durable, ErrorCode, Reply, message};
use crate::setup_code::SetupCode;
use crate::srp::{ClientPublicKey, Proof, PublicKeyError, Verifier};
use crate::state::{Change, FailedAttempts, State};
use crate::tlv8::{Items, Malformed, Type, Writer};
use attempt::{Attempt, Ready};
use computation::{Outcome, Work};
use exchange::Exchange;
use rand_core::CryptoRng;

pub use attempt::Preparation;
pub use computation::{Computation, Computed};

/// Names a connection: an open one has the same id all its life, and no other one has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ConnectionId(pub u64);

/// What a request, or a result, of Pair Setup asks of the caller.
#[derive(Debug)]
#[must_use]
pub enum Step {
    /// Answer.
    Reply(Reply),
    /// Run this off the event loop and bring the result to [`PairSetup::computed`].
    Compute(Computation),
    /// Store this, answer, and tell [`PairSetup::stored`] how it went. Store it even if the connection closes meanwhile.
    Store(Durable),
}

/// The Pair Setup of an accessory (HAP §5).
///
/// It expects requests of connections that are not secured: Pair Setup on a secured one is the caller's to refuse
/// with 400 (HAP §5.3).
#[derive(Default)]
pub struct PairSetup {
    running: Option<Procedure>,
    /// The keys of the next M2, which nobody has seen.
    next: Option<Arc<Attempt>>,
    /// The verifier of the code that was last asked for.
    verifier: Option<(SetupCode, Arc<Verifier>)>,
    /// Procedures begun so far: tells a result of the running one from a late one.
    procedures: u64,
    /// Wrong codes that could not be stored. They still count, at least until a restart.
    unstored: FailedAttempts,
}

impl PairSetup {
    /// No procedure runs.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Handles a request. `now` never goes back from one call to the next.
    ///
    /// Draws from `rng`: at M1 a salt of 16 bytes, when there is no verifier of the code yet, and 32 bytes of private
    /// key, when none were prepared; later messages draw nothing. Each M2 has keys of its own, and the salt stays with its
    /// code (HAP §5.4).
    pub fn handle(
        &mut self,
        connection: ConnectionId,
        request: &[u8],
        state: &State,
        now: Instant,
        rng: &mut dyn CryptoRng,
    ) -> Step {
        self.step(connection, request, state, now, rng).unwrap_or_else(|refused| {
            log::debug!("refused a Pair Setup request: {refused}");
            self.reset(connection);
            Step::Reply(Reply::BadRequest)
        })
    }

    /// Takes the result of a [`Computation`].
    ///
    /// The result of a procedure that was reset or taken over meanwhile is answered with 400, whatever it is: a late
    /// answer must not tell whether a code was right.
    pub fn computed(&mut self, connection: ConnectionId, result: Computed, state: &State) -> Step {
        let Computed { procedure, outcome } = result;
        let nothing_to_forgive = self.failed_attempts(state) == FailedAttempts::default();
        let Some(running) = self
            .running
            .as_mut()
            .filter(|running| running.ticket.owner == connection && running.ticket.number == procedure)
        else {
            return Step::Reply(Reply::BadRequest);
        };
        match (outcome, &running.phase) {
            (Outcome::Keys, Phase::ComputingKeys(attempt)) => {
                let attempt = Arc::clone(attempt);
                running.phase = Phase::Proof(Arc::clone(&attempt));
                self.m2(&attempt)
            }
            (Outcome::Proof(Ok(proven)), Phase::ComputingProof) => {
                let exchange = Exchange::new(&proven.key, &state.identity);
                let m4 = Writer::new().byte(Type::STATE, message::M4).item(Type::PROOF, &proven.proof).finish();
                if nothing_to_forgive {
                    running.phase = Phase::Exchange(exchange);
                    return Step::Reply(Reply::Tlv(m4));
                }
                running.phase = Phase::Storing(Stored::RightCode(exchange));
                store(Change::ForgiveFailedAttempts, Reply::Tlv(m4), message::M4)
            }
            (Outcome::Proof(Err(wrong)), Phase::ComputingProof) => {
                log::warn!("Pair Setup failed: {wrong}");
                running.phase = Phase::Storing(Stored::WrongCode);
                store(Change::CountFailedAttempt, Reply::error(message::M4, ErrorCode::Authentication), message::M4)
            }
            _ => Step::Reply(Reply::BadRequest),
        }
    }

    /// Learns whether the change of a [`Step::Store`] is durable. When it is not, the procedure is over.
    pub fn stored(&mut self, connection: ConnectionId, ok: bool) {
        let Some((ticket, phase)) = self.take(connection) else {
            return;
        };
        match phase {
            Phase::Storing(Stored::RightCode(exchange)) if ok => {
                self.unstored = FailedAttempts::default();
                self.put_back(ticket, Phase::Exchange(exchange));
            }
            Phase::Storing(Stored::WrongCode) if !ok => self.unstored.count(),
            Phase::Storing(_) => {}
            // Nothing was being stored: the procedure goes on as it was.
            phase => self.put_back(ticket, phase),
        }
    }

    /// What can be computed now for the next attempt, so that its M2 can be answered at once; `None` when there is nothing.
    ///
    /// Ask at the start, and again whenever a procedure has ended or pairings were removed: while one runs there is nothing,
    /// for its M3 would have to wait. Run it off the event loop, as a [`Computation`]; its result need not be brought back.
    /// Draws from `rng` what M1 would draw.
    pub fn prepare(&mut self, state: &State, rng: &mut dyn CryptoRng) -> Option<Preparation> {
        if state.is_paired() {
            // Nobody can ask for them until all pairings are gone.
            (self.next, self.verifier) = (None, None);
        }
        if state.is_paired() || self.failed_attempts(state).is_exhausted() || self.running.is_some() {
            return None;
        }
        let attempt = self.next_attempt(&state.setup_code, rng);
        let preparation = attempt.preparation();
        self.next = Some(attempt);
        preparation
    }

    /// Frees the procedure if this connection owned it (HAP §5.7).
    pub fn connection_closed(&mut self, connection: ConnectionId) {
        self.reset(connection);
    }

    /// The connection that runs Pair Setup.
    #[must_use]
    pub fn owner(&self) -> Option<ConnectionId> {
        self.running.as_ref().map(|running| running.ticket.owner)
    }

    fn step(
        &mut self,
        connection: ConnectionId,
        request: &[u8],
        state: &State,
        now: Instant,
        rng: &mut dyn CryptoRng,
    ) -> Result<Step, Refused> {
        let items = Items::parse(request)?;
        let request_state = items.byte(Type::STATE)?;
        if request_state == Some(message::M1) {
            // A controller that starts over has given up what it began (HAP §5.3).
            self.reset(connection);
        }
        if self.owner() != Some(connection) && !state.is_paired() {
            // Any well-formed request of another connection ends a procedure that takes too long (HAP §5.3).
            let late =
                |running: &mut Procedure| now.saturating_duration_since(running.ticket.began) >= limits::TAKE_OVER;
            let ended = self.running.take_if(late);
            self.end(ended.map(|running| running.phase));
        }
        match request_state {
            Some(message::M1) => self.m1(connection, &items, state, now, rng),
            Some(message::M3) => self.m3(connection, &items, state),
            Some(message::M5) => self.m5(connection, &items, state),
            _ => Err(Refused::OutOfTurn),
        }
    }

    /// HAP §5.4.
    fn m1(
        &mut self,
        connection: ConnectionId,
        items: &Items<'_>,
        state: &State,
        now: Instant,
        rng: &mut dyn CryptoRng,
    ) -> Result<Step, Refused> {
        // Method 1 asks for a coprocessor, which there is none: the plain procedure serves as well (HAP §5.4).
        let Some(method @ (0 | 1)) = items.byte(Type::METHOD)? else {
            return Err(Refused::Item(Type::METHOD.0));
        };
        let flags = items.get(Type::FLAGS)?.unwrap_or_default();
        if flags.len() > limits::FLAGS {
            return Err(Refused::Item(Type::FLAGS.0));
        }
        // It asks for the verifier of a transient Pair Setup, and there are none here.
        let is_split =
            method == 0 && flags.get(3) == Some(&SPLIT) && flags.first().is_none_or(|low| low & TRANSIENT == 0);
        let refusal = if state.is_paired() {
            Some(ErrorCode::Unavailable)
        } else if self.failed_attempts(state).is_exhausted() {
            Some(ErrorCode::MaxTries)
        } else if self.running.is_some() {
            Some(ErrorCode::Busy)
        } else if is_split {
            Some(ErrorCode::Authentication)
        } else {
            None
        };
        if let Some(code) = refusal {
            log::info!("Pair Setup refused: {code:?}");
            return Ok(Step::Reply(Reply::error(message::M2, code)));
        }
        self.procedures = self.procedures.wrapping_add(1);
        let ticket = Ticket { owner: connection, number: self.procedures, began: now };
        let attempt = self.next_attempt(&state.setup_code, rng);
        if attempt.ready().is_some() {
            let m2 = self.m2(&attempt);
            self.put_back(ticket, Phase::Proof(attempt));
            return Ok(m2);
        }
        self.put_back(ticket, Phase::ComputingKeys(Arc::clone(&attempt)));
        Ok(Step::Compute(Computation { procedure: ticket.number, work: Work::Keys(attempt) }))
    }

    /// HAP §5.5.
    fn m3(&mut self, connection: ConnectionId, items: &Items<'_>, state: &State) -> Result<Step, Refused> {
        if !self.running.as_ref().is_some_and(|running| running.waits_for_proof(connection)) {
            return Err(Refused::OutOfTurn);
        }
        let public_key = items.get(Type::PUBLIC_KEY)?.ok_or(Refused::Item(Type::PUBLIC_KEY.0))?;
        let proof: Proof = items.array(Type::PROOF)?.ok_or(Refused::Item(Type::PROOF.0))?;
        let client = match ClientPublicKey::new(&public_key) {
            Ok(client) => client,
            Err(PublicKeyError::TooLong) => return Err(Refused::Item(Type::PUBLIC_KEY.0)),
            // No guess at the code, so it does not count (HAP §5.5).
            Err(PublicKeyError::Zero) => {
                self.reset(connection);
                return Ok(error(message::M4, ErrorCode::Authentication));
            }
        };
        if state.is_paired() {
            self.reset(connection);
            return Ok(error(message::M4, ErrorCode::Unavailable));
        }
        let Some((ticket, Phase::Proof(attempt))) = self.take(connection) else {
            return Err(Refused::OutOfTurn);
        };
        self.put_back(ticket, Phase::ComputingProof);
        Ok(Step::Compute(Computation {
            procedure: ticket.number,
            work: Work::Proof { attempt, client: Box::new(client), proof },
        }))
    }

    /// HAP §5.6.
    fn m5(&mut self, connection: ConnectionId, items: &Items<'_>, state: &State) -> Result<Step, Refused> {
        let (ticket, exchange) = match self.take(connection) {
            Some((ticket, Phase::Exchange(exchange))) => (ticket, exchange),
            other => {
                self.end(other.map(|(_, phase)| phase));
                return Err(Refused::OutOfTurn);
            }
        };
        let sealed = items.get(Type::ENCRYPTED_DATA)?.ok_or(Refused::Item(Type::ENCRYPTED_DATA.0))?;
        let pairing = match exchange.open(&sealed)? {
            Ok(pairing) => pairing,
            Err(failed) => {
                log::warn!("Pair Setup failed: {failed}");
                return Ok(error(message::M6, ErrorCode::Authentication));
            }
        };
        if state.is_paired() {
            return Ok(error(message::M6, ErrorCode::Unavailable));
        }
        self.put_back(ticket, Phase::Storing(Stored::Pairing));
        Ok(store(Change::AddPairing(pairing), Reply::Tlv(exchange.into_m6()), message::M6))
    }

    fn failed_attempts(&self, state: &State) -> FailedAttempts {
        FailedAttempts::new(state.failed_attempts.get().saturating_add(self.unstored.get()))
    }

    /// The keys for the next M2: those that are there, or new ones.
    fn next_attempt(&mut self, code: &SetupCode, rng: &mut dyn CryptoRng) -> Arc<Attempt> {
        self.next.take().filter(|attempt| attempt.code() == code).unwrap_or_else(|| {
            let verifier =
                self.verifier.as_ref().filter(|(of, _)| of == code).map(|(_, verifier)| Arc::clone(verifier));
            Arc::new(Attempt::draw(code.clone(), verifier, rng))
        })
    }

    /// Answers with what is ready.
    fn m2(&mut self, attempt: &Attempt) -> Step {
        let Some(Ready { verifier, keys }) = attempt.ready() else {
            // Whoever says that it was computed has not run the computation.
            return Step::Reply(Reply::BadRequest);
        };
        self.verifier = Some((attempt.code().clone(), Arc::clone(verifier)));
        let m2 = Writer::new()
            .byte(Type::STATE, message::M2)
            .item(Type::PUBLIC_KEY, keys.public_key())
            .item(Type::SALT, verifier.salt());
        Step::Reply(Reply::Tlv(m2.finish()))
    }

    /// Ends a procedure; keys that nobody has seen are kept for the next M1.
    fn end(&mut self, phase: Option<Phase>) {
        if let Some(Phase::ComputingKeys(attempt)) = phase {
            self.next = Some(attempt);
        }
    }

    /// Takes the procedure of this connection out: it ends unless its next phase is put back.
    fn take(&mut self, connection: ConnectionId) -> Option<(Ticket, Phase)> {
        let running = self.running.take_if(|running| running.ticket.owner == connection)?;
        Some((running.ticket, running.phase))
    }

    fn put_back(&mut self, ticket: Ticket, phase: Phase) {
        self.running = Some(Procedure { ticket, phase });
    }

    fn reset(&mut self, connection: ConnectionId) {
        let ended = self.take(connection);
        self.end(ended.map(|(_, phase)| phase));
    }
}

/// In the lowest byte of the flags of M1: only this session is to be secured (HAP §3.2).
const TRANSIENT: u8 = 0x10;

/// In the highest byte of the flags of M1: a second Pair Setup with the verifier of the first (HAP §3.2).
const SPLIT: u8 = 0x01;

/// A running Pair Setup.
struct Procedure {
    ticket: Ticket,
    phase: Phase,
}

impl Procedure {
    fn waits_for_proof(&self, connection: ConnectionId) -> bool {
        self.ticket.owner == connection && matches!(self.phase, Phase::Proof(_))
    }
}

/// What stays the same from M1 to M6.
#[derive(Clone, Copy)]
struct Ticket {
    owner: ConnectionId,
    number: u64,
    began: Instant,
}

/// What the procedure waits for.
enum Phase {
    /// The keys of M2.
    ComputingKeys(Arc<Attempt>),
    /// M3.
    Proof(Arc<Attempt>),
    /// The verdict on M3.
    ComputingProof,
    /// M5.
    Exchange(Exchange),
    /// The store.
    Storing(Stored),
}

/// What is being stored.
enum Stored {
    WrongCode,
    RightCode(Exchange),
    Pairing,
}

/// Why a request gets 400. The procedure is over then.
#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error(transparent)]
    Malformed(#[from] Malformed),
    #[error("it lacks or misuses the item of type {0:#04x}")]
    Item(u8),
    #[error("it is not the message that is due")]
    OutOfTurn,
}

fn error(state: u8, code: ErrorCode) -> Step {
    Step::Reply(Reply::error(state, code))
}

/// When storing fails the answer is the same for a right and a wrong code, so a full disk does not tell them apart.
fn store(change: Change, then: Reply, state: u8) -> Step {
    Step::Store(Durable { change, then, otherwise: Reply::error(state, ErrorCode::Unknown) })
}
