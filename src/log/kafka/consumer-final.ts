import { StargateError } from '../../errors.js';
import { isCode } from './connect-brokers.js';
import { CODE, lasting, wordsOf } from './connect-errors.js';
import type { GroupTimes } from './consumer-member.js';

/** What no later try to be a member of the group mends; null for all others. */
export function finalOf(
  error: unknown,
  group: string,
  topic: string,
  { sessionMs }: GroupTimes,
): StargateError | null {
  if (isCode(error, CODE.INCONSISTENT_GROUP_PROTOCOL))
    return new StargateError('STG_GROUP_LOCKED', {
      message: 'Consumers of another kind use this group.',
      ...{ got: `group ${group}`, cause: error },
    });
  if (isCode(error, CODE.INVALID_SESSION_TIMEOUT))
    return new StargateError('STG_LOG_DENIED', {
      expected: `brokers that take a session of ${sessionMs} ms`,
      ...{ got: wordsOf(error), cause: error },
      next: 'Set group.min.session.timeout.ms of the brokers to 6000.',
    });
  return lasting(error, `consume topic ${topic} as group ${group}`);
}
