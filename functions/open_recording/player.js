// Plays the parts of a recording one after the other, as one film: HLS by the browser, or by hls.js where it plays none;
// and says in words why something does not play. A film of one part has the browser's own controls.
const film = JSON.parse(document.getElementById("film").textContent);
const get = (id) => document.getElementById(id);
const video = document.querySelector("video"), bar = get("bar"), position = get("position"), note = get("note");
const { nonce } = document.currentScript;
const parts = film.parts.map((part, index) => ({
  ...part, number: index + 1, address: `${film.address}&part=${index + 1}`, end: part.starts_at + part.seconds,
}));
const HLS = "application/vnd.apple.mpegurl";
const { words } = film; // in the reader's language, each with its values to put in
const filled = (message, values) => message.replace(/%\((\w+)\)s/g, (_, name) => values[name]);
let current = parts[film.part - 1], streams = null, attempt = 0;
let failedAt = -1, playsStreams = video.canPlayType(HLS) !== "";

const say = (what) => { note.textContent = what; };
const clock = (seconds) => {
  const [hour, minute, second] = [seconds / 3600, (seconds / 60) % 60, seconds % 60].map(Math.floor);
  const two = (number) => String(number).padStart(2, "0");
  return hour ? `${hour}:${two(minute)}:${two(second)}` : `${minute}:${two(second)}`;
};

// A part's place on the timeline is known to the second, or by the size of its file: its own clock is scaled to it.
const scale = () => (Number.isFinite(video.duration) && video.duration > 0 ? current.seconds / video.duration : 1);
let wanted = 0; // where in the part to begin, until it can be sought
const now = () => Math.min(current.end, current.starts_at + (video.readyState ? video.currentTime * scale() : wanted));

const follows = (part) => parts.filter((other) => other.starts_at >= part.end - 0.5 && other !== part)
  .sort((a, b) => a.starts_at - b.starts_at || (b.lane === part.lane) - (a.lane === part.lane) || a.number - b.number)[0];
const nextInLane = () => parts.find((other) => other.lane === current.lane && other.number > current.number);
function partAt(time, lane) {
  const inLane = parts.filter((part) => part.lane === lane);
  const covers = (part) => part.starts_at <= time && time < part.end;
  return inLane.find(covers) ?? parts.find(covers) ?? inLane.findLast((part) => part.starts_at <= time) ?? inLane[0];
}

function seek(time, plays = !video.paused || video.ended, lane = current.lane) {
  const part = partAt(Math.max(0, Math.min(time, film.seconds)), lane);
  const into = Math.max(0, Math.min(time, part.end) - part.starts_at);
  if (part === current && video.readyState) {
    video.currentTime = into / scale();
    if (plays) play();
  } else {
    open(part, into, plays);
  }
}

// `into` is in seconds of the timeline.
async function open(part, into, plays) {
  const mine = ++attempt;
  streams?.destroy();
  streams = null;
  [current, wanted] = [part, into];
  if (part.kind === "playlist" && !playsStreams) {
    video.removeAttribute("src");
    video.load(); // what played before has ended, also while the script is on its way
    show();
    if (!(await loadStreams())) {
      if (mine === attempt) explain(film.streamsScript, words.not_loaded);
      return;
    }
    if (mine !== attempt) return;
    if (!Hls.isSupported()) {
      say(filled(words.no_streams, { kind: words.playlist }));
      return;
    }
    playByHls(part);
  } else {
    video.src = part.address;
    show();
  }
  if (plays) play();
}

function loadStreams() {
  if (window.Hls) return true;
  return new Promise((done) => {
    const script = Object.assign(document.createElement("script"), { nonce, src: film.streamsScript });
    script.onload = () => done(Boolean(window.Hls));
    script.onerror = () => { script.remove(); done(false); };
    document.head.append(script);
  });
}

function playByHls(part) {
  let recovered = false;
  streams = new Hls({ enableWorker: false });
  streams.on(Hls.Events.ERROR, (_, error) => {
    if (!error.fatal) return;
    const isMedia = error.type === Hls.ErrorTypes.MEDIA_ERROR;
    if (isMedia && !recovered && !/codec/i.test(error.details)) {
      recovered = true;
      streams.recoverMediaError();
      return;
    }
    streams.stopLoad();
    explain(error.frag?.url ?? part.address);
  });
  streams.loadSource(part.address);
  streams.attachMedia(video);
}

const play = () => video.play().catch(() => {}); // a failure is told by the error event, a refusal by the button

video.addEventListener("loadedmetadata", () => {
  if (wanted) video.currentTime = wanted / scale();
  wanted = 0;
  say(parts.length > 1 ? filled(words.part, { number: current.number, count: parts.length }) : "");
  show();
});
video.addEventListener("ended", () => {
  const next = nextInLane() ?? follows(current);
  if (next) open(next, 0, true);
});
// An address is good for a minute. Seeking later fails once: come back for a new one and go on at the same place.
video.addEventListener("error", () => {
  if (streams || !video.error) return; // hls.js tells its own
  const at = now();
  const isFirst = at !== failedAt;
  failedAt = at;
  if (current.kind === "playlist" && playsStreams) {
    playsStreams = false; // it said "maybe"
    open(current, at - current.starts_at, !video.paused);
  } else if (isFirst && video.error.code !== MediaError.MEDIA_ERR_DECODE) {
    open(current, at - current.starts_at, !video.paused);
  } else {
    explain(current.address);
  }
});

// Why it does not play, as whoever has the file says; where it is all right, it is the browser that cannot.
async function explain(address, what = "") {
  const mine = attempt;
  const reason = await reasonFor(address);
  if (mine !== attempt) return;
  const why = reason ?? (what || filled(words.cannot_play, { kind: words[current.kind] }));
  const told = parts.length > 1
    ? filled(words.in_part, { number: current.number, count: parts.length, what: why }) : why;
  say(told[0].toUpperCase() + told.slice(1));
}

async function reasonFor(address) {
  if (!navigator.onLine) return words.offline;
  let reply;
  try {
    reply = await fetch(address, { cache: "no-store", headers: { accept: "*/*" }, signal: AbortSignal.timeout(20_000) });
  } catch {
    return words.unreachable;
  }
  if (reply.ok) {
    reply.body?.cancel();
    return /sinkaudio/i.test(video.error?.message) ? words.no_sound : null; // Firefox
  }
  const told = await reply.json().catch(() => ({}));
  if (reply.redirected) { // to the storage, which says 400 and in its answer what it means
    return reply.status === 404 || [told.statusCode, told.error].some((word) => ["404", "not_found"].includes(word))
      ? words.missing
      : words.withheld;
  }
  const translated = (sentence) => film.told[sentence.replace(/\d+/, "…")]?.replace("…", sentence.match(/\d+/)?.[0]);
  const said = (sentence, otherwise) => (sentence ? translated(sentence) ?? sentence : otherwise);
  return [said(told.error, words.server_ill), said(told.hint, words.load_again)].join(" ");
}

let isDragging = false; // where the slider is, is the hand's to say until it lets go

function show() {
  const at = isDragging ? Number(position.value) : now();
  if (!isDragging) position.value = at;
  position.setAttribute("aria-valuetext", filled(words.position, { at: clock(at), whole: clock(film.seconds) }));
  get("clock").textContent = `${clock(at)} / ${clock(film.seconds)}`;
  get("play").textContent = video.paused ? words.play : words.pause;
}

if (parts.length > 1) {
  video.controls = false;
  bar.hidden = false;
  position.max = film.seconds;
  for (const event of ["timeupdate", "play", "pause", "seeked"]) video.addEventListener(event, show);
  const toggle = () => (video.paused ? play() : video.pause());
  video.addEventListener("click", toggle);
  get("play").addEventListener("click", toggle);
  position.addEventListener("input", () => {
    isDragging = true;
    show();
  });
  position.addEventListener("change", () => {
    isDragging = false;
    seek(Number(position.value));
  });
  get("mute").addEventListener("click", ({ target }) => {
    video.muted = !video.muted;
    target.setAttribute("aria-pressed", video.muted);
  });
  get("full").addEventListener("click", () => {
    if (document.fullscreenElement) document.exitFullscreen();
    else if (get("player").requestFullscreen) get("player").requestFullscreen();
    else video.webkitEnterFullscreen?.();
  });
  get("player").addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -5, ArrowRight: 5 }[event.key];
    if (step && !event.ctrlKey && !event.metaKey && !event.altKey) seek(now() + step);
    else if (event.key === " " && event.target.tagName !== "BUTTON") toggle();
    else return;
    event.preventDefault();
  });
}
const chapters = get("chapters"), lanes = get("lanes");
if (chapters) {
  chapters.hidden = false;
  chapters.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button) seek(Number(button.value), true);
  });
}
if (lanes) {
  lanes.hidden = false;
  const select = lanes.querySelector("select");
  select.value = current.lane;
  select.addEventListener("change", () => seek(now(), !video.paused, select.value));
}
// The element has its address already, unless that is a stream that this browser does not play.
if (current.kind === "playlist" && !playsStreams) {
  open(current, 0, false);
} else if (video.error) {
  video.dispatchEvent(new Event("error"));
}
show();
