// Secrets are set with `wrangler secret put` (or by the flags of `npm start`), so `wrangler types` cannot see them.
interface __BaseEnv_Env {
  /** The bearer token of the admin API. Without it the admin API lets no one in. */
  ADMIN_KEY?: string;
  /** The key of the account `dev`, for local runs only. */
  DEV_KEY?: string;
}
