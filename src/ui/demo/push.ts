import type { CartLine, Totals } from './cart.js';
import { mayMeasure } from './consent.js';
import { dataLayer } from './data-layer.js';
import type { Product } from './products.js';
import type { Step, Trail } from './trail.js';

type Message = Readonly<Record<string, unknown>> & { readonly event: string };

export interface Push {
  page(type: string): void;
  list(id: string, name: string, products: readonly Product[]): void;
  select(id: string, name: string, product: Product, index: number): void;
  view(product: Product): void;
  add(product: Product, quantity: number, variant: string): void;
  remove(line: CartLine): void;
  cart(event: 'view_cart' | 'begin_checkout', lines: readonly CartLine[], sums: Totals): void;
  payment(type: string, lines: readonly CartLine[], sums: Totals): void;
  purchase(id: string, customer: unknown, lines: readonly CartLine[], sums: Totals): void;
  search(query: string): void;
  /** The style of Universal Analytics, as many sites still push it. */
  interaction(category: string, action: string, label: string): void;
  consent(analytics: boolean, ads: boolean): void;
}

const item = (product: Product, more: Readonly<Record<string, unknown>> = {}) => ({
  item_id: product.sku,
  item_name: product.name,
  item_brand: 'Casa Ipê',
  item_category: product.category,
  price: product.price,
  ...more,
});

const itemOf = ({ product, quantity }: CartLine) => item(product, { quantity });

/** A product in the words of enhanced ecommerce; prices are text there on most sites. */
const uaProduct = (product: Product, more: Readonly<Record<string, unknown>>) => ({
  id: product.sku,
  name: product.name,
  brand: 'Casa Ipê',
  category: product.category,
  price: product.price.toFixed(2),
  ...more,
});

/** Everything that the shop pushes. GA4 clears `ecommerce` first, or the old one would stay in the model. */
export function createPush(trail: Trail): Push {
  function send(kind: Step['kind'], message: Message): void {
    trail.pushed({ name: message.event, kind, payload: message, state: mayMeasure() ? 'pushed' : 'held' });
    dataLayer.push(message);
  }
  function commerce(kind: 'GA4' | 'UA', event: string, ecommerce: unknown, more = {}): void {
    dataLayer.push({ ecommerce: null });
    send(kind, { event, ...more, ecommerce });
  }
  const order = (lines: readonly CartLine[], { total }: Totals) => ({
    currency: 'BRL',
    value: total,
    items: lines.map(itemOf),
  });

  return {
    page: (type) => send('GA4', { event: 'page_view', page_type: type, page_title: document.title }),
    list: (id, name, products) =>
      commerce('GA4', 'view_item_list', {
        item_list_id: id,
        item_list_name: name,
        items: products.map((product, index) => item(product, { index: index + 1 })),
      }),
    select(id, name, product, index) {
      const place = { item_list_id: id, item_list_name: name };
      commerce('GA4', 'select_item', { ...place, items: [item(product, { index })] });
      const products = [uaProduct(product, { position: index })];
      commerce('UA', 'productClick', { click: { actionField: { list: name }, products } });
    },
    view: (product) =>
      commerce('GA4', 'view_item', { currency: 'BRL', value: product.price, items: [item(product)] }),
    add(product, quantity, variant) {
      const value = product.price * quantity;
      const items = [item(product, { quantity, item_variant: variant })];
      commerce('GA4', 'add_to_cart', { currency: 'BRL', value, items });
      commerce('UA', 'addToCart', {
        currencyCode: 'BRL',
        add: { products: [uaProduct(product, { quantity, variant })] },
      });
    },
    remove: (line) =>
      commerce('GA4', 'remove_from_cart', {
        currency: 'BRL',
        value: line.product.price * line.quantity,
        items: [itemOf(line)],
      }),
    cart: (event, lines, sums) => commerce('GA4', event, order(lines, sums)),
    payment: (type, lines, sums) =>
      commerce('GA4', 'add_payment_info', { ...order(lines, sums), payment_type: type }),
    // Shipping as text with a comma, as many shops push it: the row has the number, and a note.
    purchase: (id, customer, lines, sums) =>
      commerce(
        'GA4',
        'purchase',
        { transaction_id: id, ...order(lines, sums), shipping: sums.shipping.toFixed(2).replace('.', ',') },
        { customer },
      ),
    search: (query) => send('GA4', { event: 'search', search_term: query }),
    interaction: (eventCategory, eventAction, eventLabel) =>
      send('UA', { event: 'event', eventCategory, eventAction, eventLabel, noInteraction: '1' }),
    consent: (analytics, ads) =>
      send('GTM', {
        event: 'consent_update',
        analytics_storage: analytics ? 'granted' : 'denied',
        ad_storage: ads ? 'granted' : 'denied',
      }),
  };
}
