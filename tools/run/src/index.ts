export { startApiProcesses, type ApiProcess, type ApiProcesses, type ApiProcessesOptions } from './api-processes.ts';
export { startFleet, stopFleet, type Fleet, type FleetAddresses, type FleetOptions } from './fleet.ts';
export { FleetError, type FleetErrorCode } from './fleet-error.ts';
export type { UnaskedExit } from './fleet-member.ts';
export { appNames, memberNames, simulatorName, type AppName, type MemberName } from './fleet-members.ts';
export { fleetPortWishes, freeFleetPorts, type FleetPorts } from './fleet-ports.ts';
export { isReady } from './is-ready.ts';
export { figuresOf, liveLineOf, type Bill, type Figures, type Look } from './live-line.ts';
