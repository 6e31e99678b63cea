/** Where rows of two heights stand in the list, and which of them are in view: all that a long list needs. */
export interface Offsets {
  /** Top of each row in px, and the total height as the last entry. */
  readonly tops: Float64Array;
}

export function offsets(heights: readonly number[]): Offsets {
  const tops = new Float64Array(heights.length + 1);
  heights.forEach((height, index) => {
    tops[index + 1] = tops[index]! + height;
  });
  return { tops };
}

/** Index of the row at that height; the last one below the end. */
export function rowAt({ tops }: Offsets, y: number): number {
  let low = 0;
  let high = Math.max(0, tops.length - 2);
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (tops[middle]! <= y) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** First and last row (exclusive) to render for what is in view, with some more on both sides. */
export function range(list: Offsets, top: number, height: number, spare = 8): readonly [number, number] {
  const count = list.tops.length - 1;
  if (count === 0) return [0, 0];
  return [Math.max(0, rowAt(list, top) - spare), Math.min(count, rowAt(list, top + height) + 1 + spare)];
}

/** The scroll position nearest to `top` that shows the whole row. */
export function reveal({ tops }: Offsets, index: number, top: number, height: number): number {
  if (tops[index]! < top) return tops[index]!;
  return tops[index + 1]! > top + height ? tops[index + 1]! - height : top;
}
