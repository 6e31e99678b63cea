/** The ledger against a plain list of everything that happened, and what it holds on to. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { boundsOf, bucketOf, packed, percentile } from '../../../src/measure/load/counts.js';
import { Ledger } from '../../../src/measure/load/ledger.js';
import { Recorder } from '../../../src/measure/load/recorder.js';
import type { Delta } from '../../../src/measure/load/wire.js';

const EMPTY: Delta = {
  worker: 0,
  atMs: 0,
  rows: [],
  sent: 0,
  codes: {},
  errors: {},
  accepted: null,
  rejected: null,
  shed: 0,
  busyMs: 0,
  elapsedMs: 0,
  backlog: 0,
  inFlight: 0,
  freeMs: 0,
  free: 0,
  bytesSent: 0,
  bytesReceived: 0,
};
const DURATION = 10_000;

/** What became of a request. */
const request = fc.record({
  planned: fc.double({ min: 0, max: DURATION - 1, noNaN: true }),
  lag: fc.double({ min: 0, max: 20, noNaN: true }),
  queued: fc.double({ min: 0, max: 500, noNaN: true }),
  service: fc.double({ min: 0.01, max: 3000, noNaN: true }),
  status: fc.constantFrom(202, 202, 202, 503),
  worker: fc.integer({ min: 0, max: 2 }),
  /** In which of the tellings it is. */
  telling: fc.integer({ min: 0, max: 3 }),
});
type Request = typeof request extends fc.Arbitrary<infer T> ? T : never;
type Sample = Pick<Request, 'planned' | 'lag' | 'queued' | 'service'> & { readonly status: number };

function record(recorder: Recorder, { planned, lag, queued, service, status }: Sample): void {
  const sent = planned + lag + queued;
  recorder.planned(planned, lag);
  recorder.answered(planned, sent, sent + service, status, queued > 0);
}

function deltasOf(requests: readonly (Sample & Pick<Request, 'worker' | 'telling'>)[]): Delta[] {
  return [0, 1, 2].flatMap((worker) => {
    const recorder = new Recorder(1000, DURATION);
    return [0, 1, 2, 3].map((telling) => {
      const mine = requests.filter((one) => one.worker === worker && one.telling === telling);
      for (const one of mine) record(recorder, one);
      return { ...EMPTY, worker, atMs: (telling + 1) * 2500, sent: mine.length, ...recorder.take() };
    });
  });
}

function ledgerOf(deltas: readonly Delta[], warmupMs = 2000): Ledger {
  const ledger = new Ledger({ stepMs: 1000, durationMs: DURATION, warmupMs });
  for (const delta of deltas) ledger.add(delta);
  return ledger;
}

const highest = (ms: number) => boundsOf(bucketOf(ms * 1000))[1];

describe('the ledger', () => {
  it('sums what processes tell, in any order, as one list of all requests would', () => {
    fc.assert(
      fc.property(
        fc.array(request, { minLength: 1, maxLength: 60 }),
        fc.infiniteStream(fc.nat()),
        (requests, noise) => {
          const deltas = deltasOf(requests);
          const shuffled = [...deltas].sort(() => (noise.next().value % 2 ? 1 : -1));
          const ledger = ledgerOf(deltas);
          const other = ledgerOf(shuffled);
          const measured = requests.filter(({ planned }) => planned >= 2000);
          const responses = measured.map(
            ({ lag, queued, service, planned }) => planned + lag + queued + service - planned,
          );
          expect(percentile(packed(ledger.whole.response), 100) ?? 0).toBe(
            Math.max(0, ...responses.map(highest)),
          );
          expect(ledger.totals()).toMatchObject({
            planned: measured.length,
            failed: measured.filter(({ status }) => status === 503).length,
          });
          expect(ledger.answered).toBe(requests.length);
          for (const kind of ['response', 'service', 'lag'] as const) {
            expect(packed(other.whole[kind])).toEqual(packed(ledger.whole[kind]));
            expect(packed(ledger.judged()[kind])).toEqual(
              ledger.limitedRow === null ? packed(ledger.whole[kind]) : packed(ledger.judged()[kind]),
            );
          }
          expect(other.series(DURATION)).toEqual(ledger.series(DURATION));
        },
      ),
      { numRuns: 60 },
    );
  });

  it('has a row for each second, by planned start and by answer', () => {
    const one = { planned: 1500, lag: 1, queued: 0, service: 2000, status: 202, worker: 0, telling: 0 };
    const { offered, achieved, responseP50, serviceP50, failed } = ledgerOf(deltasOf([one]), 0).series(
      DURATION,
    );
    expect(offered.slice(0, 5)).toEqual([0, 1, 0, 0, 0]);
    expect(achieved.slice(0, 5)).toEqual([0, 0, 0, 1, 0]);
    expect(responseP50[1]).toBeCloseTo(2001, -1);
    expect(responseP50[3]).toBeNull();
    expect(serviceP50[3]).toBeCloseTo(2000, -1);
    expect(failed.every((rate) => rate === 0)).toBe(true);
  });

  it('counts answers behind the end of planning to none of its seconds', () => {
    const recorder = new Recorder(1000, 2500);
    recorder.planned(2400, 0);
    recorder.answered(2400, 2400, 2550, 202, false);
    const ledger = new Ledger({ stepMs: 1000, durationMs: 2500, warmupMs: 0 });
    ledger.add({ ...EMPTY, atMs: 2600, ...recorder.take() });
    expect(ledger.series(2500)).toMatchObject({ offered: [0, 0, 2], achieved: [0, 0, 0] });
    expect(ledger.totals(0, 3)).toMatchObject({ planned: 1, answered: 0 });
  });

  it('stops judging where this machine became the limit, also long after', () => {
    const rows = (from: number, to: number, busyMs: number, lag: number) => {
      for (let second = from; second < to; second++) {
        const recorder = new Recorder(1000, 600_000);
        for (let n = 0; n < 10; n++)
          record(recorder, {
            planned: second * 1000 + n * 100,
            lag,
            queued: 0,
            service: 3,
            status: 202,
          });
        ledger.add({ ...EMPTY, atMs: (second + 1) * 1000, busyMs, elapsedMs: 1000, ...recorder.take() });
      }
    };
    const ledger = new Ledger({ stepMs: 1000, durationMs: 600_000, warmupMs: 10_000 });
    rows(0, 200, 300, 1);
    // One bad second, then a good one, is an accident.
    rows(200, 201, 950, 1);
    rows(201, 300, 300, 1);
    expect(ledger.limitedRow).toBeNull();
    rows(300, 305, 900, 1);
    expect(ledger.limitedRow).toBe(300);
    rows(305, 600, 300, 1);
    expect(ledger.limitedRow).toBe(300);
    const judged = ledger.judged();
    expect(percentile(packed(judged.response), 50)).toBe(percentile(packed(ledger.whole.response), 50));
    const count = (counts: Uint32Array) => counts.reduce((sum, n) => sum + n, 0);
    expect(count(judged.response)).toBe(290 * 10);
    expect(count(ledger.whole.response)).toBe(590 * 10);
  });

  it('needs no more memory for an hour than for minutes', () => {
    const ledger = new Ledger({ stepMs: 1000, durationMs: 3_600_000, warmupMs: 0 });
    const recorder = new Recorder(1000, 3_600_000);
    const spread = (n: number) => 0.1 + (n * n) / 5000;
    const second = (at: number) => {
      for (let n = 0; n < 500; n++)
        record(recorder, {
          planned: at * 1000 + n,
          lag: spread(n) / 100,
          queued: 0,
          service: spread(n),
          status: 202,
        });
      ledger.add({ ...EMPTY, atMs: (at + 1) * 1000, busyMs: 100, elapsedMs: 1000, ...recorder.take() });
    };
    for (let at = 0; at < 300; at++) second(at);
    const kept = () =>
      ledger.rows.reduce(
        (sum, { counts }) =>
          sum + (counts ? counts.response.length + counts.service.length + counts.lag.length : 0),
        0,
      );
    const early = kept();
    for (let at = 300; at < 3600; at++) second(at);
    expect(kept()).toBeLessThanOrEqual(early * 1.1);
    expect(ledger.rows.length).toBeLessThanOrEqual(3601);
    expect(ledger.series(3_600_000).responseP99.every((p99) => p99 !== null)).toBe(true);
  });
});
