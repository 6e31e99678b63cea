import { describe, expect, it } from 'vitest';
import { isStargateError } from '../../src/errors.js';
import { meets, milliseconds, parseObjective } from '../../src/measure/objectives.js';

const LATENCIES = ['response', 'service', 'lag'];
const parse = (text: string) => parseObjective(text, LATENCIES);

describe('objectives', () => {
  it.each([
    ['p99<200ms', { kind: 'latency', of: null, figure: 99 }, '<', 200],
    [' p99.9 <= 1.5 s ', { kind: 'latency', of: null, figure: 99.9 }, '<=', 1500],
    ['service p50<800us', { kind: 'latency', of: 'service', figure: 50 }, '<', 0.8],
    ['response.max<2min', { kind: 'latency', of: 'response', figure: 'max' }, '<', 120_000],
    ['mean<3ms', { kind: 'latency', of: null, figure: 'mean' }, '<', 3],
    ['errors<0.1%', { kind: 'errors' }, '<', 0.001],
    ['errors<=0', { kind: 'errors' }, '<=', 0],
    ['errors<0.02', { kind: 'errors' }, '<', 0.02],
    ['achieved>=2000/s', { kind: 'achieved' }, '>=', 2000],
    ['within 10s >= 99%', { kind: 'within', limitMs: 10_000 }, '>=', 0.99],
    ['within  500ms>99.5%', { kind: 'within', limitMs: 500 }, '>', 0.995],
  ] as const)('reads %s', (text, metric, comparison, bound) => {
    const objective = parse(text);
    expect(objective).toMatchObject({ text: text.trim(), metric, comparison });
    expect(objective.bound).toBeCloseTo(bound, 12);
  });

  it.each([
    '',
    'p99',
    'p99<',
    'p99<200',
    'p99>200ms',
    'p0<1ms',
    'p100<1ms',
    'fast<1s',
    'client p99<1s',
    'errors<0.1ms',
    'errors<150%',
    'errors>1%',
    'within 10 >= 99%',
    'within 10s <= 99%',
    'p99==200ms',
    'p99<1ms<2ms',
  ])('refuses “%s” and shows how it is written', (text) => {
    let refusal: unknown;
    try {
      parse(text);
    } catch (error) {
      refusal = error;
    }
    expect(isStargateError(refusal, 'STG_OPTION_INVALID')).toBe(true);
    expect(refusal).toMatchObject({ expected: expect.stringContaining('p99<200ms') });
  });

  it('compares as written', () => {
    expect([199.9, 200].map((figure) => meets(parse('p99<200ms'), figure))).toEqual([true, false]);
    expect([200, 200.1].map((figure) => meets(parse('p99<=200ms'), figure))).toEqual([true, false]);
    expect([0.99, 0.9899].map((figure) => meets(parse('within 10s >= 99%'), figure))).toEqual([true, false]);
    expect([2000, 2001].map((figure) => meets(parse('achieved>2000/s'), figure))).toEqual([false, true]);
  });

  it('knows units of time', () => {
    expect(['5ms', '2 s', '250µs', '1m', '7', 's'].map(milliseconds)).toEqual([
      5,
      2000,
      0.25,
      60_000,
      undefined,
      undefined,
    ]);
  });
});
