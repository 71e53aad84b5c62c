export default {
  yuan: "yuan",
  actions: "Actions",
};
