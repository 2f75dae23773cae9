// Keeps a server busy from a number of connections for some seconds: node load.mjs '{"url": …, "headers": …, …}'.
// Says how many requests were answered and how long each took, in milliseconds: autocannon's own summary rounds.

import autocannon from "autocannon";

const { url, headers, body, connections, seconds } = JSON.parse(process.argv[2]);
const times = [];
const run = autocannon({ url, method: "POST", headers, body, connections, duration: seconds });
run.on("response", (_client, _status, _bytes, time) => times.push(time));
const { non2xx, errors, duration } = await run;
if (non2xx || errors) throw new Error(`${url}: ${non2xx} answers are no success, ${errors} are none`);
times.sort((a, b) => a - b);
const percentile = (share) => times[Math.min(times.length - 1, Math.floor(times.length * share))];
console.log(JSON.stringify({ per_second: times.length / duration, p50_ms: percentile(0.5), p99_ms: percentile(0.99) }));
