//! An accessory with one characteristic of each kind that the rules tell apart.

use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use serde_json::json;
use tokio::sync::Notify;

use crate::accessory::{Accessory, Category, Information, Service};
use crate::catalogue::ProgrammableSwitchEvent;
use crate::characteristic::{AnyCharacteristic, Characteristic};
use crate::database::Database;
use crate::definition::{Definition, Format, Kind, Number, Perms, Type};
use crate::events::Hub;
use crate::ids::Ids;
use crate::sync::lock;

/// The iid of the Identify characteristic.
pub(super) const IDENTIFY: u64 = 2;

/// A kind, its iid, and its definition.
macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident($value:ty), $iid:ident = $number:literal: $format:ident [$($perm:ident)*] {$($limits:tt)*};)*) => {
        $(
            $(#[$doc])*
            pub(super) struct $name;

            impl Kind for $name {
                type Value = $value;
                const DEFINITION: &'static Definition =
                    &Definition::new(stringify!($name), kind($number), Format::$format, Perms::NONE$(.with(Perms::$perm))*)
                        $($limits)*;
            }

            $(#[$doc])*
            pub(super) const $iid: u64 = $number;
        )*
    };
}

kinds! {
    /// A number from 0 to 100.
    Level(u8), LEVEL = 11: UInt8 [READ WRITE EVENTS] { .max(Number::Unsigned(100)) };
    /// Only timed writes.
    Mode(u8), MODE = 12: UInt8 [READ WRITE EVENTS TIMED_WRITE] { .max(Number::Unsigned(3)) };
    /// Answers a write with a value.
    Echo(u8), ECHO = 13: UInt8 [READ WRITE EVENTS WRITE_RESPONSE] {};
    /// Only written.
    Order(bool), ORDER = 14: Bool [WRITE] {};
    /// Only read, with events.
    Sensor(u8), SENSOR = 15: UInt8 [READ EVENTS] { .max(Number::Unsigned(3)).step(Number::Unsigned(1)) };
    /// Text of at most eight bytes.
    Note(String), NOTE = 16: String [READ WRITE] { .max_len(8) };
    /// Kept for admins, reading and writing.
    Secret(u8), SECRET = 17: UInt8 [READ WRITE EVENTS] { .admin_only(Perms::READ.with(Perms::WRITE)) };
    /// Takes authorisation data along.
    Locked(bool), LOCKED = 18: Bool [WRITE ADDITIONAL_AUTHORIZATION] {};
    /// Read by all, and its events kept for admins.
    Guarded(u8), GUARDED = 19: UInt8 [READ EVENTS] { .admin_only(Perms::EVENTS) };
    /// Written by all, and read by admins only.
    Vault(u8), VAULT = 22: UInt8 [READ WRITE EVENTS WRITE_RESPONSE] { .admin_only(Perms::READ) };
    /// Takes requests, and answers them.
    Point(Vec<u8>), POINT = 21: Tlv8 [READ WRITE WRITE_RESPONSE] { .control_point() };
}

/// A button, whose presses are events at once and read as null.
pub(super) const BUTTON: u64 = 20;

/// The service of all of them.
#[derive(Clone)]
pub(super) struct Bench {
    pub(super) level: Characteristic<Level>,
    pub(super) mode: Characteristic<Mode>,
    pub(super) echo: Characteristic<Echo>,
    pub(super) order: Characteristic<Order>,
    pub(super) sensor: Characteristic<Sensor>,
    pub(super) note: Characteristic<Note>,
    pub(super) secret: Characteristic<Secret>,
    pub(super) locked: Characteristic<Locked>,
    pub(super) guarded: Characteristic<Guarded>,
    pub(super) vault: Characteristic<Vault>,
    pub(super) point: Characteristic<Point>,
    pub(super) button: Characteristic<ProgrammableSwitchEvent>,
    identified: Arc<(Mutex<usize>, Condvar)>,
}

impl Service for Bench {
    const TYPE: Type = kind(10);
    const NAME: &'static str = "Bench";

    fn characteristics(&self) -> Vec<AnyCharacteristic> {
        vec![
            self.level.any(),
            self.mode.any(),
            self.echo.any(),
            self.order.any(),
            self.sensor.any(),
            self.note.any(),
            self.secret.any(),
            self.locked.any(),
            self.guarded.any(),
            self.button.any(),
            self.point.any(),
            self.vault.any(),
        ]
    }
}

/// A type of this bench's own.
const fn kind(number: u128) -> Type {
    Type::uuid(0x6B1D_5A30_8C0F_4C6B_9E0D_2F3A_7C11_0000 + number)
}

impl Bench {
    /// The bench, and the database that serves it under the ids above.
    pub(super) fn build(hub: &Arc<Hub>) -> (Self, Database) {
        let about = Information { name: "Bench", serial_number: "B-1", ..Information::default() };
        let mut accessory = Accessory::new(about, Category::Other);
        let bench = accessory.add(Self {
            level: Characteristic::initial(),
            mode: Characteristic::initial(),
            echo: Characteristic::initial(),
            order: Characteristic::initial(),
            sensor: Characteristic::initial(),
            note: Characteristic::initial(),
            secret: Characteristic::initial(),
            locked: Characteristic::initial(),
            guarded: Characteristic::initial(),
            vault: Characteristic::initial(),
            point: Characteristic::initial(),
            button: Characteristic::initial(),
            identified: Arc::default(),
        });
        let counter = bench.clone();
        accessory.on_identify(move || counter.identify());
        let mut iids = serde_json::Map::new();
        iids.insert("3E".to_owned(), json!(1));
        iids.insert("3E/14".to_owned(), json!(IDENTIFY));
        iids.insert(kind(10).to_string(), json!(10));
        for iid in (LEVEL..=GUARDED).chain([POINT, VAULT]) {
            iids.insert(format!("{}/{}", kind(10), kind(iid.into())), json!(iid));
        }
        iids.insert(format!("{}/73", kind(10)), json!(BUTTON));
        let ids = json!({"accessories": {"primary": {"aid": 1, "iids": iids}}});
        let mut ids: Ids = serde_json::from_value(ids).unwrap();
        let database = Database::build(&[accessory], &mut ids, hub).unwrap();
        (bench, database)
    }

    /// The accessory shows itself.
    pub(super) fn identify(&self) {
        *lock(&self.identified.0) += 1;
        self.identified.1.notify_all();
    }

    /// The accessory has shown itself so many times; if it is about to, waits for it.
    #[track_caller]
    pub(super) fn assert_identified(&self, times: usize) {
        let (count, changed) = &*self.identified;
        let fewer = |count: &mut usize| *count < times;
        let (count, _) = changed.wait_timeout_while(lock(count), Duration::from_secs(10), fewer).unwrap();
        assert_eq!(*count, times);
    }
}

/// A write handler that answers once it is told to.
pub(super) fn waiting<K: Kind>(characteristic: &Characteristic<K>) -> Arc<Notify> {
    let release = Arc::new(Notify::new());
    let latch = Arc::clone(&release);
    characteristic.on_write(move |_, _| {
        let latch = Arc::clone(&latch);
        async move {
            latch.notified().await;
            Ok(())
        }
    });
    release
}

/// A read handler that finds this value once it is told to.
pub(super) fn reading<K: Kind<Value: Copy + Sync>>(characteristic: &Characteristic<K>, value: K::Value) -> Arc<Notify> {
    let release = Arc::new(Notify::new());
    let latch = Arc::clone(&release);
    characteristic.on_read(move || {
        let latch = Arc::clone(&latch);
        async move {
            latch.notified().await;
            Ok(value)
        }
    });
    release
}
