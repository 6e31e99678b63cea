/** Case 20: what nobody sends by accident. Bodies are built here, because JSON files cannot hold them. */
import { gzipSync } from 'node:zlib';
import type { EventRecord, RejectedRecord } from '../../src/event/fields.js';
import { sanitise } from '../../src/event/sanitise.js';
import type { CorpusCase } from './index.js';

interface Kit {
  /** Columns of every row of the corpus. */
  readonly common: EventRecord;
  readonly request: (body: Buffer) => CorpusCase['request'];
  readonly key: string;
}

interface Hostile {
  readonly name: string;
  readonly proves: string;
  readonly pushes?: readonly unknown[];
  readonly body: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
  /** Columns beyond those of a bare request; null takes one away. */
  readonly row?: Readonly<Record<string, unknown>>;
  readonly rejected?: Partial<RejectedRecord> & Pick<RejectedRecord, 'rejected' | 'raw'>;
  readonly refused?: readonly [status: number, code: string];
}

const UNSET = {
  ad_storage: 'unset',
  ad_user_data: 'unset',
  ad_personalization: 'unset',
  analytics_storage: 'unset',
  functionality_storage: 'unset',
  personalization_storage: 'unset',
  security_storage: 'unset',
};
/** Columns that come from the context of the tracker, which these requests do not have. */
const FROM_CONTEXT = [
  ...['sent_at', 'tracker_version', 'user_pseudo_id', 'client_id_source', 'session_id', 'session_number'],
  ...[
    'page_location',
    'page_hostname',
    'page_path',
    'page_title',
    'language',
    'screen',
    'viewport',
    'time_zone',
    'gtm',
  ],
] as const;

const TS = Date.parse('2026-11-23T14:32:04.500Z');
const nested = (levels: number): string => `${'['.repeat(levels)}${']'.repeat(levels)}`;

function cyclic(): Record<string, unknown> {
  const model: Record<string, unknown> = { event: 'cyclic', list: [1] };
  model.self = model;
  (model.list as unknown[]).push(model.list);
  return model;
}

function nodeLike(): unknown {
  const child: Record<string, unknown> = {
    nodeType: 1,
    nodeName: 'B',
    textContent: 'oi',
    getAttribute: () => null,
  };
  child.parentNode = { nodeType: 1, nodeName: 'DIV', childNodes: [child], getAttribute: () => null };
  return Object.assign(Object.create({ toJSON: () => 'called' }), child);
}

export function hostile({ common, request, key }: Kit): CorpusCase[] {
  const envelope = (event: string): string => `{"v":1,"k":"${key}","events":[${event}]}`;
  const event = (dataLayer: string, more = ''): string =>
    `{"id":"h","name":"n","ts":${TS}${more},"data_layer":${dataLayer}}`;
  /** As the tracker sends a push. */
  const sent = (push: unknown): string => event(JSON.stringify(sanitise(push).value));
  const many = {
    event: 'n',
    ecommerce: {
      items: Array.from({ length: 150 }, (_, i) => ({ item_id: `S${i}`, note: 'x'.repeat(460) })),
    },
  };
  const manyRaw = { id: 'h', name: 'n', ts: TS, data_layer: many };

  const cases: Hostile[] = [
    {
      name: 'cycles',
      proves: 'A cycle ends in a text; a list that holds itself too.',
      pushes: [cyclic()],
      body: envelope(sent(cyclic())),
      row: { data_layer: { event: 'cyclic', list: [1, '[Circular]'], self: '[Circular]' } },
    },
    {
      name: 'node',
      proves: 'A node whose references go round becomes its selector; its toJSON is never called.',
      pushes: [{ event: 'n', target: nodeLike() }],
      body: envelope(sent({ event: 'n', target: nodeLike() })),
      row: { data_layer: { event: 'n', target: { $el: 'b', text: 'oi' } } },
    },
    {
      name: 'large',
      proves:
        'An event of more than 64 KiB is rejected; what is kept of it is cut by the sanitiser and whole JSON.',
      pushes: [many],
      body: envelope(JSON.stringify(manyRaw)),
      rejected: {
        rejected: { reason: 'event_too_large', pointer: '' },
        raw: JSON.stringify(sanitise(manyRaw).value),
      },
    },
    {
      name: 'long-string',
      proves:
        'The tracker sends 8 KiB of a text of 5 MB and says where it cut; the collector keeps the note.',
      pushes: [{ event: 'n', text: 'x'.repeat(5_000_000) }],
      body: envelope(event(`{"event":"n","text":"${'x'.repeat(8192)}"}`, ',"truncated":["/text"]')),
      row: { data_layer: { event: 'n', text: 'x'.repeat(8192) }, truncated: ['/text'] },
    },
    {
      name: 'body-5mb',
      proves: 'The same as a body is refused before it is read to its end.',
      body: envelope(event(`"${'x'.repeat(5_000_000)}"`)),
      refused: [413, 'STG_BODY_TOO_LARGE'],
    },
    {
      name: 'deep-2000',
      proves: 'Depth is told by the bytes, before anything recurses.',
      body: envelope(event(nested(2000))),
      refused: [400, 'STG_BODY_TOO_DEEP'],
    },
    {
      name: 'deep-40',
      proves: 'Between 32 and 64 levels the event is rejected and the request is not.',
      body: envelope(event(nested(40))),
      rejected: {
        rejected: { reason: 'event_too_deep', pointer: '' },
        raw: `{"id":"h","name":"n","ts":${TS},"data_layer":${JSON.stringify(sanitise({ d: JSON.parse(nested(40)) }).value).slice(5, -1)}}`,
      },
    },
    {
      name: 'proto',
      proves: 'The three names that lead to a prototype are skipped at every level.',
      body: envelope(
        event(
          '{"event":"n","__proto__":{"polluted":1},"a":{"constructor":{"prototype":{"polluted":1}},"b":1}}',
        ),
      ),
      row: { data_layer: { event: 'n', a: { b: 1 } } },
    },
    {
      name: 'surrogate-nul',
      proves: 'A lone surrogate and NUL become U+FFFD, with a note for each place.',
      body: envelope(event('{"event":"n","a":"x\\ud800y","b":"x\\u0000y","c":"\\ud83d\\ude00"}')),
      row: {
        data_layer: { event: 'n', a: 'x\ufffdy', b: 'x\ufffdy', c: '😀' },
        issues: ['/data_layer/a: characters replaced', '/data_layer/b: characters replaced'],
      },
    },
    {
      name: 'numbers',
      proves:
        '1e400 is no number: null and a note, in the push and in a column. 2^60 is the nearest double, as documented.',
      body: envelope(
        event(
          '{"event":"n","big":1e400,"wide":1152921504606846976,"ecommerce":{"value":1e400,"currency":"BRL","items":[]}}',
        ),
      ),
      row: {
        data_layer: {
          event: 'n',
          big: null,
          wide: 2 ** 60,
          ecommerce: { value: null, currency: 'BRL', items: [] },
        },
        currency: 'BRL',
        issues: ['/data_layer/big: not a finite number', '/data_layer/ecommerce/value: not a finite number'],
      },
    },
    {
      name: 'duplicate-keys',
      proves: 'The last of equal keys counts, in the push and in the event.',
      body: envelope(
        '{"id":"no","name":"no","ts":1,"id":"h","name":"n","ts":' +
          TS +
          ',"data_layer":{"event":"no","event":"n","email":"ana@exemplo.com.br","email":""}}',
      ),
      row: { data_layer: { event: 'n', email: '' } },
    },
    { name: 'empty', proves: 'Nothing is no JSON.', body: '', refused: [400, 'STG_BODY_NOT_JSON'] },
    {
      name: 'array',
      proves: 'A list of events without an envelope has no key.',
      body: `[${event('{}')}]`,
      refused: [400, 'STG_BODY_NOT_ENVELOPE'],
    },
    {
      name: 'latin1',
      proves: 'Bytes that are no UTF-8 are refused, never repaired silently.',
      body: Buffer.from(envelope('{"name":"caf\xe9"}'), 'latin1'),
      refused: [400, 'STG_BODY_NOT_UTF8'],
    },
    {
      name: 'fifty-one',
      proves: 'More than 50 events are refused as a whole.',
      body: envelope(Array(51).fill('{"name":"n"}').join()),
      refused: [400, 'STG_TOO_MANY_EVENTS'],
    },
    {
      name: 'gzip-bomb',
      proves: '100 MiB of zeros in 100 KB are refused while they are being inflated.',
      body: gzipSync(Buffer.alloc(100 * 1024 * 1024)),
      headers: { 'content-encoding': 'gzip' },
      refused: [413, 'STG_BODY_TOO_LARGE'],
    },
    {
      name: 'csv-formula',
      proves:
        'A label that a spreadsheet would run is stored as it is: pages and exports escape, columns do not.',
      body: envelope(event('{"event":"n","eventLabel":"=HYPERLINK(\\"http://x.example\\",\\"ok\\")"}')),
      row: {
        data_layer: { event: 'n', eventLabel: '=HYPERLINK("http://x.example","ok")' },
        eventLabel: '=HYPERLINK("http://x.example","ok")',
      },
    },
    {
      name: 'html',
      proves: 'So is markup.',
      body: envelope(event('{"event":"n","eventLabel":"<img src=x onerror=alert(1)>"}')),
      row: {
        data_layer: { event: 'n', eventLabel: '<img src=x onerror=alert(1)>' },
        eventLabel: '<img src=x onerror=alert(1)>',
      },
    },
    {
      name: 'query',
      proves:
        'CPF and card number of a query are removed from the address, also where they are percent-encoded.',
      body: envelope(
        event(
          '{"event":"n"}',
          ',"page":{"location":"https://www.casaipe.example/pagar?ref=529.982.247-25&n=4111%201111%201111%201111&ok=1"}',
        ),
      ),
      row: {
        data_layer: { event: 'n' },
        page_location: 'https://www.casaipe.example/pagar?ref=[cpf]&n=[card]&ok=1',
        page_hostname: 'www.casaipe.example',
        page_path: '/pagar',
        pii_redactions: 2,
      },
    },
  ];

  const rowOf = ({ row = {}, body }: Hostile): EventRecord => {
    const text = body.toString();
    const bytes = Buffer.byteLength(text) - envelope('').length;
    const all: Record<string, unknown> = {
      ...common,
      event_id: 'h',
      event_name: 'n',
      client_timestamp: new Date(TS).toISOString(),
      event_timestamp: new Date(TS).toISOString(),
      consent: UNSET,
      payload_bytes: bytes,
    };
    for (const column of FROM_CONTEXT) delete all[column];
    return Object.assign(all, row) as unknown as EventRecord;
  };

  return cases.map((one) => ({
    name: `20-hostile-${one.name}`,
    title: `Hostile: ${one.name}`,
    proves: one.proves,
    pushes: one.pushes ?? [],
    request: (({ path, headers, body }) => ({ path, headers: { ...headers, ...one.headers }, body }))(
      request(Buffer.from(one.body)),
    ),
    expected: {
      status: one.refused?.[0] ?? 202,
      code: one.refused?.[1] ?? null,
      rows: one.row ? [rowOf(one)] : [],
      rejected: one.rejected
        ? [{ schema_version: 1, received_at: common.received_at, source_id: 'loja', ...one.rejected }]
        : [],
    },
  }));
}
