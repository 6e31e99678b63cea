/** What the coordinator refuses, and what only the number of a generation lets it refuse. */
import { expect, it, onTestFinished } from 'vitest';
import { type Generation, Member } from '../../../src/log/kafka/consumer-member.js';
import type { Position } from '../../../src/log/port.js';
import { until } from '../../helpers/log.js';
import { Coordinator } from './coordinator.js';

const TIMES = { sessionMs: 60_000, heartbeatMs: 60_000 };
const at = (partition: number, position: number, saved: string) =>
  new Map([[partition, { at: position as Position, saved }]]);

/** Two members with a partition each; the first had both. */
async function shared() {
  const coordinator = new Coordinator(2);
  const [one, two] = [0, 1].map(() => new Member(coordinator.brokers(), 'g', TIMES));
  const alone = await one!.join();
  const join = async (): Promise<readonly [Generation, Generation]> => {
    const joining = two!.join();
    await until('the second', () => coordinator.rebalancing);
    const [again, other] = await Promise.all([one!.join(), joining]);
    for (const generation of [again, other]) onTestFinished(() => generation.stop());
    return [again, other];
  };
  onTestFinished(() => alone.stop());
  return { coordinator, alone, join };
}

it('hole 1: a commit that outlives its generation is refused, though its process is a member again', async () => {
  const { coordinator, alone, join } = await shared();
  expect(alone.partitions).toEqual([0, 1]);
  coordinator.putOff.add(alone.member);
  const late = alone.commit(at(1, 5, 'old')).catch((error: unknown) => error);
  await until('its first try', () => coordinator.commits > 0);
  const [again, other] = await join();
  expect([again.member, again.partitions, other.partitions]).toEqual([alone.member, [0], [1]]);
  await other.commit(at(1, 9, 'new owner'));
  coordinator.putOff.clear();
  expect(await late).toMatchObject({ code: 'STG_LOG_FENCED' });
  expect(coordinator.committed).toEqual(new Map([[1, '9 new owner']]));
});

it('hole 1: as the new generation that commit would be taken, whoever owns the partition', async () => {
  const { coordinator, join } = await shared();
  const [again, other] = await join();
  await other.commit(at(1, 9, 'new owner'));
  await again.commit(at(1, 5, 'old'));
  expect(coordinator.committed).toEqual(new Map([[1, '5 old']]));
});
