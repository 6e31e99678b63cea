import type { Row } from '../harness/row.js';
import collectorWorker from './01-collector-worker.js';
import bigquery from './02-bigquery.js';
import broker from './03-broker.js';
import threeBrokers from './03b-three-brokers.js';
import brokerAway from './04-broker-away.js';
import noSpool from './05-no-spool.js';
import ownerPaused from './06-owner-paused.js';
import chaos, { bigquery as chaosBigquery } from './07-chaos.js';
import spoolDiskFull from './08-spool-disk-full.js';
import append from './09-append.js';
import appendModel from './09-model.js';
import appendSpool from './09-spool.js';
import rolling from './10-rolling.js';
import blackHole from './11-black-hole.js';
import slowSink, { bigquery as slowBigquery } from './12-slow-sink.js';
import overload from './13-overload.js';
import poison, { bigquery as poisonBigquery } from './17-poison.js';
import descriptors from './22-descriptors.js';
import heap from './22-heap.js';
import members, { bigquery as membersBigquery } from './24-members.js';

/** In the order of the scoreboard. */
export const ROWS: readonly Row[] = [
  collectorWorker,
  bigquery,
  broker,
  threeBrokers,
  brokerAway,
  noSpool,
  ownerPaused,
  chaos,
  chaosBigquery,
  spoolDiskFull,
  append,
  appendSpool,
  appendModel,
  rolling,
  blackHole,
  slowSink,
  slowBigquery,
  overload,
  poison,
  poisonBigquery,
  descriptors,
  heap,
  members,
  membersBigquery,
];
