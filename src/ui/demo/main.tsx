import '../style/demo.css';
import '../style/demo-browse.css';
import '../style/demo-buy.css';
import '../style/demo-ribbon.css';
import '../style/demo-narrow.css';
import { render } from 'preact';
import { useState } from 'preact/hooks';
import { follow } from '../live/stream.js';
import { type Choice, choose, chosen, startConsent } from './consent.js';
import { ConsentBanner } from './consent-banner.js';
import { Frame } from './frame.js';
import { Category, Home, Missing, ProductPage, Search } from './pages-browse.js';
import { CartPage, CheckoutPage, ThanksPage } from './pages-buy.js';
import { createPush } from './push.js';
import { Ribbon } from './ribbon.js';
import { announce, type Route, routeOf, titleOf } from './route.js';
import { ShopContext } from './shop.js';
import { createTrail, type Sent } from './trail.js';

/** As a site's page has it, after the consent default and before the first push. */
function loadTracker(): void {
  const script = document.createElement('script');
  script.async = true;
  script.src = '/stargate.js';
  script.dataset.key = 'dev';
  document.head.append(script);
}

/** Connections to one host are few: a page that is left gives its stream back. */
function followStream(): void {
  const nothing = () => {};
  const connect = () =>
    follow('/dev/stream', {
      events: trail.seen,
      hello: nothing,
      counts: nothing,
      reset: nothing,
      lost: nothing,
    });
  let leave = connect();
  addEventListener('pagehide', () => leave());
  addEventListener('pageshow', (event) => {
    if (event.persisted) leave = connect();
  });
}

function Page({ route }: { route: Route }) {
  if (route.page === 'home') return <Home />;
  if (route.page === 'category') return <Category slug={route.slug} name={route.name} />;
  if (route.page === 'product') return <ProductPage product={route.product} />;
  if (route.page === 'search') return <Search query={route.query} />;
  if (route.page === 'cart') return <CartPage />;
  if (route.page === 'checkout') return <CheckoutPage />;
  return route.page === 'thanks' ? <ThanksPage /> : <Missing />;
}

function App({ route }: { route: Route }) {
  const [asking, setAsking] = useState(chosen() === null);
  const [, render] = useState(0);
  const refresh = () => render((count) => count + 1);
  function decide(choice: Choice): void {
    const before = chosen()?.analytics ?? false;
    choose(choice);
    push.consent(choice.analytics, choice.ads);
    // What the page pushed without consent was not sent, and is not sent later: it is said again.
    if (choice.analytics && !before) announce(route, push);
    setAsking(false);
  }
  return (
    <ShopContext.Provider value={{ push, refresh }}>
      <Frame route={route} openConsent={() => setAsking(true)}>
        <Page route={route} />
      </Frame>
      <div class="dock">
        {asking && <ConsentBanner decide={decide} />}
        <Ribbon trail={trail} />
      </div>
    </ShopContext.Provider>
  );
}

const trail = createTrail();
const push = createPush(trail);
const here = routeOf(location.pathname, new URLSearchParams(location.search));

document.title = titleOf(here);
startConsent();
addEventListener('stargate:sent', (event) => trail.sent((event as CustomEvent<Sent>).detail));
loadTracker();
followStream();
announce(here, push);
render(<App route={here} />, document.getElementById('app')!);
