/** GA4's Measurement Protocol in the terms of our own envelope. */
import { type Bag, isBag } from './text.js';

/**
 * The body's own fields as a context. `user_agent` and `ip_override` describe a visitor by a server's word, so
 * they become trusted fields and count with a server key only.
 */
export function mpContext(body: Bag): Bag {
  return {
    ids: { client_id: body.client_id, client_id_source: 'mp', user_id: body.user_id },
    consent: consentOf(body),
    device: isBag(body.device) ? { language: body.device.language } : undefined,
    trusted: { ip: body.ip_override, user_agent: body.user_agent },
  };
}

/** The protocol writes states in capitals, and has an older switch of its own for personalised advertising. */
function consentOf({ consent, non_personalized_ads: npa }: Bag): Bag | undefined {
  const states: Record<string, unknown> = npa === true ? { ad_personalization: 'denied' } : {};
  if (isBag(consent))
    for (const [type, state] of Object.entries(consent))
      states[type] = typeof state === 'string' ? state.toLowerCase() : state;
  return states;
}

/** µs, as a number or as its text (JSON has no 64-bit integers), in ms; anything else as it is, to be noted. */
function milliseconds(micros: unknown): unknown {
  const number = typeof micros === 'string' && /^\d{1,16}$/.test(micros) ? Number(micros) : micros;
  return typeof number === 'number' ? Math.floor(number / 1000) : number;
}

/** One event; what is no object is left as it is, and refused later like any other. */
export function mpEvent(value: unknown, body: Bag): unknown {
  if (!isBag(value)) return value;
  const params = isBag(value.params) ? value.params : {};
  return {
    name: value.name,
    ts: milliseconds(value.timestamp_micros ?? body.timestamp_micros),
    page: { location: params.page_location, title: params.page_title, referrer: params.page_referrer },
    session_id: params.session_id ?? params.ga_session_id,
    session_number: params.session_number ?? params.ga_session_number,
    data_layer: body.user_properties ? { ...params, user_properties: body.user_properties } : params,
  };
}
