import { useState } from 'preact/hooks';
import { useStore, useTexts } from './context.js';
import { CopyButton } from './copy-button.js';
import { collectorOf } from './header.js';
import { Icon } from './icons.js';
import { curl, gtmCommand, htmlTag } from './snippets.js';

export function Snippet({ text }: { text: string }) {
  const t = useTexts();
  return (
    <div class="snip">
      <pre>{text}</pre>
      <CopyButton text={() => text}>{t.plain('copy')}</CopyButton>
    </div>
  );
}

export function FromTerminal() {
  const t = useTexts();
  const { hello } = useStore().state();
  return (
    <section class="way">
      <h2>{t.plain('fromTerminal')}</h2>
      <p>{t.plain('fromTerminalLead')}</p>
      <Snippet text={curl(collectorOf(hello), hello?.writeKey ?? 'dev')} />
    </section>
  );
}

export function FromShop() {
  const t = useTexts();
  return (
    <section class="way">
      <h2>{t.plain('fromShop')}</h2>
      <p>{t.plain('fromShopLead')}</p>
      <a class="btn primary" href="/demo/" target="_blank" rel="noreferrer">
        {t.plain('openShop')}
        <Icon name="out" />
      </a>
    </section>
  );
}

export function FromSite() {
  const t = useTexts();
  const { hello } = useStore().state();
  const [way, setWay] = useState<'html' | 'gtm'>('html');
  const collector = collectorOf(hello);
  const key = hello?.writeKey ?? 'dev';
  const button = (one: typeof way, words: string) => (
    <button type="button" aria-pressed={way === one} onClick={() => setWay(one)}>
      {words}
    </button>
  );
  return (
    <section class="way wide">
      <h2>{t.plain('fromSite')}</h2>
      <p>{t.plain('fromSiteLead')}</p>
      <fieldset class="seg" aria-label={t.plain('fromSite')}>
        {button('html', t.plain('snippetHtml'))}
        {button('gtm', t.plain('snippetGtm'))}
      </fieldset>
      <Snippet
        text={way === 'html' ? htmlTag(collector, key) : gtmCommand(collector, key, t.plain('gtmThen'))}
      />
    </section>
  );
}

/** Shown until the first event: every way to send one. */
export function Empty() {
  const t = useTexts();
  return (
    <div class="empty">
      <div>
        <h2 class="title">{t.plain('emptyTitle')}</h2>
        <p class="lead">{t.plain('emptyLead')}</p>
        <div class="ways">
          <FromTerminal />
          <FromShop />
          <FromSite />
        </div>
      </div>
    </div>
  );
}
