// The console's pages, which the assets hold. They pass through here so that other methods get an error of ours
// (`run_worker_first` in wrangler.toml).
import { Hono } from 'hono';
import type { AppEnv } from '../context';

const PAGES = ['/', '/docs'];

export const pageRoutes = new Hono<AppEnv>().on('GET', PAGES, (c) => c.env.ASSETS.fetch(c.req.raw));
