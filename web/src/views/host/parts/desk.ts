/** Where acts are sent from: one at a time, each with its receipt or its refusal. */
import { inject, type InjectionKey, provide, type Ref, ref, shallowRef, type ShallowRef } from "vue";
import type { ActBody } from "@/crypto/contract";
import { useSession } from "@/session";
import { plain } from "../form";
import type { ActReply } from "../types";

export interface Receipt {
  key: number;
  /** The act's name, as docs/spec/acts.md calls it. */
  act: string;
  events: ActReply["events"];
  time: number;
}

interface Desk {
  readonly project: string;
  readonly busy: Ref<boolean>;
  readonly receipts: ShallowRef<readonly Receipt[]>;
  /** The last refusal that no dialog shows, until the next act. */
  readonly problem: ShallowRef<unknown>;
  /** Signs and sends; throws the refusal, for dialogs that show it themselves. */
  act(body: ActBody): Promise<ActReply>;
  /** The same with the refusal shown at the desk; whether it was done. */
  tries(body: ActBody): Promise<boolean>;
}

const DESK: InjectionKey<Desk> = Symbol("desk");

export function provideDesk(project: string): Desk {
  const session = useSession();
  const busy = ref(false);
  const receipts = shallowRef<readonly Receipt[]>([]);
  const problem = shallowRef<unknown>();
  let count = 0;

  async function act(body: ActBody): Promise<ActReply> {
    busy.value = true;
    problem.value = undefined;
    try {
      const reply = await session.act(project, plain(body));
      count += 1;
      const receipt = { key: count, act: body.act, events: reply.events, time: reply.events[0]?.time ?? reply.now };
      receipts.value = [receipt, ...receipts.value].slice(0, 20);
      return reply;
    } finally {
      busy.value = false;
    }
  }

  async function tries(body: ActBody): Promise<boolean> {
    try {
      await act(body);
      return true;
    } catch (error) {
      problem.value = error;
      return false;
    }
  }

  const desk: Desk = { project, busy, receipts, problem, act, tries };
  provide(DESK, desk);
  return desk;
}

export function useDesk(): Desk {
  const desk = inject(DESK);
  if (!desk) throw new Error("no desk above");
  return desk;
}
