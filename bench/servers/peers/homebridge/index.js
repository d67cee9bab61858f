// A garage door and a switch for Homebridge that have nothing behind them.
module.exports = (homebridge) => {
  const { Characteristic, Service } = homebridge.hap;

  class Garage {
    constructor(_log, config) {
      this.door = new Service.GarageDoorOpener(config.name);
      const current = this.door.getCharacteristic(Characteristic.CurrentDoorState);
      current.updateValue(Characteristic.CurrentDoorState.CLOSED);
      const target = this.door.getCharacteristic(Characteristic.TargetDoorState);
      target.updateValue(Characteristic.TargetDoorState.CLOSED);
      target.onSet((value) => current.updateValue(value));
    }

    getServices() {
      return [this.door];
    }
  }

  class Switch {
    constructor(_log, config) {
      this.service = new Service.Switch(config.name);
    }

    getServices() {
      return [this.service];
    }
  }

  homebridge.registerAccessory("BenchGarage", Garage);
  homebridge.registerAccessory("BenchSwitch", Switch);
};
