/**
 * The products of a push as the JSON of the column `items`. Written as text at once: an object in between, and
 * JSON.stringify over it, cost a third more.
 */
import { quote } from './columns.js';
import type { EventItem } from './fields.js';
import { readDecimal, readInteger } from './numbers.js';
import { type Bag, isBag, type Notes, note, readText } from './text.js';

export interface Products {
  readonly products: readonly unknown[];
  /** Where they stand in the event. */
  readonly pointer: string;
  /** Of a list that is told once for all products. */
  readonly listId: unknown;
  readonly listName: unknown;
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
  ['coupon', ['coupon']],
] as const satisfies readonly (readonly [keyof EventItem, readonly string[]])[];
const LIST_ID = ['item_list_id', 'list_id'];
const LIST_NAME = ['item_list_name', 'list', 'list_name'];
const POSITIONS = ['index', 'position', 'list_position'];

/** `,"NAME":` of each column, made once. */
const PREFIXES = TEXTS.map(([column]) => `,"${column}":`);

/** JSON of all items, or null where there is none. */
export function itemsText({ products, pointer, listId, listName }: Products, notes: Notes): string | null {
  let text = '';
  for (let index = 0; index < products.length; index++) {
    const product = products[index];
    const at = `${pointer}/${index}`;
    if (isBag(product)) {
      const list =
        textPart(',"item_list_id":', product, LIST_ID, at, notes, listId, pointer) +
        textPart(',"item_list_name":', product, LIST_NAME, at, notes, listName, pointer);
      text += `,{${(itemText(product, at, notes) + list).slice(1)}}`;
    } else if (product !== null) note(notes, at, 'not an object, left out of items');
  }
  return text === '' ? null : `[${text.slice(1)}]`;
}

function itemText(product: Bag, at: string, notes: Notes): string {
  let text = '';
  for (let index = 0; index < TEXTS.length; index++)
    text += textPart(PREFIXES[index]!, product, TEXTS[index]![1], at, notes);
  return (
    text +
    decimalPart('price', product, at, notes) +
    integerPart(',"quantity":', product, 'quantity', at, notes) +
    decimalPart('discount', product, at, notes) +
    integerPart(',"index":', product, present(product, POSITIONS) ?? 'index', at, notes)
  );
}

/** A text column, or nothing. `common` counts where the product itself says nothing. */
function textPart(
  prefix: string,
  product: Bag,
  names: readonly string[],
  at: string,
  notes: Notes,
  common?: unknown,
  pointer = at,
): string {
  const name = present(product, names);
  const value = name === undefined ? undefined : product[name];
  // The usual case without a detour: the push was made fit for columns as a whole.
  if (typeof value === 'string' && value !== '') return prefix + quote(value);
  const read =
    (value === undefined ? null : readText(value, `${at}/${name}`, notes)) ??
    (common === undefined ? null : readText(common, pointer, notes));
  return read === null ? '' : prefix + quote(read);
}

function present(product: Bag, names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = product[name];
    if (value !== undefined && value !== null) return name;
  }
  return undefined;
}

function decimalPart(name: 'price' | 'discount', product: Bag, at: string, notes: Notes): string {
  if (product[name] === undefined) return '';
  const read = readDecimal(product[name], `${at}/${name}`, notes);
  return read === null ? '' : `,"${name}":"${read}"`;
}

function integerPart(prefix: string, product: Bag, name: string, at: string, notes: Notes): string {
  if (product[name] === undefined) return '';
  const read = readInteger(product[name], `${at}/${name}`, notes);
  return read === null ? '' : prefix + read;
}
