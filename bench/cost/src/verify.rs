//! Pair Verify, the accessory's side.

use pairing::controller::{self, Accessory};
use pairing::{Change, ControllerId, DeviceId, Identity, PairVerify, Pairing, Permissions, Reply, State, VerifyStep};

use crate::randomness::Counter;
use crate::{Case, case};

pub(crate) fn cases() -> Vec<Case> {
    let m3 = |name, who| {
        case(
            name,
            Ready::new,
            move |ready| std::array::from_fn::<_, MANY, _>(|_| ready.m3(who)),
            move |ready, many| {
                for (mut verify, m3) in many {
                    let step = verify.handle(&m3, &ready.state, &mut ready.rng);
                    assert_eq!(matches!(step, VerifyStep::Verified { .. }), matches!(who, Who::Friend));
                }
            },
        )
    };
    vec![
        case("verify M1", Ready::new, Ready::m1, |ready, m1| {
            let step = PairVerify::new().handle(&m1, &ready.state, &mut ready.rng);
            assert!(matches!(step, VerifyStep::Reply(Reply::Tlv(_))));
        }),
        m3("verify M3 sixteen times", Who::Friend),
        m3("verify M3 of an unknown controller sixteen times", Who::Stranger),
        m3("verify M3 with a bad signature sixteen times", Who::Impostor),
        m3("verify M3 that does not open sixteen times", Who::Garbler),
    ]
}

/// Pair Verify M3 of the controller that was paired last of `pairings`. Its randomness is the same however many there are.
pub(crate) fn among(name: String, pairings: usize) -> Case {
    let ready = move || {
        let mut ready = Ready::new();
        let Some(friend) = ready.state.pairings.get(friend().id()).cloned() else { return ready };
        ready.state.apply(&Change::RemovePairing(friend.id));
        for nth in 1..pairings {
            let id = ControllerId::try_from(&*format!("5F2C9A1E-7B3D-4E60-8A4F-{nth:012}")).unwrap();
            ready.state.apply(&Change::AddPairing(Pairing { id, ..friend.clone() }));
        }
        ready.state.apply(&Change::AddPairing(friend));
        assert_eq!(ready.state.pairings.len(), pairings);
        ready
    };
    case(
        name,
        ready,
        |ready| {
            ready.rng = Counter(11);
            ready.m3(Who::Friend)
        },
        |ready, (mut verify, m3)| {
            let step = verify.handle(&m3, &ready.state, &mut ready.rng);
            assert!(matches!(step, VerifyStep::Verified { .. }));
        },
    )
}

/// What a signature's check costs depends on its bits: several together are comparable.
const MANY: usize = 16;

/// Who sends M3.
#[derive(Clone, Copy)]
enum Who {
    /// A controller that is paired.
    Friend,
    /// One whose id is not known.
    Stranger,
    /// One with the id of another.
    Impostor,
    /// One that sealed with another key, so that there is no signature to look at.
    Garbler,
}

struct Ready {
    state: State,
    accessory: Accessory,
    rng: Counter,
}

impl Ready {
    fn new() -> Self {
        let mut rng = Counter(3);
        let mut state = State::new(&mut rng);
        state.identity = Identity::from_seed(DeviceId([1, 2, 3, 4, 5, 6]), &[9; 32]);
        let (id, public_key) = (*friend().id(), friend().public_key());
        state.apply(&Change::AddPairing(Pairing { id, public_key, permissions: Permissions::ADMIN }));
        let accessory = Accessory { id: *state.identity.device_id(), public_key: state.identity.public_key() };
        Self { state, accessory, rng }
    }

    fn m1(&mut self) -> Vec<u8> {
        controller::PairVerify::start(&friend(), &self.accessory, &mut self.rng).1
    }

    fn m3(&mut self, who: Who) -> (PairVerify, Vec<u8>) {
        let name = |last: char| ControllerId::try_from(&*format!("5F2C9A1E-7B3D-4E60-8A4F-90C1D2E3F40{last}")).unwrap();
        let from = match who {
            Who::Friend | Who::Garbler => friend(),
            Who::Stranger => controller::Identity::from_seed(name('6'), &[10; 32]),
            Who::Impostor => controller::Identity::from_seed(name('5'), &[10; 32]),
        };
        let (procedure, m1) = controller::PairVerify::start(&from, &self.accessory, &mut self.rng);
        let mut verify = PairVerify::new();
        let VerifyStep::Reply(Reply::Tlv(m2)) = verify.handle(&m1, &self.state, &mut self.rng) else { panic!("no M2") };
        let mut m3 = procedure.m2(&m2).unwrap().1;
        if let (Who::Garbler, Some(last)) = (who, m3.last_mut()) {
            *last ^= 1;
        }
        (verify, m3)
    }
}

fn friend() -> controller::Identity {
    let id = ControllerId::try_from("5F2C9A1E-7B3D-4E60-8A4F-90C1D2E3F405").unwrap();
    controller::Identity::from_seed(id, &[8; 32])
}
