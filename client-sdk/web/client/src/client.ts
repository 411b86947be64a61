// The five services behind one transport.

import { type Client, createClient } from "@connectrpc/connect";

import { AddInService } from "./gen/ssi/v1/add_in_service_pb.js";
import { PeopleService } from "./gen/ssi/v1/people_service_pb.js";
import { RecordService } from "./gen/ssi/v1/record_service_pb.js";
import { SessionService } from "./gen/ssi/v1/session_service_pb.js";
import { SyncService } from "./gen/ssi/v1/sync_service_pb.js";
import { type SsiOptions, createSsiTransport } from "./transport.js";
import { type SessionEvent, watchSession } from "./watch.js";

/**
 * The typed clients; every method fails with an SsiError only. A stream read from them directly stays
 * open until it ends or the `signal` given with the call aborts; `watchSession` closes itself.
 */
export interface SsiClient {
  /** Who am I. */
  readonly session: Client<typeof SessionService>;
  /** What the add-in does: states, cards, saving, tracking. */
  readonly addIn: Client<typeof AddInService>;
  /** Finding and reading CRM records. */
  readonly records: Client<typeof RecordService>;
  /** Blocklists, created parties and offered links. */
  readonly people: Client<typeof PeopleService>;
  /** Showing and steering the background sync. */
  readonly sync: Client<typeof SyncService>;
  /** Watches a session to its end, mending broken connections. */
  watchSession(name: string, options?: { readonly signal?: AbortSignal }): AsyncGenerator<SessionEvent>;
}

/** Makes a client. Nothing is sent before the first call. */
export function createSsiClient(options: SsiOptions): SsiClient {
  const transport = createSsiTransport(options);
  const sync = createClient(SyncService, transport);
  return {
    session: createClient(SessionService, transport),
    addIn: createClient(AddInService, transport),
    records: createClient(RecordService, transport),
    people: createClient(PeopleService, transport),
    sync,
    watchSession(name, watching = {}) {
      return watchSession(sync, name, {
        ...watching,
        ...(options.retry === undefined ? {} : { retry: options.retry }),
      });
    },
  };
}
