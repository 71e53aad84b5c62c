import alerts from "./alerts";
import audit from "./audit";
import bidder from "./bidder";
import bids from "./bids";
import centre from "./centre";
import common from "./common";
import complaints from "./complaints";
import crypto from "./crypto";
import custodian from "./custodian";
import desk from "./desk";
import figures from "./figures";
import hall from "./hall";
import host from "./host";
import keys from "./keys";
import login from "./login";
import manual from "./manual";
import publicly from "./public";
import receipt from "./receipt";
import session from "./session";
import stages from "./stages";
import supervisor from "./supervisor";
import token from "./token";
import tool from "./tool";
import troubles from "./troubles";
import verify from "./verify";

export default {
  common,
  alerts,
  audit,
  stages,
  public: publicly,
  login,
  bidder,
  desk,
  figures,
  hall,
  receipt,
  token,
  tool,
  session,
  bids,
  keys,
  crypto,
  host,
  centre,
  complaints,
  custodian,
  supervisor,
  troubles,
  verify,
  manual,
};
