/** Realistic events by name of a mix: generated from the corpus, or walked by synthetic shoppers. */
import { readFileSync } from 'node:fs';
import { StargateError } from '../../errors.js';
import { shoppers } from '../shoppers.js';
import type { TemplateEnvelope } from './template.js';

const FILE = new URL('../../../templates/load/mixes.json', import.meta.url);
/** The mix that needs no file. */
const SHOP = 'shop';
const SHOP_ENVELOPES = 256;

type Mixes = Readonly<Record<string, readonly TemplateEnvelope[]>>;

const mixes = (): Mixes => JSON.parse(readFileSync(FILE, 'utf8')) as Mixes;

export const mixNames = (): readonly string[] => [...Object.keys(mixes()), SHOP];

/** Envelopes of a mix. Errors: STG_OPTION_INVALID for a name that is none. */
export function mixEnvelopes(name: string): readonly TemplateEnvelope[] {
  if (name === SHOP) return shopEnvelopes();
  const all = mixes();
  if (Object.hasOwn(all, name)) return all[name]!;
  throw new StargateError('STG_OPTION_INVALID', {
    message: 'There is no such mix.',
    expected: mixNames().join(', '),
    got: name,
  });
}

/** The shoppers' mistakes stay out: what a load test sends is to be accepted. */
function shopEnvelopes(): readonly TemplateEnvelope[] {
  const next = shoppers({ seed: 1, writeKey: '', site: 'https://shop.example' });
  const list = Array.from({ length: SHOP_ENVELOPES }, () => next(Date.now()));
  return list
    .filter(({ events }) => events.every(({ ts }) => typeof ts === 'number'))
    .map(({ ctx, events }) => ({ ctx, events: events as TemplateEnvelope['events'] }));
}
