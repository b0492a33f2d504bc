/** Numbers and times as the reader writes them. */

import { language, t } from "./text.js";

const formats = new Map(); // making one costs more than using it a thousand times

/**
 * @param {number} value
 * @param {number} [digits] after the point
 * @returns {string}
 */
export const number = (value, digits = 0) => format("decimal", digits).format(value);

/**
 * A difference, with its sign.
 * @param {number} value
 * @param {number} [digits]
 * @returns {string}
 */
export const signed = (value, digits = 0) => new Intl.NumberFormat(language, { signDisplay: "exceptZero", minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value);

/**
 * @param {number} share 0 to 1
 * @param {number} [digits]
 * @returns {string}
 */
export const percent = (share, digits = 0) => format("percent", digits).format(share);

function format(style, digits) {
  const key = `${style} ${digits}`;
  if (!formats.has(key)) {
    formats.set(key, new Intl.NumberFormat(language, { style, minimumFractionDigits: digits, maximumFractionDigits: digits }));
  }
  return formats.get(key);
}

/**
 * A time in the recording as m:ss or h:mm:ss, on demand with tenths.
 * @param {number} seconds
 * @param {number} [digits]
 * @returns {string}
 */
export function clock(seconds, digits = 0) {
  const scale = 10 ** digits;
  const whole = digits ? Math.round(seconds * scale) : Math.floor(seconds + 1e-6);
  const rounded = Math.max(0, whole / scale);
  const hours = Math.floor(rounded / 3600);
  const minutes = Math.floor(rounded / 60) % 60;
  const rest = (rounded % 60).toFixed(digits).padStart(digits ? 3 + digits : 2, "0");
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}

/**
 * A length in time: "3.5 s" for short ones, m:ss for long ones.
 * @param {number} seconds
 * @returns {string}
 */
export function span(seconds) {
  return seconds < 60 ? t("unit.seconds", { n: number(seconds, seconds % 1 ? 1 : 0) }) : clock(seconds);
}

/**
 * @param {number} size
 * @returns {string}
 */
export function bytes(size) {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte"];
  const step = Math.min(Math.floor(Math.log10(Math.max(size, 1)) / 3), units.length - 1);
  const options = { style: "unit", unit: units[step], unitDisplay: "short", maximumFractionDigits: step > 1 ? 1 : 0 };
  return new Intl.NumberFormat(language, options).format(size / 1000 ** step);
}

/**
 * @param {string} iso
 * @returns {string}
 */
export function moment(iso) {
  return new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" }).format(new Date(iso));
}
