/** What `loadtest` sends, from its flags: a mix, a file of events, or a body as it is. */
import { readFile } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import type { Config } from '../config/schema.js';
import { StargateError } from '../errors.js';
import { mixEnvelopes } from '../measure/load/mix.js';
import type { LoadtestOptions } from '../measure/load/options.js';
import type { TemplateEnvelope, TemplateEvent } from '../measure/load/template.js';
import { isLoopback } from '../measure/target.js';
import { type Flags, refuse, textsOf, wholeOf } from './_load-values.js';

type Payload = Pick<LoadtestOptions, 'payload' | 'payloadText' | 'headers'>;

/** Of a browser that exists, so that rows are not flagged as a bot's. */
const AGENT =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36';
const MOST_LINES = 100_000;

async function fileBytes(flag: string, name: string, cwd: string): Promise<Buffer> {
  try {
    return await readFile(resolve(cwd, name));
  } catch (error) {
    return refuse(flag, 'a file that can be read', `${name}: ${(error as NodeJS.ErrnoException).code}`);
  }
}

/** Lines are events, or envelopes with events. */
function envelopesIn(text: string, name: string): readonly TemplateEnvelope[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  if (lines.length === 0 || lines.length > MOST_LINES)
    refuse('--file', `1 to ${MOST_LINES} lines of JSON`, `${name} with ${lines.length}`);
  return lines.map((line, index) => {
    const parsed = parsedLine(line);
    if (parsed && 'events' in parsed && Array.isArray(parsed.events))
      return { ctx: (parsed.ctx ?? {}) as TemplateEnvelope['ctx'], events: parsed.events as TemplateEvent[] };
    if (parsed && typeof parsed.name === 'string')
      return { ctx: {}, events: [parsed as unknown as TemplateEvent] };
    throw new StargateError('STG_OPTION_INVALID', {
      message: `Line ${index + 1} of ${name} is no event.`,
      expected: '{"name":"page_view","data_layer":{…}}, or an envelope {"ctx":{…},"events":[…]}',
      got: line.length > 60 ? `${line.slice(0, 60)}…` : line,
    });
  });
}

function parsedLine(line: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(line);
    return value !== null && typeof value === 'object' && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

function headersOf(flags: Flags, contentType: string, bearer: string | null): readonly string[] {
  const own = textsOf(flags, 'header').flatMap((line) => {
    const [, name, value] = /^([!#$%&'*+.^_`|~\w-]+):\s*([\t\x20-\x7e\x80-\xff]*)$/.exec(line) ?? [];
    return name === undefined
      ? refuse('--header', 'NAME:VALUE', line.split(':')[0])
      : [name.toLowerCase(), value!];
  });
  const ours = ['content-type', contentType, 'user-agent', AGENT, 'accept', '*/*'];
  if (bearer !== null) ours.push('authorization', `Bearer ${bearer}`);
  const named = new Set(own.filter((_, i) => i % 2 === 0));
  return [
    ...ours.flatMap((name, i) => (i % 2 === 0 && !named.has(name) ? [name, ours[i + 1]!] : [])),
    ...own,
  ];
}

/** The key of the envelope; null where a server key goes into a header. */
function keyOf(url: URL, flags: Flags, { writeKey }: Config): string | null {
  if (typeof flags.key === 'string') return flags.key;
  if (writeKey !== null) return null;
  if (isLoopback(url)) return 'dev';
  throw new StargateError('STG_KEY_MISSING', {
    message: 'The target is not this machine, and no write key is given.',
    next: 'Add --key with a browser key, or set STARGATE_WRITE_KEY to a server key.',
  });
}

/** Errors: STG_OPTION_INVALID, STG_KEY_MISSING. */
export async function payloadOf(url: URL, flags: Flags, config: Config, cwd: string): Promise<Payload> {
  const type = typeof flags.contentType === 'string' ? flags.contentType : null;
  if (typeof flags.rawBody === 'string') {
    const body = await fileBytes('--raw-body', flags.rawBody, cwd);
    return {
      payload: { kind: 'raw', body },
      payloadText: 'raw body',
      headers: headersOf(flags, type ?? 'application/json', null),
    };
  }
  const file = typeof flags.file === 'string' ? flags.file : null;
  const mix = typeof flags.mix === 'string' ? flags.mix : 'ga4';
  const from = file === null ? mix : envelopesIn((await fileBytes('--file', file, cwd)).toString(), file);
  // Says at once where a name is wrong.
  if (typeof from === 'string') mixEnvelopes(from);
  const key = keyOf(url, flags, config);
  return {
    payload: {
      kind: 'events',
      from,
      batch: wholeOf(flags, 'batch', '--batch', [1, 50]) ?? 1,
      sessions: wholeOf(flags, 'sessions', '--sessions', [1, 1_000_000]) ?? 10_000,
      key,
    },
    payloadText: file === null ? `mix ${mix}` : basename(file),
    headers: headersOf(flags, type ?? 'text/plain;charset=UTF-8', key === null ? config.writeKey : null),
  };
}
