//! Renders `src/catalogue/characteristics.rs` and `src/catalogue/services.rs` from the data in `hap/catalogue`.

use std::fmt::Write;

use crate::data::{Characteristic, Service};

/// Characteristics that are a moment and not a state: `null` when read outside an event (HAP §9.5).
pub(crate) const READ_AS_NULL: [&str; 2] = ["ButtonEvent", "ProgrammableSwitchEvent"];

const HEADER: &str = "// Generated from hap/catalogue by tests/catalogue; do not edit.\n";

/// The text of `characteristics.rs`.
pub(crate) fn characteristics(all: &[Characteristic]) -> String {
    let mut out = format!(
        "{HEADER}\nuse super::{{Definition, Format, Kind, Metadata, Number, Perms, Type, TypedValue, Unit, Value}};\n\n"
    );
    out += "/// The definitions of all characteristics here.\npub const CHARACTERISTICS: &[&Definition] = &[\n";
    for characteristic in all {
        writeln!(out, "    {}::DEFINITION,", characteristic.name).unwrap();
    }
    out += "];\n";
    for characteristic in all {
        out.push('\n');
        render_characteristic(characteristic, &mut out);
    }
    out
}

/// The text of `services.rs`.
pub(crate) fn services(all: &[Service], characteristics: &[Characteristic]) -> String {
    let mut out = format!(
        "{HEADER}\nuse super::characteristics::*;\nuse super::{{AnyCharacteristic, Characteristic, Definition, Kind, Service, Type}};\n\n"
    );
    out += "/// The names and types of all services here.\npub const SERVICES: &[(&str, Type)] = &[\n";
    for service in all {
        writeln!(out, "    ({0}::NAME, {0}::TYPE),", service.name).unwrap();
    }
    out += "];\n\n/// What each of them must have, by its type.\n";
    out += "pub(crate) const REQUIRED: &[(Type, &[&Definition])] = &[\n";
    for service in all {
        writeln!(out, "    ({0}::TYPE, {0}::REQUIRED),", service.name).unwrap();
    }
    out += "];\n";
    for service in all {
        out.push('\n');
        render_service(service, characteristics, &mut out);
    }
    out
}

/// The name as a field: one lower-case word after the other.
pub(crate) fn snake_case(name: &str) -> String {
    words(name).join("_").to_lowercase()
}

/// The Rust type of the value.
fn value_type(characteristic: &Characteristic) -> &str {
    if !characteristic.valid_values.is_empty() {
        return &characteristic.name;
    }
    match characteristic.format.as_str() {
        "bool" => "bool",
        "uint8" => "u8",
        "uint16" => "u16",
        "uint32" => "u32",
        "uint64" => "u64",
        "int" => "i32",
        "float" => "f64",
        "string" => "String",
        "tlv8" | "data" => "Vec<u8>",
        unknown => panic!("no such format: {unknown}"),
    }
}

fn render_characteristic(characteristic: &Characteristic, out: &mut String) {
    let Characteristic { name, format, .. } = characteristic;
    let named = !characteristic.valid_values.is_empty();
    let (macro_name, parameter) = match (named, number_variant(format)) {
        (true, Some(variant)) => ("named_values", variant),
        (true, None) => panic!("{name}: values of a {format} have names"),
        (false, _) => ("characteristic", value_type(characteristic)),
    };
    writeln!(out, "{macro_name}! {{").unwrap();
    writeln!(out, "    /// {}", describe_characteristic(characteristic)).unwrap();
    writeln!(
        out,
        "    {name}({parameter}) = {} {} [{}] {{{}}};",
        type_of(&characteristic.uuid, characteristic.short.as_deref()),
        format_variant(format),
        perm_names(&characteristic.perms).join(" "),
        limits(characteristic),
    )
    .unwrap();
    for value in &characteristic.valid_values {
        writeln!(out, "    /// {}, value {}.", title(&value.name), value.value).unwrap();
        writeln!(out, "    {} = {},", value.name, value.value).unwrap();
    }
    for bit in &characteristic.bits {
        writeln!(out, "    /// The bit of `{}`.", bit.name).unwrap();
        writeln!(out, "    {} = {},", snake_case(&bit.name).to_uppercase(), bit.mask).unwrap();
    }
    out.push_str("}\n");
}

fn render_service(service: &Service, characteristics: &[Characteristic], out: &mut String) {
    out.push_str("service! {\n");
    writeln!(out, "    /// {}", describe_service(service)).unwrap();
    writeln!(out, "    {} = {} {{", service.name, type_of(&service.uuid, service.short.as_deref())).unwrap();
    for name in &service.required {
        writeln!(out, "        {}: {name},", snake_case(name)).unwrap();
    }
    out.push_str("    } {\n");
    for name in &service.optional {
        let kind = characteristics.iter().find(|kind| kind.name == *name).unwrap();
        let field = snake_case(name);
        writeln!(out, "        {field} with_{field}: {name}({}),", value_type(kind)).unwrap();
    }
    out.push_str("    }\n}\n");
}

fn describe_characteristic(characteristic: &Characteristic) -> String {
    let Characteristic { name, format, min, max, .. } = characteristic;
    let mut text = format!("{}{}: `{format}`", title(name), short_form(characteristic.short.as_deref()));
    match (min, max) {
        (Some(min), Some(max)) => write!(text, " from {min} to {max}").unwrap(),
        (Some(min), None) => write!(text, " from {min}").unwrap(),
        (None, Some(max)) => write!(text, " to {max}").unwrap(),
        (None, None) => {}
    }
    match characteristic.unit.as_deref() {
        Some("celsius") => text += " °C",
        Some("percentage") => text += " %",
        Some("arcdegrees") => text += "° of angle",
        Some("lux") => text += " lx",
        Some("seconds") => text += " s",
        Some(unknown) => panic!("no such unit: {unknown}"),
        None => {}
    }
    if let Some(step) = characteristic.step.as_ref().filter(|step| step.as_f64() != Some(1.0)) {
        write!(text, " in steps of {step}").unwrap();
    }
    if let Some(bytes) = characteristic.max_len {
        write!(text, " of at most {bytes} bytes").unwrap();
    }
    let perms = perm_names(&characteristic.perms).join(", ").to_lowercase().replace('_', " ");
    write!(text, "; {perms}.").unwrap();
    if !characteristic.admin_only.is_empty() {
        let perms = perm_names(&characteristic.admin_only).join(" and ").to_lowercase();
        write!(text, " Admins only: {perms}.").unwrap();
    }
    // The other notes compare sources, which is nothing to a user of the type.
    if let Some(meaning) = characteristic.notes.as_deref().and_then(|notes| notes.strip_prefix("value ")) {
        write!(text, " The value is {}.", meaning.trim_start_matches("is ").replace(';', ",")).unwrap();
    }
    text + &history(characteristic.since.as_deref(), characteristic.deprecated)
}

fn describe_service(service: &Service) -> String {
    let history = history(service.since.as_deref(), service.deprecated);
    format!("{}{}.{history}", title(&service.name), short_form(service.short.as_deref()))
}

fn history(since: Option<&str>, deprecated: bool) -> String {
    let since = since.map(|since| format!(" Since {since}.")).unwrap_or_default();
    let deprecated = if deprecated { " Deprecated by Apple." } else { "" };
    since + deprecated
}

fn short_form(short: Option<&str>) -> String {
    short.map(|short| format!(" (`{short}`)")).unwrap_or_default()
}

/// The limits of a definition, as calls of its methods.
fn limits(characteristic: &Characteristic) -> String {
    let mut calls = Vec::new();
    if let Some(unit) = &characteristic.unit {
        calls.push(format!(".unit(Unit::{})", unit_variant(unit)));
    }
    let numbers = [("min", &characteristic.min), ("max", &characteristic.max), ("step", &characteristic.step)];
    for (method, number) in numbers {
        if let Some(number) = number {
            calls.push(format!(".{method}({})", number_literal(&characteristic.format, number)));
        }
    }
    if let Some(bytes) = characteristic.max_len {
        calls.push(format!(".max_len({bytes})"));
    }
    if has_gaps(characteristic) {
        let values: Vec<_> = characteristic.valid_values.iter().map(|value| value.value.to_string()).collect();
        calls.push(format!(".valid_values(&[{}])", values.join(", ")));
    }
    if characteristic.immediate_event {
        calls.push(".immediate_event()".to_owned());
    }
    if READ_AS_NULL.contains(&characteristic.name.as_str()) {
        calls.push(".null_read()".to_owned());
    }
    if is_control_point(characteristic) {
        calls.push(".control_point()".to_owned());
    }
    if !characteristic.admin_only.is_empty() {
        let perms: Vec<_> =
            perm_names(&characteristic.admin_only).iter().map(|perm| format!(".with(Perms::{perm})")).collect();
        calls.push(format!(".admin_only(Perms::NONE{})", perms.concat()));
    }
    if calls.is_empty() { String::new() } else { format!(" {} ", calls.concat()) }
}

/// Whether a write is a request: it has an answer, or makes no event. What was *selected* is a state all the same.
pub(crate) fn is_control_point(characteristic: &Characteristic) -> bool {
    let has = |perm: &str| characteristic.perms.iter().any(|one| one == perm);
    characteristic.format == "tlv8"
        && has("pw")
        && (has("wr") || !has("ev"))
        && !characteristic.name.starts_with("Selected")
}

/// Whether the range alone would allow a value without a name.
pub(crate) fn has_gaps(characteristic: &Characteristic) -> bool {
    let bound = |number: &Option<serde_json::Number>| number.as_ref().and_then(serde_json::Number::as_u64);
    let range = bound(&characteristic.min).zip(bound(&characteristic.max));
    let values = &characteristic.valid_values;
    !values.is_empty() && range.is_none_or(|(min, max)| max - min + 1 != values.len() as u64)
}

fn type_of(uuid: &str, short: Option<&str>) -> String {
    match short {
        Some(short) => format!("apple(0x{short})"),
        None => format!("uuid(0x{})", uuid.replace('-', "_")),
    }
}

fn number_literal(format: &str, number: &serde_json::Number) -> String {
    let variant = number_variant(format).unwrap_or_else(|| panic!("a {format} has no {number}"));
    match variant {
        "Float" => format!("Number::Float({:?})", number.as_f64().unwrap()),
        _ => format!("Number::{variant}({number})"),
    }
}

/// The variant of `Number` and `Value` for a numeric format.
fn number_variant(format: &str) -> Option<&'static str> {
    match format {
        "uint8" | "uint16" | "uint32" | "uint64" => Some("Unsigned"),
        "int" => Some("Signed"),
        "float" => Some("Float"),
        _ => None,
    }
}

fn format_variant(format: &str) -> &'static str {
    match format {
        "bool" => "Bool",
        "uint8" => "UInt8",
        "uint16" => "UInt16",
        "uint32" => "UInt32",
        "uint64" => "UInt64",
        "int" => "Int",
        "float" => "Float",
        "string" => "String",
        "tlv8" => "Tlv8",
        "data" => "Data",
        unknown => panic!("no such format: {unknown}"),
    }
}

fn unit_variant(unit: &str) -> &'static str {
    match unit {
        "celsius" => "Celsius",
        "percentage" => "Percentage",
        "arcdegrees" => "ArcDegrees",
        "lux" => "Lux",
        "seconds" => "Seconds",
        unknown => panic!("no such unit: {unknown}"),
    }
}

fn perm_names(perms: &[String]) -> Vec<&'static str> {
    perms
        .iter()
        .map(|perm| match perm.as_str() {
            "pr" => "READ",
            "pw" => "WRITE",
            "ev" => "EVENTS",
            "aa" => "ADDITIONAL_AUTHORIZATION",
            "tw" => "TIMED_WRITE",
            "hd" => "HIDDEN",
            "wr" => "WRITE_RESPONSE",
            unknown => panic!("no such permission: {unknown}"),
        })
        .collect()
}

/// The name for people: `PM2_5Density` is `PM2.5 Density`.
fn title(name: &str) -> String {
    words(name).join(" ").replace('_', ".")
}

/// The words of a name in capitals-in-the-middle: a word starts at a capital after a small letter or a digit, and at
/// the last of several capitals before a small letter. Apple's product names are one word each.
fn words(name: &str) -> Vec<String> {
    const ONE_WORD: [&str; 4] = ["AirPlay", "HomeKit", "OpenThread", "WiFi"];
    let mut words = Vec::new();
    let mut rest = name;
    while !rest.is_empty() {
        let product = ONE_WORD.iter().find(|product| rest.starts_with(**product));
        let (word, tail) = rest.split_at(product.map_or_else(|| word_length(rest), |product| product.len()));
        words.push(word.to_owned());
        rest = tail;
    }
    words
}

fn word_length(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let starts_word = |at: &usize| {
        let small_follows = bytes.get(at + 1).is_some_and(u8::is_ascii_lowercase);
        bytes[*at].is_ascii_uppercase() && (!bytes[at - 1].is_ascii_uppercase() || small_follows)
    };
    (1..bytes.len()).find(starts_word).unwrap_or(bytes.len())
}

#[test]
fn fields_are_named_by_the_words_of_the_characteristic() {
    let names = [
        ("On", "on"),
        ("TargetDoorState", "target_door_state"),
        ("WiFiSatelliteStatus", "wifi_satellite_status"),
        ("AirPlayEnable", "airplay_enable"),
        ("AirParticulateSize", "air_particulate_size"),
        ("HomeKitCameraActive", "homekit_camera_active"),
        ("PM2_5Density", "pm2_5_density"),
        ("PM10Density", "pm10_density"),
        ("VOCDensity", "voc_density"),
        ("SelectedRTPStreamConfiguration", "selected_rtp_stream_configuration"),
        ("DataStreamHAPTransportInterrupt", "data_stream_hap_transport_interrupt"),
        ("CCAEnergyDetectThreshold", "cca_energy_detect_threshold"),
        ("ThreadOpenThreadVersion", "thread_openthread_version"),
        ("ADKVersion", "adk_version"),
    ];
    for (name, field) in names {
        assert_eq!(snake_case(name), field);
    }
    assert_eq!(title("PM2_5Density"), "PM2.5 Density");
    assert_eq!(title("HAPProtocolInformation"), "HAP Protocol Information");
}
