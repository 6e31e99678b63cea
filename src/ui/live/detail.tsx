import { useEffect, useMemo, useRef } from 'preact/hooks';
import type { LiveEvent } from '../../event/live.js';
import type { Texts } from '../texts.js';
import { PHONE, useMedia, useStore, useTexts } from './context.js';
import { CopyButton } from './copy-button.js';
import { clock, format } from './format.js';
import { collectorOf } from './header.js';
import { HopsBar } from './hops.js';
import { Icon } from './icons.js';
import { Status } from './list-row.js';
import { documentOf, eventRow } from './payload.js';
import { PayloadTab } from './payload-tab.js';
import { ProblemsTab } from './problems-tab.js';
import { RowTab } from './row-tab.js';
import { curlOf, sqlOf } from './snippets.js';
import { TABS, type Tab } from './store.js';

export function Detail() {
  const t = useTexts();
  const { chosen, tab, sheet, showEmpty, language, hello } = useStore().state();
  const isSheet = useMedia(PHONE);
  // A large payload need not be compared anew in every frame of a busy stream.
  const pane = useMemo(
    () => chosen && <Pane event={chosen} tab={tab} />,
    [chosen, tab, showEmpty, language, hello],
  );
  if (isSheet && !sheet) return null;
  return (
    <section class="detail" aria-label={t.plain('detail')}>
      {chosen ? (
        <>
          <Heading event={chosen} isSheet={isSheet} />
          <Tabs event={chosen} tab={tab} />
          {pane}
        </>
      ) : (
        <p class="choose">{t.plain('choose')}</p>
      )}
    </section>
  );
}

function Heading({ event, isSheet }: { event: LiveEvent; isSheet: boolean }) {
  const t = useTexts();
  const { hello, language } = useStore().state();
  const collector = collectorOf(hello);
  return (
    <div class="dh">
      {isSheet && <Back />}
      <h2>
        <span class="name">{event.event_name ?? t.plain('unnamed')}</span>
        <Status state={event.state} />
        {event.queryable_ms !== null && (
          <span class="qi">{t.count('queryableIn', Math.round(event.queryable_ms))}</span>
        )}
      </h2>
      <p class="idl">
        <span>{clock(event.received_at)}</span>
        {event.page_path && <span>{event.page_path}</span>}
        {event.event_id && <code>{event.event_id}</code>}
      </p>
      <div class="copies">
        <span>{t.plain('copy')}</span>
        <CopyButton text={() => JSON.stringify(documentOf(event), null, 2)}>{t.plain('copyJson')}</CopyButton>
        <CopyButton text={() => curlOf(event, collector, hello?.writeKey ?? 'dev')}>curl</CopyButton>
        <CopyButton text={() => sqlOf(event)}>SQL</CopyButton>
      </div>
      {event.hops && <HopsBar hops={event.hops} show={format(language).ms} />}
    </div>
  );
}

/** The sheet covers everything, so the way back gets the focus. */
function Back() {
  const t = useTexts();
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => button.current?.focus(), []);
  return (
    <button ref={button} type="button" class="btn ghost back" onClick={() => history.back()}>
      <Icon name="back" />
      {t.plain('back')}
    </button>
  );
}

function labelOf(t: Texts, tab: Tab): string {
  return t.plain(tab === 'row' ? 'tabRow' : tab === 'payload' ? 'tabPayload' : 'tabProblems');
}

function Tabs({ event, tab }: { event: LiveEvent; tab: Tab }) {
  const store = useStore();
  const t = useTexts();
  const list = useRef<HTMLDivElement>(null);
  const counts: Record<Tab, number> = {
    row: 0,
    payload: event.pii_redactions,
    problems: event.state === 'bad' ? 1 : event.issues,
  };
  const tone = { row: '', payload: 'w', problems: event.state === 'bad' ? 'b' : '' };
  function onKeyDown(press: KeyboardEvent): void {
    const at = TABS.indexOf(tab);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: TABS.length - 1 }[press.key];
    if (to === undefined) return;
    press.preventDefault();
    const next = (to + TABS.length) % TABS.length;
    store.set({ tab: TABS[next]! });
    (list.current?.children[next] as HTMLElement | undefined)?.focus();
  }
  return (
    <div
      ref={list}
      class="tabs"
      role="tablist"
      tabIndex={-1}
      aria-label={t.plain('tabs')}
      onKeyDown={onKeyDown}
    >
      {TABS.map((one) => (
        <button
          key={one}
          type="button"
          role="tab"
          id={`tab-${one}`}
          aria-controls={one === tab ? 'pane' : undefined}
          aria-selected={one === tab}
          tabIndex={one === tab ? 0 : -1}
          onClick={() => store.set({ tab: one })}
        >
          {labelOf(t, one)}
          {counts[one] > 0 && <span class={`n ${tone[one]}`}>{counts[one]}</span>}
        </button>
      ))}
    </div>
  );
}

function Pane({ event, tab }: { event: LiveEvent; tab: Tab }) {
  return (
    <div
      id="pane"
      class="pane"
      role="tabpanel"
      aria-labelledby={`tab-${tab}`}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
      tabIndex={0}
      key={event.key + tab}
    >
      {tab === 'row' && <RowTab event={event} />}
      {tab === 'payload' && <PayloadTab event={event} />}
      {tab === 'problems' && <ProblemsTab event={event} issues={eventRow(event)?.issues ?? []} />}
    </div>
  );
}
