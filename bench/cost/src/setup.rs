//! Pair Setup, the accessory's side.

use std::time::Instant;

use pairing::controller;
use pairing::{ConnectionId, ControllerId, PairSetup, Reply, SetupCode, State, Step};

use crate::randomness::Counter;
use crate::{Case, case};

const CONNECTION: ConnectionId = ConnectionId(1);

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = vec![
        case("setup preparation", Ready::new, Ready::used_up, |ready, ()| ready.prepare()),
        case("setup M1", Ready::new, Ready::prepared_m1, |ready, m1| drop(ready.post(&m1))),
        case("setup M3", Ready::new, |ready| ready.m3(RIGHT), |ready, m3| drop(ready.post(&m3))),
        case("setup M5", Ready::new, Ready::m5, |ready, m5| drop(ready.post(&m5))),
    ];
    cases.extend(WRONG.map(|code| {
        case(
            format!("setup M3 with wrong code {code}"),
            Ready::new,
            move |ready| ready.m3(code),
            |ready, m3| drop(ready.post(&m3)),
        )
    }));
    cases
}

const RIGHT: &str = "031-45-154";
/// The first digit wrong, the last one, and all of them.
const WRONG: [&str; 4] = ["131-45-154", "031-45-155", "987-65-432", "000-00-001"];

struct Ready {
    state: State,
    setup: PairSetup,
    rng: Counter,
}

impl Ready {
    fn new() -> Self {
        let mut rng = Counter(5);
        let mut state = State::new(&mut rng);
        state.setup_code = SetupCode::try_from(RIGHT).unwrap();
        Self { state, setup: PairSetup::new(), rng }
    }

    /// The answer to a request; what would be stored is not kept, so that the next time is like this one.
    fn post(&mut self, request: &[u8]) -> Vec<u8> {
        let mut step = self.setup.handle(CONNECTION, request, &self.state, Instant::now(), &mut self.rng);
        loop {
            match step {
                Step::Reply(Reply::Tlv(body)) => return body,
                Step::Reply(Reply::BadRequest) => panic!("400"),
                Step::Compute(computation) => step = self.setup.computed(CONNECTION, computation.run(), &self.state),
                Step::Store(durable) => {
                    self.setup.stored(CONNECTION, true);
                    step = Step::Reply(durable.then);
                }
            }
        }
    }

    fn start(&mut self, code: &str) -> (controller::PairSetup, Vec<u8>) {
        let id = ControllerId::try_from("5F2C9A1E-7B3D-4E60-8A4F-90C1D2E3F405").unwrap();
        let phone = controller::Identity::from_seed(id, &[8; 32]);
        controller::PairSetup::start(&SetupCode::try_from(code).unwrap(), &phone, &mut self.rng)
    }

    /// An attempt uses up its keys.
    fn used_up(&mut self) {
        let m3 = self.m3("987-65-432");
        self.post(&m3);
    }

    fn prepare(&mut self) {
        if let Some(preparation) = self.setup.prepare(&self.state, &mut self.rng) {
            preparation.run();
        }
    }

    fn prepared_m1(&mut self) -> Vec<u8> {
        self.used_up();
        self.prepare();
        self.start(RIGHT).1
    }

    fn m3(&mut self, code: &str) -> Vec<u8> {
        let (procedure, m1) = self.start(code);
        let m2 = self.post(&m1);
        procedure.m2(&m2).unwrap().1
    }

    fn m5(&mut self) -> Vec<u8> {
        let (procedure, m1) = self.start(RIGHT);
        let (procedure, m3) = procedure.m2(&self.post(&m1)).unwrap();
        procedure.m4(&self.post(&m3)).unwrap().1
    }
}
