/** Asks the platform how it is. */
import { api, data, Refused, type Schemas } from "@/api";
import { serverTime } from "@/room/clock";
import { RECENT, type Sign } from "./troubles";

interface Health {
  ready: Schemas["ReadyView"];
  signs: Sign[];
}

/** As the centre, its administrators and supervisors are told. */
export async function wholeHealth(): Promise<Health> {
  const query = { from: serverTime() - RECENT };
  return data(api.GET("/api/v1/platform/health", { params: { query } }));
}

/** As everybody is told. That the platform is not ready is an answer too, whatever its status. */
export async function probed(): Promise<Health> {
  const reply = await fetch("/readyz");
  const ready = (await reply.json().catch(() => null)) as Schemas["ReadyView"] | null;
  if (typeof ready?.ready !== "boolean") throw new Refused(reply.status);
  return { ready, signs: [] };
}
