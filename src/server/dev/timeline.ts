/** When ranges of positions passed a point, for as long as somebody may still ask. */
const REMEMBERED = 4_096;

interface Passage {
  readonly first: number;
  readonly end: number;
  /** ms since 1970. */
  readonly at: number;
}

export class Timeline {
  #passages: Passage[] = [];

  add(first: number, count: number, at: number): void {
    this.#passages.push({ first, end: first + count, at });
    if (this.#passages.length > REMEMBERED) this.#passages = this.#passages.slice(REMEMBERED / 2);
  }

  /** ms since 1970, or null where it is not (or no longer) known. Ranges are added nearly in order. */
  at(position: number): number | null {
    let low = 0;
    let high = this.#passages.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#passages[middle]!.end <= position) low = middle + 1;
      else high = middle;
    }
    const found = this.#passages[low];
    return found && found.first <= position ? found.at : null;
  }
}
