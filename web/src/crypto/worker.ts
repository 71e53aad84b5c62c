/** The vault behind a wall: keys and secrets live in this worker only. */
import { expose } from "comlink";
import { carryFailures } from "./rpc";
import { createVault } from "./vault";

carryFailures();
expose(createVault());
