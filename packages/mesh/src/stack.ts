/** Composes layers, outermost first, around a core: `stack([a, b], core)` runs a, then b, then core. */
export function stack<Next>(layers: readonly ((next: Next) => Next)[], core: Next): Next {
  return layers.reduceRight((next, layer) => layer(next), core);
}
