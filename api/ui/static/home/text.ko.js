/** Sentences of the home page. */

export default {
  "home.title": "녹화 목록",
  "home.lead": "면접이나 발표에서 내 얼굴이 어떻게 보이는지 확인하세요. 녹화를 올리면 연습할 만한 순간을 찾아 드립니다.",
  "home.drop": "녹화 파일을 여기에 놓으세요",
  "home.or": "또는",
  "home.choose": "파일 선택",
  "home.formats": "MP4, MOV, MKV, WebM, AVI, MPEG-TS. 파일은 이 서버에만 저장됩니다.",
  "home.uploading": "{name} 올리는 중",
  "home.refused": "{name}을(를) 받지 못했습니다",
  "home.stop": "중지",
  "home.dismiss": "닫기",
  "home.stopped": "업로드를 중지했습니다.",
  "home.lost": "연결이 끊겼습니다. 다시 시도해 주세요.",
  "home.recent": "최근 녹화",
  "home.empty": "아직 없습니다. 첫 녹화가 여기에 나타납니다.",
  "home.more": "더 보기",
};
