import type { Row } from '../harness/row.js';
import collectorWorker from './01-collector-worker.js';
import broker from './03-broker.js';
import append from './09-append.js';
import appendModel from './09-model.js';
import appendSpool from './09-spool.js';
import rolling from './10-rolling.js';
import slowSink from './12-slow-sink.js';
import overload from './13-overload.js';
import descriptors from './22-descriptors.js';
import heap from './22-heap.js';
import members from './24-members.js';

/** In the order of the scoreboard. */
export const ROWS: readonly Row[] = [
  collectorWorker,
  broker,
  append,
  appendSpool,
  appendModel,
  rolling,
  slowSink,
  overload,
  descriptors,
  heap,
  members,
];
