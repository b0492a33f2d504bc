/** What somebody dropped or chose: recordings, and what is none. */

export const KINDS = "video/*,.mkv,.avi,.ts,.mts,.m2ts";

const ENDINGS = /\.(mp4|m4v|mov|mkv|webm|avi|ts|mts|m2ts|mpg|mpeg|3gp)$/i; // systems call .ts and .mkv all kinds of things
const UNKNOWN = new Set(["", "application/octet-stream", "application/mxf", "application/x-matroska"]);

/**
 * @typedef {{file: File, handle: Promise<FileSystemFileHandle | null> | null}} Found
 * @typedef {{name: string, why: "folder" | "empty" | "other"}} Refused
 */

/**
 * Must be called while the event lasts: a drop can be read only then.
 * @param {DataTransfer} transfer
 * @returns {{found: Found[], refused: Refused[]}}
 */
export function takeDropped(transfer) {
  const items = [...transfer.items].filter((item) => item.kind === "file");
  const folders = items.map((item) => item.webkitGetAsEntry?.()).filter((entry) => entry?.isDirectory);
  const found = items
    .filter((item) => !item.webkitGetAsEntry?.()?.isDirectory)
    .map((item) => ({ file: item.getAsFile(), handle: item.getAsFileSystemHandle?.().catch(() => null) ?? null }));
  const { found: good, refused } = sorted(found.filter(({ file }) => file));
  return { found: good, refused: [...folders.map(({ name }) => ({ name, why: "folder" })), ...refused] };
}

/** @param {FileList} files @returns {{found: Found[], refused: Refused[]}} */
export const takeChosen = (files) => sorted([...files].map((file) => ({ file, handle: null })));

function sorted(found) {
  const refused = found.map(({ file }) => ({ name: file.name, why: whyNot(file) })).filter(({ why }) => why);
  return { found: found.filter(({ file }) => !whyNot(file)), refused };
}

/** Only what is surely none is refused here; of the rest the server knows more. */
function whyNot(file) {
  if (file.size === 0) return "empty";
  const mayBe = ENDINGS.test(file.name) || UNKNOWN.has(file.type) || file.type.startsWith("video/");
  return mayBe ? null : "other";
}
