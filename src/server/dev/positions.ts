/** A set of positions as disjoint intervals: they come nearly in order, so millions take a few numbers. */
interface Interval {
  first: number;
  /** Behind the last. */
  end: number;
}

export class Positions {
  /** Ascending, and never touching each other. */
  #intervals: Interval[] = [];

  /** Adds `count` positions from `first` on; returns how many were new. */
  add(first: number, count = 1): number {
    const end = first + count;
    const last = this.#intervals.at(-1);
    if (!last || first > last.end) {
      this.#intervals.push({ first, end });
      return count;
    }
    if (first === last.end) {
      last.end = end;
      return count;
    }
    return this.#merge(first, end);
  }

  has(position: number): boolean {
    const at = this.#intervals.findLast((interval) => interval.first <= position);
    return at !== undefined && position < at.end;
  }

  /** Number of intervals; stays small, or the order that this relies on is gone. */
  get pieces(): number {
    return this.#intervals.length;
  }

  #merge(first: number, end: number): number {
    const from = this.#intervals.findIndex((interval) => interval.end >= first);
    let to = from;
    let covered = 0;
    const merged = { first, end };
    for (; to < this.#intervals.length && this.#intervals[to]!.first <= end; to++) {
      const { first: begin, end: stop } = this.#intervals[to]!;
      covered += Math.max(0, Math.min(stop, end) - Math.max(begin, first));
      merged.first = Math.min(merged.first, begin);
      merged.end = Math.max(merged.end, stop);
    }
    this.#intervals.splice(from, to - from, merged);
    return end - first - covered;
  }
}
