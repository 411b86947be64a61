// End to end in a real browser: a page on an origin of its own loads the client, saves an open e-mail
// and watches a session to its end. The server must already run.
//
//   SSI_URL       address of the server, http://127.0.0.1:8080
//   SSI_TOKEN     token of the mailbox's owner
//   SSI_MAILBOX   address of the mailbox
//   SSI_ITEM_ID   backend id of an e-mail in it that is not saved yet
//   SSI_TOKEN_KIND  oidc (default), exchange or session
//   SSI_ORIGIN    origin the page is served from, http://127.0.0.1:PORT, on the server's CORS list;
//                 without it the page is written to SSI_STATIC_DIR and loaded from SSI_STATIC_URL
//   SSI_STATIC_DIR, SSI_STATIC_URL  a folder the server serves, and where: same origin then
//   CHROMIUM      path of the browser, else tests/tools/chromium.sh finds or installs one

import { execFileSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";
import { chromium } from "playwright-core";

const here = dirname(fileURLToPath(import.meta.url));
const PAGE_TIMEOUT_MS = 120_000;

function required(name) {
  const value = process.env[name];
  if (value === undefined || value === "") {
    console.error(`${name} is not set; see the head of e2e/e2e.mjs`);
    process.exit(2);
  }
  return value;
}

const config = {
  url: required("SSI_URL").replace(/\/$/, ""),
  token: required("SSI_TOKEN"),
  tokenKind: process.env.SSI_TOKEN_KIND ?? "oidc",
  address: required("SSI_MAILBOX"),
  itemId: required("SSI_ITEM_ID"),
};

/** Builds page.js from the client's sources into a folder. */
async function bundle(folder) {
  await build({
    entryPoints: [join(here, "page.ts")],
    outfile: join(folder, "page.js"),
    bundle: true,
    format: "esm",
    target: "es2022",
    conditions: ["ssi-source"],
    logLevel: "warning",
  });
  copyFileSync(join(here, "page.html"), join(folder, "page.html"));
}

/** Serves the two files at an origin; port 0 takes a free one. */
async function serve(folder, host, port) {
  const types = { "/page.html": "text/html; charset=utf-8", "/page.js": "text/javascript" };
  const server = createServer((request, response) => {
    const type = types[request.url ?? ""];
    if (type === undefined) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { "content-type": type }).end(readFileSync(join(folder, request.url.slice(1))));
  });
  await new Promise((ready, broken) => {
    server.once("error", broken);
    server.listen(port, host, ready);
  });
  return { origin: `http://${host}:${server.address().port}`, close: () => server.close() };
}

/** Loads the page and returns what it wrote into the document. */
async function visit(browser, address) {
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    const problems = [];
    page.on("pageerror", (error) => problems.push(String(error)));
    await page.addInitScript((value) => {
      window.ssiConfig = value;
    }, config);
    await page.goto(address);
    await page.waitForSelector("body[data-done]", { timeout: PAGE_TIMEOUT_MS }).catch(async (late) => {
      // Where it stands still says what hangs.
      console.error("the page did not finish:", await page.textContent("#outcome"), problems);
      throw late;
    });
    const text = (await page.textContent("#outcome")) ?? "{}";
    const lines = await page.locator("#events li").count();
    return { outcome: JSON.parse(text), lines, problems };
  } finally {
    await context.close();
  }
}

let passed = 0;
let failed = 0;

function check(name, condition, found) {
  if (condition) {
    passed += 1;
    console.log(`ok   ${name}`);
  } else {
    failed += 1;
    console.log(`FAIL ${name}${found === undefined ? "" : `: ${JSON.stringify(found)}`}`);
  }
}

function judge({ outcome, lines, problems }) {
  const { saved, again, events = [], counts = [] } = outcome;
  const mailbox = `mailboxes/${config.address.toLowerCase()}`;
  check("the page ran without an error", outcome.error === undefined && problems.length === 0, [
    outcome.error,
    ...problems,
  ]);
  check("the server knows who calls", (outcome.subject ?? "") !== "", outcome.subject);
  check("the mailbox is the caller's", outcome.mailboxes?.includes(mailbox) === true, outcome.mailboxes);
  check("the e-mail became a record", /^records\/email\/./.test(saved?.record ?? ""), saved);
  check("the decision is explained", (saved?.rules.length ?? 0) > 0, saved?.rules);
  check("a second click finds the same record", again?.alreadySaved === true && again.record === saved?.record, again);
  check("no link was lost by the second click", saved?.links.every((link) => again?.links.includes(link)) === true, again);
  check("a session was started", outcome.session?.startsWith(`${mailbox}/sessions/`) === true, outcome.session);
  check("the watch began with progress", events[0] === "progress", events[0]);
  check("the watch ended with the end, once", events.indexOf("ended") === events.length - 1 && events.length > 1, events);
  check("the session succeeded", outcome.end === "SUCCEEDED", [outcome.end, outcome.endCode]);
  check("every event reached the document", lines === events.length, [lines, events.length]);
  check("counts only ever grew", counts.every((now, index) => now.every((value, at) => value >= (counts[index - 1]?.[at] ?? 0))), counts);
  check("a forged item id is refused with a reason", ["item_not_found", "invalid_field"].includes(outcome.forged?.reason ?? ""), outcome.forged);
}

function findChromium() {
  const script = resolve(here, "../../../tests/tools/chromium.sh");
  return execFileSync("sh", [script], { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] }).trim();
}

async function main() {
  const staticFolder = process.env.SSI_STATIC_DIR;
  const folder = staticFolder ?? mkdtempSync(join(tmpdir(), "ssi-e2e-"));
  await bundle(folder);
  const browser = await chromium.launch({
    executablePath: findChromium(),
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
  const servers = [];
  try {
    if (staticFolder !== undefined) {
      judge(await visit(browser, `${required("SSI_STATIC_URL").replace(/\/$/, "")}/page.html`));
      return;
    }
    const wanted = new URL(required("SSI_ORIGIN"));
    const own = await serve(folder, wanted.hostname, Number(wanted.port));
    servers.push(own);
    judge(await visit(browser, `${own.origin}/page.html`));

    // The same page from an origin that is not on the list must not get an answer.
    const foreign = await serve(folder, wanted.hostname, 0);
    servers.push(foreign);
    const { outcome } = await visit(browser, `${foreign.origin}/page.html`);
    check("another origin gets no answer", outcome.error !== undefined && outcome.subject === undefined, outcome);
  } finally {
    await browser.close();
    servers.forEach((server) => server.close());
    if (staticFolder === undefined) {
      rmSync(folder, { recursive: true, force: true });
    }
  }
}

await main();
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
