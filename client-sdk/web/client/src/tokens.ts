// Who we are: identity tokens in, session tokens kept in memory only.

import { type Transport, createClient } from "@connectrpc/connect";
import { timestampMs } from "@bufbuild/protobuf/wkt";

import { SessionService } from "./gen/ssi/v1/session_service_pb.js";

/** A proof of identity that the server exchanges for a session token. */
export type IdentityToken =
  /** A JWT of the organization's OpenID Connect provider, compact form. */
  | { readonly kind: "oidc"; readonly token: string }
  /** A JWT of Office.js getUserIdentityTokenAsync (Exchange on-premises). */
  | { readonly kind: "exchange"; readonly token: string };

/** Gives an identity token that is valid now, whenever the client has to sign in. */
export type IdentityTokenSource = () => Promise<IdentityToken>;

/** A session token and the sign-in it came from. */
export interface SessionToken {
  readonly value: string;
  /** Counts sign-ins, so that many calls refused with one old token sign in once, not many times. */
  readonly generation: number;
  /** When to sign in again of our own accord, in milliseconds since 1970 by our clock. */
  readonly renewAtMs: number;
}

/** Time before its end at which a session token is renewed. */
const RENEW_EARLY_MS = 60_000;
/** A clock that is wrong must not make us sign in before every call. */
const SHORTEST_LIFE_MS = 60_000;

/** The session token shared by all calls of a client. */
export class SessionTokens {
  private current: SessionToken | undefined;
  private pending: Promise<SessionToken> | undefined;

  constructor(
    private readonly transport: Transport,
    private readonly source: IdentityTokenSource | undefined,
    sessionToken: string | undefined,
  ) {
    if (sessionToken !== undefined) {
      this.current = { value: sessionToken, generation: 0, renewAtMs: Infinity };
    }
  }

  /** Whether a refused token can be replaced. */
  get canSignIn(): boolean {
    return this.source !== undefined;
  }

  /** The session token, or a newer one than `refused`. Without a source whatever is there. */
  async get(refused?: SessionToken): Promise<SessionToken | undefined> {
    const token = this.current;
    if (this.source === undefined) {
      return token;
    }
    const newer = refused === undefined || (token?.generation ?? 0) > refused.generation;
    if (token !== undefined && newer && Date.now() < token.renewAtMs) {
      return token;
    }
    this.pending ??= this.signIn(this.source).finally(() => {
      this.pending = undefined;
    });
    return this.pending;
  }

  private async signIn(source: IdentityTokenSource): Promise<SessionToken> {
    const identity = await source();
    const credential =
      identity.kind === "oidc"
        ? { case: "oidcToken" as const, value: identity.token }
        : { case: "exchangeIdentityToken" as const, value: identity.token };
    const answer = await createClient(SessionService, this.transport).createSession({ credential });
    const end = answer.expireTime === undefined ? Infinity : timestampMs(answer.expireTime);
    this.current = {
      value: answer.token,
      generation: (this.current?.generation ?? 0) + 1,
      renewAtMs: Math.max(end - RENEW_EARLY_MS, Date.now() + SHORTEST_LIFE_MS),
    };
    return this.current;
  }
}
