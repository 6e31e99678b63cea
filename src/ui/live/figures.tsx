import { useEffect, useState } from 'preact/hooks';
import { useStore, useTexts } from './context.js';
import { format } from './format.js';
import { BAR_MS, BARS, type Bar } from './rate.js';

/** The strip of key figures. It shows the invariant itself: received = good + bad + in flight. */
export function Figures() {
  const t = useTexts();
  return (
    <section class="figs" aria-label={t.plain('figures')}>
      <RateFigure />
      <Sum />
      <Queryable />
      <Scrubbed />
    </section>
  );
}

function Sum() {
  const t = useTexts();
  const { counts, language } = useStore().state();
  const show = format(language).count;
  return (
    <div class="fig sum">
      <Figure id="received" title={t.plain('received')} value={show(counts.received)} />
      <span>=</span>
      <Figure id="good" title={t.plain('good')} value={show(counts.good)} tone={counts.good ? 'g' : ''} />
      <span>+</span>
      <Figure id="bad" title={t.plain('bad')} value={show(counts.bad)} tone={counts.bad ? 'b' : ''} />
      <span>+</span>
      <Figure id="in_flight" title={t.plain('inFlight')} value={show(counts.in_flight)} />
    </div>
  );
}

function Figure({
  id,
  title,
  value,
  tone = '',
}: {
  id: string;
  title: string;
  value: string;
  tone?: string;
}) {
  return (
    <div class={id}>
      <h2>{title}</h2>
      <p class={tone} data-figure={id}>
        {value}
      </p>
    </div>
  );
}

function Queryable() {
  const t = useTexts();
  const { counts, language } = useStore().state();
  const show = (ms: number | undefined) => (ms === undefined ? '–' : `${format(language).seconds(ms)} s`);
  return (
    <div class="fig queryable">
      <h2>{t.plain('queryable')}</h2>
      <p class="pair">
        <small>p50</small> <b data-figure="p50">{show(counts.queryable?.p50)}</b> <small>p99</small>{' '}
        <b data-figure="p99">{show(counts.queryable?.p99)}</b>
      </p>
    </div>
  );
}

function Scrubbed() {
  const t = useTexts();
  const { counts, language } = useStore().state();
  const { values, events } = counts.scrubbed;
  return (
    <div class="fig scrubbed">
      <h2>{t.plain('scrubbed')}</h2>
      <p>
        <b data-figure="scrubbed">{format(language).count(values)}</b>{' '}
        {events > 0 && <small>{t.count('scrubbedIn', events)}</small>}
      </p>
    </div>
  );
}

function RateFigure() {
  const t = useTexts();
  const { rate, state } = useStore();
  const now = useNow();
  const show = format(state().language).rate;
  const perSecond = rate.perSecond(now);
  return (
    <div class="fig rate">
      <div>
        <h2>{t.plain('rate')}</h2>
        <p>
          <span data-figure="rate">{show(perSecond)}</span>
          <small> /s</small>
        </p>
      </div>
      <Chart bars={rate.bars(now)} label={`${t.plain('rateChart')}: ${show(perSecond)} /s`} />
    </div>
  );
}

/** The chart moves on when nothing arrives, too. */
function useNow(): number {
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => tick((count) => count + 1), 1000);
    return () => clearInterval(timer);
  }, []);
  return Date.now();
}

const HEIGHT = 40;
const STEP = 5;

function Chart({ bars, label }: { bars: readonly Bar[]; label: string }) {
  const t = useTexts();
  const { language } = useStore().state();
  const highest = Math.max(5, ...bars.map(({ good, bad }) => good + bad));
  const scale = (HEIGHT - 4) / highest;
  return (
    <svg
      class="chart"
      role="img"
      aria-label={label}
      viewBox={`0 0 ${BARS * STEP} ${HEIGHT}`}
      preserveAspectRatio="none"
    >
      <line x1="0" x2={BARS * STEP} y1={HEIGHT - 0.5} y2={HEIGHT - 0.5} />
      {bars.map(({ good, bad }, index) => {
        // One bad event among thousands must still be seen.
        const wrong = bad ? Math.max(3, bad * scale) : 0;
        const right = good ? Math.max(1.5, good * scale) : 0;
        const top = HEIGHT - 1 - right;
        const words = `${t.count('ago', ((BARS - index) * BAR_MS) / 1000)}: ${format(language).rate((good + bad) / 5)} /s`;
        return (
          <g key={index}>
            <title>{words}</title>
            <rect x={index * STEP} y={top} width={STEP - 1} height={right} />
            {bad > 0 && (
              <rect
                class="b"
                x={index * STEP}
                y={Math.max(0, top - wrong - 1)}
                width={STEP - 1}
                height={wrong}
              />
            )}
          </g>
        );
      })}
    </svg>
  );
}
