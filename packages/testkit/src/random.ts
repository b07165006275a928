/** A seeded generator of numbers in [0, 1): mulberry32. Each concern of a run has its own, so runs stay comparable. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A draw from the exponential distribution with this mean. */
export function exponential(mean: number, random: () => number): number {
  return -mean * Math.log(1 - random());
}
