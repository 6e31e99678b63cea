import type { LiveHops } from '../../event/live.js';
import { useTexts } from './context.js';

/** Where the time went: the parts to scale, then in figures. A clock that runs behind can make the first negative. */
export function HopsBar({ hops, show }: { hops: LiveHops; show: (ms: number) => string }) {
  const t = useTexts();
  const parts = [
    [t.plain('hopClient'), hops.client],
    [t.plain('hopLog'), hops.log],
    [t.plain('hopWorker'), hops.worker],
    [t.plain('hopRow'), hops.row],
  ] as const;
  return (
    <section class="hops" aria-label={t.plain('hops')}>
      <div class="bar" aria-hidden="true">
        {parts.map(([name, ms]) => (
          <i key={name} style={{ flexGrow: Math.max(0, ms ?? 0) }} />
        ))}
      </div>
      <dl>
        {parts.map(([name, ms]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{ms === null ? '–' : `${show(ms)} ms`}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
