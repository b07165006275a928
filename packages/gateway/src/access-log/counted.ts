/** Passes a body on and tells, once, how many bytes went through and whether somebody stopped it before its end. */
export function counted(
  body: ReadableStream<Uint8Array>,
  ended: (bytes: number, aborted: boolean) => void,
): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  let bytes = 0;
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (done) {
          ended(bytes, false);
          controller.close();
          return;
        }
        bytes += value.byteLength;
        controller.enqueue(value);
      } catch (error) {
        ended(bytes, true);
        throw error;
      }
    },
    async cancel(reason) {
      ended(bytes, true);
      await reader.cancel(reason);
    },
  });
}
