import { coordinator } from "@weft/saga/coordinator";
import { placeOrder } from "./place-order.ts";

export class SagaCoordinator extends coordinator({ service: "checkout", definitions: [placeOrder] }) {}

export { default } from "./service.ts";
