// The grpc-web transport with everything a call needs: bearer token, time limit, request id, sign-in
// again, repeats, typed errors.

import {
  type DescMessage,
  type MessageInitShape,
  type MessageShape,
  clone,
  create,
} from "@bufbuild/protobuf";
import { Code, ConnectError, type StreamResponse, type Transport } from "@connectrpc/connect";
import { createGrpcWebTransport } from "@connectrpc/connect-web";

import { SsiError } from "./errors.js";
import { DEFAULT_RETRY, type RetryPolicy, sleep, waitAfter } from "./retry.js";
import { type IdentityTokenSource, type SessionToken, SessionTokens } from "./tokens.js";

/** How to reach the server and who we are. */
export interface SsiOptions {
  /** Address of the server, for instance `https://ssi.example.com`. */
  readonly baseUrl: string;
  /** Signs in with tokens from here before the first call and whenever the session token ends. */
  readonly signIn?: IdentityTokenSource;
  /** A session token obtained elsewhere; with `signIn` it is used until it is refused. */
  readonly sessionToken?: string;
  /**
   * Time for a whole unary call in milliseconds, repeats and waits included. Default 60,000. The server
   * is told what is left of it. A call's own `timeoutMs` goes first. Streams have no limit.
   */
  readonly timeoutMs?: number;
  /** When calls are repeated; `DEFAULT_RETRY` unless given. */
  readonly retry?: RetryPolicy;
  /** Replaces the global fetch. */
  readonly fetch?: typeof globalThis.fetch;
}

const DEFAULT_TIMEOUT_MS = 60_000;

/** Makes the transport for generated clients. All errors it throws are SsiErrors. */
export function createSsiTransport(options: SsiOptions): Transport {
  const inner = createGrpcWebTransport({
    baseUrl: options.baseUrl,
    ...(options.fetch === undefined ? {} : { fetch: options.fetch }),
  });
  return wrapTransport(inner, options);
}

/** Adds the same to a transport made elsewhere. */
export function wrapTransport(inner: Transport, options: Omit<SsiOptions, "baseUrl">): Transport {
  const tokens = new SessionTokens(inner, options.signIn, options.sessionToken);
  const policy = options.retry ?? DEFAULT_RETRY;

  return {
    async unary(method, signal, timeoutMs, header, message, contextValues) {
      // One id for all repeats: that is what makes repeating safe (AIP-155).
      const request = withRequestId(method.input, message);
      const limit = timeoutMs ?? options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
      const deadline = limit > 0 ? Date.now() + limit : Infinity;
      return repeating(policy, deadline, signal, () =>
        authorised(tokens, header, (withToken) => {
          const left = deadline === Infinity ? 0 : Math.ceil(deadline - Date.now());
          if (left <= 0 && deadline !== Infinity) {
            throw new ConnectError("the operation timed out", Code.DeadlineExceeded);
          }
          return inner.unary(method, signal, left, withToken, request, contextValues);
        }),
      );
    },

    async stream(method, signal, timeoutMs, header, input, contextValues) {
      const messages = await collect(input);
      const opened = await repeating(policy, Infinity, signal, () =>
        authorised(tokens, header, async (withToken) => {
          const response = await inner.stream(
            method,
            signal,
            timeoutMs,
            withToken,
            replay(messages),
            contextValues,
          );
          // A refusal may come as late as in place of the first message. Reading that one here lets the
          // opening be repeated; nothing has been handed on yet.
          const rest = response.message[Symbol.asyncIterator]();
          return { response, first: await rest.next(), rest };
        }),
      );
      return { ...opened.response, message: resume(opened.first, opened.rest) } as StreamResponse<
        typeof method.input,
        typeof method.output
      >;
    },
  };
}

/** Runs the attempts of one call. */
async function repeating<T>(
  policy: RetryPolicy,
  deadline: number,
  signal: AbortSignal | undefined,
  attempt: () => Promise<T>,
): Promise<T> {
  for (let failed = 1; ; failed += 1) {
    try {
      return await attempt();
    } catch (thrown) {
      const error = SsiError.from(thrown);
      const wait = waitAfter(policy, error, failed, Math.random());
      if (signal?.aborted === true || wait === undefined || Date.now() + wait >= deadline) {
        throw error;
      }
      try {
        await sleep(wait, signal);
      } catch {
        throw SsiError.from(new ConnectError("the call was cancelled", Code.Canceled));
      }
    }
  }
}

/** One attempt with a session token, and a second one with a fresh token if the first is refused. */
async function authorised<T>(
  tokens: SessionTokens,
  header: HeadersInit | undefined,
  send: (header: Headers) => Promise<T>,
): Promise<T> {
  const token = await tokens.get();
  try {
    return await send(bearer(header, token));
  } catch (thrown) {
    if (!tokens.canSignIn || SsiError.from(thrown).code !== Code.Unauthenticated) {
      throw thrown;
    }
    return send(bearer(header, await tokens.get(token)));
  }
}

function bearer(header: HeadersInit | undefined, token: SessionToken | undefined): Headers {
  const headers = new Headers(header);
  if (token !== undefined) {
    headers.set("Authorization", `Bearer ${token.value}`);
  }
  return headers;
}

/** Gives a message that has a request id field and nothing in it a fresh one; the caller's stays. */
function withRequestId<T extends DescMessage>(
  schema: T,
  init: MessageInitShape<T>,
): MessageShape<T> {
  const message = create(schema, init);
  const field = schema.fields.find((candidate) => candidate.name === "request_id");
  if (field === undefined || Reflect.get(message, field.localName) !== "") {
    return message;
  }
  const copy = clone(schema, message);
  Reflect.set(copy, field.localName, randomUuid());
  return copy;
}

/** crypto.randomUUID exists only on https pages; add-ins are tested on plain http as well. */
function randomUuid(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

async function collect<T>(input: AsyncIterable<T>): Promise<T[]> {
  const messages: T[] = [];
  for await (const message of input) {
    messages.push(message);
  }
  return messages;
}

async function* replay<T>(messages: readonly T[]): AsyncGenerator<T> {
  yield* messages;
}

async function* resume<T>(first: IteratorResult<T>, rest: AsyncIterator<T>): AsyncGenerator<T> {
  try {
    for (let next = first; next.done !== true; next = await rest.next()) {
      yield next.value;
    }
  } catch (thrown) {
    throw SsiError.from(thrown);
  }
}
