//! An output line of the kernel's GPIO character device.

use std::io;

use gpiocdev::Request;
use gpiocdev::line::{Drive, Offset, Value};

use crate::config::{Active, Pin};
use crate::hardware::gpio::{self, GpioError};

/// A line that the kernel gives to one process only. What becomes of its level when that process is
/// killed depends on the kernel: a Raspberry Pi's keeps it.
#[derive(Debug)]
pub(in crate::hardware) struct Gpiochip {
    request: Request,
    offset: Offset,
}

impl Gpiochip {
    pub(super) fn take(pin: &Pin, active: Active) -> Result<Self, GpioError> {
        let found = gpio::find(pin)?.free()?;
        let mut builder = Request::builder();
        builder.with_consumer(gpio::CONSUMER).on_chip(&found.chip).with_line(found.offset);
        // Level and direction go to the kernel together, and it sets the level first.
        builder.as_output(Value::Inactive);
        match active {
            Active::High => {}
            Active::Low => {
                builder.as_active_low();
            }
            // Idle is the high level, which an open drain does not drive.
            Active::Float => {
                builder.as_active_low().with_drive(Drive::OpenDrain);
            }
        }
        let request = builder.request().map_err(|error| found.refused(&error))?;
        Ok(Self { request, offset: found.offset })
    }

    pub(super) fn set(&self, on: bool) -> io::Result<()> {
        let value = if on { Value::Active } else { Value::Inactive };
        self.request.set_value(self.offset, value).map_err(io::Error::other)
    }
}
