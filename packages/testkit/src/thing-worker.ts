/** Answers every request with the same small JSON. For benchmarks. */
export default {
  fetch: () => Response.json({ id: "1" }),
};
