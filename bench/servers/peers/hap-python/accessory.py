"""A garage door, or a bridge of switches, as HAP-python makes them.

Arguments: garage or the number of switches; the directory for its state; the port; the setup code.
"""

import signal
import sys

from pyhap.accessory import Accessory, Bridge
from pyhap.accessory_driver import AccessoryDriver
from pyhap.const import CATEGORY_GARAGE_DOOR_OPENER, CATEGORY_SWITCH

CLOSED = 1


class Garage(Accessory):
    category = CATEGORY_GARAGE_DOOR_OPENER

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        door = self.add_preload_service("GarageDoorOpener")
        self.current = door.configure_char("CurrentDoorState", value=CLOSED)
        door.configure_char("TargetDoorState", value=CLOSED, setter_callback=self.go)

    def go(self, target):
        self.current.set_value(target)


class Switch(Accessory):
    category = CATEGORY_SWITCH

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.add_preload_service("Switch")


def accessory(driver, shape):
    if shape == "garage":
        return Garage(driver, "Garage")
    bridge = Bridge(driver, "Bridge")
    for number in range(1, int(shape) + 1):
        bridge.add_accessory(Switch(driver, f"Switch {number}"))
    return bridge


def main():
    shape, state, port, code = sys.argv[1:]
    driver = AccessoryDriver(
        port=int(port), address="127.0.0.1", persist_file=f"{state}/accessory.state", pincode=code.encode()
    )
    driver.add_accessory(accessory(driver, shape))
    signal.signal(signal.SIGTERM, driver.signal_handler)
    driver.start()


main()
