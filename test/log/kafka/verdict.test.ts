import { describe, expect, it } from 'vitest';
import {
  type Answer,
  type Asked,
  isTooFew,
  judge,
  kindOf,
  nameOf,
  type Verdict,
} from '../../../src/log/kafka/verdict.js';

const FIRST: Asked = { ambiguous: false, attempts: 1, records: 3, lastOffset: 99 };
const AFTER_SILENCE: Asked = { ...FIRST, ambiguous: true, attempts: 2 };
const answer = (code: number, baseOffset = -1): Answer => ({ code, baseOffset });

const again = (ambiguous: boolean, refresh: boolean): Verdict => ({ do: 'again', ambiguous, refresh });
const doing = (what: Verdict['do']) => expect.objectContaining({ do: what });

/** Code, what it means on a first attempt, and what it means after an attempt that may have been stored. */
const TABLE: readonly (readonly [number, unknown, unknown])[] = [
  // Wrong or unknown leader, storage error: may come after the append.
  ...[3, 5, 6, 8, 13, 56, 74, 75, 100, 103].map((c) => [c, again(true, true), again(true, true)] as const),
  // Not acknowledged by enough replicas in time.
  [7, again(true, true), again(true, true)],
  [20, again(true, true), again(true, true)],
  // Refused before the append.
  [19, again(false, true), again(false, true)],
  [2, again(false, false), again(false, false)],
  // A record is at fault.
  ...[10, 18, 32, 87].map((c) => [c, doing('split'), doing('doubt')] as const),
  // The sequence.
  [45, doing('renumber'), doing('renumber')],
  [46, doing('doubt'), { do: 'store', first: -1 }],
  ...[47, 59, 90].map((c) => [c, doing('renumber'), doing('doubt')] as const),
  // Never.
  ...[17, 21, 29, 31, 35, 42, 43, 53, 76].map((c) => [c, doing('refuse'), doing('doubt')] as const),
  // Codes that Kafka may invent.
  ...[-1, 999].map((c) => [c, again(true, true), again(true, true)] as const),
];

describe('the verdict on an answer', () => {
  it.each(TABLE)('%i on a first attempt, and after silence', (code, first, afterSilence) => {
    expect(judge(answer(code), FIRST)).toEqual(first);
    expect(judge(answer(code), AFTER_SILENCE)).toEqual(afterSilence);
  });

  it('0 is stored, when the offset lies behind all acknowledged ones', () => {
    for (const asked of [FIRST, AFTER_SILENCE]) {
      expect(judge(answer(0, 100), asked)).toEqual({ do: 'store', first: 100 });
      // The topic may be another one; else it is the answer for another batch.
      expect(judge(answer(0, 99), asked)).toMatchObject({ do: 'ask', first: 99 });
      expect(judge(answer(0, 0), asked)).toMatchObject({ do: 'ask', first: 0 });
    }
    expect(judge(answer(0, 0), { ...FIRST, lastOffset: -1 })).toEqual({ do: 'store', first: 0 });
  });

  it('a partition missing in the answer is as ambiguous as no answer', () => {
    expect(judge(null, FIRST)).toEqual(again(true, true));
  });

  it.each([10, 18, 32, 87])('%i for a single record refuses it', (code) => {
    expect(judge(answer(code), { ...FIRST, records: 1 })).toEqual({ do: 'refuse', as: 'STG_LOG_REFUSED' });
  });

  it.each([
    ['STG_LOG_DENIED', [29, 31, 53]],
    ['STG_LOG_WRITE', [17, 21, 35, 42, 43, 76]],
  ] as const)('%s is what would meet every record, and no record is to blame', (as, codes) => {
    for (const code of codes)
      for (const records of [1, 3])
        expect(judge(answer(code), { ...FIRST, records })).toEqual({ do: 'refuse', as });
  });

  it('of all codes, only of too few replicas it can be told that the next one would wait as well', () => {
    const found = Array.from({ length: 200 }, (_, code) => code).filter((code) => isTooFew(answer(code)));
    expect(found.map(nameOf)).toEqual([
      'REQUEST_TIMED_OUT',
      'NOT_ENOUGH_REPLICAS',
      'NOT_ENOUGH_REPLICAS_AFTER_APPEND',
    ]);
    expect(isTooFew(null)).toBe(false);
  });

  it('46 on a resend after definite refusals only is not ours', () => {
    expect(judge(answer(46), { ...FIRST, attempts: 2 })).toEqual(doing('doubt'));
  });

  it('never calls an ambiguous batch not stored, nor sends it under other numbers unless that is certain', () => {
    for (let code = -1; code < 200; code++) {
      const verdict = judge(answer(code, 1_000), AFTER_SILENCE);
      expect(['refuse', 'split'], nameOf(code)).not.toContain(verdict.do);
      if (verdict.do === 'renumber') expect(code).toBe(45);
    }
  });

  it('counts by names of which there are only so many', () => {
    const kinds = new Set(Array.from({ length: 2 ** 16 }, (_, code) => kindOf(code - 2 ** 15)));
    expect(kinds.size).toBeLessThan(40);
    expect([kindOf(19), kindOf(12_345)]).toEqual(['NOT_ENOUGH_REPLICAS', 'OTHER']);
  });
});
