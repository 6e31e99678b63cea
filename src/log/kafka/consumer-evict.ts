import { setTimeout as sleep } from 'node:timers/promises';
import { type Brokers, isCode, request } from './connect-brokers.js';
import { CODE, wordsOf } from './connect-errors.js';
import type { KafkaConsumerOptions } from './consumer.js';
import { leaveGroup } from './consumer-member.js';
import { type DeadMember, deadMembers, MemberNote } from './consumer-note.js';
import { type Connection, describeGroupsV5 } from './package.js';

const REQUEST_MS = 5_000;
const LOOK_MS = 20;
const JOIN_MS = 3_000;

type Options = Pick<KafkaConsumerOptions, 'membersFolder' | 'onWarning'>;

export const noteOf = (cluster: Brokers, group: string, options: Options): MemberNote | null =>
  options.membersFolder === undefined
    ? null
    : new MemberNote(options.membersFolder, { cluster: cluster.clusterId, group }, options.onWarning);

/**
 * Takes members out of the group whose processes were killed on this machine, so that a join, to be made meanwhile,
 * does not wait for their sessions to end. What protects rows is the warehouse's fence, not the session: an eviction in
 * error would cost a rejoin. Rejects never.
 */
export async function evictDead(
  cluster: Brokers,
  group: string,
  { membersFolder: folder, onWarning }: Options,
  closing: AbortSignal,
): Promise<void> {
  if (folder === undefined) return;
  try {
    const dead = await deadMembers(folder, { cluster: cluster.clusterId, group });
    if (dead.length === 0) return;
    const connection = await cluster.to(await cluster.coordinator(group), 'ask');
    await untilJoining(connection, group, dead);
    for (const { member, forget } of dead) {
      await leaveGroup(connection, group, member, 'its process was killed').catch((error: unknown) => {
        // Gone already: its session has ended, or another start was quicker.
        if (!isCode(error, CODE.UNKNOWN_MEMBER_ID)) throw error;
      });
      await forget();
    }
  } catch (error) {
    if (!closing.aborted)
      onWarning(
        `a member of group ${group} whose process was killed could not be taken out of it (${wordsOf(error)}): its partitions wait until its session has ended`,
      );
  }
}

/**
 * A group that has lost its last member is a new one for its coordinator, and waits for others to come
 * (group.initial.rebalance.delay.ms, 3 s): a join has to stand in line before. It also makes one rebalance of two.
 */
async function untilJoining(
  connection: Connection,
  group: string,
  dead: readonly DeadMember[],
): Promise<void> {
  const isDead = (id: string) => dead.some(({ member }) => member === id);
  for (const until = performance.now() + JOIN_MS; performance.now() < until; await sleep(LOOK_MS)) {
    const { groups } = await request(connection, describeGroupsV5.api, REQUEST_MS, [group], false);
    const { groupState = '', members = [] } = groups[0] ?? {};
    const known = members.map(({ memberId }) => memberId);
    if (!known.some(isDead) || (groupState !== 'Stable' && !known.every(isDead))) return;
  }
}
