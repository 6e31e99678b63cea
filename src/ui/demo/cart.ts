import { bySlug, cents, type Product } from './products.js';
import { isObject, slot } from './storage.js';

export interface CartLine {
  readonly product: Product;
  readonly quantity: number;
}

const stored = slot<Readonly<Record<string, number>>>('localStorage', 'casa-ipe.cart', {}, isObject);

/** Anybody may have written into the storage: unknown products and odd quantities are left out. */
export function cartLines(): readonly CartLine[] {
  return Object.entries(stored.read()).flatMap(([slug, count]) => {
    const product = bySlug(slug);
    const quantity = Math.min(99, Math.floor(Number(count)));
    return product && quantity > 0 ? [{ product, quantity }] : [];
  });
}

export function changeCart(product: Product, by: number): void {
  const cart = Object.fromEntries(cartLines().map((line) => [line.product.slug, line.quantity]));
  const quantity = (cart[product.slug] ?? 0) + by;
  const { [product.slug]: _, ...others } = cart;
  stored.write(quantity > 0 ? { ...cart, [product.slug]: quantity } : others);
}

export function emptyCart(): void {
  stored.write({});
}

export const SHIPPING = 19.9;

export interface Totals {
  readonly products: number;
  readonly shipping: number;
  /** 5 % when paid by Pix. */
  readonly discount: number;
  readonly total: number;
}

export function totals(lines: readonly CartLine[], byPix: boolean): Totals {
  const products = cents(lines.reduce((sum, { product, quantity }) => sum + product.price * quantity, 0));
  const discount = byPix ? cents(products * 0.05) : 0;
  return { products, shipping: SHIPPING, discount, total: cents(products + SHIPPING - discount) };
}

export interface Order {
  readonly number: string;
  readonly lines: readonly { readonly slug: string; readonly quantity: number }[];
  readonly payment: string;
  readonly customer: {
    readonly name: string;
    readonly email: string;
    readonly phone: string;
    readonly cpf: string;
  };
  /** Whether its purchase has been pushed: a reload must not sell twice. */
  readonly reported: boolean;
}

const isOrder = (value: unknown) =>
  isObject(value) &&
  Array.isArray(value.lines) &&
  isObject(value.customer) &&
  typeof value.customer.name === 'string';

export const lastOrder = slot<Order | null>('sessionStorage', 'casa-ipe.order', null, isOrder);
