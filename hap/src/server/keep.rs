//! The one place that changes pairings: each change is durable before anybody hears of it.

use std::sync::Arc;

use log::{error, info, warn};
use pairing::store::Store;
use pairing::{Change, State};
use tokio::sync::{mpsc, oneshot};

use super::serve::until;
use super::{Shared, load, now};
use crate::discovery::Discovery;
use crate::half_pairing::HalfPairing;
use crate::sync::lock;

/// What the keeper is asked to do.
pub(super) enum Order {
    /// Make a change durable and commit it; says whether that went well.
    Store(Change, oneshot::Sender<bool>),
    /// Say goodbye on the network and end.
    Stop,
}

/// Orders a change and waits until it is durable; `false` if it is not, and then nothing has changed.
pub(super) async fn store(shared: &Shared, change: Change) -> bool {
    let (done, outcome) = oneshot::channel();
    shared.orders.send(Order::Store(change, done)).await.is_ok() && outcome.await.unwrap_or(false)
}

/// Carries out orders, one after the other, until [`Order::Stop`].
pub(super) async fn run(
    shared: &Shared,
    store: Arc<dyn Store>,
    mut orders: mpsc::Receiver<Order>,
    mut discovery: Option<Discovery>,
    mut half_pairing: HalfPairing,
) {
    loop {
        half_pairing.look(lock(&shared.host).is_half_paired(), now());
        let order = tokio::select! {
            biased;
            order = orders.recv() => order,
            () = until(half_pairing.deadline()) => {
                // The session that made it whole may have come without a word to us.
                if lock(&shared.host).is_half_paired() {
                    warn!("nobody opened a session since Pair Setup: its controller may not know of it, so it is undone");
                    change(shared, &store, Change::RemoveAllPairings).await;
                    tell(shared, &mut discovery);
                    half_pairing.again(now());
                }
                continue;
            }
        };
        let Some(Order::Store(wanted, done)) = order else { break };
        let stored = change(shared, &store, wanted).await;
        // Nobody waits any more if the connection went.
        let _ = done.send(stored);
        tell(shared, &mut discovery);
        shared.setup_next.notify_one();
    }
    if let Some(discovery) = discovery {
        discovery.goodbye().await;
    }
}

/// Makes a change durable and commits it.
async fn change(shared: &Shared, store: &Arc<dyn Store>, change: Change) -> bool {
    let Some(next) = save(shared, store, &change).await else { return false };
    let (was_paired, is_paired) = {
        let mut host = lock(&shared.host);
        let was_paired = host.state.is_paired();
        host.commit(next);
        (was_paired, host.state.is_paired())
    };
    shared.changed.send_replace(());
    if was_paired != is_paired {
        info!("{}", if is_paired { "paired" } else { "no longer paired: it can be set up again" });
    }
    true
}

/// Tells the network whether there are pairings: the Home app waits for that. It asks for its answer first, and what is told
/// here takes a small core milliseconds (HAP §1.6).
fn tell(shared: &Shared, discovery: &mut Option<Discovery>) {
    if let Some(discovery) = discovery {
        discovery.set_paired(lock(&shared.host).state.is_paired());
    }
}

/// Writes the state after a change, and gives it back.
async fn save(shared: &Shared, store: &Arc<dyn Store>, change: &Change) -> Option<State> {
    // Only this task changes the state, so nothing comes between this copy and the commit.
    let next = lock(&shared.host).after(change);
    let store = Arc::clone(store);
    // A card can take half a second to write; sessions go on meanwhile.
    let saved = tokio::task::spawn_blocking(move || load::save_pairings(&*store, &next).map(|()| next)).await;
    match saved {
        Ok(Ok(next)) => Some(next),
        Ok(Err(problem)) => {
            error!("{problem}");
            None
        }
        Err(problem) => {
            error!("the store failed: {problem}");
            None
        }
    }
}
