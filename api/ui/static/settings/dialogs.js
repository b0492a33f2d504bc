/** Questions with fields, and secrets that are shown once. */

import { h } from "../common/dom.js";
import { t } from "../common/text.js";
import { wordsOf } from "./parts.js";

/**
 * A form in front of the page. What the server refuses is said in it, and it stays open.
 * @param {{title: string, text?: string, fields: Node[], act: string, send: (form: FormData) => Promise<any>}} about
 * @returns {Promise<any>} what `send` gave; undefined when the reader went back
 */
export function filled({ title, text, fields, act, send }) {
  const error = h("p", { class: "error", role: "alert" });
  const yes = h("button", { class: "button strong" }, act);
  const no = h("button", { type: "button", class: "button", click: () => dialog.close() }, t("settings.back"));
  const form = h("form", { class: "form", submit }, ...fields, error, h("p", { class: "buttons" }, no, yes));
  const dialog = opened(title, text ? h("p", null, text) : null, form);
  let result;
  async function submit(event) {
    event.preventDefault();
    yes.disabled = true;
    try {
      result = (await send(new FormData(form))) ?? {};
      dialog.close();
    } catch (problem) {
      error.textContent = wordsOf(problem);
      yes.disabled = false;
    }
  }
  return closed(dialog).then(() => result);
}

/**
 * A secret to be copied, and gone when the dialog is closed.
 * @param {{title: string, text: string, label: string, secret: string}} about
 * @returns {Promise<void>} when it was closed
 */
export function shown({ title, text, label, secret }) {
  const field = h("input", { class: "field secret", id: "secret", readonly: true, value: secret, spellcheck: "false", focus: () => field.select() });
  const said = h("p", { class: "said", role: "status" });
  const copy = h("button", { type: "button", class: "button", click: async () => (said.textContent = t(`settings.copy.${await copied(field)}`)) }, t("settings.copy"));
  const done = h("button", { type: "button", class: "button strong", click: () => dialog.close() }, t("settings.kept"));
  const body = h("div", { class: "control" }, h("label", { for: "secret" }, label), h("div", { class: "beside" }, field, copy), said);
  const dialog = opened(title, h("p", null, text), body, h("p", { class: "buttons" }, done));
  copy.focus();
  return closed(dialog);
}

/** Browsers give the clipboard to pages over TLS or of this machine; elsewhere the older way has to do. */
async function copied(field) {
  field.select();
  const done = navigator.clipboard
    ? navigator.clipboard.writeText(field.value).then(() => true, () => false)
    : Promise.resolve(document.execCommand("copy"));
  return (await done) ? "done" : "failed";
}

function opened(title, ...body) {
  const dialog = h("dialog", { class: "card question asking", "aria-labelledby": "asking-title" }, h("h2", { id: "asking-title" }, title), ...body);
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

function closed(dialog) {
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve();
    });
  });
}
