/** The collector's OpenAPI 3.1 document: paths written here, the record's schema derived from the event table. */
import { ERRORS, type ErrorCode, REASONS } from '../../errors.js';
import { jsonSchema } from '../../event/derive/json-schema.js';
import { FIELDS, GROUPS } from '../../event/fields.js';

export type OpenApi = ReturnType<typeof openApiDocument>;

const MEDIA = ['application/json', 'text/plain'] as const;
const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });
const content = (schema: object, types: readonly string[] = ['application/json']) =>
  Object.fromEntries(types.map((type) => [type, { schema }]));

/** Answers by status, one line per code that can carry it. */
function errors(...codes: ErrorCode[]) {
  const byStatus = new Map<number, string[]>();
  for (const code of codes) {
    const { http = 500, message } = ERRORS[code] as { http?: number; message: string };
    byStatus.set(http, [...(byStatus.get(http) ?? []), `\`${code}\`: ${message}`]);
  }
  return Object.fromEntries(
    [...byStatus].map(([status, lines]) => [
      status,
      {
        description: lines.join('\n'),
        ...((status === 429 || status === 503) && {
          headers: { 'Retry-After': { schema: { type: 'integer' } } },
        }),
        content: content(ref('Error')),
      },
    ]),
  );
}

const BODY_ERRORS = [
  'STG_BODY_NOT_JSON',
  'STG_BODY_NOT_UTF8',
  'STG_BODY_TOO_DEEP',
  'STG_BODY_ENCODING',
  'STG_TOO_MANY_EVENTS',
  'STG_BODY_TOO_LARGE',
  'STG_CONTENT_TYPE',
  'STG_CONTENT_ENCODING',
  'STG_REQUEST_TIMEOUT',
] as const;
const STORE_ERRORS = ['STG_RATE_LIMITED', 'STG_OVERLOADED', 'STG_NOT_STORED'] as const;
const KEY_ERRORS = ['STG_KEY_MISSING', 'STG_KEY_UNKNOWN', 'STG_ORIGIN_FORBIDDEN'] as const;

const stored = (status: 200 | 201 | 202) => ({
  [status]: {
    description: 'Every event of the request, the rejected ones too, is durable.',
    content: content(ref('Outcome')),
  },
});

export function openApiDocument(version: string) {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Stargate collector',
      version,
      description:
        'Takes events from web sites. A 2xx means stored: it is sent after the log has acknowledged.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    paths: { ...ingestPaths(), ...publicPaths() },
    components: { schemas: schemas(), securitySchemes: securitySchemes() },
  };
}

function ingestPaths() {
  const query = (name: string, description: string) => ({
    name,
    in: 'query',
    description,
    schema: { const: '1' },
  });
  return {
    '/v1/events': {
      post: {
        summary: 'Send up to 50 events',
        description:
          'The body may be compressed by gzip: at most 512 KiB sent, 2 MiB decompressed, 64 KiB an event.',
        parameters: [
          query('validate', 'Say what would happen to each event, and store nothing: 200.'),
          query('debug', "Store, and say each event's fate."),
        ],
        requestBody: { required: true, content: content(ref('Envelope'), MEDIA) },
        security: [{}, { serverKey: [] }],
        responses: {
          ...stored(202),
          ...errors('STG_BODY_NOT_ENVELOPE', ...BODY_ERRORS, ...KEY_ERRORS, ...STORE_ERRORS),
        },
      },
    },
    '/v1/p.gif': {
      get: {
        summary: 'Send an envelope by an image',
        parameters: [
          {
            name: 'd',
            in: 'query',
            required: true,
            description: 'An envelope in base64url, at most 2 KB.',
            schema: { type: 'string', maxLength: 2048, contentEncoding: 'base64url' },
          },
        ],
        responses: {
          200: { description: 'Stored.', content: { 'image/gif': {} } },
          ...errors(
            'STG_BODY_NOT_JSON',
            'STG_BODY_NOT_ENVELOPE',
            'STG_PIXEL_TOO_LARGE',
            ...KEY_ERRORS,
            ...STORE_ERRORS,
          ),
        },
      },
    },
    '/v1/mp': {
      post: {
        summary: 'Send events in the shape of the GA4 Measurement Protocol',
        parameters: [
          { name: 'api_secret', in: 'query', description: 'The write key.', schema: { type: 'string' } },
        ],
        requestBody: { required: true, content: content(ref('MeasurementProtocol'), MEDIA) },
        security: [{}, { serverKey: [] }],
        responses: {
          ...stored(202),
          ...errors('STG_BODY_NOT_ENVELOPE', ...BODY_ERRORS, ...KEY_ERRORS, ...STORE_ERRORS),
        },
      },
    },
    '/api/producer/ga-datalayer': {
      post: {
        summary: 'Send one event as to Stargate 2.0',
        description:
          'Let in by an allowed Origin, or by a bearer token: the hex SHA-256 of API_KEY followed by API_SECRET.',
        requestBody: { required: true, content: content(ref('Legacy'), MEDIA) },
        security: [{}, { legacyBearer: [] }],
        responses: {
          ...stored(201),
          ...errors('STG_BODY_NOT_FLAT', ...BODY_ERRORS, 'STG_ORIGIN_UNKNOWN', ...STORE_ERRORS),
        },
      },
    },
  };
}

function publicPaths() {
  const get = (summary: string, type: string, more: object = {}) => ({
    get: { summary, responses: { 200: { description: 'OK', content: { [type]: {} } }, ...more } },
  });
  const notModified = { 304: { description: 'The client has it already.' } };
  const notReady = { 503: { description: 'Draining, or nothing can be stored.' } };
  return {
    '/stargate.js': get('The tracker, cached for minutes', 'text/javascript', notModified),
    '/stargate.v1.js': get('The tracker, cached for ever', 'text/javascript', notModified),
    '/healthz': get('Whether the process lives', 'application/json'),
    '/readyz': get('Whether events can be taken', 'application/json', notReady),
    '/openapi.json': get('This document', 'application/json'),
    '/docs': get('This document as a page', 'text/html'),
    '/': get('Answers 200, for health checks of load balancers', 'application/json'),
  };
}

function schemas() {
  const legacyFields = GROUPS.find(({ group }) => group.startsWith('legacy'))?.fields ?? [];
  return {
    Envelope: {
      type: 'object',
      required: ['v', 'events'],
      properties: {
        v: { const: 1 },
        k: { type: 'string', description: 'Write key of a browser source.' },
        sent_at: { type: 'number', description: 'ms since 1970 by the clock of the sender.' },
        ctx: {
          type: 'object',
          description: 'Page, ids, consent, container and device shared by the events.',
        },
        events: { type: 'array', maxItems: 50, items: ref('Event') },
      },
    },
    Event: {
      type: 'object',
      properties: {
        id: { type: 'string', description: 'Made once by the sender and kept when it sends again.' },
        name: { type: 'string' },
        ts: { type: 'number', description: 'ms since 1970.' },
        page: { type: 'object' },
        consent: { type: 'object' },
        data_layer: { type: 'object', description: 'What the page pushed.' },
        legacy: { type: 'object', description: 'The ten fields of Stargate 2.0.' },
      },
    },
    Legacy: jsonSchema(legacyFields),
    MeasurementProtocol: {
      type: 'object',
      required: ['client_id', 'events'],
      properties: {
        client_id: { type: 'string' },
        user_id: { type: 'string' },
        timestamp_micros: { type: 'number' },
        events: {
          type: 'array',
          items: {
            type: 'object',
            required: ['name'],
            properties: { name: { type: 'string' }, params: { type: 'object' } },
          },
        },
      },
    },
    Outcome: outcomeSchema(),
    Error: {
      type: 'object',
      required: ['error'],
      properties: {
        error: {
          type: 'object',
          required: ['code', 'message'],
          properties: { code: { type: 'string', pattern: '^STG_[A-Z0-9_]+$' }, message: { type: 'string' } },
        },
      },
    },
    Row: { ...jsonSchema(FIELDS), description: 'A row of the event table.' },
  };
}

function outcomeSchema() {
  return {
    type: 'object',
    required: ['accepted', 'rejected'],
    properties: {
      accepted: { type: 'integer' },
      rejected: { type: 'integer' },
      events: {
        type: 'array',
        description: 'Only with validate=1 or debug=1.',
        items: {
          type: 'object',
          required: ['index', 'id', 'status'],
          properties: {
            index: { type: 'integer' },
            id: { type: ['string', 'null'] },
            status: { enum: ['accepted', 'rejected'] },
            reason: { enum: Object.keys(REASONS) },
            pointer: { type: 'string', format: 'json-pointer', description: 'Relative to the envelope.' },
          },
        },
      },
    },
  };
}

function securitySchemes() {
  return {
    serverKey: { type: 'http', scheme: 'bearer', description: 'Write key of a server source.' },
    legacyBearer: {
      type: 'http',
      scheme: 'bearer',
      description: 'Hex SHA-256 of API_KEY followed by API_SECRET.',
    },
  };
}
