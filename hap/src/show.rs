//! The routine by which an accessory shows itself (HAP §11.3).

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use log::{debug, error};

use crate::host::Identify;

/// Makes of a routine what starts it: on a thread of its own, because a blinking light takes seconds, and whoever asks must
/// not wait for it (HAP §14). While it runs nothing more is started, however often a stranger asks.
pub(crate) fn identify(routine: impl Fn() + Send + Sync + 'static) -> Identify {
    let routine = Arc::new(routine);
    let is_running = Arc::new(AtomicBool::new(false));
    Arc::new(move || {
        if is_running.swap(true, Ordering::Relaxed) {
            debug!("the accessory shows itself already");
            return;
        }
        let routine = Arc::clone(&routine);
        let ended = Ended(Arc::clone(&is_running));
        let shown = thread::Builder::new().name("identify".to_owned()).spawn(move || {
            let _ended = ended;
            if catch_unwind(AssertUnwindSafe(|| routine())).is_err() {
                error!("the identify routine panicked: mend the program");
            }
        });
        if let Err(problem) = shown {
            error!("the accessory cannot show itself: {problem}");
        }
    })
}

/// Dropped with the thread, or when there is none.
struct Ended(Arc<AtomicBool>);

impl Drop for Ended {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Mutex, mpsc};

    use super::*;

    #[test]
    fn a_routine_runs_once_at_a_time_and_again_when_it_has_ended() {
        let (begun, has_begun) = mpsc::channel();
        let (go_on, may_go_on) = mpsc::channel::<bool>();
        let may_go_on = Mutex::new(may_go_on);
        let show = identify(move || {
            begun.send(()).unwrap();
            let fails = may_go_on.lock().unwrap().recv().unwrap();
            assert!(!fails, "it cannot blink");
        });
        for fails in [false, true, false] {
            // The thread before may not be quite gone.
            while has_begun.try_recv().is_err() {
                show();
                thread::yield_now();
            }
            show();
            show();
            go_on.send(fails).unwrap();
        }
        drop(go_on);
        drop(show);
        assert!(has_begun.recv().is_err(), "nothing was left over");
    }
}
