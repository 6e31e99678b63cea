// Preloaded into a worker: the port of its DuckDB answers later than it could, or not at all, as the file tells that
// STARGATE_TEST_SINK names: {"times": 10, "away": false}. Everything else of that worker is as built. Queries stay as
// they are: they are the checker's.
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { built } from '../../helpers/built.mjs';

const { DuckdbWarehouse } = await built('warehouse/duckdb/adapter.js');
const { Writer } = await built('warehouse/duckdb/writer.js');

const state = () => JSON.parse(readFileSync(process.env.STARGATE_TEST_SINK, 'utf8'));

function failWhileAway(port) {
  if (!state().away) return;
  // Behind a call that failed a writer takes no other: one that came through would stand in its place.
  if (port instanceof Writer) port.end('the warehouse is away');
  throw new Error('the warehouse is away');
}

function slowed(prototype, name) {
  const real = prototype[name];
  prototype[name] = async function (...given) {
    failWhileAway(this);
    const began = performance.now();
    const answer = await real.apply(this, given);
    const { times } = state();
    if (times > 1) await sleep((times - 1) * (performance.now() - began));
    // What was under way when it went away is stored, and its answer is lost.
    failWhileAway(this);
    return answer;
  };
}

slowed(Writer.prototype, 'append');
for (const name of ['openPartition', 'lastPosition', 'reject']) slowed(DuckdbWarehouse.prototype, name);
