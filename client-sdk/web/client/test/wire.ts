// A scripted server at the level of bytes: a fetch that answers with grpc-web frames.

import { type DescMessage, type MessageShape, toBinary } from "@bufbuild/protobuf";

/**
 * google.rpc.Status as tonic writes it: INVALID_ARGUMENT with RetryInfo (7.25 s), ErrorInfo
 * (invalid_field, ssi.v1, limit=255) and BadRequest (two fields).
 */
export const STATUS_FROM_TONIC = Buffer.from(
  "08031217746865207375626a65637420697320746f6f206c6f6e671a350a28747970652e676f6f676c65617069732e636f6d2f676f6f676c652e7270632e5265747279496e666f12090a0708071080e59a771a510a28747970652e676f6f676c65617069732e636f6d2f676f6f676c652e7270632e4572726f72496e666f12250a0d696e76616c69645f6669656c6412067373692e76311a0c0a056c696d697412033235351a660a29747970652e676f6f676c65617069732e636f6d2f676f6f676c652e7270632e4261645265717565737412390a190a077375626a656374120e7a75206c616e6720e2809320c3bc0a1c0a116c696e6b65645f7265636f7264735b325d1207756e6b6e6f776e",
  "hex",
);

/** One call as it arrived. */
export interface Seen {
  readonly path: string;
  readonly headers: Headers;
  readonly body: Uint8Array;
  readonly at: number;
}

/** What the server does with one call. */
export type Answer = (seen: Seen, signal: AbortSignal | undefined) => Response | Promise<Response>;

/** A fetch that gives one answer after the other, and what it saw. */
export function scripted(...answers: Answer[]): { fetch: typeof fetch; seen: Seen[] } {
  const seen: Seen[] = [];
  return {
    seen,
    fetch: async (input, init) => {
      const call = {
        path: new URL(String(input)).pathname,
        headers: new Headers(init?.headers),
        // Behind the five bytes of the frame's head.
        body: new Uint8Array(await new Response(init?.body ?? null).arrayBuffer()).slice(5),
        at: Date.now(),
      };
      seen.push(call);
      const answer = answers.shift();
      if (answer === undefined) {
        throw new Error(`nothing scripted for ${call.path}`);
      }
      return answer(call, init?.signal ?? undefined);
    },
  };
}

/** Answers with messages and an OK. */
export function ok<T extends DescMessage>(schema: T, ...messages: MessageShape<T>[]): Answer {
  return () =>
    response(...messages.map((message) => frame(0, toBinary(schema, message))), trailer("grpc-status: 0"));
}

/** Answers with messages, then breaks off without a status. */
export function cut<T extends DescMessage>(schema: T, ...messages: MessageShape<T>[]): Answer {
  return () => response(...messages.map((message) => frame(0, toBinary(schema, message))));
}

/** Refuses with a status and its details. */
export function refuse(code: number, message: string, status?: Uint8Array): Answer {
  const lines = [`grpc-status: ${code}`, `grpc-message: ${encodeURIComponent(message)}`];
  if (status !== undefined) {
    lines.push(`grpc-status-details-bin: ${Buffer.from(status).toString("base64")}`);
  }
  return () => response(trailer(...lines));
}

/** google.rpc.Status holding one RetryInfo and one ErrorInfo of ours. */
export function statusWith(code: number, reason: string, delaySeconds?: number): Uint8Array {
  const bytes = (field: number, value: Uint8Array): Uint8Array =>
    Buffer.concat([Buffer.from([(field << 3) | 2, value.length]), value]);
  const text = (field: number, value: string): Uint8Array => bytes(field, Buffer.from(value));
  const any = (type: string, value: Uint8Array): Uint8Array =>
    bytes(3, Buffer.concat([text(1, `type.googleapis.com/google.rpc.${type}`), bytes(2, value)]));
  const parts = [
    Buffer.from([8, code]),
    any("ErrorInfo", Buffer.concat([text(1, reason), text(2, "ssi.v1")])),
  ];
  if (delaySeconds !== undefined) {
    parts.push(Buffer.from(any("RetryInfo", bytes(1, Buffer.from([8, delaySeconds])))));
  }
  return Buffer.concat(parts);
}

function frame(flags: number, data: Uint8Array): Uint8Array {
  const head = Buffer.alloc(5);
  head.writeUInt8(flags, 0);
  head.writeUInt32BE(data.length, 1);
  return Buffer.concat([head, data]);
}

function trailer(...lines: string[]): Uint8Array {
  return frame(0x80, Buffer.from(lines.map((line) => `${line}\r\n`).join("")));
}

function response(...frames: Uint8Array[]): Response {
  return new Response(Buffer.concat(frames), {
    headers: { "content-type": "application/grpc-web+proto" },
  });
}
