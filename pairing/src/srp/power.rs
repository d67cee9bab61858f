//! A product of two powers, one of which is prepared before its exponent is known.

use crypto_bigint::{CtAssign as _, CtEq as _};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::group::{Element, Exponent256, Exponent512};

/// Bits of the public exponent that one multiplication takes in. Six make a table of 24 KiB; eight would save a twentieth of
/// the product, and cost four times the table and half as much again to prepare.
const TEETH: usize = 6;

/// How far the teeth of a comb are apart: the public exponent is cut into so many columns.
const COLUMNS: usize = Exponent512::BITS.div_ceil(TEETH as u32) as usize;

const TABLE: usize = 1 << TEETH;

/// Bits of the secret exponent that one multiplication takes in.
const WINDOW: usize = 4;

/// A base that is known before its exponent: a comb of Lim and Lee. Wiped when dropped.
#[derive(Zeroize, ZeroizeOnDrop)]
pub(super) struct Prepared {
    /// The n-th is the product of those base^(2^(t·COLUMNS)) whose t is the place of a set bit of n.
    table: Box<[Element]>,
}

impl Prepared {
    /// Prepares the powers of `base`. Slow: 430 squarings and 57 multiplications, one and a half powers of 256 bits.
    pub(super) fn new(base: Element) -> Self {
        let mut table = Vec::with_capacity(TABLE);
        table.push(Element::ONE);
        let mut tooth = base;
        for number in 0..TEETH {
            if number > 0 {
                for _ in 0..COLUMNS {
                    tooth = tooth.square();
                }
            }
            for below in 0..table.len() {
                let product = table.get(below).map_or(tooth, |product| *product * tooth);
                table.push(product);
            }
        }
        tooth.zeroize();
        Self { table: table.into_boxed_slice() }
    }

    /// The entry for one bit of each of the comb's teeth. Not in constant time: the exponent is public.
    fn column(&self, exponent: &Exponent512, column: usize) -> &Element {
        let bit = |tooth: usize| exponent.bit_vartime((tooth * COLUMNS + column) as u32);
        let number = (0..TEETH).filter(|tooth| bit(*tooth)).fold(0, |number, tooth| number | 1 << tooth);
        self.table.get(number).unwrap_or(&Element::ONE)
    }
}

/// base^secret · prepared^public. Only `public` shows in the time it takes.
///
/// Both powers share their squarings, so that the prepared one costs 86 multiplications on top of the other.
pub(super) fn product(base: &Element, secret: &Exponent256, prepared: &Prepared, public: &Exponent512) -> Element {
    let windows = Windows::new(base);
    let bytes = Zeroizing::new(secret.to_be_bytes());
    let digits = bytes.as_ref().iter().flat_map(|byte| [byte >> WINDOW, byte & 0x0F]);
    let mut product = Element::ONE;
    let mut place = Exponent256::BITS as usize;
    for digit in digits {
        for _ in 0..WINDOW {
            place -= 1;
            product = product.square();
            if place < COLUMNS {
                product *= prepared.column(public, place);
            }
        }
        product *= &*windows.get(digit);
    }
    product
}

/// The powers 0 to 15 of a base.
struct Windows([Element; 1 << WINDOW]);

impl Windows {
    fn new(base: &Element) -> Self {
        let mut power = Element::ONE;
        Self(std::array::from_fn(|number| {
            if number > 0 {
                power *= base;
            }
            power
        }))
    }

    /// The power for a secret digit: every one is looked at.
    fn get(&self, digit: u8) -> Zeroizing<Element> {
        let mut chosen = Zeroizing::new(Element::ONE);
        for (number, power) in (0_u8..).zip(&self.0) {
            chosen.ct_assign(power, number.ct_eq(&digit));
        }
        chosen
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::srp::group;

    fn element(bytes: &[u8]) -> Element {
        let mut padded = [0; 384];
        padded[384 - bytes.len()..].copy_from_slice(bytes);
        group::element(&padded).unwrap_or(Element::ONE)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]

        #[test]
        fn the_product_is_that_of_the_plain_powers(
            base in proptest::collection::vec(any::<u8>(), 384),
            prepared in proptest::collection::vec(any::<u8>(), 384),
            secret: [u8; 32],
            public in proptest::collection::vec(any::<u8>(), 64),
        ) {
            let (base, prepared) = (element(&base), element(&prepared));
            let (secret, public) = (Exponent256::from_be_slice(&secret), Exponent512::from_be_slice(&public));
            let plain = base.pow(&secret) * prepared.pow(&public);
            prop_assert_eq!(product(&base, &secret, &Prepared::new(prepared), &public), plain);
        }
    }

    #[test]
    fn the_ends_of_both_exponents_are_powers_too() {
        let (base, other) = (element(&[3, 1]), element(&[5, 9]));
        let prepared = Prepared::new(other);
        for secret in [Exponent256::ZERO, Exponent256::ONE, Exponent256::MAX] {
            for public in [Exponent512::ZERO, Exponent512::ONE, Exponent512::MAX] {
                let plain = base.pow(&secret) * other.pow(&public);
                assert_eq!(product(&base, &secret, &prepared, &public), plain);
            }
        }
    }
}
