import type { Principal } from "@weft/mesh";
import { isSameSecret } from "./same-secret.ts";

/** Whoever holds the operators' token. */
export const OPERATOR: Principal = { sub: "operator", scopes: ["operator"] };

export const isOperatorToken: (token: string, secret: string | undefined) => boolean = isSameSecret;
