export type { LoggedCall } from './call-log.ts';
export { optionsOf, simulatorConfig, type SimulatorConfig } from './config.ts';
export type { BookedEstimate, LoadedHome } from './estimate-book.ts';
export type { Faults } from './faults.ts';
export { TALK_LATENCY, type LatencyModel, type LatencyShape } from './latency.ts';
export type { Bill, Meter, MeterReading } from './meter.ts';
export { createSimulator, type Simulator, type SimulatorOptions } from './simulator.ts';
export { HOMES_A_LOAD_MAX, HOMES_A_REVALUE_MAX, type RevalueWish } from './valuation-desk.ts';
export { IDS_A_CALL_MAX } from './valuation-routes.ts';
