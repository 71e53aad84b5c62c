/** Short names for the API's types, as the host's screens use them. */
import type { Schemas } from "@/api";

export type View = Schemas["ProjectView"];
export type LotView = Schemas["LotView"];
export type PartyView = Schemas["PartyView"];
export type PrivateView = Schemas["PrivateView"];
export type AskedView = Schemas["AskedView"];
export type Stage = Schemas["Stage"];
export type FeedItem = Schemas["FeedItem"];
export type Draft = Schemas["Draft"];
export type LotDraft = Schemas["LotDraft"];
export type Named = Schemas["Named"];
export type Officials = Schemas["Officials"];
export type Policy = Schemas["Policy"];
export type Stays = Schemas["Stays"];
export type SheetSchema = Schemas["SheetSchema"];
export type SheetField = Schemas["SheetField"];
export type FieldType = Schemas["FieldType"];
export type SealingTerms = Schemas["SealingTerms"];
export type Attachment = Schemas["Attachment"];
export type ActReply = Schemas["ActReply"];
export type Deposit = Schemas["Deposit"];
export type SessionView = Schemas["SessionView"];
export type Legal = Schemas["Legal"];
