//! What can be computed before anybody asks for it, while there is nothing else to do.

use std::sync::Arc;

use getrandom::SysRng;
use pairing::Preparation;
use rand_core::UnwrapErr;

use super::Shared;
use crate::sync::lock;

/// Computes ahead what the next Pair Setup needs, whenever there is something to compute. Never ends.
///
/// It is one of those who wait for the arithmetic's one thread, so an M1 that comes meanwhile finds it done.
pub(super) async fn run(shared: &Shared) {
    loop {
        if let Some(preparation) = preparation(shared)
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
        shared.setup_next.notified().await;
    }
}

fn preparation(shared: &Shared) -> Option<Preparation> {
    let mut host = lock(&shared.host);
    let host = &mut *host;
    host.setup.prepare(&host.state, &mut UnwrapErr(SysRng))
}

#[cfg(test)]
mod tests {
    use tokio::task::yield_now;

    use super::*;
    use crate::accessory::{Accessory, Category, Information};
    use crate::server::Server;

    #[tokio::test]
    async fn what_pair_setup_needs_is_computed_after_the_start_and_before_anybody_asks() {
        let accessory = Accessory::new(Information { name: "Lamp", ..Information::default() }, Category::Other);
        let builder = Server::builder(accessory).bind("127.0.0.1:0".parse().unwrap()).advertise(false);
        let shared = builder.start().await.unwrap().handle.shared;
        assert!(preparation(&shared).is_some());
        let running = Arc::clone(&shared);
        let preparing = tokio::spawn(async move { run(&running).await });
        yield_now().await;
        // It has the only turn there is until it is done.
        drop(shared.arithmetic.acquire().await.unwrap());
        assert!(preparation(&shared).is_none());
        preparing.abort();
    }
}
