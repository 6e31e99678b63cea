import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { LiveEvent } from '../../event/live.js';
import { PHONE, useMedia, useStore, useTexts } from './context.js';
import { Icon } from './icons.js';
import { ListRow, optionId } from './list-row.js';
import { type Offsets, offsets, range, reveal } from './offsets.js';
import { useScroll } from './scroll.js';

/** Must agree with `--row` and `--row-bad` of list.css, which take their values from here. */
const HEIGHTS = { wide: { good: 32, bad: 50 }, phone: { good: 54, bad: 76 } } as const;

export function List({ events }: { events: readonly LiveEvent[] }) {
  const t = useTexts();
  const store = useStore();
  const { chosen, follow } = store.state();
  const heights = HEIGHTS[useMedia(PHONE) ? 'phone' : 'wide'];
  const rows = useMemo(
    () => offsets(events.map(({ state }) => (state === 'bad' ? heights.bad : heights.good))),
    [events, heights],
  );
  const box = useRef<HTMLDivElement>(null);
  const chosenAt = events.findIndex(({ key }) => key === chosen?.key);
  const { view, fresh, onScroll } = useScroll({
    box,
    events,
    rows,
    follow,
    setFollow: (on) => store.set({ follow: on }),
  });
  useReveal(box, rows, chosenAt, chosen?.key ?? '');
  const shown = shownIndexes(range(rows, view.top, view.height), chosenAt);
  return (
    <div class="list" style={{ '--row': `${heights.good}px`, '--row-bad': `${heights.bad}px` }}>
      <ListHead />
      {fresh > 0 && (
        <button type="button" class="fresh" onClick={() => store.set({ follow: true })}>
          <Icon name="up" />
          {t.count('newAbove', fresh)}
        </button>
      )}
      <div
        ref={box}
        class="rows"
        role="listbox"
        tabIndex={0}
        aria-label={t.plain('events')}
        aria-activedescendant={chosenAt >= 0 ? optionId(events[chosenAt]!) : undefined}
        onScroll={onScroll}
      >
        <div class="tall" role="presentation" style={{ height: `${rows.tops[events.length]}px` }}>
          {shown.map((index) => (
            <ListRow
              key={events[index]!.key}
              event={events[index]!}
              top={rows.tops[index]!}
              place={index + 1}
              total={events.length}
              chosen={index === chosenAt}
            />
          ))}
        </div>
      </div>
      {!events.length && <NoneFound />}
    </div>
  );
}

/** The chosen row is always there, for the screen reader that is told of it by its id. */
function shownIndexes([from, to]: readonly [number, number], chosenAt: number): readonly number[] {
  const list = Array.from({ length: to - from }, (_, index) => from + index);
  if (chosenAt >= 0 && (chosenAt < from || chosenAt >= to)) list.push(chosenAt);
  return list;
}

/** Brings the choice into view when it changes, not when the list moves under it. */
function useReveal(box: { current: HTMLDivElement | null }, rows: Offsets, index: number, key: string): void {
  const [before] = useState({ key });
  useLayoutEffect(() => {
    if (before.key === key || index < 0 || !box.current) return;
    before.key = key;
    const { scrollTop, clientHeight } = box.current;
    box.current.scrollTop = reveal(rows, index, scrollTop, clientHeight);
  });
}

function ListHead() {
  const t = useTexts();
  return (
    <div class="head" aria-hidden="true">
      <span>{t.plain('time')}</span>
      <span>{t.plain('event')}</span>
      <span>{t.plain('page')}</span>
      <span class="u">{t.plain('user')}</span>
      <span>{t.plain('status')}</span>
      <span class="lat">{t.plain('latency')}</span>
    </div>
  );
}

function NoneFound() {
  const t = useTexts();
  const store = useStore();
  return (
    <div class="none" role="status">
      <p>{t.plain('noneFound')}</p>
      <button
        type="button"
        class="btn"
        onClick={() => store.set({ filter: { state: 'all', name: '', query: '' } })}
      >
        {t.plain('resetSearch')}
      </button>
    </div>
  );
}
