// A garage door, or a bridge of switches, as HAP-NodeJS makes them.
//
// Arguments: garage or the number of switches; the directory for its state; the port; the setup code.
const { Accessory, Bridge, Categories, Characteristic, HAPStorage, Service, uuid } = require("hap-nodejs");

const [shape, state, port, pincode] = process.argv.slice(2);
HAPStorage.setCustomStoragePath(state);

function garage() {
  const accessory = new Accessory("Garage", uuid.generate("bench.garage"));
  const door = accessory.addService(Service.GarageDoorOpener, "Garage");
  const current = door.getCharacteristic(Characteristic.CurrentDoorState);
  current.updateValue(Characteristic.CurrentDoorState.CLOSED);
  const target = door.getCharacteristic(Characteristic.TargetDoorState);
  target.updateValue(Characteristic.TargetDoorState.CLOSED);
  target.onSet((value) => current.updateValue(value));
  return accessory;
}

function bridge(switches) {
  const accessory = new Bridge("Bridge", uuid.generate("bench.bridge"));
  for (let number = 1; number <= switches; number += 1) {
    const bridged = new Accessory(`Switch ${number}`, uuid.generate(`bench.switch.${number}`));
    bridged.addService(Service.Switch, `Switch ${number}`);
    accessory.addBridgedAccessory(bridged);
  }
  return accessory;
}

const isGarage = shape === "garage";
const accessory = isGarage ? garage() : bridge(Number(shape));
accessory.publish({
  username: "17:51:07:F4:BC:8A",
  pincode,
  port: Number(port),
  category: isGarage ? Categories.GARAGE_DOOR_OPENER : Categories.BRIDGE,
});
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, () => process.exit(0));
}
