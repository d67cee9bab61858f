//! What can be wrong with an accessory, why that matters, and what to do.

use thiserror::Error;

use super::Severity;
use crate::value::OutOfRange;

/// A fault of an accessory, a service or a characteristic.
#[derive(Clone, Debug, Error, PartialEq)]
#[non_exhaustive]
pub enum Fault {
    /// More than the protocol allows (HAP §9.6).
    #[error("there are {count} {what}, and HomeKit takes at most {most}")]
    TooMany {
        /// What there is too much of.
        what: &'static str,
        /// How many there are.
        count: usize,
        /// How many there may be.
        most: usize,
    },
    /// A text that must hold something is empty (HAP §9.6).
    #[error("the {0} is empty")]
    Empty(&'static str),
    /// A text is shorter than HomeKit takes (HAP §9.6).
    #[error("the {what} {text:?} is shorter than {least} bytes")]
    TooShort {
        /// Which text.
        what: &'static str,
        /// What it says.
        text: String,
        /// The fewest bytes.
        least: usize,
    },
    /// A name holds a character that phones do not take (HAP §1.2).
    #[error("the name {name:?} holds {character:?}")]
    NameCharacter {
        /// The name.
        name: String,
        /// The first of them.
        character: char,
    },
    /// A name begins or ends with something else than a letter or digit (HAP §1.2).
    #[error("the name {0:?} does not begin and end with a letter or digit")]
    NameEnds(String),
    /// A text begins or ends blank, or holds a control character.
    #[error("the {what} {text:?} begins or ends blank, or holds a control character")]
    Untidy {
        /// Which text.
        what: &'static str,
        /// What it says.
        text: String,
    },
    /// A revision is not `x[.y[.z]]` (HAP §9.6).
    #[error("the {what} {text:?} is not a version in numbers")]
    Revision {
        /// Which revision.
        what: &'static str,
        /// What it says.
        text: String,
    },
    /// HAP Protocol Information says another version than the one that is spoken (HAP §9.6).
    #[error("the protocol version is given as {0:?}")]
    ProtocolVersion(String),
    /// Two accessories have one serial number, and with it one set of ids.
    #[error("another accessory has the serial number {0:?} too")]
    DuplicateSerialNumber(String),
    /// Accessories are behind an accessory that is no bridge (HAP §2.5).
    #[error("it stands before other accessories and its category is not Bridge")]
    NotABridge,
    /// A bridge has services of its own (HAP §9.6).
    #[error("it is a bridge and has the service {0}")]
    ServiceOfBridge(&'static str),
    /// A service that an accessory can have once is there twice.
    #[error("there are two of the service {0}")]
    DuplicateService(&'static str),
    /// Two services of one accessory have the same name (HAP §9.6).
    #[error("another service of the accessory has the name {0:?} too")]
    DuplicateName(String),
    /// One of several services that the user sees has no name (HAP §9.6).
    #[error("it is one of several services and has no name")]
    NoName,
    /// Two services of one type are told apart by their order alone.
    #[error("there are several services {0} with the same label, or none")]
    Unlabelled(&'static str),
    /// A label cannot be part of the key under which ids are kept.
    #[error("the label {0:?} is not one")]
    Label(String),
    /// The service is not for IP.
    #[error("the service {0} is not for accessories on a network")]
    NotOverIp(&'static str),
    /// A service without a characteristic.
    #[error("it has no characteristics")]
    NoCharacteristics,
    /// A characteristic that the type of the service demands is missing.
    #[error("{0} is missing, which every service of this type has")]
    MissingCharacteristic(&'static str),
    /// A service has two characteristics of one type.
    #[error("there are two characteristics {0}")]
    DuplicateCharacteristic(&'static str),
    /// A characteristic is part of two services, or of two servers.
    #[error("{0} is already part of another service or server")]
    AlreadyServed(&'static str),
    /// Something was said about a service that is not of this accessory.
    #[error("a service {0}, which is not part of it, was made primary, hidden or linked")]
    Stranger(&'static str),
    /// The primary service is hidden, or is not one that has a tile (HAP §9.3).
    #[error("it is the primary service, and it has no tile")]
    PrimaryWithoutTile,
    /// All characteristics are hidden and the service is not (HAP §9.3).
    #[error("all its characteristics are hidden, and the service is not")]
    NotHidden,
    /// Several buttons, and nothing that numbers them.
    #[error("there are several buttons, and no ServiceLabel, or one of them has no ServiceLabelIndex")]
    UnnumberedButtons,
    /// Pictures without the service by which phones know a camera, or that service without pictures (HAP §11.2).
    #[error("it has {has} and no {lacks}")]
    HalfACamera {
        /// What is there.
        has: &'static str,
        /// What is missing.
        lacks: &'static str,
    },
    /// The program set a value that the characteristic's limits refuse (HAP §9.5).
    #[error("{characteristic} was set to a value it cannot have: {limit}")]
    Value {
        /// The characteristic.
        characteristic: &'static str,
        /// The limit that the value breaks.
        limit: OutOfRange,
    },
    /// The definition of a characteristic contradicts itself (HAP §9.4).
    #[error("the definition of {characteristic} {contradiction}")]
    Definition {
        /// The characteristic.
        characteristic: &'static str,
        /// What does not go together.
        contradiction: &'static str,
    },
    /// A type of Apple's is defined otherwise than in the catalogue (HAP §9.4).
    #[error("{characteristic} has another {what} than Apple's type has")]
    NotApples {
        /// The characteristic.
        characteristic: &'static str,
        /// What differs.
        what: &'static str,
    },
}

impl Fault {
    /// Whether it stops the start.
    pub fn severity(&self) -> Severity {
        match self {
            Self::NotABridge
            | Self::ServiceOfBridge(_)
            | Self::NoName
            | Self::Unlabelled(_)
            | Self::HalfACamera { .. }
            | Self::UnnumberedButtons => Severity::Warning,
            _ => Severity::Error,
        }
    }

    /// What to do about it.
    pub(super) fn mend(&self) -> String {
        let mend = match self {
            Self::TooMany { .. } => "leave some out, or serve them from a second server",
            Self::Empty(_) => "give it a text",
            Self::TooShort { .. } => "give it a longer one",
            Self::NameCharacter { .. } | Self::NameEnds(_) => {
                "use letters, digits, spaces and apostrophes, and begin and end with a letter or digit"
            }
            Self::Untidy { .. } => "trim it, and leave control characters out",
            Self::Revision { .. } => "write one to three numbers up to 4294967295 with dots between, such as 1.0.2",
            Self::ProtocolVersion(_) => "leave the service out: the server adds it",
            Self::DuplicateSerialNumber(_) => "give each accessory a serial number of its own",
            Self::NotABridge => "make an accessory of Category::Bridge the first one, and add the others behind it",
            Self::ServiceOfBridge(_) => "give it to an accessory behind the bridge",
            Self::DuplicateService(_) => "leave one out: Accessory::new adds Accessory Information by itself",
            Self::DuplicateName(_) => "give each service a name of its own",
            Self::NoName => "add it with_name, so that the user can tell them apart",
            Self::Unlabelled(_) => "add each with add_as and a label that stays: their ids follow the order otherwise",
            Self::Label(_) => "use 1 to 64 bytes, without '#' and '/'",
            Self::NotOverIp(_) => "leave it out",
            Self::NoCharacteristics => "list them in Service::characteristics, or leave the service out",
            Self::MissingCharacteristic(_) => "list it in Service::characteristics",
            Self::DuplicateCharacteristic(_) => "leave one out, or make a second service",
            Self::AlreadyServed(_) => "make a new one for each service",
            Self::Stranger(_) => "add the service to this accessory first",
            Self::PrimaryWithoutTile => "choose one that the user sees",
            Self::NotHidden => "hide the service too",
            Self::UnnumberedButtons => "add a ServiceLabel, link it, and number each button with_service_label_index",
            Self::HalfACamera { .. } => "add that too, or phones show no picture",
            Self::Value { .. } => "set a value within the limits, or describe other limits first",
            Self::Definition { .. } => "correct it",
            Self::NotApples { .. } => "use the catalogue's, or a UUID of your own",
        };
        mend.to_owned()
    }
}
