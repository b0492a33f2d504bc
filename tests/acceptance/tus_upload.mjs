// Uploads FILE as the official client does, and says on each line what happened:
// `began URL`, `sent BYTES`, `METHOD STATUS`, and at last `done URL` or `failed MESSAGE`.
import { writeSync, createReadStream } from "node:fs";

import * as tus from "tus-js-client";

const { FILE, URLS, UPLOAD_URL, ENDPOINT, KEY, CHUNK_BYTES } = process.env;
const say = (...words) => writeSync(1, `${words.join(" ")}\n`);

const upload = new tus.Upload(createReadStream(FILE), {
  endpoint: ENDPOINT,
  uploadUrl: UPLOAD_URL || null,
  chunkSize: Number(CHUNK_BYTES) || Infinity,
  headers: { Authorization: `Bearer ${KEY}` },
  metadata: { filename: "interview.mp4", filetype: "video/mp4" },
  retryDelays: Array(60).fill(500),
  ...(URLS && { urlStorage: new tus.FileUrlStorage(URLS) }),
  onUploadUrlAvailable: () => say("began", upload.url),
  onProgress: (bytes) => say("sent", bytes),
  onAfterResponse: (request, response) => say(request.getMethod(), response.getStatus()),
  onSuccess: () => say("done", upload.url),
  onError: (error) => {
    say("failed", error.message.replaceAll("\n", " "));
    process.exit(1);
  },
});
if (URLS) {
  const [before] = await upload.findPreviousUploads();
  if (before) upload.resumeFromPreviousUpload(before);
}
upload.start();
