// `node mock-model.ts PORT`: an OpenAI-compatible provider that answers every call at once with bytes made beforehand.
// Written on sockets, since `node:http` would be the slowest part of what is measured. Known gap: a request whose body
// is sent without its length is not understood.
import { createServer, type Socket } from 'node:net';
import { PACED_MARK, PIECE_INTERVAL_MS, streamedAnswer, wholeAnswer } from './chat-example.ts';

const HEAD_END = '\r\n\r\n';

const EMPTY = response('text/plain', 'ok');
const WHOLE = response('application/json', wholeAnswer());
const STREAM_HEAD = Buffer.from(
  'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n',
);
/** Each event is an HTTP chunk of its own. */
const STREAM = [...streamedAnswer(), ''].map((event) =>
  Buffer.from(`${Buffer.byteLength(event).toString(16)}\r\n${event}\r\n`),
);

createServer({ noDelay: true }, (socket) => {
  let received = '';
  socket.setEncoding('latin1');
  socket.on('error', () => socket.destroy());
  socket.on('data', (text: string) => {
    received += text;
    const headEnd = received.indexOf(HEAD_END);
    if (headEnd === -1) return;
    const length = Number(/^content-length: *(\d+)/im.exec(received.slice(0, headEnd))?.[1] ?? 0);
    if (received.length < headEnd + HEAD_END.length + length) return;
    const isStreamed = received.includes('"stream":true', headEnd);
    const isPaced = received.includes(PACED_MARK, headEnd);
    const isCall = received.startsWith('POST');
    received = '';
    if (isStreamed) sendStream(socket, isPaced);
    else socket.write(isCall ? WHOLE : EMPTY);
  });
}).listen(Number(process.argv[2]), '127.0.0.1');

/** Each event by itself, at a model's pace or without its pauses. */
function sendStream(socket: Socket, isPaced: boolean): void {
  socket.write(STREAM_HEAD);
  let sent = 0;
  const send = () => {
    const event = STREAM[sent++];
    if (event === undefined || socket.destroyed) return;
    socket.write(event);
    if (isPaced) setTimeout(send, PIECE_INTERVAL_MS);
    else setImmediate(send);
  };
  send();
}

function response(type: string, body: string): Buffer {
  const head = `HTTP/1.1 200 OK\r\nContent-Type: ${type}\r\nContent-Length: ${Buffer.byteLength(body)}`;
  return Buffer.from(`${head}${HEAD_END}${body}`);
}
