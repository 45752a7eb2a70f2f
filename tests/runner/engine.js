// GitHub's own workflow parser and expression engine, one JSON request a line, one JSON answer a line.
import { createHash } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { createInterface } from "node:readline";
import { Evaluator, Lexer, Parser, data } from "@actions/expressions";
import {
  NoOperationTraceWriter,
  convertWorkflowTemplate,
  isBasicExpression,
  isMapping,
  isSequence,
  parseWorkflow,
} from "@actions/workflow-parser";
import schema from "./node_modules/@actions/workflow-parser/dist/workflow-v1.0.min.json";

// Newer than the parser: https://github.blog/changelog/2026-09-10-control-github-actions-cache-access-with-cache-mode
if (!schema.definitions["cache-mode"]) {
  schema.definitions["cache-mode"] = { "allowed-values": ["read", "write", "write-only", "none"] };
  for (const place of ["workflow-root", "workflow-root-strict", "job-factory", "workflow-job"]) {
    schema.definitions[place].mapping.properties["cache-mode"] = "cache-mode";
  }
}

// Newer too: https://github.blog/changelog/2026-05-07-github-actions-concurrency-groups-now-allow-larger-queues
const concurrency = schema.definitions["concurrency-mapping"].mapping.properties;
if (!concurrency.queue) {
  schema.definitions["concurrency-queue"] = { "allowed-values": ["single", "max"] };
  concurrency.queue = "concurrency-queue";
}

const CONTEXTS = "github needs strategy matrix job runner env vars steps secrets inputs".split(" ");

// An expression stands in the tree as {"$": text}; GitHub's parser has already joined "a-${{ b }}" into one format().
function tree(token) {
  if (token === undefined || token === null) return null;
  if (isBasicExpression(token)) return { $: token.expression };
  if (isMapping(token)) {
    return Object.fromEntries([...token].map((pair) => [pair.key.toString(), tree(pair.value)]));
  }
  if (isSequence(token)) return [...token].map(tree);
  return token.value ?? null;
}

async function parse({ name, text }) {
  const parsed = parseWorkflow({ name, content: text }, new NoOperationTraceWriter());
  const problems = () => parsed.context.errors.getErrors().map((error) => error.message);
  if (!parsed.value || problems().length) return { errors: problems() };
  const template = await convertWorkflowTemplate(parsed.context, parsed.value);
  if (problems().length) return { errors: problems() };
  const jobs = template.jobs.map((job) => ({
    id: job.id.value,
    needs: (job.needs ?? []).map((need) => need.value),
    if: job.if.expression,
    steps: (job.steps ?? []).map((step) => ({ id: step.id, if: step.if.expression })),
  }));
  return { errors: [], events: template.events, jobs, tree: tree(parsed.value) };
}

function* files(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() && entry.name !== ".git") yield* files(path);
    else if (entry.isFile()) yield path;
  }
}

function pattern(glob) {
  const text = glob.replace(/[.+^${}()|[\]\\]/g, "\\$&");
  const parts = { "**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]" };
  return new RegExp(`^${text.replace(/\*\*\/|\*\*|\*|\?/g, (part) => parts[part])}$`);
}

// As GitHub's runner: the digest of the digests of the matching files, in the order of their paths.
function hashFiles(folder, globs) {
  const patterns = globs.map(pattern);
  const found = [...files(folder)].filter((path) => patterns.some((one) => one.test(relative(folder, path)))).sort();
  if (!found.length) return "";
  const total = createHash("sha256");
  for (const path of found) total.update(createHash("sha256").update(readFileSync(path)).digest());
  return total.digest("hex");
}

function functions({ status = {}, workspace = "." }) {
  const state = (name) => [name, 0, 0, () => new data.BooleanData(Boolean(status[name]))];
  const hash = (...globs) => new data.StringData(hashFiles(workspace, globs.map((glob) => glob.coerceString())));
  return [
    ["always", 0, 0, () => new data.BooleanData(true)],
    state("success"),
    state("failure"),
    state("cancelled"),
    ["hashFiles", 1, 255, hash],
  ].map(([name, minArgs, maxArgs, call]) => ({ name, minArgs, maxArgs, call }));
}

function evaluate(expression, request) {
  const extra = functions(request);
  const context = JSON.parse(JSON.stringify(request.contexts), data.reviver);
  const parsed = new Parser(new Lexer(expression).lex().tokens, CONTEXTS, extra).parse();
  const named = new Map(extra.map((one) => [one.name.toLowerCase(), one]));
  return new Evaluator(parsed, context, named).evaluate();
}

function resolve(value, request) {
  if (Array.isArray(value)) return value.map((item) => resolve(item, request));
  if (value === null || typeof value !== "object") return value;
  if (!("$" in value)) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, resolve(item, request)]));
  }
  const result = evaluate(value.$, request);
  return request.text ? result.coerceString() : JSON.parse(JSON.stringify(result, data.replacer) ?? "null");
}

const OPERATIONS = {
  parse,
  test: (request) => evaluate(`!!(${request.expression})`, request).value, // what counts as true is GitHub's to say
  resolve: (request) => resolve(request.value, request),
};

for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  let answer;
  try {
    answer = { value: await OPERATIONS[request.operation](request) };
  } catch (error) {
    answer = { error: error.message };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
