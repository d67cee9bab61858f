// Generated from hap/catalogue by tests/catalogue; do not edit.

use super::{Definition, Format, Kind, Metadata, Number, Perms, Type, TypedValue, Unit, Value};

/// The definitions of all characteristics here.
pub const CHARACTERISTICS: &[&Definition] = &[
    AccessCodeControlPoint::DEFINITION,
    AccessCodeSupportedConfiguration::DEFINITION,
    AccessControlLevel::DEFINITION,
    AccessoryFlags::DEFINITION,
    AccessoryIdentifier::DEFINITION,
    Active::DEFINITION,
    ActiveIdentifier::DEFINITION,
    ActivityInterval::DEFINITION,
    ADKVersion::DEFINITION,
    AdministratorOnlyAccess::DEFINITION,
    AirParticulateDensity::DEFINITION,
    AirParticulateSize::DEFINITION,
    AirPlayEnable::DEFINITION,
    AirQuality::DEFINITION,
    AppMatchingIdentifier::DEFINITION,
    AssetUpdateReadiness::DEFINITION,
    AudioFeedback::DEFINITION,
    BatteryLevel::DEFINITION,
    Brightness::DEFINITION,
    ButtonEvent::DEFINITION,
    CameraOperatingModeIndicator::DEFINITION,
    CarbonDioxideDetected::DEFINITION,
    CarbonDioxideLevel::DEFINITION,
    CarbonDioxidePeakLevel::DEFINITION,
    CarbonMonoxideDetected::DEFINITION,
    CarbonMonoxideLevel::DEFINITION,
    CarbonMonoxidePeakLevel::DEFINITION,
    Category::DEFINITION,
    CCAEnergyDetectThreshold::DEFINITION,
    CCASignalDetectThreshold::DEFINITION,
    CharacteristicValueActiveTransitionCount::DEFINITION,
    CharacteristicValueTransitionControl::DEFINITION,
    ChargingState::DEFINITION,
    ClosedCaptions::DEFINITION,
    ColorTemperature::DEFINITION,
    ConfigurationState::DEFINITION,
    ConfigureBridgedAccessory::DEFINITION,
    ConfigureBridgedAccessoryStatus::DEFINITION,
    ConfiguredName::DEFINITION,
    ContactSensorState::DEFINITION,
    CoolingThresholdTemperature::DEFINITION,
    CryptoHash::DEFINITION,
    CurrentAirPurifierState::DEFINITION,
    CurrentAmbientLightLevel::DEFINITION,
    CurrentDoorState::DEFINITION,
    CurrentFanState::DEFINITION,
    CurrentHeaterCoolerState::DEFINITION,
    CurrentHeatingCoolingState::DEFINITION,
    CurrentHorizontalTiltAngle::DEFINITION,
    CurrentHumidifierDehumidifierState::DEFINITION,
    CurrentMediaState::DEFINITION,
    CurrentPosition::DEFINITION,
    CurrentRelativeHumidity::DEFINITION,
    CurrentSlatState::DEFINITION,
    CurrentTemperature::DEFINITION,
    CurrentTiltAngle::DEFINITION,
    CurrentTime::DEFINITION,
    CurrentTransport::DEFINITION,
    CurrentVerticalTiltAngle::DEFINITION,
    CurrentVisibilityState::DEFINITION,
    DataStreamHAPTransport::DEFINITION,
    DataStreamHAPTransportInterrupt::DEFINITION,
    DayOfTheWeek::DEFINITION,
    DiagonalFieldOfView::DEFINITION,
    DigitalZoom::DEFINITION,
    DiscoverBridgedAccessories::DEFINITION,
    DiscoveredBridgedAccessories::DEFINITION,
    DisplayOrder::DEFINITION,
    EventRetransmissionMaximum::DEFINITION,
    EventSnapshotsActive::DEFINITION,
    EventTransmissionCounters::DEFINITION,
    FilterChangeIndication::DEFINITION,
    FilterLifeLevel::DEFINITION,
    FirmwareRevision::DEFINITION,
    FirmwareUpdateProtocolList::DEFINITION,
    FirmwareUpdateReadiness::DEFINITION,
    FirmwareUpdateStatus::DEFINITION,
    HardwareFinish::DEFINITION,
    HardwareRevision::DEFINITION,
    HeartBeat::DEFINITION,
    HeatingThresholdTemperature::DEFINITION,
    HoldPosition::DEFINITION,
    HomeKitCameraActive::DEFINITION,
    Hue::DEFINITION,
    Identifier::DEFINITION,
    Identify::DEFINITION,
    ImageMirroring::DEFINITION,
    ImageRotation::DEFINITION,
    InputDeviceType::DEFINITION,
    InputSourceType::DEFINITION,
    InUse::DEFINITION,
    IsConfigured::DEFINITION,
    LeakDetected::DEFINITION,
    LinkQuality::DEFINITION,
    LockControlPoint::DEFINITION,
    LockCurrentState::DEFINITION,
    LockLastKnownAction::DEFINITION,
    LockManagementAutoSecurityTimeout::DEFINITION,
    LockPhysicalControls::DEFINITION,
    LockTargetState::DEFINITION,
    Logs::DEFINITION,
    MACRetransmissionMaximum::DEFINITION,
    MACTransmissionCounters::DEFINITION,
    ManagedNetworkEnable::DEFINITION,
    ManuallyDisabled::DEFINITION,
    Manufacturer::DEFINITION,
    MatterFirmwareRevisionNumber::DEFINITION,
    MatterFirmwareUpdateStatus::DEFINITION,
    MaximumTransmitPower::DEFINITION,
    MetricsBufferFullState::DEFINITION,
    Model::DEFINITION,
    MotionDetected::DEFINITION,
    MultifunctionButton::DEFINITION,
    Mute::DEFINITION,
    Name::DEFINITION,
    NetworkAccessViolationControl::DEFINITION,
    NetworkClientProfileControl::DEFINITION,
    NetworkClientStatusControl::DEFINITION,
    NFCAccessControlPoint::DEFINITION,
    NFCAccessSupportedConfiguration::DEFINITION,
    NightVision::DEFINITION,
    NitrogenDioxideDensity::DEFINITION,
    ObstructionDetected::DEFINITION,
    OccupancyDetected::DEFINITION,
    On::DEFINITION,
    OperatingStateResponse::DEFINITION,
    OpticalZoom::DEFINITION,
    OutletInUse::DEFINITION,
    OzoneDensity::DEFINITION,
    PairingFeatures::DEFINITION,
    PairingPairings::DEFINITION,
    PairSetup::DEFINITION,
    PairVerify::DEFINITION,
    PasswordSetting::DEFINITION,
    PeriodicSnapshotsActive::DEFINITION,
    PictureMode::DEFINITION,
    Ping::DEFINITION,
    PM10Density::DEFINITION,
    PM2_5Density::DEFINITION,
    PositionState::DEFINITION,
    PowerModeSelection::DEFINITION,
    ProductData::DEFINITION,
    ProgrammableSwitchEvent::DEFINITION,
    ProgrammableSwitchOutputState::DEFINITION,
    ProgramMode::DEFINITION,
    Reachable::DEFINITION,
    ReceivedSignalStrengthIndication::DEFINITION,
    ReceiverSensitivity::DEFINITION,
    RecordingAudioActive::DEFINITION,
    RelativeHumidityDehumidifierThreshold::DEFINITION,
    RelativeHumidityHumidifierThreshold::DEFINITION,
    RelayControlPoint::DEFINITION,
    RelayEnabled::DEFINITION,
    RelayState::DEFINITION,
    RemainingDuration::DEFINITION,
    RemoteKey::DEFINITION,
    ResetFilterIndication::DEFINITION,
    RotationDirection::DEFINITION,
    RotationSpeed::DEFINITION,
    RouterStatus::DEFINITION,
    Saturation::DEFINITION,
    SecuritySystemAlarmType::DEFINITION,
    SecuritySystemCurrentState::DEFINITION,
    SecuritySystemTargetState::DEFINITION,
    SelectedAudioStreamConfiguration::DEFINITION,
    SelectedCameraRecordingConfiguration::DEFINITION,
    SelectedDiagnosticsModes::DEFINITION,
    SelectedRTPStreamConfiguration::DEFINITION,
    SelectedSleepConfiguration::DEFINITION,
    SerialNumber::DEFINITION,
    ServiceLabelIndex::DEFINITION,
    ServiceLabelNamespace::DEFINITION,
    ServiceSignature::DEFINITION,
    SetDuration::DEFINITION,
    SetupDataStreamTransport::DEFINITION,
    SetupEndpoints::DEFINITION,
    SetupTransferTransport::DEFINITION,
    SignalToNoiseRatio::DEFINITION,
    SiriEnable::DEFINITION,
    SiriEndpointSessionStatus::DEFINITION,
    SiriEngineVersion::DEFINITION,
    SiriInputType::DEFINITION,
    SiriLightOnUse::DEFINITION,
    SiriListening::DEFINITION,
    SiriTouchToUse::DEFINITION,
    SlatType::DEFINITION,
    SleepDiscoveryMode::DEFINITION,
    SleepInterval::DEFINITION,
    SmokeDetected::DEFINITION,
    SoftwareRevision::DEFINITION,
    StagedFirmwareVersion::DEFINITION,
    StatusActive::DEFINITION,
    StatusFault::DEFINITION,
    StatusJammed::DEFINITION,
    StatusLowBattery::DEFINITION,
    StatusTampered::DEFINITION,
    StreamingStatus::DEFINITION,
    SulphurDioxideDensity::DEFINITION,
    SupportedAssetTypes::DEFINITION,
    SupportedAudioRecordingConfiguration::DEFINITION,
    SupportedAudioStreamConfiguration::DEFINITION,
    SupportedCameraRecordingConfiguration::DEFINITION,
    SupportedCharacteristicValueTransitionConfiguration::DEFINITION,
    SupportedDataStreamTransportConfiguration::DEFINITION,
    SupportedDiagnosticsModes::DEFINITION,
    SupportedDiagnosticsSnapshot::DEFINITION,
    SupportedFirmwareUpdateConfiguration::DEFINITION,
    SupportedMetrics::DEFINITION,
    SupportedRouterConfiguration::DEFINITION,
    SupportedRTPConfiguration::DEFINITION,
    SupportedSleepConfiguration::DEFINITION,
    SupportedTransferTransportConfiguration::DEFINITION,
    SupportedVideoRecordingConfiguration::DEFINITION,
    SupportedVideoStreamConfiguration::DEFINITION,
    SwingMode::DEFINITION,
    TapType::DEFINITION,
    TargetAirPurifierState::DEFINITION,
    TargetAirQuality::DEFINITION,
    TargetControlList::DEFINITION,
    TargetControlSupportedConfiguration::DEFINITION,
    TargetDoorState::DEFINITION,
    TargetFanState::DEFINITION,
    TargetHeaterCoolerState::DEFINITION,
    TargetHeatingCoolingState::DEFINITION,
    TargetHorizontalTiltAngle::DEFINITION,
    TargetHumidifierDehumidifierState::DEFINITION,
    TargetMediaState::DEFINITION,
    TargetPosition::DEFINITION,
    TargetRelativeHumidity::DEFINITION,
    TargetSlatState::DEFINITION,
    TargetTemperature::DEFINITION,
    TargetTiltAngle::DEFINITION,
    TargetVerticalTiltAngle::DEFINITION,
    TargetVisibilityState::DEFINITION,
    TemperatureDisplayUnits::DEFINITION,
    ThirdPartyCameraActive::DEFINITION,
    ThreadControlPoint::DEFINITION,
    ThreadNodeCapabilities::DEFINITION,
    ThreadOpenThreadVersion::DEFINITION,
    ThreadStatus::DEFINITION,
    TimeUpdate::DEFINITION,
    Token::DEFINITION,
    TransmitPower::DEFINITION,
    TunnelConnectionTimeout::DEFINITION,
    TunneledAccessoryAdvertising::DEFINITION,
    TunneledAccessoryConnected::DEFINITION,
    TunneledAccessoryStateNumber::DEFINITION,
    ValveType::DEFINITION,
    Version::DEFINITION,
    VideoAnalysisActive::DEFINITION,
    VOCDensity::DEFINITION,
    Volume::DEFINITION,
    VolumeControlType::DEFINITION,
    VolumeSelector::DEFINITION,
    WakeConfiguration::DEFINITION,
    WANConfigurationList::DEFINITION,
    WANStatusList::DEFINITION,
    WaterLevel::DEFINITION,
    WiFiCapabilities::DEFINITION,
    WiFiConfigurationControl::DEFINITION,
    WiFiSatelliteStatus::DEFINITION,
];

characteristic! {
    /// Access Code Control Point (`262`): `tlv8`; read, write, write response. Since iOS 15.
    AccessCodeControlPoint(Vec<u8>) = apple(0x262) Tlv8 [READ WRITE WRITE_RESPONSE] { .control_point() };
}

characteristic! {
    /// Access Code Supported Configuration (`261`): `tlv8`; read. Since iOS 15.
    AccessCodeSupportedConfiguration(Vec<u8>) = apple(0x261) Tlv8 [READ] {};
}

characteristic! {
    /// Access Control Level (`E5`): `uint16` from 0 to 2; read, write, events.
    AccessControlLevel(u16) = apple(0xE5) UInt16 [READ WRITE EVENTS] { .min(Number::Unsigned(0)).max(Number::Unsigned(2)).step(Number::Unsigned(1)) };
}

characteristic! {
    /// Accessory Flags (`A6`): `uint32`; read, events.
    AccessoryFlags(u32) = apple(0xA6) UInt32 [READ EVENTS] {};
    /// The bit of `RequiresAdditionalSetup`.
    REQUIRES_ADDITIONAL_SETUP = 1,
}

characteristic! {
    /// Accessory Identifier (`57`): `string`; read.
    AccessoryIdentifier(String) = apple(0x57) String [READ] {};
}

named_values! {
    /// Active (`B0`): `uint8` from 0 to 1; read, write, events. Since iOS 10.3.
    Active(Unsigned) = apple(0xB0) UInt8 [READ WRITE EVENTS] { .min(Number::Unsigned(0)).max(Number::Unsigned(1)).step(Number::Unsigned(1)) };
    /// Inactive, value 0.
    Inactive = 0,
    /// Active, value 1.
    Active = 1,
}

characteristic! {
    /// Active Identifier (`E7`): `uint32`; read, write, events. Since iOS 12.
    ActiveIdentifier(u32) = apple(0xE7) UInt32 [READ WRITE EVENTS] {};
}

characteristic! {
    /// Activity Interval (`23B`): `uint32` from 0; read, events. Since iOS 14.
    ActivityInterval(u32) = apple(0x23B) UInt32 [READ EVENTS] { .min(Number::Unsigned(0)).step(Number::Unsigned(1)) };
}

characteristic! {
    /// ADK Version: `string`; read.
    ADKVersion(String) = uuid(0x34AB8811_AC7F_4340_BAC3_FD6A85F9943B) String [READ] {};
}

characteristic! {
    /// Administrator Only Access (`1`): `bool`; read, write, events.
    AdministratorOnlyAccess(bool) = apple(0x1) Bool [READ WRITE EVENTS] {};
}

characteristic! {
    /// Air Particulate Density (`64`): `float` from 0 to 1000; read, events. The value is in micrograms per cubic metre, HAP has no unit token for it. Since iOS 9.
    AirParticulateDensity(f64) = apple(0x64) Float [READ EVENTS] { .min(Number::Float(0.0)).max(Number::Float(1000.0)) };
}

named_values! {
    /// Air Particulate Size (`65`): `uint8` from 0 to 1; read, events. Since iOS 9.
    AirParticulateSize(Unsigned) = apple(0x65) UInt8 [READ EVENTS] { .min(Number::Unsigned(0)).max(Number::Unsigned(1)).step(Number::Unsigned(1)) };
    /// Size2.5, value 0.
    Size2_5 = 0,
    /// Size10, value 1.
    Size10 = 1,
}

characteristic! {
    /// AirPlay Enable (`25B`): `uint8` from 0 to 1; read, write, events.
    AirPlayEnable(u8) = apple(0x25B) UInt8 [READ WRITE EVENTS] { .min(Number::Unsigned(0)).max(Number::Unsigned(1)) };
}

named_values! {
    /// Air Quality (`95`): `uint8` from 0 to 5; read, events. Since iOS 9.
    AirQuality(Unsigned) = apple(0x95) UInt8 [READ EVENTS] { .min(Number::Unsigned(0)).max(Number::Unsigned(5)).step(Number::Unsigned(1)) };
    /// Unknown, value 0.
    Unknown = 0,
    /// Excellent, value 1.
    Excellent = 1,
    /// Good, value 2.
    Good = 2,
    /// Fair, value 3.
    Fair = 3,
    /// Inferior, value 4.
    Inferior = 4,
    /// Poor, value 5.
    Poor = 5,
}

characteristic! {
    /// App Matching Identifier (`A4`): `tlv8`; read.
    AppMatchingIdentifier(Vec<u8>) = apple(0xA4) Tlv8 [READ] {};
}

characteristic! {
    /// Asset Update Readiness (`269`): `uint32`; read, events.
    AssetUpdateReadiness(u32) = apple(0x269) UInt32 [READ EVENTS] {};
}

characteristic! {
    /// Audio Feedback (`5`): `bool`; read, write, events.
    AudioFeedback(bool) = apple(0x5) Bool [READ WRITE EVENTS] {};
}

characteristic! {
    /// Battery Level (`68`): `uint8` from 0 to 100 %; read, events. Since iOS 9.
    BatteryLevel(u8) = apple(0x68) UInt8 [READ EVENTS] { .unit(Unit::Percentage).min(Number::Unsigned(0)).max(Number::Unsigned(100)).step(Number::Unsigned(1)) };
}

characteristic! {
    /// Brightness (`8`): `int` from 0 to 100 %; read, write, events.
    Brightness(i32) = apple(0x8) Int [READ WRITE EVENTS] { .unit(Unit::Percentage).min(Number::Signed(0)).max(Number::Signed(100)).step(Number::Signed(1)) };
}

characteristic! {
    /// Button Event (`126`): `tlv8`; read, events. Admins only: events.
    ButtonEvent(Vec<u8>) = apple(0x126) Tlv8 [READ EVENTS] { .immediate_event().null_read().admin_only(Perms::NONE.with(Perms::EVENTS)) };
}

characteristic! {
    /// Camera Operating Mode Indicator (`21D`): `bool`; read, write, events, timed write.
    CameraOperatingModeIndicator(bool) = apple(0x21D) Bool [READ WRITE EVENTS TIMED_WRITE] {};
}

named_values! {
    /// Carbon Dioxide Detected (`92`): `uint8` from 0 to 1; read, events. Since iOS 9.
    CarbonDioxideDetected(Unsigned) = apple(0x92) UInt8 [READ EVENTS] { .min(Number::Unsigned(0)).max(Number::Unsigned(1)).step(Number::Unsigned(1)) };
    /// Normal, value 0.
    Normal = 0,
    /// Abnormal, value 1.
    Abnormal = 1,
}

characteristic! {
    /// Carbon Dioxide Level (`93`): `float` from 0 to 100000; read, events. The value is in parts per million, HAP has no unit token for it. Since iOS 9.
    CarbonDioxideLevel(f64) = apple(0x93) Float [READ EVENTS] { .min(Number::Float(0.0)).max(Number::Float(100000.0)) };
}

characteristic! {
    /// Carbon Dioxide Peak Level (`94`): `float` from 0 to 100000; read, events. The value is in parts per million, HAP has no unit token for it. Since iOS 9.
    CarbonDioxidePeakLevel(f64) = apple(0x94) Float [READ EVENTS] { .min(Number::Float(0.0)).max(Number::Float(100000.0)) };
}

named_values! {
    /// Carbon Monoxide Detected (`69`): `uint8` from 0 to 1; read, events. Since iOS 9.
    CarbonMonoxideDetected(Unsigned) = apple(0x69) UInt8 [READ EVENTS] { .min(Number::Unsigned(0)).max(Number::Unsigned(1)).step(Number::Unsigned(1)) };
    /// Normal, value 0.
    Normal = 0,
    /// Abnormal, value 1.
    Abnormal = 1,
}

characteristic! {
    /// Carbon Monoxide Level (`90`): `float` from 0 to 100; read, events. The value is in parts per million, HAP has no unit token for it. Since iOS 9.
    CarbonMonoxideLevel(f64) = apple(0x90) Float [READ EVENTS] { .min(Number::Float(0.0)).max(Number::Float(100.0)) };
}

characteristic! {
    /// Carbon Monoxide Peak Level (`91`): `float` from 0 to 100; read, events. The value is in parts per million, HAP has no unit token for it. Since iOS 9.
    CarbonMonoxidePeakLevel(f64) = apple(0x91) Float [READ EVENTS] { .min(Number::Float(0.0)).max(Number::Float(100.0)) };
}

characteristic! {
    /// Category (`A3`): `uint16` from 1 to 16; read, events. Deprecated by Apple.
    Category(u16) = apple(0xA3) UInt16 [READ EVENTS] { .min(Number::Unsigned(1)).max(Number::Unsigned(16)) };
}

characteristic! {
    /// CCA Energy Detect Threshold (`246`): `int`; read. Since iOS 14.
    CCAEnergyDetectThreshold(i32) = apple(0x246) Int [READ] {};
}

characteristic! {
    /// CCA Signal Detect Threshold (`245`): `int`; read. Since iOS 14.
    CCASignalDetectThreshold(i32) = apple(0x245) Int [READ] {};
}

characteristic! {
    /// Characteristic Value Active Transition Count (`24B`): `uint8`; read, events. Since iOS 14.
    CharacteristicValueActiveTransitionCount(u8) = apple(0x24B) UInt8 [READ EVENTS] {};
}

characteristic! {
    /// Characteristic Value Transition Control (`143`): `tlv8`; read, write, write response. Since iOS 14.
    CharacteristicValueTransitionControl(Vec<u8>) = apple(0x143) Tlv8 [READ WRITE WRITE_RESPONSE] { .control_point() };
}

named_values! {
    /// Charging State (`8F`): `uint8` from 0 to 2; read, events. Since iOS 9.
    ChargingState(Unsigned) = apple(0x8F) UInt8 [READ EVENTS] { .min(Number::Unsigned(0)).max(Number::Unsigned(2)).step(Number::Unsigned(1)) };
    /// Not Charging, value 0.
    NotCharging = 0,
    /// Charging, value 1.
    Charging = 1,
    /// Not Chargeable, value 2.
    NotChargeable = 2,
}

named_values! {
    /// Closed Captions (`DD`): `uint8` from 0 to 1; read, write, events.
    ClosedCaptions(Unsigned) = apple(0xDD) UInt8 [READ WRITE EVENTS] { .min(Number::Unsigned(0)).max(Number::Unsigned(1)).step(Number::Unsigned(1)) };
    /// Disabled, value 0.
    Disabled = 0,
    /// Enabled, value 1.
    Enabled = 1,
}

characteristic! {
    /// Color Temperature (`CE`): `uint32` from 50 to 400; read, write, events. Since iOS 10.3.
    ColorTemperature(u32) = apple(0xCE) UInt32 [READ WRITE EVENTS] { .min(Number::Unsigned(50)).max(Number::Unsigned(400)).step(Number::Unsigned(1)) };
}

characteristic! {
    /// Configuration State (`263`): `uint16`; read, events. Since iOS 15.
    ConfigurationState(u16) = apple(0x263) UInt16 [READ EVENTS] {};
}

characteristic! {
    /// Configure Bridged Accessory (`A0`): `tlv8`; write. Deprecated by Apple.
    ConfigureBridgedAccessory(Vec<u8>) = apple(0xA0) Tlv8 [WRITE] { .control_point() };
}

characteristic! {
    /// Configure Bridged Accessory Status (`9D`): `tlv8`; read, events. Deprecated by Apple.
    ConfigureBridgedAccessoryStatus(Vec<u8>) = apple(0x9D) Tlv8 [READ EVENTS] {};
}

characteristic! {
    /// Configured Name (`E3`): `string`; read, write, events.
    ConfiguredName(String) = apple(0xE3) String [READ WRITE EVENTS] {};
}

named_values! {
    /// Contact Sensor State (`6A`): `uint8` from 0 to 1; read, events. Since iOS 9.
    ContactSensorState(Unsigned) = apple(0x6A) UInt8 [READ EVENTS] { .min(Number::Unsigned(0)).max(Number::Unsigned(1)).step(Number::Unsigned(1)) };
    /// Detected, value 0.
    Detected = 0,
    /// Not Detected, value 1.
    NotDetected = 1,
}

characteristic! {
    /// Cooling Threshold Temperature (`D`): `float` from 10 to 35 °C in steps of 0.1; read, write, events.
    CoolingThresholdTemperature(f64) = apple(0xD) Float [READ WRITE EVENTS] { .unit(Unit::Celsius).min(Number::Float(10.0)).max(Number::Float(35.0)).step(Number::Float(0.1)) };
}

characteristic! {
    /// Crypto Hash (`250`): `tlv8`; write, write response.
    CryptoHash(Vec<u8>) = apple(0x250) Tlv8 [WRITE WRITE_RESPONSE] { .control_point() };
}

named_values! {
    /// Current Air Purifier State (`A9`): `uint8` from 0 to 2; read, events. Since iOS 10.3.
    CurrentAirPurifierState(Unsigned) = apple(0xA9) UInt8 [READ EVENTS] { .min(Number::Unsigned(0)).max(Number::Unsigned(2)).step(Number::Unsigned(1)) };
    /// Inactive, value 0.
    Inactive = 0,
    /// Idle, value 1.
    Idle = 1,
    /// Purifying Air, value 2.
    PurifyingAir = 2,
}

characteristic! {
    /// Current Ambient Light Level (`6B`): `float` from 0.0001 to 100000 lx; read, events. Since iOS 9.
    CurrentAmbientLightLevel(f64) = apple(0x6B) Float [READ EVENTS] { .unit(Unit::Lux).min(Number::Float(0.0001)).max(Number::Float(100000.0)) };
}

named_values! {
    /// Current Door State (`E`): `uint8` from 0 to 4; read, events.
    CurrentDoorState(Unsigned) = apple(0xE) UInt8 [READ EVENTS] { .min(Number::Unsigned(0)).max(Number::Unsigned(4)).step(Number::Unsigned(1)) };
    /// Open, value 0.
    Open = 0,
    /// Closed, value 1.
    Closed = 1,
    /// Opening, value 2.
    Opening = 2,
    /// Closing, value 3.
    Closing = 3,
    /// Stopped, value 4.
    Stopped = 4,
}

named_values! {
    /// Current Fan State (`AF`): `uint8` from 0 to 2; read, events. Since iOS 10.3.
    CurrentFanState(Unsigned) = apple(0xAF) UInt8 [READ EVENTS] { .min(Number::Unsigned(0)).max(Number::Unsigned(2)).step(Number::Unsigned(1)) };
    /// Inactive, value 0.
    Inactive = 0,
    /// Idle, value 1.
    Idle = 1,
    /// Blowing Air, value 2.
    BlowingAir = 2,
}

named_values! {
    /// Current Heater Cooler State (`B1`): `uint8` from 0 to 3; read, events. Since iOS 11.
    CurrentHeaterCoolerState(Unsigned) = apple(0xB1) UInt8 [READ EVENTS] { .min(Number::Unsigned(0)).max(Number::Unsigned(3)).step(Number::Unsigned(1)) };
    /// Inactive, value 0.
    Inactive = 0,
    /// Idle, value 1.
    Idle = 1,
    /// Heating, value 2.
    Heating = 2,
    /// Cooling, value 3.
    Cooling = 3,
}

named_values! {
    /// Current Heating Cooling State (`F`): `uint8` from 0 to 2; read, events.
    CurrentHeatingCoolingState(Unsigned) = apple(0xF) UInt8 [READ EVENTS] { .min(Number::Unsigned(0)).max(Number::Unsigned(2)).step(Number::Unsigned(1)) };
    /// Off, value 0.
    Off = 0,
    /// Heat, value 1.
    Heat = 1,
    /// Cool, value 2.
    Cool = 2,
}

characteristic! {
    /// Current Horizontal Tilt Angle (`6C`): `int` from -90 to 90° of angle; read, events. Since iOS 9.
    CurrentHorizontalTiltAngle(i32) = apple(0x6C) Int [READ EVENTS] { .unit(Unit::ArcDegrees).min(Number::Signed(-90)).max(Number::Signed(90)).step(Number::Signed(1)) };
}

named_values! {
    /// Current Humidifier Dehumidifier State (`B3`): `uint8` from 0 to 3; read, events. Since iOS 11.
    CurrentHumidifierDehumidifierState(Unsigned) = apple(0xB3) UInt8 [READ EVENTS] { .min(Number::Unsigned(0)).max(Number::Unsigned(3)).step(Number::Unsigned(1)) };
    /// Inactive, value 0.
    Inactive = 0,
    /// Idle, value 1.
    Idle = 1,
    /// Humidifying, value 2.
    Humidifying = 2,
    /// Dehumidifying, value 3.
    Dehumidifying = 3,
}

named_values! {
    /// Current Media State (`E0`): `uint8` from 0 to 5; read, events.
    CurrentMediaState(Unsigned) = apple(0xE0) UInt8 [READ EVENTS] { .min(Number::Unsigned(0)).max(Number::Unsigned(5)).step(Number::Unsigned(1)) };
    /// Play, value 0.
    Play = 0,
    /// Pause, value 1.
    Pause = 1,
    /// Stop, value 2.
    Stop = 2,
    /// Unknown, value 3.
    Unknown = 3,
    /// Loading, value 4.
    Loading = 4,
    /// Interrupted, value 5.
    Interrupted = 5,
}

characteristic! {
    /// Current Position (`6D`): `uint8` from 0 to 100 %; read, events. Since iOS 9.
    CurrentPosition(u8) = apple(0x6D) UInt8 [READ EVENTS] { .unit(Unit::Percentage).min(Number::Unsigned(0)).max(Number::Unsigned(100)).step(Number::Unsigned(1)) };
}

characteristic! {
    /// Current Relative Humidity (`10`): `float` from 0 to 100 %; read, events.
    CurrentRelativeHumidity(f64) = apple(0x10) Float [READ EVENTS] { .unit(Unit::Percentage).min(Number::Float(0.0)).max(Number::Float(100.0)).step(Number::Float(1.0)) };
}

named_values! {
    /// Current Slat State (`AA`): `uint8` from 0 to 2; read, events. Since iOS 10.3.
    CurrentSlatState(Unsigned) = apple(0xAA) UInt8 [READ EVENTS] { .min(Number::Unsigned(0)).max(Number::Unsigned(2)).step(Number::Unsigned(1)) };
    /// Fixed, value 0.
    Fixed = 0,
    /// Jammed, value 1.
    Jammed = 1,
    /// Swinging, value 2.
    Swinging = 2,
}

characteristic! {
    /// Current Temperature (`11`): `float` from 0 to 100 °C in steps of 0.1; read, events.
    CurrentTemperature(f64) = apple(0x11) Float [READ EVENTS] { .unit(Unit::Celsius).min(Number::Float(0.0)).max(Number::Float(100.0)).step(Number::Float(0.1)) };
}

characteristic! {
    /// Current Tilt Angle (`C1`): `int` from -90 to 90° of angle; read, events. Since iOS 10.3.
    CurrentTiltAngle(i32) = apple(0xC1) Int [READ EVENTS] { .unit(Unit::ArcDegrees).min(Number::Signed(-90)).max(Number::Signed(90)).step(Number::Signed(1)) };
}

characteristic! {
    /// Current Time (`9B`): `string`; read, write. Deprecated by Apple.
    CurrentTime(String) = apple(0x9B) String [READ WRITE] {};
}

characteristic! {
    /// Current Transport (`22B`): `bool`; read. Since iOS 14.
    CurrentTransport(bool) = apple(0x22B) Bool [READ] {};
}

characteristic! {
    /// Current Vertical Tilt Angle (`6E`): `int` from -90 to 90° of angle; read, events. Since iOS 9.
    CurrentVerticalTiltAngle(i32) = apple(0x6E) Int [READ EVENTS] { .unit(Unit::ArcDegrees).min(Number::Signed(-90)).max(Number::Signed(90)).step(Number::Signed(1)) };
}

named_values! {
    /// Current Visibility State (`135`): `uint8` from 0 to 1; read, events.
    CurrentVisibilityState(Unsigned) = apple(0x135) UInt8 [READ EVENTS] { .min(Number::Unsigned(0)).max(Number::Unsigned(1)).step(Number::Unsigned(1)) };
    /// Shown, value 0.
    Shown = 0,
    /// Hidden, value 1.
    Hidden = 1,
}

characteristic! {
    /// Data Stream HAP Transport (`138`): `tlv8`; read, write, write response. Since iOS 14.
    DataStreamHAPTransport(Vec<u8>) = apple(0x138) Tlv8 [READ WRITE WRITE_RESPONSE] { .control_point() };
}

characteristic! {
    /// Data Stream HAP Transport Interrupt (`139`): `tlv8`; read, events. Since iOS 14.
    DataStreamHAPTransportInterrupt(Vec<u8>) = apple(0x139) Tlv8 [READ EVENTS] {};
}

characteristic! {
    /// Day Of The Week (`98`): `uint8` from 1 to 7; read, write. Deprecated by Apple.
    DayOfTheWeek(u8) = apple(0x98) UInt8 [READ WRITE] { .min(Number::Unsigned(1)).max(Number::Unsigned(7)) };
}

characteristic! {
    /// Diagonal Field Of View (`224`): `float` from 0 to 360° of angle; read, events. Since iOS 13.2.
    DiagonalFieldOfView(f64) = apple(0x224) Float [READ EVENTS] { .unit(Unit::ArcDegrees).min(Number::Float(0.0)).max(Number::Float(360.0)) };
}

characteristic! {
    /// Digital Zoom (`11D`): `float` in steps of 0.1; read, write, events.
    DigitalZoom(f64) = apple(0x11D) Float [READ WRITE EVENTS] { .step(Number::Float(0.1)) };
}

named_values! {
    /// Discover Bridged Accessories (`9E`): `uint8`; read, write, events. Deprecated by Apple.
    DiscoverBridgedAccessories(Unsigned) = apple(0x9E) UInt8 [READ WRITE EVENTS] { .valid_values(&[0, 1]) };
    /// Start Discovery, value 0.
    StartDiscovery = 0,
    /// Stop Discovery, value 1.
    StopDiscovery = 1,
}

characteristic! {
    /// Discovered Bridged Accessories (`9F`): `uint16`; read, events. Deprecated by Apple.
    DiscoveredBridgedAccessories(u16) = apple(0x9F) UInt16 [READ EVENTS] {};
}

characteristic! {
    /// Display Order (`136`): `tlv8`; read, write, events.
    DisplayOrder(Vec<u8>) = apple(0x136) Tlv8 [READ WRITE EVENTS] {};
}

characteristic! {
    /// Event Retransmission Maximum (`23D`): `uint8`; read. Since iOS 14.
    EventRetransmissionMaximum(u8) = apple(0x23D) UInt8 [READ] {};
}

named_values! {
    /// Event Snapshots Active (`223`): `uint8` from 0 to 1; read, write, events.
    EventSnapshotsActive(Unsigned) = apple(0x223) UInt8 [READ WRITE EVENTS] { .min(Number::Unsigned(0)).max(Number::Unsigned(1)).step(Number::Unsigned(1)) };
    /// Disable, value 0.
    Disable = 0,
    /// Enable, value 1.
    Enable = 1,
}

characteristic! {
    /// Event Transmission Counters (`23E`): `uint32`; read. Since iOS 14.
    EventTransmissionCounters(u32) = apple(0x23E) UInt32 [READ] {};
}

named_values! {
    /// Filter Change Indication (`AC`): `uint8` from 0 to 1; read, events. Since iOS 10.3.
    FilterChangeIndication(Unsigned) = apple(0xAC) UInt8 [READ EVENTS] { .min(Number::Unsigned(0)).max(Number::Unsigned(1)).step(Number::Unsigned(1)) };
    /// Ok, value 0.
    Ok = 0,
    /// Change, value 1.
    Change = 1,
}

characteristic! {
    /// Filter Life Level (`AB`): `float` from 0 to 100; read, events. Since iOS 10.3.
    FilterLifeLevel(f64) = apple(0xAB) Float [READ EVENTS] { .min(Number::Float(0.0)).max(Number::Float(100.0)).step(Number::Float(1.0)) };
}

characteristic! {
    /// Firmware Revision (`52`): `string`; read.
    FirmwareRevision(String) = apple(0x52) String [READ] {};
}

characteristic! {
    /// Firmware Update Protocol List (`26F`): `tlv8`; read.
    FirmwareUpdateProtocolList(Vec<u8>) = apple(0x26F) Tlv8 [READ] {};
}

characteristic! {
    /// Firmware Update Readiness (`234`): `tlv8`; read, events.
    FirmwareUpdateReadiness(Vec<u8>) = apple(0x234) Tlv8 [READ EVENTS] {};
}

characteristic! {
    /// Firmware Update Status (`235`): `tlv8`; read, events.
    FirmwareUpdateStatus(Vec<u8>) = apple(0x235) Tlv8 [READ EVENTS] {};
}

characteristic! {
    /// Hardware Finish (`26C`): `tlv8`; read. Since iOS 15.
    HardwareFinish(Vec<u8>) = apple(0x26C) Tlv8 [READ] {};
}

characteristic! {
    /// Hardware Revision (`53`): `string`; read.
    HardwareRevision(String) = apple(0x53) String [READ] {};
}

characteristic! {
    /// Heart Beat (`24A`): `uint32`; read, events. Since iOS 14.
    HeartBeat(u32) = apple(0x24A) UInt32 [READ EVENTS] {};
}

characteristic! {
    /// Heating Threshold Temperature (`12`): `float` from 0 to 25 °C in steps of 0.1; read, write, events.
    HeatingThresholdTemperature(f64) = apple(0x12) Float [READ WRITE EVENTS] { .unit(Unit::Celsius).min(Number::Float(0.0)).max(Number::Float(25.0)).step(Number::Float(0.1)) };
}

characteristic! {
    /// Hold Position (`6F`): `bool`; write. Since iOS 9.
    HoldPosition(bool) = apple(0x6F) Bool [WRITE] {};
}

named_values! {
    /// HomeKit Camera Active (`21B`): `uint8` from 0 to 1; read, write, events.
    HomeKitCameraActive(Unsigned) = apple(0x21B) UInt8 [READ WRITE EVENTS] { .min(Number::Unsigned(0)).max(Number::Unsigned(1)).step(Number::Unsigned(1)) };
    /// Off, value 0.
    Off = 0,
    /// On, value 1.
    On = 1,
}

characteristic! {
    /// Hue (`13`): `float` from 0 to 360° of angle; read, write, events.
    Hue(f64) = apple(0x13) Float [READ WRITE EVENTS] { .unit(Unit::ArcDegrees).min(Number::Float(0.0)).max(Number::Float(360.0)).step(Number::Float(1.0)) };
}

characteristic! {
    /// Identifier (`E6`): `uint32` from 0; read.
    Identifier(u32) = apple(0xE6) UInt32 [READ] { .min(Number::Unsigned(0)) };
}

characteristic! {
    /// Identify (`14`): `bool`; write.
    Identify(bool) = apple(0x14) Bool [WRITE] {};
}

characteristic! {
    /// Image Mirroring (`11F`): `bool`; read, write, events.
    ImageMirroring(bool) = apple(0x11F) Bool [READ WRITE EVENTS] {};
}

characteristic! {
    /// Image Rotation (`11E`): `float` from 0 to 270° of angle in steps of 90; read, write, events.
    ImageRotation(f64) = apple(0x11E) Float [READ WRITE EVENTS] { .unit(Unit::ArcDegrees).min(Number::Float(0.0)).max(Number::Float(270.0)).step(Number::Float(90.0)) };
}

named_values! {
    /// Input Device Type (`DC`): `uint8` from 0 to 6; read, events.
    InputDeviceType(Unsigned) = apple(0xDC) UInt8 [READ EVENTS] { .min(Number::Unsigned(0)).max(Number::Unsigned(6)).step(Number::Unsigned(1)).valid_values(&[0, 1, 2, 3, 4, 5]) };
    /// Other, value 0.
    Other = 0,
    /// TV, value 1.
    TV = 1,
    /// Recording, value 2.
    Recording = 2,
    /// Tuner, value 3.
    Tuner = 3,
    /// Playback, value 4.
    Playback = 4,
    /// Audio System, value 5.
    AudioSystem = 5,
}

named_values! {
    /// Input Source Type (`DB`): `uint8` from 0 to 10; read, events.
    InputSourceType(Unsigned) = apple(0xDB) UInt8 [READ EVENTS] { .min(Number::Unsigned(0)).max(Number::Unsigned(10)).step(Number::Unsigned(1)) };
    /// Other, value 0.
    Other = 0,
    /// Home Screen, value 1.
    HomeScreen = 1,
    /// Tuner, value 2.
    Tuner = 2,
    /// HDMI, value 3.
    HDMI = 3,
    /// Composite Video, value 4.
    CompositeVideo = 4,
    /// S Video, value 5.
    SVideo = 5,
    /// Component Video, value 6.
    ComponentVideo = 6,
    /// DVI, value 7.
    DVI = 7,
    /// AirPlay, value 8.
    AirPlay = 8,
    /// USB, value 9.
    USB = 9,
    /// Application, value 10.
    Application = 10,
}

named_values! {
    /// In Use (`D2`): `uint8` from 0 to 1; read, events. Since iOS 11.2.
    InUse(Unsigned) = apple(0xD2) UInt8 [READ EVENTS] { .min(Number::Unsigned(0)).max(Number::Unsigned(1)).step(Number::Unsigned(1)) };
    /// Not In Use, value 0.
    NotInUse = 0,
    /// In Use, value 1.
    InUse = 1,
}

named_values! {
    /// Is Configured (`D6`): `uint8` from 0 to 1; read, events. Since iOS 12.
    IsConfigured(Unsigned) = apple(0xD6) UInt8 [READ EVENTS] { .min(Number::Unsigned(0)).max(Number::Unsigned(1)).step(Number::Unsigned(1)) };
    /// Not Configured, value 0.
    NotConfigured = 0,
    /// Configured, value 1.
    Configured = 1,
}

named_values! {
    /// Leak Detected (`70`): `uint8` from 0 to 1; read, events. Since iOS 9.
    LeakDetected(Unsigned) = apple(0x70) UInt8 [READ EVENTS] { .min(Number::Unsigned(0)).max(Number::Unsigned(1)).step(Number::Unsigned(1)) };
    /// Not Detected, value 0.
    NotDetected = 0,
    /// Detected, value 1.
    Detected = 1,
}

characteristic! {
    /// Link Quality (`9C`): `uint8` from 1 to 4; read, events. Deprecated by Apple.
    LinkQuality(u8) = apple(0x9C) UInt8 [READ EVENTS] { .min(Number::Unsigned(1)).max(Number::Unsigned(4)) };
}

characteristic! {
    /// Lock Control Point (`19`): `tlv8`; write.
    LockControlPoint(Vec<u8>) = apple(0x19) Tlv8 [WRITE] { .control_point() };
}

named_values! {
    /// Lock Current State (`1D`): `uint8` from 0 to 3; read, events.
    LockCurrentState(Unsigned) = apple(0x1D) UInt8 [READ EVENTS] { .min(Number::Unsigned(0)).max(Number::Unsigned(3)).step(Number::Unsigned(1)) };
    /// Unsecured, value 0.
    Unsecured = 0,
    /// Secured, value 1.
    Secured = 1,
    /// Jammed, value 2.
    Jammed = 2,
    /// Unknown, value 3.
    Unknown = 3,
}

named_values! {
    /// Lock Last Known Action (`1C`): `uint8` from 0 to 8; read, events.
    LockLastKnownAction(Unsigned) = apple(0x1C) UInt8 [READ EVENTS] { .min(Number::Unsigned(0)).max(Number::Unsigned(8)).step(Number::Unsigned(1)) };
    /// Secured Interior, value 0.
    SecuredInterior = 0,
    /// Unsecured Interior, value 1.
    UnsecuredInterior = 1,
    /// Secured Exterior, value 2.
    SecuredExterior = 2,
    /// Unsecured Exterior, value 3.
    UnsecuredExterior = 3,
    /// Secured Keypad, value 4.
    SecuredKeypad = 4,
    /// Unsecured Keypad, value 5.
    UnsecuredKeypad = 5,
    /// Secured Remote, value 6.
    SecuredRemote = 6,
    /// Unsecured Remote, value 7.
    UnsecuredRemote = 7,
    /// Secured Timeout, value 8.
    SecuredTimeout = 8,
}

characteristic! {
    /// Lock Management Auto Security Timeout (`1A`): `uint32` s; read, write, events.
    LockManagementAutoSecurityTimeout(u32) = apple(0x1A) UInt32 [READ WRITE EVENTS] { .unit(Unit::Seconds) };
}

named_values! {
    /// Lock Physical Controls (`A7`): `uint8` from 0 to 1; read, write, events. Since iOS 10.3.
    LockPhysicalControls(Unsigned) = apple(0xA7) UInt8 [READ WRITE EVENTS] { .min(Number::Unsigned(0)).max(Number::Unsigned(1)).step(Number::Unsigned(1)) };
    /// Disabled, value 0.
    Disabled = 0,
    /// Enabled, value 1.
    Enabled = 1,
}

named_values! {
    /// Lock Target State (`1E`): `uint8` from 0 to 1; read, write, events.
    LockTargetState(Unsigned) = apple(0x1E) UInt8 [READ WRITE EVENTS] { .min(Number::Unsigned(0)).max(Number::Unsigned(1)).step(Number::Unsigned(1)) };
    /// Unsecured, value 0.
    Unsecured = 0,
    /// Secured, value 1.
    Secured = 1,
}

characteristic! {
    /// Logs (`1F`): `tlv8`; read, events.
    Logs(Vec<u8>) = apple(0x1F) Tlv8 [READ EVENTS] {};
}

characteristic! {
    /// MAC Retransmission Maximum (`247`): `uint8`; read. Since iOS 14.
    MACRetransmissionMaximum(u8) = apple(0x247) UInt8 [READ] {};
}

characteristic! {
    /// MAC Transmission Counters (`248`): `data`; read.
    MACTransmissionCounters(Vec<u8>) = apple(0x248) Data [READ] {};
}

named_values! {
    /// Managed Network Enable (`215`): `uint8` from 0 to 1; read, write, events, timed write.
    ManagedNetworkEnable(Unsigned) = apple(0x215) UInt8 [READ WRITE EVENTS TIMED_WRITE] { .min(Number::Unsigned(0)).max(Number::Unsigned(1)) };
    /// Disabled, value 0.
    Disabled = 0,
    /// Enabled, value 1.
    Enabled = 1,
}

characteristic! {
    /// Manually Disabled (`227`): `bool`; read, events.
    ManuallyDisabled(bool) = apple(0x227) Bool [READ EVENTS] {};
}

characteristic! {
    /// Manufacturer (`20`): `string` of at most 64 bytes; read.
    Manufacturer(String) = apple(0x20) String [READ] { .max_len(64) };
}

characteristic! {
    /// Matter Firmware Revision Number (`26D`): `uint32`; read, events.
    MatterFirmwareRevisionNumber(u32) = apple(0x26D) UInt32 [READ EVENTS] {};
}

characteristic! {
    /// Matter Firmware Update Status (`26E`): `tlv8`; read, events.
    MatterFirmwareUpdateStatus(Vec<u8>) = apple(0x26E) Tlv8 [READ EVENTS] {};
}

characteristic! {
    /// Maximum Transmit Power (`243`): `int`; read. Since iOS 14.
    MaximumTransmitPower(i32) = apple(0x243) Int [READ] {};
}

characteristic! {
    /// Metrics Buffer Full State (`272`): `bool`; read, events.
    MetricsBufferFullState(bool) = apple(0x272) Bool [READ EVENTS] {};
}

characteristic! {
    /// Model (`21`): `string` of at most 64 bytes; read.
    Model(String) = apple(0x21) String [READ] { .max_len(64) };
}

characteristic! {
    /// Motion Detected (`22`): `bool`; read, events.
    MotionDetected(bool) = apple(0x22) Bool [READ EVENTS] {};
}

characteristic! {
    /// Multifunction Button (`26B`): `uint8` from 0 to 1; read, events.
    MultifunctionButton(u8) = apple(0x26B) UInt8 [READ EVENTS] { .min(Number::Unsigned(0)).max(Number::Unsigned(1)) };
}

characteristic! {
    /// Mute (`11A`): `bool`; read, write, events.
    Mute(bool) = apple(0x11A) Bool [READ WRITE EVENTS] {};
}

characteristic! {
    /// Name (`23`): `string` of at most 64 bytes; read.
    Name(String) = apple(0x23) String [READ] { .max_len(64) };
}

characteristic! {
    /// Network Access Violation Control (`21F`): `tlv8`; read, write, events, timed write, write response.
    NetworkAccessViolationControl(Vec<u8>) = apple(0x21F) Tlv8 [READ WRITE EVENTS TIMED_WRITE WRITE_RESPONSE] { .control_point() };
}

characteristic! {
    /// Network Client Profile Control (`20C`): `tlv8`; read, write, events, timed write, write response.
    NetworkClientProfileControl(Vec<u8>) = apple(0x20C) Tlv8 [READ WRITE EVENTS TIMED_WRITE WRITE_RESPONSE] { .control_point() };
}

characteristic! {
    /// Network Client Status Control (`20D`): `tlv8`; read, write, write response.
    NetworkClientStatusControl(Vec<u8>) = apple(0x20D) Tlv8 [READ WRITE WRITE_RESPONSE] { .control_point() };
}

characteristic! {
    /// NFC Access Control Point (`264`): `tlv8`; read, write, write response. Since iOS 15.
    NFCAccessControlPoint(Vec<u8>) = apple(0x264) Tlv8 [READ WRITE WRITE_RESPONSE] { .control_point() };
}

characteristic! {
    /// NFC Access Supported Configuration (`265`): `tlv8`; read. Since iOS 15.
    NFCAccessSupportedConfiguration(Vec<u8>) = apple(0x265) Tlv8 [READ] {};
}

characteristic! {
    /// Night Vision (`11B`): `bool`; read, write, events.
    NightVision(bool) = apple(0x11B) Bool [READ WRITE EVENTS] {};
}

characteristic! {
    /// Nitrogen Dioxide Density (`C4`): `float` from 0 to 1000; read, events. The value is in micrograms per cubic metre, HAP has no unit token for it. Since iOS 10.3.
    NitrogenDioxideDensity(f64) = apple(0xC4) Float [READ EVENTS] { .min(Number::Float(0.0)).max(Number::Float(1000.0)) };
}

characteristic! {
    /// Obstruction Detected (`24`): `bool`; read, events.
    ObstructionDetected(bool) = apple(0x24) Bool [READ EVENTS] {};
}

named_values! {
    /// Occupancy Detected (`71`): `uint8` from 0 to 1; read, events. Since iOS 9.
    OccupancyDetected(Unsigned) = apple(0x71) UInt8 [READ EVENTS] { .min(Number::Unsigned(0)).max(Number::Unsigned(1)).step(Number::Unsigned(1)) };
    /// Not Detected, value 0.
    NotDetected = 0,
    /// Detected, value 1.
    Detected = 1,
}

characteristic! {
    /// On (`25`): `bool`; read, write, events.
    On(bool) = apple(0x25) Bool [READ WRITE EVENTS] {};
}

characteristic! {
    /// Operating State Response (`232`): `tlv8`; read, events. Since iOS 14.
    OperatingStateResponse(Vec<u8>) = apple(0x232) Tlv8 [READ EVENTS] {};
}

characteristic! {
    /// Optical Zoom (`11C`): `float` in steps of 0.1; read, write, events.
    OpticalZoom(f64) = apple(0x11C) Float [READ WRITE EVENTS] { .step(Number::Float(0.1)) };
}

characteristic! {
    /// Outlet In Use (`26`): `bool`; read, events.
    OutletInUse(bool) = apple(0x26) Bool [READ EVENTS] {};
}

characteristic! {
    /// Ozone Density (`C3`): `float` from 0 to 1000; read, events. The value is in micrograms per cubic metre, HAP has no unit token for it. Since iOS 10.3.
    OzoneDensity(f64) = apple(0xC3) Float [READ EVENTS] { .min(Number::Float(0.0)).max(Number::Float(1000.0)) };
}

characteristic! {
    /// Pairing Features (`4F`): `uint8`; read.
    PairingFeatures(u8) = apple(0x4F) UInt8 [READ] {};
    /// The bit of `SupportsAppleAuthenticationCoprocessor`.
    SUPPORTS_APPLE_AUTHENTICATION_COPROCESSOR = 1,
    /// The bit of `SupportsSoftwareAuthentication`.
    SUPPORTS_SOFTWARE_AUTHENTICATION = 2,
}

characteristic! {
    /// Pairing Pairings (`50`): `tlv8`; read, write.
    PairingPairings(Vec<u8>) = apple(0x50) Tlv8 [READ WRITE] { .control_point() };
}

characteristic! {
    /// Pair Setup (`4C`): `tlv8`; read, write.
    PairSetup(Vec<u8>) = apple(0x4C) Tlv8 [READ WRITE] { .control_point() };
}

characteristic! {
    /// Pair Verify (`4E`): `tlv8`; read, write.
    PairVerify(Vec<u8>) = apple(0x4E) Tlv8 [READ WRITE] { .control_point() };
}

characteristic! {
    /// Password Setting (`E4`): `tlv8`; read, write, events.
    PasswordSetting(Vec<u8>) = apple(0xE4) Tlv8 [READ WRITE EVENTS] {};
}

named_values! {
    /// Periodic Snapshots Active (`225`): `uint8` from 0 to 1; read, write, events.
    PeriodicSnapshotsActive(Unsigned) = apple(0x225) UInt8 [READ WRITE EVENTS] { .min(Number::Unsigned(0)).max(Number::Unsigned(1)).step(Number::Unsigned(1)) };
    /// Disable, value 0.
    Disable = 0,
    /// Enable, value 1.
    Enable = 1,
}

named_values! {
    /// Picture Mode (`E2`): `uint8` from 0 to 13; read, write, events.
    PictureMode(Unsigned) = apple(0xE2) UInt8 [READ WRITE EVENTS] { .min(Number::Unsigned(0)).max(Number::Unsigned(13)).step(Number::Unsigned(1)).valid_values(&[0, 1, 2, 3, 4, 5, 6, 7]) };
    /// Other, value 0.
    Other = 0,
    /// Standard, value 1.
    Standard = 1,
    /// Calibrated, value 2.
    Calibrated = 2,
    /// Calibrated Dark, value 3.
    CalibratedDark = 3,
    /// Vivid, value 4.
    Vivid = 4,
    /// Game, value 5.
    Game = 5,
    /// Computer, value 6.
    Computer = 6,
    /// Custom, value 7.
    Custom = 7,
}

characteristic! {
    /// Ping (`23C`): `data`; read. Since iOS 14.
    Ping(Vec<u8>) = apple(0x23C) Data [READ] {};
}

characteristic! {
    /// PM10 Density (`C7`): `float` from 0 to 1000; read, events. The value is in micrograms per cubic metre, HAP has no unit token for it. Since iOS 10.3.
    PM10Density(f64) = apple(0xC7) Float [READ EVENTS] { .min(Number::Float(0.0)).max(Number::Float(1000.0)) };
}

characteristic! {
    /// PM2.5 Density (`C6`): `float` from 0 to 1000; read, events. The value is in micrograms per cubic metre, HAP has no unit token for it. Since iOS 10.3.
    PM2_5Density(f64) = apple(0xC6) Float [READ EVENTS] { .min(Number::Float(0.0)).max(Number::Float(1000.0)) };
}

named_values! {
    /// Position State (`72`): `uint8` from 0 to 2; read, events. Since iOS 9.
    PositionState(Unsigned) = apple(0x72) UInt8 [READ EVENTS] { .min(Number::Unsigned(0)).max(Number::Unsigned(2)).step(Number::Unsigned(1)) };
    /// Going To Minimum, value 0.
    GoingToMinimum = 0,
    /// Going To Maximum, value 1.
    GoingToMaximum = 1,
    /// Stopped, value 2.
    Stopped = 2,
}

named_values! {
    /// Power Mode Selection (`DF`): `uint8` from 0 to 1; write.
    PowerModeSelection(Unsigned) = apple(0xDF) UInt8 [WRITE] { .min(Number::Unsigned(0)).max(Number::Unsigned(1)).step(Number::Unsigned(1)) };
    /// Show, value 0.
    Show = 0,
    /// Hide, value 1.
    Hide = 1,
}

characteristic! {
    /// Product Data (`220`): `data`; read.
    ProductData(Vec<u8>) = apple(0x220) Data [READ] {};
}

named_values! {
    /// Programmable Switch Event (`73`): `uint8` from 0 to 2; read, events. The value is null when read outside an event. Since iOS 10.3.
    ProgrammableSwitchEvent(Unsigned) = apple(0x73) UInt8 [READ EVENTS] { .min(Number::Unsigned(0)).max(Number::Unsigned(2)).step(Number::Unsigned(1)).immediate_event().null_read() };
    /// Single Press, value 0.
    SinglePress = 0,
    /// Double Press, value 1.
    DoublePress = 1,
    /// Long Press, value 2.
    LongPress = 2,
}

characteristic! {
    /// Programmable Switch Output State (`74`): `uint8` from 0 to 1; read, write, events.
    ProgrammableSwitchOutputState(u8) = apple(0x74) UInt8 [READ WRITE EVENTS] { .min(Number::Unsigned(0)).max(Number::Unsigned(1)).step(Number::Unsigned(1)) };
}

named_values! {
    /// Program Mode (`D1`): `uint8` from 0 to 2; read, events. Since iOS 11.2.
    ProgramMode(Unsigned) = apple(0xD1) UInt8 [READ EVENTS] { .min(Number::Unsigned(0)).max(Number::Unsigned(2)).step(Number::Unsigned(1)) };
    /// Not Scheduled, value 0.
    NotScheduled = 0,
    /// Scheduled, value 1.
    Scheduled = 1,
    /// Schedule Overridden To Manual, value 2.
    ScheduleOverriddenToManual = 2,
}

characteristic! {
    /// Reachable (`63`): `bool`; read, write. Deprecated by Apple.
    Reachable(bool) = apple(0x63) Bool [READ WRITE] {};
}

characteristic! {
    /// Received Signal Strength Indication (`23F`): `int`; read. Since iOS 14.
    ReceivedSignalStrengthIndication(i32) = apple(0x23F) Int [READ] {};
}

characteristic! {
    /// Receiver Sensitivity (`244`): `int`; read. Since iOS 14.
    ReceiverSensitivity(i32) = apple(0x244) Int [READ] {};
}

named_values! {
    /// Recording Audio Active (`226`): `uint8`; read, write, events, timed write.
    RecordingAudioActive(Unsigned) = apple(0x226) UInt8 [READ WRITE EVENTS TIMED_WRITE] { .valid_values(&[0, 1]) };
    /// Disable, value 0.
    Disable = 0,
    /// Enable, value 1.
    Enable = 1,
}

characteristic! {
    /// Relative Humidity Dehumidifier Threshold (`C9`): `float` from 0 to 100 %; read, write, events. Since iOS 11.
    RelativeHumidityDehumidifierThreshold(f64) = apple(0xC9) Float [READ WRITE EVENTS] { .unit(Unit::Percentage).min(Number::Float(0.0)).max(Number::Float(100.0)).step(Number::Float(1.0)) };
}

characteristic! {
    /// Relative Humidity Humidifier Threshold (`CA`): `float` from 0 to 100 %; read, write, events. Since iOS 11.
    RelativeHumidityHumidifierThreshold(f64) = apple(0xCA) Float [READ WRITE EVENTS] { .unit(Unit::Percentage).min(Number::Float(0.0)).max(Number::Float(100.0)).step(Number::Float(1.0)) };
}

characteristic! {
    /// Relay Control Point (`5E`): `tlv8`; read, write, events. Deprecated by Apple.
    RelayControlPoint(Vec<u8>) = apple(0x5E) Tlv8 [READ WRITE EVENTS] {};
}

characteristic! {
    /// Relay Enabled (`5B`): `bool`; read, write, events. Deprecated by Apple.
    RelayEnabled(bool) = apple(0x5B) Bool [READ WRITE EVENTS] {};
}

characteristic! {
    /// Relay State (`5C`): `uint8` from 0 to 5; read, events. Deprecated by Apple.
    RelayState(u8) = apple(0x5C) UInt8 [READ EVENTS] { .min(Number::Unsigned(0)).max(Number::Unsigned(5)).step(Number::Unsigned(1)) };
}

characteristic! {
    /// Remaining Duration (`D4`): `uint32` from 0 to 3600 s; read, events. Since iOS 11.2.
    RemainingDuration(u32) = apple(0xD4) UInt32 [READ EVENTS] { .unit(Unit::Seconds).min(Number::Unsigned(0)).max(Number::Unsigned(3600)).step(Number::Unsigned(1)) };
}

named_values! {
    /// Remote Key (`E1`): `uint8` from 0 to 16; write.
    RemoteKey(Unsigned) = apple(0xE1) UInt8 [WRITE] { .min(Number::Unsigned(0)).max(Number::Unsigned(16)).step(Number::Unsigned(1)).valid_values(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 15]) };
    /// Rewind, value 0.
    Rewind = 0,
    /// Fast Forward, value 1.
    FastForward = 1,
    /// Next Track, value 2.
    NextTrack = 2,
    /// Previous Track, value 3.
    PreviousTrack = 3,
    /// Arrow Up, value 4.
    ArrowUp = 4,
    /// Arrow Down, value 5.
    ArrowDown = 5,
    /// Arrow Left, value 6.
    ArrowLeft = 6,
    /// Arrow Right, value 7.
    ArrowRight = 7,
    /// Select, value 8.
    Select = 8,
    /// Back, value 9.
    Back = 9,
    /// Exit, value 10.
    Exit = 10,
    /// Play Pause, value 11.
    PlayPause = 11,
    /// Information, value 15.
    Information = 15,
}

characteristic! {
    /// Reset Filter Indication (`AD`): `uint8` from 1 to 1; write. Since iOS 10.3.
    ResetFilterIndication(u8) = apple(0xAD) UInt8 [WRITE] { .min(Number::Unsigned(1)).max(Number::Unsigned(1)) };
}

named_values! {
    /// Rotation Direction (`28`): `int` from 0 to 1; read, write, events.
    RotationDirection(Signed) = apple(0x28) Int [READ WRITE EVENTS] { .min(Number::Signed(0)).max(Number::Signed(1)).step(Number::Signed(1)) };
    /// Clockwise, value 0.
    Clockwise = 0,
    /// Counter Clockwise, value 1.
    CounterClockwise = 1,
}

characteristic! {
    /// Rotation Speed (`29`): `float` from 0 to 100 %; read, write, events.
    RotationSpeed(f64) = apple(0x29) Float [READ WRITE EVENTS] { .unit(Unit::Percentage).min(Number::Float(0.0)).max(Number::Float(100.0)).step(Number::Float(1.0)) };
}

named_values! {
    /// Router Status (`20E`): `uint8` from 0 to 1; read, events.
    RouterStatus(Unsigned) = apple(0x20E) UInt8 [READ EVENTS] { .min(Number::Unsigned(0)).max(Number::Unsigned(1)) };
    /// Ready, value 0.
    Ready = 0,
    /// Not Ready, value 1.
    NotReady = 1,
}

characteristic! {
    /// Saturation (`2F`): `float` from 0 to 100 %; read, write, events.
    Saturation(f64) = apple(0x2F) Float [READ WRITE EVENTS] { .unit(Unit::Percentage).min(Number::Float(0.0)).max(Number::Float(100.0)).step(Number::Float(1.0)) };
}

named_values! {
    /// Security System Alarm Type (`8E`): `uint8` from 0 to 1; read, events. Since iOS 9.
    SecuritySystemAlarmType(Unsigned) = apple(0x8E) UInt8 [READ EVENTS] { .min(Number::Unsigned(0)).max(Number::Unsigned(1)).step(Number::Unsigned(1)) };
    /// No Alarm, value 0.
    NoAlarm = 0,
    /// Unknown, value 1.
    Unknown = 1,
}

named_values! {
    /// Security System Current State (`66`): `uint8` from 0 to 4; read, events. Since iOS 9.
    SecuritySystemCurrentState(Unsigned) = apple(0x66) UInt8 [READ EVENTS] { .min(Number::Unsigned(0)).max(Number::Unsigned(4)).step(Number::Unsigned(1)) };
    /// Stay Arm, value 0.
    StayArm = 0,
    /// Away Arm, value 1.
    AwayArm = 1,
    /// Night Arm, value 2.
    NightArm = 2,
    /// Disarmed, value 3.
    Disarmed = 3,
    /// Alarm Triggered, value 4.
    AlarmTriggered = 4,
}

named_values! {
    /// Security System Target State (`67`): `uint8` from 0 to 3; read, write, events. Since iOS 9.
    SecuritySystemTargetState(Unsigned) = apple(0x67) UInt8 [READ WRITE EVENTS] { .min(Number::Unsigned(0)).max(Number::Unsigned(3)).step(Number::Unsigned(1)) };
    /// Stay Arm, value 0.
    StayArm = 0,
    /// Away Arm, value 1.
    AwayArm = 1,
    /// Night Arm, value 2.
    NightArm = 2,
    /// Disarm, value 3.
    Disarm = 3,
}

characteristic! {
    /// Selected Audio Stream Configuration (`128`): `tlv8`; read, write.
    SelectedAudioStreamConfiguration(Vec<u8>) = apple(0x128) Tlv8 [READ WRITE] {};
}

characteristic! {
    /// Selected Camera Recording Configuration (`209`): `tlv8`; read, write, events.
    SelectedCameraRecordingConfiguration(Vec<u8>) = apple(0x209) Tlv8 [READ WRITE EVENTS] {};
}

characteristic! {
    /// Selected Diagnostics Modes (`24D`): `uint32`; read, write.
    SelectedDiagnosticsModes(u32) = apple(0x24D) UInt32 [READ WRITE] {};
}

characteristic! {
    /// Selected RTP Stream Configuration (`117`): `tlv8`; read, write.
    SelectedRTPStreamConfiguration(Vec<u8>) = apple(0x117) Tlv8 [READ WRITE] {};
}

characteristic! {
    /// Selected Sleep Configuration (`252`): `tlv8`; read, write, events, write response.
    SelectedSleepConfiguration(Vec<u8>) = apple(0x252) Tlv8 [READ WRITE EVENTS WRITE_RESPONSE] {};
}

characteristic! {
    /// Serial Number (`30`): `string` of at most 64 bytes; read.
    SerialNumber(String) = apple(0x30) String [READ] { .max_len(64) };
}

characteristic! {
    /// Service Label Index (`CB`): `uint8` from 1; read. Since iOS 10.3.
    ServiceLabelIndex(u8) = apple(0xCB) UInt8 [READ] { .min(Number::Unsigned(1)).step(Number::Unsigned(1)) };
}

named_values! {
    /// Service Label Namespace (`CD`): `uint8` from 0 to 1; read. Since iOS 10.3.
    ServiceLabelNamespace(Unsigned) = apple(0xCD) UInt8 [READ] { .min(Number::Unsigned(0)).max(Number::Unsigned(1)).step(Number::Unsigned(1)) };
    /// Dots, value 0.
    Dots = 0,
    /// Arabic Numerals, value 1.
    ArabicNumerals = 1,
}

characteristic! {
    /// Service Signature (`A5`): `data`; read.
    ServiceSignature(Vec<u8>) = apple(0xA5) Data [READ] {};
}

characteristic! {
    /// Set Duration (`D3`): `uint32` from 0 to 3600 s; read, write, events. Since iOS 11.2.
    SetDuration(u32) = apple(0xD3) UInt32 [READ WRITE EVENTS] { .unit(Unit::Seconds).min(Number::Unsigned(0)).max(Number::Unsigned(3600)).step(Number::Unsigned(1)) };
}

characteristic! {
    /// Setup Data Stream Transport (`131`): `tlv8`; read, write, write response.
    SetupDataStreamTransport(Vec<u8>) = apple(0x131) Tlv8 [READ WRITE WRITE_RESPONSE] { .control_point() };
}

characteristic! {
    /// Setup Endpoints (`118`): `tlv8`; read, write.
    SetupEndpoints(Vec<u8>) = apple(0x118) Tlv8 [READ WRITE] { .control_point() };
}

characteristic! {
    /// Setup Transfer Transport (`201`): `tlv8`; write, write response. Since iOS 13.4.
    SetupTransferTransport(Vec<u8>) = apple(0x201) Tlv8 [WRITE WRITE_RESPONSE] { .control_point() };
}

characteristic! {
    /// Signal To Noise Ratio (`241`): `int`; read. Since iOS 14.
    SignalToNoiseRatio(i32) = apple(0x241) Int [READ] {};
}

characteristic! {
    /// Siri Enable (`255`): `uint8` from 0 to 1; read, write, events.
    SiriEnable(u8) = apple(0x255) UInt8 [READ WRITE EVENTS] { .min(Number::Unsigned(0)).max(Number::Unsigned(1)) };
}

characteristic! {
    /// Siri Endpoint Session Status (`254`): `tlv8`; read, events.
    SiriEndpointSessionStatus(Vec<u8>) = apple(0x254) Tlv8 [READ EVENTS] {};
}

characteristic! {
    /// Siri Engine Version (`25A`): `string`; read.
    SiriEngineVersion(String) = apple(0x25A) String [READ] {};
}

named_values! {
    /// Siri Input Type (`132`): `uint8` from 0 to 0; read.
    SiriInputType(Unsigned) = apple(0x132) UInt8 [READ] { .min(Number::Unsigned(0)).max(Number::Unsigned(0)) };
    /// Push Button Triggered Apple TV, value 0.
    PushButtonTriggeredAppleTV = 0,
}

characteristic! {
    /// Siri Light On Use (`258`): `uint8` from 0 to 1; read, write, events.
    SiriLightOnUse(u8) = apple(0x258) UInt8 [READ WRITE EVENTS] { .min(Number::Unsigned(0)).max(Number::Unsigned(1)) };
}

characteristic! {
    /// Siri Listening (`256`): `uint8` from 0 to 1; read, write, events.
    SiriListening(u8) = apple(0x256) UInt8 [READ WRITE EVENTS] { .min(Number::Unsigned(0)).max(Number::Unsigned(1)) };
}

characteristic! {
    /// Siri Touch To Use (`257`): `uint8` from 0 to 1; read, write, events.
    SiriTouchToUse(u8) = apple(0x257) UInt8 [READ WRITE EVENTS] { .min(Number::Unsigned(0)).max(Number::Unsigned(1)) };
}

named_values! {
    /// Slat Type (`C0`): `uint8` from 0 to 1; read. Since iOS 10.3.
    SlatType(Unsigned) = apple(0xC0) UInt8 [READ] { .min(Number::Unsigned(0)).max(Number::Unsigned(1)).step(Number::Unsigned(1)) };
    /// Horizontal, value 0.
    Horizontal = 0,
    /// Vertical, value 1.
    Vertical = 1,
}

named_values! {
    /// Sleep Discovery Mode (`E8`): `uint8` from 0 to 1; read, events.
    SleepDiscoveryMode(Unsigned) = apple(0xE8) UInt8 [READ EVENTS] { .min(Number::Unsigned(0)).max(Number::Unsigned(1)).step(Number::Unsigned(1)) };
    /// Not Discoverable, value 0.
    NotDiscoverable = 0,
    /// Always Discoverable, value 1.
    AlwaysDiscoverable = 1,
}

characteristic! {
    /// Sleep Interval (`23A`): `uint32` from 0; read, events. Since iOS 14.
    SleepInterval(u32) = apple(0x23A) UInt32 [READ EVENTS] { .min(Number::Unsigned(0)).step(Number::Unsigned(1)) };
}

named_values! {
    /// Smoke Detected (`76`): `uint8` from 0 to 1; read, events. Since iOS 9.
    SmokeDetected(Unsigned) = apple(0x76) UInt8 [READ EVENTS] { .min(Number::Unsigned(0)).max(Number::Unsigned(1)).step(Number::Unsigned(1)) };
    /// Not Detected, value 0.
    NotDetected = 0,
    /// Detected, value 1.
    Detected = 1,
}

characteristic! {
    /// Software Revision (`54`): `string`; read.
    SoftwareRevision(String) = apple(0x54) String [READ] {};
}

characteristic! {
    /// Staged Firmware Version (`249`): `string`; read, events.
    StagedFirmwareVersion(String) = apple(0x249) String [READ EVENTS] {};
}

characteristic! {
    /// Status Active (`75`): `bool`; read, events. Since iOS 9.
    StatusActive(bool) = apple(0x75) Bool [READ EVENTS] {};
}

named_values! {
    /// Status Fault (`77`): `uint8` from 0 to 1; read, events. Since iOS 9.
    StatusFault(Unsigned) = apple(0x77) UInt8 [READ EVENTS] { .min(Number::Unsigned(0)).max(Number::Unsigned(1)).step(Number::Unsigned(1)) };
    /// None, value 0.
    None = 0,
    /// General, value 1.
    General = 1,
}

named_values! {
    /// Status Jammed (`78`): `uint8` from 0 to 1; read, events. Since iOS 9.
    StatusJammed(Unsigned) = apple(0x78) UInt8 [READ EVENTS] { .min(Number::Unsigned(0)).max(Number::Unsigned(1)).step(Number::Unsigned(1)) };
    /// Not Jammed, value 0.
    NotJammed = 0,
    /// Jammed, value 1.
    Jammed = 1,
}

named_values! {
    /// Status Low Battery (`79`): `uint8` from 0 to 1; read, events. Since iOS 9.
    StatusLowBattery(Unsigned) = apple(0x79) UInt8 [READ EVENTS] { .min(Number::Unsigned(0)).max(Number::Unsigned(1)).step(Number::Unsigned(1)) };
    /// Normal, value 0.
    Normal = 0,
    /// Low, value 1.
    Low = 1,
}

named_values! {
    /// Status Tampered (`7A`): `uint8` from 0 to 1; read, events. Since iOS 9.
    StatusTampered(Unsigned) = apple(0x7A) UInt8 [READ EVENTS] { .min(Number::Unsigned(0)).max(Number::Unsigned(1)).step(Number::Unsigned(1)) };
    /// Not Tampered, value 0.
    NotTampered = 0,
    /// Tampered, value 1.
    Tampered = 1,
}

characteristic! {
    /// Streaming Status (`120`): `tlv8`; read, events.
    StreamingStatus(Vec<u8>) = apple(0x120) Tlv8 [READ EVENTS] {};
}

characteristic! {
    /// Sulphur Dioxide Density (`C5`): `float` from 0 to 1000; read, events. The value is in micrograms per cubic metre, HAP has no unit token for it. Since iOS 10.3.
    SulphurDioxideDensity(f64) = apple(0xC5) Float [READ EVENTS] { .min(Number::Float(0.0)).max(Number::Float(1000.0)) };
}

characteristic! {
    /// Supported Asset Types (`268`): `uint32`; read.
    SupportedAssetTypes(u32) = apple(0x268) UInt32 [READ] {};
}

characteristic! {
    /// Supported Audio Recording Configuration (`207`): `tlv8`; read, events.
    SupportedAudioRecordingConfiguration(Vec<u8>) = apple(0x207) Tlv8 [READ EVENTS] {};
}

characteristic! {
    /// Supported Audio Stream Configuration (`115`): `tlv8`; read.
    SupportedAudioStreamConfiguration(Vec<u8>) = apple(0x115) Tlv8 [READ] {};
}

characteristic! {
    /// Supported Camera Recording Configuration (`205`): `tlv8`; read, events.
    SupportedCameraRecordingConfiguration(Vec<u8>) = apple(0x205) Tlv8 [READ EVENTS] {};
}

characteristic! {
    /// Supported Characteristic Value Transition Configuration (`144`): `tlv8`; read. Since iOS 14.
    SupportedCharacteristicValueTransitionConfiguration(Vec<u8>) = apple(0x144) Tlv8 [READ] {};
}

characteristic! {
    /// Supported Data Stream Transport Configuration (`130`): `tlv8`; read.
    SupportedDataStreamTransportConfiguration(Vec<u8>) = apple(0x130) Tlv8 [READ] {};
}

characteristic! {
    /// Supported Diagnostics Modes (`24C`): `uint32`; read.
    SupportedDiagnosticsModes(u32) = apple(0x24C) UInt32 [READ] {};
}

characteristic! {
    /// Supported Diagnostics Snapshot (`238`): `tlv8`; read. Since iOS 14.
    SupportedDiagnosticsSnapshot(Vec<u8>) = apple(0x238) Tlv8 [READ] {};
}

characteristic! {
    /// Supported Firmware Update Configuration (`233`): `tlv8`; read.
    SupportedFirmwareUpdateConfiguration(Vec<u8>) = apple(0x233) Tlv8 [READ] {};
}

characteristic! {
    /// Supported Metrics (`271`): `tlv8`; read, write.
    SupportedMetrics(Vec<u8>) = apple(0x271) Tlv8 [READ WRITE] { .control_point() };
}

characteristic! {
    /// Supported Router Configuration (`210`): `tlv8`; read.
    SupportedRouterConfiguration(Vec<u8>) = apple(0x210) Tlv8 [READ] {};
}

characteristic! {
    /// Supported RTP Configuration (`116`): `tlv8`; read.
    SupportedRTPConfiguration(Vec<u8>) = apple(0x116) Tlv8 [READ] {};
}

characteristic! {
    /// Supported Sleep Configuration (`251`): `tlv8`; read.
    SupportedSleepConfiguration(Vec<u8>) = apple(0x251) Tlv8 [READ] {};
}

characteristic! {
    /// Supported Transfer Transport Configuration (`202`): `tlv8`; read. Since iOS 13.4.
    SupportedTransferTransportConfiguration(Vec<u8>) = apple(0x202) Tlv8 [READ] {};
}

characteristic! {
    /// Supported Video Recording Configuration (`206`): `tlv8`; read, events.
    SupportedVideoRecordingConfiguration(Vec<u8>) = apple(0x206) Tlv8 [READ EVENTS] {};
}

characteristic! {
    /// Supported Video Stream Configuration (`114`): `tlv8`; read.
    SupportedVideoStreamConfiguration(Vec<u8>) = apple(0x114) Tlv8 [READ] {};
}

named_values! {
    /// Swing Mode (`B6`): `uint8` from 0 to 1; read, write, events. Since iOS 10.3.
    SwingMode(Unsigned) = apple(0xB6) UInt8 [READ WRITE EVENTS] { .min(Number::Unsigned(0)).max(Number::Unsigned(1)).step(Number::Unsigned(1)) };
    /// Disabled, value 0.
    Disabled = 0,
    /// Enabled, value 1.
    Enabled = 1,
}

characteristic! {
    /// Tap Type (`22F`): `uint16`; read.
    TapType(u16) = apple(0x22F) UInt16 [READ] {};
}

named_values! {
    /// Target Air Purifier State (`A8`): `uint8` from 0 to 1; read, write, events. Since iOS 10.3.
    TargetAirPurifierState(Unsigned) = apple(0xA8) UInt8 [READ WRITE EVENTS] { .min(Number::Unsigned(0)).max(Number::Unsigned(1)).step(Number::Unsigned(1)) };
    /// Manual, value 0.
    Manual = 0,
    /// Auto, value 1.
    Auto = 1,
}

named_values! {
    /// Target Air Quality (`AE`): `uint8` from 0 to 2; read, write, events. Deprecated by Apple.
    TargetAirQuality(Unsigned) = apple(0xAE) UInt8 [READ WRITE EVENTS] { .min(Number::Unsigned(0)).max(Number::Unsigned(2)) };
    /// Excellent, value 0.
    Excellent = 0,
    /// Good, value 1.
    Good = 1,
    /// Fair, value 2.
    Fair = 2,
}

characteristic! {
    /// Target Control List (`124`): `tlv8`; read, write, write response. Admins only: read and write.
    TargetControlList(Vec<u8>) = apple(0x124) Tlv8 [READ WRITE WRITE_RESPONSE] { .control_point().admin_only(Perms::NONE.with(Perms::READ).with(Perms::WRITE)) };
}

characteristic! {
    /// Target Control Supported Configuration (`123`): `tlv8`; read.
    TargetControlSupportedConfiguration(Vec<u8>) = apple(0x123) Tlv8 [READ] {};
}

named_values! {
    /// Target Door State (`32`): `uint8` from 0 to 1; read, write, events.
    TargetDoorState(Unsigned) = apple(0x32) UInt8 [READ WRITE EVENTS] { .min(Number::Unsigned(0)).max(Number::Unsigned(1)).step(Number::Unsigned(1)) };
    /// Open, value 0.
    Open = 0,
    /// Closed, value 1.
    Closed = 1,
}

named_values! {
    /// Target Fan State (`BF`): `uint8` from 0 to 1; read, write, events. Since iOS 10.3.
    TargetFanState(Unsigned) = apple(0xBF) UInt8 [READ WRITE EVENTS] { .min(Number::Unsigned(0)).max(Number::Unsigned(1)).step(Number::Unsigned(1)) };
    /// Manual, value 0.
    Manual = 0,
    /// Auto, value 1.
    Auto = 1,
}

named_values! {
    /// Target Heater Cooler State (`B2`): `uint8` from 0 to 2; read, write, events. Since iOS 11.
    TargetHeaterCoolerState(Unsigned) = apple(0xB2) UInt8 [READ WRITE EVENTS] { .min(Number::Unsigned(0)).max(Number::Unsigned(2)).step(Number::Unsigned(1)) };
    /// Heat Or Cool, value 0.
    HeatOrCool = 0,
    /// Heat, value 1.
    Heat = 1,
    /// Cool, value 2.
    Cool = 2,
}

named_values! {
    /// Target Heating Cooling State (`33`): `uint8` from 0 to 3; read, write, events.
    TargetHeatingCoolingState(Unsigned) = apple(0x33) UInt8 [READ WRITE EVENTS] { .min(Number::Unsigned(0)).max(Number::Unsigned(3)).step(Number::Unsigned(1)) };
    /// Off, value 0.
    Off = 0,
    /// Heat, value 1.
    Heat = 1,
    /// Cool, value 2.
    Cool = 2,
    /// Auto, value 3.
    Auto = 3,
}

characteristic! {
    /// Target Horizontal Tilt Angle (`7B`): `int` from -90 to 90° of angle; read, write, events. Since iOS 9.
    TargetHorizontalTiltAngle(i32) = apple(0x7B) Int [READ WRITE EVENTS] { .unit(Unit::ArcDegrees).min(Number::Signed(-90)).max(Number::Signed(90)).step(Number::Signed(1)) };
}

named_values! {
    /// Target Humidifier Dehumidifier State (`B4`): `uint8` from 0 to 2; read, write, events. Since iOS 11.
    TargetHumidifierDehumidifierState(Unsigned) = apple(0xB4) UInt8 [READ WRITE EVENTS] { .min(Number::Unsigned(0)).max(Number::Unsigned(2)).step(Number::Unsigned(1)) };
    /// Humidifier Or Dehumidifier, value 0.
    HumidifierOrDehumidifier = 0,
    /// Humidifier, value 1.
    Humidifier = 1,
    /// Dehumidifier, value 2.
    Dehumidifier = 2,
}

named_values! {
    /// Target Media State (`137`): `uint8` from 0 to 2; read, write, events.
    TargetMediaState(Unsigned) = apple(0x137) UInt8 [READ WRITE EVENTS] { .min(Number::Unsigned(0)).max(Number::Unsigned(2)).step(Number::Unsigned(1)) };
    /// Play, value 0.
    Play = 0,
    /// Pause, value 1.
    Pause = 1,
    /// Stop, value 2.
    Stop = 2,
}

characteristic! {
    /// Target Position (`7C`): `uint8` from 0 to 100 %; read, write, events. Since iOS 9.
    TargetPosition(u8) = apple(0x7C) UInt8 [READ WRITE EVENTS] { .unit(Unit::Percentage).min(Number::Unsigned(0)).max(Number::Unsigned(100)).step(Number::Unsigned(1)) };
}

characteristic! {
    /// Target Relative Humidity (`34`): `float` from 0 to 100 %; read, write, events.
    TargetRelativeHumidity(f64) = apple(0x34) Float [READ WRITE EVENTS] { .unit(Unit::Percentage).min(Number::Float(0.0)).max(Number::Float(100.0)).step(Number::Float(1.0)) };
}

named_values! {
    /// Target Slat State (`BE`): `uint8` from 0 to 1; read, write, events. Deprecated by Apple.
    TargetSlatState(Unsigned) = apple(0xBE) UInt8 [READ WRITE EVENTS] { .min(Number::Unsigned(0)).max(Number::Unsigned(1)) };
    /// Manual, value 0.
    Manual = 0,
    /// Auto, value 1.
    Auto = 1,
}

characteristic! {
    /// Target Temperature (`35`): `float` from 10 to 38 °C in steps of 0.1; read, write, events.
    TargetTemperature(f64) = apple(0x35) Float [READ WRITE EVENTS] { .unit(Unit::Celsius).min(Number::Float(10.0)).max(Number::Float(38.0)).step(Number::Float(0.1)) };
}

characteristic! {
    /// Target Tilt Angle (`C2`): `int` from -90 to 90° of angle; read, write, events. Since iOS 10.3.
    TargetTiltAngle(i32) = apple(0xC2) Int [READ WRITE EVENTS] { .unit(Unit::ArcDegrees).min(Number::Signed(-90)).max(Number::Signed(90)).step(Number::Signed(1)) };
}

characteristic! {
    /// Target Vertical Tilt Angle (`7D`): `int` from -90 to 90° of angle; read, write, events. Since iOS 9.
    TargetVerticalTiltAngle(i32) = apple(0x7D) Int [READ WRITE EVENTS] { .unit(Unit::ArcDegrees).min(Number::Signed(-90)).max(Number::Signed(90)).step(Number::Signed(1)) };
}

named_values! {
    /// Target Visibility State (`134`): `uint8` from 0 to 1; read, write, events.
    TargetVisibilityState(Unsigned) = apple(0x134) UInt8 [READ WRITE EVENTS] { .min(Number::Unsigned(0)).max(Number::Unsigned(1)).step(Number::Unsigned(1)) };
    /// Shown, value 0.
    Shown = 0,
    /// Hidden, value 1.
    Hidden = 1,
}

named_values! {
    /// Temperature Display Units (`36`): `uint8` from 0 to 1; read, write, events.
    TemperatureDisplayUnits(Unsigned) = apple(0x36) UInt8 [READ WRITE EVENTS] { .min(Number::Unsigned(0)).max(Number::Unsigned(1)).step(Number::Unsigned(1)) };
    /// Celsius, value 0.
    Celsius = 0,
    /// Fahrenheit, value 1.
    Fahrenheit = 1,
}

named_values! {
    /// Third Party Camera Active (`21C`): `uint8` from 0 to 1; read, events.
    ThirdPartyCameraActive(Unsigned) = apple(0x21C) UInt8 [READ EVENTS] { .min(Number::Unsigned(0)).max(Number::Unsigned(1)).step(Number::Unsigned(1)) };
    /// Off, value 0.
    Off = 0,
    /// On, value 1.
    On = 1,
}

characteristic! {
    /// Thread Control Point (`704`): `tlv8`; write.
    ThreadControlPoint(Vec<u8>) = apple(0x704) Tlv8 [WRITE] { .control_point() };
}

characteristic! {
    /// Thread Node Capabilities (`702`): `uint16` from 0 to 31; read.
    ThreadNodeCapabilities(u16) = apple(0x702) UInt16 [READ] { .min(Number::Unsigned(0)).max(Number::Unsigned(31)).step(Number::Unsigned(1)) };
    /// The bit of `Minimal`.
    MINIMAL = 1,
    /// The bit of `Sleepy`.
    SLEEPY = 2,
    /// The bit of `Full`.
    FULL = 4,
    /// The bit of `RouterEligible`.
    ROUTER_ELIGIBLE = 8,
    /// The bit of `BorderRouterCapable`.
    BORDER_ROUTER_CAPABLE = 16,
}

characteristic! {
    /// Thread OpenThread Version (`706`): `string`; read.
    ThreadOpenThreadVersion(String) = apple(0x706) String [READ] {};
}

characteristic! {
    /// Thread Status (`703`): `uint16` from 0 to 127; read, events.
    ThreadStatus(u16) = apple(0x703) UInt16 [READ EVENTS] { .min(Number::Unsigned(0)).max(Number::Unsigned(127)).step(Number::Unsigned(1)) };
    /// The bit of `Disabled`.
    DISABLED = 1,
    /// The bit of `Detached`.
    DETACHED = 2,
    /// The bit of `Joining`.
    JOINING = 4,
    /// The bit of `Child`.
    CHILD = 8,
    /// The bit of `Router`.
    ROUTER = 16,
    /// The bit of `Leader`.
    LEADER = 32,
    /// The bit of `BorderRouter`.
    BORDER_ROUTER = 64,
}

characteristic! {
    /// Time Update (`9A`): `bool`; read, write. Deprecated by Apple.
    TimeUpdate(bool) = apple(0x9A) Bool [READ WRITE] {};
}

characteristic! {
    /// Token (`231`): `data`; write.
    Token(Vec<u8>) = apple(0x231) Data [WRITE] {};
}

characteristic! {
    /// Transmit Power (`242`): `int`; read. Since iOS 14.
    TransmitPower(i32) = apple(0x242) Int [READ] {};
}

characteristic! {
    /// Tunnel Connection Timeout (`61`): `int`; read, write, events. Deprecated by Apple.
    TunnelConnectionTimeout(i32) = apple(0x61) Int [READ WRITE EVENTS] {};
}

characteristic! {
    /// Tunneled Accessory Advertising (`60`): `bool`; read, write, events. Deprecated by Apple.
    TunneledAccessoryAdvertising(bool) = apple(0x60) Bool [READ WRITE EVENTS] {};
}

characteristic! {
    /// Tunneled Accessory Connected (`59`): `bool`; read, write, events. Deprecated by Apple.
    TunneledAccessoryConnected(bool) = apple(0x59) Bool [READ WRITE EVENTS] {};
}

characteristic! {
    /// Tunneled Accessory State Number (`58`): `int`; read, events. Deprecated by Apple.
    TunneledAccessoryStateNumber(i32) = apple(0x58) Int [READ EVENTS] {};
}

named_values! {
    /// Valve Type (`D5`): `uint8` from 0 to 3; read, events. Since iOS 11.2.
    ValveType(Unsigned) = apple(0xD5) UInt8 [READ EVENTS] { .min(Number::Unsigned(0)).max(Number::Unsigned(3)).step(Number::Unsigned(1)) };
    /// Generic Valve, value 0.
    GenericValve = 0,
    /// Irrigation, value 1.
    Irrigation = 1,
    /// Shower Head, value 2.
    ShowerHead = 2,
    /// Water Faucet, value 3.
    WaterFaucet = 3,
}

characteristic! {
    /// Version (`37`): `string` of at most 64 bytes; read.
    Version(String) = apple(0x37) String [READ] { .max_len(64) };
}

characteristic! {
    /// Video Analysis Active (`229`): `uint8`; read, write, events. Since iOS 14.
    VideoAnalysisActive(u8) = apple(0x229) UInt8 [READ WRITE EVENTS] {};
}

characteristic! {
    /// VOC Density (`C8`): `float` from 0 to 1000; read, events. The value is in micrograms per cubic metre, HAP has no unit token for it. Since iOS 10.3.
    VOCDensity(f64) = apple(0xC8) Float [READ EVENTS] { .min(Number::Float(0.0)).max(Number::Float(1000.0)) };
}

characteristic! {
    /// Volume (`119`): `uint8` from 0 to 100 %; read, write, events.
    Volume(u8) = apple(0x119) UInt8 [READ WRITE EVENTS] { .unit(Unit::Percentage).min(Number::Unsigned(0)).max(Number::Unsigned(100)).step(Number::Unsigned(1)) };
}

named_values! {
    /// Volume Control Type (`E9`): `uint8` from 0 to 3; read, events.
    VolumeControlType(Unsigned) = apple(0xE9) UInt8 [READ EVENTS] { .min(Number::Unsigned(0)).max(Number::Unsigned(3)).step(Number::Unsigned(1)) };
    /// None, value 0.
    None = 0,
    /// Relative, value 1.
    Relative = 1,
    /// Relative With Current, value 2.
    RelativeWithCurrent = 2,
    /// Absolute, value 3.
    Absolute = 3,
}

named_values! {
    /// Volume Selector (`EA`): `uint8` from 0 to 1; write.
    VolumeSelector(Unsigned) = apple(0xEA) UInt8 [WRITE] { .min(Number::Unsigned(0)).max(Number::Unsigned(1)).step(Number::Unsigned(1)) };
    /// Increment, value 0.
    Increment = 0,
    /// Decrement, value 1.
    Decrement = 1,
}

characteristic! {
    /// Wake Configuration (`222`): `tlv8`; read. Since iOS 13.4.
    WakeConfiguration(Vec<u8>) = apple(0x222) Tlv8 [READ] {};
}

characteristic! {
    /// WAN Configuration List (`211`): `tlv8`; read, events.
    WANConfigurationList(Vec<u8>) = apple(0x211) Tlv8 [READ EVENTS] {};
}

characteristic! {
    /// WAN Status List (`212`): `tlv8`; read, events.
    WANStatusList(Vec<u8>) = apple(0x212) Tlv8 [READ EVENTS] {};
}

characteristic! {
    /// Water Level (`B5`): `float` from 0 to 100 %; read, events. Since iOS 11.
    WaterLevel(f64) = apple(0xB5) Float [READ EVENTS] { .unit(Unit::Percentage).min(Number::Float(0.0)).max(Number::Float(100.0)).step(Number::Float(1.0)) };
}

characteristic! {
    /// WiFi Capabilities (`22C`): `uint32`; read. Since iOS 14.
    WiFiCapabilities(u32) = apple(0x22C) UInt32 [READ] {};
}

characteristic! {
    /// WiFi Configuration Control (`22D`): `tlv8`; read, write, events, timed write, write response. Since iOS 14.
    WiFiConfigurationControl(Vec<u8>) = apple(0x22D) Tlv8 [READ WRITE EVENTS TIMED_WRITE WRITE_RESPONSE] { .control_point() };
}

named_values! {
    /// WiFi Satellite Status (`21E`): `uint8` from 0 to 2; read, events.
    WiFiSatelliteStatus(Unsigned) = apple(0x21E) UInt8 [READ EVENTS] { .min(Number::Unsigned(0)).max(Number::Unsigned(2)) };
    /// Unknown, value 0.
    Unknown = 0,
    /// Connected, value 1.
    Connected = 1,
    /// Not Connected, value 2.
    NotConnected = 2,
}
