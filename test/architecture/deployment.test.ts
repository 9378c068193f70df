// What holds of a deployment before anyone configures it, and of what is installed to build it.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const WRANGLER = readFileSync('wrangler.toml', 'utf8')
  .split('\n')
  .filter((line) => !line.trimStart().startsWith('#'))
  .join('\n');

/** Lets someone in, or takes a guard away: none of it may be in what is deployed. */
const LOCAL_ONLY = ['ADMIN_KEY', 'DEV_KEY', 'DETACH_DELIVERIES'];

interface Manifest {
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
}

interface Lock {
  packages: Record<string, { integrity?: string; hasInstallScript?: boolean }>;
}

describe('a deployment of wrangler.toml as it stands', () => {
  it.each(LOCAL_ONLY)('has no %s', (name) => {
    expect(WRANGLER).not.toContain(name);
  });

  it('reaches no private network', () => {
    expect(WRANGLER).toMatch(/^ALLOW_PRIVATE_NETWORK = "false"$/m);
  });

  it('leaves the log to the lines that the Worker writes: the runtime’s would have whole URLs', () => {
    expect(WRANGLER).toMatch(/^\[observability\.logs\]\s+invocation_logs = false$/m);
  });
});

describe('what is installed', () => {
  const manifest: Manifest = JSON.parse(readFileSync('package.json', 'utf8'));
  const lock: Lock = JSON.parse(readFileSync('package-lock.json', 'utf8'));

  it('is asked for by exact versions', () => {
    const versions = Object.values({ ...manifest.dependencies, ...manifest.devDependencies });
    expect(versions.length).toBeGreaterThan(10);
    for (const version of versions) expect(version).toMatch(/^(npm:@?[^@]+@)?\d+\.\d+\.\d+$/);
  });

  it('is held to the hash of its bytes, each package', () => {
    const packages = Object.entries(lock.packages).filter(([path]) => path !== '');
    expect(packages.length).toBeGreaterThan(100);
    for (const [path, { integrity }] of packages) expect(integrity, path).toMatch(/^sha512-/);
  });
});
