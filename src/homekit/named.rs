//! Names of the services beside the gate, which people change in the Home app.

use std::sync::Arc;

use hap::catalogue::ConfiguredName;
use hap::{AnyCharacteristic, Characteristic, Service, Status, definition};
use log::error;

use crate::names::{GivenName, Names};

/// A service that carries its own name: without one, Home shows all services of an accessory under the accessory's.
#[derive(Clone)]
pub(super) struct Named<S> {
    pub(super) service: S,
    name: Characteristic<ConfiguredName>,
}

impl<S: Service> Named<S> {
    /// `service` under the name that was given to `key`, or else under `name`. A name that somebody gives it in the
    /// Home app is kept in `labels`.
    pub(super) fn new(service: S, name: String, key: String, labels: &Arc<Names>) -> Self {
        let shown = Characteristic::new(labels.of(&key).unwrap_or(name));
        let labels = Arc::clone(labels);
        shown.on_write(move |name: String, _| {
            let (labels, key) = (Arc::clone(&labels), key.clone());
            async move {
                let name = GivenName::try_from(name).map_err(|_| Status::InvalidValue)?;
                let kept = tokio::task::spawn_blocking(move || labels.give(&key, Some(name), &[])).await;
                match kept {
                    Ok(Ok(())) => Ok(()),
                    Ok(Err(problem)) => {
                        error!("a new name cannot be kept: {problem}");
                        Err(Status::OutOfResources)
                    }
                    Err(_) => Err(Status::OutOfResources),
                }
            }
        });
        Self { service, name: shown }
    }
}

impl<S: Service> Service for Named<S> {
    const TYPE: definition::Type = S::TYPE;
    const NAME: &'static str = S::NAME;

    fn characteristics(&self) -> Vec<AnyCharacteristic> {
        let mut all = self.service.characteristics();
        all.push(self.name.any());
        all
    }
}
