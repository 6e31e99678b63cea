/**
 * Orders and products of a push, in the columns' terms: from GA4's `ecommerce`, from Universal Analytics'
 * enhanced ecommerce, and from event parameters at the top level (gtag, Measurement Protocol).
 */
import type { EventItem } from './fields.js';
import { readDecimal, readInteger } from './numbers.js';
import { type Bag, isBag, type Notes, note, readText } from './text.js';

export interface Commerce {
  readonly transaction_id: string | null;
  readonly value: string | null;
  readonly currency: string | null;
  readonly tax: string | null;
  readonly shipping: string | null;
  readonly coupon: string | null;
  readonly items: readonly EventItem[];
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
    items: readItems(found, notes),
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

/** Each column and the names it has in GA4, in enhanced ecommerce and in gtag's first shape. */
const TEXTS = [
  ['item_id', ['item_id', 'id', 'sku']],
  ['item_name', ['item_name', 'name']],
  ['item_brand', ['item_brand', 'brand']],
  ['item_category', ['item_category', 'category']],
  ['item_category2', ['item_category2']],
  ['item_category3', ['item_category3']],
  ['item_category4', ['item_category4']],
  ['item_category5', ['item_category5']],
  ['item_variant', ['item_variant', 'variant']],
  ['item_list_id', ['item_list_id', 'list_id']],
  ['item_list_name', ['item_list_name', 'list', 'list_name']],
  ['coupon', ['coupon']],
] as const satisfies readonly (readonly [keyof EventItem, readonly string[]])[];
const POSITIONS = ['index', 'position', 'list_position'];

type Writable = { -readonly [K in keyof EventItem]: EventItem[K] };

function readItems({ products, pointer, listId, listName }: Found, notes: Notes): EventItem[] {
  const items: EventItem[] = [];
  for (const [index, product] of products.entries()) {
    const at = `${pointer}/${index}`;
    if (!isBag(product)) {
      if (product !== null) note(notes, at, 'not an object, left out of items');
      continue;
    }
    const item = readItem(product, at, notes);
    if (listId !== undefined) item.item_list_id ??= readText(listId, pointer, notes) ?? undefined;
    if (listName !== undefined) item.item_list_name ??= readText(listName, pointer, notes) ?? undefined;
    items.push(item);
  }
  return items;
}

function readItem(product: Bag, at: string, notes: Notes): Writable {
  const item: Writable = {};
  for (const [column, names] of TEXTS) {
    const name = present(product, names);
    const value = name && product[name];
    // The usual case without a detour: the push was made fit for columns as a whole.
    if (typeof value === 'string') item[column] = value === '' ? undefined : value;
    else if (name !== undefined) item[column] = readText(value, `${at}/${name}`, notes) ?? undefined;
  }
  item.price = decimal(product, 'price', at, notes);
  item.quantity = integer(product, 'quantity', at, notes);
  item.discount = decimal(product, 'discount', at, notes);
  item.index = integer(product, present(product, POSITIONS) ?? 'index', at, notes);
  return item;
}

function present(product: Bag, names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = product[name];
    if (value !== undefined && value !== null) return name;
  }
  return undefined;
}

const decimal = (product: Bag, name: string, at: string, notes: Notes): string | undefined =>
  product[name] === undefined ? undefined : (readDecimal(product[name], `${at}/${name}`, notes) ?? undefined);

const integer = (product: Bag, name: string, at: string, notes: Notes): number | undefined =>
  product[name] === undefined ? undefined : (readInteger(product[name], `${at}/${name}`, notes) ?? undefined);
