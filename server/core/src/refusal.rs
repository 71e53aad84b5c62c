//! Why something was refused: one closed list, each with what to do next, in
//! Chinese and English.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What was refused and why: the code, and what its texts may name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code:?}")]
pub struct Refusal {
    /// Which refusal of the closed list it is.
    pub code: RefusalCode,
    /// Values that the messages and the client may name.
    pub params: BTreeMap<String, String>,
}

impl Refusal {
    /// A refusal without values.
    pub fn new(code: RefusalCode) -> Self {
        Self {
            code,
            params: BTreeMap::new(),
        }
    }

    /// Adds a value for the messages.
    #[must_use]
    #[expect(
        clippy::needless_pass_by_value,
        reason = "callers pass numbers, ids and texts alike, which a reference would only burden"
    )]
    pub fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.params.insert(name.to_owned(), value.to_string());
        self
    }
}

impl From<RefusalCode> for Refusal {
    fn from(code: RefusalCode) -> Self {
        Self::new(code)
    }
}

/// What kind of refusal it is, for a protocol to map to its statuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hint {
    /// What was sent is wrong in itself.
    Invalid,
    /// The actor may not.
    Forbidden,
    /// There is no such thing, for this actor.
    NotFound,
    /// Not in this state, or no longer.
    Conflict,
    /// The same will do later.
    Retry,
}

macro_rules! refusals {
    ($($variant:ident $code:literal $hint:ident $zh:literal $en:literal)*) => {
        /// The closed list. In JSON the code, kebab-case.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum RefusalCode {
            $( #[doc = $en] #[serde(rename = $code)] $variant, )*
        }

        impl RefusalCode {
            /// All of them, in the order of docs/spec/refusals.md.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// Its code, as in JSON.
            pub const fn code(self) -> &'static str {
                match self { $( Self::$variant => $code, )* }
            }

            /// What kind of refusal it is.
            pub const fn hint(self) -> Hint {
                match self { $( Self::$variant => Hint::$hint, )* }
            }

            /// What happened and what to do next, in Simplified Chinese.
            pub const fn zh(self) -> &'static str {
                match self { $( Self::$variant => $zh, )* }
            }

            /// The same in English.
            pub const fn en(self) -> &'static str {
                match self { $( Self::$variant => $en, )* }
            }
        }
    };
}

refusals! {
    // Who and how.
    NotPermitted "not-permitted" Forbidden
        "您的角色不能进行此操作。请使用有权限的证书登录，或联系交易中心绑定角色。"
        "Your role may not do this. Log in with a certificate that may, or ask the centre to bind the role."
    NotOperator "not-operator" Forbidden
        "当前主持人是另一位人员。请由其移交主持权，或由交易中心接管后再操作。"
        "Another person is the operator now. Ask for a hand-over, or let the centre take over."
    SignatureRequired "signature-required" Invalid
        "此操作必须用证书签名。请重新签名后提交。"
        "This act counts only when signed. Sign it and send it again."
    Replayed "replayed" Conflict
        "该操作已提交过，不能重复使用。请生成新的操作并重新签名。"
        "This very act was received before. Make a new one with a new nonce and sign it."
    ClockUnsteady "clock-unsteady" Retry
        "服务器时钟正在校准，暂不能判定时间。请稍后重试，您的操作未被拒绝。"
        "The server's clock is being checked and cannot judge time now. Nothing was decided against you: try again shortly."
    ClockDiffers "clock-differs" Conflict
        "所签时间与服务器时钟相差超过一分钟，未确认时钟。请先校准服务器的系统时间，再重新确认。"
        "The time that was signed is more than a minute from the server's clock, so the clock is not confirmed. Set the machine's clock right first, then confirm it again."
    WrongText "wrong-text" Invalid
        "文字为空、过长或含有不可用字符。请修改后重试。"
        "A text is empty, too long, or holds characters that cannot be used. Change it and try again."

    BridgeNothing "bridge-nothing" Conflict
        "平台没有认证机构“{ca}”可供衔接的吊销列表：它缺失、无法读取，或该机构没有配置。请运维人员恢复列表文件；列表到期的才可以衔接。"
        "There is no revocation list of the authority {ca} to be bridged: it is missing or cannot be read, or the authority is not configured. Have the operator restore the file; a list that ends can be bridged."
    BridgeTime "bridge-time" Invalid
        "吊销列表的衔接时间须在此刻之后、六小时之内。请改正截止时间。"
        "A revocation list is bridged from now on and for six hours at the longest. Give another end."

    FileMissing "file-missing" Conflict
        "所列文件“{name}”尚未上传，或大小与上传的不符，无人能下载。请重新选择并上传该文件后再试；公告的文件请在草稿中重新选择、保存，再发布。"
        "The file \"{name}\" was not handed in, or not of that size, so nobody could fetch it. Choose and hand it in again and try once more; a notice's file is chosen again in the draft, which is saved and published then."
    PredecessorForeign "predecessor-foreign" Conflict
        "二次招标引用的原项目不存在、尚未公布，或不是同一招标人的项目。请在原项目中点“重新招标”，或填写本招标人已公布项目的编号；不是二次招标的请留空。"
        "The project that is to be tendered again does not exist, is not published, or is another tenderer's. Begin from that project by \"tender again\", or give the id of a published project of this tenderer; leave it out where nothing is tendered again."
    // Calls to the desk.
    CallTheDesk "call-the-desk" Conflict
        "投标截止前，带诊断信息的求助不受理，以免透露谁参加投标。请改用“联系服务台”：所有已登记的单位都可以用，服务台立即看到，不会知道您是否投标。也可拨打服务台电话。"
        "Before the deadline no request for help with a diagnosis is taken: it would tell who bids. Call the desk instead: every registered organisation may, the desk sees it at once and learns of no bid. Or telephone the desk."
    CallsWait "calls-wait" Conflict
        "本单位已有 10 条求助在等服务台答复，暂不再受理。请等待答复；紧急的请拨打服务台电话。"
        "Ten calls of your organisation wait for the desk's answer, and no more are taken for now. Wait for the answers; telephone the desk where it is urgent."

    // Drafts and terms.
    InvalidDraft "invalid-draft" Invalid
        "项目草稿不完整或不正确。请按提示的字段修改后重试。"
        "The draft is incomplete or wrong. Correct the named field and try again."
    NameDiffers "name-differs" Invalid
        "所写单位名称“{written}”与统一社会信用代码 {organisation} 在本平台登记的名称“{name}”不一致。请核对代码和名称，按登记名称填写；登记名称有误的，请联系交易中心管理员。"
        "The name {written} is not the one that the code {organisation} is registered under here: {name}. Check code and name and write the registered one; where that is wrong, ask the centre's administrator."
    NameOfAnother "name-of-another" Invalid
        "所写单位名称“{written}”在本平台是另一统一社会信用代码（{other}）的单位的名称，而所写代码 {organisation} 没有登记。请核对代码和名称；代码无误的，请该单位先登记。"
        "The name {written} is borne here by the organisation {other}, and the code that was written, {organisation}, is not registered. Check code and name; where the code is right, let that organisation register first."
    CentreUnbound "centre-unbound" Conflict
        "所写交易中心“{written}”（{organisation}）在本平台没有绑定交易中心角色，不能发布。请核对代码，或请管理员先绑定角色。"
        "The centre {written} ({organisation}) has no role of a centre here, so nothing is published. Check the code, or let the administrator bind the role first."
    SupervisorUnbound "supervisor-unbound" Conflict
        "所写监督部门“{written}”（{organisation}）在本平台没有绑定监督角色，不能发布。请核对代码，或请管理员先绑定角色。"
        "The supervisor {written} ({organisation}) has no role of a supervisor here, so nothing is published. Check the code, or let the administrator bind the role first."
    InvalidSchema "invalid-schema" Invalid
        "开标一览表的定义不正确。请检查字段、价格字段和选项。"
        "The opening sheet's schema is wrong. Check its fields, its price and its options."
    InvalidThreshold "invalid-threshold" Invalid
        "解密门限不正确：释放门限须在1与保管人数之间，无见证人时须过半数，补救门限须大于释放门限。请修改。"
        "A threshold is wrong: release lies between 1 and the number of custodians, is more than half of them where there are no witnesses, and rescue lies above release. Change it."
    OneSideReleases "one-side-releases" Invalid
        "同一方（招标人与代理机构视为一方）单独即可达到解密门限。请增加其他单位作为保管人或提高门限。"
        "One organisation alone reaches the threshold (tenderer and agency are one). Name other custodians or raise it."
    CustodianKeyMissing "custodian-key-missing" Conflict
        "有保管人尚未提交本项目的解密公钥。请其完成后再发布。"
        "A custodian has not certified its key for this project yet. Ask it to, then publish."
    CustodianKeyShared "custodian-key-shared" Conflict
        "两个保管人的解密公钥相同。请后提交的保管人在自己的机器上重新生成密钥并提交，然后再继续。"
        "Two custodians of this project have the same key. Let the later one make a key of its own on its own machine and certify that, then go on."
    CustodianKeySuite "custodian-key-suite" Conflict
        "保管人“{custodian}”的解密公钥不属于本项目的算法套件（{suite}；gm 为国密 SM2）。请其为本项目重新生成该套件的密钥并提交，然后再继续。"
        "The key of custodian {custodian} is not of this project's suite of algorithms ({suite}; gm is SM2). Let it make a key of that suite for this project and certify that, then go on."
    PlatformWithoutSm2 "platform-without-sm2" Conflict
        "本项目采用国密算法套件（gm），而平台没有可用的SM2证书，不能对回执和声明作SM2签名。请联系交易中心的运维人员，将平台的SM2签名私钥和证书放入密钥目录的 sm2 目录并重启服务，然后再发布。"
        "This project is of the suite gm, and the platform has no SM2 certificate in force by which to sign receipts and statements. Let the centre's operator put the platform's SM2 key and certificate into the folder sm2 of the secrets directory and start the service again, then publish."
    TermsDiffer "terms-differ" Conflict
        "签名的密封条款与平台当前条款不一致。请重新获取条款，核对后再签名。"
        "The signed terms are not those of this project now. Fetch them again, check them and sign."
    TooEarly "too-early" Invalid
        "时间早于规定的最短期限。请把开标时间改到更晚。"
        "The time is inside the legal minimum. Choose a later opening time."
    OnlyLater "only-later" Invalid
        "开标时间只能推迟，不能提前。请填写更晚的时间。"
        "The opening can only be moved later. Give a later time."

    // A custodian's agent.
    InvalidAuthorisation "invalid-authorisation" Invalid
        "常设授权不正确：代理公钥须为 Ed25519，止期须晚于此刻、起期，且距起期不超过366天，招标单位按代码升序且不重复。请改正后重新签名。"
        "The standing authorisation is wrong: the agent's key is of Ed25519, it ends after now and after it begins, at most 366 days later, and the hosts' codes ascend, none twice. Correct it and sign again."
    AuthorisationUnknown "authorisation-unknown" NotFound
        "没有本单位对这一代理的常设授权。请核对授权摘要，或先签授权。"
        "There is no standing authorisation of your organisation for this agent. Check its digest, or sign one first."
    AuthorisationEnded "authorisation-ended" Conflict
        "该常设授权未到期限、已到期、已撤销，或签署人在平台已没有角色。请由本单位有角色的人用证书签一份新的授权。"
        "This standing authorisation has not begun, is over, or was revoked, or whoever signed it has no role here any more. Let somebody of your organisation who has one sign a new one by certificate."
    AuthorisationHost "authorisation-host" Forbidden
        "该常设授权不适用于本项目的招标人（{host}）及其代理机构。请由本单位用证书签发本项目的密钥，或签一份包含该单位的授权。"
        "This standing authorisation is not for this project's tenderer ({host}) or agency. Certify this project's key with the certificate, or sign an authorisation that names them."
    AuthorisationRevoked "authorisation-revoked" Conflict
        "保管人“{custodian}”的代理签发本项目密钥之后，其常设授权已被撤销。请该保管人重新签发密钥，然后再继续。"
        "The authorisation by which the agent of custodian {custodian} certified its key was revoked since. Let that custodian certify a key anew, then go on."

    // Where the project and the lot stand.
    NoSuchLot "no-such-lot" NotFound
        "没有这个标段。请核对标段编号。"
        "There is no such lot. Check its number."
    NoSuchParty "no-such-party" NotFound
        "该标段没有这家投标人。请刷新后重试。"
        "There is no such bidder in this lot. Refresh and try again."
    NoSuchBid "no-such-bid" NotFound
        "没有这份投标文件，或它不是当前有效版本。请核对投标文件摘要。"
        "There is no such bid, or it is not the live version. Check the bid's digest."
    NoSuchEvent "no-such-event" NotFound
        "没有所指的异议、提问、求助或记录。请刷新后重试。"
        "The objection, question, help request or record named does not exist. Refresh and try again."
    NoLots "no-lots" Invalid
        "没有指定标段，或标段重复。请选择标段后重试。"
        "No lot was named, or one twice. Choose the lots and try again."
    WrongStage "wrong-stage" Conflict
        "标段当前所处阶段不能进行此操作。请刷新页面查看当前阶段。"
        "The lot is in a stage where this cannot be done. Refresh to see where it stands."
    Suspended "suspended" Conflict
        "该标段已暂停，恢复（复会）后才能继续。请等待通知。"
        "The lot is suspended. Wait until it is resumed."
    NotSuspended "not-suspended" Conflict
        "该标段并未暂停，无需恢复。"
        "The lot is not suspended; there is nothing to resume."
    OrderedBySupervisor "ordered-by-supervisor" Forbidden
        "该暂停由监督部门决定，只能由监督部门恢复。"
        "The supervisor ordered this suspension; only the supervisor resumes."
    AlreadyDone "already-done" Conflict
        "此操作已经完成，无需重复。"
        "This is done already; nothing more is needed."
    TooMany "too-many" Conflict
        "本标段中该类请求已达上限。请等待答复，或直接联系交易中心。"
        "So many of these were made in this lot that no more are taken. Wait for answers, or call the centre."
    NamedTwice "named-twice" Invalid
        "同一次操作中，有投标人出现了两次。请每家只选一次后重新签名。"
        "One act names a bidder twice. Name each of them once and sign again."
    TooManyAtOnce "too-many-at-once" Invalid
        "一次最多办理 {most} 家投标人。请分几次选择并签名。"
        "One act names {most} bidders at the most. Choose and sign in several parts."
    AlreadyPublished "already-published" Conflict
        "项目已发布，不能再编辑草稿。请使用澄清、修改条款或延期。"
        "The project is published; clarify, amend or postpone instead of editing."

    // Bids.
    Late "late" Conflict
        "投标截止时间已过，投标文件不予接收。本次递交已记录。"
        "The deadline has passed. The bid is not accepted, and the attempt is on record."
    NotABid "not-a-bid" Invalid
        "这不是加密的投标文件（可能是明文文件）。请先用投标工具加密后再递交；切勿上传明文。"
        "This is not a sealed bid; it may be a plain file. Seal it first, and never upload the plain one."
    Altered "altered" Invalid
        "投标文件与其承诺不符，传输中可能被改动或损坏。请用原文件重新上传，或重新加密。"
        "The bid does not match its own commitments: altered or damaged on the way. Upload the original again, or seal it anew."
    ForeignProject "foreign-project" Invalid
        "该投标文件是为其他项目或标段加密的。请选择正确的标段，或为本标段重新加密。"
        "This bid was sealed for another project or lot. Choose the right one, or seal it for this lot."
    ForeignBidder "foreign-bidder" Forbidden
        "投标文件中的单位或签名证书与递交者不一致。请用加密时的证书递交。"
        "The organisation or certificate in the bid is not the submitter's. Submit with the certificate it was sealed with."
    CertificateOtherSuite "certificate-other-suite" Invalid
        "本项目采用国密算法套件（SM2、SM3、SM4），投标文件须用 SM2 签名证书密封和递交。请换用 SM2 证书重新密封后递交；没有 SM2 证书的，请向 CA 申请。"
        "This project is of the suite gm (SM2, SM3 and SM4): a bid is sealed and handed in with a signing certificate of SM2. Seal it again with such a certificate and hand that in; a certificate authority issues one."
    StaleTerms "stale-terms" Conflict
        "投标文件依据的密封条款已变更。请按最新条款重新加密并递交。"
        "The bid was sealed under terms that have changed. Seal it again under the latest terms."
    BrokenChain "broken-chain" Conflict
        "递交序号或前一版本不符，可能已有更新的版本。请刷新后按最新版本重新签名。"
        "Sequence or previous version do not follow the latest. Refresh, and sign a submission that follows it."
    SameBid "same-bid" Conflict
        "这份投标文件曾经递交过，旧版本不能恢复。请重新加密生成新文件。"
        "This bid was handed in before; an old version cannot come back. Seal it anew."
    CustodianBids "custodian-bids" Forbidden
        "解密保管人不能在本项目投标，已投标的单位也不能担任保管人。请更换保管人，或由其他单位投标。"
        "A custodian does not bid in the project whose key it keeps, nor does a bidder keep a key of it. Name another custodian, or let another organisation bid."
    InvalidConsortium "invalid-consortium" Invalid
        "联合体成员不正确：除牵头人外至多10家，每家只列一次，且不得是牵头人、招标方、交易中心、监督部门或保管人；签名须出自所列成员。请修改后重新签名。"
        "The consortium is wrong: at most 10 members beside the lead, each once, and none the lead, an official or a custodian of the project; signatures are the listed members'. Change it and sign again."
    MemberName "member-name" Invalid
        "联合体成员的名称（{member}）与其登记名称或证书中的名称（{name}）不一致。请按后者填写，重新密封或重新签名后递交。"
        "The consortium member's name ({member}) is not the one it is registered under or certified by ({name}). Write the latter and sign again."
    ConsentMissing "consent-missing" Conflict
        "有联合体成员尚未在递交文件上签名。请将待签文件交其签名（kaibiao bid consent），或声明联合体协议为纸质并随投标文件提交。"
        "A member of the consortium has not signed the submission. Pass the file on to it (kaibiao bid consent), or say that the agreement is on paper among the documents."
    TooManyVersions "too-many-versions" Conflict
        "本标段中您的投标文件已递交50个版本，不再接收新版本；最后一个已接收的版本仍然有效，也可以撤回。如仍需修改，请联系交易中心。"
        "Fifty versions of your bid were taken in this lot, and no more are. The last one stands and can be withdrawn; call the centre if it must change."
    NothingToWithdraw "nothing-to-withdraw" Conflict
        "没有可撤回的有效投标文件。"
        "There is no live bid to withdraw."

    // Attending and checking.
    SignInClosed "sign-in-closed" Conflict
        "签到尚未开放，或已经截止。签到从项目规定的时间（通常为开标前60分钟，见项目页）开放至开标，开标后须经主持人同意。"
        "Sign-in is not open yet, or over. It opens when the project says (60 minutes before the opening as a rule) and ends with the opening; afterwards ask the host's leave."
    NoStanding "no-standing" Forbidden
        "您在该标段没有有效的投标文件，不能进行此操作。"
        "You have no bid in this lot and cannot do this."
    AfterOpeningOnly "after-opening-only" Conflict
        "开标时间之后才能进行此操作。请在开标后重试。"
        "This can be done only after the opening time. Try again then."
    ListPublished "list-published" Conflict
        "名单已公布，不能再更改。如有问题请由监督部门处理。"
        "The list is published and stands. Turn to the supervisor if something is wrong."
    ListMissing "list-missing" Conflict
        "请先公布进入解密的投标人名单。"
        "Publish the list of bids first."
    NotCosigned "not-cosigned" Retry
        "平台声明尚未签署或尚未获得见证。请稍候；如长时间无法完成，由监督部门下达指令。"
        "The platform's statement is not signed or cosigned yet. Wait a little; a supervisor's order can stand in."

    SuspensionSpent "suspension-spent" Conflict
        "本标段条款规定的暂停时间已用完，主持人不能再暂停。确有需要的，请行政监督下令暂停。"
        "The time that the terms give for suspensions is used up, and the host cannot suspend the lot again. Where it is needed, ask the supervisor to order it."
    // Unlocking and releasing.
    WindowShort "window-short" Invalid
        "时长不在规定范围内（解密时长或异议时长过短或过长）。请调整时长。"
        "The length of the window, or of the objections period, is outside its limits. Choose another."
    ExtensionSpent "extension-spent" Conflict
        "延长时间已达条款规定的上限。"
        "All extension that the terms allow is spent."
    WindowOver "window-over" Conflict
        "解密时间已结束，不能再解密。"
        "The unlocking window is over; nothing more is accepted."
    NotInWindow "not-in-window" Conflict
        "该投标文件不在本次解密名单内。请核对标段和投标文件。"
        "This bid is not among those to be unlocked. Check lot and bid."
    WrongKey "wrong-key" Invalid
        "密钥与投标文件不符，解密未成功，本次尝试已记录。请换用加密时的证书或备用密钥重试。"
        "The key does not match this bid; the attempt is on record. Try the certificate it was sealed to, or a spare key."
    PlatformFailed "platform-failed" Retry
        "平台暂时无法读取该投标文件，此次失败已记录为平台原因。请稍后重试或点击求助。"
        "The platform could not read the bid; this is on record as the platform's fault. Try again, or ask for help."
    RescueNotAllowed "rescue-not-allowed" Conflict
        "本标段条款不允许补救解密，或加密时未选择补救。"
        "The terms do not allow rescue, or the bid was sealed without it."
    RescueNotOrdered "rescue-not-ordered" Conflict
        "监督部门尚未对该投标文件下达补救指令。"
        "The supervisor has not ordered a rescue of this bid."
    RescueTooSoon "rescue-too-soon" Conflict
        "补救须在解密失败或投标人申请之后。"
        "A rescue follows a failed attempt or the bidder's request."
    AcceptedFixed "accepted-fixed" Conflict
        "该标段的解密名单已确定，不能再解密、补救、延长或暂停。"
        "The accepted set of this lot is fixed: no unlock, rescue, extension or suspension any more."
    WrongStatement "wrong-statement" Conflict
        "所依据的声明不是平台签署的声明。请重新获取并核对后再释放。"
        "The statement relied on is not the one that was signed. Fetch it again and check it before releasing."
    WrongShares "wrong-shares" Invalid
        "须对已确定的每份投标文件各作一次答复：给出份额，或说明不予释放的理由。请重新获取名单。"
        "Answer exactly once for each accepted bid: with a share, or with the reason why there is none. Fetch the list again."
    WrongEvidence "wrong-evidence" Invalid
        "所指的封装不是该投标文件中写给您的封装。请重新获取投标文件头，核对后再答复。"
        "The wrap that is named is not the one this bid holds for you. Fetch the header again, check it and answer anew."
    ShareMismatch "share-mismatch" Invalid
        "解密份额与承诺不符，已记录。请检查保管人密钥后重试。"
        "The shares do not match their commitments; this is on record. Check the custodian's key and try again."
    UnknownCustodian "unknown-custodian" Forbidden
        "您不是该标段条款中的保管人，或代理密钥未经保管人认证。"
        "You are not a custodian in this lot's terms, or the agent's key is not certified by one."

    // Opened and after.
    NoFinding "no-finding" Conflict
        "没有可确认或更改的这一认定。"
        "There is no such finding to confirm or overrule."
    FindingDiffers "finding-differs" Conflict
        "所确认的认定与当前认定不同。请刷新后重试。"
        "The finding named is not the one that stands. Refresh and try again."
    ReplyFirst "reply-first" Conflict
        "仍有异议未答复。请先逐项答复，再结束异议环节。"
        "An objection has no answer yet. Answer each before closing."
    NoRecord "no-record" Conflict
        "开标记录尚未生成。请稍候。"
        "The opening record is not made yet. Wait a little."
    RecordDiffers "record-differs" Conflict
        "所签的不是最新的开标记录。请重新获取并核对后签名。"
        "What was signed is not the latest record. Fetch it again, check it and sign."
    OwnFault "own-fault" Forbidden
        "这是对贵单位作为保管人的认定，不能由贵单位自己确认或推翻；认定按规则保留，如有异议请依法向其他有权机关提出。"
        "This was found of your own organisation as custodian, so it cannot confirm or overrule it; it stands as the rules made it. Object to it elsewhere as the law provides."
    HostSignsFirst "host-signs-first" Conflict
        "招标人须先在开标记录上签名。"
        "The host signs the record first."
    RecordSigned "record-signed" Conflict
        "开标记录已由主持人签署，不能再作备注或登记。确需补记的，请先申请更正开标记录。"
        "The host has signed the opening record, so nothing more is noted in it. Ask for a corrected record first."
    NoReference "no-reference" Conflict
        "本标段没有封存最高投标限价或标底，无需公布。"
        "Neither control price nor base of this lot was sealed, so there is nothing to reveal."
    ReferenceDiffers "reference-differs" Invalid
        "金额和校验码与发布公告时封存的不一致，未公布。请选择封存本标段限价或标底时保存的文件；文件遗失的，可以不公布而继续唱标，开标记录将载明。"
        "Amount and salt are not those that were sealed when the notice was published, so nothing was revealed. Choose the file that was saved when this lot's value was sealed; if it is lost, go on without it, and the record will say so."
    NotAbsent "not-absent" Conflict
        "该投标人已签到，无需登记未到场原因。"
        "This bidder has signed in; there is no absence to give a reason for."
    Muted "muted" Forbidden
        "主持人已暂停接受贵单位的提问。仍可提出异议、求助，或向主持人发送单独消息。"
        "The host takes no questions of yours for now. You may still object, ask for help, or write to the host alone."
    RatingClosed "rating-closed" Conflict
        "项目结束后30天内可评价一次，评分1至5。"
        "Rating is open once, for 30 days after the close, from 1 to 5."

    // Complaints.
    ComplaintEarly "complaint-early" Conflict
        "该标段尚未结束，结果还没有公开。未参加本项目的单位和个人请在标段结束后投诉；参加投标的单位和招标人请用数字证书登录后投诉。"
        "The lot has not ended, so nothing of it is published yet. Whoever took no part complains after its end; a bidder or the host logs in with its certificate and complains now."
    ComplaintLate "complaint-late" Conflict
        "投诉期限已过：标段结束后第10日终了为止（招标投标法实施条例第六十条）。如有正当理由，请书面向本项目的监督部门提出。"
        "The time for complaints is over: it ended with the tenth day after the lot's end. With good reason, write to the project's supervisor on paper."
    ObjectionFirst "objection-first" Conflict
        "对开标活动的投诉，须先在开标现场向招标人提出异议（招标投标法实施条例第四十四条、第六十条）。您在该标段没有提出过异议；请先提出异议，或按其他事项投诉。"
        "A complaint about the opening itself comes after an objection to the host, and you have raised none in this lot. Object first, or complain about another matter."
    ComplaintsFull "complaints-full" Conflict
        "本项目24小时内受理登记的公众投诉已达上限。请在约 {hours} 小时后重试；紧急的请直接联系本项目的监督部门。"
        "As many complaints of the public as are taken here within 24 hours were filed. Try again in about {hours} hours, or turn to the project's supervisor directly."
    ComplaintsOver "complaints-over" Conflict
        "本项目的投诉登记已达上限，平台不再登记。请书面向本项目的监督部门提出。"
        "No more complaints are taken here for this project. Write to its supervisor on paper."
    ComplaintsWait "complaints-wait" Conflict
        "贵单位在本项目已有5件投诉等待处理。请等监督部门处理后再提出，最早一件在 {days} 日内到期；也可书面补充。"
        "Five complaints of your organisation wait in this project. File another when the supervisor has dealt with one; the first is due within {days} days."
    NotTakenUp "not-taken-up" Conflict
        "该投诉尚未受理。请先决定受理，再作答复。"
        "This complaint was not taken up yet. Take it up first, then answer it."

    // Bounds of what one organisation can cause.
    ObjectionsFull "objections-full" Conflict
        "贵单位在本标段的异议文字合计不能超过 {most} 字，还可写 {left} 字。请精简文字，或将详细内容作为附件提交；其他事项可依法向监督部门投诉。"
        "The objections of one organisation in a lot have at most {most} characters together, and {left} are left to yours. Shorten this one or attach a file; other matters can be complained of to the supervisor."
    TextsFull "texts-full" Conflict
        "本项目中此类发言合计不能超过 {most} 字，还可写 {left} 字。请精简文字，或以书面形式告知有关各方。"
        "Messages of this kind have at most {most} characters together in a project, and {left} are left. Shorten this one, or tell those concerned on paper."
    DraftsFull "drafts-full" Conflict
        "贵单位已有 {most} 个未发布的草稿，不能再新建。请发布其中的项目，或打开不再使用的草稿，改成新项目的内容。"
        "Your organisation has {most} drafts that are not published, and begins no more. Publish some of them, or edit one that is not needed into the new project."
    EditsFull "edits-full" Conflict
        "该草稿已修改 {most} 次，不能再改。请发布，或复制为新草稿后继续修改。"
        "This draft was changed {most} times, and takes no more. Publish it, or copy it into a new draft and go on there."
    FilesFull "files-full" Conflict
        "贵单位在本项目上传的附件已达上限（{files} 个，合计 {megabytes} MiB）。已上传的附件可以直接引用；如需补充，请压缩或合并后再试，或联系交易中心。"
        "Your organisation has handed in as many attachments as this project takes of one ({files}, of {megabytes} MiB together). Those that are there can be named; make a new one smaller, or call the centre."
    FilesOver "files-over" Conflict
        "本项目的标段均已结束，投诉期也已届满，不再接收附件。如需提交材料，请书面送交本项目的监督部门。"
        "All lots of this project have ended and the time for complaints is over, so no act can name an attachment any more. Hand papers to the project's supervisor."

    // What a stream knows better.
    BidsSuffice "bids-suffice" Conflict
        "该标段有效投标现有 {bids} 份，不少于规定的 {minimum} 份，与“有效投标不足”（101）不符。请核对标段，或改选其他原因代码并说明理由。"
        "There are {bids} bids in this lot that count, and {minimum} are required: reason 101, too few bids, contradicts that. Look at the lot again, or choose another reason and explain it."
    PricesUnread "prices-unread" Conflict
        "该标段的投标文件尚未开启，报价无人知晓，与“报价均超过最高投标限价或预算”（103）不符。请核对标段，或改选其他原因代码并说明理由。"
        "No bid of this lot is open, so nobody knows a price: reason 103, all prices too high, contradicts that. Look at the lot again, or choose another reason and explain it."
    OperatorForeign "operator-foreign" Conflict
        "该证书是其他单位的，不能接任本项目主持人。请填写招标人或其代理机构人员的证书摘要（在其账户页可以看到）。"
        "This certificate is another organisation's, which cannot conduct this project. Give the digest of a certificate of the tenderer's or its agency's; its account page shows it."

    // The platform's stream.
    InvalidAccount "invalid-account" Invalid
        "单位信息不正确：名称为空、含有不能用的字符，或统一社会信用代码不符。请核对证书；证书上没有可用名称的，请联系管理员登记。"
        "The organisation is wrong: a name that is empty or holds characters that cannot be used, or a bad credit code. Check the certificate; where it has no usable name, ask an administrator to register it."
    NameTaken "name-taken" Conflict
        "名称“{name}”在本平台已由另一统一社会信用代码的单位使用，而您的证书中没有可读的单位名称，无法证明该名称属于贵单位。请换用载有单位名称的证书登记，或持证明材料到交易中心由管理员核实后绑定角色。"
        "The name {name} is borne here by an organisation of another code, and your certificate names nobody that can be read. Register with a certificate that has your name, or show papers to the centre's administrator, who binds the role under it."
    NotLinked "not-linked" Forbidden
        "该单位在本平台使用另一家 CA 的证书，此证书尚未关联，目前只能查看公开信息。请用原证书登录后办理关联（账户页，或 kaibiao account link），或持证明材料到交易中心由管理员办理。"
        "This organisation is known here by another authority's certificates; this one is not linked yet and shows only what is public. Link it with a certificate that counts already (account page, or kaibiao account link), or show papers to the centre's administrator."
    LastAuthority "last-authority" Conflict
        "不能取消该单位唯一的 CA。请先关联另一家 CA，再取消这一家。"
        "The only authority of an organisation cannot be unlinked. Link another one first."
    NoSuchRole "no-such-role" NotFound
        "没有这项角色绑定。"
        "There is no such binding."
    NotErasable "not-erasable" Conflict
        "这一事件的详情不能删除：它须向公众公开，或者项目的后续办理、开标结果和各方责任须以它为据。可以删除的事件见说明（docs/spec/events.md“已删除的详情”）。请答复申请人，并说明依据。"
        "The details of this event cannot be erased: everybody is given them, or the course of the project, its result or somebody's responsibility rests on them. Which can be is said in docs/spec/events.md, Erased details. Answer whoever asked, with the ground."
    EraseEarly "erase-early" Conflict
        "现在还不能删除：项目尚未全部结束，或者记录更正、投诉、来电尚未办结，或者登录记录未满六个月。请在其后再办理，并告知申请人。"
        "It cannot be erased yet: the project has not ended, a correction, a complaint or a call is still open, or a note of log-ins is not six months old. Do it when that is over, and tell whoever asked."
    KeptInRecord "kept-in-record" Conflict
        "这一事件的内容已载入开标记录，开标记录依法须保存到档案保管期满，因此不能单独删除。请答复申请人，并说明依据。"
        "What this event says stands in the opening record, which the law has kept for as long as the file is; so it cannot be erased alone. Answer whoever asked, with the ground."
    LastAdministrator "last-administrator" Conflict
        "不能撤销最后一位管理员。请先绑定另一位管理员。"
        "The last administrator cannot be revoked. Bind another one first."

    // Evolve only: no command leads here.
    OutOfOrder "out-of-order" Conflict
        "事件顺序或时间不正确。"
        "An event out of order, or out of time."
    DueFirst "due-first" Conflict
        "到期的时间事件尚未记录。"
        "A time event that was due is missing before this."
    NotDue "not-due" Conflict
        "时间事件早于其应发生的时间。"
        "A time event before its time."
    FactsDiffer "facts-differ" Conflict
        "事件内容与此前事件推得的结果不一致。"
        "The facts are not those that follow from the events before."
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_refusal_has_its_own_code_and_speaks_both_languages() {
        let codes: BTreeSet<_> = RefusalCode::ALL.iter().map(|code| code.code()).collect();
        assert_eq!(codes.len(), RefusalCode::ALL.len());
        for code in RefusalCode::ALL {
            assert!(code.zh().chars().any(|c| c >= '\u{4e00}'));
            assert!(code.en().is_ascii());
            assert_eq!(
                serde_json::to_value(code).unwrap(),
                serde_json::Value::from(code.code())
            );
        }
    }
}
