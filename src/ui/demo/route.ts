import { type CartLine, cartLines, lastOrder, totals } from './cart.js';
import { mayMeasure } from './consent.js';
import { bySlug, CATEGORIES, found, inCategory, PRODUCTS, type Product } from './products.js';
import type { Push } from './push.js';

export type Route =
  | { readonly page: 'home' | 'cart' | 'checkout' | 'thanks' | 'missing' }
  | { readonly page: 'search'; readonly query: string }
  | { readonly page: 'category'; readonly slug: string; readonly name: string }
  | { readonly page: 'product'; readonly product: Product };

/** The page that an address names, `/demo/p/chaleira-gota` for one. */
export function routeOf(path: string, query: URLSearchParams): Route {
  const [, kind = '', slug = ''] = path.replace(/^\/demo\/?/, '/').split('/');
  if (!kind) return { page: 'home' };
  if (kind === 'carrinho') return { page: 'cart' };
  if (kind === 'checkout') return { page: 'checkout' };
  if (kind === 'obrigado') return { page: 'thanks' };
  if (kind === 'busca') return { page: 'search', query: query.get('q')?.trim() ?? '' };
  const category = kind === 'c' && CATEGORIES.find((one) => one.slug === slug);
  if (category) return { page: 'category', slug, name: category.name };
  const product = kind === 'p' ? bySlug(slug) : undefined;
  return product ? { page: 'product', product } : { page: 'missing' };
}

const TITLES = {
  home: 'cozinha e mesa',
  cart: 'Carrinho',
  checkout: 'Finalizar compra',
  thanks: 'Pedido recebido',
  missing: 'Página não encontrada',
} as const;

export function titleOf(route: Route): string {
  if (route.page === 'category') return `Casa Ipê: ${route.name}`;
  if (route.page === 'product') return `Casa Ipê: ${route.product.name}`;
  return `Casa Ipê: ${route.page === 'search' ? `Busca por ${route.query}` : TITLES[route.page]}`;
}

/** Pushes what the page shows. Called once a page, and again when consent comes while it is open. */
export function announce(route: Route, push: Push): void {
  const lines = cartLines();
  push.page(route.page);
  if (route.page === 'home') push.list('destaques', 'Mais procurados', PRODUCTS);
  if (route.page === 'category') push.list(route.slug, route.name, inCategory(route.slug));
  if (route.page === 'product') push.view(route.product);
  if (route.page === 'cart') push.cart('view_cart', lines, totals(lines, false));
  if (route.page === 'checkout' && lines.length) push.cart('begin_checkout', lines, totals(lines, true));
  if (route.page === 'thanks') sell(push);
  if (route.page === 'search' && route.query) {
    push.search(route.query);
    push.list('busca', 'Resultado da busca', found(route.query));
  }
}

/** With the customer's data, as careless shops do: the collector takes it out before the log. */
function sell(push: Push): void {
  const order = lastOrder.read();
  if (!order || order.reported) return;
  const lines = order.lines.flatMap(({ slug, quantity }): CartLine[] => {
    const product = bySlug(slug);
    return product ? [{ product, quantity }] : [];
  });
  push.purchase(order.number, order.customer, lines, totals(lines, order.payment === 'pix'));
  if (mayMeasure()) lastOrder.write({ ...order, reported: true });
}
