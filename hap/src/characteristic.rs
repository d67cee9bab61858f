//! Characteristics: a value, its limits, and what happens when a controller reads or writes it.

mod write;

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::{Arc, Mutex, OnceLock, Weak};

pub(crate) use self::write::Write;
use self::write::{Handler, Writes};
use crate::batch;
use crate::definition::{Definition, Kind, TypedValue};
use crate::events::{Change, Hub};
use crate::session::{SessionId, WriteContext};
use crate::status::Status;
use crate::sync::lock;
use crate::value::{InvalidLimit, Metadata, OutOfRange, Value};

/// One characteristic of an accessory, typed by its [`Kind`].
///
/// A handle: clones share the value, and any thread may read or set it.
pub struct Characteristic<K: Kind> {
    cell: Arc<Cell>,
    kind: PhantomData<fn() -> K>,
}

impl<K: Kind> Characteristic<K> {
    /// A characteristic that holds `value`.
    ///
    /// A value outside the limits of the type stays out, as with [`set`](Self::set): the characteristic then holds the
    /// type's initial value.
    pub fn new(value: K::Value) -> Self {
        let this = Self::initial();
        this.set(value);
        this
    }

    /// A characteristic that holds the initial value of its type: false, the smallest number, no text.
    pub fn initial() -> Self {
        let definition = K::DEFINITION;
        Self {
            cell: Arc::new(Cell {
                definition,
                state: Mutex::new(State {
                    value: K::Value::initial(definition).into_value(),
                    metadata: Arc::new(Metadata::from(definition)),
                    refused: None,
                    writes: Writes::default(),
                    version: 0,
                    said: 0,
                    writer: None,
                }),
                handlers: Mutex::default(),
                place: OnceLock::new(),
            }),
            kind: PhantomData,
        }
    }

    /// The value as last set or written.
    pub fn get(&self) -> K::Value {
        // A copy: the program's own types may come back here.
        K::Value::from_value(&self.cell.value()).unwrap_or_else(|| K::Value::initial(self.cell.definition))
    }

    /// Sets the value; subscribed controllers hear of it when it changed.
    ///
    /// A value of another type does not compile:
    ///
    /// ```compile_fail,E0308
    /// hap::catalogue::Switch::new().on.set("on");
    /// ```
    ///
    /// A value outside the limits is refused and logged: a controller that is sent one drops the whole accessory. Before
    /// the server is built, it stops the start (see [`lint`](crate::lint)).
    pub fn set(&self, value: K::Value) {
        if let Err(error) = self.try_set(value) {
            log::error!("{} keeps its value: {error}", self.cell.definition.name);
            self.cell.refuse(error);
        }
    }

    /// Sets the value, or says which limit it breaks.
    pub fn try_set(&self, value: K::Value) -> Result<(), OutOfRange> {
        self.cell.set(value.into_value())
    }

    /// Calls `handler` when a controller writes; its answer is the controller's.
    ///
    /// The value is stored when the handler succeeds, unless the handler set one itself, or the program changed it
    /// meanwhile; the controller that wrote then hears which one holds. What is written to a
    /// [control point](crate::definition::Definition::control_point) is never stored. The session that wrote waits for
    /// the handler, others do not; it has nine seconds with all others of its request.
    pub fn on_write<F, W>(&self, handler: F)
    where
        F: Fn(K::Value, WriteContext) -> W + Send + Sync + 'static,
        W: Future<Output = Result<(), Status>> + Send + 'static,
    {
        let of = self.cell.address();
        self.cell.handle_writes(WriteHandler::Later(Arc::new(move |value, context| {
            match K::Value::from_value(&value) {
                Some(value) => {
                    let running = Handler { of, session: context.session() };
                    Box::pin(running.finish(handler(value, context)))
                }
                None => Box::pin(std::future::ready(Err(Status::InvalidValue))),
            }
        })));
    }

    /// Like [`on_write`](Self::on_write) for a handler that never waits: it runs where the request was parsed.
    pub fn on_write_now<F>(&self, handler: F)
    where
        F: Fn(K::Value, &WriteContext) -> Result<(), Status> + Send + Sync + 'static,
    {
        self.cell.handle_writes(WriteHandler::Now(Arc::new(move |value, context| {
            K::Value::from_value(value).map_or(Err(Status::InvalidValue), |value| handler(value, context))
        })));
    }

    /// Calls `handler` when a controller reads; without one the stored value is the answer. It has three seconds, in which
    /// all that is read with it waits.
    ///
    /// `/accessories` and events always carry the stored value: they must not wait for hardware (HAP §9.6).
    pub fn on_read<F, R>(&self, handler: F)
    where
        F: Fn() -> R + Send + Sync + 'static,
        R: Future<Output = Result<K::Value, Status>> + Send + 'static,
    {
        self.cell.handle_reads(Arc::new(move || {
            let reading = handler();
            Box::pin(async move { reading.await.map(TypedValue::into_value) })
        }));
    }

    /// Changes the limits and description of this instance, before the server is built (HAP §9.4).
    ///
    /// The limits may be narrower than the type's, never wider. A value that no longer fits becomes the lowest that does.
    /// `describe` may look at the characteristic, also by its handles.
    ///
    /// ```
    /// use hap::Characteristic;
    /// use hap::catalogue::Brightness;
    ///
    /// let brightness = Characteristic::<Brightness>::initial();
    /// brightness.describe(|limits| limits.with_range(10, 100))?;
    /// assert_eq!(brightness.get(), 10);
    /// # Ok::<(), hap::value::InvalidLimit>(())
    /// ```
    pub fn describe<F>(&self, describe: F) -> Result<(), InvalidLimit>
    where
        F: FnOnce(Metadata) -> Result<Metadata, InvalidLimit>,
    {
        let too_late = || InvalidLimit::TooLate { name: self.cell.definition.name };
        if self.cell.is_placed() {
            return Err(too_late());
        }
        let metadata = describe(Metadata::clone(&self.cell.metadata()))?;
        let mut state = lock(&self.cell.state);
        // One may have been built meanwhile; from here on it takes what is stored.
        if self.cell.is_placed() {
            return Err(too_late());
        }
        if metadata.check(state.value.clone()).is_err() {
            state.value = metadata.initial();
        }
        state.metadata = Arc::new(metadata);
        Ok(())
    }

    /// This characteristic without its type, as a service lists it.
    pub fn any(&self) -> AnyCharacteristic {
        AnyCharacteristic(Arc::clone(&self.cell))
    }
}

impl<K: Kind> Clone for Characteristic<K> {
    fn clone(&self) -> Self {
        Self { cell: Arc::clone(&self.cell), kind: PhantomData }
    }
}

impl<K: Kind> fmt::Debug for Characteristic<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.any().fmt(f)
    }
}

/// A characteristic of any type.
#[derive(Clone)]
pub struct AnyCharacteristic(pub(crate) Arc<Cell>);

impl fmt::Debug for AnyCharacteristic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({:?})", self.0.definition.name, self.0.value())
    }
}

/// What a characteristic and all its handles share.
pub(crate) struct Cell {
    pub(crate) definition: &'static Definition,
    state: Mutex<State>,
    handlers: Mutex<Handlers>,
    /// Where the characteristic stands once a server is built from it.
    place: OnceLock<Place>,
}

struct State {
    value: Value,
    metadata: Arc<Metadata>,
    /// Why the value that the program wanted last is not the value.
    refused: Option<OutOfRange>,
    writes: Writes,
    /// Counts the changes.
    version: u64,
    /// Counts how often the program or a controller said what the value is, also when it was that already.
    said: u64,
    /// Who wrote the value that it has, unless somebody else changed it or set the same since.
    writer: Option<SessionId>,
}

#[derive(Default)]
struct Handlers {
    write: Option<WriteHandler>,
    read: Option<ReadHandler>,
}

struct Place {
    index: u32,
    hub: Arc<Hub>,
    /// The characteristic itself, for who tells of it later.
    cell: Weak<Cell>,
}

type WriteNow = dyn Fn(&Value, &WriteContext) -> Result<(), Status> + Send + Sync;
type WriteLater = dyn Fn(Value, WriteContext) -> Later<()> + Send + Sync;
/// What a handler will answer.
pub(crate) type Later<T> = Pin<Box<dyn Future<Output = Result<T, Status>> + Send>>;
type ReadHandler = Arc<dyn Fn() -> Later<Value> + Send + Sync>;

#[derive(Clone)]
enum WriteHandler {
    Now(Arc<WriteNow>),
    Later(Arc<WriteLater>),
}

/// How often the value of a characteristic had been said: what a read finds is as old as its beginning.
#[derive(Clone, Copy, PartialEq)]
pub(crate) struct Moment(u64);

/// What became of asking a handler.
pub(crate) enum Answer<T> {
    /// It answered at once.
    Now(Result<T, Status>),
    /// It will.
    Later(Later<T>),
}

impl Cell {
    /// Ties the characteristic to a built server; a second server cannot have it.
    pub(crate) fn place(self: &Arc<Self>, index: u32, hub: Arc<Hub>) -> Result<(), AlreadyServed> {
        self.place.set(Place { index, hub, cell: Arc::downgrade(self) }).map_err(|_| AlreadyServed)
    }

    pub(crate) fn metadata(&self) -> Arc<Metadata> {
        Arc::clone(&lock(&self.state).metadata)
    }

    /// Whether the characteristic belongs to a built server.
    pub(crate) fn is_placed(&self) -> bool {
        self.place.get().is_some()
    }

    /// Why the value that the program wanted last was refused, if it was.
    pub(crate) fn refused(&self) -> Option<OutOfRange> {
        lock(&self.state).refused.clone()
    }

    fn refuse(&self, error: OutOfRange) {
        lock(&self.state).refused = Some(error);
    }

    pub(crate) fn value(&self) -> Value {
        lock(&self.state).value.clone()
    }

    /// Looks at the value where it is. `look` must not come back to this characteristic.
    pub(crate) fn with_value<T>(&self, look: impl FnOnce(&Value) -> T) -> T {
        look(&lock(&self.state).value)
    }

    /// Another number for every value that was set: as long as it is the same, so is the value.
    pub(crate) fn version(&self) -> u64 {
        lock(&self.state).version
    }

    /// Who knows the value because it wrote it, if that is still the one of `version`; `None` if it is another by now.
    pub(crate) fn writer_of(&self, version: u64) -> Option<Option<SessionId>> {
        let state = lock(&self.state);
        (state.version == version).then_some(state.writer)
    }

    pub(crate) fn has_read_handler(&self) -> bool {
        // What reads as null is a moment: there is nothing to ask for, and keeping the answer would make an event.
        !self.definition.reads_null() && lock(&self.handlers).read.is_some()
    }

    fn handle_writes(&self, handler: WriteHandler) {
        // What goes is the program's, and may come back here when it goes.
        let replaced = lock(&self.handlers).write.replace(handler);
        drop(replaced);
    }

    fn handle_reads(&self, handler: ReadHandler) {
        let replaced = lock(&self.handlers).read.replace(handler);
        drop(replaced);
    }

    /// Sets a value that no controller wrote.
    fn set(&self, value: Value) -> Result<(), OutOfRange> {
        let mut state = lock(&self.state);
        let value = state.metadata.check(value)?;
        state.refused = None;
        state.said += 1;
        state.writer = None;
        let changed = state.value != value;
        state.writes.set(Handler::session_of(self.address()), changed);
        self.store(&mut state, value, None);
        Ok(())
    }

    /// The moment at which a read begins.
    pub(crate) fn moment(&self) -> Moment {
        Moment(lock(&self.state).said)
    }

    /// Asks the read handler, or answers from the stored value.
    pub(crate) fn read(&self) -> Answer<Value> {
        let handler = lock(&self.handlers).read.clone();
        match handler {
            Some(handler) => Answer::Later(handler()),
            None => Answer::Now(Ok(self.value())),
        }
    }

    /// A value that a read handler gave which was asked at `since`: kept, so that events and `/accessories` know it too.
    ///
    /// It is what was before a write whose handler still runs, and before what was written or set meanwhile: of that it
    /// knows nothing, and only who asked is told of it.
    pub(crate) fn refresh(&self, value: Value, since: Moment) -> Result<Value, Status> {
        self.keep(value, since).map_err(|error| {
            log::error!("the read handler of {} gave a bad value: {error}", self.definition.name);
            Status::Unable
        })
    }

    /// The value for the answer to the session that wrote it, which then knows it.
    pub(crate) fn respond(&self, session: SessionId) -> Value {
        let state = lock(&self.state);
        if let Some(place) = self.place.get() {
            place.hub.knows(session, place.index);
        }
        state.value.clone()
    }

    /// Hands a checked value to the write handler; its answer ends the write.
    pub(crate) fn write(&self, value: &Value, context: &WriteContext) -> (Write<'_>, Answer<()>) {
        let session = context.session();
        let handler = lock(&self.handlers).write.clone();
        let write = Write::begin(self, session, handler.is_some());
        let running = Handler { of: self.address(), session };
        let answer = match handler {
            None => Answer::Now(Ok(())),
            Some(WriteHandler::Now(handler)) => Answer::Now(running.run(|| handler(value, context))),
            Some(WriteHandler::Later(handler)) => {
                Answer::Later(running.run(|| handler(value.clone(), context.clone())))
            }
        };
        (write, answer)
    }

    fn keep(&self, value: Value, since: Moment) -> Result<Value, OutOfRange> {
        let mut state = lock(&self.state);
        let value = state.metadata.check(value)?;
        // The answer to one controller's request is nothing to others.
        if !self.definition.is_control_point() && since == Moment(state.said) {
            self.store(&mut state, value.clone(), None);
        }
        Ok(value)
    }

    /// Whether that was a change.
    fn store(&self, state: &mut State, value: Value, writer: Option<SessionId>) -> bool {
        let press = self.definition.reads_null();
        if !press && state.value == value {
            return false;
        }
        state.version += 1;
        state.value = value;
        state.writer = writer;
        if let Some(place) = self.place.get() {
            if state.metadata.is_constant() {
                place.hub.constant_changed();
            }
            let press = press.then(|| state.value.clone());
            let immediate = self.definition.immediate_event;
            let change = Change { characteristic: place.index, immediate, press, writer };
            batch::publish(&place.hub, change, &place.cell, state.version);
        }
        true
    }

    /// Tells characteristics apart.
    fn address(&self) -> usize {
        std::ptr::from_ref(self).addr()
    }
}

/// The characteristic already belongs to a server.
#[derive(Debug)]
pub(crate) struct AlreadyServed;
