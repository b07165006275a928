import { log, MeshError, meshError } from "@weft/mesh";
import type { Mail } from "./templates.ts";

export interface AddressedMail extends Mail {
  /** The same at every attempt, so that the receiver can tell a repetition. */
  readonly id: string;
  readonly to: string;
  /** Of the event or command that it tells of. */
  readonly traceId: string;
}

/** Hands a mail over for delivery. Throws a MeshError whose `retryable` says whether trying again makes sense. */
export interface Transport {
  send(mail: AddressedMail): Promise<void>;
}

/** For development: the mail becomes one structured log line. */
export const consoleTransport: Transport = {
  async send(mail) {
    log("info", "mail", { ...mail });
  },
};

export interface HttpTransportOptions {
  url: string;
  token: string;
  /** ms */
  timeout?: number;
  fetch?: typeof globalThis.fetch;
}

/** For a mail provider's HTTP API: `POST { to, subject, text }`, with the mail's id as Idempotency-Key. */
export function httpTransport({
  url,
  token,
  timeout = 5_000,
  fetch = globalThis.fetch,
}: HttpTransportOptions): Transport {
  return {
    async send({ id, to, subject, text }) {
      let response: Response;
      try {
        response = await fetch(url, {
          method: "POST",
          headers: {
            "content-type": "application/json",
            authorization: `Bearer ${token}`,
            "idempotency-key": id,
          },
          body: JSON.stringify({ to, subject, text }),
          signal: AbortSignal.timeout(timeout),
        });
      } catch (cause) {
        throw meshError("UNAVAILABLE", "The mail API did not answer.", { cause });
      }
      // Unread bodies hold a connection open.
      await response.body?.cancel();
      if (response.ok) return;
      const detail = `The mail API answered ${response.status}.`;
      if (response.status >= 500 || response.status === 408 || response.status === 429) {
        throw meshError("UNAVAILABLE", detail);
      }
      throw new MeshError("MAIL_REFUSED", {
        status: 502,
        retryable: false,
        title: "The mail was refused",
        detail,
      });
    },
  };
}

export interface MailEnv {
  /** "console" or "http" */
  MAIL_TRANSPORT: string;
  MAIL_API_URL?: string;
  MAIL_API_TOKEN?: string;
}

/** The transport that the Worker's variables name. Throws TypeError for a setting that cannot work. */
export function transportOf({ MAIL_TRANSPORT, MAIL_API_URL, MAIL_API_TOKEN }: MailEnv): Transport {
  if (MAIL_TRANSPORT === "console") return consoleTransport;
  if (MAIL_TRANSPORT !== "http")
    throw new TypeError(`MAIL_TRANSPORT is "${MAIL_TRANSPORT}": use "console" or "http".`);
  if (!MAIL_API_URL || !MAIL_API_TOKEN) {
    throw new TypeError(
      'MAIL_TRANSPORT "http" needs the variable MAIL_API_URL and the secret MAIL_API_TOKEN.',
    );
  }
  return httpTransport({ url: MAIL_API_URL, token: MAIL_API_TOKEN });
}
