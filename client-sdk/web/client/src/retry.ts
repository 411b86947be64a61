// When a call is repeated, and after which wait.

import { Code } from "@connectrpc/connect";

import type { SsiError } from "./errors.js";

/**
 * How often and how patiently calls are repeated. A delay the server asks for (RetryInfo) is waited out
 * in full; if it is longer than `longestWaitMs` or than the time left, the error is thrown at once.
 */
export interface RetryPolicy {
  /** Attempts in all, the first one included; at least 1. */
  readonly attempts: number;
  /** Upper bound of the first wait where the server names no delay; doubles with each attempt. */
  readonly firstWaitMs: number;
  /** Longest wait that is accepted, whoever asks for it. */
  readonly longestWaitMs: number;
  /** Part of a server's delay that is added at random on top of it, from 0 to 1. */
  readonly jitter: number;
}

/** 4 attempts, first wait up to 200 ms, longest wait 30 s, a quarter of jitter. */
export const DEFAULT_RETRY: RetryPolicy = {
  attempts: 4,
  firstWaitMs: 200,
  longestWaitMs: 30_000,
  jitter: 0.25,
};

/**
 * The wait in milliseconds after the `failed`-th failure (from 1), or undefined if the error is to be
 * thrown. `chance` is a random number from 0 to 1.
 */
export function waitAfter(
  policy: RetryPolicy,
  error: SsiError,
  failed: number,
  chance: number,
): number | undefined {
  const asked = error.retryAfterMs;
  if (failed >= policy.attempts || !mayRepeat(error)) {
    return undefined;
  }
  if (asked === undefined) {
    return Math.min(policy.firstWaitMs * 2 ** (failed - 1), policy.longestWaitMs) * chance;
  }
  // The jitter alone must not turn an acceptable delay into a refusal.
  return asked <= policy.longestWaitMs ? asked * (1 + policy.jitter * chance) : undefined;
}

function mayRepeat(error: SsiError): boolean {
  switch (error.code) {
    case Code.Unavailable:
      return true;
    // Without a delay these say "not now" without saying when: repeating would be guessing.
    case Code.ResourceExhausted:
    case Code.Aborted:
      return error.retryAfterMs !== undefined;
    default:
      return false;
  }
}

/** Waits; rejects with the signal's reason when it is aborted meanwhile. */
export function sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const timer = setTimeout(done, ms);
    signal?.addEventListener("abort", aborted, { once: true });

    function done(): void {
      signal?.removeEventListener("abort", aborted);
      resolve();
    }

    function aborted(): void {
      clearTimeout(timer);
      reject(signal?.reason);
    }
  });
}
