/** What a reader of the figures should know about a run. Pure. */
import { BUSY, LAG_MS, LIMIT } from './judge.js';
import type { Ledger } from './ledger.js';
import type { Planned } from './options.js';
import type { Note } from './report.js';
import type { Facts } from './verdict.js';

/** Seconds without an answer that are worth a word, in intervals. */
const STALL_MS = 1_000;

const percent = (share: number): string => `${(share * 100).toFixed(share < 0.01 ? 2 : 0)} %`;

export function notesOf(
  ledger: Ledger,
  facts: Facts,
  plan: Planned,
  limited: number | null,
): readonly Note[] {
  return [
    ...clientNotes(ledger, facts, plan, limited),
    ...stallNotes(ledger, plan),
    ...targetNotes(ledger),
    ...shortNotes(facts),
  ];
}

function clientNotes(
  ledger: Ledger,
  { short }: Facts,
  plan: Planned,
  limited: number | null,
): readonly Note[] {
  const { stepMs } = plan;
  if (limited !== null) {
    const atMs = limited * stepMs;
    if (short)
      return [
        {
          code: 'backlog',
          atMs,
          text: 'Requests waited for a connection while those that had one were served as fast as before: raise --connections.',
        },
      ];
    const row = ledger.rows[limited];
    const why =
      row && row.utilisation >= LIMIT
        ? `its event loop was busy ${percent(row.utilisation)} of the time`
        : `requests were handed over more than ${LAG_MS} ms late`;
    return [
      {
        code: 'client-limited',
        atMs,
        text: `This machine was the limit: ${why}. Later figures are not judged.`,
      },
    ];
  }
  const busy = ledger.rows.findIndex(({ utilisation }, i) => i >= ledger.firstRow && utilisation >= BUSY);
  if (busy < 0) return [];
  return [
    {
      code: 'client-busy',
      atMs: busy * stepMs,
      text: `The event loop of this machine was busy ${percent(ledger.rows[busy]!.utilisation)} of a second; from ${percent(LIMIT)} on figures would be its own.`,
    },
  ];
}

/** Intervals in which requests were due and none was answered. */
function stallNotes(ledger: Ledger, { stepMs, durationMs }: Planned): readonly Note[] {
  const rows = ledger.rows.slice(0, Math.ceil(durationMs / stepMs));
  const stalled = rows.findIndex(
    ({ answered, planned }, i) => planned > 0 && answered === 0 && i > 0 && rows[i - 1]!.answered > 0,
  );
  if (stalled < 0) return [];
  return [
    {
      code: 'stall',
      atMs: stalled * stepMs,
      text: `For ${Math.max(STALL_MS, stepMs) / 1000} s or more nothing was answered.`,
    },
  ];
}

function targetNotes(ledger: Ledger): readonly Note[] {
  const notes: Note[] = [];
  const { unfinished = 0, dropped = 0 } = ledger.errors;
  if (ledger.shed > 0)
    notes.push({
      code: 'shed',
      text: `${ledger.shed.toLocaleString('en-US')} answers were 429 or 503 with Retry-After: the target asked for less.`,
    });
  if (unfinished > 0)
    notes.push({
      code: 'unfinished',
      text: `${unfinished.toLocaleString('en-US')} requests had no answer when waiting ended; they count with the time they had lasted.`,
    });
  if (dropped > 0)
    notes.push({
      code: 'backlog',
      text: `${dropped.toLocaleString('en-US')} requests found the backlog full and were not sent.`,
    });
  return notes;
}

const shortNotes = ({ enough }: Facts): readonly Note[] =>
  enough ? [] : [{ code: 'short', text: 'Fewer than 100 requests were measured.' }];
