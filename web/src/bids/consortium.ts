/** Bids of a consortium (联合体): the lead's submission goes from member to member before it is handed in. */
import { vault } from "@/crypto/client";
import type { Hex, Member } from "@/crypto/contract";
import { CryptoFailure } from "@/crypto/failure";
import { jointText } from "@/crypto/vault-joint";
import type { SessionStore } from "@/session";
import { signSubmit } from "./submission";
import type { Record } from "./types";

export interface JointFile {
  name: string;
  text: string;
}

interface Around {
  session: SessionStore;
  record(bid: Hex): Promise<Record>;
  store(record: Record): Promise<void>;
}

export function consortia({ session, record, store }: Around) {
  /** Nothing changes about a submission that is under way. */
  async function changeable(bid: Hex): Promise<Record> {
    const kept = await record(bid);
    if (kept.submit) throw new CryptoFailure("consortium-under-way");
    return kept;
  }

  async function jointFile(bid: Hex): Promise<JointFile> {
    const { consortium, project, name } = await record(bid);
    if (!consortium?.act) throw new CryptoFailure("not-a-joint-file");
    const { act, consents } = consortium;
    return { name: `${name.replace(/\.kbid$/, "")}.joint.json`, text: jointText({ project, act, consents }) };
  }

  return {
    jointFile,
    async joint(bid: Hex, members: Member[], paper: boolean): Promise<JointFile | undefined> {
      const kept = await changeable(bid);
      const consortium = { members, paper, consents: [], signed: [] };
      kept.consortium = paper ? consortium : { ...consortium, act: await signSubmit({ record: kept, session }, consortium) };
      await store(kept);
      return paper ? undefined : jointFile(bid);
    },
    async addConsents(bid: Hex, text: string): Promise<void> {
      const kept = await changeable(bid);
      const { consortium } = kept;
      const { origin } = await session.platform();
      const joint = await vault().readJoint(origin, text);
      if (!consortium?.act || joint.act.body !== consortium.act.body) throw new CryptoFailure("other-joint-file");
      const members = new Set(consortium.members.map(({ organisation }) => organisation));
      for (const [at, signature] of joint.consents.entries()) {
        const code = joint.signers[at]?.organisationCode ?? "";
        if (!members.has(code) || consortium.signed.includes(code)) continue;
        consortium.consents.push(signature);
        consortium.signed.push(code);
      }
      await store(kept);
    },
    async dissolve(bid: Hex): Promise<void> {
      const kept = await changeable(bid);
      delete kept.consortium;
      await store(kept);
    },
  };
}
