import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { LiveEvent } from '../../event/live.js';
import { type Offsets, rowAt } from './offsets.js';

interface Props {
  readonly box: { current: HTMLDivElement | null };
  readonly events: readonly LiveEvent[];
  readonly rows: Offsets;
  readonly follow: boolean;
  setFollow(on: boolean): void;
}

interface Scroll {
  readonly view: { readonly top: number; readonly height: number };
  /** Events above the place where the reader stopped following. */
  readonly fresh: number;
  onScroll(): void;
}

/**
 * Keeps the newest row in view while following, and otherwise the row that the reader looks at, however many come in
 * above it. The browser's own scroll anchoring does not see rows that are placed by hand.
 */
export function useScroll({ box, events, rows, follow, setFollow }: Props): Scroll {
  const [view, setView] = useState({ top: 0, height: 800 });
  const anchor = useRef({ key: '', offset: 0 });
  const newest = useRef(events[0]?.key ?? '');
  /** Where we scrolled to ourselves: the event that follows is not the reader's. */
  const own = useRef(-1);

  if (follow) newest.current = events[0]?.key ?? '';
  const fresh = follow
    ? 0
    : Math.max(
        0,
        events.findIndex(({ key }) => key === newest.current),
      );

  function remember(top: number): void {
    const index = rowAt(rows, top);
    anchor.current = { key: events[index]?.key ?? '', offset: top - (rows.tops[index] ?? 0) };
  }

  function onScroll(): void {
    const { scrollTop: top, clientHeight: height } = box.current!;
    if (Math.abs(top - own.current) > 1) {
      if (follow !== top < 2) setFollow(top < 2);
      remember(top);
    }
    own.current = -1;
    setView({ top, height });
  }

  useLayoutEffect(() => {
    const element = box.current!;
    const index = follow ? 0 : events.findIndex(({ key }) => key === anchor.current.key);
    const wanted = follow ? 0 : index < 0 ? element.scrollTop : rows.tops[index]! + anchor.current.offset;
    if (Math.abs(wanted - element.scrollTop) > 1) {
      element.scrollTop = wanted;
      own.current = element.scrollTop;
    }
    if (!follow && index < 0) remember(element.scrollTop);
    // Rendered rows must fit the new place in this very frame.
    if (element.scrollTop !== view.top) setView({ top: element.scrollTop, height: element.clientHeight });
  }, [events, rows, follow]);

  useEffect(() => {
    const observer = new ResizeObserver(() => {
      const { scrollTop: top, clientHeight: height } = box.current!;
      setView({ top, height });
    });
    observer.observe(box.current!);
    return () => observer.disconnect();
  }, [box]);

  return { view, fresh, onScroll };
}
