/** When the partitions of a generation begin to be read. */
import { expect, it, onTestFinished } from 'vitest';
import { beginAll } from '../../../src/log/kafka/consumer-begin.js';
import type { Committed } from '../../../src/log/kafka/consumer-offsets.js';
import { until } from '../../helpers/log.js';
import { Leaders } from './leaders.js';

function beginning(leaders: Leaders, committed: ReadonlyMap<number, Committed> = new Map()) {
  const begun: [number, number][] = [];
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  const all = beginAll([...leaders.led.keys()], {
    ...{ cluster: leaders.brokers(), committed, over: stop.signal },
    begin: (partition, { end }) => void begun.push([partition, end]),
  });
  return { begun, all, stop };
}

it('begins what is led, whatever becomes of the others', async () => {
  const leaders = new Leaders([1, -1, 2, -1], [4, 5, 6, 7]);
  const { begun, all } = beginning(leaders);
  await until('those that are led', () => begun.length === 2);
  expect(begun.toSorted()).toEqual([
    [0, 4],
    [2, 6],
  ]);
  leaders.led[3] = 1;
  await until('one more', () => begun.length === 3);
  expect(begun.at(-1)).toEqual([3, 7]);
  leaders.led[1] = 2;
  await all;
  expect(begun.at(-1)).toEqual([1, 5]);
});

it('asks again where a log is said to end before the committed position', async () => {
  const leaders = new Leaders([1, 1], [4, 4]);
  const { begun, all } = beginning(leaders, new Map([[0, { at: 9 as Committed['at'], saved: '' }]]));
  await until('the other', () => begun.length === 1);
  leaders.ends[0] = 9;
  await all;
  expect(begun).toEqual([
    [1, 4],
    [0, 9],
  ]);
});

it('ends when nothing is to begin any more', async () => {
  const { begun, all, stop } = beginning(new Leaders([-1], [4]));
  stop.abort();
  await all;
  expect(begun).toEqual([]);
});
