//! The controller's side of SRP.

use crypto_bigint::{U256, U1024};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::group::{self, Exponent256};
use super::{
    Padded, Proof, PublicKeyError, Salt, SharedKey, client_proof, multiplier, pad, private_exponent, scrambler,
    server_proof, strip,
};

/// The controller's key pair for one attempt: a and A. The private half is wiped when dropped.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct ClientKeys {
    a: Exponent256,
    #[zeroize(skip)]
    public: Padded,
}

impl ClientKeys {
    /// The keys with this private half.
    #[must_use]
    pub fn new(private: &[u8; 32]) -> Self {
        let a = U256::from_be_slice(private);
        let public = group::padded(&group::generator().pow(&a));
        Self { a, public }
    }

    /// A.
    #[must_use]
    pub const fn public_key(&self) -> &Padded {
        &self.public
    }

    /// Proves to know the password to the accessory that sent this salt and B.
    ///
    /// # Errors
    ///
    /// [`PublicKeyError`] when B is too long or a multiple of N.
    pub fn prove(
        &self,
        username: &str,
        password: &str,
        salt: &Salt,
        server: &[u8],
    ) -> Result<ClientProof, PublicKeyError> {
        let server = pad(server).ok_or(PublicKeyError::TooLong)?;
        let b = group::element(&server).ok_or(PublicKeyError::Zero)?;
        let x = Zeroizing::new(private_exponent(username, password, salt));
        let u = scrambler(&self.public, &server);
        // S = (B − k·g^x)^(a + u·x). The exponent stays below 2^1024: (2^512 − 1)² + 2^256 does.
        let product: U1024 = u.concatenating_mul(&*x);
        let exponent = Zeroizing::new(product.wrapping_add(&self.a.resize()));
        let base = b - multiplier() * group::generator().pow(&*x);
        let premaster = Zeroizing::new(group::padded(&base.pow(&*exponent)));
        let key = SharedKey::new(strip(&*premaster));
        let proof = client_proof(username, salt, strip(&self.public), strip(&server), &key);
        let expected = server_proof(&self.public, &proof, &key);
        Ok(ClientProof { proof, expected, key })
    }
}

/// The controller's proof, and what it needs to check the accessory's.
pub struct ClientProof {
    proof: Proof,
    expected: Proof,
    key: SharedKey,
}

impl ClientProof {
    /// M1.
    #[must_use]
    pub const fn proof(&self) -> &Proof {
        &self.proof
    }

    /// K, if the accessory's proof M2 is right: only then does the accessory know the password too.
    #[must_use]
    pub fn check(self, server_proof: &Proof) -> Option<SharedKey> {
        bool::from(self.expected.ct_eq(server_proof)).then_some(self.key)
    }
}
