import type { ComponentChildren } from 'preact';
import { cartLines } from './cart.js';
import { Flower } from './drawings.js';
import { CATEGORIES } from './products.js';
import type { Route } from './route.js';
import { useShop } from './shop.js';

interface Props {
  readonly route: Route;
  openConsent(): void;
  readonly children: ComponentChildren;
}

/** What every page has: the notice, the head, the foot. */
export function Frame({ route, openConsent, children }: Props) {
  return (
    <>
      <a class="skip" href="#conteudo">
        Ir para o conteúdo
      </a>
      <Head route={route} />
      <main class="w" id="conteudo">
        {children}
      </main>
      <footer class="w">
        <p class="foot">
          Casa Ipê é uma loja fictícia para testar a coleta de eventos.{' '}
          <button type="button" class="lk" onClick={openConsent}>
            Preferências de cookies
          </button>{' '}
          <a href="/">Página ao vivo do Stargate</a>
        </p>
      </footer>
    </>
  );
}

function Head({ route }: { route: Route }) {
  const { push } = useShop();
  const count = cartLines().reduce((sum, { quantity }) => sum + quantity, 0);
  return (
    <header>
      <p class="top">Loja de demonstração: nada é vendido nem cobrado aqui</p>
      <div class="w">
        <a class="logo" href="/demo/">
          <Flower />
          Casa Ipê
        </a>
        <nav aria-label="Categorias">
          {CATEGORIES.map(({ slug, name }) => (
            <a
              key={slug}
              href={`/demo/c/${slug}`}
              aria-current={route.page === 'category' && route.slug === slug ? 'page' : undefined}
              onClick={() => push.interaction('menu', 'clique:menu-superior', slug)}
            >
              {name}
            </a>
          ))}
        </nav>
        <search class="find">
          <form action="/demo/busca">
            <input
              type="search"
              name="q"
              placeholder="Buscar na loja"
              aria-label="Buscar na loja"
              defaultValue={route.page === 'search' ? route.query : ''}
            />
          </form>
        </search>
        <a class="cart" href="/demo/carrinho">
          Carrinho <b>{count}</b>
        </a>
      </div>
    </header>
  );
}
