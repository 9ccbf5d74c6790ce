// One run of autocannon: reads a job as JSON from standard input and writes the result to standard output.
import autocannon from "autocannon";
import { randomUUID } from "node:crypto";
import { text } from "node:stream/consumers";

const job = JSON.parse(await text(process.stdin));

function request({ body, token }) {
  const headers = { "content-type": "application/json", authorization: `Bearer ${token}` };
  if (!/\{(new|now|fresh)\}/.test(body)) return { method: "POST", headers, body };
  const filled = () =>
    body
      .replace("{new}", randomUUID())
      .replace("{now}", new Date().toISOString())
      .replace("{fresh}", () => job.fresh.pop());
  return { method: "POST", headers, setupRequest: (each) => ({ ...each, body: filled() }) };
}

const times = [];
let bytes = 0;
const until = job.amount ? { amount: job.amount } : { duration: job.seconds };
const run = autocannon({ url: job.url, connections: job.connections, requests: job.requests.map(request), ...until });
run.on("response", (_client, _status, size, milliseconds) => {
  times.push(milliseconds);
  bytes += size;
});
const result = await run;
times.sort((a, b) => a - b);
const at = (share) => times[Math.floor((times.length - 1) * share)];
console.log(
  JSON.stringify({
    requests: times.length,
    seconds: (result.finish - result.start) / 1000,
    failed: result.non2xx + result.errors,
    p50: at(0.5),
    p99: at(0.99),
    bytes: bytes / times.length,
  }),
);
