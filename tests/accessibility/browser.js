// Opens pages in Chromium and asks axe about each: one JSON list of requests on standard input, one of answers back.
// Chromium is spoken to over two pipes, by the DevTools protocol: https://chromedevtools.github.io/devtools-protocol/
import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";

const AXE = readFileSync(new URL("./node_modules/axe-core/axe.min.js", import.meta.url), "utf8");
const [chromium, profile] = process.argv.slice(2);
const FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars",
  "--disable-background-networking", "--disable-component-update", "--disable-sync", "--remote-debugging-pipe"];
const browser = spawn(chromium, [...FLAGS, `--user-data-dir=${profile}`, "about:blank"],
  { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
const asked = new Map();
const waiting = new Map();
let last = 0;
let rest = "";

browser.stdio[4].on("data", (data) => {
  const messages = (rest + data).split("\0");
  rest = messages.pop();
  for (const message of messages.map((text) => JSON.parse(text))) {
    if (message.id) {
      const { resolve, reject } = asked.get(message.id);
      message.error ? reject(new Error(message.error.message)) : resolve(message.result);
    } else waiting.get(`${message.sessionId} ${message.method}`)?.();
  }
});

function send(method, params = {}, sessionId = undefined) {
  browser.stdio[3].write(`${JSON.stringify({ id: (last += 1), method, params, sessionId })}\0`);
  return new Promise((resolve, reject) => asked.set(last, { resolve, reject }));
}

// What axe and the page itself say: how wide it is where that is more than the window, and which boxes scroll sideways.
const LOOK = (width) => `(async () => {
  const found = await axe.run(document, { resultTypes: ["violations"] });
  const wide = document.documentElement.scrollWidth;
  const boxes = [...document.querySelectorAll("body *")].filter((box) => box.scrollWidth > box.clientWidth + 1
    && ["auto", "scroll"].includes(getComputedStyle(box).overflowX)).map((box) => box.outerHTML.slice(0, 160));
  return { wide: wide > ${width} ? wide : 0, boxes, violations: found.violations.map(({ id, impact, help, nodes }) => (
    { id, impact, help, places: nodes.map((node) => node.html.slice(0, 160) + " " + (node.any[0]?.message ?? "")) })) };
})()`;

async function look({ address, width, dark = false, print = false, picture = "" }) {
  const { targetId } = await send("Target.createTarget", { url: "about:blank" });
  const { sessionId } = await send("Target.attachToTarget", { targetId, flatten: true });
  const page = (method, params) => send(method, params, sessionId);
  await page("Page.enable");
  await page("Page.setBypassCSP", { enabled: true });
  await page("Emulation.setDeviceMetricsOverride", { width, height: 900, deviceScaleFactor: 1, mobile: width < 500 });
  const features = [{ name: "prefers-color-scheme", value: dark ? "dark" : "light" }];
  await page("Emulation.setEmulatedMedia", { media: print ? "print" : "screen", features });
  const loaded = new Promise((resolve) => waiting.set(`${sessionId} Page.loadEventFired`, resolve));
  await page("Page.navigate", { url: address });
  await loaded;
  if (picture) {
    const { data } = await page("Page.captureScreenshot", { captureBeyondViewport: true, ...(await whole(page, width)) });
    writeFileSync(picture, Buffer.from(data, "base64"));
  }
  await page("Runtime.evaluate", { expression: AXE });
  const said = await page("Runtime.evaluate", { expression: LOOK(width), awaitPromise: true, returnByValue: true });
  await send("Target.closeTarget", { targetId });
  if (said.exceptionDetails) throw new Error(`${address}: ${said.exceptionDetails.exception.description}`);
  return said.result.value;
}

async function whole(page, width) {
  const { cssContentSize } = await page("Page.getLayoutMetrics");
  return { clip: { x: 0, y: 0, width, height: Math.min(cssContentSize.height, 12000), scale: 1 } };
}

const answers = [];
for (const request of JSON.parse(readFileSync(0, "utf8"))) answers.push(await look(request));
await send("Browser.close");
process.stdout.write(JSON.stringify(answers));
process.exit(0);
