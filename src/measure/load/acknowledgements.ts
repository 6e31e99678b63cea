/** Which requests were answered 2xx: one bit a request. */
export function acknowledgements() {
  let bits = new Uint8Array(1 << 16);
  return {
    add(sequence: number): void {
      const at = sequence >> 3;
      if (at >= bits.length) {
        const wider = new Uint8Array(bits.length * 2);
        wider.set(bits);
        bits = wider;
      }
      bits[at]! |= 1 << (sequence & 7);
    },
    bits: (): Uint8Array => bits,
  };
}

export const isSet = (bits: Uint8Array, n: number): boolean => ((bits[n >> 3] ?? 0) & (1 << (n & 7))) !== 0;
