import type { LiveEvent } from '../../event/live.js';
import { explain } from '../reasons.js';
import { useStore, useTexts } from './context.js';
import { clock, format, short } from './format.js';
import { fieldOf } from './pointer.js';

export const optionId = (event: LiveEvent) => `event-${event.key}`;

interface Props {
  readonly event: LiveEvent;
  readonly top: number;
  readonly place: number;
  readonly total: number;
  readonly chosen: boolean;
}

export function ListRow({ event, top, place, total, chosen }: Props) {
  const store = useStore();
  const t = useTexts();
  const { language } = store.state();
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the list has the keys, an option has the pointer only
    // biome-ignore lint/a11y/useFocusableInteractive: the focus stays on the list, which names its active option
    <div
      id={optionId(event)}
      class={`row ${event.state}`}
      role="option"
      aria-selected={chosen}
      aria-setsize={total}
      aria-posinset={place}
      style={{ top: `${top}px` }}
      onClick={() => store.choose(event, true)}
    >
      <span class="t">{clock(event.received_at)}</span>
      <span class="n">
        <span>{event.event_name ?? t.plain('unnamed')}</span>
        <Tag kind="scrubbedTag" count={event.pii_redactions} />
        <Tag kind="noteTag" count={event.issues} />
      </span>
      <span class="p">{event.page_path ?? '–'}</span>
      <span class="u">{short(event.user_pseudo_id)}</span>
      <Status state={event.state} />
      <span class="lat">
        {event.queryable_ms === null ? '–' : `${format(language).ms(event.queryable_ms)} ms`}
      </span>
      {event.reason !== null && (
        <span class="why">
          {explain(event.reason, fieldOf(event.pointer), language).title}
          {event.pointer && <code>{event.pointer}</code>}
        </span>
      )}
    </div>
  );
}

/** Always shape, word and colour together. */
export function Status({ state }: { state: LiveEvent['state'] }) {
  const t = useTexts();
  const words = { good: t.plain('isGood'), bad: t.plain('isBad'), in_flight: t.plain('isInFlight') };
  return <span class={`st ${state}`}>{words[state]}</span>;
}

/** `4 scrubbed`; where the list is narrow only the number is seen. */
function Tag({ kind, count }: { kind: 'scrubbedTag' | 'noteTag'; count: number }) {
  const t = useTexts();
  if (!count) return null;
  const [number, ...words] = t.count(kind, count).split(' ');
  return (
    <em class={`tag ${kind}`} title={t.count(kind, count)}>
      {number}
      <i> {words.join(' ')}</i>
    </em>
  );
}
