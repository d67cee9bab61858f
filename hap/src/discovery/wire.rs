//! The bytes of multicast DNS messages: names, numbers and records (RFC 1035 §3, §4.1).

/// A name's bytes on the wire (RFC 1035 §3.1).
const NAME: usize = 255;

/// A name, as on the wire: each label after its length, and no bytes at its end.
#[derive(Clone, Debug)]
pub(crate) struct Name(Vec<u8>);

impl Name {
    /// `None` if a label or the whole is too long.
    pub(crate) fn new<'a>(labels: impl IntoIterator<Item = &'a str>) -> Option<Self> {
        let mut bytes = Vec::new();
        for label in labels {
            bytes.push(u8::try_from(label.len()).ok().filter(|length| (1..64).contains(length))?);
            bytes.extend(label.as_bytes());
        }
        (bytes.len() < NAME).then_some(Self(bytes))
    }

    /// DNS does not tell upper from lower case.
    pub(super) fn is(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }

    /// Its first label, if `parent` is what follows it.
    pub(super) fn label_under(&self, parent: &Self) -> Option<String> {
        let (length, rest) = self.0.split_first()?;
        let (label, rest) = rest.split_at_checked(usize::from(*length))?;
        let is_child = !label.is_empty() && rest.eq_ignore_ascii_case(&parent.0);
        is_child.then(|| String::from_utf8_lossy(label).into_owned())
    }

    /// Its labels with dots between, for people.
    pub(super) fn to_text(&self) -> String {
        let mut text = String::new();
        let mut rest = self.0.as_slice();
        while let Some((label, after)) = rest.split_first().and_then(|(n, rest)| rest.split_at_checked((*n).into())) {
            if !text.is_empty() {
                text.push('.');
            }
            text.push_str(&String::from_utf8_lossy(label));
            rest = after;
        }
        text
    }
}

/// Reads a message from its start on.
pub(super) struct Reader<'a> {
    pub(super) message: &'a [u8],
    /// Where it is.
    pub(super) at: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn bytes(&mut self, count: usize) -> Option<&'a [u8]> {
        let end = self.at.checked_add(count)?;
        let bytes = self.message.get(self.at..end)?;
        self.at = end;
        Some(bytes)
    }

    pub(super) fn number(&mut self) -> Option<u16> {
        self.bytes(2)?.try_into().ok().map(u16::from_be_bytes)
    }

    pub(super) fn name(&mut self) -> Option<Name> {
        let mut name = Vec::new();
        let mut at = self.at;
        // Where the name goes on after the first jump, which is where the reader goes on.
        let mut after = None;
        // Jumps go backwards only, so that there is an end.
        let mut before = self.at;
        loop {
            let length = usize::from(*self.message.get(at)?);
            match length {
                0 => {
                    self.at = after.unwrap_or(at + 1);
                    return Some(Name(name));
                }
                1..64 => {
                    name.extend(self.message.get(at..at + 1 + length)?);
                    at += 1 + length;
                    if name.len() >= NAME {
                        return None;
                    }
                }
                0xC0.. => {
                    let target = (length & 0x3F) << 8 | usize::from(*self.message.get(at + 1)?);
                    if target >= before {
                        return None;
                    }
                    after = after.or(Some(at + 2));
                    (before, at) = (target, target);
                }
                _ => return None,
            }
        }
    }

    /// A record up to its data.
    pub(super) fn record(&mut self) -> Option<Head> {
        let (owner, kind, _class) = (self.name()?, self.number()?, self.number()?);
        let ttl = u32::from(self.number()?) << 16 | u32::from(self.number()?);
        let end = usize::from(self.number()?).checked_add(self.at)?;
        Some(Head { owner, kind, ttl, end })
    }
}

/// A record without its data.
pub(super) struct Head {
    pub(super) owner: Name,
    pub(super) kind: u16,
    pub(super) ttl: u32,
    /// Where the next one begins.
    pub(super) end: usize,
}

/// Writes a message.
#[derive(Default)]
pub(super) struct Writer(pub(super) Vec<u8>);

impl Writer {
    pub(super) fn number(&mut self, number: u16) {
        self.0.extend(number.to_be_bytes());
    }

    pub(super) fn name(&mut self, name: &Name) {
        self.0.extend(&name.0);
        self.0.push(0);
    }

    pub(super) fn record(&mut self, owner: &Name, kind: u16, class: u16, ttl: u32, write: impl FnOnce(&mut Self)) {
        let mut data = Self::default();
        write(&mut data);
        self.name(owner);
        self.number(kind);
        self.number(class);
        self.0.extend(ttl.to_be_bytes());
        // Nothing of ours comes near 64 KiB.
        self.number(u16::try_from(data.0.len()).unwrap_or(u16::MAX));
        self.0.append(&mut data.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_compressed_name_is_followed_backwards_only() {
        let name = Name::new(["_hap", "_tcp", "local"]).unwrap();
        let mut writer = Writer::default();
        writer.name(&name);
        let at = writer.0.len();
        writer.number(0xC000);
        let mut message = writer.0;
        let mut reader = Reader { message: &message, at };
        assert!(reader.name().unwrap().is(&name));
        assert_eq!(reader.at, message.len());
        for target in [at, at + 2, 0x3FFF] {
            message[at..at + 2].copy_from_slice(&u16::try_from(0xC000 | target).unwrap().to_be_bytes());
            assert!(Reader { message: &message, at }.name().is_none());
        }
    }
}
