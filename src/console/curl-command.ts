// A request as a curl command to take along. The key is never in it: it is read from the environment.

export interface CurlRequest {
  method: string;
  url: string;
  /** The environment variable that holds the key; `null` where none is asked for. */
  keyVariable: string | null;
  /** Sent as JSON. */
  body?: unknown;
  /** Fields of a form, as curl's `-F` takes them: `purpose=batch`, `file=@input.jsonl`. */
  form?: readonly string[];
}

export function curlCommand({ method, url, keyVariable, body, form = [] }: CurlRequest): string {
  const sends = body !== undefined || form.length > 0;
  const usual = sends ? 'POST' : 'GET';
  return [
    `curl ${method === usual ? '' : `-X ${method} `}${/[?&]/.test(url) ? quoted(url) : url}`,
    ...(keyVariable === null ? [] : [`-H "Authorization: Bearer $${keyVariable}"`]),
    ...(body === undefined
      ? []
      : [`-H 'Content-Type: application/json'`, `-d ${quoted(JSON.stringify(body, null, 2))}`]),
    ...form.map((field) => `-F ${quoted(field)}`),
  ].join(' \\\n  ');
}

/** Within single quotes, a shell takes everything but a single quote as it is. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
