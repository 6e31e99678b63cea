import type { Ref } from 'preact';
import { useStore, useTexts } from './context.js';
import type { Filter } from './filter.js';
import { names } from './filter.js';
import { format } from './format.js';
import { Icon } from './icons.js';

export function Toolbar({ search }: { search: Ref<HTMLInputElement> }) {
  const store = useStore();
  const t = useTexts();
  const { filter, follow, counts, language } = store.state();
  // From the state of now: two changes within one frame would else undo each other.
  const narrow = (change: Partial<Filter>) => store.set({ filter: { ...store.state().filter, ...change } });
  const show = format(language).count;
  const button = (state: Filter['state'], words: string, count?: number) => (
    <button type="button" aria-pressed={filter.state === state} onClick={() => narrow({ state })}>
      {words}
      {count !== undefined && <b> {show(count)}</b>}
    </button>
  );
  return (
    <search class="tools">
      <div class="search">
        <Icon name="search" />
        <input
          ref={search}
          type="search"
          placeholder={t.plain('search')}
          aria-label={t.plain('search')}
          aria-keyshortcuts="/"
          value={filter.query}
          onInput={(event) => narrow({ query: event.currentTarget.value })}
        />
        <i class="hint" aria-hidden="true">
          /
        </i>
      </div>
      <fieldset class="seg" aria-label={t.plain('status')}>
        {button('all', t.plain('all'))}
        {button('good', t.plain('good'), counts.good)}
        {button('bad', t.plain('bad'), counts.bad)}
      </fieldset>
      <select
        aria-label={t.plain('name')}
        value={filter.name}
        onChange={(event) => narrow({ name: event.currentTarget.value })}
      >
        <option value="">{t.plain('anyName')}</option>
        {names(store.known(), filter.name).map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
      <div class="gap" />
      <label class="follow">
        <input
          type="checkbox"
          checked={follow}
          onChange={(event) => store.set({ follow: event.currentTarget.checked })}
        />{' '}
        {t.plain('follow')}
      </label>
    </search>
  );
}
