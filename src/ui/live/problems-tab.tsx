import type { LiveEvent } from '../../event/live.js';
import { explain } from '../reasons.js';
import type { Texts } from '../texts.js';
import { Code } from './code.js';
import { useStore, useTexts } from './context.js';
import { CopyButton } from './copy-button.js';
import { excerpt, type FoldLabels, lines } from './json.js';
import { payloadOf, rejectedRow } from './payload.js';
import { fieldOf, lookUp, withinEvent } from './pointer.js';

interface Props {
  readonly event: LiveEvent;
  /** Of a good event: `pointer: text`. */
  readonly issues: readonly string[];
}

export function ProblemsTab({ event, issues }: Props) {
  const t = useTexts();
  if (event.state === 'bad') return <Rejected event={event} />;
  if (!issues.length) {
    return (
      <div class="prob">
        <p>{t.plain(event.row ? 'noProblems' : 'notYet')}</p>
      </div>
    );
  }
  return (
    <div class="prob">
      <h3>{t.plain('readWithNote')}</h3>
      {issues.map((issue) => (
        <Issue key={issue} issue={issue} payload={payloadOf(event)} />
      ))}
      <Fix text={t.plain('noteFix')} />
    </div>
  );
}

function Rejected({ event }: { event: LiveEvent }) {
  const t = useTexts();
  const { language, hello } = useStore().state();
  const raw = rejectedRow(event)?.raw ?? '';
  const payload = payloadOf(event);
  const words = explain(event.reason ?? '', fieldOf(event.pointer), language);
  const got = words.got ?? describe(t, payload, event.pointer);
  return (
    <div class="prob">
      <h3>{words.title}</h3>
      <dl class="facts">
        <dt>{t.plain('reason')}</dt>
        <dd>
          <code>{event.reason}</code>
        </dd>
        {event.pointer && (
          <>
            <dt>{t.plain('where')}</dt>
            <dd>
              <code>{event.pointer}</code>{' '}
              <CopyButton
                className="btn ghost icon small"
                text={() => event.pointer!}
                label={t.plain('copyPlace')}
              />
            </dd>
          </>
        )}
        <dt>{t.plain('expected')}</dt>
        <dd>
          {words.expected}
          {typeOf(hello, event)}
        </dd>
        {got && (
          <>
            <dt>{t.plain('got')}</dt>
            <dd>{got}</dd>
          </>
        )}
      </dl>
      <Excerpt payload={payload} raw={raw} pointer={event.pointer ?? ''} />
      {words.fix && <Fix text={words.fix} />}
    </div>
  );
}

/** ` (INT64)` where the wrong field is a column of the table. */
function typeOf(hello: ReturnType<ReturnType<typeof useStore>['state']>['hello'], event: LiveEvent): string {
  const field = event.reason === 'field_type' ? fieldOf(event.pointer) : null;
  const column = hello?.groups.flatMap(({ columns }) => columns).find(({ name }) => name === field);
  return column ? ` (${column.type})` : '';
}

function Excerpt({ payload, raw, pointer }: { payload: unknown; raw: string; pointer: string }) {
  const t = useTexts();
  if (payload === null && !raw) return <p class="quiet">{t.plain('noRaw')}</p>;
  const part = excerpt(payload, withinEvent(pointer), foldLabels(t));
  return (
    <figure class="code">
      <figcaption class="vh">{t.plain('excerpt')}</figcaption>
      {payload === null ? (
        <pre class="raw">{raw.slice(0, 1000)}</pre>
      ) : (
        <Code lines={lines(part.value)} wrong={part.pointer || undefined} />
      )}
    </figure>
  );
}

const foldLabels = (t: Texts): FoldLabels => ({
  keys: (count) => t.count('keys', count),
  entries: (count) => t.count('entries', count),
  more: (count) => t.count('more', count),
});

/** What stands at the place: `text "2026-11-23"`. Null where there is nothing to look at. */
function describe(t: Texts, payload: unknown, pointer: string | null) {
  if (payload === null || pointer === null) return null;
  const { found, value } = lookUp(payload, withinEvent(pointer));
  if (!found) return t.plain('absent');
  const text = JSON.stringify(value);
  return (
    <>
      {typeName(t, value)}{' '}
      {value !== null && <code>{text.length > 200 ? `${text.slice(0, 200)}…` : text}</code>}
    </>
  );
}

function typeName(t: Texts, value: unknown): string {
  if (value === null) return t.plain('typeNull');
  if (Array.isArray(value)) return t.plain('typeArray');
  if (typeof value === 'object') return t.plain('typeObject');
  if (typeof value === 'string') return t.plain('typeString');
  return t.plain(typeof value === 'number' ? 'typeNumber' : 'typeBoolean');
}

function Issue({ issue, payload }: { issue: string; payload: unknown }) {
  const t = useTexts();
  const [, pointer, text] = /^(\/\S*?): (.*)$/s.exec(issue) ?? [null, null, issue];
  return (
    <dl class="facts">
      {pointer && (
        <>
          <dt>{t.plain('where')}</dt>
          <dd>
            <code>{pointer}</code>
          </dd>
          <dt>{t.plain('got')}</dt>
          <dd>{describe(t, payload, pointer.replace(/^\/data_layer(?=\/)/, ''))}</dd>
        </>
      )}
      <dt>{t.plain('note')}</dt>
      <dd>{text}</dd>
    </dl>
  );
}

function Fix({ text }: { text: string }) {
  const t = useTexts();
  return (
    <div class="fix">
      <p>
        <b>{t.plain('whatToDo')}</b> {text}
      </p>
    </div>
  );
}
