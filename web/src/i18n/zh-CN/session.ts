export default {
  unlockTitle: "输入证书口令",
  unlockWhy: "{name} 的密钥已锁定。输入口令后，刚才的操作会继续进行，已填写的内容不会丢失。",
  problems: {
    "key-other": "所选证书不是当前登录的证书（{name}）。请选择登录时使用的证书；要换用其他证书，请先退出再登录。",
  },
};
