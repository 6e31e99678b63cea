export const CATEGORIES = [
  { slug: 'cafe', name: 'Café' },
  { slug: 'mesa', name: 'Mesa' },
  { slug: 'panelas', name: 'Panelas' },
  { slug: 'ofertas', name: 'Ofertas' },
] as const;

export interface Product {
  readonly slug: string;
  readonly sku: string;
  readonly name: string;
  readonly category: string;
  /** In reais. */
  readonly price: number;
  readonly lead: string;
  readonly options: { readonly title: string; readonly names: readonly string[] };
  readonly facts: readonly (readonly [name: string, value: string])[];
}

const WARRANTY = ['Garantia', '12 meses'] as const;

export const PRODUCTS: readonly Product[] = [
  {
    slug: 'chaleira-gota',
    sku: 'CHG-09',
    name: 'Chaleira Gota 900 ml',
    category: 'Café',
    price: 249.9,
    lead: 'Bico fino em gota, aço inox escovado, cabo de madeira de reflorestamento.',
    options: { title: 'Cor', names: ['Aço', 'Preto fosco', 'Branco'] },
    facts: [['Capacidade', '900 ml'], ['Fogão', 'Gás e indução'], WARRANTY],
  },
  {
    slug: 'moedor-cafe',
    sku: 'MOC-04',
    name: 'Moedor de café manual',
    category: 'Café',
    price: 389,
    lead: 'Mós de cerâmica com doze níveis de moagem, do expresso à prensa.',
    options: { title: 'Madeira', names: ['Ipê', 'Jequitibá'] },
    facts: [['Recipiente', '40 g'], ['Mós', 'Cerâmica'], WARRANTY],
  },
  {
    slug: 'tabua-ipe',
    sku: 'TBI-02',
    name: 'Tábua de Ipê média',
    category: 'Mesa',
    price: 139,
    lead: 'Peça única de madeira maciça, acabamento em óleo mineral.',
    options: { title: 'Tamanho', names: ['Pequena', 'Média', 'Grande'] },
    facts: [['Medidas', '38 × 22 × 2 cm'], ['Madeira', 'Ipê de manejo'], WARRANTY],
  },
  {
    slug: 'caneca-barro',
    sku: 'CNB-28',
    name: 'Caneca de barro 280 ml',
    category: 'Mesa',
    price: 64.9,
    lead: 'Torneada à mão, esmalte sem chumbo, cada uma um pouco diferente.',
    options: { title: 'Cor', names: ['Sálvia', 'Areia'] },
    facts: [['Capacidade', '280 ml'], ['Micro-ondas', 'Sim'], WARRANTY],
  },
  {
    slug: 'panela-ferro',
    sku: 'PNF-30',
    name: 'Panela de ferro 3 L',
    category: 'Panelas',
    price: 459,
    lead: 'Ferro fundido esmaltado por dentro, do fogão direto para a mesa.',
    options: { title: 'Cor', names: ['Grafite', 'Vermelho'] },
    facts: [['Capacidade', '3 litros'], ['Fogão', 'Todos'], WARRANTY],
  },
  {
    slug: 'jarra-vidro',
    sku: 'JRV-12',
    name: 'Jarra de vidro 1,2 L',
    category: 'Mesa',
    price: 98,
    lead: 'Vidro borossilicato, resiste do gelo ao chá fervente.',
    options: { title: 'Tampa', names: ['Inox', 'Madeira'] },
    facts: [['Capacidade', '1,2 litro'], ['Lava-louças', 'Sim'], WARRANTY],
  },
  {
    slug: 'colher-pau',
    sku: 'CLP-03',
    name: 'Trio de colheres de pau',
    category: 'Panelas',
    price: 57.5,
    lead: 'Três formatos para misturar, provar e servir sem riscar a panela.',
    options: { title: 'Madeira', names: ['Bambu', 'Ipê'] },
    facts: [['Peças', '3'], ['Comprimento', '30 cm'], WARRANTY],
  },
  {
    slug: 'prensa-francesa',
    sku: 'PRF-06',
    name: 'Prensa francesa 600 ml',
    category: 'Café',
    price: 189.9,
    lead: 'Filtro de tela dupla em inox, copo de vidro que se troca.',
    options: { title: 'Tamanho', names: ['350 ml', '600 ml'] },
    facts: [['Capacidade', '600 ml'], ['Xícaras', '4'], WARRANTY],
  },
];

export const bySlug = (slug: string) => PRODUCTS.find((product) => product.slug === slug);

/** The products of a category's page; offers are what costs less than R$ 100. */
export function inCategory(slug: string): readonly Product[] {
  if (slug === 'ofertas') return PRODUCTS.filter(({ price }) => price < 100);
  const name = CATEGORIES.find((category) => category.slug === slug)?.name;
  return PRODUCTS.filter(({ category }) => category === name);
}

export function found(query: string): readonly Product[] {
  const plain = (text: string) => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
  return PRODUCTS.filter(({ name, category }) => plain(`${name} ${category}`).includes(plain(query)));
}

const money = new Intl.NumberFormat('pt-BR', { style: 'currency', currency: 'BRL' });
export const reais = (value: number) => money.format(value);

/** Two decimals: sums of prices must not show what binary fractions add. */
export const cents = (value: number) => Math.round(value * 100) / 100;
