/**
 * A bounded cache that costs one look-up on a hit: two generations, of which the older is dropped when the
 * younger is full. What is used stays; keys chosen by strangers cannot grow it.
 */
export class Cache<T> {
  readonly #size: number;
  #young = new Map<string, T>();
  #old = new Map<string, T>();

  /** Holds at most twice `size` entries. */
  constructor(size: number) {
    this.#size = size;
  }

  /** The value of `key`, made by `make` where it is not known. */
  get(key: string, make: (key: string) => T): T {
    const known = this.#young.get(key);
    if (known !== undefined) return known;
    const value = this.#old.get(key) ?? make(key);
    if (this.#young.size >= this.#size) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, value);
    return value;
  }
}
