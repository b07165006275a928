import type { Principal } from "@weft/mesh";

/** Whoever holds the operators' token. */
export const OPERATOR: Principal = { sub: "operator", scopes: ["operator"] };
