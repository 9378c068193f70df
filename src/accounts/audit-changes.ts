// What an admin's action changes, member by member: pure, over what was and what will be.
import type { AuditChanges, AuditValue } from '../contract/accounts';

/** The members that differ, inner ones as `limits.monthly_budget`. What is left out or null is nothing. */
export function changesBetween(before: object, after: object): AuditChanges {
  const [was, is] = [flatten(before), flatten(after)];
  const changes: AuditChanges = {};
  for (const name of new Set([...was.keys(), ...is.keys()])) {
    const [from, to] = [was.get(name) ?? null, is.get(name) ?? null];
    if (JSON.stringify(from) !== JSON.stringify(to)) changes[name] = { from, to };
  }
  return changes;
}

function flatten(value: object, prefix = ''): Map<string, AuditValue> {
  return new Map(
    Object.entries(value).flatMap(([name, inner]): [string, AuditValue][] =>
      typeof inner === 'object' && inner !== null && !Array.isArray(inner)
        ? [...flatten(inner, `${prefix}${name}.`)]
        : [[prefix + name, inner]],
    ),
  );
}
