import type { checkout } from "@shop/checkout/contract";
import type { Mesh } from "@weft/mesh";
import type * as z from "zod";
import type * as contract from "./contract.ts";

interface Call<K extends keyof typeof contract> {
  readonly input: z.output<(typeof contract)[K]["input"]>;
  readonly mesh: Mesh<{ checkout: typeof checkout }>;
}

/** Operators' questions and orders, passed on to the service whose sagas they are about. */
export const sagaHandlers = {
  listSagas: ({ input, mesh }: Call<"listSagas">) => mesh.checkout.listSagas(input),
  getSaga: ({ input, mesh }: Call<"getSaga">) => mesh.checkout.getSaga(input),
  orderSaga: ({ input, mesh }: Call<"orderSaga">) => mesh.checkout.orderSaga(input),
  signalSaga: ({ input, mesh }: Call<"signalSaga">) => mesh.checkout.signalSaga(input),
  sagaNeeds: ({ mesh }: Call<"sagaNeeds">) => mesh.checkout.sagaNeeds({}),
};
