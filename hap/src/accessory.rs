//! What a program builds: accessories and their services.

use std::future::Future;
use std::sync::Arc;

use crate::camera::{SnapshotHandler, SnapshotRequest};
use crate::catalogue::{AccessoryInformation, HAPProtocolInformation};
use crate::characteristic::AnyCharacteristic;
use crate::definition::Type;
use crate::host::Identify;
use crate::lint::PROTOCOL_VERSION;
use crate::show;
use crate::status::Status;

/// A service of the catalogue, or one of your own.
///
/// A service of your own is a struct of its characteristics, like those of the catalogue. A type with a UUID of your own
/// is for apps that know it; the Home app shows the characteristics it knows and leaves the others alone.
///
/// ```
/// use hap::catalogue::On;
/// use hap::definition::{Definition, Format, Kind, Perms, Type};
/// use hap::{Accessory, AnyCharacteristic, Category, Characteristic, Information, Service};
///
/// /// How often the pump has run.
/// struct Runs;
///
/// impl Kind for Runs {
///     type Value = u32;
///     const DEFINITION: &'static Definition = &Definition::new(
///         "Runs",
///         Type::uuid(0x2C0A_7B11_90E4_4C6B_9E0D_6B1D_5A30_8C0F),
///         Format::UInt32,
///         Perms::READ.with(Perms::WRITE).with(Perms::EVENTS),
///     )
///     // Only an admin of the home may set it back.
///     .admin_only(Perms::WRITE);
/// }
///
/// #[derive(Clone)]
/// struct Pump {
///     on: Characteristic<On>,
///     runs: Characteristic<Runs>,
/// }
///
/// impl Service for Pump {
///     const TYPE: Type = Type::uuid(0x2C0A_7B11_90E4_4C6B_9E0D_6B1D_5A30_8C10);
///     const NAME: &'static str = "Pump";
///
///     fn characteristics(&self) -> Vec<AnyCharacteristic> {
///         vec![self.on.any(), self.runs.any()]
///     }
/// }
///
/// let mut well = Accessory::new(Information { name: "Well", ..Information::default() }, Category::Other);
/// let pump = well.add(Pump { on: Characteristic::initial(), runs: Characteristic::new(0) });
/// let runs = pump.runs.clone();
/// pump.on.on_write_now(move |on, _| {
///     if on {
///         runs.set(runs.get() + 1);
///     }
///     Ok(())
/// });
/// ```
pub trait Service: Clone {
    /// What kind of service it is.
    const TYPE: Type;
    /// The name of the kind, for people.
    const NAME: &'static str;

    /// Its characteristics, in the order in which controllers see them.
    fn characteristics(&self) -> Vec<AnyCharacteristic>;
}

/// An accessory: one thing in a home, made of services.
pub struct Accessory {
    pub(crate) key: String,
    pub(crate) category: Category,
    pub(crate) information: AccessoryInformation,
    pub(crate) services: Vec<ServiceEntry>,
    pub(crate) identify: Option<Identify>,
    pub(crate) snapshot: Option<SnapshotHandler>,
    /// Names of services that were spoken of and are not of this accessory.
    pub(crate) strangers: Vec<&'static str>,
}

/// What an accessory says of itself (HAP §9.6). Every text must hold something, at most 64 bytes of it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Information<'a> {
    /// The name in the home, until its owner gives another: letters, digits, spaces and apostrophes.
    pub name: &'a str,
    /// Who made it.
    pub manufacturer: &'a str,
    /// What it is.
    pub model: &'a str,
    /// Which one it is: at least two bytes, and different for each accessory of a bridge.
    pub serial_number: &'a str,
    /// Its version, `x[.y[.z]]` in numbers; controllers read the accessory anew when it rises.
    pub firmware_revision: &'a str,
}

impl Default for Information<'_> {
    fn default() -> Self {
        Self {
            name: "Accessory",
            manufacturer: "Unknown",
            model: "Accessory",
            serial_number: "00",
            firmware_revision: "1.0.0",
        }
    }
}

impl Accessory {
    /// An accessory with its Accessory Information service.
    ///
    /// Its serial number is also the key under which its ids are kept: change it and it is another accessory.
    pub fn new(about: Information<'_>, category: Category) -> Self {
        let information = AccessoryInformation::new();
        information.manufacturer.set(about.manufacturer.to_owned());
        information.model.set(about.model.to_owned());
        information.name.set(about.name.to_owned());
        information.serial_number.set(about.serial_number.to_owned());
        information.firmware_revision.set(about.firmware_revision.to_owned());
        let mut accessory = Self {
            key: about.serial_number.to_owned(),
            category,
            information: information.clone(),
            services: Vec::new(),
            identify: None,
            snapshot: None,
            strangers: Vec::new(),
        };
        // First, because it must have iid 1 (HAP §9.2).
        accessory.add(information);
        accessory
    }

    /// Adds a service and gives it back, to set its values and handlers.
    ///
    /// Its ids follow its type, so that services may be added, removed and put in another order later on. Only several of
    /// one type are told apart by their order, and with [`add_as`](Self::add_as) by a label instead.
    pub fn add<S: Service>(&mut self, service: S) -> S {
        self.add_as("", service)
    }

    /// Adds a service under a label of its own, which never changes and which nobody sees: it is part of the key under
    /// which the service's ids are kept. At most 64 bytes, without `#` and `/`.
    pub fn add_as<S: Service>(&mut self, label: &str, service: S) -> S {
        self.services.push(ServiceEntry {
            kind: S::TYPE,
            name: S::NAME,
            label: label.to_owned(),
            primary: false,
            hidden: false,
            linked: Vec::new(),
            characteristics: service.characteristics(),
        });
        service
    }

    /// Makes `service` the one that defines the tile; at most one is.
    pub fn set_primary<S: Service>(&mut self, service: &S) {
        if let Some(chosen) = self.find(service) {
            for (index, entry) in self.services.iter_mut().enumerate() {
                entry.primary = index == chosen;
            }
        }
    }

    /// Hides `service` from the user.
    pub fn hide<S: Service>(&mut self, service: &S) {
        if let Some(entry) = self.find(service).and_then(|index| self.services.get_mut(index)) {
            entry.hidden = true;
        }
    }

    /// Says that `service` belongs with `other`, a service of the same accessory, like a battery with its lock.
    pub fn link<S: Service, O: Service>(&mut self, service: &S, other: &O) {
        let (Some(from), Some(to)) = (self.find(service), self.find(other)) else { return };
        if let Some(entry) = self.services.get_mut(from)
            && from != to
            && !entry.linked.contains(&to)
        {
            entry.linked.push(to);
        }
    }

    /// Calls `routine` when someone asks the accessory to show itself: blink, click, beep, for at most five seconds.
    ///
    /// It runs on a thread of its own, so nobody waits for it. While it does, it is not called again.
    pub fn on_identify(&mut self, routine: impl Fn() + Send + Sync + 'static) {
        let start = show::identify(routine);
        // A paired controller writes the characteristic, anyone else posts (HAP §11.3).
        self.identify = Some(Arc::clone(&start));
        self.information.identify.on_write_now(move |_, _| {
            start();
            Ok(())
        });
    }

    /// Adds to what the accessory says of itself: a hardware revision, accessory flags.
    ///
    /// ```
    /// # use hap::{Accessory, Category, Information};
    /// # let mut lamp = Accessory::new(Information::default(), Category::Lighting);
    /// lamp.extend_information(|information| information.with_hardware_revision("2.1"));
    /// ```
    pub fn extend_information(&mut self, extend: impl FnOnce(AccessoryInformation) -> AccessoryInformation) {
        self.information = extend(self.information.clone());
        if let Some(entry) = self.services.first_mut() {
            entry.characteristics = self.information.characteristics();
        }
    }

    /// Calls `handler` when a controller wants a picture; it answers with the bytes of a JPEG (HAP §11.2).
    ///
    /// It has five seconds. For the Home app to ask, the accessory needs the service
    /// [`CameraRTPStreamManagement`](crate::catalogue::CameraRTPStreamManagement). A picture in another size than was
    /// asked for is scaled by the controller.
    pub fn on_snapshot<F, S>(&mut self, handler: F)
    where
        F: Fn(SnapshotRequest) -> S + Send + Sync + 'static,
        S: Future<Output = Result<Vec<u8>, Status>> + Send + 'static,
    {
        self.snapshot = Some(Arc::new(move |request| Box::pin(handler(request))));
    }

    /// The name in the home.
    pub fn name(&self) -> String {
        self.information.name.get()
    }

    /// The icon during pairing.
    pub fn category(&self) -> Category {
        self.category
    }

    /// Adds HAP Protocol Information, which accessory 1 must have (HAP §9.6).
    pub(crate) fn add_protocol_information(&mut self) {
        if self.services.iter().any(|entry| entry.kind == HAPProtocolInformation::TYPE) {
            return;
        }
        let protocol = HAPProtocolInformation::new();
        protocol.version.set(PROTOCOL_VERSION.to_owned());
        self.add(protocol);
        // Right behind Accessory Information, so that its ids come before those of what the program adds.
        if let Some(slice) = self.services.get_mut(1..) {
            slice.rotate_right(1);
        }
        for linked in self.services.iter_mut().flat_map(|entry| entry.linked.iter_mut()) {
            if *linked > 0 {
                *linked += 1;
            }
        }
    }

    /// Where `service` stands; one that is not here is remembered as a fault.
    fn find<S: Service>(&mut self, service: &S) -> Option<usize> {
        let mine = service.characteristics();
        let position = mine.first().and_then(|first| {
            self.services
                .iter()
                .position(|entry| entry.characteristics.first().is_some_and(|other| Arc::ptr_eq(&other.0, &first.0)))
        });
        if position.is_none() {
            self.strangers.push(S::NAME);
        }
        position
    }
}

/// A service within its accessory.
#[derive(Debug)]
pub(crate) struct ServiceEntry {
    pub(crate) kind: Type,
    pub(crate) name: &'static str,
    pub(crate) label: String,
    pub(crate) primary: bool,
    pub(crate) hidden: bool,
    /// Positions of the linked services in the accessory.
    pub(crate) linked: Vec<usize>,
    pub(crate) characteristics: Vec<AnyCharacteristic>,
}

/// What the icon during pairing shows (HAP §2.5). It does not limit the services.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u8)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the names are all there is to say")]
pub enum Category {
    Other = 1,
    Bridge = 2,
    Fan = 3,
    GarageDoorOpener = 4,
    Lighting = 5,
    Lock = 6,
    Outlet = 7,
    Switch = 8,
    Thermostat = 9,
    Sensor = 10,
    SecuritySystem = 11,
    Door = 12,
    Window = 13,
    WindowCovering = 14,
    ProgrammableSwitch = 15,
    RangeExtender = 16,
    IpCamera = 17,
    VideoDoorbell = 18,
    AirPurifier = 19,
    Heater = 20,
    AirConditioner = 21,
    Humidifier = 22,
    Dehumidifier = 23,
    Speaker = 26,
    Sprinkler = 28,
    Faucet = 29,
    ShowerSystem = 30,
    Television = 31,
    RemoteControl = 32,
    Router = 33,
    AudioReceiver = 34,
    TvSetTopBox = 35,
    TvStick = 36,
}

impl Category {
    /// The number in the setup payload and in the TXT record.
    pub const fn number(self) -> u8 {
        self as u8
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn categories_have_the_numbers_of_the_protocol() {
        let numbers = [
            (Category::Other, 1),
            (Category::Bridge, 2),
            (Category::GarageDoorOpener, 4),
            (Category::Lighting, 5),
            (Category::Lock, 6),
            (Category::Switch, 8),
            (Category::Thermostat, 9),
            (Category::Sensor, 10),
            (Category::ProgrammableSwitch, 15),
            (Category::IpCamera, 17),
            (Category::Dehumidifier, 23),
            (Category::Speaker, 26),
            (Category::Sprinkler, 28),
            (Category::TvStick, 36),
        ];
        for (category, number) in numbers {
            assert_eq!(category.number(), number, "{category:?}");
        }
    }

    #[test]
    fn identify_runs_the_routine_of_the_accessory_that_is_asked() {
        use std::sync::mpsc;

        let mut lamp = Accessory::new(Information::default(), Category::Lighting);
        lamp.extend_information(|information| information.with_hardware_revision("1.0"));
        let (show, shown) = mpsc::channel();
        lamp.on_identify(move || show.send(()).unwrap());
        lamp.identify.as_ref().unwrap()();
        shown.recv().unwrap();
        // Also by a write, though the information was extended meanwhile.
        let entry = &lamp.services[0].characteristics;
        assert!(entry.iter().any(|other| Arc::ptr_eq(&other.0, &lamp.information.identify.any().0)));
        assert_eq!(entry.len(), 7);
    }
}
