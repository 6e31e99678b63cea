import type { LiveCounts, LiveEvent, LiveHello } from '../../event/live.js';
import { type Language, localStore, preferredLanguage, rememberLanguage } from '../language.js';
import { createFeed, type Feed } from './feed.js';
import { type Filter, select } from './filter.js';
import { createRate, type Rate } from './rate.js';
import type { StreamHandlers } from './stream.js';

export const TABS = ['row', 'payload', 'problems'] as const;
export type Tab = (typeof TABS)[number];

export interface State {
  readonly language: Language;
  readonly link: 'connecting' | 'live' | 'offline';
  readonly hello: LiveHello | null;
  readonly counts: LiveCounts;
  readonly filter: Filter;
  readonly follow: boolean;
  /** Events as they were when the reader paused, and how many had been received by then; null while live. */
  readonly frozen: { readonly events: readonly LiveEvent[]; readonly received: number } | null;
  /** The chosen event: kept even when the list has let it go. */
  readonly chosen: LiveEvent | null;
  readonly tab: Tab;
  /** On a phone: whether the detail covers the list. */
  readonly sheet: boolean;
  readonly showEmpty: boolean;
  readonly dialog: 'install' | 'clear' | null;
}

const NO_COUNTS: LiveCounts = {
  received: 0,
  good: 0,
  bad: 0,
  in_flight: 0,
  scrubbed: { values: 0, events: 0 },
  queryable: null,
  skipped: 0,
};

export interface Store extends StreamHandlers {
  readonly rate: Rate;
  state(): State;
  /** Changes take effect at once; who watches hears of them once per animation frame. */
  set(change: Partial<State>): void;
  watch(listener: () => void): () => void;
  /** What the list shows: live or frozen, and filtered. */
  visible(): readonly LiveEvent[];
  known(): readonly LiveEvent[];
  choose(event: LiveEvent, sheet?: boolean): void;
  /** Moves the choice in the visible list: 1 towards older events, -1 towards newer. */
  move(by: number): void;
  setLanguage(language: Language): void;
  togglePause(): void;
}

export function createStore(onFrame: (callback: () => void) => void): Store {
  const feed: Feed = createFeed();
  const rate = createRate();
  const listeners = new Set<() => void>();
  let scheduled = false;
  let state: State = {
    language: preferredLanguage(navigator.languages, localStore()),
    link: 'connecting',
    hello: null,
    counts: NO_COUNTS,
    filter: { state: 'all', name: '', query: '' },
    follow: true,
    frozen: null,
    chosen: null,
    tab: 'row',
    sheet: false,
    showEmpty: false,
    dialog: null,
  };

  function set(change: Partial<State>): void {
    state = { ...state, ...change };
    if (scheduled) return;
    scheduled = true;
    onFrame(() => {
      scheduled = false;
      for (const listener of listeners) listener();
    });
  }

  const known = () => state.frozen?.events ?? feed.events();
  const visible = () => select(known(), state.filter);

  function choose(event: LiveEvent, sheet = state.sheet): void {
    const tab = event.state === 'bad' ? 'problems' : state.chosen?.state === 'bad' ? 'row' : state.tab;
    set({ chosen: event, tab, sheet });
  }

  return {
    rate,
    set,
    known,
    visible,
    choose,
    state: () => state,
    watch(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    move(by) {
      const list = visible();
      const at = list.findIndex(({ key }) => key === state.chosen?.key);
      const next = list[at < 0 ? 0 : Math.min(list.length - 1, Math.max(0, at + by))];
      if (next) choose(next);
    },
    setLanguage(language) {
      rememberLanguage(language, localStore());
      set({ language });
    },
    togglePause() {
      set({ frozen: state.frozen ? null : { events: feed.events(), received: state.counts.received } });
    },
    hello(hello) {
      rate.connect(Date.now());
      set({ hello, link: 'live' });
    },
    events(batch) {
      rate.repeated(feed.add(batch));
      const before = state.chosen ?? feed.events()[0] ?? null;
      // A paused page stands still, the open event too.
      const chosen = (!state.frozen && before && feed.get(before.key)) || before;
      const turnedBad = before?.state === 'in_flight' && chosen?.state === 'bad';
      set({ chosen, ...(turnedBad && { tab: 'problems' }) });
    },
    counts(counts) {
      rate.counts(counts, Date.now());
      set({ counts });
    },
    reset() {
      feed.clear();
      rate.clear();
      const frozen = state.frozen && { events: [], received: 0 };
      set({ counts: NO_COUNTS, chosen: null, sheet: false, frozen });
    },
    lost() {
      set({ link: 'offline' });
    },
  };
}
