// Secrets are set with `wrangler secret put` (or by the flags of `npm start`), so `wrangler types` cannot see them.
interface __BaseEnv_Env {
  /** The bearer token of the admin API. Without it there is no admin API. */
  ADMIN_KEY?: string;
  /** Models and providers beside the default ones, as JSON: see docs/models.md. */
  CATALOGUE?: string;
  /** Workers AI, where the deployment binds it. */
  AI?: Ai;
  /**
   * "true" where the queue delivers one batch of messages at a time and waits for it, as the local one does: deliveries
   * then go on in the background, so that a slow item holds up no one else.
   */
  DETACH_DELIVERIES?: string;
  /** Waits between the attempts of a webhook, e.g. "5,60,600", instead of those of Standard Webhooks. */
  WEBHOOK_RETRY_SECONDS?: string;
  /** Ports beside 443 and 80 that webhooks and document URLs may name, e.g. "8443,8080". */
  OUTGOING_PORTS?: string;
  /** A resolver (JSON API of DNS over HTTPS) that is asked where a name leads before anything is sent there. */
  DNS_OVER_HTTPS_URL?: string;
  /** The key of the account `dev`, for local runs only. */
  DEV_KEY?: string;
}
