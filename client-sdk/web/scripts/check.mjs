// Everything that can be wrong with the API description and its TypeScript client, in one command:
// lint, format and breaking changes of the .proto files, generated code up to date, types, tests.

import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const web = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const root = resolve(web, "../..");
const bin = join(web, "node_modules/.bin");
const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}` };
const scratch = mkdtempSync(join(tmpdir(), "ssi-check-"));
let failed = 0;

/** Runs a program and says whether it was content. */
function run(command, args, cwd = root) {
  const { status, error } = spawnSync(command, args, { cwd, env, stdio: "inherit" });
  if (error !== undefined) {
    console.error(String(error));
  }
  return status === 0;
}

function step(name, body) {
  console.log(`-- ${name}`);
  if (!body()) {
    failed += 1;
    console.error(`FAILED: ${name}`);
  }
}

function git(...args) {
  return execFileSync("git", args, { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

/** The commit of the main branch; a clone of another branch knows it only by its remote name. */
function mainCommit() {
  for (const ref of ["refs/heads/main", "refs/remotes/origin/main"]) {
    try {
      return git("rev-parse", "--verify", "--quiet", `${ref}^{commit}`).trim();
    } catch {
      // Not this name; the next one.
    }
  }
  throw new Error("no branch main to compare the API with; fetch it");
}

/**
 * Compares with the files of main as git holds them, written to a folder of their own: buf's own git
 * input clones the repository and cannot read from shallow clones and linked worktrees.
 */
function breaking() {
  const commit = mainCommit();
  const files = git("ls-tree", "-r", "-z", "--name-only", commit, "--", "proto", "buf.yaml")
    .split("\0")
    .filter((file) => file.endsWith(".proto") || file === "buf.yaml");
  if (!files.some((file) => file.endsWith(".proto"))) {
    console.log("main holds no .proto files yet: nothing to break");
    return true;
  }
  const base = join(scratch, "main");
  for (const file of files) {
    mkdirSync(join(base, dirname(file)), { recursive: true });
    writeFileSync(join(base, file), git("show", `${commit}:${file}`));
  }
  return run("buf", ["breaking", "--against", base]);
}

function contents(folder) {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true });
  return new Map(
    files
      .filter((file) => file.isFile())
      .map((file) => join(file.parentPath ?? file.path, file.name))
      .map((path) => [relative(folder, path), readFileSync(path, "utf8")]),
  );
}

function upToDate() {
  const out = join(scratch, "generated");
  if (!run("buf", ["generate", "--output", out])) {
    return false;
  }
  const generated = "client-sdk/web/client/src/gen";
  const fresh = contents(join(out, generated));
  const committed = contents(join(root, generated));
  const stale = [...new Set([...fresh.keys(), ...committed.keys()])].filter(
    (file) => fresh.get(file) !== committed.get(file),
  );
  for (const file of stale) {
    console.error(`${generated}/${file} does not fit the .proto files; run: npm run generate`);
  }
  return fresh.size > 0 && stale.length === 0;
}

try {
  step("buf lint", () => run("buf", ["lint"]));
  step("buf format", () => run("buf", ["format", "--diff", "--exit-code"]));
  step("buf breaking against main", breaking);
  step("generated code is up to date", upToDate);
  step("types of the client", () => run("tsc", ["-p", "client"], web));
  step("types of the end-to-end page", () => run("tsc", ["-p", "e2e"], web));
  step("tests of the client", () => {
    const folder = join(web, "client/dist/test");
    const tests = readdirSync(folder).filter((file) => file.endsWith(".test.js"));
    return tests.length > 0 && run(process.execPath, ["--test", ...tests.map((file) => join(folder, file))], web);
  });
} catch (error) {
  failed += 1;
  console.error(`FAILED: ${error.message}`);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
console.log(failed === 0 ? "all checks passed" : `${failed} checks failed`);
process.exitCode = failed === 0 ? 0 : 1;
