// An object whose method calls go through a function first: what watches and disturbs bindings is made of it.

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
