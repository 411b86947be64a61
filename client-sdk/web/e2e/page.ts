// A page as small as an add-in can be: signs in, saves the open e-mail, watches a session to its end, and
// writes what it saw into the document, where the test reads it.

import {
  Code,
  type SaveEmailResponse,
  type SavedEmail,
  type SsiClient,
  SsiError,
  SyncSession_State,
  Wish_State,
  createSsiClient,
  mailboxName,
} from "@ssi/client";

/** What the test gives the page before it loads. */
interface Config {
  readonly url: string;
  readonly token: string;
  readonly tokenKind: "oidc" | "exchange" | "session";
  readonly address: string;
  readonly itemId: string;
}

/** What the page found; read by e2e.mjs. */
interface Outcome {
  subject?: string;
  mailboxes?: string[];
  saved?: Save;
  again?: Save;
  session?: string;
  events?: string[];
  counts?: number[][];
  end?: string;
  endCode?: string;
  forged?: Refused;
  error?: string;
}

interface Save {
  record: string;
  links: string[];
  alreadySaved: boolean;
  rules: string[];
}

interface Refused {
  code: string;
  reason: string;
}

declare global {
  interface Window {
    ssiConfig: Config;
  }
}

const outcome: Outcome = {};

function show(): void {
  const element = document.getElementById("outcome");
  if (element !== null) {
    element.textContent = JSON.stringify(outcome, null, 2);
  }
}

function connect(config: Config): SsiClient {
  const { url, token, tokenKind } = config;
  return tokenKind === "session"
    ? createSsiClient({ baseUrl: url, sessionToken: token })
    : createSsiClient({
        baseUrl: url,
        signIn: () => Promise.resolve({ kind: tokenKind, token }),
      });
}

/** A save that outlived its deadline is followed until it is done. */
async function finished(client: SsiClient, answer: SaveEmailResponse): Promise<Save> {
  if (answer.result.case === "savedEmail") {
    return describe(answer.result.value);
  }
  let wish = answer.result.value;
  while (wish?.state === Wish_State.PENDING) {
    await new Promise((resolve) => setTimeout(resolve, 1000));
    wish = (await client.addIn.getWish({ name: wish.name })).wish;
  }
  if (wish?.state !== Wish_State.SAVED) {
    throw new Error(`the queued save ended as ${wish?.code ?? "nothing"}`);
  }
  const links = wish.links.map((link) => link.record?.name ?? "");
  return { record: wish.record?.name ?? "", links, alreadySaved: false, rules: ["queued"] };
}

function describe(saved: SavedEmail): Save {
  return {
    record: saved.record?.name ?? "",
    links: saved.links.map((link) => link.record?.name ?? ""),
    alreadySaved: saved.alreadySaved,
    rules: saved.trace?.steps.map((step) => `${step.rule} ${step.code}`) ?? [],
  };
}

async function watch(client: SsiClient, session: string): Promise<void> {
  outcome.events = [];
  outcome.counts = [];
  for await (const event of client.watchSession(session)) {
    outcome.events.push(event.case);
    const line = document.createElement("li");
    line.textContent = event.case;
    if (event.case === "progress") {
      const { examinedCount, savedCount, skippedCount, failedCount } = event.value;
      outcome.counts.push([examinedCount, savedCount, skippedCount, failedCount]);
    } else if (event.case === "item") {
      line.textContent = `item: ${event.value.reasonCodes.join(", ")}`;
    } else {
      outcome.end = SyncSession_State[event.value.state];
      outcome.endCode = event.value.code;
    }
    document.getElementById("events")?.append(line);
    show();
  }
}

async function forged(client: SsiClient, mailbox: string): Promise<Refused> {
  try {
    await client.addIn.saveEmail({ mailbox, itemId: "AAMkforged==", useFoundRecords: true });
    return { code: "none", reason: "none" };
  } catch (thrown) {
    const error = SsiError.from(thrown);
    return { code: Code[error.code], reason: error.reason };
  }
}

async function run(config: Config): Promise<void> {
  const client = connect(config);
  const mailbox = mailboxName(config.address);

  const { caller } = await client.session.getCaller({});
  outcome.subject = caller?.subject ?? "";
  outcome.mailboxes = caller?.mailboxes ?? [];

  const request = { mailbox, itemId: config.itemId, useFoundRecords: true };
  outcome.saved = await finished(client, await client.addIn.saveEmail(request));
  show();
  outcome.again = await finished(client, await client.addIn.saveEmail(request));
  show();

  const { session } = await client.sync.forceSync({ name: mailbox });
  outcome.session = session?.name ?? "";
  await watch(client, outcome.session);

  outcome.forged = await forged(client, mailbox);
}

run(window.ssiConfig)
  .catch((thrown: unknown) => {
    const error = SsiError.from(thrown);
    outcome.error = `${Code[error.code]} ${error.reason}: ${error.message}`;
  })
  .finally(() => {
    show();
    document.body.dataset["done"] = "true";
  });
