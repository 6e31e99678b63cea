import { useEffect, useRef } from 'preact/hooks';
import { PHONE, StoreContext, useMedia, useStore, useTexts, useWatched } from './context.js';
import { Detail } from './detail.js';
import { Dialogs } from './dialogs.js';
import { Figures } from './figures.js';
import { Header } from './header.js';
import { Empty } from './install.js';
import { listenToKeys } from './keys.js';
import { List } from './list.js';
import type { Store } from './store.js';
import { Toolbar } from './toolbar.js';

export function App({ store }: { store: Store }) {
  useWatched(store);
  return (
    <StoreContext.Provider value={store}>
      <Page store={store} />
    </StoreContext.Provider>
  );
}

function Page({ store }: { store: Store }) {
  const t = useTexts();
  const search = useRef<HTMLInputElement>(null);
  const { link, language, counts, sheet } = store.state();
  const covered = useMedia(PHONE) && sheet;
  useEffect(() => listenToKeys(store, () => search.current), [store]);
  useEffect(() => {
    document.documentElement.lang = language === 'pt' ? 'pt-BR' : 'en';
    document.title = t.plain('title');
  }, [language]);
  useSheetHistory(store, covered);
  const isEmpty = counts.received === 0 && store.known().length === 0;
  return (
    <>
      <div class="page" inert={covered}>
        <Header />
        {link === 'offline' && (
          <div class="banner" role="alert">
            {t.plain('offlineMessage')}
          </div>
        )}
        <Figures />
        {!isEmpty && <Toolbar search={search} />}
        {isEmpty ? (
          <main>
            <Empty />
          </main>
        ) : (
          <main class="split">
            <List events={store.visible()} />
            {!covered && <Detail />}
          </main>
        )}
        <Footer />
      </div>
      {covered && (
        <div class="sheet">
          <Detail />
        </div>
      )}
      <Dialogs />
    </>
  );
}

/** On a phone the browser's way back closes the sheet instead of leaving the page. */
function useSheetHistory(store: Store, covered: boolean): void {
  useEffect(() => {
    const onPop = () => store.set({ sheet: false });
    window.addEventListener('popstate', onPop);
    return () => window.removeEventListener('popstate', onPop);
  }, [store]);
  useEffect(() => {
    if (!covered) return;
    history.pushState({ sheet: true }, '');
    return () => {
      if (history.state?.sheet) history.back();
      document.querySelector<HTMLElement>('[role=listbox]')?.focus();
    };
  }, [covered]);
}

function Footer() {
  const t = useTexts();
  const { hello, counts } = useStore().state();
  return (
    <footer>
      <span>
        <kbd>↑</kbd> <kbd>↓</kbd> {t.plain('keyMove')}
      </span>
      <span>
        <kbd>/</kbd> {t.plain('keySearch')}
      </span>
      <span>
        <kbd>1</kbd>–<kbd>3</kbd> {t.plain('keyTabs')}
      </span>
      <span>
        <kbd>P</kbd> {t.plain('keyPause')}
      </span>
      <span class="gap">{counts.skipped > 0 && t.count('skipped', counts.skipped)}</span>
      {hello && (
        <>
          <span class="place">
            {t.plain('log')} <code>{hello.log}</code>
          </span>
          <span class="place">
            {t.plain('warehouse')} <code>{hello.warehouse}</code>
          </span>
        </>
      )}
    </footer>
  );
}
