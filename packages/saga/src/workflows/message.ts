import type { Sender } from "../hear.ts";
import type { Order } from "../order.ts";
import type { Signed } from "../ports.ts";

/** The one type of Workflows' events that sagas listen to: with several, their order would be lost. */
export const MESSAGE = "weft-saga";

/** What can be told to a saga that runs. */
export type Message =
  | {
      readonly kind: "signal";
      readonly id: string;
      readonly step: string;
      readonly payload: unknown;
      readonly by?: Sender | undefined;
    }
  | { readonly kind: "order"; readonly signed: Signed; readonly order: Order };
