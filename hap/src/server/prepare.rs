//! What can be computed before anybody asks for it, while there is nothing else to do.

use std::sync::Arc;

use getrandom::SysRng;
use rand_core::UnwrapErr;

use super::Shared;
use crate::sync::lock;

/// Computes ahead what the next Pair Setup needs, whenever there is something to compute. Never ends.
///
/// It is one of those who wait for the arithmetic's one thread, so an M1 that comes meanwhile finds it done.
pub(super) async fn run(shared: &Shared) {
    loop {
        let preparation = {
            let mut host = lock(&shared.host);
            let host = &mut *host;
            host.setup.prepare(&host.state, &mut UnwrapErr(SysRng))
        };
        if let Some(preparation) = preparation
            && let Ok(permit) = Arc::clone(&shared.arithmetic).acquire_owned().await
        {
            let compute = move || {
                let _permit = permit;
                preparation.run();
            };
            if tokio::task::spawn_blocking(compute).await.is_err() {
                // M1 tries again, and tells its controller.
                log::error!("the arithmetic of Pair Setup panicked");
            }
        }
        shared.setup_ended.notified().await;
    }
}
