// Watching a session to its end, coming back after broken connections.

import { type Client, Code, ConnectError } from "@connectrpc/connect";

import { SsiError } from "./errors.js";
import type { SyncService, WatchSessionResponse } from "./gen/ssi/v1/sync_service_pb.js";
import { DEFAULT_RETRY, type RetryPolicy, sleep, waitAfter } from "./retry.js";

/** What happened in a session; the last one has the case `ended`. */
export type SessionEvent = Exclude<WatchSessionResponse["event"], { case: undefined }>;

/**
 * Yields the events of a session until and including its end. After a broken connection it comes back to
 * the same session and goes on with a fresh `progress`. With `-` as the session it watches the one
 * running now, else the next one.
 */
export async function* watchSession(
  sync: Client<typeof SyncService>,
  name: string,
  options: { readonly signal?: AbortSignal; readonly retry?: RetryPolicy } = {},
): AsyncGenerator<SessionEvent> {
  // Generated clients keep a stream open when their reader leaves; only a signal ends it.
  const ending = new AbortController();
  const abort = (): void => ending.abort(options.signal?.reason);
  options.signal?.addEventListener("abort", abort, { once: true });
  if (options.signal?.aborted === true) {
    abort();
  }
  try {
    yield* repeatedly(sync, name, ending.signal, options.retry ?? DEFAULT_RETRY);
  } finally {
    options.signal?.removeEventListener("abort", abort);
    ending.abort();
  }
}

async function* repeatedly(
  sync: Client<typeof SyncService>,
  name: string,
  signal: AbortSignal,
  policy: RetryPolicy,
): AsyncGenerator<SessionEvent> {
  let session = name;
  let failed = 0;
  for (;;) {
    let opened = false;
    try {
      for await (const message of sync.watchSession({ name: session }, { signal })) {
        failed = 0;
        opened = true;
        if (message.session !== "") {
          session = message.session;
        }
        if (message.event.case !== undefined) {
          yield message.event;
          if (message.event.case === "ended") {
            return;
          }
        }
      }
      // A stream without an "ended" event was cut, for instance by a server shutting down.
      opened = true;
      throw new ConnectError("the stream ended early", Code.Unavailable);
    } catch (thrown) {
      failed += 1;
      const error = SsiError.from(thrown);
      const wait = waitAfter(policy, error, failed, Math.random());
      // The transport has repeated the opening as often as it may: an error without a message before it
      // is final.
      if (!opened || wait === undefined || signal.aborted) {
        throw error;
      }
      await sleep(wait, signal).catch((reason: unknown) => {
        throw SsiError.from(ConnectError.from(reason, Code.Canceled));
      });
    }
  }
}
