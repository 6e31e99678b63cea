/**
 * Price of the event pipeline per corpus case: parse → scrub → normalise → serialise, and the way back. CPU time,
 * not wall time, medians of seven rounds; what the JSON functions alone cost on the same bytes stands beside it.
 */
import { parseEnvelope } from '../../src/event/parse.js';
import { createPreparer } from '../../src/event/prepare.js';
import { readRecord } from '../../src/event/record.js';
import { scanEvent } from '../../src/event/scan.js';
import { corpus, corpusPolicy, factsOf } from '../corpus/index.js';

const ROUNDS = 7;
const ROUND_MS = 40;

function cpuMicros(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/** Median ns of a call, and bytes it allocates where the garbage collector can be asked to keep still. */
function price(call: () => unknown): { ns: number; bytes: number } {
  let calls = 0;
  const until = performance.now() + 5 * ROUND_MS;
  while (performance.now() < until) for (let i = 0; i < 20; i++, calls++) call();
  const times = Math.max(20, Math.ceil((calls * ROUND_MS) / (5 * ROUND_MS)));
  const rounds = Array.from({ length: ROUNDS }, () => {
    const before = cpuMicros();
    for (let i = 0; i < times; i++) call();
    return ((cpuMicros() - before) * 1000) / times;
  }).sort((a, b) => a - b);
  return { ns: rounds[ROUNDS >> 1]!, bytes: allocated(call) };
}

/** Few calls after a full collection: the young generation has room for them, so the heap only grows. */
function allocated(call: () => unknown): number {
  const calls = 100;
  const samples = Array.from({ length: 5 }, () => {
    globalThis.gc?.();
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < calls; i++) call();
    return (process.memoryUsage().heapUsed - before) / calls;
  }).sort((a, b) => a - b);
  return Math.max(0, Math.round(samples[2]!));
}

/** Cases of usual size that are stored as events; the hostile ones are about survival. */
const CASES = corpus.filter(({ name, expected }) => expected.rows.length > 0 && !name.startsWith('20'));

export async function run(): Promise<Record<string, unknown>> {
  const prepare = createPreparer(corpusPolicy);
  // All cases first: what the compiler learned of one alone it throws away at the next.
  for (let round = 0; round < 300; round++)
    for (const one of CASES)
      for (const { value } of prepare(parseEnvelope(one.request.body), factsOf(one))) readRecord(value);
  const figures: Record<string, unknown> = {};
  for (const one of CASES) {
    const { body } = one.request;
    const facts = factsOf(one);
    const envelope = parseEnvelope(body);
    const records = prepare(envelope, facts).map(({ value }) => value);
    const events = records.length;
    const whole = price(() => prepare(parseEnvelope(body), facts));
    const floor = price(() => Buffer.from(JSON.stringify(JSON.parse(body.toString()))));
    const read = price(() => records.map(readRecord));
    const parsed = price(() => records.map((value) => JSON.parse(value.toString())));
    figures[one.name] = {
      bodyBytes: body.length,
      events,
      nsPerEvent: Math.round(whole.ns / events),
      allocatedPerEvent: Math.round(whole.bytes / events),
      jsonAloneNs: Math.round(floor.ns / events),
      parseNs: Math.round(price(() => parseEnvelope(body)).ns / events),
      scanNs: Math.round(price(() => records.map(scanEvent)).ns / events),
      readNs: Math.round(read.ns / events),
      checkNs: Math.round((read.ns - parsed.ns) / events),
    };
  }
  return figures;
}
