// Keeps a server busy: node load.mjs '{"url": …, "headers": …, "connections": …, and either "body" and "seconds", or
// "file": a JSON list of {"body", "headers"}, each of which is sent once}'.
// Says how many requests were answered and how long each took, in milliseconds: autocannon's own summary rounds.

import { readFileSync } from "node:fs";

import autocannon from "autocannon";

const { url, headers, body, connections, seconds, file } = JSON.parse(process.argv[2]);
const each = file ? JSON.parse(readFileSync(file, "utf8")) : null;
let next = 0;
const how = each
  ? {
      amount: each.length,
      requests: [
        {
          setupRequest: (request) => {
            const one = each[next++ % each.length];
            return { ...request, body: one.body, headers: { ...headers, ...one.headers } };
          },
        },
      ],
    }
  : { body, duration: seconds };
const times = [];
const run = autocannon({ url, method: "POST", headers, connections, ...how });
const started = performance.now();
let answered = started;
run.on("response", (_client, _status, _bytes, time) => {
  times.push(time);
  answered = performance.now();
});
const { non2xx, errors, duration } = await run;
const spent = each ? (answered - started) / 1000 : duration; // of an amount, autocannon's goes on to the next second
if (non2xx || errors) throw new Error(`${url}: ${non2xx} answers are no success, ${errors} are none`);
times.sort((a, b) => a - b);
const percentile = (share) => times[Math.min(times.length - 1, Math.floor(times.length * share))];
console.log(JSON.stringify({ per_second: times.length / spent, p50_ms: percentile(0.5), p99_ms: percentile(0.99) }));
