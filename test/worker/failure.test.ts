import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { Failure } from '../../src/worker/failure.js';

const never = new Promise<string>(() => {});

function heapUsed(): number {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  return process.memoryUsage().heapUsed;
}

describe('failure of a worker', () => {
  it('passes on what the work comes to', async () => {
    const failure = new Failure();
    await expect(failure.cuts(Promise.resolve('done'))).resolves.toBe('done');
    await expect(failure.cuts(Promise.reject(new Error('its own')))).rejects.toThrow('its own');
  });

  it('cuts off every call under way, and every later one; the first failure counts', async () => {
    const failure = new Failure();
    const waiting = [failure.cuts(never), failure.cuts(never)];
    failure.fail(new Error('first'));
    failure.fail(new Error('second'));
    for (const call of [...waiting, failure.cuts(never)]) await expect(call).rejects.toThrow('first');
  });

  it('keeps nothing of a call that is over', async () => {
    const failure = new Failure();
    const take = async (calls: number) => {
      for (let call = 0; call < calls; call++) await failure.cuts(Promise.resolve(call));
    };
    await take(1_000);
    const before = heapUsed();
    await take(100_000);
    // A race with one lasting promise keeps about 500 bytes a call.
    expect(heapUsed() - before).toBeLessThan(5e6);
  });
});
