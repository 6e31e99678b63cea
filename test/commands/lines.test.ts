import { afterEach, describe, expect, it, vi } from 'vitest';
import { eventLines } from '../../src/commands/_event-lines.js';
import { columns, createOutput } from '../../src/output.js';
import { calm } from '../../src/runtime/report.js';

/** An output that keeps what it notes. */
function kept(terminalColumns: number) {
  const said: string[] = [];
  const stream = {
    columns: terminalColumns,
    on() {},
    write: (text: string) => void said.push(text.trimEnd()),
  } as unknown as NodeJS.WriteStream;
  const env = { LANG: 'C.UTF-8', NO_COLOR: '1' };
  const options = { stdout: stream, stderr: stream, env, json: false, noColour: true, verbose: false };
  return { said, output: createOutput({ ...options, onClosed() {} }) };
}

const row = (event: Record<string, unknown>) =>
  ({ event: { received_at: new Date().toISOString(), ...event } }) as never;
const LONG = '/produto/cadeira-de-madeira-macica-com-encosto-alto-e-almofada/日本語日本語日本語日本語日本語';

describe('event lines', () => {
  it.each([80, 120])('stay within %s columns, whatever an event is called', (width) => {
    const { said, output } = kept(width);
    const lines = eventLines(output);
    lines.start();
    lines.observer.stored([
      row({ event_name: 'e'.repeat(40), page_path: LONG, pii_redactions: 3 }),
      row({ event_name: 'view\u001b[2J', page_path: `/${'日本語'.repeat(30)}` }),
    ]);
    lines.observer.rejected([
      { received_at: new Date().toISOString(), reason: 'warehouse_refused', pointer: LONG } as never,
    ]);
    lines.stop();
    expect(said).toHaveLength(3);
    for (const line of said) expect(columns(line)).toBeLessThanOrEqual(width);
    expect(said.join()).not.toContain('\u001b');
    expect(said[0]).toContain('3 scrubbed');
  });
});

describe('calm', () => {
  afterEach(() => void vi.useRealTimers());

  it('tells of what repeats itself once a second, with the count, and of everything else at once', () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const told: unknown[] = [];
    const logger = calm((event, fields) => void told.push([event, fields]));
    for (let n = 0; n < 100; n++) logger('append_failed', { code: 'STG_LOG_FULL', events: n });
    logger('append_failed', { code: 'STG_LOG_WRITE' });
    vi.advanceTimersByTime(1_001);
    logger('append_failed', { code: 'STG_LOG_FULL', events: 7 });
    expect(told).toEqual([
      ['append_failed', { code: 'STG_LOG_FULL', events: 0 }],
      ['append_failed', { code: 'STG_LOG_WRITE' }],
      ['append_failed', { code: 'STG_LOG_FULL', events: 7, repeated: 99 }],
    ]);
  });
});
