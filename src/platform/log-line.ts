// One line of structured log: JSON with the name of an event, as log stores index it.

/** Members that are undefined are left out. Never give it keys, contents or other secrets. */
export function logLine(event: string, fields: Record<string, string | number | boolean | null | undefined>) {
  console.log(JSON.stringify({ event, ...fields }));
}
