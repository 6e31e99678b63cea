import { cpus } from 'node:os';
import { decodeUtf8, prescan } from '../../src/event/prescan.js';
import { sanitise, sanitiseParsed } from '../../src/event/sanitise.js';
import { createScrubber } from '../../src/event/scrub.js';

/** CPU time of one call in µs, for each function: rounds alternate between them, the median counts. */
function compare(functions: Record<string, () => unknown>, rounds = 9): Record<string, number> {
  const entries = Object.entries(functions);
  const times = new Map<string, number[]>(entries.map(([name]) => [name, []]));
  const calls = new Map(entries.map(([name, call]) => [name, callsFor(call)]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, call] of entries) times.get(name)!.push(measure(call, calls.get(name)!));
  }
  return Object.fromEntries(
    [...times].map(([name, all]) => [name, Number(all.sort((a, b) => a - b)[rounds >> 1]!.toFixed(3))]),
  );
}

function measure(call: () => unknown, calls: number): number {
  const before = process.cpuUsage();
  for (let at = 0; at < calls; at++) call();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / calls;
}

/** Enough calls for about 40 ms a round, after the compiler has seen the code. */
function callsFor(call: () => unknown): number {
  measure(call, 2000);
  return Math.max(3, Math.round(40_000 / Math.max(0.05, measure(call, 2000))));
}

export const pageView = {
  event: 'page_view',
  page: { type: 'product', category: 'Calçados/Tênis', title: 'Tênis de corrida "Vento" | Casa Ipê' },
  page_location:
    'https://www.casaipe.example/p/tenis-vento?utm_source=google&utm_medium=cpc&utm_campaign=verao',
  page_referrer: 'https://www.google.com/',
  user: { logged: false, type: 'returning' },
  clientId: '1234567890.1716400000',
  session_id: 1716400000,
  experiments: ['a', 'b'],
  language: 'pt-br',
  'gtm.uniqueEventId': 12,
  'gtm.start': 1764000000000,
  ecommerce: {
    currency: 'BRL',
    value: 399.9,
    items: [{ item_id: 'SKU-1', item_name: 'Tênis Vento', price: 399.9 }],
  },
  theme: { dark: true, columns: 3 },
};

const item = (number: number) => ({
  item_id: `SKU-${number}-0001`,
  item_name: `Tênis de corrida Vento ${number}`,
  item_brand: 'Ipê',
  item_category: 'Calçados',
  item_category2: 'Tênis',
  item_category3: 'Corrida',
  item_variant: 'azul/42',
  price: 399.9,
  quantity: 1,
  discount: 40,
  index: number,
  item_list_id: 'related_products',
  item_list_name: 'Produtos relacionados',
  coupon: 'VERAO10',
});

export const purchase = {
  event: 'purchase',
  ecommerce: {
    transaction_id: 'T-20261123-0042',
    affiliation: 'Loja online',
    value: 1599.6,
    tax: 80.1,
    shipping: 19.9,
    currency: 'BRL',
    coupon: 'VERAO10',
    payment_type: 'pix',
    items: [0, 1, 2, 3].map(item),
  },
  page_location: 'https://www.casaipe.example/checkout/obrigado?pedido=20261123-0042',
  page_title: 'Pedido confirmado | Casa Ipê',
  user_type: 'returning',
  'gtm.uniqueEventId': 77,
};

export const personal = {
  ...purchase,
  customer: {
    name: 'Maria Exemplo',
    email: 'maria@exemplo.example',
    cpf: '529.982.247-25',
    phone: '(11) 91234-5678',
  },
  note: 'Entregar para maria@exemplo.example, CPF 529.982.247-25, fone (11) 91234-5678',
};

/** µs of CPU a call; the envelopes are whole request bodies. */
export async function run(): Promise<Record<string, unknown>> {
  const scrubber = createScrubber({ keys: [], allow: [] });
  const tally = { redactions: 0 };
  const figures: Record<string, unknown> = { cpu: cpus()[0]?.model };
  for (const [name, event] of Object.entries({ pageView, purchase, personal })) {
    const body = Buffer.from(JSON.stringify(event));
    const parsed: unknown = JSON.parse(body.toString());
    figures[name] = {
      bytes: body.length,
      ...compare({
        prescan: () => prescan(body, { maxDepth: 64, maxSeparators: 100_000 }),
        decode: () => decodeUtf8(body),
        parse: () => JSON.parse(decodeUtf8(body)!),
        sanitiseParsed: () => sanitiseParsed(parsed),
        sanitise: () => sanitise(parsed),
        scrub: () => scrubber.tree(parsed, tally),
        both: () => scrubber.tree(sanitiseParsed(parsed).value, tally),
      }),
    };
  }
  return figures;
}
