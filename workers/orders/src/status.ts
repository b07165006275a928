import type { OrderStatus } from "./contract.ts";

/** Which status may follow which. */
const transitions: Record<OrderStatus, readonly OrderStatus[]> = {
  pending: ["confirmed", "rejected"],
  confirmed: ["cancelling"],
  cancelling: ["cancelled"],
  rejected: [],
  cancelled: [],
};

export function mayBecome(from: OrderStatus, to: OrderStatus): boolean {
  return transitions[from].includes(to);
}

/** Nothing is under way: an order stays like this unless somebody asks for more. */
export function isSettled(status: OrderStatus): boolean {
  return status === "confirmed" || status === "rejected" || status === "cancelled";
}
