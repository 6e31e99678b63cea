/** A queue of numbers of fixed capacity that never allocates. */
export class Ring {
  readonly #values: Float64Array;
  #head = 0;
  #length = 0;

  constructor(capacity: number) {
    this.#values = new Float64Array(capacity);
  }

  get length(): number {
    return this.#length;
  }

  /** False when it is full; the value is not taken then. */
  push(value: number): boolean {
    const capacity = this.#values.length;
    if (this.#length === capacity) return false;
    const at = this.#head + this.#length++;
    this.#values[at < capacity ? at : at - capacity] = value;
    return true;
  }

  /** The oldest value. Only when there is one. */
  shift(): number {
    const value = this.#values[this.#head]!;
    this.#head = this.#head + 1 === this.#values.length ? 0 : this.#head + 1;
    this.#length--;
    return value;
  }
}
