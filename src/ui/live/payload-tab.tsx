import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { LiveEvent } from '../../event/live.js';
import { Code } from './code.js';
import { useTexts } from './context.js';
import { Icon } from './icons.js';
import { type Line, lines } from './json.js';
import { payloadOf, rejectedRow } from './payload.js';
import { withinEvent } from './pointer.js';

/** What the page pushed, with the scrubbed places marked and a way from one to the next. */
export function PayloadTab({ event }: { event: LiveEvent }) {
  const t = useTexts();
  const payload = useMemo(() => payloadOf(event), [event]);
  const all = useMemo(() => lines(payload), [payload]);
  const places = useMemo(() => all.filter(({ scrubbed }) => scrubbed.length), [all]);
  const [at, setAt] = useState<number | null>(null);
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (at !== null) box.current?.querySelector('.now')?.scrollIntoView({ block: 'center' });
  }, [at]);
  if (payload === null) return <NoPayload event={event} />;
  const wrong = event.state === 'bad' && event.pointer !== null ? withinEvent(event.pointer) : undefined;
  return (
    <div ref={box}>
      <div class="bar2">
        <span>
          {event.pii_redactions ? t.count('scrubbedInfo', event.pii_redactions) : t.plain('nothingScrubbed')}
          {event.pii_redactions > 0 && !places.length && ` ${t.plain('scrubbedElsewhere')}`}
        </span>
        {places.length > 0 && <Jump count={places.length} at={at} go={setAt} />}
      </div>
      <Code
        lines={all}
        wrong={wrong}
        current={at === null ? undefined : places[at]}
        note={(line) => noteOf(t, line)}
      />
    </div>
  );
}

function noteOf(t: ReturnType<typeof useTexts>, line: Line): string | null {
  return line.scrubbed.length
    ? [...new Set(line.scrubbed)].map((one) => t.find(`class_${one}`)).join(' ')
    : null;
}

function Jump({ count, at, go }: { count: number; at: number | null; go: (at: number) => void }) {
  const t = useTexts();
  const step = (by: number) => go(at === null ? 0 : (at + by + count) % count);
  return (
    <fieldset class="jump" aria-label={t.plain('place')}>
      <button type="button" class="btn ghost icon" aria-label={t.plain('previous')} onClick={() => step(-1)}>
        <Icon name="back" />
      </button>
      <span role="status">
        {at === null ? '–' : at + 1} {t.plain('placeOf')} {count}
      </span>
      <button type="button" class="btn ghost icon" aria-label={t.plain('next')} onClick={() => step(1)}>
        <Icon name="next" />
      </button>
    </fieldset>
  );
}

/** Still in the log, nothing pushed, nothing kept, or text that is no JSON. */
function NoPayload({ event }: { event: LiveEvent }) {
  const t = useTexts();
  const raw = rejectedRow(event)?.raw;
  if (raw) {
    return (
      <>
        <p class="bar2">{t.plain('rawText')}</p>
        <pre class="raw">{raw.slice(0, 65_536)}</pre>
      </>
    );
  }
  return (
    <p class="bar2">
      {t.plain(event.row === null ? 'notYet' : event.state === 'bad' ? 'noRaw' : 'noPayload')}
    </p>
  );
}
