/** The two payloads that all figures speak of: a page view of about 700 bytes, a GA4 purchase of about 2 KB. */
const context = {
  page: {
    location: 'https://www.example.com.br/c/cafe?utm_source=instagram&utm_medium=social',
    title: 'Café – Casa Ipê',
    referrer: 'https://www.example.com.br/',
  },
  ids: {
    client_id: '903561127.1795443301',
    client_id_source: 'ga',
    session_id: 1795443301,
    session_number: 2,
  },
  consent: { ad_storage: 'denied', analytics_storage: 'granted' },
  gtm: { container_id: 'GTM-DEMO001', container_version: '12', mode: 'push' },
  device: { language: 'pt-BR', screen: '412x915', viewport: '412x780', time_zone: 'America/Sao_Paulo' },
  tracker: '1.0.0',
};
const items = [1, 2, 3, 4].map((index) => ({
  item_id: `SKU-${index}`,
  item_name: `Chaleira Gota 900 ml, modelo ${index}`,
  item_brand: 'Casa Ipê',
  item_category: 'Café',
  item_category2: 'Chaleiras',
  item_variant: 'Aço escovado',
  price: 249.9,
  quantity: index,
  index,
  item_list_id: 'mais-procurados',
  item_list_name: 'Mais procurados',
}));
const purchaseLayer = {
  event: 'purchase',
  ecommerce: {
    transaction_id: 'IPE-20418',
    value: 2499,
    tax: 0,
    shipping: 19.9,
    currency: 'BRL',
    coupon: 'PRIMEIRACOMPRA',
    items,
  },
  'gtm.uniqueEventId': 88,
};
const pageLayer = {
  event: 'page_view',
  page_type: 'category',
  page_category: 'cafe',
  logged_in: false,
  'gtm.uniqueEventId': 12,
};

const envelope =
  (name: string, layer: object) =>
  (ids: readonly string[], now: number): string =>
    JSON.stringify({
      v: 1,
      k: 'dev',
      sent_at: now,
      ctx: context,
      events: ids.map((id) => ({ id, name, ts: now - 20, data_layer: layer })),
    });

const pages = envelope('page_view', pageLayer);
const purchases = envelope('purchase', purchaseLayer);

export const pageView = (id: string, now = Date.now()): string => pages([id], now);
export const purchase = (id: string, now = Date.now()): string => purchases([id], now);
export const pageViews = (ids: readonly string[], now = Date.now()): string => pages(ids, now);
export const purchaseOf = (ids: readonly string[], now = Date.now()): string => purchases(ids, now);
