import { contract, pageInput, pageOf, query } from "@weft/mesh";
import * as z from "zod";

export const Notification = z.object({
  id: z.string(),
  to: z.string(),
  subject: z.string(),
  text: z.string(),
  status: z.enum(["queued", "sent", "failed"]),
  attempts: z.int(),
  createdAt: z.iso.datetime(),
});

/** E-mails to customers: rendered into an outbox table, then sent. */
export const notifications = contract("notifications", {
  list: query("GET /internal/notifications", {
    summary: "The outbox, newest first",
    input: z.object(pageInput),
    output: pageOf(Notification),
    auth: "operator",
    allow: ["gateway"],
  }),
});
