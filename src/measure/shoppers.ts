/**
 * Synthetic shoppers: a seeded population that walks through a small shop and pushes what its pages would
 * push. Pure: the same seed gives the same envelopes. Used by `dev --demo`, and as a payload mix for load.
 */

/** A small fast generator (mulberry32, public domain): uniform in [0, 1). */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Product {
  readonly item_id: string;
  readonly item_name: string;
  readonly item_category: string;
  readonly price: number;
}

const PRODUCTS: readonly Product[] = [
  { item_id: 'CHG-09', item_name: 'Chaleira Gota 900 ml', item_category: 'Café', price: 249.9 },
  { item_id: 'MOC-04', item_name: 'Moedor de café manual', item_category: 'Café', price: 389 },
  { item_id: 'TBI-02', item_name: 'Tábua de Ipê média', item_category: 'Mesa', price: 139 },
  { item_id: 'CNB-28', item_name: 'Caneca de barro 280 ml', item_category: 'Mesa', price: 64.9 },
  { item_id: 'PNF-30', item_name: 'Panela de ferro 3 L', item_category: 'Panelas', price: 459 },
  { item_id: 'JRV-12', item_name: 'Jarra de vidro 1,2 L', item_category: 'Mesa', price: 98 },
];

const CAMPAIGNS = [
  '',
  '?utm_source=instagram&utm_medium=social&utm_campaign=natal-2026',
  '?utm_source=google&utm_medium=cpc&gclid=Cj0demo',
];
const AGENTS = ['412x915', '1440x900', '390x844', '1920x1080'];

type Step = 'home' | 'list' | 'banner' | 'item' | 'add' | 'cart' | 'checkout' | 'purchase' | 'leave';

/** Where a shopper goes next: cumulative probabilities, checked in order. */
const NEXT: Record<Exclude<Step, 'leave'>, readonly (readonly [Step, number])[]> = {
  home: [
    ['list', 0.5],
    ['banner', 0.65],
    ['item', 0.85],
    ['leave', 1],
  ],
  banner: [
    ['list', 0.7],
    ['leave', 1],
  ],
  list: [
    ['item', 0.75],
    ['home', 0.85],
    ['leave', 1],
  ],
  item: [
    ['add', 0.4],
    ['list', 0.75],
    ['leave', 1],
  ],
  add: [
    ['cart', 0.7],
    ['list', 0.9],
    ['leave', 1],
  ],
  cart: [
    ['checkout', 0.6],
    ['list', 0.8],
    ['leave', 1],
  ],
  checkout: [
    ['purchase', 0.65],
    ['leave', 1],
  ],
  purchase: [['leave', 1]],
};

/** One of these a thousand pushes are wrong on purpose, so that the page shows what a mistake looks like. */
const MISTAKES_PER_THOUSAND = 6;

interface Shopper {
  readonly clientId: string;
  readonly sessionId: number;
  readonly campaign: string;
  readonly viewport: string;
  readonly consented: boolean;
  step: Step;
  product: Product;
  readonly cart: Product[];
}

export interface ShopperEnvelope {
  readonly v: 1;
  readonly k: string;
  readonly sent_at: number;
  readonly ctx: Readonly<Record<string, unknown>>;
  readonly events: readonly Readonly<Record<string, unknown>>[];
}

export interface ShopperOptions {
  readonly seed: number;
  readonly writeKey: string;
  /** Scheme, host and port of the shop's pages. */
  readonly site: string;
}

/** Gives the next envelope of a never-ending crowd; `now` is ms since 1970. */
export function shoppers({ seed, writeKey, site }: ShopperOptions): (now: number) => ShopperEnvelope {
  const next = random(seed);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(next() * list.length)]!;
  const crowd: Shopper[] = [];
  let orders = 20_000 + Math.floor(next() * 1_000);

  const arrive = (now: number): Shopper => ({
    clientId: `${Math.floor(next() * 2 ** 31)}.${Math.floor(now / 1000)}`,
    sessionId: Math.floor(now / 1000),
    campaign: pick(CAMPAIGNS),
    viewport: pick(AGENTS),
    consented: next() > 0.3,
    step: 'home',
    product: pick(PRODUCTS),
    cart: [],
  });

  return (now) => {
    if (crowd.length < 8) crowd.push(arrive(now));
    const index = Math.floor(next() * crowd.length);
    const shopper = crowd[index]!;
    const page = pageOf(shopper, site);
    const push = pushOf(shopper, () => ++orders);
    const mistake = next() * 1000 < MISTAKES_PER_THOUSAND;
    const event = {
      id: idAt(now, next),
      name: push.event,
      ts: mistake ? new Date(now).toISOString() : now - Math.floor(next() * 40),
      data_layer: push,
    };
    advance(shopper, next, pick);
    if (shopper.step === 'leave') crowd.splice(index, 1);
    return { v: 1, k: writeKey, sent_at: now, ctx: contextOf(shopper, page), events: [event] };
  };
}

/** A UUIDv7 (RFC 9562) whose random part comes from the seeded generator. */
function idAt(now: number, next: () => number): string {
  const hex = (digits: number) =>
    Math.floor(next() * 16 ** digits)
      .toString(16)
      .padStart(digits, '0');
  const time = now.toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${hex(3)}-${(8 + Math.floor(next() * 4)).toString(16)}${hex(3)}-${hex(12)}`;
}

function advance(shopper: Shopper, next: () => number, pick: <T>(list: readonly T[]) => T): void {
  if (shopper.step === 'leave') return;
  if (shopper.step === 'list') shopper.product = pick(PRODUCTS);
  if (shopper.step === 'add') shopper.cart.push(shopper.product);
  const dice = next();
  shopper.step = NEXT[shopper.step].find(([, upTo]) => dice < upTo)?.[0] ?? 'leave';
}

const PATHS: Record<Step, (shopper: Shopper) => string> = {
  home: ({ campaign }) => `/demo/${campaign}`,
  banner: () => '/demo/',
  list: () => '/demo/c/cafe',
  item: ({ product }) => `/demo/p/${product.item_id.toLowerCase()}`,
  add: ({ product }) => `/demo/p/${product.item_id.toLowerCase()}`,
  cart: () => '/demo/carrinho',
  checkout: () => '/demo/checkout',
  purchase: () => '/demo/obrigado?fone=(11)+98888-7777',
  leave: () => '/demo/',
};

const pageOf = (shopper: Shopper, site: string) => ({
  location: `${site}${PATHS[shopper.step](shopper)}`,
  title: shopper.step === 'item' ? `${shopper.product.item_name} – Casa Ipê` : 'Casa Ipê: cozinha e mesa',
  referrer: `${site}/demo/`,
});

function contextOf(shopper: Shopper, page: Record<string, string>): Record<string, unknown> {
  const ads = shopper.consented ? 'granted' : 'denied';
  return {
    page,
    ids: {
      client_id: shopper.clientId,
      client_id_source: 'ga',
      session_id: shopper.sessionId,
      session_number: 1,
    },
    consent: { analytics_storage: 'granted', ad_storage: ads, ad_user_data: ads, ad_personalization: ads },
    gtm: { container_id: 'GTM-DEMO001', container_version: '12', mode: 'push' },
    device: {
      language: 'pt-BR',
      screen: shopper.viewport,
      viewport: shopper.viewport,
      time_zone: 'America/Sao_Paulo',
    },
    tracker: '1.0.0',
  };
}

type Push = { readonly event: string } & Readonly<Record<string, unknown>>;

function pushOf(shopper: Shopper, order: () => number): Push {
  const { product, cart } = shopper;
  const basket = (cart.length > 0 ? cart : [product]).map((item) => ({ ...item, quantity: 1 }));
  const total = Math.round(basket.reduce((sum, { price }) => sum + price, 0) * 100) / 100;
  const commerce = (event: string, items: readonly object[], value: number): Push => ({
    event,
    ecommerce: { currency: 'BRL', value, items },
  });
  switch (shopper.step) {
    case 'banner':
      return {
        event: 'event',
        eventCategory: 'home',
        eventAction: 'clique:banner-principal',
        eventLabel: 'cafe-da-manha',
        noInteraction: '1',
      };
    case 'list':
      return {
        event: 'view_item_list',
        ecommerce: {
          item_list_id: 'cafe',
          items: PRODUCTS.slice(0, 3).map((item, index) => ({ ...item, index })),
        },
      };
    case 'item':
      return commerce('view_item', [product], product.price);
    case 'add':
      return commerce('add_to_cart', [{ ...product, quantity: 1 }], product.price);
    case 'cart':
      return commerce('view_cart', basket, total);
    case 'checkout':
      return commerce('begin_checkout', basket, total);
    case 'purchase':
      return {
        event: 'purchase',
        customer: { email: 'ana@exemplo.com.br', cpf: '529.982.247-25', type: 'new' },
        ecommerce: {
          transaction_id: `IPE-${order()}`,
          value: total,
          currency: 'BRL',
          shipping: '19,90',
          coupon: 'PRIMEIRACOMPRA',
          items: basket,
        },
      };
    default:
      return { event: 'page_view', page_title: 'Casa Ipê' };
  }
}
