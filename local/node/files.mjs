// Where the bytes of stored objects lie, for @supabase/lite. Its own file store holds a whole upload in memory and
// sends the whole file for every range; this one streams both ways.

import { AsyncLocalStorage } from "node:async_hooks";
import { createHash, randomUUID } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { copyFile, link, mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";

// What lite does not hand down: the range a reader asked for, or a finished upload to take over instead of a body.
export const hint = new AsyncLocalStorage();

export class Files {
  constructor(root) {
    this.root = root;
  }

  // A key may be both a file and a folder ("a" and "a/b"), so no path is made of it.
  #path(bucket, key) {
    const name = createHash("sha256").update(`${bucket}/${key}`).digest("hex");
    return join(this.root, name.slice(0, 2), name);
  }

  async getObject(bucket, key) {
    const path = this.#path(bucket, key);
    const metadata = await this.headObject(bucket, key);
    const { size } = metadata;
    const { range, ifRange } = hint.getStore() ?? {};
    const asked = range && (!ifRange || ifRange === metadata.eTag) ? /^bytes=(\d*)-(\d*)$/.exec(range) : null;
    if (!asked || (!asked[1] && !asked[2])) return { metadata, body: this.#read(path) };

    const start = asked[1] ? Number(asked[1]) : Math.max(0, size - Number(asked[2]));
    const end = asked[1] && asked[2] ? Math.min(Number(asked[2]), size - 1) : size - 1;
    if (start > end) {
      const none = { contentLength: 0, contentRange: `bytes */${size}` };
      return { metadata: { ...metadata, ...none }, body: new Uint8Array() };
    }
    const part = { contentLength: end - start + 1, contentRange: `bytes ${start}-${end}/${size}` };
    return { metadata: { ...metadata, ...part }, body: this.#read(path, { start, end }) };
  }

  #read(path, range = {}) {
    return Readable.toWeb(createReadStream(path, { ...range, highWaterMark: 256 * 1024 }));
  }

  async headObject(bucket, key) {
    const path = this.#path(bucket, key);
    const [{ size, mtime }, kept] = await Promise.all([stat(path), readFile(`${path}.json`, "utf8")]);
    return { ...JSON.parse(kept), size, contentLength: size, lastModified: mtime };
  }

  async uploadObject(bucket, key, _version, body, mimetype, cacheControl) {
    const path = this.#path(bucket, key);
    const draft = `${path}.${randomUUID()}`;
    await mkdir(join(path, ".."), { recursive: true });
    const { finishedUpload } = hint.getStore() ?? {};
    const eTag = finishedUpload ? await takeOver(finishedUpload, draft) : await write(body, draft);
    return this.#publish(path, draft, { mimetype, cacheControl, eTag });
  }

  // Order matters: who reads while an object is replaced gets the old bytes or the new, never a mixture.
  async #publish(path, draft, kept) {
    await writeFile(`${draft}.json`, JSON.stringify(kept));
    await rename(`${draft}.json`, `${path}.json`);
    await rename(draft, path);
    const { size, mtime } = await stat(path);
    return { ...kept, size, contentLength: size, lastModified: mtime };
  }

  async copyObject(bucket, key, _version, toBucket, toKey) {
    const [from, to] = [this.#path(bucket, key), this.#path(toBucket, toKey)];
    const draft = `${to}.${randomUUID()}`;
    await mkdir(join(to, ".."), { recursive: true });
    await copyFile(from, draft);
    return this.#publish(to, draft, JSON.parse(await readFile(`${from}.json`, "utf8")));
  }

  async deleteObject(bucket, key) {
    const path = this.#path(bucket, key);
    await Promise.all([rm(path, { force: true }), rm(`${path}.json`, { force: true })]);
  }

  async deleteObjects(bucket, keys) {
    for (const key of keys) await this.deleteObject(bucket, key);
  }
}

async function write(body, draft) {
  const hash = createHash("md5");
  const source = body instanceof ReadableStream ? Readable.fromWeb(body) : Readable.from([body]);
  const hashing = new Transform({
    transform(chunk, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
  try {
    await pipeline(source, hashing, createWriteStream(draft));
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
  return `"${hash.digest("hex")}"`;
}

// A finished upload is already whole on this disk: it becomes the object's bytes without being read again. Its tag is,
// as for any upload in parts, not a digest of the content.
async function takeOver(path, draft) {
  await link(path, draft);
  return `"${randomUUID().replaceAll("-", "")}-1"`;
}
