const BEARER = /^Bearer +([\w.~+/-]+=*) *$/i;

/** The token of an Authorization header (RFC 6750). */
export function bearerToken(credentials: string): string | undefined {
  return BEARER.exec(credentials)?.[1];
}
