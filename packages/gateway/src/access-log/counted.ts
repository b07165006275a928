/** Passes a body on, tells the size of each part, and once at its end whether somebody stopped it before. */
export function counted(
  body: ReadableStream<Uint8Array>,
  passed: (bytes: number) => void,
  ended: (aborted: boolean) => void,
): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (done) {
          ended(false);
          controller.close();
          return;
        }
        passed(value.byteLength);
        controller.enqueue(value);
      } catch (error) {
        ended(true);
        throw error;
      }
    },
    async cancel(reason) {
      ended(true);
      await reader.cancel(reason);
    },
  });
}
