import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { create, fromBinary } from "@bufbuild/protobuf";

import {
  Code,
  CreateSessionResponseSchema,
  GetCallerResponseSchema,
  type IdentityToken,
  SaveEmailRequestSchema,
  SaveEmailResponseSchema,
  SsiError,
  WatchSessionRequestSchema,
  WatchSessionResponseSchema,
  createSsiClient,
  mailboxName,
} from "../src/index.js";
import { cut, ok, refuse, scripted, statusWith } from "./wire.js";

const baseUrl = "http://ssi.test";
const UNAVAILABLE = 14;
const RESOURCE_EXHAUSTED = 8;
const UNAUTHENTICATED = 16;
const FAILED_PRECONDITION = 9;

/** Moves the clock whenever everybody waits, until the work is done. */
async function settle<T>(work: Promise<T>): Promise<T> {
  let done = false;
  const watched = work.finally(() => {
    done = true;
  });
  watched.catch(() => undefined);
  while (!done) {
    for (let turn = 0; turn < 20 && !done; turn += 1) {
      await new Promise(setImmediate);
    }
    mock.timers.tick(50);
  }
  return watched;
}

function paused(name: string, body: () => Promise<void>): void {
  test(name, async () => {
    mock.timers.enable({ apis: ["setTimeout", "Date"] });
    try {
      await body();
    } finally {
      mock.timers.reset();
    }
  });
}

const saved = ok(SaveEmailResponseSchema, create(SaveEmailResponseSchema));
const caller = ok(GetCallerResponseSchema, create(GetCallerResponseSchema));
const session = (token: string) =>
  ok(CreateSessionResponseSchema, create(CreateSessionResponseSchema, { token }));
const progress = (name: string) =>
  create(WatchSessionResponseSchema, { event: { case: "progress", value: {} }, session: name });
const ended = (name: string) =>
  create(WatchSessionResponseSchema, { event: { case: "ended", value: {} }, session: name });
const signIn = (): Promise<IdentityToken> => Promise.resolve({ kind: "oidc", token: "identity" });

paused("the server's delay is waited out and the request id stays", async () => {
  const { fetch, seen } = scripted(
    refuse(UNAVAILABLE, "no", statusWith(UNAVAILABLE, "crm_unavailable", 3)),
    refuse(RESOURCE_EXHAUSTED, "no", statusWith(RESOURCE_EXHAUSTED, "throttled", 8)),
    saved,
  );
  await settle(createSsiClient({ baseUrl, fetch }).addIn.saveEmail({ itemId: "AAMk" }));
  const waits = [1, 2].map((index) => (seen[index]?.at ?? 0) - (seen[index - 1]?.at ?? 0));
  for (const [index, asked] of [3000, 8000].entries()) {
    const waited = waits[index] ?? 0;
    assert.ok(waited >= asked && waited <= asked * 1.25 + 100, `waited ${waited}, asked ${asked}`);
  }
  const ids = seen.map((call) => fromBinary(SaveEmailRequestSchema, call.body).requestId);
  assert.match(ids[0] ?? "", /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.equal(new Set(ids).size, 1);
});

paused("a request id of the caller's own is kept", async () => {
  const { fetch, seen } = scripted(saved);
  await settle(createSsiClient({ baseUrl, fetch }).addIn.saveEmail({ requestId: "mine" }));
  assert.equal(fromBinary(SaveEmailRequestSchema, seen[0]?.body ?? new Uint8Array()).requestId, "mine");
});

paused("a rule that forbids is an answer, not a reason to repeat", async () => {
  const status = statusWith(FAILED_PRECONDITION, "service_message");
  const { fetch, seen } = scripted(refuse(FAILED_PRECONDITION, "no", status));
  await assert.rejects(
    settle(createSsiClient({ baseUrl, fetch }).addIn.saveEmail({})),
    (error) => error instanceof SsiError && error.reason === "service_message",
  );
  assert.equal(seen.length, 1);
});

paused("a delay longer than the time left is reported at once", async () => {
  const { fetch, seen } = scripted(
    refuse(UNAVAILABLE, "no", statusWith(UNAVAILABLE, "mail_unavailable", 20)),
  );
  const client = createSsiClient({ baseUrl, fetch, timeoutMs: 10_000 });
  const start = Date.now();
  await assert.rejects(
    settle(client.addIn.saveEmail({})),
    (error) => error instanceof SsiError && error.retryAfterMs === 20_000,
  );
  assert.ok(Date.now() - start < 1000);
  assert.equal(seen.length, 1);
});

paused("the server is told the time left, and silence ends the call", async () => {
  const { fetch, seen } = scripted(
    (_, signal) =>
      new Promise((_resolve, reject) => {
        signal?.addEventListener("abort", () => reject(signal.reason));
      }),
  );
  const client = createSsiClient({ baseUrl, fetch, timeoutMs: 10_000 });
  await assert.rejects(
    settle(client.addIn.saveEmail({})),
    (error) => error instanceof SsiError && error.code === Code.DeadlineExceeded,
  );
  assert.equal(seen[0]?.headers.get("grpc-timeout"), "10000m");
});

paused("one sign-in serves many calls, and a refused token is replaced once", async () => {
  const refused = refuse(UNAUTHENTICATED, "no", statusWith(UNAUTHENTICATED, "token_expired"));
  const { fetch, seen } = scripted(
    session("one"),
    caller,
    caller,
    refused,
    refused,
    session("two"),
    caller,
    caller,
  );
  const client = createSsiClient({ baseUrl, fetch, signIn });
  await settle(Promise.all([client.session.getCaller({}), client.session.getCaller({})]));
  await settle(Promise.all([client.session.getCaller({}), client.session.getCaller({})]));
  assert.deepEqual(
    seen.map((call) => call.headers.get("authorization")),
    [null, "Bearer one", "Bearer one", "Bearer one", "Bearer one", null, "Bearer two", "Bearer two"],
  );
});

paused("a session token is renewed before it ends", async () => {
  const end = { seconds: BigInt(Math.floor(Date.now() / 1000) + 600), nanos: 0 };
  const first = ok(
    CreateSessionResponseSchema,
    create(CreateSessionResponseSchema, { token: "one", expireTime: end }),
  );
  const { fetch, seen } = scripted(first, caller, caller, session("two"), caller);
  const client = createSsiClient({ baseUrl, fetch, signIn });
  await settle(client.session.getCaller({}));
  mock.timers.tick(530_000);
  await settle(client.session.getCaller({}));
  mock.timers.tick(20_000);
  await settle(client.session.getCaller({}));
  assert.deepEqual(
    seen.map((call) => call.headers.get("authorization")),
    [null, "Bearer one", "Bearer one", null, "Bearer two"],
  );
});

paused("a broken watch comes back to the same session", async () => {
  const name = "mailboxes/ann@example.com/sessions/7";
  const { fetch, seen } = scripted(
    cut(WatchSessionResponseSchema, progress(name)),
    refuse(UNAVAILABLE, "no", statusWith(UNAVAILABLE, "shutting_down", 1)),
    ok(WatchSessionResponseSchema, progress(name)),
    ok(WatchSessionResponseSchema, progress(name), ended(name)),
  );
  const client = createSsiClient({ baseUrl, fetch });
  const events: string[] = [];
  await settle(
    (async () => {
      for await (const event of client.watchSession("mailboxes/ann@example.com/sessions/-")) {
        events.push(event.case);
      }
    })(),
  );
  assert.deepEqual(events, ["progress", "progress", "progress", "ended"]);
  assert.deepEqual(
    seen.map((call) => fromBinary(WatchSessionRequestSchema, call.body).name),
    ["mailboxes/ann@example.com/sessions/-", name, name, name],
  );
});

paused("a watch that never yields anything is given up", async () => {
  const silent = ok(WatchSessionResponseSchema);
  const { fetch, seen } = scripted(silent, silent, silent, silent, silent);
  const client = createSsiClient({ baseUrl, fetch });
  await assert.rejects(
    settle(client.watchSession("mailboxes/ann@example.com/sessions/7").next()),
    (error) => error instanceof SsiError && error.code === Code.Unavailable,
  );
  assert.equal(seen.length, 4);
});

paused("leaving the loop over a watch ends the call", async () => {
  let aborted = false;
  const name = "mailboxes/ann@example.com/sessions/7";
  const { fetch } = scripted(async (seen, signal) => {
    signal?.addEventListener("abort", () => {
      aborted = true;
    });
    const answer = await cut(WatchSessionResponseSchema, progress(name))(seen, signal);
    const bytes = new Uint8Array(await answer.arrayBuffer());
    // Stays open: no close().
    const body = new ReadableStream({ start: (controller) => controller.enqueue(bytes) });
    return new Response(body, { headers: answer.headers });
  });
  const client = createSsiClient({ baseUrl, fetch });
  await settle(
    (async () => {
      for await (const event of client.watchSession(name)) {
        assert.equal(event.case, "progress");
        break;
      }
    })(),
  );
  assert.equal(aborted, true);
});

paused("the caller's abort ends a wait for a repeat", async () => {
  const { fetch, seen } = scripted(
    refuse(UNAVAILABLE, "no", statusWith(UNAVAILABLE, "crm_unavailable", 20)),
  );
  const stop = new AbortController();
  const call = createSsiClient({ baseUrl, fetch }).addIn.saveEmail({}, { signal: stop.signal });
  setTimeout(() => stop.abort(), 1000);
  await assert.rejects(
    settle(call),
    (error) => error instanceof SsiError && error.code === Code.Canceled,
  );
  assert.equal(seen.length, 1);
});

test("mailbox names escape what would break them, and nothing else", () => {
  assert.equal(mailboxName("Ann+crm@Example.com"), "mailboxes/ann+crm@example.com");
  assert.equal(mailboxName("a/b%c@x.org"), "mailboxes/a%2Fb%25c@x.org");
});
