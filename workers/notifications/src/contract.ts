import { contract, pageInput, pageOf, query } from "@weft/mesh";
import * as z from "zod";

export const Notification = z.object({
  id: z.string(),
  to: z.string(),
  subject: z.string(),
  text: z.string(),
  /** `failed`: given up. */
  status: z.enum(["queued", "sent", "failed"]),
  attempts: z.int(),
  createdAt: z.iso.datetime(),
});

/** E-mails to customers: rendered once, then delivered as tasks. */
export const notifications = contract(
  "notifications",
  {
    list: query("GET /internal/notifications", {
      summary: "The e-mails, newest first",
      input: z.object(pageInput),
      output: pageOf(Notification),
      auth: "operator",
      allow: ["gateway"],
    }),
  },
  {
    commands: {
      "account.welcome": z.object({ userId: z.string(), name: z.string() }),
      "mail.deliver": z.object({ notificationId: z.string() }),
    },
    senders: ["users"],
  },
);
