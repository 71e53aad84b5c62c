export default {
  phone: "Desk's telephone",
  button: "Call the desk",
  title: "Call the trading centre's desk",
  sent: "The desk can see it now. Its answer will be shown at the top of this page, after a reload as well.",
  readers: "Read by the centre's desk and your own organisation. It goes into no project's record and is not published.",
  readersProject:
    "Read by the desk of this project's centre and your own organisation; tenderer, supervisor and others do not see it. It does not go into the opening record and is not published.",
  nothing:
    "The desk sees your organisation's name, yours, and what you write; it does not learn whether you bid. Do not write whether you bid, nor prices or anything of a bid.",
  answered: "The desk has answered",
  acknowledge: "Noted",
};
