import assert from "node:assert/strict";
import { test } from "node:test";

import { Code, SsiError, createSsiClient } from "../src/index.js";
import { readDetails } from "../src/error-details.js";
import { STATUS_FROM_TONIC, refuse, scripted } from "./wire.js";

const baseUrl = "http://ssi.test";

async function failure(call: Promise<unknown>): Promise<SsiError> {
  try {
    await call;
  } catch (thrown) {
    assert.ok(thrown instanceof SsiError, `an SsiError, not ${String(thrown)}`);
    return thrown;
  }
  return assert.fail("the call succeeded");
}

test("a refusal of the real server carries reason, fields and delay", async () => {
  const { fetch } = scripted(refuse(3, "the subject is too long", STATUS_FROM_TONIC));
  const client = createSsiClient({ baseUrl, fetch });
  const error = await failure(client.addIn.saveEmail({}));
  assert.equal(error.code, Code.InvalidArgument);
  assert.equal(error.reason, "invalid_field");
  assert.deepEqual({ ...error.metadata }, { limit: "255" });
  assert.deepEqual(error.fieldViolations, [
    { field: "subject", description: "zu lang – ü" },
    { field: "linked_records[2]", description: "unknown" },
  ]);
  assert.equal(error.retryAfterMs, 7250);
  assert.equal(error.message, "the subject is too long");
  assert.equal(error.broken, false);
});

test("a status without details is an error without reason", async () => {
  const { fetch } = scripted(refuse(5, "no such mailbox: ü"));
  const error = await failure(createSsiClient({ baseUrl, fetch }).sync.getMailboxStatus({}));
  assert.equal(error.code, Code.NotFound);
  assert.equal(error.reason, "");
  assert.deepEqual(error.fieldViolations, []);
  assert.equal(error.retryAfterMs, undefined);
  assert.equal(error.message, "no such mailbox: ü");
});

test("a proxy's page instead of an answer is an error, not a crash", async () => {
  const page = () =>
    new Response("<html>Bad gateway</html>", {
      status: 502,
      headers: { "content-type": "text/html" },
    });
  const { fetch } = scripted(page);
  const retry = { attempts: 1, firstWaitMs: 0, longestWaitMs: 0, jitter: 0 };
  const error = await failure(createSsiClient({ baseUrl, fetch, retry }).session.getCaller({}));
  assert.equal(error.code, Code.Unavailable);
});

test("an HTML page with status 200 is an error, not a crash", async () => {
  const page = () =>
    new Response("<html>Sign in to the network</html>", {
      status: 200,
      headers: { "content-type": "text/html" },
    });
  const { fetch } = scripted(page);
  const error = await failure(createSsiClient({ baseUrl, fetch }).session.getCaller({}));
  assert.equal(error.reason, "");
});

test("a network failure says that the connection broke", async () => {
  const { fetch } = scripted(() => {
    throw new TypeError("fetch failed");
  });
  const retry = { attempts: 1, firstWaitMs: 0, longestWaitMs: 0, jitter: 0 };
  const error = await failure(createSsiClient({ baseUrl, fetch, retry }).session.getCaller({}));
  assert.equal(error.code, Code.Unavailable);
  assert.equal(error.broken, true);
});

test("broken details and details of others are passed over", () => {
  const foreign = Buffer.from("0a0551554f5441120d70726f78792e6578616d706c65", "hex");
  const found = readDetails([
    { type: "google.rpc.ErrorInfo", value: new Uint8Array([0x0a, 0xff]) },
    { type: "google.rpc.RetryInfo", value: new Uint8Array([0xff, 0xff]) },
    { type: "google.rpc.ErrorInfo", value: foreign },
    { type: "example.Unknown", value: new Uint8Array([1, 2, 3]) },
  ]);
  assert.deepEqual(found, {
    reason: "",
    metadata: {},
    fieldViolations: [],
    retryAfterMs: undefined,
  });
});

test("a delay is rounded up, never down", () => {
  // 1 s and 1 ns.
  const value = new Uint8Array([0x0a, 0x04, 0x08, 0x01, 0x10, 0x01]);
  assert.equal(readDetails([{ type: "google.rpc.RetryInfo", value }]).retryAfterMs, 1001);
});
