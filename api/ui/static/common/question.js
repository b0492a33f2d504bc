/** Asks before something is done that cannot be undone. */

import { h } from "./dom.js";
import { t } from "./text.js";

/**
 * @param {{title: string, text: string, act: string}} words `act` is what the button that says yes does
 * @returns {Promise<boolean>} whether the reader said yes; Escape is a no
 */
export function confirmed({ title, text, act }) {
  const yes = h("button", { type: "submit", class: "button danger", value: "yes" }, act);
  const no = h("button", { type: "submit", class: "button", value: "no", autofocus: true }, t("question.no"));
  const form = h("form", { method: "dialog" }, h("h2", { id: "question-title" }, title), h("p", null, text), h("p", { class: "buttons" }, no, yes));
  const dialog = h("dialog", { class: "card question", "aria-labelledby": "question-title" }, form);
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
  });
}
