import { ERRORS, type ErrorCode, REASONS, type Reason } from '../errors.js';
import { printable, table } from '../output.js';
import type { ReplayCount } from '../runtime/replay.js';

const OTHER: Readonly<Record<string, string>> = {
  nothing_kept: 'Nothing was kept of it: consent was denied.',
};

const sentence = (reason: string): string =>
  REASONS[reason as Reason] ?? ERRORS[reason as ErrorCode]?.message ?? OTHER[reason] ?? '';

export function replayText({ read, accepted, refused }: ReplayCount, sent: boolean): string {
  const count = (n: number): string => n.toLocaleString('en');
  const head = `${count(read)} read, ${count(accepted)} ${sent ? 'sent to the log' : 'can be sent'}.`;
  const rows = Object.entries(refused).map(([reason, n]) => [count(n), printable(reason), sentence(reason)]);
  return rows.length === 0
    ? head
    : `${head} Still refused:\n${table(rows, { right: new Set([0]), indent: '  ' })}`;
}
