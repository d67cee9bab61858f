//! What the network is told (HAP §1.2, §1.3).

use mdns_sd::ServiceInfo;
use pairing::{DeviceId, SetupId, setup_hash};

use crate::accessory::Category;

/// The service type of HAP over IP.
pub(super) const SERVICE: &str = "_hap._tcp.local.";

/// What the network is told, apart from whether the accessory is paired.
pub(crate) struct Advertisement {
    pub(crate) name: String,
    pub(crate) model: String,
    pub(crate) category: Category,
    pub(crate) device_id: DeviceId,
    pub(crate) setup_id: SetupId,
    pub(crate) configuration: u16,
    pub(crate) port: u16,
}

impl Advertisement {
    /// The service as the responder takes it; its addresses are the interfaces' own.
    pub(super) fn service(&self, paired: bool) -> mdns_sd::Result<ServiceInfo> {
        let host = format!("{}.local.", hex(&self.device_id));
        let txt = self.txt(paired);
        let service =
            ServiceInfo::new(SERVICE, &instance(&self.name, &self.device_id), &host, "", self.port, txt.as_slice())?;
        Ok(service.enable_addr_auto())
    }

    /// The TXT record (HAP §1.3).
    pub(super) fn txt(&self, paired: bool) -> Vec<(&'static str, String)> {
        vec![
            ("c#", self.configuration.to_string()),
            ("ff", "0".to_owned()),
            ("id", self.device_id.to_string()),
            ("md", self.model.clone()),
            ("pv", "1.1".to_owned()),
            ("s#", "1".to_owned()),
            ("sf", if paired { "0" } else { "1" }.to_owned()),
            ("ci", self.category.number().to_string()),
            ("sh", setup_hash(&self.setup_id, &self.device_id)),
        ]
    }
}

/// The name that phones list: the accessory's, with the end of its id so that two of a name do not clash (HAP §1.2).
pub(super) fn instance(name: &str, device_id: &DeviceId) -> String {
    let id = hex(device_id);
    let suffix = id.get(8..).unwrap_or_default();
    // A DNS label holds 63 bytes.
    let mut end = name.len().min(63 - 1 - suffix.len());
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    format!("{} {suffix}", name.get(..end).unwrap_or_default())
}

fn hex(device_id: &DeviceId) -> String {
    device_id.to_string().replace(':', "")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn advertisement(name: &str) -> Advertisement {
        Advertisement {
            name: name.to_owned(),
            model: "Portcullis".to_owned(),
            category: Category::GarageDoorOpener,
            device_id: "AA:BB:CC:DD:EE:FF".parse().unwrap(),
            setup_id: "ABCD".parse().unwrap(),
            configuration: 3,
            port: 51826,
        }
    }

    #[test]
    fn the_txt_record_has_every_key_and_sf_says_whether_anybody_is_paired() {
        let text = |paired| {
            let txt = advertisement("Gate").txt(paired);
            txt.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(text(false), "c#=3 ff=0 id=AA:BB:CC:DD:EE:FF md=Portcullis pv=1.1 s#=1 sf=1 ci=4 sh=rxqrlA==");
        assert!(text(true).contains(" sf=0 "));
    }

    #[test]
    fn the_instance_name_ends_in_the_id_and_fits_a_label_without_splitting_a_character() {
        let instance = |name| instance(name, &advertisement("").device_id);
        assert_eq!(instance("Gate"), "Gate EEFF");
        let long = instance(&"ü".repeat(32));
        assert_eq!(long, format!("{} EEFF", "ü".repeat(29)));
        assert!(long.len() <= 63);
    }
}
