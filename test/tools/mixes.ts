/** Payload mixes for load tests, from the corpus: contexts and events of requests that are accepted as a whole. */
import type { TemplateEnvelope } from '../../src/measure/load/template.js';
import { corpus } from '../corpus/index.js';

/** Which cases belong to which mix, by the words of their names. */
const MIXES: Readonly<Record<string, RegExp>> = {
  ga4: /^\d\d-ga4-/,
  ua: /^\d\d-ua-/,
  vtex: /^\d\d-vtex-/,
  wordpress: /^\d\d-(wordpress|woocommerce|form)-?/,
  shopify: /^\d\d-shopify-/,
  magento: /^\d\d-magento/,
  all: /^[01]\d-/,
};

/** As the tracker sends them: events without what each request has of its own. */
function envelopeOf(body: Buffer): TemplateEnvelope {
  const { ctx, events } = JSON.parse(body.toString()) as {
    ctx: TemplateEnvelope['ctx'];
    events: readonly Record<string, unknown>[];
  };
  return {
    ctx,
    events: events.map(({ id: _id, ts: _ts, ...event }) => event as unknown as TemplateEnvelope['events'][0]),
  };
}

export function loadMixes(): Record<string, readonly TemplateEnvelope[]> {
  const usable = corpus.filter(
    ({ pushes, expected }) =>
      pushes.length > 0 &&
      expected.status === 202 &&
      expected.rejected.length === 0 &&
      expected.rows.length > 0,
  );
  return Object.fromEntries(
    Object.entries(MIXES).map(([mix, names]) => [
      mix,
      usable.filter(({ name }) => names.test(name)).map(({ request }) => envelopeOf(request.body)),
    ]),
  );
}
