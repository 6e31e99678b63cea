import type { Language } from '../language.js';
import { useStore, useTexts } from './context.js';
import { CopyButton } from './copy-button.js';
import { Icon, Logo } from './icons.js';

export function collectorOf(hello: { readonly collector: string } | null): string {
  return hello?.collector ?? location.origin;
}

export function Header() {
  const store = useStore();
  const t = useTexts();
  const { hello, language } = store.state();
  const collector = collectorOf(hello);
  return (
    <header>
      <h1 class="brand">
        <Logo />
        Stargate <em>dev</em>
      </h1>
      <LinkState />
      <div class="url">
        <span>{t.plain('collector')}</span>
        <code>{collector}</code>
        <CopyButton className="" text={() => collector} label={t.plain('copyUrl')} />
      </div>
      <div class="gap" />
      <nav>
        <a class="btn ghost" href="/demo/" target="_blank" rel="noreferrer" title={t.plain('shop')}>
          <span>{t.plain('shop')}</span>
          <Icon name="out" />
        </a>
        <button
          type="button"
          class="btn ghost"
          title={t.plain('install')}
          onClick={() => store.set({ dialog: 'install' })}
        >
          <span>{t.plain('install')}</span>
          <Icon name="tag" />
        </button>
      </nav>
      <Controls />
      <select
        aria-label={t.plain('language')}
        value={language}
        onChange={(event) => store.setLanguage(event.currentTarget.value as Language)}
      >
        <option value="en">EN</option>
        <option value="pt">PT</option>
      </select>
    </header>
  );
}

function LinkState() {
  const t = useTexts();
  const { link, frozen } = useStore().state();
  const shown = link === 'live' && frozen ? 'paused' : link;
  return (
    <div class={`state ${shown}`} role="status">
      <i aria-hidden="true" />
      <span>{t.plain(shown)}</span>
    </div>
  );
}

function Controls() {
  const store = useStore();
  const t = useTexts();
  const { frozen, counts } = store.state();
  const fresh = frozen ? Math.max(0, counts.received - frozen.received) : 0;
  const pause = frozen ? (fresh ? t.count('resumeNew', fresh) : t.plain('resume')) : t.plain('pause');
  return (
    <div class="controls">
      <button
        type="button"
        class="btn pause"
        aria-label={pause}
        aria-keyshortcuts="p"
        onClick={store.togglePause}
      >
        <Icon name={frozen ? 'play' : 'pause'} />
        <span>{pause}</span>
        {fresh > 0 && <b aria-hidden="true">{fresh}</b>}
      </button>
      <button
        type="button"
        class="btn"
        aria-label={t.plain('clear')}
        onClick={() => store.set({ dialog: 'clear' })}
      >
        <Icon name="clear" />
        <span>{t.plain('clear')}</span>
      </button>
    </div>
  );
}
