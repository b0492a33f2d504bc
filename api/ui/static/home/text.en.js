/** Sentences of the home page. */

export default {
  "home.title": "Recordings",
  "home.lead": "See how your face comes across in an interview or a talk: upload a recording, and get the moments worth practising.",
  "home.drop": "Drop a recording here",
  "home.or": "or",
  "home.choose": "Choose a file",
  "home.formats": "MP4, MOV, MKV, WebM, AVI or MPEG-TS. It stays on this server.",
  "home.uploading": "Uploading {name}",
  "home.refused": "{name} was not accepted",
  "home.stop": "Stop",
  "home.dismiss": "Dismiss",
  "home.stopped": "The upload was stopped.",
  "home.lost": "The connection was cut. Try again.",
  "home.recent": "Recent",
  "home.empty": "Nothing here yet. Your first recording will appear in this list.",
  "home.more": "Show more",
};
