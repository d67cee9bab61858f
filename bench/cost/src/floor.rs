//! What arithmetic alone costs: the floors of Pair Setup and Pair Verify.

use std::hint::black_box;

use crypto_bigint::modular::ConstMontyForm;
use crypto_bigint::{U256, U512, U3072, const_monty_params};
use ed25519_dalek::{Signer, SigningKey, Verifier};
use x25519_dalek::{PublicKey, StaticSecret};

use crate::{Case, case};

const_monty_params!(
    Modulus,
    U3072,
    "ffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74020bbea63b139b22514a08798e3404dd\
     ef9519b3cd3a431b302b0a6df25f14374fe1356d6d51c245e485b576625e7ec6f44c42e9a637ed6b0bff5cb6f406b7ed\
     ee386bfb5a899fa5ae9f24117c4b1fe649286651ece45b3dc2007cb8a163bf0598da48361c55d39a69163fa8fd24cf5f\
     83655d23dca3ad961c62f356208552bb9ed529077096966d670c354e4abc9804f1746c08ca18217c32905e462e36ce3b\
     e39e772c180e86039b2783a2ec07a28fb5c55df06f4c52c9de2bcbf6955817183995497cea956ae515d2261898fa0510\
     15728e5a8aaac42dad33170d04507a33a85521abdf1cba64ecfb850458dbef0a8aea71575d060c7db3970f85a6e1e4c7\
     abf5ae8cdb0933d71e8c94e04a25619dcee3d2261ad2ee6bf12ffa06d98a0864d87602733ec86a64521f2b18177b200c\
     bbe117577a615d6c770988c0bad946e208e24fa074e5ab3143db5bfce0fd108e4b82d120a93ad2caffffffffffffffff",
    "N of SRP."
);

pub(crate) fn cases() -> Vec<Case> {
    let curve = || (SigningKey::from_bytes(&[7; 32]), StaticSecret::from([8; 32]));
    vec![
        // What M1→M2 and M3→M4 cannot do without: two scalar multiplications, a signature, and the check of one.
        case(
            "floor curve operations of Pair Verify",
            curve,
            |(key, _)| key.sign(&[9; 100]),
            |(key, secret), signature| {
                let ephemeral = PublicKey::from(&*secret);
                black_box(secret.diffie_hellman(&ephemeral));
                black_box(key.sign(black_box(&[8; 81])));
                key.verifying_key().verify(&[9; 100], &signature).unwrap();
            },
        ),
        case(
            "floor 256-bit power mod N",
            || ConstMontyForm::<Modulus, { U3072::LIMBS }>::new(&U3072::from_u64(0x1234_5678_9ABC_DEF1)),
            |_| U256::from_be_slice(&[0xA5; 32]),
            |base, exponent| {
                black_box(base.pow(&exponent));
            },
        ),
        // S as the protocol writes it.
        case(
            "floor (A v^u)^b mod N",
            || ConstMontyForm::<Modulus, { U3072::LIMBS }>::new(&U3072::from_u64(0x1234_5678_9ABC_DEF1)),
            |_| (U512::from_be_slice(&[0x5A; 64]), U256::from_be_slice(&[0xA5; 32])),
            |base, (u, b)| {
                black_box((*base * base.pow_vartime(&u)).pow(&b));
            },
        ),
    ]
}
