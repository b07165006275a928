export { cached, forget } from "./cached.ts";
export { accessLog } from "./access-log/access-log.ts";
export { type TokenRules, verifyToken } from "./auth/access-token.ts";
export { authenticate, type AuthenticateOptions, authorize } from "./auth/authenticate.ts";
export { JwksCache, type LoadKeys } from "./auth/jwks-cache.ts";
export { OPERATOR } from "./auth/operator.ts";
export { registrar } from "./auth/registrar.ts";
export { boundary } from "./errors/boundary.ts";
export { rescue } from "./errors/rescue.ts";
export { admission } from "./limits/admission.ts";
export { bodyLimit } from "./limits/body-limit.ts";
export { cors, type CorsOptions } from "./limits/cors.ts";
export {
  addressOf,
  clientOf,
  rateLimit,
  type RateLimiter,
  type RateLimitPolicy,
} from "./rate-limit/rate-limit.ts";
export { cleanHeaders } from "./request/clean-headers.ts";
export { consistency } from "./request/consistency.ts";
export { json } from "./request/json.ts";
export { openApi, type OpenApiDocument, type OpenApiOptions } from "./openapi/openapi.ts";
export { nameVersion } from "./request/name-version.ts";
export { runToEnd } from "./request/run-to-end.ts";
export { contextOf, hostOf, traceRequest } from "./request/trace-request.ts";
export { type Compose, type Equipment, type RouteOptions, routes } from "./routes/routes.ts";
export { transportTo } from "./routes/transport.ts";
export type { GatewayEnv, GatewayVariables } from "./variables.ts";
