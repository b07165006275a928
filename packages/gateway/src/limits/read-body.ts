type Reader = ReadableStreamDefaultReader<Uint8Array>;

/** A whole body, or undefined as soon as it turns out to be longer than `max` bytes. */
export async function readUpTo(reader: Reader, max: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.byteLength;
    if (size > max) return undefined;
    chunks.push(value);
  }
  const whole = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return whole;
}

/** Reads on and forgets, until the body ends or `max` bytes or `patience` ms are used up; then whatever comes is left. */
export async function discard(reader: Reader, max: number, patience: number): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, patience);
  });
  const stopped = new AbortController();
  await Promise.race([readAway(reader, max, stopped.signal), late]);
  stopped.abort();
  clearTimeout(timer);
}

async function readAway(reader: Reader, max: number, stop: AbortSignal): Promise<void> {
  let left = max;
  try {
    while (left > 0 && !stop.aborted) {
      const { done, value } = await reader.read();
      if (done) return;
      left -= value.byteLength;
    }
  } catch {
    // The client has gone: there is nothing more to read.
  }
}
