/**
 * Orders and products of a push, in the columns' terms: from GA4's `ecommerce`, from Universal Analytics'
 * enhanced ecommerce, and from event parameters at the top level (gtag, Measurement Protocol).
 */
import { itemsText } from './items.js';
import { readDecimal } from './numbers.js';
import { type Bag, isBag, type Notes, note, readText } from './text.js';

export interface Commerce {
  readonly transaction_id: string | null;
  readonly value: string | null;
  readonly currency: string | null;
  readonly tax: string | null;
  readonly shipping: string | null;
  readonly coupon: string | null;
  /** The column's JSON; null without items. */
  readonly items: string | null;
}

/** Where an order's fields and its products stand in a push. */
interface Found {
  /** Parents of the fields, the likeliest first, each with its pointer. */
  readonly order: readonly (readonly [Bag, string])[];
  readonly products: readonly unknown[];
  readonly pointer: string;
  /** Names of a list that is told once for all products. */
  readonly listId: unknown;
  readonly listName: unknown;
}

/** Actions of enhanced ecommerce, the most telling first: a push may hold `detail` beside `impressions`. */
const ACTIONS = [
  'purchase',
  'refund',
  'checkout',
  'checkout_option',
  'add',
  'remove',
  'detail',
  'click',
] as const;

/** The commerce of a scrubbed push, or null where it has none. */
export function readCommerce(push: Bag, notes: Notes): Commerce | null {
  const found = isBag(push.ecommerce) ? inEcommerce(push.ecommerce, notes) : atTopLevel(push);
  if (found === null) return null;
  const { order } = found;
  const currency = pick(order, ['currency', 'currencyCode']);
  return {
    transaction_id: textOf(order, ['transaction_id', 'id'], notes, 128),
    value: decimalOf(order, ['value', 'revenue'], notes),
    currency: currency && readText(currency[0], currency[1], notes, 16),
    tax: decimalOf(order, ['tax'], notes),
    shipping: decimalOf(order, ['shipping'], notes),
    coupon: textOf(order, ['coupon'], notes),
    items: itemsText(found, notes),
  };
}

function inEcommerce(ecommerce: Bag, notes: Notes): Found {
  const base = '/data_layer/ecommerce';
  const listId = ecommerce.item_list_id;
  const listName = ecommerce.item_list_name;
  if (Array.isArray(ecommerce.items))
    return {
      order: [[ecommerce, base]],
      products: ecommerce.items,
      pointer: `${base}/items`,
      listId,
      listName,
    };
  const action = ACTIONS.find((name) => isBag(ecommerce[name]));
  const impressions = Array.isArray(ecommerce.impressions) ? ecommerce.impressions : [];
  const none = { products: impressions, pointer: `${base}/impressions`, listId, listName };
  if (action === undefined) return { order: [[ecommerce, base]], ...none };
  const { actionField, products } = ecommerce[action] as Bag;
  const field = isBag(actionField) ? actionField : {};
  const order = [[field, `${base}/${action}/actionField`] as const, [ecommerce, base] as const];
  if (!Array.isArray(products)) return { order, ...none };
  if (impressions.length > 0)
    note(notes, `${base}/impressions`, `not in items, which hold those of ${action}`);
  return { order, products, pointer: `${base}/${action}/products`, listId, listName: field.list ?? listName };
}

/** Only where something there is commerce for certain: `value` and `id` mean many things in a push. */
function atTopLevel(push: Bag): Found | null {
  const isOrder = Array.isArray(push.items) || push.transaction_id !== undefined;
  if (!isOrder && !(push.currency !== undefined && push.value !== undefined)) return null;
  const { id: _id, ...order } = push;
  return {
    order: [[order, '/data_layer']],
    products: Array.isArray(push.items) ? push.items : [],
    pointer: '/data_layer/items',
    listId: push.item_list_id,
    listName: push.item_list_name,
  };
}

/** The first of `names` that one of the parents has, with its pointer. */
function pick(order: Found['order'], names: readonly string[]): readonly [unknown, string] | null {
  for (const [parent, pointer] of order)
    for (const name of names) {
      const value = parent[name];
      if (value !== undefined && value !== null && value !== '') return [value, `${pointer}/${name}`];
    }
  return null;
}

function textOf(order: Found['order'], names: readonly string[], notes: Notes, max?: number): string | null {
  const found = pick(order, names);
  return found && readText(found[0], found[1], notes, max);
}

function decimalOf(order: Found['order'], names: readonly string[], notes: Notes): string | null {
  const found = pick(order, names);
  return found && readDecimal(found[0], found[1], notes);
}
