// An object whose method calls go through a function first, and an environment of such: what watches and disturbs
// bindings is made of them.

/** The target as it is, but for its methods: `onCall` answers in their place, and makes the call itself. */
export function intercepted<T extends object>(
  target: T,
  onCall: (method: string, args: unknown[], call: () => unknown) => unknown,
): T {
  return new Proxy(target, {
    get(_, name) {
      const member: unknown = Reflect.get(target, name, target);
      // `then` is not ours to call: a stub has one, and awaiting it must not look like a request.
      if (typeof member !== 'function' || typeof name === 'symbol' || name === 'then') return member;
      return (...args: unknown[]) => onCall(name, args, () => Reflect.apply(member, target, args));
    },
  });
}

/** The class behind each binding of Durable Objects. */
export const OBJECT_BINDINGS = {
  ACCOUNTS: 'AccountObject',
  BATCHES: 'BatchObject',
  REGISTRY: 'RegistryObject',
  IDEMPOTENCY: 'IdempotencyObject',
  WEBHOOKS: 'WebhookObject',
} as const;

/** An environment with each of its bindings wrapped, the same one whenever the same is given. */
export function wrappedEnv(wrap: {
  bucket: (bucket: R2Bucket) => R2Bucket;
  queue: (queue: Queue) => Queue;
  namespace: <T extends object>(namespace: T, className: string) => T;
}): (env: Env) => Env {
  const wrappedEnvs = new WeakMap<Env, Env>();
  return (env) => {
    const known = wrappedEnvs.get(env);
    if (known !== undefined) return known;
    const wrapped: Env = {
      ...env,
      BUCKET: wrap.bucket(env.BUCKET),
      BATCH_QUEUE: wrap.queue(env.BATCH_QUEUE),
      ACCOUNTS: wrap.namespace(env.ACCOUNTS, OBJECT_BINDINGS.ACCOUNTS),
      BATCHES: wrap.namespace(env.BATCHES, OBJECT_BINDINGS.BATCHES),
      REGISTRY: wrap.namespace(env.REGISTRY, OBJECT_BINDINGS.REGISTRY),
      IDEMPOTENCY: wrap.namespace(env.IDEMPOTENCY, OBJECT_BINDINGS.IDEMPOTENCY),
      WEBHOOKS: wrap.namespace(env.WEBHOOKS, OBJECT_BINDINGS.WEBHOOKS),
    };
    wrappedEnvs.set(env, wrapped);
    return wrapped;
  };
}
