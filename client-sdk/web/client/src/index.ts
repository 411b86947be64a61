// The client of SSI Sync for browsers and Node, over grpc-web.

export { Code } from "@connectrpc/connect";
export { type SsiClient, createSsiClient } from "./client.js";
export type { FieldViolation } from "./error-details.js";
export { SsiError } from "./errors.js";
export { currentSessionName, mailboxName } from "./names.js";
export { DEFAULT_RETRY, type RetryPolicy } from "./retry.js";
export type { IdentityToken, IdentityTokenSource } from "./tokens.js";
export { type SsiOptions, createSsiTransport, wrapTransport } from "./transport.js";
export { type SessionEvent, watchSession } from "./watch.js";
export * from "./gen/ssi/v1/add_in_service_pb.js";
export * from "./gen/ssi/v1/people_service_pb.js";
export * from "./gen/ssi/v1/record_service_pb.js";
export * from "./gen/ssi/v1/resources_pb.js";
export * from "./gen/ssi/v1/session_service_pb.js";
export * from "./gen/ssi/v1/sync_service_pb.js";
