import { useState } from 'preact/hooks';
import { changeCart } from './cart.js';
import { Drawing, Picture } from './drawings.js';
import { CATEGORIES, found, inCategory, PRODUCTS, type Product, reais } from './products.js';
import { useShop } from './shop.js';

export function Home() {
  const { push } = useShop();
  return (
    <>
      <section class="hero">
        <div>
          <h1>Café da manhã sem pressa</h1>
          <p>Chaleira, moedor e prensa com 5% de desconto no Pix até domingo.</p>
          <a
            class="b y"
            href="/demo/p/chaleira-gota"
            onClick={() => push.interaction('home', 'clique:banner-principal', 'cafe-da-manha')}
          >
            Ver a chaleira Gota
          </a>
        </div>
        <svg viewBox="0 -40 480 272" aria-hidden="true">
          <g transform="translate(40 62) scale(1.6)">
            <Drawing slug="chaleira-gota" />
          </g>
          <g transform="translate(190 79) scale(1.4)">
            <Drawing slug="prensa-francesa" />
          </g>
          <g transform="translate(320 104) scale(1.1)">
            <Drawing slug="caneca-barro" />
          </g>
        </svg>
      </section>
      <Shelf id="destaques" title="Mais procurados" products={PRODUCTS} heading="h2" />
    </>
  );
}

export function Category({ slug, name }: { slug: string; name: string }) {
  return <Shelf id={slug} title={name} products={inCategory(slug)} heading="h1" />;
}

export function Search({ query }: { query: string }) {
  const products = query ? found(query) : [];
  return (
    <>
      <Shelf id="busca" title={`Resultado para “${query}”`} products={products} heading="h1" />
      {!products.length && <p>Nenhum produto encontrado. Tente “café” ou “panela”.</p>}
    </>
  );
}

export function Missing() {
  return (
    <div class="ok">
      <h1 class="pg">Página não encontrada</h1>
      <a class="b o" href="/demo/">
        Voltar à loja
      </a>
    </div>
  );
}

interface ShelfProps {
  readonly id: string;
  readonly title: string;
  readonly products: readonly Product[];
  readonly heading: 'h1' | 'h2';
}

function Shelf({ id, title, products, heading: Heading }: ShelfProps) {
  const { push } = useShop();
  const [order, setOrder] = useState('vendidos');
  const Name = Heading === 'h1' ? 'h2' : 'h3';
  const sorted = order === 'preco' ? [...products].sort((a, b) => a.price - b.price) : products;
  return (
    <section>
      <div class="sec">
        <Heading>{title}</Heading>
        <select aria-label="Ordenar" value={order} onChange={(event) => setOrder(event.currentTarget.value)}>
          <option value="vendidos">Mais vendidos</option>
          <option value="preco">Menor preço</option>
        </select>
      </div>
      <ul class="grid">
        {sorted.map((product, index) => (
          <li key={product.slug} class="card">
            <a href={`/demo/p/${product.slug}`} onClick={() => push.select(id, title, product, index + 1)}>
              <Picture slug={product.slug} />
              <Name>{product.name}</Name>
              <Price product={product} />
            </a>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Price({ product: { price } }: { product: Product }) {
  const parts = price > 150 ? 5 : 2;
  return (
    <>
      <p class="price">{reais(price)}</p>
      <p class="sub">
        em até {parts}x de {reais(price / parts)} sem juros
      </p>
    </>
  );
}

export function ProductPage({ product }: { product: Product }) {
  const { push, refresh } = useShop();
  const [variant, setVariant] = useState(product.options.names[0]!);
  const [added, setAdded] = useState(false);
  const category = CATEGORIES.find(({ name }) => name === product.category)!;
  function add(): void {
    changeCart(product, 1);
    push.add(product, 1, variant);
    setAdded(true);
    refresh();
  }
  return (
    <>
      <nav class="crumb" aria-label="Você está em">
        <a href="/demo/">Início</a> / <a href={`/demo/c/${category.slug}`}>{category.name}</a> /{' '}
        {product.name}
      </nav>
      <div class="prod">
        <Picture slug={product.slug} />
        <div class="buy">
          <h1>{product.name}</h1>
          <p class="sub">{product.lead}</p>
          <Price product={product} />
          <p class="sub pix">{reais(product.price * 0.95)} no Pix (5% de desconto)</p>
          <fieldset class="opts">
            <legend class="vh">{product.options.title}</legend>
            {product.options.names.map((name) => (
              <label key={name}>
                <input
                  type="radio"
                  name="opcao"
                  checked={name === variant}
                  onChange={() => setVariant(name)}
                />
                <span>{name}</span>
              </label>
            ))}
          </fieldset>
          <button type="button" class="b y" onClick={add}>
            Adicionar ao carrinho
          </button>
          <p class="added" role="status">
            {added && (
              <>
                No carrinho. <a href="/demo/carrinho">Ver o carrinho</a>
              </>
            )}
          </p>
          <dl class="facts">
            {product.facts.map(([name, value]) => (
              <div key={name}>
                <dt>{name}</dt>
                <dd>{value}</dd>
              </div>
            ))}
          </dl>
        </div>
      </div>
    </>
  );
}
