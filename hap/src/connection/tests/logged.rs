//! What is logged while something happens.

use std::cell::RefCell;
use std::sync::Once;

thread_local! {
    /// The lines of this thread: other tests run beside it.
    static LINES: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
    /// What this thread does at each line.
    static HOOK: RefCell<Option<Box<dyn Fn()>>> = const { RefCell::new(None) };
}

struct Recorder;

impl log::Log for Recorder {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        HOOK.with_borrow(|hook| hook.as_ref().map(|hook| hook()));
        LINES.with_borrow_mut(|lines| lines.push(format!("{} {}", record.level(), record.args())));
    }

    fn flush(&self) {}
}

/// Calls `hook` at each line that this thread logs from now on.
pub(super) fn when_logged(hook: impl Fn() + 'static) {
    HOOK.set(Some(Box::new(hook)));
}

/// The warnings and errors of `action`.
pub(super) fn logged(action: impl FnOnce()) -> Vec<String> {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        log::set_logger(&Recorder).unwrap();
        log::set_max_level(log::LevelFilter::Warn);
    });
    LINES.take();
    action();
    LINES.take()
}
