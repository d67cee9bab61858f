use crate::catalogue::*;
use crate::definition::{Definition, Format, Kind, Number, Perms, Type, TypedValue};
use crate::value::Value;
use crate::{Accessory, AnyCharacteristic, Category, Characteristic, Information, Server, Service, StartError, limits};

use super::*;

fn about<'a>(name: &'a str, serial_number: &'a str) -> Information<'a> {
    Information { name, serial_number, ..Information::default() }
}

fn lamp() -> Accessory {
    Accessory::new(about("Lamp", "L-1"), Category::Lighting)
}

/// The faults, each with its place.
fn faults(accessories: &[Accessory]) -> Vec<(String, Fault)> {
    findings(accessories).into_iter().map(|finding| (finding.place, finding.what)).collect()
}

/// The faults of one accessory.
fn faults_of(accessory: Accessory) -> Vec<Fault> {
    faults(&[accessory]).into_iter().map(|(_, fault)| fault).collect()
}

fn faults_of_information(about: Information<'_>) -> Vec<Fault> {
    faults_of(Accessory::new(about, Category::Other))
}

/// A service that lists what it is given.
#[derive(Clone)]
struct Own<const KIND: u32>(Vec<AnyCharacteristic>);

impl<const KIND: u32> Service for Own<KIND> {
    const TYPE: Type = Type::apple(KIND);
    const NAME: &'static str = "Own";

    fn characteristics(&self) -> Vec<AnyCharacteristic> {
        self.0.clone()
    }
}

const SWITCH: u32 = 0x49;

#[test]
fn every_service_of_the_catalogue_passes_with_what_it_requires() {
    let mut bulb = lamp();
    bulb.add(LightBulb::new().with_brightness(10).with_name("Bulb"));
    bulb.add_protocol_information();
    assert_eq!(faults(&[bulb]), []);
    // All the others at once are told apart by their missing names only.
    let mut all = lamp();
    all.add(GarageDoorOpener::new());
    all.add(Thermostat::new());
    all.add(BatteryService::new());
    assert_eq!(faults_of(all), [Fault::NoName, Fault::NoName]);
}

#[test]
fn a_name_that_phones_refuse_is_an_error() {
    for (name, character) in [("Gate: north", ':'), ("Gate 🚪", '🚪'), ("A_B", '_'), ("Gate\n", '\n')] {
        let fault = Fault::NameCharacter { name: name.to_owned(), character };
        assert_eq!(faults_of_information(about(name, "12")), [fault], "{name}");
    }
    for name in [" Gate", "Gate ", "'Gate", "Gate'", " "] {
        assert_eq!(faults_of_information(about(name, "12")), [Fault::NameEnds(name.to_owned())], "{name}");
    }
    for name in ["Gate", "G", "Ben's gate 2", "Ben’s", "Tür", "門", "2"] {
        assert_eq!(faults_of_information(about(name, "12")), [], "{name}");
    }
}

#[test]
fn an_empty_text_and_one_that_is_too_short_are_errors() {
    let empty = Information { manufacturer: "", model: "", ..about("", "") };
    let expected =
        [Fault::Empty("name"), Fault::Empty("manufacturer"), Fault::Empty("model"), Fault::Empty("serial number")];
    assert_eq!(faults_of_information(empty), expected);
    let short = Fault::TooShort { what: "serial number", text: "1".to_owned(), least: 2 };
    assert_eq!(faults_of_information(about("Lamp", "1")), [short]);
}

#[test]
fn a_text_that_begins_or_ends_blank_or_holds_a_control_character_is_an_error() {
    for model in [" M", "M ", "M\u{7}M"] {
        let fault = Fault::Untidy { what: "model", text: model.to_owned() };
        assert_eq!(faults_of_information(Information { model, ..about("Lamp", "12") }), [fault]);
    }
}

#[test]
fn a_text_over_64_bytes_is_an_error_that_says_so() {
    let model = "m".repeat(65);
    let faults = faults_of_information(Information { model: &model, ..about("Lamp", "12") });
    let limit = crate::value::OutOfRange::TooLong { bytes: 65, max: 64 };
    assert!(faults.contains(&Fault::Value { characteristic: "Model", limit }), "{faults:?}");
}

#[test]
fn a_revision_is_one_to_three_numbers() {
    let faults = |firmware_revision| faults_of_information(Information { firmware_revision, ..about("Lamp", "12") });
    for good in ["1", "1.0", "1.0.0", "0.1.0", "4294967295.0.0"] {
        assert_eq!(faults(good), [], "{good}");
    }
    for bad in ["", "v1.0", "1.0.0.0", "1.", ".1", "1.0-rc1", "4294967296", "+1", "1 0"] {
        let fault = Fault::Revision { what: "firmware revision", text: bad.to_owned() };
        assert_eq!(faults(bad), [fault], "{bad}");
    }
    let mut lamp = lamp();
    lamp.extend_information(|information| information.with_hardware_revision("B"));
    let fault = Fault::Revision { what: "hardware revision", text: "B".to_owned() };
    assert_eq!(faults_of(lamp), [fault]);
}

#[test]
fn a_required_characteristic_that_is_missing_is_an_error() {
    let mut switch = lamp();
    switch.add(Own::<SWITCH>(vec![Characteristic::<Name>::new("Own".to_owned()).any()]));
    assert_eq!(faults_of(switch), [Fault::MissingCharacteristic("On")]);
    let mut nothing = lamp();
    nothing.add(Own::<SWITCH>(Vec::new()));
    assert_eq!(faults_of(nothing), [Fault::NoCharacteristics, Fault::MissingCharacteristic("On")]);
}

#[test]
fn two_characteristics_of_one_type_in_a_service_are_an_error() {
    let mut switch = lamp();
    switch.add(Own::<SWITCH>(vec![Characteristic::<On>::initial().any(), Characteristic::<On>::initial().any()]));
    assert_eq!(faults_of(switch), [Fault::DuplicateCharacteristic("On")]);
}

#[test]
fn a_characteristic_in_two_services_is_an_error() {
    let on = Characteristic::<On>::initial();
    let mut first = lamp();
    first.add(Own::<SWITCH>(vec![on.any()]));
    let mut second = Accessory::new(about("Other", "L-2"), Category::Bridge);
    second.add(Own::<SWITCH>(vec![on.any()]));
    let found = faults(&[Accessory::new(about("Bridge", "B-1"), Category::Bridge), first, second]);
    assert_eq!(found, [("accessory \"Other\", service Own".to_owned(), Fault::AlreadyServed("On"))]);
}

#[test]
fn two_services_of_the_same_name_are_an_error_and_the_accessorys_own_name_is_not_counted() {
    let mut lamp = lamp();
    lamp.add_as("left", Switch::new().with_name("Lamp"));
    lamp.add_as("right", Switch::new().with_name("Lamp"));
    assert_eq!(faults_of(lamp), [Fault::DuplicateName("Lamp".to_owned())]);
}

#[test]
fn a_service_name_that_phones_refuse_is_an_error() {
    let mut lamp = lamp();
    lamp.add(Switch::new().with_name("left-hand"));
    assert_eq!(faults_of(lamp), [Fault::NameCharacter { name: "left-hand".to_owned(), character: '-' }]);
}

#[test]
fn several_services_of_one_type_without_labels_are_a_warning_said_once() {
    let mut lamp = lamp();
    for name in ["A", "B", "C"] {
        lamp.add(Switch::new().with_name(name));
    }
    let found = findings(&[lamp]);
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].severity, &found[0].what), (Severity::Warning, &Fault::Unlabelled("Switch")));
}

#[test]
fn a_label_that_could_be_taken_for_another_key_is_an_error() {
    for label in ["a#2", "a/25", &"l".repeat(65)] {
        let mut lamp = lamp();
        lamp.add_as(label, Switch::new());
        assert_eq!(faults_of(lamp), [Fault::Label(label.to_owned())]);
    }
}

#[test]
fn a_second_accessory_information_and_a_pairing_service_are_errors() {
    let mut twice = lamp();
    twice.add(twice.information.clone());
    let faults = faults_of(twice);
    assert!(faults.contains(&Fault::DuplicateService("AccessoryInformation")), "{faults:?}");
    let mut pairing = lamp();
    pairing.add(Pairing::new());
    assert_eq!(faults_of(pairing), [Fault::NotOverIp("Pairing")]);
}

#[test]
fn a_wrong_protocol_version_is_an_error() {
    let mut lamp = lamp();
    let protocol = lamp.add(HAPProtocolInformation::new());
    protocol.version.set("01.01.00".to_owned());
    assert_eq!(faults_of(lamp), [Fault::ProtocolVersion("01.01.00".to_owned())]);
}

#[test]
fn a_primary_service_that_is_hidden_or_formal_is_an_error() {
    let mut hidden = lamp();
    let switch = hidden.add(Switch::new());
    hidden.set_primary(&switch);
    hidden.hide(&switch);
    assert_eq!(faults_of(hidden), [Fault::PrimaryWithoutTile]);
    let mut formal = lamp();
    let information = formal.information.clone();
    formal.set_primary(&information);
    assert_eq!(faults_of(formal), [Fault::PrimaryWithoutTile]);
}

#[test]
fn a_service_whose_characteristics_are_all_hidden_must_be_hidden_itself() {
    let on = Characteristic::<On>::initial();
    on.describe(|on| on.with_perms(Perms::READ | Perms::WRITE | Perms::EVENTS | Perms::HIDDEN)).unwrap();
    let service = Own::<SWITCH>(vec![on.any()]);
    let mut shown = lamp();
    shown.add(service.clone());
    assert_eq!(faults_of(shown), [Fault::NotHidden]);
    let mut hidden = lamp();
    hidden.add(service.clone());
    hidden.hide(&service);
    assert_eq!(faults_of(hidden), []);
}

#[test]
fn linking_a_service_of_another_accessory_is_an_error() {
    let mut lamp = lamp();
    let switch = lamp.add(Switch::new());
    lamp.link(&switch, &BatteryService::new());
    assert_eq!(faults_of(lamp), [Fault::Stranger("BatteryService")]);
}

#[test]
fn a_value_out_of_range_is_an_error_until_a_good_one_is_set() {
    let bulb = LightBulb::new().with_brightness(101);
    let mut bad = lamp();
    bad.add(bulb.clone());
    let found = findings(&[bad]);
    assert_eq!(found.len(), 1);
    assert_eq!(
        found[0].to_string(),
        "error in accessory \"Lamp\", service LightBulb: Brightness was set to a value it cannot have: \
         the number is not within 0 to 100; set a value within the limits, or describe other limits first"
    );
    bulb.brightness.as_ref().unwrap().set(100);
    let mut good = lamp();
    good.add(bulb);
    assert_eq!(faults_of(good), []);
}

#[test]
fn an_initial_value_that_a_type_of_its_own_gets_wrong_is_an_error() {
    #[derive(Clone)]
    struct Careless;

    impl TypedValue for Careless {
        fn into_value(self) -> Value {
            Value::Unsigned(7)
        }

        fn from_value(_: &Value) -> Option<Self> {
            Some(Self)
        }

        fn initial(_: &Definition) -> Self {
            Self
        }
    }

    struct Wrong;

    impl Kind for Wrong {
        type Value = Careless;
        const DEFINITION: &'static Definition =
            &Definition::new("Wrong", Type::uuid(1), Format::UInt8, Perms::READ).max(Number::Unsigned(3));
    }

    let mut lamp = lamp();
    lamp.add(Own::<0xFFFF>(vec![Characteristic::<Wrong>::initial().any()]));
    let limit = crate::value::OutOfRange::Range { min: Number::Unsigned(0), max: Number::Unsigned(3) };
    assert_eq!(faults_of(lamp), [Fault::Value { characteristic: "Wrong", limit }]);
}

/// A service with one characteristic of its own definition.
macro_rules! faults_of_definition {
    ($value:ty, $definition:expr) => {{
        struct Tested;

        impl Kind for Tested {
            type Value = $value;
            const DEFINITION: &'static Definition = &$definition;
        }

        let mut lamp = lamp();
        lamp.add(Own::<0xFFFF>(vec![Characteristic::<Tested>::initial().any()]));
        faults_of(lamp)
    }};
}

fn contradicts(faults: &[Fault], words: &str) {
    let [Fault::Definition { contradiction, .. }, ..] = faults else { panic!("{faults:?}") };
    assert!(contradiction.contains(words), "{contradiction}");
}

#[test]
fn a_definition_that_contradicts_itself_is_an_error() {
    const fn new(format: Format, perms: Perms) -> Definition {
        Definition::new("Own", Type::uuid(1), format, perms)
    }
    contradicts(&faults_of_definition!(u8, new(Format::UInt8, Perms::NONE)), "permits nothing");
    contradicts(&faults_of_definition!(u8, new(Format::UInt8, Perms::EVENTS)), "without reading");
    contradicts(&faults_of_definition!(u8, new(Format::UInt8, Perms::READ).admin_only(Perms::WRITE)), "admins");
    contradicts(&faults_of_definition!(bool, new(Format::Bool, Perms::READ).max(Number::Unsigned(1))), "no number");
    contradicts(&faults_of_definition!(u8, new(Format::UInt8, Perms::READ).max(Number::Unsigned(256))), "hold");
    let upside_down =
        faults_of_definition!(u8, new(Format::UInt8, Perms::READ).min(Number::Unsigned(2)).max(Number::Unsigned(1)));
    contradicts(&upside_down, "above its highest");
    contradicts(&faults_of_definition!(u8, new(Format::UInt8, Perms::READ).step(Number::Unsigned(0))), "step");
    contradicts(&faults_of_definition!(u16, new(Format::UInt16, Perms::READ).valid_values(&[1])), "not uint8");
    contradicts(&faults_of_definition!(u8, new(Format::UInt8, Perms::READ).valid_values(&[2, 1])), "out of order");
    contradicts(&faults_of_definition!(u8, new(Format::UInt8, Perms::READ).max_len(8)), "no text");
    contradicts(&faults_of_definition!(String, new(Format::String, Perms::READ).max_len(257)), "256");
    assert_eq!(faults_of_definition!(u8, new(Format::UInt8, Perms::READ)), []);
}

#[test]
fn a_type_of_apples_with_another_format_or_other_permissions_is_an_error() {
    let on = |what| Fault::NotApples { characteristic: "On", what };
    let format = faults_of_definition!(u8, Definition::new("On", On::DEFINITION.kind, Format::UInt8, Perms::READ));
    assert_eq!(format, [on("format")]);
    let perms = faults_of_definition!(bool, Definition::new("On", On::DEFINITION.kind, Format::Bool, Perms::READ));
    assert_eq!(perms, [on("set of permissions")]);
}

#[test]
fn accessories_with_one_serial_number_are_an_error() {
    let bridge = Accessory::new(about("Bridge", "B-1"), Category::Bridge);
    let found = faults(&[bridge, lamp(), lamp()]);
    assert_eq!(found, [("accessory \"Lamp\"".to_owned(), Fault::DuplicateSerialNumber("L-1".to_owned()))]);
}

#[test]
fn a_bridge_that_is_something_else_too_is_a_warning() {
    let behind = || Accessory::new(about("Behind", "L-2"), Category::Switch);
    assert_eq!(faults(&[lamp(), behind()]), [("accessory \"Lamp\"".to_owned(), Fault::NotABridge)]);
    let mut bridge = Accessory::new(about("Bridge", "B-1"), Category::Bridge);
    bridge.add(Switch::new());
    let found = findings(&[bridge, behind()]);
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].severity, &found[0].what), (Severity::Warning, &Fault::ServiceOfBridge("Switch")));
}

#[test]
fn several_buttons_need_numbers() {
    let buttons = |labelled: bool| {
        let mut remote = Accessory::new(about("Remote", "R-1"), Category::ProgrammableSwitch);
        for (label, index) in [("upper", 1), ("lower", 2)] {
            let button = StatelessProgrammableSwitch::new();
            remote
                .add_as(label, if labelled { button.with_service_label_index(index) } else { button.with_name(label) });
        }
        if labelled {
            remote.add(ServiceLabel::new());
        }
        faults_of(remote)
    };
    assert_eq!(buttons(false), [Fault::UnnumberedButtons]);
    assert_eq!(buttons(true), []);
}

#[test]
fn a_camera_needs_a_service_and_a_snapshot_handler() {
    let camera = |streams: bool, pictures: bool| {
        let mut camera = Accessory::new(about("Camera", "C-1"), Category::IpCamera);
        if streams {
            camera.add(CameraRTPStreamManagement::new());
        }
        if pictures {
            camera.on_snapshot(async |_| Ok(Vec::new()));
        }
        faults_of(camera)
    };
    let (handler, service) = ("a snapshot handler", "CameraRTPStreamManagement");
    assert_eq!(camera(false, true), [Fault::HalfACamera { has: handler, lacks: service }]);
    assert_eq!(camera(true, false), [Fault::HalfACamera { has: service, lacks: handler }]);
    assert_eq!(camera(true, true), []);
}

#[test]
fn too_many_accessories_services_or_characteristics_are_errors() {
    let too_many = |what, count, most| Fault::TooMany { what, count, most };
    let mut accessories = vec![Accessory::new(about("Bridge", "B-1"), Category::Bridge)];
    accessories.extend(
        (0..limits::ACCESSORIES)
            .map(|nth| Accessory::new(about(&format!("Lamp {nth}"), &format!("L-{nth}")), Category::Lighting)),
    );
    let found = faults(&accessories);
    assert_eq!(
        found,
        [("the server".to_owned(), too_many("accessories", limits::ACCESSORIES + 1, limits::ACCESSORIES))]
    );
    accessories.pop();
    assert_eq!(faults(&accessories), []);

    let mut services = lamp();
    for nth in 0..limits::SERVICES {
        services.add_as(&nth.to_string(), Switch::new().with_name(format!("Switch {nth}")));
    }
    assert_eq!(faults_of(services), [too_many("services", limits::SERVICES + 1, limits::SERVICES)]);

    let mut characteristics = lamp();
    let on = (0..=limits::CHARACTERISTICS).map(|_| Characteristic::<On>::initial().any());
    characteristics.add(Own::<SWITCH>(on.collect()));
    let expected = too_many("characteristics", limits::CHARACTERISTICS + 1, limits::CHARACTERISTICS);
    assert_eq!(faults_of(characteristics).first(), Some(&expected));
}

#[tokio::test]
async fn an_error_stops_the_start_with_all_errors_and_a_warning_does_not() {
    let bad = Accessory::new(Information { firmware_revision: "beta", ..about("Lamp!", "L-1") }, Category::Lighting);
    let server = Server::builder(bad).bind(([127, 0, 0, 1], 0).into()).advertise(false);
    assert_eq!(server.lint().len(), 2);
    let Err(StartError::Accessories(rejected)) = server.start().await else { panic!("it started") };
    assert_eq!(rejected.findings().len(), 2);
    assert_eq!(
        rejected.to_string(),
        "controllers would refuse these accessories:\n  \
         error in accessory \"Lamp!\": the name \"Lamp!\" holds '!'; \
         use letters, digits, spaces and apostrophes, and begin and end with a letter or digit\n  \
         error in accessory \"Lamp!\": the firmware revision \"beta\" is not a version in numbers; \
         write one to three numbers up to 4294967295 with dots between, such as 1.0.2"
    );
    let mut warned = lamp();
    warned.add(Switch::new());
    warned.add(Outlet::new());
    let server = Server::builder(warned).bind(([127, 0, 0, 1], 0).into()).advertise(false);
    assert_eq!(server.lint().len(), 2);
    assert!(server.start().await.is_ok());
}

#[tokio::test]
async fn a_characteristic_that_is_served_cannot_be_served_again_nor_described() {
    let bulb = LightBulb::new().with_brightness(10);
    let serve = |bulb: &LightBulb| {
        let mut lamp = lamp();
        lamp.add(bulb.clone());
        Server::builder(lamp).bind(([127, 0, 0, 1], 0).into()).advertise(false)
    };
    let _first = serve(&bulb).start().await.unwrap();
    let again: Vec<_> = serve(&bulb).lint().into_iter().map(|finding| finding.what).collect();
    assert_eq!(again, [Fault::AlreadyServed("On"), Fault::AlreadyServed("Brightness")]);
    let error = bulb.on.describe(Ok).unwrap_err();
    assert_eq!(error.to_string(), "On: the limits cannot change once a server is built from them");
}
