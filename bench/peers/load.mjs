// One run of autocannon: a job as JSON on standard input, what was measured on standard output.
import autocannon from "autocannon";
import { randomUUID } from "node:crypto";
import { text } from "node:stream/consumers";

const job = JSON.parse(await text(process.stdin));
const fresh = () => job.body.replace("{new}", randomUUID()).replace("{now}", new Date().toISOString());
const request = job.body.includes("{new}") ? { setupRequest: (each) => ({ ...each, body: fresh() }) } : { body: job.body };
const times = [];
let bytes = 0;
const run = autocannon({
  url: job.url,
  connections: job.connections,
  duration: job.seconds,
  method: "POST",
  headers: { "content-type": "application/json", authorization: `Bearer ${job.token}` },
  requests: [request],
});
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
