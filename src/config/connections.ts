import { StargateError } from '../errors.js';
import type { Kind } from './kinds.js';
import { nearest } from './nearest.js';
import type { Place } from './place.js';

export interface KafkaConnection {
  readonly scheme: 'kafka';
  readonly brokers: readonly { readonly host: string; readonly port: number }[];
  readonly topic: string;
  readonly tls: boolean;
  readonly sasl: (typeof SASL)[number] | null;
  readonly clientId: string | null;
}

export type Connection =
  | KafkaConnection
  | { readonly scheme: 'embedded'; readonly folder: string }
  | { readonly scheme: 'duckdb'; readonly file: string }
  | {
      readonly scheme: 'bigquery';
      readonly project: string;
      readonly dataset: string;
      readonly table: string;
    }
  | { readonly scheme: 'memory'; readonly name: string };

type Scheme = Connection['scheme'];

const SASL = ['plain', 'scram-sha-256', 'scram-sha-512', 'oauthbearer'] as const;
const FORMS: Readonly<Record<Scheme, string>> = {
  kafka: 'kafka://host:9092[,host2:9092]/topic',
  embedded: 'embedded:DIR',
  duckdb: 'duckdb:FILE',
  bigquery: 'bigquery://project/dataset.table',
  memory: 'memory:',
};

/** `got` never holds the URL itself: a password could stand in it. */
function refuse(expected: string, got: string, next?: string): never {
  throw new StargateError('STG_CONNECTION_UNSUPPORTED', { expected, got, ...(next && { next }) });
}

function kafkaOptions(query: string): Pick<KafkaConnection, 'tls' | 'sasl' | 'clientId'> {
  const options = new URLSearchParams(query);
  const known = ['tls', 'sasl', 'client-id'];
  for (const name of options.keys()) {
    const close = nearest(name, known);
    if (!known.includes(name))
      refuse(known.join(', '), `the option ${name}`, close ? `Did you mean ${close}?` : undefined);
  }
  const tls = options.get('tls') ?? 'false';
  if (!['', 'true', 'false'].includes(tls)) refuse('tls, tls=true or tls=false', 'another value of tls');
  const wanted = options.get('sasl');
  const sasl = SASL.find((name) => name === wanted?.toLowerCase()) ?? null;
  if (wanted !== null && sasl === null) refuse(SASL.join(', '), 'another value of sasl');
  return { tls: tls !== 'false', sasl, clientId: options.get('client-id') };
}

function broker(entry: string): KafkaConnection['brokers'][number] {
  const [, bracketed, plain, port = '9092'] =
    /^(?:\[([0-9a-f:]+)\]|([a-z0-9._-]+))(?::(\d{1,5}))?$/i.exec(entry) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined || Number(port) < 1 || Number(port) > 65_535)
    refuse(`brokers as host:port, in ${FORMS.kafka}`, 'a broker that is none');
  return { host, port: Number(port) };
}

function kafka(rest: string): KafkaConnection {
  if (rest.includes('@'))
    refuse(
      FORMS.kafka,
      'a user or password in the URL',
      'Credentials come by environment or file, never in the URL.',
    );
  const [, brokers, topic, query] = /^\/\/([^/?]+)\/([^/?]+)(?:\?(.*))?$/.exec(rest) ?? [];
  if (brokers === undefined || topic === undefined) refuse(FORMS.kafka, 'a URL without brokers or topic');
  if (!/^(?!\.{1,2}$)[A-Za-z0-9._-]{1,249}$/.test(topic))
    refuse('a topic of letters, digits, dots, _ and -', 'a topic with other characters');
  return { scheme: 'kafka', brokers: brokers.split(',').map(broker), topic, ...kafkaOptions(query ?? '') };
}

function bigquery(rest: string): Connection {
  const form =
    /^\/\/((?:[a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9])\/([0-9A-Za-z_]{1,1024})\.([\p{L}\p{N}_-]{1,300})$/u;
  const [, project, dataset, table] = form.exec(rest) ?? [];
  if (!project || !dataset || !table) refuse(FORMS.bigquery, 'something else behind bigquery:');
  return { scheme: 'bigquery', project, dataset, table };
}

/**
 * Takes a `--log` or `--warehouse` URL apart.
 * @throws STG_CONNECTION_UNSUPPORTED for an unknown scheme or a wrong form; never repeats the URL, which may hold a secret.
 */
export function parseConnection(url: string): Connection {
  const colon = url.indexOf(':');
  const scheme = url.slice(0, Math.max(colon, 0));
  const rest = url.slice(colon + 1);
  if (scheme === 'kafka') return kafka(rest);
  if (scheme === 'bigquery') return bigquery(rest);
  if (scheme === 'memory') return { scheme, name: rest };
  if (scheme !== 'embedded' && scheme !== 'duckdb') {
    const close = nearest(scheme, Object.keys(FORMS));
    refuse(
      Object.values(FORMS).join(', '),
      colon > 0 ? `the scheme ${scheme}` : 'no scheme',
      close ? `Did you mean ${FORMS[close as Scheme]}?` : undefined,
    );
  }
  if (rest.trim() === '') refuse(FORMS[scheme], `nothing behind ${scheme}:`);
  return scheme === 'embedded' ? { scheme, folder: rest } : { scheme, file: rest };
}

function readConnection(raw: string, schemes: readonly Scheme[], place: Place): string | undefined {
  const forms = schemes.map((scheme) => FORMS[scheme]).join(', ');
  try {
    const parsed = parseConnection(raw);
    if (!schemes.includes(parsed.scheme)) return place.fault(forms, `the scheme ${parsed.scheme}`);
    if (parsed.scheme === 'embedded') return `embedded:${place.path(parsed.folder)}`;
    if (parsed.scheme === 'duckdb') return `duckdb:${place.path(parsed.file)}`;
    return raw;
  } catch (error) {
    const { expected = forms, got = 'something else', next } = error as StargateError;
    const known = schemes.some((scheme) => raw.startsWith(`${scheme}:`));
    place.scope.problems.push({
      at: place.at,
      expected: known ? expected : forms,
      got,
      ...(next && { hint: next }),
    });
    return undefined;
  }
}

/** A connection URL with one of these schemes; its value is the URL, for the `open.ts` of the port. */
export function connection(...schemes: readonly Scheme[]): Kind<string> {
  const forms = schemes.map((scheme) => FORMS[scheme]).join(', ');
  return {
    schema: { type: 'string', pattern: `^(${schemes.join('|')}):` },
    expected: forms,
    placeholder: 'URL',
    read: (raw, place) =>
      typeof raw === 'string' ? readConnection(raw, schemes, place) : place.refuse(forms, raw),
    show: (value) => value,
  };
}
