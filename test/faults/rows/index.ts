import type { Row } from '../harness/row.js';
import collectorWorker from './01-collector-worker.js';
import broker from './03-broker.js';
import threeBrokers from './03b-three-brokers.js';
import brokerAway from './04-broker-away.js';
import noSpool from './05-no-spool.js';
import chaos from './07-chaos.js';
import spoolDiskFull from './08-spool-disk-full.js';
import blackHole from './11-black-hole.js';

/** In the order of the scoreboard. */
export const ROWS: readonly Row[] = [
  collectorWorker,
  broker,
  threeBrokers,
  brokerAway,
  noSpool,
  chaos,
  spoolDiskFull,
  blackHole,
];
