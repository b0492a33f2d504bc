/** One take: what camera and microphone give, piece by piece, kept here and handed on. */

import { keepPiece } from "../send/kept.js";

const PIECE_MS = 1000;
const KEY_FRAME_MS = 1000; // an MP4 is written from key frame to key frame; what is not written cannot be sent
const VIDEO_BITS = 2_000_000; // of a talking head in 720p; more is to be seen by nobody
const AUDIO_BITS = 96_000;

/** H.264 first: the server reads it several times as fast as the others. */
const TYPES = ["video/mp4;codecs=avc1.42E01F,mp4a.40.2", "video/mp4;codecs=avc1.42E01F,opus", "video/webm;codecs=h264,opus", "video/mp4", "video/webm;codecs=vp8,opus", "video/webm"];

/** @returns {string} what this browser records in, "" when it shall choose */
export const recordingType = () => TYPES.find((type) => MediaRecorder.isTypeSupported(type)) ?? "";

export class Take {
  #count = 0;
  #kept = Promise.resolve();
  #ran = 0;
  #since = null;

  /**
   * @param {MediaStream} stream
   * @param {string} type
   * @param {import("../send/parcel.js").Parcel} parcel whose source takes the pieces
   */
  constructor(stream, type, parcel) {
    this.parcel = parcel;
    this.recorder = new MediaRecorder(stream, { mimeType: type, videoBitsPerSecond: VIDEO_BITS, audioBitsPerSecond: AUDIO_BITS, videoKeyFrameIntervalDuration: KEY_FRAME_MS });
    this.recorder.ondataavailable = ({ data }) => this.#keep(data);
    this.ended = new Promise((done) => (this.recorder.onstop = done)).then(() => this.#kept);
  }

  /** Seconds that are recorded, without the pauses. */
  get length() {
    return (this.#ran + (this.#since === null ? 0 : performance.now() - this.#since)) / 1000;
  }

  get isPaused() {
    return this.recorder.state === "paused";
  }

  start() {
    this.recorder.start(PIECE_MS);
    this.#since = performance.now();
  }

  pause() {
    this.recorder.pause();
    this.#hold();
  }

  resume() {
    this.recorder.resume();
    this.#since = performance.now();
  }

  /** @returns {Promise<void>} when every piece is kept */
  stop() {
    if (this.recorder.state !== "inactive") this.recorder.stop();
    this.#hold();
    return this.ended;
  }

  #hold() {
    this.#ran = this.length * 1000;
    this.#since = null;
  }

  /** Kept before it is sent: the server must never have more than a page that was reloaded finds here. */
  #keep(piece) {
    if (piece.size === 0) return;
    const number = this.#count++;
    this.#kept = this.#kept.then(async () => {
      await keepPiece(this.parcel.entry.id, number, piece);
      this.parcel.source.push(piece);
    });
  }
}
