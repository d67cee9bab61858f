// Generated from hap/catalogue by tests/catalogue; do not edit.

use super::characteristics::*;
use super::{AnyCharacteristic, Characteristic, Definition, Kind, Service, Type};

/// The names and types of all services here.
pub const SERVICES: &[(&str, Type)] = &[
    (AccessCode::NAME, AccessCode::TYPE),
    (AccessControl::NAME, AccessControl::TYPE),
    (AccessoryInformation::NAME, AccessoryInformation::TYPE),
    (AccessoryMetrics::NAME, AccessoryMetrics::TYPE),
    (AccessoryRuntimeInformation::NAME, AccessoryRuntimeInformation::TYPE),
    (AirPurifier::NAME, AirPurifier::TYPE),
    (AirQualitySensor::NAME, AirQualitySensor::TYPE),
    (AssetUpdate::NAME, AssetUpdate::TYPE),
    (Assistant::NAME, Assistant::TYPE),
    (AudioStreamManagement::NAME, AudioStreamManagement::TYPE),
    (BatteryService::NAME, BatteryService::TYPE),
    (BridgeConfiguration::NAME, BridgeConfiguration::TYPE),
    (BridgingState::NAME, BridgingState::TYPE),
    (CameraControl::NAME, CameraControl::TYPE),
    (CameraOperatingMode::NAME, CameraOperatingMode::TYPE),
    (CameraRecordingManagement::NAME, CameraRecordingManagement::TYPE),
    (CameraRTPStreamManagement::NAME, CameraRTPStreamManagement::TYPE),
    (CarbonDioxideSensor::NAME, CarbonDioxideSensor::TYPE),
    (CarbonMonoxideSensor::NAME, CarbonMonoxideSensor::TYPE),
    (CloudRelay::NAME, CloudRelay::TYPE),
    (ContactSensor::NAME, ContactSensor::TYPE),
    (DataStreamTransportManagement::NAME, DataStreamTransportManagement::TYPE),
    (Diagnostics::NAME, Diagnostics::TYPE),
    (Door::NAME, Door::TYPE),
    (Doorbell::NAME, Doorbell::TYPE),
    (Fan::NAME, Fan::TYPE),
    (FanV2::NAME, FanV2::TYPE),
    (Faucet::NAME, Faucet::TYPE),
    (FilterMaintenance::NAME, FilterMaintenance::TYPE),
    (FirmwareUpdate::NAME, FirmwareUpdate::TYPE),
    (GarageDoorOpener::NAME, GarageDoorOpener::TYPE),
    (HAPProtocolInformation::NAME, HAPProtocolInformation::TYPE),
    (HeaterCooler::NAME, HeaterCooler::TYPE),
    (HumidifierDehumidifier::NAME, HumidifierDehumidifier::TYPE),
    (HumiditySensor::NAME, HumiditySensor::TYPE),
    (InputSource::NAME, InputSource::TYPE),
    (IrrigationSystem::NAME, IrrigationSystem::TYPE),
    (LeakSensor::NAME, LeakSensor::TYPE),
    (LightBulb::NAME, LightBulb::TYPE),
    (LightSensor::NAME, LightSensor::TYPE),
    (LockManagement::NAME, LockManagement::TYPE),
    (LockMechanism::NAME, LockMechanism::TYPE),
    (Microphone::NAME, Microphone::TYPE),
    (MotionSensor::NAME, MotionSensor::TYPE),
    (NFCAccess::NAME, NFCAccess::TYPE),
    (OccupancySensor::NAME, OccupancySensor::TYPE),
    (Outlet::NAME, Outlet::TYPE),
    (Pairing::NAME, Pairing::TYPE),
    (PowerManagement::NAME, PowerManagement::TYPE),
    (SecuritySystem::NAME, SecuritySystem::TYPE),
    (ServiceLabel::NAME, ServiceLabel::TYPE),
    (Siri::NAME, Siri::TYPE),
    (SiriEndpoint::NAME, SiriEndpoint::TYPE),
    (Slat::NAME, Slat::TYPE),
    (SmartSpeaker::NAME, SmartSpeaker::TYPE),
    (SmokeSensor::NAME, SmokeSensor::TYPE),
    (Speaker::NAME, Speaker::TYPE),
    (StatefulProgrammableSwitch::NAME, StatefulProgrammableSwitch::TYPE),
    (StatelessProgrammableSwitch::NAME, StatelessProgrammableSwitch::TYPE),
    (Switch::NAME, Switch::TYPE),
    (TapManagement::NAME, TapManagement::TYPE),
    (TargetControl::NAME, TargetControl::TYPE),
    (TargetControlManagement::NAME, TargetControlManagement::TYPE),
    (Television::NAME, Television::TYPE),
    (TemperatureSensor::NAME, TemperatureSensor::TYPE),
    (Thermostat::NAME, Thermostat::TYPE),
    (ThreadTransport::NAME, ThreadTransport::TYPE),
    (TimeInformation::NAME, TimeInformation::TYPE),
    (TransferTransportManagement::NAME, TransferTransportManagement::TYPE),
    (Tunnel::NAME, Tunnel::TYPE),
    (Valve::NAME, Valve::TYPE),
    (WiFiRouter::NAME, WiFiRouter::TYPE),
    (WiFiSatellite::NAME, WiFiSatellite::TYPE),
    (WiFiTransport::NAME, WiFiTransport::TYPE),
    (Window::NAME, Window::TYPE),
    (WindowCovering::NAME, WindowCovering::TYPE),
];

/// What each of them must have, by its type.
pub(crate) const REQUIRED: &[(Type, &[&Definition])] = &[
    (AccessCode::TYPE, AccessCode::REQUIRED),
    (AccessControl::TYPE, AccessControl::REQUIRED),
    (AccessoryInformation::TYPE, AccessoryInformation::REQUIRED),
    (AccessoryMetrics::TYPE, AccessoryMetrics::REQUIRED),
    (AccessoryRuntimeInformation::TYPE, AccessoryRuntimeInformation::REQUIRED),
    (AirPurifier::TYPE, AirPurifier::REQUIRED),
    (AirQualitySensor::TYPE, AirQualitySensor::REQUIRED),
    (AssetUpdate::TYPE, AssetUpdate::REQUIRED),
    (Assistant::TYPE, Assistant::REQUIRED),
    (AudioStreamManagement::TYPE, AudioStreamManagement::REQUIRED),
    (BatteryService::TYPE, BatteryService::REQUIRED),
    (BridgeConfiguration::TYPE, BridgeConfiguration::REQUIRED),
    (BridgingState::TYPE, BridgingState::REQUIRED),
    (CameraControl::TYPE, CameraControl::REQUIRED),
    (CameraOperatingMode::TYPE, CameraOperatingMode::REQUIRED),
    (CameraRecordingManagement::TYPE, CameraRecordingManagement::REQUIRED),
    (CameraRTPStreamManagement::TYPE, CameraRTPStreamManagement::REQUIRED),
    (CarbonDioxideSensor::TYPE, CarbonDioxideSensor::REQUIRED),
    (CarbonMonoxideSensor::TYPE, CarbonMonoxideSensor::REQUIRED),
    (CloudRelay::TYPE, CloudRelay::REQUIRED),
    (ContactSensor::TYPE, ContactSensor::REQUIRED),
    (DataStreamTransportManagement::TYPE, DataStreamTransportManagement::REQUIRED),
    (Diagnostics::TYPE, Diagnostics::REQUIRED),
    (Door::TYPE, Door::REQUIRED),
    (Doorbell::TYPE, Doorbell::REQUIRED),
    (Fan::TYPE, Fan::REQUIRED),
    (FanV2::TYPE, FanV2::REQUIRED),
    (Faucet::TYPE, Faucet::REQUIRED),
    (FilterMaintenance::TYPE, FilterMaintenance::REQUIRED),
    (FirmwareUpdate::TYPE, FirmwareUpdate::REQUIRED),
    (GarageDoorOpener::TYPE, GarageDoorOpener::REQUIRED),
    (HAPProtocolInformation::TYPE, HAPProtocolInformation::REQUIRED),
    (HeaterCooler::TYPE, HeaterCooler::REQUIRED),
    (HumidifierDehumidifier::TYPE, HumidifierDehumidifier::REQUIRED),
    (HumiditySensor::TYPE, HumiditySensor::REQUIRED),
    (InputSource::TYPE, InputSource::REQUIRED),
    (IrrigationSystem::TYPE, IrrigationSystem::REQUIRED),
    (LeakSensor::TYPE, LeakSensor::REQUIRED),
    (LightBulb::TYPE, LightBulb::REQUIRED),
    (LightSensor::TYPE, LightSensor::REQUIRED),
    (LockManagement::TYPE, LockManagement::REQUIRED),
    (LockMechanism::TYPE, LockMechanism::REQUIRED),
    (Microphone::TYPE, Microphone::REQUIRED),
    (MotionSensor::TYPE, MotionSensor::REQUIRED),
    (NFCAccess::TYPE, NFCAccess::REQUIRED),
    (OccupancySensor::TYPE, OccupancySensor::REQUIRED),
    (Outlet::TYPE, Outlet::REQUIRED),
    (Pairing::TYPE, Pairing::REQUIRED),
    (PowerManagement::TYPE, PowerManagement::REQUIRED),
    (SecuritySystem::TYPE, SecuritySystem::REQUIRED),
    (ServiceLabel::TYPE, ServiceLabel::REQUIRED),
    (Siri::TYPE, Siri::REQUIRED),
    (SiriEndpoint::TYPE, SiriEndpoint::REQUIRED),
    (Slat::TYPE, Slat::REQUIRED),
    (SmartSpeaker::TYPE, SmartSpeaker::REQUIRED),
    (SmokeSensor::TYPE, SmokeSensor::REQUIRED),
    (Speaker::TYPE, Speaker::REQUIRED),
    (StatefulProgrammableSwitch::TYPE, StatefulProgrammableSwitch::REQUIRED),
    (StatelessProgrammableSwitch::TYPE, StatelessProgrammableSwitch::REQUIRED),
    (Switch::TYPE, Switch::REQUIRED),
    (TapManagement::TYPE, TapManagement::REQUIRED),
    (TargetControl::TYPE, TargetControl::REQUIRED),
    (TargetControlManagement::TYPE, TargetControlManagement::REQUIRED),
    (Television::TYPE, Television::REQUIRED),
    (TemperatureSensor::TYPE, TemperatureSensor::REQUIRED),
    (Thermostat::TYPE, Thermostat::REQUIRED),
    (ThreadTransport::TYPE, ThreadTransport::REQUIRED),
    (TimeInformation::TYPE, TimeInformation::REQUIRED),
    (TransferTransportManagement::TYPE, TransferTransportManagement::REQUIRED),
    (Tunnel::TYPE, Tunnel::REQUIRED),
    (Valve::TYPE, Valve::REQUIRED),
    (WiFiRouter::TYPE, WiFiRouter::REQUIRED),
    (WiFiSatellite::TYPE, WiFiSatellite::REQUIRED),
    (WiFiTransport::TYPE, WiFiTransport::REQUIRED),
    (Window::TYPE, Window::REQUIRED),
    (WindowCovering::TYPE, WindowCovering::REQUIRED),
];

service! {
    /// Access Code (`260`). Since iOS 15.
    AccessCode = apple(0x260) {
        access_code_control_point: AccessCodeControlPoint,
        access_code_supported_configuration: AccessCodeSupportedConfiguration,
        configuration_state: ConfigurationState,
    } {
    }
}

service! {
    /// Access Control (`DA`).
    AccessControl = apple(0xDA) {
        access_control_level: AccessControlLevel,
    } {
        password_setting with_password_setting: PasswordSetting(Vec<u8>),
    }
}

service! {
    /// Accessory Information (`3E`).
    AccessoryInformation = apple(0x3E) {
        firmware_revision: FirmwareRevision,
        identify: Identify,
        manufacturer: Manufacturer,
        model: Model,
        name: Name,
        serial_number: SerialNumber,
    } {
        accessory_flags with_accessory_flags: AccessoryFlags(u32),
        app_matching_identifier with_app_matching_identifier: AppMatchingIdentifier(Vec<u8>),
        configured_name with_configured_name: ConfiguredName(String),
        hardware_finish with_hardware_finish: HardwareFinish(Vec<u8>),
        hardware_revision with_hardware_revision: HardwareRevision(String),
        matter_firmware_revision_number with_matter_firmware_revision_number: MatterFirmwareRevisionNumber(u32),
        product_data with_product_data: ProductData(Vec<u8>),
        software_revision with_software_revision: SoftwareRevision(String),
    }
}

service! {
    /// Accessory Metrics (`270`).
    AccessoryMetrics = apple(0x270) {
        active: Active,
        metrics_buffer_full_state: MetricsBufferFullState,
        supported_metrics: SupportedMetrics,
    } {
    }
}

service! {
    /// Accessory Runtime Information (`239`).
    AccessoryRuntimeInformation = apple(0x239) {
        ping: Ping,
    } {
        activity_interval with_activity_interval: ActivityInterval(u32),
        heart_beat with_heart_beat: HeartBeat(u32),
        sleep_interval with_sleep_interval: SleepInterval(u32),
    }
}

service! {
    /// Air Purifier (`BB`). Since iOS 10.3.
    AirPurifier = apple(0xBB) {
        active: Active,
        current_air_purifier_state: CurrentAirPurifierState,
        target_air_purifier_state: TargetAirPurifierState,
    } {
        lock_physical_controls with_lock_physical_controls: LockPhysicalControls(LockPhysicalControls),
        name with_name: Name(String),
        rotation_speed with_rotation_speed: RotationSpeed(f64),
        swing_mode with_swing_mode: SwingMode(SwingMode),
    }
}

service! {
    /// Air Quality Sensor (`8D`). Since iOS 9.
    AirQualitySensor = apple(0x8D) {
        air_quality: AirQuality,
    } {
        name with_name: Name(String),
        nitrogen_dioxide_density with_nitrogen_dioxide_density: NitrogenDioxideDensity(f64),
        ozone_density with_ozone_density: OzoneDensity(f64),
        pm10_density with_pm10_density: PM10Density(f64),
        pm2_5_density with_pm2_5_density: PM2_5Density(f64),
        status_active with_status_active: StatusActive(bool),
        status_fault with_status_fault: StatusFault(StatusFault),
        status_low_battery with_status_low_battery: StatusLowBattery(StatusLowBattery),
        status_tampered with_status_tampered: StatusTampered(StatusTampered),
        sulphur_dioxide_density with_sulphur_dioxide_density: SulphurDioxideDensity(f64),
        voc_density with_voc_density: VOCDensity(f64),
    }
}

service! {
    /// Asset Update (`267`).
    AssetUpdate = apple(0x267) {
        asset_update_readiness: AssetUpdateReadiness,
        supported_asset_types: SupportedAssetTypes,
    } {
    }
}

service! {
    /// Assistant (`26A`).
    Assistant = apple(0x26A) {
        active: Active,
        identifier: Identifier,
        name: Name,
    } {
    }
}

service! {
    /// Audio Stream Management (`127`).
    AudioStreamManagement = apple(0x127) {
        supported_audio_stream_configuration: SupportedAudioStreamConfiguration,
        selected_audio_stream_configuration: SelectedAudioStreamConfiguration,
    } {
    }
}

service! {
    /// Battery Service (`96`). Since iOS 9.
    BatteryService = apple(0x96) {
        battery_level: BatteryLevel,
        charging_state: ChargingState,
        status_low_battery: StatusLowBattery,
    } {
        name with_name: Name(String),
    }
}

service! {
    /// Bridge Configuration (`A1`). Deprecated by Apple.
    BridgeConfiguration = apple(0xA1) {
        configure_bridged_accessory_status: ConfigureBridgedAccessoryStatus,
        discover_bridged_accessories: DiscoverBridgedAccessories,
        discovered_bridged_accessories: DiscoveredBridgedAccessories,
        configure_bridged_accessory: ConfigureBridgedAccessory,
    } {
        name with_name: Name(String),
    }
}

service! {
    /// Bridging State (`62`). Deprecated by Apple.
    BridgingState = apple(0x62) {
        reachable: Reachable,
        link_quality: LinkQuality,
        accessory_identifier: AccessoryIdentifier,
        category: Category,
    } {
        name with_name: Name(String),
    }
}

service! {
    /// Camera Control (`111`). Deprecated by Apple.
    CameraControl = apple(0x111) {
        on: On,
    } {
        current_horizontal_tilt_angle with_current_horizontal_tilt_angle: CurrentHorizontalTiltAngle(i32),
        current_vertical_tilt_angle with_current_vertical_tilt_angle: CurrentVerticalTiltAngle(i32),
        digital_zoom with_digital_zoom: DigitalZoom(f64),
        image_mirroring with_image_mirroring: ImageMirroring(bool),
        image_rotation with_image_rotation: ImageRotation(f64),
        name with_name: Name(String),
        night_vision with_night_vision: NightVision(bool),
        optical_zoom with_optical_zoom: OpticalZoom(f64),
        target_horizontal_tilt_angle with_target_horizontal_tilt_angle: TargetHorizontalTiltAngle(i32),
        target_vertical_tilt_angle with_target_vertical_tilt_angle: TargetVerticalTiltAngle(i32),
    }
}

service! {
    /// Camera Operating Mode (`21A`).
    CameraOperatingMode = apple(0x21A) {
        event_snapshots_active: EventSnapshotsActive,
        homekit_camera_active: HomeKitCameraActive,
    } {
        camera_operating_mode_indicator with_camera_operating_mode_indicator: CameraOperatingModeIndicator(bool),
        diagonal_field_of_view with_diagonal_field_of_view: DiagonalFieldOfView(f64),
        manually_disabled with_manually_disabled: ManuallyDisabled(bool),
        night_vision with_night_vision: NightVision(bool),
        periodic_snapshots_active with_periodic_snapshots_active: PeriodicSnapshotsActive(PeriodicSnapshotsActive),
        third_party_camera_active with_third_party_camera_active: ThirdPartyCameraActive(ThirdPartyCameraActive),
    }
}

service! {
    /// Camera Recording Management (`204`).
    CameraRecordingManagement = apple(0x204) {
        active: Active,
        supported_camera_recording_configuration: SupportedCameraRecordingConfiguration,
        supported_video_recording_configuration: SupportedVideoRecordingConfiguration,
        supported_audio_recording_configuration: SupportedAudioRecordingConfiguration,
        selected_camera_recording_configuration: SelectedCameraRecordingConfiguration,
    } {
        recording_audio_active with_recording_audio_active: RecordingAudioActive(RecordingAudioActive),
    }
}

service! {
    /// Camera RTP Stream Management (`110`).
    CameraRTPStreamManagement = apple(0x110) {
        selected_rtp_stream_configuration: SelectedRTPStreamConfiguration,
        setup_endpoints: SetupEndpoints,
        streaming_status: StreamingStatus,
        supported_audio_stream_configuration: SupportedAudioStreamConfiguration,
        supported_rtp_configuration: SupportedRTPConfiguration,
        supported_video_stream_configuration: SupportedVideoStreamConfiguration,
    } {
        active with_active: Active(Active),
        name with_name: Name(String),
    }
}

service! {
    /// Carbon Dioxide Sensor (`97`). Since iOS 9.
    CarbonDioxideSensor = apple(0x97) {
        carbon_dioxide_detected: CarbonDioxideDetected,
    } {
        carbon_dioxide_level with_carbon_dioxide_level: CarbonDioxideLevel(f64),
        carbon_dioxide_peak_level with_carbon_dioxide_peak_level: CarbonDioxidePeakLevel(f64),
        name with_name: Name(String),
        status_active with_status_active: StatusActive(bool),
        status_fault with_status_fault: StatusFault(StatusFault),
        status_low_battery with_status_low_battery: StatusLowBattery(StatusLowBattery),
        status_tampered with_status_tampered: StatusTampered(StatusTampered),
    }
}

service! {
    /// Carbon Monoxide Sensor (`7F`). Since iOS 9.
    CarbonMonoxideSensor = apple(0x7F) {
        carbon_monoxide_detected: CarbonMonoxideDetected,
    } {
        carbon_monoxide_level with_carbon_monoxide_level: CarbonMonoxideLevel(f64),
        carbon_monoxide_peak_level with_carbon_monoxide_peak_level: CarbonMonoxidePeakLevel(f64),
        name with_name: Name(String),
        status_active with_status_active: StatusActive(bool),
        status_fault with_status_fault: StatusFault(StatusFault),
        status_low_battery with_status_low_battery: StatusLowBattery(StatusLowBattery),
        status_tampered with_status_tampered: StatusTampered(StatusTampered),
    }
}

service! {
    /// Cloud Relay (`5A`). Deprecated by Apple.
    CloudRelay = apple(0x5A) {
        relay_control_point: RelayControlPoint,
        relay_state: RelayState,
        relay_enabled: RelayEnabled,
    } {
    }
}

service! {
    /// Contact Sensor (`80`). Since iOS 9.
    ContactSensor = apple(0x80) {
        contact_sensor_state: ContactSensorState,
    } {
        name with_name: Name(String),
        status_active with_status_active: StatusActive(bool),
        status_fault with_status_fault: StatusFault(StatusFault),
        status_low_battery with_status_low_battery: StatusLowBattery(StatusLowBattery),
        status_tampered with_status_tampered: StatusTampered(StatusTampered),
    }
}

service! {
    /// Data Stream Transport Management (`129`).
    DataStreamTransportManagement = apple(0x129) {
        setup_data_stream_transport: SetupDataStreamTransport,
        supported_data_stream_transport_configuration: SupportedDataStreamTransportConfiguration,
        version: Version,
    } {
    }
}

service! {
    /// Diagnostics (`237`).
    Diagnostics = apple(0x237) {
        supported_diagnostics_snapshot: SupportedDiagnosticsSnapshot,
    } {
        selected_diagnostics_modes with_selected_diagnostics_modes: SelectedDiagnosticsModes(u32),
        supported_diagnostics_modes with_supported_diagnostics_modes: SupportedDiagnosticsModes(u32),
    }
}

service! {
    /// Door (`81`). Since iOS 9.
    Door = apple(0x81) {
        current_position: CurrentPosition,
        target_position: TargetPosition,
        position_state: PositionState,
    } {
        hold_position with_hold_position: HoldPosition(bool),
        name with_name: Name(String),
        obstruction_detected with_obstruction_detected: ObstructionDetected(bool),
    }
}

service! {
    /// Doorbell (`121`).
    Doorbell = apple(0x121) {
        programmable_switch_event: ProgrammableSwitchEvent,
    } {
        brightness with_brightness: Brightness(i32),
        mute with_mute: Mute(bool),
        name with_name: Name(String),
        operating_state_response with_operating_state_response: OperatingStateResponse(Vec<u8>),
        volume with_volume: Volume(u8),
    }
}

service! {
    /// Fan (`40`).
    Fan = apple(0x40) {
        on: On,
    } {
        name with_name: Name(String),
        rotation_direction with_rotation_direction: RotationDirection(RotationDirection),
        rotation_speed with_rotation_speed: RotationSpeed(f64),
    }
}

service! {
    /// Fan V2 (`B7`). Since iOS 10.3.
    FanV2 = apple(0xB7) {
        active: Active,
    } {
        current_fan_state with_current_fan_state: CurrentFanState(CurrentFanState),
        lock_physical_controls with_lock_physical_controls: LockPhysicalControls(LockPhysicalControls),
        name with_name: Name(String),
        rotation_direction with_rotation_direction: RotationDirection(RotationDirection),
        rotation_speed with_rotation_speed: RotationSpeed(f64),
        swing_mode with_swing_mode: SwingMode(SwingMode),
        target_fan_state with_target_fan_state: TargetFanState(TargetFanState),
    }
}

service! {
    /// Faucet (`D7`). Since iOS 11.2.
    Faucet = apple(0xD7) {
        active: Active,
    } {
        name with_name: Name(String),
        status_fault with_status_fault: StatusFault(StatusFault),
    }
}

service! {
    /// Filter Maintenance (`BA`). Since iOS 10.3.
    FilterMaintenance = apple(0xBA) {
        filter_change_indication: FilterChangeIndication,
    } {
        filter_life_level with_filter_life_level: FilterLifeLevel(f64),
        name with_name: Name(String),
        reset_filter_indication with_reset_filter_indication: ResetFilterIndication(u8),
    }
}

service! {
    /// Firmware Update (`236`).
    FirmwareUpdate = apple(0x236) {
        firmware_update_readiness: FirmwareUpdateReadiness,
        firmware_update_status: FirmwareUpdateStatus,
    } {
        firmware_update_protocol_list with_firmware_update_protocol_list: FirmwareUpdateProtocolList(Vec<u8>),
        matter_firmware_update_status with_matter_firmware_update_status: MatterFirmwareUpdateStatus(Vec<u8>),
        staged_firmware_version with_staged_firmware_version: StagedFirmwareVersion(String),
        supported_firmware_update_configuration with_supported_firmware_update_configuration: SupportedFirmwareUpdateConfiguration(Vec<u8>),
    }
}

service! {
    /// Garage Door Opener (`41`).
    GarageDoorOpener = apple(0x41) {
        current_door_state: CurrentDoorState,
        target_door_state: TargetDoorState,
        obstruction_detected: ObstructionDetected,
    } {
        lock_current_state with_lock_current_state: LockCurrentState(LockCurrentState),
        lock_target_state with_lock_target_state: LockTargetState(LockTargetState),
        name with_name: Name(String),
    }
}

service! {
    /// HAP Protocol Information (`A2`).
    HAPProtocolInformation = apple(0xA2) {
        version: Version,
    } {
    }
}

service! {
    /// Heater Cooler (`BC`). Since iOS 10.3.
    HeaterCooler = apple(0xBC) {
        active: Active,
        current_temperature: CurrentTemperature,
        current_heater_cooler_state: CurrentHeaterCoolerState,
        target_heater_cooler_state: TargetHeaterCoolerState,
    } {
        cooling_threshold_temperature with_cooling_threshold_temperature: CoolingThresholdTemperature(f64),
        heating_threshold_temperature with_heating_threshold_temperature: HeatingThresholdTemperature(f64),
        lock_physical_controls with_lock_physical_controls: LockPhysicalControls(LockPhysicalControls),
        name with_name: Name(String),
        rotation_speed with_rotation_speed: RotationSpeed(f64),
        swing_mode with_swing_mode: SwingMode(SwingMode),
        temperature_display_units with_temperature_display_units: TemperatureDisplayUnits(TemperatureDisplayUnits),
    }
}

service! {
    /// Humidifier Dehumidifier (`BD`). Since iOS 10.3.
    HumidifierDehumidifier = apple(0xBD) {
        active: Active,
        current_relative_humidity: CurrentRelativeHumidity,
        current_humidifier_dehumidifier_state: CurrentHumidifierDehumidifierState,
        target_humidifier_dehumidifier_state: TargetHumidifierDehumidifierState,
    } {
        lock_physical_controls with_lock_physical_controls: LockPhysicalControls(LockPhysicalControls),
        name with_name: Name(String),
        relative_humidity_dehumidifier_threshold with_relative_humidity_dehumidifier_threshold: RelativeHumidityDehumidifierThreshold(f64),
        relative_humidity_humidifier_threshold with_relative_humidity_humidifier_threshold: RelativeHumidityHumidifierThreshold(f64),
        rotation_speed with_rotation_speed: RotationSpeed(f64),
        swing_mode with_swing_mode: SwingMode(SwingMode),
        water_level with_water_level: WaterLevel(f64),
    }
}

service! {
    /// Humidity Sensor (`82`). Since iOS 9.
    HumiditySensor = apple(0x82) {
        current_relative_humidity: CurrentRelativeHumidity,
    } {
        name with_name: Name(String),
        status_active with_status_active: StatusActive(bool),
        status_fault with_status_fault: StatusFault(StatusFault),
        status_low_battery with_status_low_battery: StatusLowBattery(StatusLowBattery),
        status_tampered with_status_tampered: StatusTampered(StatusTampered),
    }
}

service! {
    /// Input Source (`D9`).
    InputSource = apple(0xD9) {
        configured_name: ConfiguredName,
        input_source_type: InputSourceType,
        is_configured: IsConfigured,
        current_visibility_state: CurrentVisibilityState,
    } {
        identifier with_identifier: Identifier(u32),
        input_device_type with_input_device_type: InputDeviceType(InputDeviceType),
        name with_name: Name(String),
        target_visibility_state with_target_visibility_state: TargetVisibilityState(TargetVisibilityState),
    }
}

service! {
    /// Irrigation System (`CF`). Since iOS 11.2.
    IrrigationSystem = apple(0xCF) {
        active: Active,
        program_mode: ProgramMode,
        in_use: InUse,
    } {
        name with_name: Name(String),
        remaining_duration with_remaining_duration: RemainingDuration(u32),
        status_fault with_status_fault: StatusFault(StatusFault),
    }
}

service! {
    /// Leak Sensor (`83`). Since iOS 9.
    LeakSensor = apple(0x83) {
        leak_detected: LeakDetected,
    } {
        name with_name: Name(String),
        status_active with_status_active: StatusActive(bool),
        status_fault with_status_fault: StatusFault(StatusFault),
        status_low_battery with_status_low_battery: StatusLowBattery(StatusLowBattery),
        status_tampered with_status_tampered: StatusTampered(StatusTampered),
    }
}

service! {
    /// Light Bulb (`43`).
    LightBulb = apple(0x43) {
        on: On,
    } {
        brightness with_brightness: Brightness(i32),
        characteristic_value_active_transition_count with_characteristic_value_active_transition_count: CharacteristicValueActiveTransitionCount(u8),
        characteristic_value_transition_control with_characteristic_value_transition_control: CharacteristicValueTransitionControl(Vec<u8>),
        color_temperature with_color_temperature: ColorTemperature(u32),
        hue with_hue: Hue(f64),
        name with_name: Name(String),
        saturation with_saturation: Saturation(f64),
        supported_characteristic_value_transition_configuration with_supported_characteristic_value_transition_configuration: SupportedCharacteristicValueTransitionConfiguration(Vec<u8>),
    }
}

service! {
    /// Light Sensor (`84`). Since iOS 9.
    LightSensor = apple(0x84) {
        current_ambient_light_level: CurrentAmbientLightLevel,
    } {
        name with_name: Name(String),
        status_active with_status_active: StatusActive(bool),
        status_fault with_status_fault: StatusFault(StatusFault),
        status_low_battery with_status_low_battery: StatusLowBattery(StatusLowBattery),
        status_tampered with_status_tampered: StatusTampered(StatusTampered),
    }
}

service! {
    /// Lock Management (`44`).
    LockManagement = apple(0x44) {
        lock_control_point: LockControlPoint,
        version: Version,
    } {
        administrator_only_access with_administrator_only_access: AdministratorOnlyAccess(bool),
        audio_feedback with_audio_feedback: AudioFeedback(bool),
        current_door_state with_current_door_state: CurrentDoorState(CurrentDoorState),
        lock_last_known_action with_lock_last_known_action: LockLastKnownAction(LockLastKnownAction),
        lock_management_auto_security_timeout with_lock_management_auto_security_timeout: LockManagementAutoSecurityTimeout(u32),
        logs with_logs: Logs(Vec<u8>),
        motion_detected with_motion_detected: MotionDetected(bool),
    }
}

service! {
    /// Lock Mechanism (`45`).
    LockMechanism = apple(0x45) {
        lock_current_state: LockCurrentState,
        lock_target_state: LockTargetState,
    } {
        name with_name: Name(String),
    }
}

service! {
    /// Microphone (`112`).
    Microphone = apple(0x112) {
        mute: Mute,
    } {
        name with_name: Name(String),
        volume with_volume: Volume(u8),
    }
}

service! {
    /// Motion Sensor (`85`). Since iOS 9.
    MotionSensor = apple(0x85) {
        motion_detected: MotionDetected,
    } {
        name with_name: Name(String),
        status_active with_status_active: StatusActive(bool),
        status_fault with_status_fault: StatusFault(StatusFault),
        status_low_battery with_status_low_battery: StatusLowBattery(StatusLowBattery),
        status_tampered with_status_tampered: StatusTampered(StatusTampered),
    }
}

service! {
    /// NFC Access (`266`). Since iOS 15.
    NFCAccess = apple(0x266) {
        configuration_state: ConfigurationState,
        nfc_access_control_point: NFCAccessControlPoint,
        nfc_access_supported_configuration: NFCAccessSupportedConfiguration,
    } {
    }
}

service! {
    /// Occupancy Sensor (`86`). Since iOS 9.
    OccupancySensor = apple(0x86) {
        occupancy_detected: OccupancyDetected,
    } {
        name with_name: Name(String),
        status_active with_status_active: StatusActive(bool),
        status_fault with_status_fault: StatusFault(StatusFault),
        status_low_battery with_status_low_battery: StatusLowBattery(StatusLowBattery),
        status_tampered with_status_tampered: StatusTampered(StatusTampered),
    }
}

service! {
    /// Outlet (`47`).
    Outlet = apple(0x47) {
        on: On,
        outlet_in_use: OutletInUse,
    } {
        name with_name: Name(String),
    }
}

service! {
    /// Pairing (`55`).
    Pairing = apple(0x55) {
        pair_setup: PairSetup,
        pair_verify: PairVerify,
        pairing_features: PairingFeatures,
        pairing_pairings: PairingPairings,
    } {
    }
}

service! {
    /// Power Management (`221`).
    PowerManagement = apple(0x221) {
        wake_configuration: WakeConfiguration,
    } {
        selected_sleep_configuration with_selected_sleep_configuration: SelectedSleepConfiguration(Vec<u8>),
        supported_sleep_configuration with_supported_sleep_configuration: SupportedSleepConfiguration(Vec<u8>),
    }
}

service! {
    /// Security System (`7E`). Since iOS 9.
    SecuritySystem = apple(0x7E) {
        security_system_current_state: SecuritySystemCurrentState,
        security_system_target_state: SecuritySystemTargetState,
    } {
        name with_name: Name(String),
        security_system_alarm_type with_security_system_alarm_type: SecuritySystemAlarmType(SecuritySystemAlarmType),
        status_fault with_status_fault: StatusFault(StatusFault),
        status_tampered with_status_tampered: StatusTampered(StatusTampered),
    }
}

service! {
    /// Service Label (`CC`). Since iOS 10.3.
    ServiceLabel = apple(0xCC) {
        service_label_namespace: ServiceLabelNamespace,
    } {
    }
}

service! {
    /// Siri (`133`).
    Siri = apple(0x133) {
        siri_input_type: SiriInputType,
    } {
        multifunction_button with_multifunction_button: MultifunctionButton(u8),
        siri_enable with_siri_enable: SiriEnable(u8),
        siri_engine_version with_siri_engine_version: SiriEngineVersion(String),
        siri_light_on_use with_siri_light_on_use: SiriLightOnUse(u8),
        siri_listening with_siri_listening: SiriListening(u8),
        siri_touch_to_use with_siri_touch_to_use: SiriTouchToUse(u8),
    }
}

service! {
    /// Siri Endpoint (`253`).
    SiriEndpoint = apple(0x253) {
        siri_endpoint_session_status: SiriEndpointSessionStatus,
        version: Version,
    } {
        active_identifier with_active_identifier: ActiveIdentifier(u32),
        manually_disabled with_manually_disabled: ManuallyDisabled(bool),
    }
}

service! {
    /// Slat (`B9`). Since iOS 10.3.
    Slat = apple(0xB9) {
        current_slat_state: CurrentSlatState,
        slat_type: SlatType,
    } {
        current_tilt_angle with_current_tilt_angle: CurrentTiltAngle(i32),
        name with_name: Name(String),
        swing_mode with_swing_mode: SwingMode(SwingMode),
        target_tilt_angle with_target_tilt_angle: TargetTiltAngle(i32),
    }
}

service! {
    /// Smart Speaker (`228`).
    SmartSpeaker = apple(0x228) {
        current_media_state: CurrentMediaState,
        target_media_state: TargetMediaState,
    } {
        airplay_enable with_airplay_enable: AirPlayEnable(u8),
        configured_name with_configured_name: ConfiguredName(String),
        mute with_mute: Mute(bool),
        name with_name: Name(String),
        volume with_volume: Volume(u8),
    }
}

service! {
    /// Smoke Sensor (`87`). Since iOS 9.
    SmokeSensor = apple(0x87) {
        smoke_detected: SmokeDetected,
    } {
        name with_name: Name(String),
        status_active with_status_active: StatusActive(bool),
        status_fault with_status_fault: StatusFault(StatusFault),
        status_low_battery with_status_low_battery: StatusLowBattery(StatusLowBattery),
        status_tampered with_status_tampered: StatusTampered(StatusTampered),
    }
}

service! {
    /// Speaker (`113`). Since iOS 10.
    Speaker = apple(0x113) {
        mute: Mute,
    } {
        active with_active: Active(Active),
        name with_name: Name(String),
        volume with_volume: Volume(u8),
        volume_control_type with_volume_control_type: VolumeControlType(VolumeControlType),
        volume_selector with_volume_selector: VolumeSelector(VolumeSelector),
    }
}

service! {
    /// Stateful Programmable Switch (`88`).
    StatefulProgrammableSwitch = apple(0x88) {
        programmable_switch_event: ProgrammableSwitchEvent,
        programmable_switch_output_state: ProgrammableSwitchOutputState,
    } {
        name with_name: Name(String),
    }
}

service! {
    /// Stateless Programmable Switch (`89`). Since iOS 10.3.
    StatelessProgrammableSwitch = apple(0x89) {
        programmable_switch_event: ProgrammableSwitchEvent,
    } {
        name with_name: Name(String),
        service_label_index with_service_label_index: ServiceLabelIndex(u8),
    }
}

service! {
    /// Switch (`49`).
    Switch = apple(0x49) {
        on: On,
    } {
        name with_name: Name(String),
    }
}

service! {
    /// Tap Management (`22E`).
    TapManagement = apple(0x22E) {
        active: Active,
        crypto_hash: CryptoHash,
        tap_type: TapType,
        token: Token,
    } {
    }
}

service! {
    /// Target Control (`125`).
    TargetControl = apple(0x125) {
        active: Active,
        active_identifier: ActiveIdentifier,
        button_event: ButtonEvent,
    } {
        name with_name: Name(String),
    }
}

service! {
    /// Target Control Management (`122`).
    TargetControlManagement = apple(0x122) {
        target_control_supported_configuration: TargetControlSupportedConfiguration,
        target_control_list: TargetControlList,
    } {
    }
}

service! {
    /// Television (`D8`).
    Television = apple(0xD8) {
        active: Active,
        active_identifier: ActiveIdentifier,
        configured_name: ConfiguredName,
        sleep_discovery_mode: SleepDiscoveryMode,
    } {
        brightness with_brightness: Brightness(i32),
        closed_captions with_closed_captions: ClosedCaptions(ClosedCaptions),
        current_media_state with_current_media_state: CurrentMediaState(CurrentMediaState),
        display_order with_display_order: DisplayOrder(Vec<u8>),
        name with_name: Name(String),
        picture_mode with_picture_mode: PictureMode(PictureMode),
        power_mode_selection with_power_mode_selection: PowerModeSelection(PowerModeSelection),
        remote_key with_remote_key: RemoteKey(RemoteKey),
        target_media_state with_target_media_state: TargetMediaState(TargetMediaState),
    }
}

service! {
    /// Temperature Sensor (`8A`). Since iOS 9.
    TemperatureSensor = apple(0x8A) {
        current_temperature: CurrentTemperature,
    } {
        name with_name: Name(String),
        status_active with_status_active: StatusActive(bool),
        status_fault with_status_fault: StatusFault(StatusFault),
        status_low_battery with_status_low_battery: StatusLowBattery(StatusLowBattery),
        status_tampered with_status_tampered: StatusTampered(StatusTampered),
    }
}

service! {
    /// Thermostat (`4A`).
    Thermostat = apple(0x4A) {
        current_heating_cooling_state: CurrentHeatingCoolingState,
        target_heating_cooling_state: TargetHeatingCoolingState,
        current_temperature: CurrentTemperature,
        target_temperature: TargetTemperature,
        temperature_display_units: TemperatureDisplayUnits,
    } {
        cooling_threshold_temperature with_cooling_threshold_temperature: CoolingThresholdTemperature(f64),
        current_relative_humidity with_current_relative_humidity: CurrentRelativeHumidity(f64),
        heating_threshold_temperature with_heating_threshold_temperature: HeatingThresholdTemperature(f64),
        name with_name: Name(String),
        target_relative_humidity with_target_relative_humidity: TargetRelativeHumidity(f64),
    }
}

service! {
    /// Thread Transport (`701`).
    ThreadTransport = apple(0x701) {
        current_transport: CurrentTransport,
        thread_control_point: ThreadControlPoint,
        thread_node_capabilities: ThreadNodeCapabilities,
        thread_status: ThreadStatus,
    } {
        cca_energy_detect_threshold with_cca_energy_detect_threshold: CCAEnergyDetectThreshold(i32),
        cca_signal_detect_threshold with_cca_signal_detect_threshold: CCASignalDetectThreshold(i32),
        event_retransmission_maximum with_event_retransmission_maximum: EventRetransmissionMaximum(u8),
        event_transmission_counters with_event_transmission_counters: EventTransmissionCounters(u32),
        mac_retransmission_maximum with_mac_retransmission_maximum: MACRetransmissionMaximum(u8),
        mac_transmission_counters with_mac_transmission_counters: MACTransmissionCounters(Vec<u8>),
        maximum_transmit_power with_maximum_transmit_power: MaximumTransmitPower(i32),
        received_signal_strength_indication with_received_signal_strength_indication: ReceivedSignalStrengthIndication(i32),
        receiver_sensitivity with_receiver_sensitivity: ReceiverSensitivity(i32),
        signal_to_noise_ratio with_signal_to_noise_ratio: SignalToNoiseRatio(i32),
        thread_openthread_version with_thread_openthread_version: ThreadOpenThreadVersion(String),
        transmit_power with_transmit_power: TransmitPower(i32),
    }
}

service! {
    /// Time Information (`99`). Deprecated by Apple.
    TimeInformation = apple(0x99) {
        current_time: CurrentTime,
        day_of_the_week: DayOfTheWeek,
        time_update: TimeUpdate,
    } {
        name with_name: Name(String),
    }
}

service! {
    /// Transfer Transport Management (`203`).
    TransferTransportManagement = apple(0x203) {
        supported_transfer_transport_configuration: SupportedTransferTransportConfiguration,
        setup_transfer_transport: SetupTransferTransport,
    } {
    }
}

service! {
    /// Tunnel (`56`). Deprecated by Apple.
    Tunnel = apple(0x56) {
        accessory_identifier: AccessoryIdentifier,
        tunnel_connection_timeout: TunnelConnectionTimeout,
        tunneled_accessory_advertising: TunneledAccessoryAdvertising,
        tunneled_accessory_connected: TunneledAccessoryConnected,
        tunneled_accessory_state_number: TunneledAccessoryStateNumber,
    } {
    }
}

service! {
    /// Valve (`D0`). Since iOS 11.2.
    Valve = apple(0xD0) {
        active: Active,
        in_use: InUse,
        valve_type: ValveType,
    } {
        is_configured with_is_configured: IsConfigured(IsConfigured),
        name with_name: Name(String),
        remaining_duration with_remaining_duration: RemainingDuration(u32),
        service_label_index with_service_label_index: ServiceLabelIndex(u8),
        set_duration with_set_duration: SetDuration(u32),
        status_fault with_status_fault: StatusFault(StatusFault),
    }
}

service! {
    /// WiFi Router (`20A`).
    WiFiRouter = apple(0x20A) {
        configured_name: ConfiguredName,
        managed_network_enable: ManagedNetworkEnable,
        network_access_violation_control: NetworkAccessViolationControl,
        network_client_profile_control: NetworkClientProfileControl,
        network_client_status_control: NetworkClientStatusControl,
        router_status: RouterStatus,
        supported_router_configuration: SupportedRouterConfiguration,
        wan_configuration_list: WANConfigurationList,
        wan_status_list: WANStatusList,
    } {
    }
}

service! {
    /// WiFi Satellite (`20F`).
    WiFiSatellite = apple(0x20F) {
        wifi_satellite_status: WiFiSatelliteStatus,
    } {
    }
}

service! {
    /// WiFi Transport (`22A`).
    WiFiTransport = apple(0x22A) {
        current_transport: CurrentTransport,
        wifi_capabilities: WiFiCapabilities,
    } {
        wifi_configuration_control with_wifi_configuration_control: WiFiConfigurationControl(Vec<u8>),
    }
}

service! {
    /// Window (`8B`). Since iOS 9.
    Window = apple(0x8B) {
        current_position: CurrentPosition,
        target_position: TargetPosition,
        position_state: PositionState,
    } {
        hold_position with_hold_position: HoldPosition(bool),
        name with_name: Name(String),
        obstruction_detected with_obstruction_detected: ObstructionDetected(bool),
    }
}

service! {
    /// Window Covering (`8C`). Since iOS 9.
    WindowCovering = apple(0x8C) {
        target_position: TargetPosition,
        current_position: CurrentPosition,
        position_state: PositionState,
    } {
        current_horizontal_tilt_angle with_current_horizontal_tilt_angle: CurrentHorizontalTiltAngle(i32),
        current_vertical_tilt_angle with_current_vertical_tilt_angle: CurrentVerticalTiltAngle(i32),
        hold_position with_hold_position: HoldPosition(bool),
        name with_name: Name(String),
        obstruction_detected with_obstruction_detected: ObstructionDetected(bool),
        target_horizontal_tilt_angle with_target_horizontal_tilt_angle: TargetHorizontalTiltAngle(i32),
        target_vertical_tilt_angle with_target_vertical_tilt_angle: TargetVerticalTiltAngle(i32),
    }
}
