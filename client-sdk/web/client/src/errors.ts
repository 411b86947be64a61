// What can go wrong with a call, in words a program can act on.

import { Code, ConnectError } from "@connectrpc/connect";

import { type FieldViolation, readDetails } from "./error-details.js";

/** Why a call gave no answer. Every method of the client fails with this and nothing else. */
export class SsiError extends Error {
  override readonly name = "SsiError";
  /** The gRPC status code. */
  readonly code: Code;
  /** The stable reason code such as `service_message`; empty when the server gave none. */
  readonly reason: string;
  /** Values that belong to the reason, by name. */
  readonly metadata: Readonly<Record<string, string>>;
  /** The fields at fault; filled with `Code.InvalidArgument`. */
  readonly fieldViolations: readonly FieldViolation[];
  /** How long the server wants us to wait before the call is repeated, in milliseconds. */
  readonly retryAfterMs: number | undefined;
  /**
   * Whether the connection broke, so that nobody knows whether the server acted. Repeating the call
   * with the same request id is safe.
   */
  readonly broken: boolean;

  private constructor(error: ConnectError) {
    super(error.rawMessage, { cause: error });
    const wire = error.details.flatMap((detail) => ("type" in detail ? [detail] : []));
    const details = readDetails(wire);
    this.code = isBroken(error) ? Code.Unavailable : error.code;
    this.reason = details.reason;
    this.metadata = details.metadata;
    this.fieldViolations = details.fieldViolations;
    this.retryAfterMs = details.retryAfterMs;
    this.broken = isBroken(error);
  }

  /** Turns whatever was thrown into an SsiError; an SsiError stays what it is. */
  static from(thrown: unknown): SsiError {
    return thrown instanceof SsiError ? thrown : new SsiError(ConnectError.from(thrown));
  }
}

/** Whether the transport failed rather than the server answered. */
function isBroken(error: ConnectError): boolean {
  // fetch reports every network failure as a TypeError, also those that CORS causes. A body that ends
  // too early is thrown as one of these texts by the transport.
  return (
    error.cause instanceof TypeError ||
    ["missing trailer", "missing response body"].includes(error.rawMessage) ||
    error.rawMessage.startsWith("premature end of stream")
  );
}
