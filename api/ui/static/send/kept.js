/**
 * What is being sent, kept in this browser so that a reload loses nothing.
 *
 * Three stores: `entries` has the facts of each, `files` the file itself or a handle to it,
 * `pieces` what a camera gave, second by second. Where a browser keeps nothing (some
 * private windows), everything here does nothing, and sending works until the page is left.
 *
 * @typedef {object} Entry
 * @property {string} id
 * @property {string} workspace whose it will be
 * @property {number} begun milliseconds since 1970
 * @property {string} name
 * @property {string} type
 * @property {number | null} size bytes; null while a camera still adds to it
 * @property {number | null} modified as the file says, in milliseconds
 * @property {"sending" | "recording" | "dropped"} state
 * @property {boolean} paused by the person
 * @property {string | null} url of the upload, once there is one
 * @property {string} uploadKey and `jobKey`: by which a request that is sent again is one request
 * @property {string} jobKey
 * @property {number} offset bytes that the server has acknowledged
 * @property {{reference?: string, purpose?: string, metadata?: Record<string, string>}} fields of the job
 */

const NAME = "mien-sending";
const STORES = ["entries", "files", "pieces"];
const KEPT_FILE_BYTES = 1e9; // what is larger fills disks, and takes as long to keep as to send
const ROOM = 1.2; // a browser needs a little more than the file

let opened = null;

/** @returns {Promise<Entry[]>} the oldest first */
export const entries = async () => ((await run("entries", "readonly", (store) => store.getAll())) ?? []).sort((a, b) => a.begun - b.begun);

/** @param {string} id @returns {Promise<Entry | undefined>} */
export const entryOf = (id) => run("entries", "readonly", (store) => store.get(id));

/** @param {Entry} entry */
export const keep = (entry) => run("entries", "readwrite", (store) => store.put(entry));

/**
 * Keep the file, if it is not too large and there is room; else the handle, if there is one.
 * @param {string} id
 * @param {File} file
 * @param {FileSystemFileHandle | null} handle
 */
export async function keepFile(id, file, handle) {
  const put = (what) => run("files", "readwrite", (store) => store.put(what, id));
  const isKept = (await hasRoom(file.size)) && (await put(file)) !== undefined;
  if (!isKept && handle) await put(handle);
}

/** @param {string} id @returns {Promise<File | FileSystemFileHandle | undefined>} */
export const fileOf = (id) => run("files", "readonly", (store) => store.get(id));

/** @param {string} id @param {number} number @param {Blob} blob */
export const keepPiece = (id, number, blob) => run("pieces", "readwrite", (store) => store.put(blob, [id, number]));

/** @param {string} id @returns {Promise<Blob[]>} in the order in which they came */
export const piecesOf = async (id) => (await run("pieces", "readonly", (store) => store.getAll(piecesIn(id)))) ?? [];

/** @param {string} id */
export async function forget(id) {
  await run("files", "readwrite", (store) => store.delete(id));
  await run("pieces", "readwrite", (store) => store.delete(piecesIn(id)));
  await run("entries", "readwrite", (store) => store.delete(id));
}

/** Forget files and pieces that belong to no entry: a page may have been left in the middle of forgetting. */
export async function tidy() {
  const known = new Set((await entries()).map((entry) => entry.id));
  for (const store of ["files", "pieces"]) {
    const keys = (await run(store, "readonly", (files) => files.getAllKeys())) ?? [];
    for (const key of keys) if (!known.has([key].flat()[0])) await run(store, "readwrite", (files) => files.delete(key));
  }
}

/** A name that nobody has given before. `crypto.randomUUID` is missing on pages without TLS. */
export function newKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

const piecesIn = (id) => IDBKeyRange.bound([id, 0], [id, Infinity]);

async function hasRoom(size) {
  if (size > KEPT_FILE_BYTES) return false;
  const { quota = Infinity, usage = 0 } = (await navigator.storage?.estimate()) ?? {};
  return quota - usage > size * ROOM;
}

/** What the request gives, or undefined when this browser did not do it. */
async function run(name, mode, act) {
  try {
    const db = await (opened ??= open());
    return await settled(act(db.transaction(name, mode).objectStore(name)));
  } catch (error) {
    console.warn("not kept in this browser:", error);
    return undefined;
  }
}

function open() {
  const request = indexedDB.open(NAME, 1);
  request.onupgradeneeded = () => {
    for (const store of STORES) request.result.createObjectStore(store, store === "entries" ? { keyPath: "id" } : {});
  };
  return settled(request);
}

function settled(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
