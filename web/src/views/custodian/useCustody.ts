/** What the platform knows of the caller's custody: what is due, and how its agent stands. */
import { api, data } from "@/api";

export function custody() {
  return data(api.GET("/api/v1/custody"));
}

type Custody = Awaited<ReturnType<typeof custody>>;
export type AgentView = Custody["agent"];
export type Authorisation = AgentView["authorisations"][number];
export type CustodyProject = Custody["projects"][number];
