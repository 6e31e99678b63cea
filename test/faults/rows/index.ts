import type { Row } from '../harness/row.js';
import collectorWorker from './01-collector-worker.js';
import broker from './03-broker.js';
import rolling from './10-rolling.js';
import slowSink from './12-slow-sink.js';
import members from './24-members.js';

/** In the order of the scoreboard. */
export const ROWS: readonly Row[] = [collectorWorker, broker, rolling, slowSink, members];
