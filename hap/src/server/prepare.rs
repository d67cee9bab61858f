//! What can be computed before anybody asks for it, while there is nothing else to do.

use std::sync::Arc;

use getrandom::SysRng;
use pairing::Preparation;
use rand_core::UnwrapErr;
use tokio::time::timeout;

use super::Shared;
use crate::limits;
use crate::sync::lock;

/// Computes ahead what the next Pair Setup needs, whenever there is something to compute. Never ends.
///
/// It is one of those who wait for the arithmetic's one thread, so an M1 that comes meanwhile finds it done.
pub(super) async fn run(shared: &Shared) {
    if let Some(known) = &shared.reach {
        // It keeps a small core busy for half a second, and phones should find us before that. Where they never do, Pair
        // Setup is prepared all the same.
        let _ = timeout(limits::FIRST_ANNOUNCEMENT, known.announcement()).await;
    }
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
    use std::time::Duration;

    use tokio::task::{JoinHandle, yield_now};
    use tokio::time::advance;

    use super::*;
    use crate::accessory::{Accessory, Category, Information};
    use crate::discovery::Known;
    use crate::server::Server;

    const MOMENT: Duration = Duration::from_millis(1);

    /// A server that runs its preparations only. Whether it advertises is what `reach` says.
    struct Preparing {
        shared: Arc<Shared>,
        task: JoinHandle<()>,
    }

    impl Preparing {
        async fn start(reach: Option<Arc<Known>>) -> Self {
            let accessory = Accessory::new(Information { name: "Lamp", ..Information::default() }, Category::Other);
            let builder = Server::builder(accessory).bind("127.0.0.1:0".parse().unwrap()).advertise(false);
            let shared = Arc::into_inner(builder.start().await.unwrap().handle.shared).unwrap();
            let shared = Arc::new(Shared { reach, ..shared });
            let running = Arc::clone(&shared);
            let task = tokio::spawn(async move { run(&running).await });
            yield_now().await;
            Self { shared, task }
        }

        /// Whether all is computed, when what has begun is done.
        async fn is_ready(&self) -> bool {
            yield_now().await;
            // It has the only turn there is until it is done.
            drop(self.shared.arithmetic.acquire().await.unwrap());
            preparation(&self.shared).is_none()
        }
    }

    impl Drop for Preparing {
        fn drop(&mut self) {
            self.task.abort();
        }
    }

    #[tokio::test]
    async fn what_pair_setup_needs_is_computed_at_once_where_nothing_is_advertised() {
        assert!(Preparing::start(None).await.is_ready().await);
    }

    #[tokio::test(start_paused = true)]
    async fn what_pair_setup_needs_is_computed_after_the_first_announcement_and_before_anybody_asks() {
        let known = Arc::<Known>::default();
        let preparing = Preparing::start(Some(Arc::clone(&known))).await;
        advance(limits::FIRST_ANNOUNCEMENT - MOMENT).await;
        assert!(!preparing.is_ready().await);
        known.announced();
        assert!(preparing.is_ready().await);
    }

    #[tokio::test(start_paused = true)]
    async fn what_pair_setup_needs_is_computed_also_where_nothing_can_be_announced() {
        let preparing = Preparing::start(Some(Arc::default())).await;
        advance(limits::FIRST_ANNOUNCEMENT - MOMENT).await;
        assert!(!preparing.is_ready().await);
        advance(MOMENT).await;
        assert!(preparing.is_ready().await);
    }
}
