// Where a deployment's settings let outgoing requests go.
import type { TargetPolicy } from './guarded-fetch';

/** `OUTGOING_PORTS` is a list like "8443,8080"; what is no port in it is left out. */
export function targetPolicy(
  env: Pick<Env, 'ALLOW_PRIVATE_NETWORK' | 'OUTGOING_PORTS' | 'DNS_OVER_HTTPS_URL'>,
): TargetPolicy {
  const ports = (env.OUTGOING_PORTS ?? '').split(',').map((port) => port.trim());
  return {
    allowPrivate: env.ALLOW_PRIVATE_NETWORK === 'true',
    ports: ports.filter((port) => /^[1-9]\d{0,4}$/.test(port)),
    resolverUrl: env.DNS_OVER_HTTPS_URL || null,
  };
}
