// Resumable uploads (TUS) as hosted storage has them: same address, same metadata, chunks of exactly 6 MiB, permission
// asked again with every chunk. What is finished becomes a storage object like any other, through lite itself.

import { FileStore } from "@tus/file-store";
import { Server } from "@tus/server";
import { SignJWT } from "jose";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";

import { hint } from "./files.mjs";

export const UPLOADS = "/storage/v1/upload/resumable";
const CHUNK = 6 * 1024 * 1024;
const DAY = 24 * 60 * 60 * 1000;

export async function resumableUploads({ lite, buckets, jwtSecret, directory }) {
  const key = new TextEncoder().encode(jwtSecret);
  await mkdir(directory, { recursive: true });
  const store = new FileStore({ directory, expirationPeriodInMilliseconds: DAY });

  // Asking lite for a signed upload address is asking the policies whether this caller may upload this object.
  async function permit(authorization, { bucketName, objectName, upsert }) {
    const headers = { "x-upsert": upsert ?? "false", ...(authorization && { authorization }) };
    const path = `/storage/v1/object/upload/sign/${bucketName}/${encodeURI(objectName)}`;
    const reply = await lite(new Request(`http://lite${path}`, { method: "POST", headers }));
    const answer = await reply.json();
    if (!reply.ok) refuse(Number(answer.statusCode) || reply.status, answer.message);
    return JSON.parse(Buffer.from(answer.token.split(".")[1], "base64url")).owner;
  }

  async function withinBucketLimits({ bucketName, contentType = "application/octet-stream" }, size) {
    const bucket = await buckets(bucketName);
    if (!bucket) refuse(404, "Bucket not found");
    if (bucket.file_size_limit !== null && size > Number(bucket.file_size_limit)) {
      refuse(413, "The object exceeded the maximum allowed size");
    }
    const allowed = bucket.allowed_mime_types ?? [];
    const family = `${contentType.split("/")[0]}/*`;
    if (allowed.length && !allowed.includes(contentType) && !allowed.includes(family)) {
      refuse(415, `mime type ${contentType} is not supported`);
    }
  }

  // Safe to repeat: a crash between the last byte and the object's row is put right at the next start.
  async function finish(upload) {
    const { bucketName, objectName, contentType, cacheControl, owner, upsert } = upload.metadata;
    const claims = { sub: objectName, bucket: bucketName, intent: "upload", owner: owner || null };
    const token = await new SignJWT({ ...claims, upsert: upsert === "true" })
      .setProtectedHeader({ alg: "HS256", typ: "JWT" })
      .setExpirationTime("1m")
      .sign(key);
    const path = `/storage/v1/object/upload/sign/${bucketName}/${encodeURI(objectName)}?token=${token}`;
    const headers = {
      "content-type": contentType ?? "application/octet-stream",
      "content-length": String(upload.size),
      "cache-control": `max-age=${cacheControl ?? 3600}`,
    };
    const request = new Request(`http://lite${path}`, { method: "PUT", headers, body: "" });
    const finishedUpload = join(directory, upload.id);
    const reply = await hint.run({ finishedUpload }, () => lite(request));
    if (!reply.ok) {
      const answer = await reply.json();
      refuse(Number(answer.statusCode) || reply.status, answer.message);
    }
    await store.configstore.set(upload.id, { ...upload, metadata: { ...upload.metadata, finished: "true" } });
  }

  const server = new Server({
    path: UPLOADS,
    datastore: store,
    respectForwardedHeaders: true,
    allowedHeaders: ["authorization", "apikey", "x-client-info", "x-upsert"],
    disableTerminationForFinishedUploads: true,

    async onUploadCreate(request, upload) {
      const metadata = { ...upload.metadata, upsert: request.headers.get("x-upsert") ?? "false" };
      if (!metadata.bucketName || !metadata.objectName) refuse(400, "bucketName and objectName are required");
      await withinBucketLimits(metadata, upload.size);
      const owner = await permit(request.headers.get("authorization"), metadata);
      return { metadata: { ...metadata, owner: owner ?? "" } };
    },

    async onIncomingRequest(request, id) {
      if (request.method !== "PATCH") return;
      const upload = await store.getUpload(id);
      const length = Number(request.headers.get("content-length"));
      const left = upload.size - Number(request.headers.get("upload-offset"));
      if (length !== CHUNK && length !== left) refuse(400, `A chunk is ${CHUNK} bytes; only the last is shorter`);
      await permit(request.headers.get("authorization"), upload.metadata);
    },

    async onUploadFinish(_request, upload) {
      await finish(upload);
      return {};
    },
  });

  for (const id of await store.configstore.list()) {
    const upload = await store.getUpload(id).catch(() => null);
    if (upload && upload.offset === upload.size && !upload.metadata?.finished) {
      await finish(upload).catch((error) => console.error(`upload ${id} could not be finished`, error));
    }
  }
  await server.cleanUpExpiredUploads();
  return server;
}

function refuse(status_code, body) {
  throw { status_code, body };
}
