export default {
  yuan: "元",
  actions: "操作",
};
