// JSON with base64 of many bytes inside, as the body of a request: encoded as it is sent, piece by piece. As texts, 20 MiB
// would be in memory five times over, and an isolate has 128 MB for all its requests.

const ENCODER = new TextEncoder();

/** What is encoded at once. Without padding, since it is a multiple of three. */
const PIECE_BYTES = 192 * 1024;

export class LateBase64 {
  /** Nobody's text has it. */
  readonly #mark = crypto.randomUUID();
  readonly #all: Uint8Array[] = [];

  /** A text to be put where the base64 of the bytes is to stand. */
  standIn(bytes: Uint8Array): string {
    this.#all.push(bytes);
    return `${this.#mark}-${this.#all.length - 1}.`;
  }

  /** The body of a request: the JSON, with every stand-in replaced. */
  body(json: string): BodyInit {
    if (this.#all.length === 0) return json;
    // Texts, and between them the numbers of what stands there.
    const texts = json.split(new RegExp(`${this.#mark}-(\\d+)\\.`)).map((part, index) => {
      return index % 2 === 0 ? ENCODER.encode(part) : (this.#all[Number(part)] ?? new Uint8Array());
    });
    const length = texts.reduce(
      (sum, { byteLength }, index) => sum + (index % 2 === 0 ? byteLength : base64Length(byteLength)),
      0,
    );
    const pieces = piecesOf(texts);
    const stream = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          const { done, value } = pieces.next();
          if (done) controller.close();
          else controller.enqueue(value);
        },
      },
      { highWaterMark: 0 },
    );
    return stream.pipeThrough(new FixedLengthStream(length));
  }
}

/** Texts as they are and, at every second place, bytes in base64. */
function* piecesOf(parts: readonly Uint8Array[]): Generator<Uint8Array> {
  for (const [index, part] of parts.entries()) {
    if (index % 2 === 0) {
      if (part.byteLength > 0) yield part;
      continue;
    }
    for (let from = 0; from < part.byteLength; from += PIECE_BYTES) {
      yield ENCODER.encode(part.subarray(from, from + PIECE_BYTES).toBase64());
    }
  }
}

function base64Length(bytes: number): number {
  return Math.ceil(bytes / 3) * 4;
}
