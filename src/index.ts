/** The programmatic API. Importing it opens nothing and changes nothing. */
export { ERRORS, type ErrorCode, isStargateError, REASONS, type Reason, StargateError } from './errors.js';
export type {
  Consent,
  EventItem,
  EventRecord,
  EventRow,
  RejectedRecord,
  RejectedRow,
} from './event/fields.js';
export { FIELDS, GROUPS, REJECTED_FIELDS, SCHEMA_VERSION } from './event/fields.js';
export type { Log } from './log/port.js';
export type { FreshnessReport } from './measure/freshness/report.js';
export type { LoadtestOptions } from './measure/load/options.js';
export type { LoadReport } from './measure/load/report.js';
export { loadtest } from './measure/load/run.js';
export { findMax } from './measure/load/search.js';
export { type Objective, parseObjective } from './measure/objectives.js';
export { type LatencyInput, latency } from './runtime/latency.js';
export type { Warehouse } from './warehouse/port.js';
