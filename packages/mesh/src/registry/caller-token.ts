import { sign } from "hono/utils/jwt/jwt";

const ISSUER = "weft";
/** Until `exp`, s: long enough for clocks that differ, short enough to be worthless when it leaks. */
const LIFETIME = 60;
/** A token is used for half its life, ms, so that one on its way never expires. */
const REUSE = 30_000;

/** Tells an instance outside Workers which Worker is calling: nobody else can vouch for it there. */
export class CallerToken {
  readonly #service: string;
  #token = "";
  #madeFor = "";
  #madeAt = Number.NEGATIVE_INFINITY;

  constructor(service: string) {
    this.#service = service;
  }

  /** A JWT (HS256): `iss` weft, `sub` the calling Worker, `aud` the service. Signed at most once in 30 s. */
  async for(caller: string, key: string, now: number): Promise<string> {
    const madeFor = `${caller} ${key}`;
    if (this.#madeFor !== madeFor || now - this.#madeAt >= REUSE) {
      // No `iat`: a verifier whose clock is a second behind would take it for a forgery.
      const exp = Math.floor(now / 1_000) + LIFETIME;
      const claims = { iss: ISSUER, sub: caller, aud: this.#service, exp };
      const token = await sign(claims, key, "HS256");
      this.#token = token;
      this.#madeFor = madeFor;
      this.#madeAt = now;
      return token;
    }
    return this.#token;
  }
}
