/** The vault's part that knows consortia (联合体): one submission, signed by the lead and by each member. */
import { actDigest, chainOf, checkActByKey, message } from "./bid/act";
import { base64, utf8 } from "./bid/encoding";
import { array, Misshapen, object, oneOf, read, type Reader } from "./bid/shape";
import { bodyOf } from "./bid/terms";
import { submitShape } from "./bid/terms-shape";
import { parseJson, readAct, signatureShape } from "./bid/wire";
import type { ActSignature, Joint, JointView, Place, SignedAct, Vault } from "./contract";
import { CryptoFailure } from "./failure";
import { signWith } from "./keys";
import { organisationCode } from "./rules";
import type { Holder } from "./vault";
import { describe, parseCertificate, type Certificate } from "./x509";

/** The members of a consortium at most, and so their signatures. */
const MOST = 10;
const FORM = "joint/1";

const text: Reader<string> = (value, at) => {
  if (typeof value !== "string") throw new Misshapen(at);
  return value;
};
const fileShape = object(
  { kaibiao: oneOf(FORM), project: text, act: object({ body: text }, { signature: signatureShape, secrets: array(text) }) },
  { consents: array(signatureShape) },
);

export function jointMethods(holder: Holder): Pick<Vault, "readJoint" | "consent"> {
  return {
    readJoint: (origin, text) => readJoint(origin, text),
    async consent(origin, text) {
      const joint = await readJoint(origin, text);
      const { algorithm, chain } = holder.ring().signing;
      const own = parseCertificate(chain[0] ?? new Uint8Array());
      const code = organisationCode(own) ?? "";
      if (!joint.members.some(({ organisation }) => organisation === code)) throw new CryptoFailure("not-a-member", { code });
      const value = await signWith(holder.ring(), message("submit", origin, joint.project, utf8(joint.act.body)));
      const signature = { algorithm, chain: chain.map(base64), value: base64(value) };
      const others = joint.consents.filter((other) => other.chain[0] !== signature.chain[0]);
      const file = jointText({ ...joint, consents: [...others, signature] });
      return { joint: await readJoint(origin, file), text: file };
    },
  };
}

/** The file that is passed from member to member. */
export function jointText({ project, act, consents }: Joint): string {
  return `${JSON.stringify({ kaibiao: FORM, project, act: { body: act.body, signature: act.signature }, consents }, null, 2)}\n`;
}

async function readJoint(origin: string, text: string): Promise<JointView> {
  const { project, act, consents } = parseFile(text);
  const place = { origin, project };
  const lead = await signerOf(act, place);
  const body = bodyOf(submitShape, "submit", JSON.parse(act.body) as Record<string, unknown>) ?? unreadable();
  const signed = await Promise.all(consents.map((signature) => heldBy(signature, act, place)));
  const held = signed.flatMap((signer, at) => (signer ? [{ signer, signature: consents[at] as ActSignature }] : []));
  return {
    project,
    act,
    consents: held.map(({ signature }) => signature),
    lot: body.lot,
    bid: body.bid,
    digest: actDigest(act.body),
    lead: describe(lead),
    members: body.members ?? [],
    signers: held.map(({ signer }) => describe(signer)),
  };
}

function parseFile(text: string): Joint {
  try {
    const { project, act, consents = [] } = read(fileShape, parseJson(text));
    if (consents.length > MOST) return unreadable();
    return { project, act: readAct(act), consents };
  } catch (error) {
    if (error instanceof Misshapen) return unreadable();
    throw error;
  }
}

/** Whose key signed it. Whether that certificate is believed is judged when the bid is handed in. */
async function signerOf(act: SignedAct, place: Place): Promise<Certificate> {
  const [leaf] = act.signature ? chainOf(act.signature) : [];
  const signer = parseCertificate(leaf ?? unreadable());
  await checkActByKey(act, place, { kind: "spki", spki: signer.spki.slice() });
  return signer;
}

async function heldBy(signature: ActSignature, { body }: SignedAct, place: Place): Promise<Certificate | undefined> {
  try {
    return await signerOf({ body, signature }, place);
  } catch (error) {
    if (error instanceof CryptoFailure) return undefined;
    throw error;
  }
}

function unreadable(): never {
  throw new CryptoFailure("not-a-joint-file");
}
