//! The data in `hap/catalogue`, as types: what is unknown or missing there fails here.

use serde::Deserialize;

/// One entry of `characteristics.json`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Characteristic {
    pub(crate) name: String,
    pub(crate) uuid: String,
    pub(crate) short: Option<String>,
    pub(crate) format: String,
    pub(crate) perms: Vec<String>,
    pub(crate) min: Option<serde_json::Number>,
    pub(crate) max: Option<serde_json::Number>,
    pub(crate) step: Option<serde_json::Number>,
    pub(crate) max_len: Option<u16>,
    pub(crate) unit: Option<String>,
    pub(crate) valid_values: Vec<NamedValue>,
    pub(crate) immediate_event: bool,
    pub(crate) deprecated: bool,
    #[serde(default)]
    pub(crate) admin_only: Vec<String>,
    #[serde(default)]
    pub(crate) bits: Vec<Bit>,
    pub(crate) since: Option<String>,
    pub(crate) notes: Option<String>,
    #[serde(rename = "aliases")]
    _aliases: Option<Vec<String>>,
    #[serde(rename = "sources")]
    _sources: Vec<String>,
}

/// A value with a known meaning.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NamedValue {
    pub(crate) value: u8,
    pub(crate) name: String,
}

/// A bit with a known meaning.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Bit {
    pub(crate) mask: u32,
    pub(crate) name: String,
}

/// One entry of `services.json`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Service {
    pub(crate) name: String,
    pub(crate) uuid: String,
    pub(crate) short: Option<String>,
    pub(crate) required: Vec<String>,
    pub(crate) optional: Vec<String>,
    pub(crate) deprecated: bool,
    pub(crate) since: Option<String>,
    #[serde(rename = "notes")]
    _notes: Option<String>,
    #[serde(rename = "aliases")]
    _aliases: Option<Vec<String>>,
    #[serde(rename = "sources")]
    _sources: Vec<String>,
}

/// All characteristics, in the order of the data.
pub(crate) fn characteristics() -> Vec<Characteristic> {
    serde_json::from_str(include_str!("../../catalogue/characteristics.json")).unwrap()
}

/// All services, in the order of the data.
pub(crate) fn services() -> Vec<Service> {
    serde_json::from_str(include_str!("../../catalogue/services.json")).unwrap()
}
