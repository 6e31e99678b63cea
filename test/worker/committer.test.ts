/** Commits in the background: which are made again, which end the worker, and that none goes back. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type ErrorCode, StargateError } from '../../src/errors.js';
import type { Position } from '../../src/log/port.js';
import { Committer } from '../../src/worker/committer.js';

const at = (position: number) => ({ behind: position as Position, saved: `saved ${position}` });

/** A partition whose commits fail with the codes given, one each, before they work. */
function partition(...failures: (ErrorCode | null)[]) {
  const commits: number[] = [];
  const heard: string[] = [];
  let gate = Promise.resolve();
  const committer = new Committer(
    {
      commit: async (behind) => {
        const code = failures.shift();
        const mine = gate;
        gate = Promise.resolve();
        await mine;
        if (code) throw new StargateError(code);
        commits.push(behind);
      },
    },
    {
      retrying: (error) => heard.push(`retrying ${(error as StargateError).code}`),
      failed: (error) => heard.push(`failed ${(error as StargateError).code}`),
    },
  );
  /** The next commit waits until the function is called. */
  const close = (): (() => void) => {
    let open!: () => void;
    gate = new Promise((resolve) => (open = resolve));
    return open;
  };
  return { committer, commits, heard, gate: close };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('commits in the background', () => {
  it('commits only the newest of what was offered within the interval', async () => {
    const { committer, commits } = partition();
    committer.offer(at(1));
    committer.offer(at(2));
    await vi.advanceTimersByTimeAsync(499);
    expect(commits).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(commits).toEqual([2]);
  });

  it('makes one again that the log could not take, until it does', async () => {
    const { committer, commits, heard } = partition('STG_LOG_WRITE', 'STG_LOG_WRITE');
    committer.offer(at(1));
    await vi.advanceTimersByTimeAsync(1_500);
    expect(heard).toEqual(['retrying STG_LOG_WRITE', 'retrying STG_LOG_WRITE']);
    expect(commits).toEqual([1]);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(commits).toEqual([1]);
  });

  it('never makes an older one again behind a newer one', async () => {
    const { committer, commits } = partition('STG_LOG_WRITE');
    committer.offer(at(1));
    vi.advanceTimersByTime(500);
    await committer.now(at(2));
    await vi.advanceTimersByTimeAsync(5_000);
    expect(commits).toEqual([2]);
  });

  it('sends none while another is under way: they could land in the other order', async () => {
    const { committer, commits, gate } = partition();
    const open = gate();
    committer.offer(at(1));
    await vi.advanceTimersByTimeAsync(500);
    const [second, third] = [committer.now(at(2)), committer.now(at(3))];
    await vi.advanceTimersByTimeAsync(5_000);
    expect(commits).toEqual([]);
    open();
    await Promise.all([second, third]);
    expect(commits).toEqual([1, 2, 3]);
  });

  it('reports a refusal for good, and does not try it again', async () => {
    const { committer, commits, heard } = partition('STG_LOG_FENCED');
    committer.offer(at(1));
    await vi.advanceTimersByTimeAsync(5_000);
    expect(heard).toEqual(['failed STG_LOG_FENCED']);
    expect(commits).toEqual([]);
  });

  it('after stop commits by flush alone', async () => {
    const { committer, commits } = partition();
    committer.offer(at(1));
    committer.stop();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(commits).toEqual([]);
    await committer.flush();
    expect(commits).toEqual([1]);
  });
});
